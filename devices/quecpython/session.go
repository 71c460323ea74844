package quecpython

import (
	"context"
	"errors"

	"fotabench/devices"
	"fotabench/devices/repl/script"
	"fotabench/packages"
)

// session is one connection; gate serialises its methods.
type session struct {
	driver  *driver
	conn    interpreter
	gate    *script.Gate
	scripts script.Runner
	*script.Who

	secrets []string
	held    held
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
	s := &session{
		driver: d, conn: conn,
		gate: script.NewGate(func(op string) error { return fail(op, devices.Lost, NoteOver) }),
	}
	s.scripts = script.Runner{Files: scripts, Harmless: harmless, Exec: s.exec, Explain: s.explain, Garbled: s.garbled}
	s.Who = script.NewWho(s.gate, s.whoIs)
	return s
}

// Close implements devices.Session.
func (s *session) Close() error {
	return s.gate.Close(func(restarting bool) error {
		ctx, cancel := context.WithTimeout(context.Background(), s.driver.budgets.cleanUp)
		defer cancel()
		return s.conn.Close(ctx, restarting)
	})
}

// harmless are the scripts that may run again because their answer was damaged.
var harmless = map[string]bool{"probe.py": true, "identify.py": true}

// ask runs one script and returns its answer.
func (s *session) ask(ctx context.Context, op, name string, args arguments) (answer, error) {
	return s.scripts.Ask(ctx, op, name, args)
}

func (s *session) exec(ctx context.Context, _, code string) ([]byte, error) {
	return s.conn.Exec(ctx, code)
}

func (s *session) garbled(op string, out []byte) error {
	e := fail(op, devices.Protocol, NoteGarbled)
	e.Detail = s.redact(tail(out))
	return e
}

// prove makes sure that QuecPython answers, not another MicroPython.
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
	if a["modem"] != "yes" && a["fota"] != "yes" {
		return fail("open", devices.Unsupported, NoteNotQuecPython)
	}
	return nil
}

// whoIs asks the module who it is.
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
	s.held, s.secrets = held{}, secretsOf(job)
	id, err := s.Known(ctx)
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
	ctx, leave, err := s.gate.Enter(ctx, "verify")
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
	ctx, leave, err := s.gate.Enter(ctx, "install")
	if err != nil {
		return err
	}
	defer leave()
	switch s.held.kind {
	case heldNothing:
		return fail("install", devices.Refused, NoteUnproved)
	case heldStaged:
		// One whose answer makes no sense may have run: only a restart shows what follows.
		if _, err := s.ask(ctx, "install", "appflag.py", nil); err != nil && !errors.Is(err, devices.Protocol) {
			return err
		}
	}
	// A port that is lost by now has not heard the order, one that is lost from here on
	// may have.
	if _, err := s.ask(ctx, "install", "probe.py", nil); err != nil && !errors.Is(err, devices.Protocol) {
		return err
	}
	if err := s.restart(ctx, "install"); err != nil {
		return err
	}
	s.gate.End()
	return nil
}

// Installed implements devices.Session.
func (s *session) Installed(ctx context.Context, job *devices.Job) (devices.Proof, error) {
	ctx, leave, err := s.gate.Enter(ctx, "confirm")
	if err != nil {
		return devices.Proof{}, err
	}
	defer leave()
	if isApp(job.Package) {
		return s.installedApp(ctx, job)
	}
	id, err := s.Anew(ctx)
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
