// Package luatmodule is a simulated Luat or OpenLuat module that asks a server
// for firmware by itself: a client of its own over true sockets, in the dialects
// of the published update scripts (docs/protocols/luat.md, HTTP and UDP). It
// waits, gives up, misunderstands and restarts as they do; it knows nothing of
// the server that it speaks to and shares no code with it.
//
// It does not simulate a serial port and speaks neither TLS nor the datagram
// protocol over TCP.
package luatmodule

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
)

// Module is one simulated module. State, Version and Stored may be called at any
// time; of Run and Once only one may run at a time.
type Module struct {
	options Options
	orders  orders
	random  *rand.Rand
	turn    sync.Mutex // held by Run or Once
	flash   flash
	gone    bool

	mu     sync.Mutex
	state  State
	stored []byte
}

// New makes a module that is switched off and opens no socket. Options that no
// module can have are reported by Run and Once.
func New(o Options) *Module {
	m := &Module{
		options: o,
		orders:  newOrders(o.Faults),
		random:  rand.New(rand.NewPCG(o.Seed, 0x6c756174)),
		state:   State{Version: o.Version, Phase: Off},
	}
	m.flash.keep = o.KeepImage || o.Installs != nil
	m.flash.spoil = m.orders.wrongHash
	return m
}

// errRestart is that the module restarts in the middle of a download.
var errRestart = errors.New("luatmodule: restart")

// errTurn is a second Run or Once on one module.
var errTurn = errors.New("luatmodule: the module is already running")

// Run switches the module on: it boots, asks, takes what it is offered, restarts
// and asks again with the version that it then runs; after a round that brought
// nothing it asks again when the period has passed. It returns
// context.Cause(ctx) when ctx ends, and an error before that only where the
// module cannot ask at all: with unusable options, or a version of a form that
// its dialect has no words for.
func (m *Module) Run(ctx context.Context) error {
	if !m.turn.TryLock() {
		return errTurn
	}
	defer m.turn.Unlock()
	if err := m.options.problem(m.Version()); err != nil {
		return err
	}
	defer m.phase(Off)
	m.phase(Booting)
	if err := wait(ctx, m.options.Pace.of(afterBoot)); err != nil {
		return err
	}
	for {
		got, err := m.round(ctx)
		switch {
		case err != nil:
			return err
		case got.Outcome == Gone:
			<-ctx.Done()
			return context.Cause(ctx)
		case got.Outcome == Installed || got.Outcome == KeptOld:
			continue // the restart took the place of the wait
		}
		if err := wait(ctx, m.options.Pace.of(max(m.options.Period, shortPeriod))); err != nil {
			return err
		}
	}
}

// Once does one round without waiting for the boot before it: it asks, takes
// what it is offered and restarts. That the server cannot be reached is a result
// and no error; errors are as with Run.
func (m *Module) Once(ctx context.Context) (Result, error) {
	if !m.turn.TryLock() {
		return Result{}, errTurn
	}
	defer m.turn.Unlock()
	return m.round(ctx)
}

// round asks until an answer is final, which takes a second time only where the
// module restarts by itself on the way.
func (m *Module) round(ctx context.Context) (Result, error) {
	before := m.State().Retries
	outcome, err := m.ask(ctx)
	for errors.Is(err, errRestart) {
		m.orders.restartAt = -1
		if err = m.restart(ctx); err == nil {
			outcome, err = m.ask(ctx)
		}
	}
	if err == nil && outcome == Installed {
		outcome, err = m.install(ctx)
	} else if err == nil && outcome != Gone {
		m.flash.erase()
		m.phase(Idle)
	}
	now := m.State()
	got := Result{Outcome: outcome, Version: now.Version, Bytes: now.Received, Retries: now.Retries - before, Answer: now.LastAnswer}
	if outcome == Installed || outcome == KeptOld || outcome == Gone {
		got.SHA256 = now.ImageSHA256
	}
	return got, err
}

// ask does one check with an empty flash, and the download that it leads to. The
// outcome is Installed when an image is to be tried at a restart.
func (m *Module) ask(ctx context.Context) (Outcome, error) {
	if m.gone {
		return Gone, context.Cause(ctx)
	}
	if err := m.options.problem(m.Version()); err != nil {
		return "", err
	}
	m.erase()
	m.note(func(s *State) { s.Phase, s.Asked, s.Clock = Asking, s.Asked+1, "" })
	if m.options.Dialect.datagrams() {
		return m.overUDP(ctx)
	}
	return m.overHTTP(ctx)
}

// erase forgets what was received.
func (m *Module) erase() {
	m.flash.erase()
	m.note(func(s *State) { s.Received, s.Total = 0, 0 })
}

// install restarts with what was downloaded.
func (m *Module) install(ctx context.Context) (Outcome, error) {
	m.finished()
	if m.orders.neverReturns {
		m.gone = true
		m.phase(Silent)
		return Gone, nil
	}
	if err := m.restart(ctx); err != nil {
		return "", err
	}
	version, err := m.loads()
	switch {
	case err != nil:
		m.heard(err.Error())
		return KeptOld, nil
	case m.orders.keepsOld:
		return KeptOld, nil
	}
	m.note(func(s *State) { s.Version = version })
	return Installed, nil
}

// restart takes the module through its boot to where it can ask again.
func (m *Module) restart(ctx context.Context) error {
	m.note(func(s *State) { s.Phase, s.Restarts = Restarting, s.Restarts+1 })
	if err := wait(ctx, m.options.Pace.of(afterBoot)); err != nil {
		return err
	}
	m.phase(Idle)
	return nil
}

// loads is the boot loader's look at the image, which it deletes in any case.
func (m *Module) loads() (string, error) {
	defer m.flash.erase()
	if m.options.Installs != nil {
		return m.options.Installs(m.flash.image)
	}
	return m.flash.check()
}
