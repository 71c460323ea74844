package micropython

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"fotabench/devices/sim/line"
)

// power is one power-on: from the moment that the ports appear until they go.
type power struct {
	ctx     context.Context
	cancel  context.CancelFunc
	line    *line.Line
	current atomic.Pointer[session]
	fired   chan struct{} // someone outside Python ends it
	silent  bool          // nothing that arrives is heard

	mu   sync.Mutex
	ends end
}

// fire ends the power-on from any goroutine.
func (p *power) fire(e end) {
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

// arrive hands a byte to whoever is in charge now.
func (p *power) arrive(b byte) bool {
	if p.silent {
		return false
	}
	if s := p.current.Load(); s != nil {
		return s.arrive(b)
	}
	return true
}

// live is the module's life: power on, run, restart, until it is closed.
func (m *Module) live() {
	for first := true; first || m.ctx.Err() == nil; first = false {
		why, err := m.run(0)
		if err != nil {
			m.mu.Lock()
			m.fatal = errors.Join(m.fatal, err)
			m.mu.Unlock()
		}
		if m.ctx.Err() != nil || why == endOff {
			return
		}
		m.restart()
	}
}

// restart is the time without ports: the boot loader works.
func (m *Module) restart() {
	installs := m.modem.accepts()
	faults := m.options.Faults
	gone := m.options.Restart
	if installs {
		gone = faults.Duration(faultRestartTakes, gone+m.options.Install)
		if faults.Has(faultNeverReturns) {
			<-m.ctx.Done()
			return
		}
		m.flicker(int(faults.Int(faultRestarts, 1))-1, gone)
	}
	m.rest(gone)
	if !installs {
		return
	}
	m.install()
	for faults.Has(faultBootLoop) && m.ctx.Err() == nil {
		if _, err := m.run(faults.Duration(faultBootLoop, 0)); err != nil {
			return
		}
		m.rest(m.options.Restart)
	}
}

// flicker shows the ports for a moment and takes them away again, as a module
// does that restarts several times during one upgrade.
func (m *Module) flicker(times int, gone time.Duration) {
	for range times {
		m.rest(gone)
		if m.ctx.Err() != nil {
			return
		}
		// What such a short life ends with does not matter.
		_, _ = m.run(min(m.options.Restart, time.Second))
	}
}

func (m *Module) rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-m.ctx.Done():
	}
}

// install makes the accepted firmware the running one.
func (m *Module) install() {
	target, sum := m.modem.unload()
	faults := m.options.Faults
	if m.board.haas {
		target = m.liveApp()
	}
	m.change(func() {
		if !faults.Has(faultOldVersion) {
			m.state.Firmware = target + faults.Text(faultVersionTail, "")
			m.state.Installed++
			m.state.InstalledSHA256 = sum
		}
		m.state.IMEI = faults.Text(faultOtherIMEI, m.state.IMEI)
		if faults.Has(faultOtherPort) {
			for _, p := range m.ports {
				p.Move()
			}
		}
	})
}

// run is one power-on. atMost, if not 0, ends it after that time.
func (m *Module) run(atMost time.Duration) (end, error) {
	p := &power{fired: make(chan struct{}, 1), silent: m.options.Faults.Has(faultSilent)}
	p.ctx, p.cancel = context.WithCancel(m.ctx)
	defer p.cancel()
	p.line = line.New(m.options.cable(m.State().Restarts), p.arrive)
	m.unpack()
	m.wakeApp()
	if atMost > 0 {
		timer := time.AfterFunc(atMost, func() { p.fire(endReset) })
		defer timer.Stop()
	}
	var work sync.WaitGroup
	m.change(func() {
		if m.state.Restarts == 0 {
			close(m.booting)
		}
		m.power = p
	})
	work.Go(func() { m.connect(p) })
	work.Go(func() { m.chatter(p) })
	why, err := m.sessions(p)
	p.line.Drained(200 * time.Millisecond)
	m.change(func() {
		m.state.Present, m.power = false, nil
		m.state.Restarts++
		m.open = false
	})
	p.cancel()
	work.Wait()
	m.modem.forget()
	m.thing.forget()
	return why, err
}

// sessions runs one boot of Python after the other until the power goes.
func (m *Module) sessions(p *power) (end, error) {
	rawMode, noMain := false, false
	for {
		s := &session{host: m, power: p, noMain: noMain}
		if err := s.begin(m.engine); p.ctx.Err() != nil {
			return endOff, nil
		} else if err != nil {
			return endOff, err
		}
		kill := context.AfterFunc(p.ctx, s.machine.kill)
		p.current.Store(s)
		err := s.run(rawMode)
		p.current.Store(nil)
		kill()
		s.machine.kill()
		switch {
		case p.ctx.Err() != nil:
			return endOff, nil
		case err != nil:
			m.mu.Lock()
			m.state.Crashes = append(m.state.Crashes, err.Error())
			m.mu.Unlock()
			return endReset, nil
		case s.end != endSoft:
			return s.end, nil
		}
		rawMode = s.console.mode == raw
		noMain = s.stopped
		m.mu.Lock()
		m.state.SoftReboots++
		m.mu.Unlock()
		p.line.Send([]byte("MPY: soft reboot\r\n"), p.ctx.Done())
	}
}

// connect keeps the ports open and serves one connection after the other on
// each.
func (m *Module) connect(p *power) {
	var work sync.WaitGroup
	started := 0
	for {
		m.mu.Lock()
		ports := append([]line.Port(nil), m.ports[started:]...)
		m.mu.Unlock()
		for _, one := range ports {
			started++
			if err := one.Open(); err != nil {
				m.mu.Lock()
				m.fatal = errors.Join(m.fatal, err)
				m.mu.Unlock()
				continue
			}
			work.Go(func() { m.accept(p, one) })
		}
		m.change(func() { m.state.Present = started > 0 })
		select {
		case <-m.added:
		case <-p.ctx.Done():
			m.mu.Lock()
			for _, one := range m.ports {
				// It is taken away; that it was gone already is fine.
				_ = one.Close()
			}
			m.mu.Unlock()
			work.Wait()
			return
		}
	}
}

func (m *Module) accept(p *power, one line.Port) {
	for p.ctx.Err() == nil {
		conn, err := one.Accept()
		if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		p.line.Serve(p.ctx, conn)
	}
}

// chatter prints what modules print unasked, if ordered: URCs, log lines,
// colours, Chinese in GBK and a very long line.
func (m *Module) chatter(p *power) {
	every := m.options.Faults.Duration(faultNoise, 0)
	if every <= 0 {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
			p.line.Send(noise(i), p.ctx.Done())
		case <-p.ctx.Done():
			return
		}
	}
}
