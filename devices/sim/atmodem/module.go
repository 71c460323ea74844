// Package atmodem is a simulated cellular module with Quectel's AT firmware: its
// AT ports with the line discipline of V.250, a file store, the download and
// installation of firmware with AT+QFOTADL, and the restarts in which the ports
// go away and come back. It executes what it receives and knows nothing of the
// programs that talk to it; faults can be ordered from it (FaultKinds).
//
// It does not imitate a cellular network: downloads go through this computer's
// own network. Its firmware format is its own (Image), since the makers' formats
// are not public. What is specific to one family of modules is a row of the
// table in family.go.
//
// Sources: docs/protocols/quectel.md; ITU-T V.250 for the line discipline;
// Quectel's DFOTA and FILE guides of the families named there.
package atmodem

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/devices/sim"
)

// Options say which module it is. The zero value is a healthy EC25.
type Options struct {
	// Family is the name of one of Families; default EC25.
	Family string
	// Model, Firmware, Sub and Edition are the family's unless set: the name, the
	// version, the sub-version that AT+QGMR adds, and what AT+CSUB tells.
	Model, Firmware, Sub, Edition string
	// IMEI, Serial and ICCID identify module and card; the defaults are numbers
	// nobody else has.
	IMEI, Serial, ICCID string
	// BatteryMV is the supply in millivolts, SignalCSQ 0..31 or 99.
	BatteryMV, SignalCSQ int
	// Storage is the room for files in bytes; default 4 MiB.
	Storage int64
	// Baud paces each port in both directions; 0 does not.
	Baud int
	// Network is how fast the module downloads, in bytes a second; default 64
	// KiB, negative is as fast as it goes.
	Network int
	// Restart is how long the ports are gone in a restart; default 300 ms.
	Restart time.Duration
	// Install is how long the module writes new firmware; default 500 ms.
	Install time.Duration
	// Ready is how long after its ports appear the module says RDY; default 50 ms.
	Ready time.Duration
	// Files are in the store from the start, by name.
	Files map[string][]byte
	// Handlers are further commands, or others in the place of the built-in ones,
	// by name in upper case: "+QIOTREG".
	Handlers map[string]Handler
	// Boot, if not nil, runs at each start of the normal system, in a goroutine of
	// its own which the module waits for; it ends with ctx.
	Boot func(ctx context.Context, m *Module)
	// Faults are what goes wrong.
	Faults sim.Faults

	// hold, if not nil, is waited for besides Ready, at most until the power goes.
	hold func(*power)
}

// fill gives the defaults.
func (o Options) fill(f Family) Options {
	or := func(s *string, otherwise string) {
		if *s == "" {
			*s = otherwise
		}
	}
	or(&o.Model, f.Model)
	or(&o.Firmware, f.Firmware)
	or(&o.Sub, f.Sub)
	or(&o.Edition, "V01")
	or(&o.IMEI, "867698040000018")
	or(&o.Serial, "MPQ20G905000181")
	or(&o.ICCID, "89860117838000000018")
	number := func(n *int, otherwise int) {
		if *n == 0 {
			*n = otherwise
		}
	}
	number(&o.BatteryMV, 3865)
	number(&o.SignalCSQ, 24)
	number(&o.Network, 64<<10)
	if o.Storage == 0 {
		o.Storage = 4 << 20
	}
	wait := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	wait(&o.Restart, 300*time.Millisecond)
	wait(&o.Install, 500*time.Millisecond)
	wait(&o.Ready, 50*time.Millisecond)
	return o
}

// Module is a simulated module. It runs from New to Close.
type Module struct {
	options  Options
	family   Family
	files    *store
	handlers map[string]Handler

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex
	state    State
	settings settings
	jacks    []*socket
	power    *power
	job      *job
	weak     bool // firmware began to arrive: ordered falls have happened
	struck   bool // the ordered power cut has happened
	commands int
	fatal    error
	changed  chan struct{} // closed and renewed when the sighting changes
	added    chan struct{}
}

