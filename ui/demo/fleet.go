package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"fotabench/devices/sim"
	"fotabench/devices/sim/alinkdevice"
	"fotabench/devices/sim/luatmodule"
	"fotabench/packages"
)

// Kind is what kind of device a fleet is made of.
type Kind string

// The kinds.
const (
	LuatHTTP Kind = "luat-http"
	LuatUDP  Kind = "luat-udp"
	Aliyun   Kind = "aliyun"
)

// The versions of a fleet's devices and of the package that is written for them.
const (
	fleetFrom = "1.0.0"
	fleetTo   = "1.0.1"
	fleetSize = 256 << 10 // bytes of that package
	fleetSeed = 8910
)

// maxFleet bounds a fleet: so many sockets fit into one process of a desk.
const maxFleet = 10_000

// Fleet says which simulated devices are to check in, and where.
type Fleet struct {
	Kind Kind
	// Server is host:port of a Luat service, or tcp:// or ssl:// of a broker.
	Server string
	// Count is how many; First is the number of the first one, so that two fleets
	// are of different devices.
	Count, First int
	// Dialect is the client that Luat modules run; "" is the usual one of the kind.
	Dialect string
	// Flavour is the SDK of Aliyun devices; "" is lenient.
	Flavour string
	Faults  sim.Faults
	// Pace scales all waits of the protocol; 0 is 1, real time.
	Pace float64
	// Installs, if not empty, is the version that any package brings: for packages
	// that are not made for simulated devices.
	Installs string
	// Login gives product key, name and secret of Aliyun device number i.
	Login func(i int) (productKey, deviceName, secret string)
}

// FleetKinds are the faults that devices of a kind take.
func FleetKinds(k Kind) []sim.Kind {
	if k == Aliyun {
		return alinkdevice.FaultKinds()
	}
	return luatmodule.FaultKinds()
}

// Names are those by which the fleet's devices check in, as the rules of a desk have them.
func (f Fleet) Names() []string {
	last := f.First + f.Count - 1
	if f.Kind != Aliyun {
		return []string{fleetIMEI(f.Kind, f.First) + "-" + fleetIMEI(f.Kind, last)}
	}
	var names []string
	for i := f.First; i <= last && f.Login != nil; i++ {
		key, name, _ := f.Login(i)
		names = append(names, key+"/"+name)
	}
	return names
}

// fromHTTP is added to the numbers of Luat modules that ask over HTTP: those over UDP are
// other devices. The window's fleets begin at twice as much.
const fromHTTP = 250_000

// fleetIMEI is that of Luat module number i: 86933901 is the type, six digits count, the
// last one proves the others.
func fleetIMEI(k Kind, i int) string {
	if k == LuatHTTP {
		i += fromHTTP
	}
	digits := fmt.Sprintf("86933901%06d", i)
	return digits + luhn(digits)
}

// Muster is how a fleet stands.
type Muster struct {
	Devices  int            `json:"devices"`
	Phases   map[string]int `json:"phases"`
	Versions map[string]int `json:"versions"`
	// Received bytes of packages.
	Received int64 `json:"received"`
}

// one is a device of a fleet.
type one interface {
	Run(ctx context.Context) error
}

// Run runs the fleet until ctx ends and calls tell with how it stands, once a
// second at most. tell may be nil.
func (f Fleet) Run(ctx context.Context, tell func(Muster)) error {
	if f.Count < 1 || f.Count > maxFleet {
		return fmt.Errorf("demo: %d devices: 1 to %d are possible", f.Count, maxFleet)
	}
	fleet := make([]one, f.Count)
	for i := range fleet {
		d, err := f.device(f.First + i)
		if err != nil {
			return err
		}
		fleet[i] = d
	}
	var wg sync.WaitGroup
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for _, d := range fleet {
		wg.Go(func() {
			// One that cannot run at all is a mistake in the call; the others end with
			// the cause of the first.
			stop(d.Run(inner))
		})
	}
	for tick := time.NewTicker(time.Second); inner.Err() == nil; {
		select {
		case <-tick.C:
			if tell != nil {
				tell(muster(fleet))
			}
		case <-inner.Done():
			tick.Stop()
		}
	}
	wg.Wait()
	return context.Cause(inner)
}

// device makes device number i.
func (f Fleet) device(i int) (one, error) {
	if f.Kind == Aliyun {
		if f.Login == nil {
			return nil, errors.New("demo: Aliyun devices need product key, name and secret")
		}
		key, name, secret := f.Login(i)
		o := alinkdevice.Options{
			Server: f.Server, ProductKey: key, DeviceName: name, DeviceSecret: secret,
			Flavour: f.Flavour, Faults: f.Faults, Pace: f.Pace, AnyImage: f.Installs != "",
		}
		return alinkdevice.New(o), nil
	}
	dialect := luatmodule.Dialect(f.Dialect)
	switch {
	case dialect == "" && f.Kind == LuatUDP:
		dialect = luatmodule.UDP
	case dialect == "":
		dialect = luatmodule.RDA8910
	}
	o := luatmodule.Options{
		Dialect: dialect, Server: strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(f.Server, "http://"), "udp://"), "/"),
		IMEI: fleetIMEI(f.Kind, i), ProjectKey: "DEMO", Project: "DEMO", Core: "Luat_V0033_RDA8910", Version: fleetFrom,
		Serial: fmt.Sprintf("SN%06d", i), Faults: f.Faults, Pace: luatmodule.Pace(f.Pace), Seed: uint64(i),
	}
	if f.Installs != "" {
		o.Installs = func([]byte) (string, error) { return f.Installs, nil }
	}
	return luatmodule.New(o), nil
}

// muster counts.
func muster(fleet []one) Muster {
	m := Muster{Devices: len(fleet), Phases: map[string]int{}, Versions: map[string]int{}}
	for _, d := range fleet {
		switch d := d.(type) {
		case *luatmodule.Module:
			s := d.State()
			m.Phases[string(s.Phase)]++
			m.Versions[s.Version]++
			m.Received += s.Received
		case *alinkdevice.Device:
			s := d.State()
			m.Phases[string(s.Phase)]++
			for _, v := range s.Versions {
				m.Versions[v]++
			}
			m.Received += s.Received
		}
	}
	return m
}

// WriteFleetPackage writes a package that devices of a kind take, and its manifest
// beside it.
func WriteFleetPackage(path string, kind Kind) error { return Fleet{Kind: kind}.WritePackage(path) }

// WritePackage writes a package that the devices of the fleet take, and its manifest
// beside it.
func (f Fleet) WritePackage(path string) error {
	body := luatmodule.Image(fleetTo, fleetSize, fleetSeed)
	switch {
	case f.Kind == Aliyun && f.Flavour == alinkdevice.AliOS:
		body = alinkdevice.SystemImage(fleetTo, fleetSize, fleetSeed)
	case f.Kind == Aliyun:
		body = alinkdevice.Image(fleetTo, fleetSize, fleetSeed)
	}
	return write(path, body, packages.Manifest{
		Name: "Demo package for " + string(f.Kind), Component: packages.FOTA, Kind: packages.Full, TargetVersion: fleetTo,
	})
}

// write writes a package and then its manifest: beside half a package it would be
// a lie.
func write(path string, body []byte, m packages.Manifest) error {
	manifest, err := describe(filepath.Base(path), body, m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return errors.Join(os.WriteFile(path, body, 0o600), os.WriteFile(path+".json", manifest, 0o600))
}
