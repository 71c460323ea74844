package micropython

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"fotabench/devices/sim"
	"fotabench/devices/sim/quecplatform"
)

// The events of Qth's devEvent, and where the SDK gives a download up
// (QuecPython/quecsdk, ql_iotCmdOTA.h).
const (
	devNetwork  = 1
	devPlatform = 2
	devReset    = 3
	qthTries    = 5
)

// statusQth is the status of an event that is no download's: it tells the module Qth
// that callbacks of its own wait.
const statusQth = 90

// thing is the module's part in QuecThing. What is set survives a restart.
type thing struct {
	host     *Module
	platform *quecplatform.Platform

	mu              sync.Mutex
	product, secret string
	server          string
	mcus            map[string]string
	updating        *quecplatform.Component // the loader was handed this

	ready  bool // init was called since the last restart
	asked  int
	device *quecplatform.Device
	calls  []qthCall
}

// qthCall is one call of a callback: its name and arguments.
type qthCall [2]any

func newThing(m *Module, p *quecplatform.Platform) *thing {
	return &thing{host: m, platform: p, mcus: map[string]string{}}
}

// qthCalls are the host functions behind the module Qth.
var qthCalls = map[string]func(s *session, r request) any{
	"qth.init":    func(s *session, _ request) any { return s.host.thing.init() },
	"qth.product": func(s *session, r request) any { return s.host.thing.setProduct(r.text(0), r.text(1)) },
	"qth.server":  func(s *session, r request) any { return s.host.thing.setServer(r.text(0)) },
	"qth.mcu":     func(s *session, r request) any { return s.host.thing.setMCU(r.text(0), r.text(1)) },
	"qth.start":   func(s *session, _ request) any { return s.host.thing.start(s.power) },
	"qth.stop":    func(s *session, _ request) any { s.host.thing.leave(); return nil },
	"qth.state":   func(s *session, _ request) any { return s.host.thing.online() },
	"qth.reset":   func(s *session, _ request) any { s.host.thing.tell("devEvent", devReset, 0); return nil },
	"qth.request": func(s *session, _ request) any { return s.host.thing.request(s.power) },
	"qth.action":  func(s *session, r request) any { return s.host.thing.action(s.power, r.int(0)) },
	"qth.events":  func(s *session, _ request) any { return s.host.thing.next() },
}

// tell queues a callback.
func (t *thing) tell(name string, args ...any) {
	t.mu.Lock()
	t.calls = append(t.calls, qthCall{name, args})
	t.mu.Unlock()
	t.host.modem.post(event{Status: statusQth})
}

// next takes the callbacks that wait.
func (t *thing) next() []qthCall {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls := t.calls
	t.calls = nil
	if calls == nil {
		return []qthCall{}
	}
	return calls
}

func (t *thing) init() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ready = true
	return true
}

func (t *thing) setProduct(key, secret string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.product, t.secret = key, secret
	return t.ready && key != "" && secret != ""
}

func (t *thing) setServer(address string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.server = address
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "mqtt")
}

// setMCU tells the platform, too, if it is there to be told.
func (t *thing) setMCU(component, version string) bool {
	t.mu.Lock()
	t.mcus[component] = version
	d := t.device
	t.mu.Unlock()
	if d == nil {
		return true
	}
	success, done := d.Report(quecplatform.Component{Kind: quecplatform.MCU, Name: component, Version: version})
	if done && !t.faults().Has(faultNoCallback) {
		t.tell("sotaResult", component, success && !t.faults().Has(faultResultFalse))
	}
	return true
}

func (t *thing) faults() sim.Faults { return t.host.options.Faults }

func (t *thing) online() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.device != nil
}

// forget is the loss of power: the connection and what waits are gone.
func (t *thing) forget() {
	t.leave()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ready, t.calls, t.asked = false, nil, 0
}

