package luat

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/devices/devicetest"
	"fotabench/devices/sim"
	"fotabench/devices/sim/luatmodule"
	"fotabench/packages"
)

const (
	oldVersion = "1.0.0"
	newVersion = "1.0.1"
	// pace makes 10 s of the protocol 50 ms.
	pace = 0.005
)

// visitor is a simulated module that has asked at the desk.
type visitor struct {
	*luatmodule.Module
	desk *checkin.Desk
	at   devices.Address
	told func(version string) string
	stop context.CancelFunc
	done chan struct{}
}

// power switches it on.
func (v *visitor) power() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	v.stop, v.done = stop, done
	go func() {
		defer close(done)
		_ = v.Run(ctx) // its context's end
	}()
}

// off switches it off.
func (v *visitor) off() {
	v.stop()
	<-v.done
}

func (v *visitor) Address() devices.Address { return v.at }
func (v *visitor) Running() string          { return v.told(v.Version()) }

func (v *visitor) Close() error {
	v.off()
	v.desk.Forget(v.at)
	return nil
}

var imeis atomic.Int64

// visit switches a module on and waits until it has asked.
func visit(t testing.TB, desk *checkin.Desk, o luatmodule.Options, orders ...string) *visitor {
	t.Helper()
	faults, err := sim.ParseFaults(orders, luatmodule.FaultKinds())
	if err != nil {
		t.Fatal(err)
	}
	o.IMEI = fmt.Sprintf("8600000%08d", imeis.Add(1))
	o.Project, o.Core, o.ProjectKey, o.Version, o.Pace = "DEMO", "Luat_V0033_RDA8910", "KEY", oldVersion, pace
	o.Faults = append(o.Faults, faults...)
	v := &visitor{
		Module: luatmodule.New(o), desk: desk, at: devices.Address("luat:imei:" + o.IMEI),
		told: func(v string) string { return v },
	}
	if o.Dialect == luatmodule.Libfota2 {
		// LuatOS tells its core's version, and the first and last number of its own.
		v.told = func(v string) string { return "0033." + v[:1] + v[3:] }
	}
	v.power()
	wait(t, func() bool { _, ok := desk.Guest(v.at); return ok })
	return v
}

// wait waits until something is so.
func wait(t testing.TB, so func() bool) {
	t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatal("it did not happen")
		}
	}
}

// switched is how the engine's rows have modules, whose power can be cut. One dialect
// of each kind stands for the others: the engine does not see the difference.
func switched(dialect luatmodule.Dialect) devicetest.Engine {
	return devicetest.Engine{
		Off:     dialect != luatmodule.RDA8910 && dialect != luatmodule.UDP,
		Variant: string(dialect), Loss: "the power is cut",
		Unplug: func(_ testing.TB, d devicetest.Device) func(bool) {
			v := d.(*visitor)
			v.off()
			return func(bool) { v.power() }
		},
	}
}

// TestPromises runs the conformance suite on simulated modules, in each dialect.
func TestPromises(t *testing.T) {
	t.Parallel()
	image := luatmodule.Image(newVersion, 150_000, 7)
	pkg := packageOf(t, filepath.Join(t.TempDir(), "update.bin"), image, newVersion)
	all := []devicetest.Fault{
		{Name: "P2 a byte is wrong when it is stored", Order: "wrong-hash", Fails: devicetest.StepInstalled},
		{Name: "D12 boots the old version", Order: "keeps-old", Fails: devicetest.StepInstalled},
		{Name: "D2 never returns", Order: "never-returns", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
		{Name: "D11 restarts half-way", Order: "restart-at=70000", Fails: devicetest.StepNever},
		{Name: "N2 stalls", Order: "stall=300ms", Fails: devicetest.StepNever},
		{Name: "N2 is slow", Order: "slow=60000", Fails: devicetest.StepNever},
	}
	cuts := devicetest.Fault{Name: "N6 the connection is cut", Order: "cuts=2", Fails: devicetest.StepNever}
	air := []devicetest.Fault{
		{Name: "U1 loss", Order: "loss=0.05", Fails: devicetest.StepNever},
		{Name: "U1 much loss", Order: "loss=0.15", Fails: devicetest.StepNever},
		{Name: "U1 duplicates and reordering", Order: "duplicate=0.2,reorder=0.1", Fails: devicetest.StepNever},
	}
	for _, c := range []struct {
		dialect luatmodule.Dialect
		faults  []devicetest.Fault
	}{
		{luatmodule.RDA8910, append(all[:len(all):len(all)], cuts)},
		{luatmodule.ASR1802, nil},
		{luatmodule.LuaTask2G, all[:2]},
		{luatmodule.Libfota2, all[:2]},
		{luatmodule.UpdateHTTP, nil},
		{luatmodule.UDP, append(all[:len(all):len(all)], air...)},
		{luatmodule.UDPHosted, air},
	} {
		t.Run(string(c.dialect), func(t *testing.T) {
			t.Parallel()
			// A module whose connection was cut asks again, however slow this computer is.
			desk := checkin.New(checkin.Config{Reboot: 2 * time.Second, Leave: 3 * time.Second})
			server := overHTTP(t, desk).Addr().String()
			if c.dialect == luatmodule.UDP || c.dialect == luatmodule.UDPHosted {
				server = overUDP(t, desk).Addr().String()
			}
			suite := devicetest.Suite{
				Driver: New(desk),
				New: func(t testing.TB, orders ...string) devicetest.Device {
					return visit(t, desk, luatmodule.Options{Dialect: c.dialect, Server: server}, orders...)
				},
				Package: func(testing.TB) *packages.Package {
					if c.dialect != luatmodule.Libfota2 {
						return pkg
					}
					told := *pkg
					told.Manifest.TargetVersion = "0033.1.1"
					return &told
				},
				Method: devices.Answer,
				Faults: c.faults,
				Return: 4 * time.Second,
				Engine: switched(c.dialect),
			}
			suite.Run(t)
		})
	}
}
