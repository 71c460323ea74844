// Package alinkdevice is a simulated device of Aliyun's IoT platform: it logs
// in to an MQTT broker with real credentials over real sockets, tells its
// versions, and executes the upgrades that it is pushed, over HTTP or over
// MQTT itself.
//
// Written from docs/protocols/aliyun.md (Connect, Topics and payloads, Leniency,
// MQTT file download, Quectel modules). It shares no code with anything that
// plays the platform, and it has no window into it: all it knows came over the
// wire. What fails can be ordered (FaultKinds).
//
// It does not do Aliyun's things other than upgrades: no properties, no shadow,
// no dynamic registration.
package alinkdevice

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"fotabench/devices/sim"
)

// Options say which device it is, where it logs in and what goes wrong.
type Options struct {
	// Server is the broker: tcp://host:port, or ssl://host:port with TLS.
	Server string
	// CA is a PEM text with the authorities that the device trusts for the
	// broker and for https downloads; nil takes those of the computer.
	CA []byte
	// ProductKey, DeviceName and DeviceSecret are the device's triple.
	ProductKey, DeviceName, DeviceSecret string
	// ID is the part of the client id before the bar; "" is ProductKey.DeviceName.
	// EmptyID leaves it empty.
	ID      string
	EmptyID bool
	// Sign is hmacmd5, hmacsha1 or hmacsha256. "" is what the flavour does: the
	// SDKs take hmacsha256, the others name none and sign with hmacmd5.
	Sign string
	// UpperHex writes the password in upper case.
	UpperHex bool
	// Timestamp, if not empty, is shown and signed, in milliseconds.
	Timestamp string
	// Versions are what the device reports, by module; "default" is the system
	// firmware. nil is version 1.0.0 of the modules that the flavour has.
	Versions map[string]string
	// Flavour is LinkSDK, AliOS, Quectel, Lenient (also "") or Load.
	Flavour string
	// Faults are what goes wrong, by FaultKinds.
	Faults sim.Faults
	// Pace is the factor by which all waits of the protocol are multiplied; 0
	// is 1, real time. Time-outs do not fall below two seconds, so that a busy
	// computer is not mistaken for a dead server.
	Pace float64
	// KeepImage keeps what was stored for Stored; otherwise only digests stay.
	KeepImage bool
	// AnyImage installs a file that does not say its version as the version
	// that the push named; otherwise such a file is refused with step -1.
	AnyImage bool
	// Room is how many bytes the device can store, 0 is no bound. A larger file
	// ends with step -4.
	Room int64
	// Steps is how many progress messages the flavour Load sends on a push; 0
	// is 10.
	Steps int
	// OnPush, if not nil, is called with each message on the upgrade topic and
	// when it was received, from one goroutine per connection; it must return at
	// once and not change payload.
	OnPush func(received time.Time, payload []byte)
}

// The waits of a device, before Pace (docs/protocols/aliyun.md, Leniency and
// MQTT file download). Those of reconnecting and restarting are not written
// anywhere; they are usual.
const (
	reconnectFirst = time.Second
	reconnectMost  = time.Minute
	restartTakes   = 10 * time.Second
	resumeGap      = 6 * time.Second
	readTimeout    = 20 * time.Second
	blockTimeout   = 10 * time.Second
	sendTimeout    = 30 * time.Second
	leastTimeout   = 2 * time.Second
)

// Device is one simulated device. It lives while Run runs.
type Device struct {
	o      Options
	t      traits
	bad    error // why these options make no device
	server server
	login  credentials

	running sync.Mutex
	mu      sync.Mutex
	state   State
	stored  map[string][]byte
	// spent are the faults that strike once and have; cuts counts those made.
	spent map[string]bool
	cuts  int64
}

// New makes a device and starts nothing. Options that make no device are
// reported by Run.
func New(o Options) *Device {
	if o.ID == "" {
		o.ID = o.ProductKey + "." + o.DeviceName
	}
	if o.Pace == 0 {
		o.Pace = 1
	}
	if o.Steps == 0 {
		o.Steps = 10
	}
	d := &Device{o: o, spent: map[string]bool{}, stored: map[string][]byte{}}
	d.state = State{Phase: Off, Versions: map[string]string{}}
	d.bad = d.prepare()
	return d
}

// prepare works out all that does not change while the device lives.
func (d *Device) prepare() error {
	var err error
	if d.t, err = traitsOf(d.o.Flavour); err != nil {
		return err
	}
	maps.Copy(d.state.Versions, d.o.Versions)
	if d.o.Versions == nil {
		for _, module := range d.t.moduleNames() {
			d.state.Versions[module] = "1.0.0"
		}
	}
	if d.server, err = readServer(d.o.Server, d.o.CA); err != nil {
		return err
	}
	signed := d.o
	if d.o.Faults.Has(faultBadPassword) {
		signed.DeviceSecret += "?"
	}
	d.login, err = login(signed, d.t, d.server.tls != nil)
	return err
}

// Run switches the device on and blocks until ctx ends; it then returns
// context.Cause(ctx). It connects, and connects again whenever the connection
// is lost or refused, as a device in the field does. Any other error means that
// the options make no device, or that it runs already.
func (d *Device) Run(ctx context.Context) error {
	if d.bad != nil {
		return fmt.Errorf("alinkdevice: %w", d.bad)
	}
	if !d.running.TryLock() {
		return errors.New("alinkdevice: the device runs already")
	}
	defer d.running.Unlock()
	defer d.note(func(s *State) { s.Phase = Off })
	upgraded := false
	for {
		upgraded = d.boot(ctx, upgraded)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d.note(func(s *State) { s.Phase, s.Restarts = Restarting, s.Restarts+1 })
		if upgraded && d.o.Faults.Has(faultNeverReturns) {
			d.note(func(s *State) { s.Phase = Gone })
			<-ctx.Done()
			return context.Cause(ctx)
		}
		if err := pause(ctx, d.paced(restartTakes)); err != nil {
			return err
		}
	}
}

// boot is the device from power on until it restarts or ctx ends. It tells
// whether it restarted to run something new.
func (d *Device) boot(ctx context.Context, upgraded bool) bool {
	d.note(func(s *State) { s.Phase = Idle })
	alive, off := context.WithCancel(ctx)
	l := newLink(d, upgraded)
	var keeper sync.WaitGroup
	keeper.Go(func() { l.keep(alive) })
	w := worker{Device: d, link: l}
	upgraded = w.work(alive)
	off()
	keeper.Wait()
	return upgraded
}

// paced is a wait of the protocol at the device's pace.
func (d *Device) paced(t time.Duration) time.Duration {
	return time.Duration(float64(t) * d.o.Pace)
}

// timeout is a paced time-out.
func (d *Device) timeout(t time.Duration) time.Duration {
	return max(d.paced(t), leastTimeout)
}

// once tells, for the first time it is asked, whether a fault was ordered that
// strikes only once.
func (d *Device) once(fault string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.spent[fault] || !d.o.Faults.Has(fault) {
		return false
	}
	d.spent[fault] = true
	return true
}

// modules are the names of all modules, sorted.
func (d *Device) modules() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.state.Versions))
}

// pause waits unless ctx ends before.
func pause(ctx context.Context, t time.Duration) error {
	if t <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
