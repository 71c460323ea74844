// Package micropython is a simulated cellular module with QuecPython firmware:
// a true MicroPython interpreter (its WebAssembly build, run in this process)
// behind a port, with the modules fota, app_fota, modem, net, misc and others
// that such firmware brings, a file system, a boot loader that installs
// packages, and restarts in which the port goes away. It executes what it
// receives and knows nothing of the programs that talk to it; faults can be
// ordered from it (FaultKinds).
//
// A model whose name begins with HaaS is a board with HaaS Python (AliOS Things)
// instead, which has the module ota in place of fota and app_fota.
//
// It does not imitate a cellular network: httpDownload and ftpDownload fetch
// through this computer's own network. Its firmware format is its own
// (DemoPackage), since the makers' formats are not public.
//
// Protocols: docs/protocols/quecpython.md and docs/protocols/haas.md; MicroPython's reference/repl for the
// raw REPL and raw-paste; Quectel's fota reference for the fota object.
package micropython

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/devices/sim/line"
	"fotabench/devices/sim/quecplatform"
)

// Options say which module it is. The zero value is a healthy EC600U.
type Options struct {
	// Model decides what fota offers (assets/models.json); default EC600UCNLB. A
	// name that begins with HaaS is a board with HaaS Python instead: no fota, but
	// ota, which fetches, checks and unpacks light apps.
	Model string
	// IMEI and Serial identify it; the defaults are numbers nobody else has.
	IMEI, Serial string
	// Firmware is the version that runs at first; on a HaaS board its light app's.
	Firmware string
	// Runtime and Built are told in the banner.
	Runtime, Built string
	// BatteryMV is the supply in millivolts, SignalCSQ 0..31 or 99.
	BatteryMV, SignalCSQ int
	// Flash is the room for files in bytes; default 1 MiB.
	Flash int64
	// Heap is the Python heap in bytes; default 512 KiB.
	Heap int
	// Baud paces the port in both directions; 0 does not.
	Baud int
	// Network is how fast the module downloads, in bytes a second; default 64
	// KiB, as over a good LTE Cat 1 bearer; negative is as fast as it goes.
	Network int
	// Retry is how long a HaaS board waits before it continues a download that
	// broke off; default 6 s.
	Retry time.Duration
	// Restart is how long the port is gone in a restart; default 300 ms.
	Restart time.Duration
	// Install is how much longer it is gone when it installs; default Restart.
	Install time.Duration
	// Platform is the developer centre that the module Qth speaks to; nil is firmware
	// without Qth.
	Platform *quecplatform.Platform
	// Files are put into the file system before the first boot, by path.
	Files map[string][]byte
	// Faults are what goes wrong.
	Faults sim.Faults
	// Seed decides which bytes a bad line hurts, in each power-on anew; 0 leaves it to
	// chance.
	Seed uint64
}

// fill gives the defaults.
func (o Options) fill() Options {
	or := func(s *string, otherwise string) {
		if *s == "" {
			*s = otherwise
		}
	}
	or(&o.Model, "EC600UCNLB")
	or(&o.IMEI, "869339000000018")
	or(&o.Serial, "D1Q20GM050038341P")
	if boardOf(o.Model).haas {
		or(&o.Firmware, "1.0.0")
	}
	or(&o.Firmware, o.Model+"R01A01M16_OCPU_QPY_V01")
	or(&o.Runtime, "V0002")
	or(&o.Built, "2024-05-17")
	if o.BatteryMV == 0 {
		o.BatteryMV = 3865
	}
	if o.SignalCSQ == 0 {
		o.SignalCSQ = 24
	}
	if o.Flash == 0 {
		o.Flash = 1 << 20
	}
	if o.Heap == 0 {
		o.Heap = 512 << 10
	}
	if o.Network == 0 {
		o.Network = 64 << 10
	}
	if o.Retry == 0 {
		o.Retry = 6 * time.Second
	}
	if o.Restart == 0 {
		o.Restart = 300 * time.Millisecond
	}
	if o.Install == 0 {
		o.Install = o.Restart
	}
	return o
}

// State is the truth about a module, for tests and the demo.
type State struct {
	// Firmware is the version that runs; on a HaaS board its light app's.
	Firmware string
	// IMEI, or the serial number of a HaaS board, which has none.
	IMEI string
	// Present is true while the port is there.
	Present bool
	// Restarts counts how often the port went away; SoftReboots the others.
	Restarts, SoftReboots int
	// Written is how many bytes the update area was handed since it was last
	// emptied, WrittenSHA256 their digest in lower-case hex.
	Written       int64
	WrittenSHA256 string
	// Accepted is true when the boot loader will install at the next restart.
	Accepted bool
	// Installed counts packages installed, InstalledSHA256 is the last one's digest.
	Installed       int
	InstalledSHA256 string
	// Crashes are the errors by which the interpreter itself broke; the watchdog
	// restarted the module each time.
	Crashes []string
	// ProgramRuns is true while /usr/main.py runs.
	ProgramRuns bool
}

// Module is a simulated module. It runs from New to Close.
type Module struct {
	options Options
	board   board
	caps    features
	engine  *engine
	disk    *disk
	modem   *modem
	thing   *thing

	cancel context.CancelFunc
	ctx    context.Context
	work   sync.WaitGroup

	mu      sync.Mutex
	state   State
	ports   []line.Port
	open    bool // REPL unlocked by password
	power   *power
	fatal   error
	present chan struct{} // closed and renewed when the sighting changes
	added   chan struct{}
	booting chan struct{} // closed at the first power-on
}

