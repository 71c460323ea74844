package quectel

import (
	"context"
	"fmt"
	"testing"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim"
	"fotabench/devices/sim/atmodem"
)

// cabled is a simulated module behind a cable that can be pulled.
type cabled struct {
	module
	cable *devicetest.Cable
}

func (c cabled) Address() devices.Address { return c.cable.Address() }

// engineNetwork is how fast a module fetches for the engine's rows, in bytes a second:
// slow enough that there is a middle.
const engineNetwork = 16 << 10

func newCabled(t testing.TB, family string, orders ...string) cabled {
	t.Helper()
	m := overTCP(t, atmodem.Options{Family: family, Network: engineNetwork}, orders...)
	return cabled{m, devicetest.NewCable(t, m.Address)}
}

func overTCP(t testing.TB, options atmodem.Options, orders ...string) module {
	t.Helper()
	parsed, err := sim.ParseFaults(orders, atmodem.FaultKinds())
	if err != nil {
		t.Fatal(err)
	}
	options.Faults = parsed
	m, err := atmodem.New(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	address := vacant.Listen(t, func(at string) (devices.Address, error) { return m.ListenTCP(devices.RoleAT, at) })
	until(t, "the module is there", func() bool { return m.State().Present })
	return module{m, address}
}

// engineOf runs the engine over modules of a family.
func engineOf(family string) devicetest.Engine {
	return devicetest.Engine{
		Variant: family,
		New:     func(t testing.TB, orders ...string) devicetest.Device { return newCabled(t, family, orders...) },
		Moves:   true,
		Unplug: func(_ testing.TB, d devicetest.Device) func(bool) {
			cable := d.(cabled).cable
			cable.Pull()
			return cable.Plug
		},
		Swap: func(t testing.TB, d devicetest.Device) func() {
			c := d.(cabled)
			other := overTCP(t, atmodem.Options{Family: family, IMEI: "867698040000026"})
			c.cable.Lead(other.Address)
			return func() { c.cable.Lead(c.module.Address) }
		},
		Left: func(d devicetest.Device) (string, bool) {
			m := d.(cabled).module
			what := ""
			switch n := len(m.FileNames()); n {
			case 0:
			case 1:
				what = "a stored file"
			default:
				what = fmt.Sprintf("stored files (%d)", n)
			}
			return what, m.State().Accepted
		},
	}
}
