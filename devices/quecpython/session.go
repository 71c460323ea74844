package quecpython

import (
	"context"
	"errors"
	"strings"
	"sync"

	"fotabench/devices"
	"fotabench/packages"
)

// session is one connection. mu serialises its methods; life ends at Close and
// ends whatever is under way.
type session struct {
	driver *driver
	conn   interpreter
	life   context.Context
	kill   context.CancelCauseFunc

	mu       sync.Mutex
	over     bool // the device was told to restart, or the session is closed
	closed   bool
	identity *devices.Identity
	secrets  []string
	held     held
}

// held is what the device has of the job so far, as Deliver left it.
type held struct {
	kind  heldKind
	sent  sent
	rules rules
}

type heldKind int

const (
	heldNothing heldKind = iota
	heldWritten          // firmware handed to fota.write
	heldFetched          // firmware that the device fetched and holds back
	heldStaged           // user files beside their targets
)

func newSession(d *driver, conn interpreter) *session {
	life, kill := context.WithCancelCause(context.Background())
	return &session{driver: d, conn: conn, life: life, kill: kill}
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

// Close implements devices.Session.
func (s *session) Close() error {
	s.kill(fail("close", devices.Lost, NoteOver))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	restarting := s.over
	s.closed, s.over = true, true
	ctx, cancel := context.WithTimeout(context.Background(), s.driver.budgets.cleanUp)
	defer cancel()
	return s.conn.Close(ctx, restarting)
}

// harmless are the scripts that may run again because their answer was damaged.
var harmless = map[string]bool{"probe.py": true, "identify.py": true, "digest.py": true}

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
	out, err := s.conn.Exec(ctx, code)
	if err != nil {
		return nil, s.explain(ctx, op, err)
	}
	a, ok := decode(out)
	if !ok {
		e := fail(op, devices.Protocol, NoteGarbled)
		e.Detail = s.redact(tail(out))
		return nil, e
	}
	return a, nil
}

// prove makes sure that QuecPython answers, not another MicroPython.
func (s *session) prove(ctx context.Context) error {
	ctx, leave, err := s.enter(ctx, "open")
	if err != nil {
		return err
	}
	defer leave()
	a, err := s.ask(ctx, "open", "probe.py", nil)
	var e *devices.Error
	if errors.As(err, &e) && e.Note == NoteException && strings.HasPrefix(e.Detail, "KeyboardInterrupt") {
		// A Ctrl-C that stopped a program came late.
		a, err = s.ask(ctx, "open", "probe.py", nil)
	}
	if err != nil {
		return err
	}
	if a["modem"] != "yes" && a["fota"] != "yes" {
		return fail("open", devices.Unsupported, NoteNotQuecPython)
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
	s.held, s.secrets = held{}, secretsOf(job)
	id, err := s.known(ctx)
	if err != nil {
		return devices.Delivery{}, err
	}
	if isApp(job.Package) {
		return s.deliverApp(ctx, job, id, report)
	}
	switch job.Method {
	case devices.Local:
		return s.deliverLocal(ctx, job, id, report)
	case devices.HTTP, devices.FTP:
		return s.fetch(ctx, job, id, report)
	}
	return devices.Delivery{}, fail("deliver", devices.Unsupported, NoteMethod, string(job.Method))
}

// Verify implements devices.Session.
func (s *session) Verify(ctx context.Context, job *devices.Job, report devices.Report) (devices.Verdict, error) {
	ctx, leave, err := s.enter(ctx, "verify")
	if err != nil {
		return devices.Verdict{}, err
	}
	defer leave()
	switch s.held.kind {
	case heldWritten:
		return s.verifyWritten(ctx, job, report)
	case heldFetched:
		return s.verifyFetched(ctx)
	case heldStaged:
		return s.verifyStaged(ctx, job)
	}
	return devices.Verdict{}, fail("verify", devices.Refused, NoteUnproved)
}

// Install implements devices.Session.
func (s *session) Install(ctx context.Context, _ *devices.Job, _ devices.Report) error {
	ctx, leave, err := s.enter(ctx, "install")
	if err != nil {
		return err
	}
	defer leave()
	switch s.held.kind {
	case heldNothing:
		return fail("install", devices.Refused, NoteUnproved)
	case heldStaged:
		if _, err := s.ask(ctx, "install", "appflag.py", nil); err != nil {
			return err
		}
	}
	if err := s.restart(ctx, "install"); err != nil {
		return err
	}
	s.over = true
	return nil
}

// Installed implements devices.Session.
func (s *session) Installed(ctx context.Context, job *devices.Job) (devices.Proof, error) {
	ctx, leave, err := s.enter(ctx, "confirm")
	if err != nil {
		return devices.Proof{}, err
	}
	defer leave()
	if isApp(job.Package) {
		return s.installedApp(ctx, job)
	}
	id, err := s.identify(ctx)
	if err != nil {
		return devices.Proof{}, err
	}
	target := job.Package.Manifest.TargetVersion
	if target == "" {
		return devices.Proof{Version: id.Firmware}, fail("confirm", devices.Refused, NoteNoTarget)
	}
	return devices.Proof{
		Installed: id.Firmware != "" && packages.SameVersion(id.Firmware, target),
		Version:   id.Firmware,
	}, nil
}
