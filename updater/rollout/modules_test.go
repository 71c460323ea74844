package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/quecpython"
	"fotabench/devices/sim"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

const (
	moduleSource = "EC600UCNLBR01A01M16_OCPU_QPY_V01"
	moduleTarget = "EC600UCNLBR01A02M16_OCPU_QPY_V01"
)

// modules starts n simulated QuecPython modules; the last has a fault.
func modules(t *testing.T, n int, fault string) (list []*micropython.Module, from []devices.Discoverer) {
	t.Helper()
	for i := range n {
		o := micropython.Options{
			IMEI: fmt.Sprintf("8693390000001%02d", i), Serial: fmt.Sprintf("D1Q20GM05003834%02d", i),
			Firmware: moduleSource, Restart: 200 * time.Millisecond,
		}
		if i == n-1 {
			faults, err := sim.ParseFaults([]string{fault}, micropython.FaultKinds())
			if err != nil {
				t.Fatal(err)
			}
			o.Faults = faults
		}
		m, err := micropython.New(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Close() })
		vacant.Listen(t, m.ListenTCP)
		list, from = append(list, m), append(from, m)
	}
	return list, from
}

// shelf holds one package, whatever its id.
type shelf struct{ only *packages.Package }

func (s shelf) Package(context.Context, string) (*packages.Package, error) { return s.only, nil }

func (s shelf) Has(string) bool { return true }

// realDesk is a runner over the real engine and driver, at work until the test ends.
func realDesk(ctx context.Context, t *testing.T, from []devices.Discoverer, pkg *packages.Package) *rollout.Runner {
	t.Helper()
	models, err := assets.LoadModels()
	if err != nil {
		t.Fatal(err)
	}
	e, err := updater.New(updater.Config{
		Drivers: []devices.Driver{quecpython.New(quecpython.Config{Models: models})}, Discoverers: from,
		DataDir: t.TempDir(), Budgets: updater.Budgets{StableFor: 300 * time.Millisecond, Poll: 100 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	store, plans, _, err := rollout.OpenStore(t.TempDir(), "test")
	if err != nil {
		t.Fatal(err)
	}
	r := rollout.New(rollout.Config{Engine: e, Shelf: shelf{pkg}, Store: store, Plans: plans})
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.Run(ctx) }) // ends with ctx
	t.Cleanup(func() {
		stop()
		wg.Wait()
		if err := errors.Join(e.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// modulePackage is the package that the modules take.
func modulePackage(t *testing.T) *packages.Package {
	t.Helper()
	path := filepath.Join(t.TempDir(), "delta.bin")
	if err := os.WriteFile(path, micropython.DemoPackage(moduleSource, moduleTarget, 20_000, 7), 0o600); err != nil {
		t.Fatal(err)
	}
	pkg, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pkg.Manifest.TargetVersion = moduleTarget
	return pkg
}

// watched watches until each of n devices has come to its end; moved tells whether they
// were seen on their way.
func watched(ctx context.Context, r *rollout.Runner, n int) (last rollout.Overview, moved bool) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	_ = r.Watch(ctx, func(s rollout.Snapshot) { // ends with ctx
		last = s.Plans[0]
		for _, d := range last.Devices {
			moved = moved || d.Status == rollout.Running && d.Part > 0.05
		}
		if last.Totals.Done+last.Totals.By[rollout.Failed] == n {
			end()
		}
	})
	return last, moved
}

// TestModules carries out a plan on five modules with the real engine and driver: a
// module that says no to the package fails alone, and the others prove it.
func TestModules(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	sims, discoverers := modules(t, 5, "verify-fails")
	pkg := modulePackage(t)
	r := realDesk(ctx, t, discoverers, pkg)
	plan := activated(ctx, t, r, pkg)
	last, moved := watched(ctx, r, len(sims))
	if last.Totals.By[rollout.Verified] != 4 || last.Totals.By[rollout.Failed] != 1 || !moved {
		t.Fatalf("moved %v, %+v", moved, last.Devices)
	}
	for i, m := range sims {
		want := moduleTarget
		if i == len(sims)-1 {
			want = moduleSource
		}
		if got := m.State(); got.Firmware != want || got.Installed > 1 {
			t.Errorf("module %d runs %s, installed %d packages", i, got.Firmware, got.Installed)
		}
	}
	if d := last.Devices[0]; d.Status != rollout.Failed || d.Reason.Code == "" || d.Job == "" || !d.Simulated {
		t.Errorf("%+v", d)
	}
	simulatorsProveNothing(ctx, t, r, plan)
	practise(ctx, t, r, pkg)
}

// activated is a plan for the five modules.
func activated(ctx context.Context, t *testing.T, r *rollout.Runner, pkg *packages.Package) string {
	t.Helper()
	p, err := r.Save(rollout.Plan{
		Name: "five modules", Components: []rollout.Component{{Package: pkg.Files[0].Digests[packages.SHA256]}},
		Targets: rollout.Targets{Models: []string{"EC600U"}, Ranges: [][2]uint64{{869339000000100, 869339000000104}}},
		Zone:    "Asia/Shanghai", Confirm: rollout.Silent, Parallel: 3,
		Accept: map[string]string{"hashes": "made here"},
	}, "ann")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Activate(ctx, p.ID, "ann", "simulators only"); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// practise carries out the same work again, within the hour: the simulated module that
// does not have the package yet is asked to take it, and says itself why it does not.
func practise(ctx context.Context, t *testing.T, r *rollout.Runner, pkg *packages.Package) {
	t.Helper()
	activated(ctx, t, r, pkg)
	last, _ := watched(ctx, r, 5)
	if last.Totals.By[rollout.Current] != 4 || last.Devices[0].Status != rollout.Failed || last.Devices[0].Reason.Code == updater.CheckRepeatSoon {
		t.Errorf("%+v, %+v", last.Totals, last.Devices[0])
	}
}

func simulatorsProveNothing(ctx context.Context, t *testing.T, r *rollout.Runner, id string) {
	t.Helper()
	standings, err := r.Standings(ctx, id)
	if err != nil || standings[0].Level != rollout.Untested {
		t.Errorf("simulators proved it: %+v, %v", standings, err)
	}
}
