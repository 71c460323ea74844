package atmodem

import (
	"context"
	"slices"
	"sync"
	"time"
)

// end is how a power-on ends.
type end string

const (
	endNone     end = ""
	endClosed   end = "closed"
	endRestart  end = "restart"
	endOff      end = "off"
	endDownload end = "download" // restart into the boot ROM
)

// power is one power-on: from the moment that the ports appear until they go.
type power struct {
	mode   Mode
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	fired  chan struct{}

	mu     sync.Mutex
	ends   end
	shells []*shell
}

// end fires from any goroutine; the first one counts.
func (p *power) end(e end) {
	p.mu.Lock()
	if p.ends == endNone {
		p.ends = e
	}
	p.mu.Unlock()
	nudge(p.fired)
}

func (p *power) reason() end {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ends
}

func (p *power) add(s *shell) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shells = append(p.shells, s)
}

// at gives the shells of the port with this name, or of all ports.
func (p *power) at(name string) []*shell {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name == "all" {
		return slices.Clone(p.shells)
	}
	return slices.DeleteFunc(slices.Clone(p.shells), func(s *shell) bool { return s.socket.name != name })
}

// lastWords is how long the host has to take what was said before the ports go.
const lastWords = 500 * time.Millisecond

// drain lets what was said leave.
func (p *power) drain() {
	for _, s := range p.at("all") {
		s.line.Drained(lastWords)
	}
}

// live is the module's life: power on, run, restart, until it is closed.
func (m *Module) live(on chan<- struct{}) {
	defer m.change(func() { m.state.Mode, m.state.Present = Off, false })
	for mode := Normal; mode != Off; {
		p := m.run(mode, 0, on)
		on = nil
		mode = m.next(p)
	}
}

// run is one power-on. atMost, if not 0, ends it after that time. on, if not
// nil, is closed as soon as the power is there.
func (m *Module) run(mode Mode, atMost time.Duration, on chan<- struct{}) *power {
	p := &power{mode: mode, fired: make(chan struct{}, 1)}
	p.ctx, p.cancel = context.WithCancel(m.ctx)
	defer p.cancel()
	if atMost > 0 {
		timer := time.AfterFunc(atMost, func() { p.end(endRestart) })
		defer timer.Stop()
	}
	m.change(func() {
		m.power, m.state.Mode = p, mode
		m.settings.forget()
		for _, s := range m.jacks {
			s.lose()
		}
	})
	if on != nil {
		close(on)
	}
	p.work.Go(func() { m.connect(p) })
	p.work.Go(func() { m.start(p) })
	select {
	case <-p.fired:
		p.drain()
	case <-m.ctx.Done():
		p.end(endClosed)
	}
	m.change(func() {
		m.power, m.state.Mode, m.state.Present = nil, Off, false
		m.state.Restarts++
	})
	// The ports go before the connections: who lost one finds no port.
	m.unplug()
	p.cancel()
	p.work.Wait()
	return p
}

// start is what the module does by itself after its ports appeared.
func (m *Module) start(p *power) {
	switch p.mode {
	case Normal:
		m.boot(p)
	case Updating:
		m.update(p)
	}
}

// settle waits until the module says its first word in this power-on.
func (m *Module) settle(p *power) {
	rest(p.ctx, m.options.Ready)
	if m.options.hold != nil {
		m.options.hold(p)
	}
}

// boot is the start of the normal system.
func (m *Module) boot(p *power) {
	m.settle(p)
	ready := []string{"RDY", "+CFUN: 1", "+CPIN: READY", "+QUSIM: 1", "+QIND: SMS DONE", "+QIND: PB DONE"}
	if m.options.Faults.Has(faultNoSIM) {
		ready = []string{"RDY", "+CFUN: 1", "+CPIN: NOT INSERTED"}
	}
	for _, text := range ready {
		m.URC(text)
	}
	if m.options.Boot != nil {
		p.work.Go(func() { m.options.Boot(p.ctx, m) })
	}
	m.chatter(p.ctx)
}

// next is what follows a power-on: the time without ports, and the mode after
// it.
func (m *Module) next(p *power) Mode {
	switch p.reason() {
	case endClosed:
		return Off
	case endOff:
		<-m.ctx.Done()
		return Off
	case endDownload:
		return m.after(m.options.Restart, Download)
	}
	m.mu.Lock()
	j := m.job
	if j != nil && !j.accepted {
		m.job, j = nil, nil // what had arrived is lost
	}
	m.mu.Unlock()
	switch {
	case j == nil:
		return m.after(m.options.Restart, Normal)
	case j.done:
		return m.finish(j)
	case p.mode == Normal:
		return m.begin()
	}
	return m.after(m.options.Restart, Updating)
}

// begin is the restart into the system that updates.
func (m *Module) begin() Mode {
	faults := m.options.Faults
	switch {
	case faults.Has(faultNeverReturns):
		<-m.ctx.Done()
		return Off
	case faults.Has(faultDownloadMode):
		return m.after(m.options.Restart, Download)
	}
	return m.after(m.options.Restart, Updating)
}

// finish is the restart into the firmware that was installed, or into the old
// one.
func (m *Module) finish(j *job) Mode {
	faults, gone := m.options.Faults, m.options.Restart
	m.install(j)
	for range faults.Int(faultRestarts, 1) - 1 {
		rest(m.ctx, gone)
		m.run(Normal, gone, nil)
	}
	rest(m.ctx, faults.Duration(faultRestartTakes, gone))
	for faults.Has(faultBootLoop) && m.ctx.Err() == nil {
		m.run(Normal, faults.Duration(faultBootLoop, 0), nil)
		rest(m.ctx, gone)
	}
	return m.after(0, Normal)
}

// after waits without ports.
func (m *Module) after(d time.Duration, mode Mode) Mode {
	rest(m.ctx, d)
	if m.ctx.Err() != nil {
		return Off
	}
	return mode
}

// rest waits, at most until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