// New powers a module on. It has no port until one is listened on. ctx ends it
// as Close does; the caller closes it in any case.
func New(ctx context.Context, options Options) (*Module, error) {
	e, err := sharedEngine()
	if err != nil {
		return nil, err
	}
	models, err := assets.LoadModels()
	if err != nil {
		return nil, err
	}
	o := options.fill()
	b := boardOf(o.Model)
	m := &Module{
		options: o, caps: featuresOf(models, o.Model), engine: e, board: b, disk: newDisk(o.Flash, b.folders...),
		present: make(chan struct{}), added: make(chan struct{}, 1), booting: make(chan struct{}),
	}
	m.modem = newModem(m)
	m.thing = newThing(m, o.Platform)
	m.state = State{Firmware: o.Firmware, IMEI: o.IMEI}
	if b.haas {
		m.state.IMEI = o.Serial
	}
	if err := m.furnish(); err != nil {
		return nil, err
	}
	m.ctx, m.cancel = context.WithCancel(ctx)
	m.work.Go(m.live)
	<-m.booting
	return m, nil
}

// furnish fills the file system.
func (m *Module) furnish() error {
	if err := m.freezeModules(); err != nil {
		return err
	}
	faults := m.options.Faults
	if faults.Has(faultProgram) || faults.Has(faultStubborn) {
		name := "modules/program.py"
		if faults.Has(faultStubborn) {
			name = "modules/stubborn.py"
		}
		source, err := modules.ReadFile(name)
		if err != nil {
			return err
		}
		m.disk.put(m.board.entry, source)
	}
	if m.board.haas {
		for name, data := range lightApp(m.options.Firmware) {
			m.disk.put(name, data)
		}
	}
	for name, data := range m.options.Files {
		if m.disk.put(name, data) != ok {
			return errors.New("sim: cannot put file " + name)
		}
	}
	if faults.Has(faultNoSpace) {
		m.disk.capacity = 0
	}
	m.disk.lie = faults.Int(faultSpaceLie, 0)
	return nil
}

// Close powers the module off, takes its ports away and waits until nothing of
// it runs any more.
func (m *Module) Close() error {
	m.cancel()
	m.work.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, p := range m.ports {
		errs = append(errs, p.Close())
	}
	m.ports = nil
	return errors.Join(append(errs, m.fatal)...)
}

// State tells the truth at this moment.
func (m *Module) State() State {
	m.mu.Lock()
	s := m.state
	if m.power != nil {
		if current := m.power.current.Load(); current != nil {
			s.ProgramRuns = current.executing.Load()
		}
	}
	m.mu.Unlock()
	m.modem.tell(&s)
	return s
}

// Addresses lists where the module can be reached now; none during a restart.
func (m *Module) Addresses() []devices.Address {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.state.Present {
		return nil
	}
	addresses := make([]devices.Address, len(m.ports))
	for i, p := range m.ports {
		addresses[i] = p.Address()
	}
	return addresses
}

// change runs under the lock and tells those who watch.
func (m *Module) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	close(m.present)
	m.present = make(chan struct{})
}

func (m *Module) unlocked() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.open
}

func (m *Module) unlock() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = true
}

// protected tells whether the REPL is closed to strangers; Ctrl-C is then
// ignored, too.
func (m *Module) protected() bool {
	f := m.options.Faults
	return f.Has(faultRefuse) || (f.Has(faultPassword) && !m.unlocked())
}

// Watch implements devices.Discoverer: the module is seen while its port is
// there.
func (m *Module) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	for {
		m.mu.Lock()
		changed := m.present
		m.mu.Unlock()
		see(m.sightings())
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}

func (m *Module) sightings() []devices.Sighting {
	addresses := m.Addresses()
	if len(addresses) == 0 {
		return nil
	}
	s := devices.Sighting{
		Key: "sim:" + string(addresses[0]), Name: m.board.maker + m.options.Model, Serial: "0000", Simulated: true,
	}
	for _, a := range addresses {
		s.Ports = append(s.Ports, devices.Port{
			Address: a, Role: devices.RoleREPL, Proved: true, Interface: -1, Description: m.board.port,
		})
	}
	return []devices.Sighting{s}
}

// features are what this model's fota offers.
type features struct {
	Local, Mini, FTP, TLS, APN, Cancel bool
	// Started means that httpDownload returns at once and 0 only means started.
	Started bool
	// InValue means that a failure's code is the callback's second value.
	InValue bool
	// Resets means that reset_disable is not honoured.
	Resets bool
}

func featuresOf(models assets.Models, model string) features {
	has := func(feature string) bool { return models.Has(feature, strings.ToUpper(model)) }
	return features{
		Local: has("local_write_flush_verify"), Mini: has("mini_fota_url2"), FTP: has("ftpDownload"),
		TLS: has("ssl_params"), APN: has("apn_set"), Cancel: has("download_cancel"),
		Started: has("httpDownload_callback_is_verdict"), InValue: has("callback_args1_is_percent_or_error"),
		Resets: has("reset_disable_unsupported"),
	}
}
