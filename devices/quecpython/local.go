package quecpython

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"fotabench/devices"
	"fotabench/devices/repl"
	"fotabench/packages"
)

// deliverLocal streams the package into fota.write; nothing is staged in /usr,
// which is smaller than most packages.
func (s *session) deliverLocal(ctx context.Context, job *devices.Job, id devices.Identity, report devices.Report) (devices.Delivery, error) {
	if c := s.driver.Capabilities(id).Methods[devices.Local]; !c.OK {
		return devices.Delivery{}, refuse("deliver", c)
	}
	if n := len(job.Package.Files); n != 1 {
		return devices.Delivery{}, fail("deliver", devices.Unsupported, NoteOneFile, n)
	}
	file := job.Package.Files[0]
	setup, err := source("local.py", arguments{"size": file.Size})
	if err != nil {
		return devices.Delivery{}, err
	}
	got, err := s.upload(ctx, file, setup, report)
	if err != nil {
		return devices.Delivery{}, err
	}
	s.held = held{kind: heldWritten, sent: got}
	return devices.Delivery{Sent: []string{got.SHA256}, How: got.Way}, nil
}

// upload moves one file to the sink that setup defines.
func (s *session) upload(ctx context.Context, file packages.File, setup string, report devices.Report) (sent, error) {
	body, err := packages.NewStream(ctx, file)
	if err != nil {
		return sent{}, s.uploadError(ctx, err)
	}
	got, err := s.conn.Stream(ctx, upload{Setup: setup, Sink: "_fb_sink", Size: file.Size, Body: body}, report)
	if closed := body.Close(); err == nil && closed != nil {
		err = closed
	}
	if err != nil {
		err = s.uploadError(ctx, err)
		s.settle(ctx)
		return sent{}, err
	}
	if want := file.Digests[packages.SHA256]; want != "" && got.SHA256 != want {
		return sent{}, fail("write", devices.Integrity, NoteDigest, string(packages.SHA256), want, got.SHA256)
	}
	report.Note(NoteWay, got.Way, got.Resent)
	return got, nil
}

// uploadError names what a block met.
func (s *session) uploadError(ctx context.Context, err error) error {
	var changed *packages.Error
	if ctx.Err() == nil && errors.As(err, &changed) {
		e := fail("write", devices.Integrity, devices.Code(changed.Code), changed.Args...)
		e.Err = err
		return e
	}
	var cause *devices.Error
	if ctx.Err() == nil && errors.As(err, &cause) && (cause.Note == repl.NoteSink || cause.Note == repl.NoteSinkError) {
		return s.sinkError(cause)
	}
	return s.explain(ctx, "write", err)
}

// sinkError says what the sink answered, and at which byte. One that returned
// something else than success is fota.write saying no.
func (s *session) sinkError(cause *devices.Error) *devices.Error {
	e := *cause
	e.Op, e.Detail, e.Args, e.Err = "quecpython: write", s.redact(cause.Detail), nil, nil
	for _, arg := range cause.Args {
		if text, ok := arg.(string); ok {
			arg = s.redact(text)
		}
		e.Args = append(e.Args, arg)
	}
	var r *repl.Exception
	switch {
	case e.Note == repl.NoteSink:
		e.Note = NoteWrite
	case !errors.As(cause, &r):
	case r.Type == "MemoryError" || r.Errno == errnoNoMemory:
		e.Kind, e.Note, e.Args = devices.Space, NoteWriteMemory, e.Args[:1]
	case r.Errno == errnoNoSpace:
		e.Kind, e.Note, e.Args = devices.Space, NoteWriteSpace, e.Args[:1]
	}
	return &e
}

// settle brings the REPL back after a method was cut short. What it cannot
// reach within the budget is left: nothing is installed without a command.
func (s *session) settle(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.driver.budgets.cleanUp)
	defer cancel()
	return s.conn.Stop(ctx) == nil
}

// verifyWritten compares digests first: a device that holds other bytes is
// never asked to judge them. An exception is no judgement: what the module did before it is
// unknown.
func (s *session) verifyWritten(ctx context.Context, job *devices.Job, report devices.Report) (devices.Verdict, error) {
	verdict, err := s.digestVerdict(job.Package.Files[0])
	if err != nil {
		return verdict, err
	}
	if verdict.Hex == "" {
		report.Note(NoteNoDigest)
	}
	a, err := s.ask(ctx, "verify", "verify.py", nil)
	if err != nil {
		return verdict, unjudged(err)
	}
	for _, step := range []struct {
		name string
		note devices.Code
	}{{"flush", NoteFlush}, {"verify", NoteVerify}} {
		n, ok := a.Number(step.name)
		if !ok || n != 0 {
			e := fail("verify", devices.Refused, step.note, s.redact(printable(a[step.name])))
			if e.Code, e.HasCode = n, ok; !ok {
				e.Kind = devices.Protocol
			}
			return verdict, e
		}
	}
	verdict.Answer = fmt.Sprintf("flush %s, verify %s", a["flush"], a["verify"])
	return verdict, nil
}

// unjudged is unheard for verify.py, which has not run if it did not arrive.
func unjudged(err error) error {
	if errors.Is(err, devices.Integrity) {
		return err
	}
	return unheard(err)
}

func (s *session) digestVerdict(file packages.File) (devices.Verdict, error) {
	algorithm := packages.Algorithm(s.held.sent.Algorithm)
	verdict := devices.Verdict{Algorithm: algorithm, Hex: s.held.sent.Hex}
	want := file.Digests[algorithm]
	if verdict.Hex != "" && verdict.Hex != want {
		return verdict, fail("verify", devices.Integrity, NoteDigest, string(algorithm), want, verdict.Hex)
	}
	return verdict, nil
}

// errnoOf reads the number of "OSError: 28" and "[Errno 28] ENOSPC" alike.
func errnoOf(text string) int {
	start := -1
	for i, r := range text {
		digit := r >= '0' && r <= '9'
		if digit && start < 0 {
			start = i
		}
		if !digit && start >= 0 {
			return atoi(text[start:i])
		}
	}
	if start < 0 {
		return 0
	}
	return atoi(text[start:])
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
