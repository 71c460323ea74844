package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/devices/sim/atmodem"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

// The kinds of device on a cable.
const (
	// QuecPython is a module, or a HaaS board, with a REPL.
	QuecPython Kind = "quecpython"
	// AT is a module that takes AT commands.
	AT Kind = "at"
)

// PortKinds are the kinds that a Shelf can run.
func PortKinds() []Kind { return []Kind{QuecPython, AT, QuecThing} }

// Models are the models of a kind, the usual one first. Of modules with a REPL any
// model will do.
func Models(k Kind) []string {
	switch k {
	case QuecThing:
		return []string{"EC600U-CNLB", "EC600N-CNLC", "EC800G-CN"}
	case AT:
	default:
		return []string{"EC600U-CNLB", "EC600N-CNLC", "EC200A-CNHA", "BG95-M3", "HaaS-EDU-K1"}
	}
	var names []string
	for _, f := range atmodem.Families() {
		names = append(names, f.Name)
	}
	return names
}

// Faults are those that devices of a kind on a cable take.
func Faults(k Kind) []sim.Kind {
	switch k {
	case AT:
		return atmodem.FaultKinds()
	case QuecThing:
		return micropython.QuecThingFaultKinds()
	}
	return micropython.HaaSFaultKinds()
}

// plugged is a simulated device with a port.
type plugged interface {
	Watch(ctx context.Context, see func([]devices.Sighting)) error
	Close() error
}

// installs is how long a module of the demonstration writes its firmware. Real ones take
// minutes; it is long enough that who looks for the module hears how that ends.
const installs = 4 * time.Second

// modem starts an AT module at the place that order names.
func modem(ctx context.Context, order Order, imei, serial string) (plugged, error) {
	m, err := atmodem.New(ctx, atmodem.Options{
		Family: order.Model, IMEI: imei, Serial: serial, Faults: order.Faults, Baud: order.Baud, Install: installs,
	})
	if err != nil {
		return nil, err
	}
	if order.PTY != "" {
		_, err = m.ListenPTY(devices.RoleAT, order.PTY)
	} else {
		_, err = m.ListenTCP(devices.RoleAT, order.TCP)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// writeModemPackage writes the delta that takes a module of this family from what it
// runs to what is newer.
func writeModemPackage(path, family string) error {
	f, known := atmodem.FamilyOf(family)
	if !known {
		return fmt.Errorf("demo: no AT module %q: %s", family, strings.Join(Models(AT), ", "))
	}
	from := f.Firmware
	if f.Sub != "" {
		from += "_" + f.Sub
	}
	return write(path, atmodem.DemoPackage(from, f.Next, packageSize, packageSeed), packages.Manifest{
		Name: "Demo package for " + f.Name, Component: packages.FOTA, Kind: packages.Delta,
		SourceVersion: from, TargetVersion: f.Next, Models: []string{f.Model}, MinBattery: 20, MinSignal: 5,
	})
}
