package haas

import (
	"context"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/repl"
	"fotabench/devices/repl/script"
)

// session is one connection; gate serialises its methods.
type session struct {
	driver  *driver
	conn    *repl.Conn
	link    link.Link
	gate    *script.Gate
	scripts script.Runner
	*script.Who

	held held
}

// held is what the board has of the job so far.
type held int

const (
	heldNothing  held = iota
	heldStored        // the archive is in its file system
	heldVerified      // and its digest is right, by the board's own word
)

func newSession(d *driver, conn *repl.Conn, l link.Link) *session {
	s := &session{
		driver: d, conn: conn, link: l,
		gate: script.NewGate(func(op string) error { return fail(op, devices.Lost, NoteOver) }),
	}
	s.scripts = script.Runner{Files: scripts, Harmless: harmless, Exec: s.exec, Explain: explain, Garbled: garbled}
	s.Who = script.NewWho(s.gate, s.whoIs)
	return s
}

// Close implements devices.Session. A board that restarts is left alone: a key
// sent to it could stop its program. One that still has to restart keeps its program
// stopped: to run it again would be no restart, and nobody would know afterwards.
func (s *session) Close() error {
	return s.gate.Close(func(restarting bool) error {
		if restarting {
			return s.link.Close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), s.driver.budgets.cleanUp)
		defer cancel()
		if s.conn.Stopped() && s.unstarted(ctx) {
			s.conn.Keep()
		}
		return s.conn.Close(ctx)
	})
}

// unstarted tells whether the board has still to restart; false if it does not answer.
func (s *session) unstarted(ctx context.Context) bool {
	a, err := s.ask(ctx, "close", "installed.py", nil)
	return err == nil && a["mark"] != "0"
}

// harmless are the scripts that may run again because their answer was damaged.
var harmless = map[string]bool{
	"probe.py": true, "identify.py": true, "installed.py": true, "status.py": true, "clean.py": true, "leave.py": true,
	"verify.py": true,
}

// ask runs one script and returns its answer.
func (s *session) ask(ctx context.Context, op, name string, args arguments) (answer, error) {
	return s.scripts.Ask(ctx, op, name, args)
}

// exec runs code that must answer within a budget.
func (s *session) exec(ctx context.Context, op, code string) ([]byte, error) {
	silent := fail(op, devices.Timeout, NoteSilent, int(s.driver.budgets.script.Seconds()))
	inner, cancel := context.WithTimeoutCause(ctx, s.driver.budgets.script, silent)
	defer cancel()
	return s.conn.Exec(inner, code)
}

func garbled(op string, out []byte) error {
	e := fail(op, devices.Protocol, NoteGarbled)
	e.Detail = tail(out)
	return e
}

// prove makes sure that HaaS Python answers, not another MicroPython.
func (s *session) prove(ctx context.Context) error {
	ctx, leave, err := s.gate.Enter(ctx, "open")
	if err != nil {
		return err
	}
	defer leave()
	a, err := s.scripts.Probe(ctx, "open", "probe.py")
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

// whoIs asks the board who it is.
func (s *session) whoIs(ctx context.Context) (devices.Identity, error) {
	a, err := s.ask(ctx, "identify", "identify.py", nil)
	if err != nil {
		return devices.Identity{}, err
	}
	return identityOf(a), nil
}

// Deliver implements devices.Session.
func (s *session) Deliver(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	ctx, leave, err := s.gate.Enter(ctx, "deliver")
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
	ctx, leave, err := s.gate.Enter(ctx, "verify")
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
	ctx, leave, err := s.gate.Enter(ctx, "install")
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
	ctx, leave, err := s.gate.Enter(ctx, "confirm")
	if err != nil {
		return devices.Proof{}, err
	}
	defer leave()
	return s.installed(ctx, job)
}
