package record_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/link/record"
	"fotabench/devices/quecpython"
	"fotabench/devices/sim"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
	"fotabench/updater"
)

var update = flag.Bool("update", false, "record testdata anew, from the simulated module")

const (
	fieldFile  = "testdata/quecpython-upgrade.jsonl"
	fieldFrom  = "EC600UCNLBR01A01M16_OCPU_QPY_V01"
	fieldTo    = "EC600UCNLBR01A02M16_OCPU_QPY_V01"
	fieldBytes = 12_000
)

// fieldPackage is the package that was sent when testdata was recorded.
func fieldPackage(ctx context.Context, dir string) (*packages.Package, error) {
	path := filepath.Join(dir, "delta.bin")
	if err := os.WriteFile(path, micropython.DemoPackage(fieldFrom, fieldTo, fieldBytes, 7), 0o600); err != nil {
		return nil, err
	}
	return packages.Open(ctx, []string{path}, packages.OpenOptions{})
}

// upgraded runs the real driver in the real engine, and gives the last event.
func upgraded(ctx context.Context, dir string, plan updater.Plan) (engine *updater.Engine, end updater.Event, err error) {
	models, err := assets.LoadModels()
	if err != nil {
		return nil, end, err
	}
	engine, err = updater.New(updater.Config{
		Drivers: []devices.Driver{quecpython.New(quecpython.Config{Models: models})},
		DataDir: dir, Version: "test",
		Budgets: updater.Budgets{Poll: 200 * time.Millisecond, StableFor: 500 * time.Millisecond},
	})
	if err != nil {
		return nil, end, err
	}
	if plan.Package, err = fieldPackage(ctx, dir); err != nil {
		return engine, end, err
	}
	plan.Family, plan.Method, plan.ExpectVersion = quecpython.Family, devices.Local, fieldTo
	plan.Accept = map[string]string{"hashes": "made here"}
	job, err := engine.Start(plan)
	if err != nil {
		return engine, end, err
	}
	return engine, end, engine.Watch(ctx, job, func(e updater.Event) { end = e })
}

// simulated starts a module and gives its address.
func simulated(t *testing.T, faults ...string) devices.Address {
	t.Helper()
	parsed, err := sim.ParseFaults(faults, micropython.FaultKinds())
	require.NoError(t, err)
	m, err := micropython.New(context.Background(), micropython.Options{
		Firmware: fieldFrom, Restart: 500 * time.Millisecond, Install: time.Second, Faults: parsed,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = m.Close() })
	address := vacant.Listen(t, m.ListenTCP)
	require.Eventually(t, func() bool { return m.State().Present }, time.Minute, 10*time.Millisecond)
	return address
}

// TestFieldBundle: what happened with a device happens again with its bundle, and
// the bundle holds no secret.
func TestFieldBundle(t *testing.T) {
	for _, c := range []struct {
		name    string
		faults  []string
		outcome updater.Outcome
	}{
		{"verified", nil, updater.Verified},
		{"refused by the module", []string{"verify-fails"}, updater.FailedOld},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			plan := updater.Plan{Address: simulated(t, c.faults...), Access: devices.Access{Password: "hunter2-repl"}}
			engine, end, err := upgraded(t.Context(), dir, plan)
			require.NoError(t, err)
			require.Equal(t, c.outcome, end.Outcome, "%+v", end.Failure)
			bundle := filepath.Join(dir, "bundle.zip")
			job, err := engine.BundleFile(t.Context(), "", bundle)
			require.NoError(t, err)
			require.Equal(t, end.Job, job)
			require.NoError(t, engine.Close())
			if *update && c.faults == nil {
				text, err := os.ReadFile(updater.RecordingPath(dir, job))
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(fieldFile, text, 0o644))
			}
			rec, err := record.Load(bundle)
			require.NoError(t, err)
			require.False(t, rec.Torn)
			played(t, rec, end)
		})
	}
}

// played plays rec to the real driver and compares how it ends.
func played(t *testing.T, rec *record.Recording, want updater.Event) {
	t.Helper()
	p := record.NewReplay(rec, record.ReplayOptions{Pace: 0.2, Deviates: func(d record.Deviation) {
		t.Errorf("link %d at %d: %s %q, %q came", d.Link, d.At, d.Way, d.Want, d.Got)
	}})
	engine, end, err := upgraded(t.Context(), t.TempDir(), updater.Plan{Address: "COM7", Links: p.Attach})
	require.NoError(t, err)
	require.NoError(t, engine.Close())
	require.Equal(t, want.Outcome, end.Outcome, "%+v", end.Failure)
	if want.Failure != nil {
		require.Equal(t, want.Failure.Note.Code, end.Failure.Note.Code)
	}
	require.Zero(t, p.Deviations())
}

// TestRecordedUpgrade: the recording in testdata is whole and of use.
func TestRecordedUpgrade(t *testing.T) {
	if *update {
		t.Skip("being recorded")
	}
	rec, err := record.Load(fieldFile)
	require.NoError(t, err)
	require.Equal(t, quecpython.Family, rec.Header.Family)
	require.True(t, strings.HasPrefix(string(rec.Links[0].Port), "tcp://127.0.0.1:"))
	played(t, rec, updater.Event{Outcome: updater.Verified})
}
