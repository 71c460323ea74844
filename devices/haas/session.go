package haas

import (
	"context"
	"errors"
	"sync"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/repl"
)

// session is one connection. mu serialises its methods; life ends at Close and
// ends whatever is under way.
type session struct {
	driver *driver
	conn   *repl.Conn
	link   link.Link
	life   context.Context
	kill   context.CancelCauseFunc

	mu       sync.Mutex
	over     bool // the board was told to restart, or the session is closed
	closed   bool
	identity *devices.Identity
	held     held
}

// held is what the board has of the job so far.
type held int

const (
	heldNothing  held = iota
	heldStored        // the archive is in its file system
	heldVerified      // and its digest is right, by the board's own word
)

func newSession(d *driver, conn *repl.Conn, l link.Link) *session {
	life, kill := context.WithCancelCause(context.Background())
	return &session{driver: d, conn: conn, link: l, life: life, kill: kill}
}

// enter begins a method: one at a time, until the session is over. The context
// it returns also ends at Close.
func (s *session) enter(ctx context.Context, op string) (context.Context, func(), error) {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return nil, nil, fail(op, devices.Lost, NoteOver)
	}
	inner, cancel := context.WithCancelCause(ctx)
	detach := context.AfterFunc(s.life, func() { cancel(context.Cause(s.life)) })
	return inner, func() {
		detach()
		cancel(nil)
		s.mu.Unlock()
	}, nil
}

// Close implements devices.Session. A board that restarts is left alone: a key
// sent to it could stop its program.
func (s *session) Close() error {
	s.kill(fail("close", devices.Lost, NoteOver))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	restarting := s.over
	s.closed, s.over = true, true
	if restarting {
		return s.link.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.driver.budgets.cleanUp)
	defer cancel()
	return s.conn.Close(ctx)
}

// harmless are the scripts that may run again because their answer was damaged.
var harmless = map[string]bool{
	"probe.py": true, "identify.py": true, "installed.py": true, "status.py": true, "clean.py": true, "leave.py": true,
	"verify.py": true,
}

// answerTries is how often they run at most.
const answerTries = 4

// ask runs one script and returns its answer.
func (s *session) ask(ctx context.Context, op, script string, args arguments) (answer, error) {
	for try := 1; ; try++ {
		a, err := s.askOnce(ctx, op, script, args)
		if !errors.Is(err, devices.Protocol) || !harmless[script] || try == answerTries || ctx.Err() != nil {
			return a, err
		}
	}
}

func (s *session) askOnce(ctx context.Context, op, script string, args arguments) (answer, error) {
	code, err := source(script, args)
	if err != nil {
		return nil, err
	}
	silent := fail(op, devices.Timeout, NoteSilent, int(s.driver.budgets.script.Seconds()))
	inner, cancel := context.WithTimeoutCause(ctx, s.driver.budgets.script, silent)
	defer cancel()
	out, err := s.conn.Exec(inner, code)
	if err != nil {
		return nil, explain(ctx, op, err)
	}
	a, ok := decode(out)
	if !ok {
		e := fail(op, devices.Protocol, NoteGarbled)
		e.Detail = tail(out)
		return nil, e
	}
	return a, nil
}

// prove makes sure that HaaS Python answers, not another MicroPython.
func (s *session) prove(ctx context.Context) error {
	ctx, leave, err := s.enter(ctx, "open")
	if err != nil {
		return err
	}
	defer leave()
	a, err := s.ask(ctx, "open", "probe.py", nil)
	var raised *devices.Error
	if errors.As(err, &raised) && raised.Note == NoteException && raised.Args[0] == "KeyboardInterrupt" {
		// A Ctrl-C that stopped a program came late.
		a, err = s.ask(ctx, "open", "probe.py", nil)
	}
	if err != nil {
		return err
	}
	for _, call := range []string{"ota.on", "ota.download", "ota.verify"} {
		if a[call] != "yes" {
			return fail("open", devices.Unsupported, NoteNotHaaS)
		}
	}
	return nil
}

// Identify implements devices.Session.
func (s *session) Identify(ctx context.Context) (devices.Identity, error) {
	ctx, leave, err := s.enter(ctx, "identify")
	if err != nil {
		return devices.Identity{}, err
	}
	defer leave()
	return s.identify(ctx)
}

func (s *session) identify(ctx context.Context) (devices.Identity, error) {
	a, err := s.ask(ctx, "identify", "identify.py", nil)
	if err != nil {
		return devices.Identity{}, err
	}
	id := identityOf(a)
	s.identity = &id
	return id, nil
}

// known is the identity as it was last told, asked for if it never was.
func (s *session) known(ctx context.Context) (devices.Identity, error) {
	if s.identity != nil {
		return *s.identity, nil
	}
	return s.identify(ctx)
}

// Deliver implements devices.Session.
func (s *session) Deliver(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	ctx, leave, err := s.enter(ctx, "deliver")
	if err != nil {
		return devices.Delivery{}, err
	}
	defer leave()
	s.held = heldNothing
	if err := s.deliver(ctx, job, report); err != nil {
		return devices.Delivery{}, err
	}
	s.held = heldStored
	return devices.Delivery{How: "ota.download"}, nil
}

// Verify implements devices.Session.
func (s *session) Verify(ctx context.Context, job *devices.Job, _ devices.Report) (devices.Verdict, error) {
	ctx, leave, err := s.enter(ctx, "verify")
	if err != nil {
		return devices.Verdict{}, err
	}
	defer leave()
	if s.held == heldNothing {
		return devices.Verdict{}, fail("verify", devices.Refused, NoteUnproved)
	}
	verdict, err := s.verify(ctx, job)
	if err == nil {
		s.held = heldVerified
	}
	return verdict, err
}

// Install implements devices.Session.
func (s *session) Install(ctx context.Context, job *devices.Job, _ devices.Report) error {
	ctx, leave, err := s.enter(ctx, "install")
	if err != nil {
		return err
	}
	defer leave()
	if s.held != heldVerified {
		return fail("install", devices.Refused, NoteUnproved)
	}
	return s.install(ctx, job)
}

// Installed implements devices.Session.
func (s *session) Installed(ctx context.Context, job *devices.Job) (devices.Proof, error) {
	ctx, leave, err := s.enter(ctx, "confirm")
	if err != nil {
		return devices.Proof{}, err
	}
	defer leave()
	return s.installed(ctx, job)
}
