// Package demo runs simulated modules for people: the window's "Add simulated
// device" and the command line's simulate. It writes the package that such a
// module can take, with its manifest, so that the whole job can be done without
// hardware. It decides nothing about how a module behaves; that is in
// devices/sim.
package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

// Order says which module is to run and where.
type Order struct {
	// Kind is what kind of device it is; "" is QuecPython.
	Kind Kind
	// PTY is the path at which a pseudo terminal is to appear; TCP an address to
	// listen on, port 0 picks one. Exactly one is set.
	PTY, TCP string
	// Window is true for a module that a window runs. Its numbers are not those of any that
	// the command line runs: a history in which both stand must not take one for the other.
	Window bool
	// Faults are what goes wrong.
	Faults sim.Faults
	// Model is written with or without its hyphen; "" is the usual one of the kind.
	Model string
	// Baud is the speed of the line in bits a second, in each direction; 0 is as
	// fast as this computer.
	Baud int
	// Package, if not empty, is where the package for this module is written;
	// its manifest goes beside it.
	Package string
}

// The demo package takes the module from one version to the next. Its size is
// that of a small delta, in bytes.
const (
	usualModel  = "EC600UCNLB"
	fromBuild   = "R01A01M16_OCPU_QPY_V01"
	toBuild     = "R01A02M16_OCPU_QPY_V01"
	packageSize = 192 << 10
	packageSeed = 600
)

// Shelf holds the modules that run now. Its zero value is empty and ready.
type Shelf struct {
	mu      sync.Mutex
	started int
	modules map[plugged][]devices.Sighting
	changed chan struct{} // closed and renewed by every change
}

// Run runs a module until ctx ends, and calls ready each time the module has an
// address, which is another one when it came back elsewhere. While it runs, Watch
// shows it.
func (s *Shelf) Run(ctx context.Context, order Order, ready func(devices.Address)) (err error) {
	if order.Package != "" && order.Kind != QuecThing { // its platform has the package
		if err := WritePackage(order.Package, order.Kind, order.Model); err != nil {
			return err
		}
	}
	start, known := starters[order.Kind]
	if !known {
		return fmt.Errorf("demo: no kind %q", order.Kind)
	}
	imei, serial := s.next(order.Kind, order.Window)
	name := imei
	if isBoard(modelOf(order.Model)) {
		name = serial // it has no IMEI
	}
	m, err := start(ctx, order, imei, serial)
	if err != nil {
		return err
	}
	defer func() {
		s.put(m, nil)
		err = errors.Join(err, m.Close())
	}()
	var last devices.Address
	return m.Watch(ctx, func(list []devices.Sighting) {
		list = slices.Clone(list)
		for i := range list {
			list[i].Name += " · " + name // many of one model are told apart by nothing else
		}
		s.put(m, list)
		for _, found := range list {
			if at := found.Control(); at != last {
				last = at
				ready(at)
			}
		}
	})
}

// module starts a module with a REPL at the place that order names.
func module(ctx context.Context, order Order, imei, serial string) (plugged, error) {
	model := modelOf(order.Model)
	o := micropython.Options{
		Model: model, IMEI: imei, Serial: serial, Firmware: model + fromBuild, Faults: order.Faults, Baud: order.Baud,
	}
	if isBoard(model) {
		o = board(model, serial, order)
	}
	m, err := micropython.New(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := listen(m, order); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// next numbers the modules: each is a device of its own, and none of another kind.
func (s *Shelf) next(kind Kind, window bool) (imei, serial string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started++
	// The first eight digits are the type, six count, the last one proves the others.
	of := numberOf(kind, window)
	digits := fmt.Sprintf("869339%02d%06d", of, s.started)
	return digits + luhn(digits), fmt.Sprintf("D1Q20GM%02d%07dP", seriesFrom+of, s.started)
}

// seriesFrom is the series of the serial numbers of modules with the number 0.
const seriesFrom = 5

// numberOf tells the kinds apart in what their devices are called: the shelf counts anew
// with each start, and a plan that met a modem must not take a module with a REPL for it
// later. 1 is that of Luat modules.
func numberOf(kind Kind, window bool) int {
	of := [2]int{3, 4}
	switch kind {
	case AT:
		of = [2]int{0, 2}
	case QuecThing:
		of = [2]int{5, 6}
	}
	if window {
		return of[1]
	}
	return of[0]
}

// luhn is the check digit of an IMEI (3GPP TS 23.003, annex B).
func luhn(digits string) string {
	sum := 0
	for i, d := range digits {
		n := int(d - '0')
		if i%2 == 1 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return strconv.Itoa((10 - sum%10) % 10)
}

// put notes what can be seen of a module now.
func (s *Shelf) put(m plugged, list []devices.Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.modules == nil {
		s.modules = map[plugged][]devices.Sighting{}
	}
	if list == nil {
		delete(s.modules, m)
	} else {
		s.modules[m] = list
	}
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Watch implements devices.Discoverer for all modules on the shelf.
func (s *Shelf) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	for {
		s.mu.Lock()
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		all := slices.Concat(slices.Collect(maps.Values(s.modules))...)
		s.mu.Unlock()
		slices.SortFunc(all, func(a, b devices.Sighting) int { return strings.Compare(a.Key, b.Key) })
		see(all)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}

// claims is a package's manifest as it is written.
type claims struct {
	packages.Manifest
	Files []claim `json:"files"`
}

// claim is what the manifest states about the one file.
type claim struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

// WritePackage writes a package that a simulated device of this kind and model takes,
// and its manifest beside it. The folder is made if need be.
func WritePackage(path string, kind Kind, model string) error {
	if kind == AT {
		return writeModemPackage(path, model)
	}
	model = modelOf(model)
	if isBoard(model) {
		return writeApp(path, model)
	}
	body := micropython.DemoPackage("", model+toBuild, packageSize, packageSeed)
	return write(path, body, packages.Manifest{
		Name: "Demo package for " + model, Component: packages.FOTA, Kind: packages.Full,
		TargetVersion: model + toBuild, Models: []string{model}, MinBattery: 20, MinSignal: 5,
	})
}

// describe makes the manifest of one file.
func describe(name string, body []byte, m packages.Manifest) ([]byte, error) {
	sum := sha256.Sum256(body)
	text, err := json.MarshalIndent(claims{
		Manifest: m, Files: []claim{{Name: name, Size: len(body), SHA256: hex.EncodeToString(sum[:])}},
	}, "", "  ")
	return append(text, '\n'), err
}