// New powers a module on. It has no port until one is listened on. ctx ends it
// as Close does; the caller closes it in any case.
func New(ctx context.Context, options Options) (*Module, error) {
	family, known := FamilyOf(options.Family)
	if !known {
		return nil, &devices.Error{Op: "sim: new module", At: options.Family, Kind: devices.Unsupported}
	}
	o := options.fill(family)
	m := &Module{
		options: o, family: family, files: newStore(o.Storage), settings: newSettings(family), handlers: builtIn(),
		changed: make(chan struct{}), added: make(chan struct{}, 1),
	}
	for name, h := range o.Handlers {
		m.handlers[name] = h
	}
	for name, data := range o.Files {
		if code := m.files.put(name, data); code != 0 {
			return nil, &devices.Error{Op: "sim: put file", At: name, Kind: devices.Space, Code: code, HasCode: true}
		}
	}
	m.files.lessen(o.Faults)
	m.state = State{
		Family: family.Name, Model: o.Model, Firmware: o.Firmware, Sub: o.Sub, Edition: o.Edition, IMEI: o.IMEI, Mode: Off,
	}
	m.ctx, m.cancel = context.WithCancel(ctx)
	on := make(chan struct{})
	m.work.Go(func() { m.live(on) })
	<-on
	return m, nil
}

// Close powers the module off, takes its ports away and waits until nothing of
// it runs any more.
func (m *Module) Close() error {
	m.cancel()
	m.work.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, s := range m.jacks {
		errs = append(errs, s.port.Close())
	}
	m.jacks = nil
	return errors.Join(append(errs, m.fatal)...)
}

// State tells the truth at this moment.
func (m *Module) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// File gives what is stored under a name; the second result is false if there is
// no such file.
func (m *Module) File(name string) ([]byte, bool) { return m.files.get(name) }

// FileNames lists what is stored, sorted.
func (m *Module) FileNames() []string { return m.files.match("*") }

// Restart restarts the module at once, as a power cut would.
func (m *Module) Restart() {
	m.mu.Lock()
	p := m.power
	m.mu.Unlock()
	if p != nil {
		p.end(endRestart)
	}
}

// change runs under the lock and tells those who watch.
func (m *Module) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	close(m.changed)
	m.changed = make(chan struct{})
}

// note changes the state without telling anybody.
func (m *Module) note(f func(s *State)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.state)
}

// Watch implements devices.Discoverer: the module is seen while it has ports.
func (m *Module) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	for {
		m.mu.Lock()
		changed := m.changed
		m.mu.Unlock()
		see(m.Sightings())
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}

// Addresses lists where the module can be reached now, in the order in which its
// ports were added; during a restart only its UART.
func (m *Module) Addresses() []devices.Address {
	m.mu.Lock()
	defer m.mu.Unlock()
	var addresses []devices.Address
	for _, s := range m.jacks {
		if m.state.Present || s.stays() {
			addresses = append(addresses, s.port.Address())
		}
	}
	return addresses
}

// Sightings is what the operating system would tell of the module now: its USB
// ports while they are there, as those of a boot ROM in download mode, and its
// UART as an adapter of its own.
func (m *Module) Sightings() []devices.Sighting {
	m.mu.Lock()
	defer m.mu.Unlock()
	usb := devices.Sighting{
		Name: "Quectel " + m.state.Model, VID: m.family.VID, PID: m.family.PID, Serial: "0000", Simulated: true,
	}
	var all []devices.Sighting
	for _, j := range m.jacks {
		port := devices.Port{Address: j.port.Address(), Role: j.Role, Interface: j.Interface, Description: j.Description}
		if j.stays() {
			all = append(all, devices.Sighting{Key: "sim:" + string(port.Address), Name: j.Description, Ports: []devices.Port{port}, Simulated: true})
		} else if m.state.Present {
			usb.Ports = append(usb.Ports, port)
		}
	}
	if len(usb.Ports) == 0 {
		return all
	}
	usb.Key = "sim:" + string(usb.Ports[0].Address)
	switch m.state.Mode {
	case Download:
		usb.Name, usb.VID, usb.PID, usb.DownloadMode = "Quectel download", downloadVID, downloadPID, true
		usb.Ports = []devices.Port{{Address: usb.Ports[0].Address, Role: devices.RoleDownload, Interface: 0}}
	case Updating:
		usb.PID = m.options.Faults.Text(faultUpdatePID, usb.PID)
	}
	slices.SortStableFunc(usb.Ports, func(a, b devices.Port) int { return place(a.Role) - place(b.Role) })
	return append([]devices.Sighting{usb}, all...)
}

// place orders ports by their use.
func place(r devices.Role) int {
	return slices.Index([]devices.Role{
		devices.RoleREPL, devices.RoleAT, devices.RoleModem, devices.RoleUnknown, devices.RoleNMEA, devices.RoleDiag,
	}, r)
}