func (t *thing) leave() {
	t.mu.Lock()
	d := t.device
	t.device = nil
	t.mu.Unlock()
	if d != nil {
		d.Leave()
	}
}

// later runs work that takes the network's time.
func (t *thing) later(p *power, work func()) {
	t.host.modem.work.Go(func() {
		if !rests(p.ctx, 20*time.Millisecond) {
			return
		}
		work()
	})
}

// rests waits; false if ctx ended.
func rests(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *thing) start(p *power) bool {
	t.mu.Lock()
	ready, product := t.ready, t.product
	t.mu.Unlock()
	if !ready || product == "" {
		return false
	}
	t.later(p, t.connect)
	return true
}

// connect logs in, and then knows how an update has ended that a restart was for.
func (t *thing) connect() {
	for range t.faults().Int(faultEventStorm, 0) {
		t.tell("devEvent", devNetwork, 0)
	}
	t.tell("devEvent", devNetwork, 0)
	if code := t.faults().Int(faultPlatform, 0); code != 0 {
		t.tell("devEvent", devPlatform, -code)
		return
	}
	state := t.host.State()
	t.mu.Lock()
	login := quecplatform.Login{Product: t.product, Secret: t.secret, IMEI: state.IMEI, Firmware: state.Firmware, MCUs: t.mcus}
	t.mu.Unlock()
	d, code := t.platform.Connect(login)
	if code != 0 {
		t.tell("devEvent", devPlatform, code)
		return
	}
	t.mu.Lock()
	t.device = d
	done := t.updating
	t.updating = nil
	t.mu.Unlock()
	t.tell("devEvent", devPlatform, 0)
	if done == nil {
		return
	}
	success, _ := d.Report(quecplatform.Component{Kind: quecplatform.Module, Name: done.Name, Version: state.Firmware})
	t.result(done.Name, success && !t.faults().Has(faultResultFalse))
}

// result calls fotaResult.
func (t *thing) result(component string, success bool) {
	if !t.faults().Has(faultNoCallback) {
		t.tell("fotaResult", component, success)
	}
}

func (t *thing) request(p *power) bool {
	t.mu.Lock()
	d := t.device
	t.asked++
	t.mu.Unlock()
	if d == nil {
		return false
	}
	t.later(p, func() {
		var plans []any
		for _, o := range d.Request() {
			plans = append(plans, t.shape(o))
		}
		if plans != nil {
			t.tell("otaPlan", plans)
		}
	})
	return true
}

// shape is how a plan looks to a program: seven values in the order of the stub, or
// another way if ordered.
func (t *thing) shape(o quecplatform.Offer) any {
	c := o.Component
	plain := []any{int(c.Kind), c.Name, o.Source, c.Version, o.MinBattery, o.Space, o.MinSignal}
	switch t.faults().Text(faultPlanShape, "") {
	case "six":
		return plain[1:]
	case "prose": // the order of the guide's sentence
		return []any{c.Name, o.Source, c.Version, o.MinBattery, o.MinSignal, o.Space}
	case "eight":
		return append(plain, "later")
	case "text":
		for i, v := range plain {
			if n, ok := v.(int); ok {
				plain[i] = strconv.Itoa(n)
			}
		}
		plain[5] = strconv.FormatInt(o.Space, 10)
		return plain
	case "nonsense":
		return "no plan at all"
	}
	return plain
}

func (t *thing) action(p *power, choice int64) bool {
	t.mu.Lock()
	d := t.device
	t.mu.Unlock()
	if d == nil || t.faults().Has(faultActionFails) {
		return false
	}
	if choice != 1 {
		return d.Refuse()
	}
	target, file, ok := d.Accept()
	if !ok {
		return false
	}
	t.later(p, func() {
		if target.Kind == quecplatform.Module {
			t.update(p, d, target, file)
			return
		}
		d.Tell(quecplatform.Downloading)
		t.tell("sotaInfo", target.Name, target.Version, file.URL, file.MD5, file.CRC)
	})
	return true
}
