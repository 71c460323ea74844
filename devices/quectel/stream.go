package quectel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// startTime is how long a module may take to ask for the bytes of a stream.
const startTime = 10 * time.Second

// stream hands the package over after AT+QFOTADL="FILE:<size>": raw bytes, in small
// pieces at the pace that a module without flow control can take. The module installs
// by itself as soon as it has everything.
func (s *session) stream(ctx context.Context, job *devices.Job, f *family, report devices.Report) (devices.Delivery, error) {
	file := job.Package.Files[0]
	if free, err := s.space(ctx); err != nil {
		return devices.Delivery{}, err
	} else if free >= 0 && free < file.Size {
		return devices.Delivery{}, fail("upload", devices.Space, NoteRoom, file.Size, free)
	}
	if err := s.ready(ctx, f); err != nil {
		return devices.Delivery{}, err
	}
	body, err := packages.NewStream(ctx, file)
	if err != nil {
		return devices.Delivery{}, changedError(err)
	}
	sha := sha256.New()
	p := &pour{s: s, f: f, report: report, size: file.Size, body: io.TeeReader(body, sha)}
	err = p.run(ctx)
	if closed := body.Close(); err == nil && closed != nil {
		err = closed
	}
	if err != nil {
		if ctx.Err() != nil {
			err = ended(ctx, "upload")
		}
		return devices.Delivery{}, changedError(err)
	}
	s.over = true
	return devices.Delivery{Sent: []string{hex.EncodeToString(sha.Sum(nil))}, Installing: true, How: howStream}, nil
}

// pour is one stream on its way.
type pour struct {
	s      *session
	f      *family
	report devices.Report
	size   int64
	body   io.Reader
}

func (p *pour) run(ctx context.Context) error {
	p.s.forget(ctx)
	if ctx.Err() != nil {
		return ended(ctx, "upload") // nothing was ordered
	}
	ordered := p.s.order(ctx, fill(p.f.Stream, "{size}", strconv.FormatInt(p.size, 10)))
	if ordered != nil && !errors.Is(ordered, errUnheard) {
		return ordered
	}
	if err := p.started(ctx, ordered); err != nil {
		return err
	}
	if err := p.send(ctx); err != nil {
		p.settle(ctx)
		return err
	}
	return p.accepted(ctx)
}

// started waits for FILESTART. Firmware that does not say it takes the bytes after OK;
// where not even that came, unheard is why, and the module may wait for bytes or not.
func (p *pour) started(ctx context.Context, unheard error) error {
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); {
		e, err := p.s.next(ctx, time.Until(deadline))
		switch {
		case errors.Is(err, errQuiet):
		case ctx.Err() != nil:
			p.settle(ctx)
			return ended(ctx, "upload")
		case err != nil:
			return err
		case e.name == eventFileStart:
			return nil
		case e.name == eventFileEnd && e.code != 0:
			return p.s.driver.families.explain(p.f, e)
		}
	}
	if unheard != nil {
		p.settle(ctx)
	}
	return unheard
}

// send writes the body piece by piece. The pace goes by the clock, so that a timer's
// grain does not add up.
func (p *pour) send(ctx context.Context) error {
	buf := make([]byte, p.f.PieceBytes)
	begun, pieces := time.Now(), 0
	for sent := int64(0); sent < p.size; {
		n, err := io.ReadFull(p.body, buf[:min(p.size-sent, int64(len(buf)))])
		if err != nil {
			return err
		}
		if err := p.s.client.Write(ctx, buf[:n]); err != nil {
			return err
		}
		if sent += int64(n); sent == p.size {
			p.report.Progress(sent, p.size)
			return nil // what comes now is for accepted
		}
		pieces++
		p.report.Progress(sent, p.size)
		due := begun.Add(time.Duration(pieces) * p.f.pace())
		e, err := p.s.next(ctx, max(time.Until(due), 0))
		switch {
		case ctx.Err() != nil:
			return ended(ctx, "upload")
		case err != nil && !errors.Is(err, errQuiet):
			return err
		case e.name == eventFileEnd && e.code != 0:
			return p.s.driver.families.explain(p.f, e)
		}
	}
	return nil
}

// accepted waits for FILEEND and what follows it: the module restarts, or refuses the
// package. It has all bytes then; its last words before a restart may not arrive, and
// where nothing tells, its version does. No command stops it: one that waits for a byte
// which was lost would take the command for it, and a restart begins the installation. So
// a cancel ends the wait, and counts only if the module drops the package by itself.
func (p *pour) accepted(ctx context.Context) error {
	w := &verdictWait{limit: p.s.driver.budgets.fetch, begun: time.Now()}
	for time.Since(w.begun) < w.limit {
		e, err := p.s.next(w.under(ctx), p.s.driver.budgets.poll)
		switch {
		case p.s.life.Err() != nil:
			return fail("upload", devices.Lost, NoteOver)
		case ctx.Err() != nil && !w.late:
			w.late, w.begun, w.limit = true, time.Now(), p.s.driver.budgets.cleanUp
		case errors.Is(err, errQuiet):
			continue
		case err != nil:
			if !w.whole {
				p.report.Note(NoteVanished)
			}
			return nil
		}
		if over, err := p.weigh(w, e); over {
			return err
		}
	}
	switch {
	case w.late:
		p.report.Note(NoteCancelLate)
	case !w.whole:
		p.report.Note(NoteStreamSilent, int(w.limit.Seconds()))
	}
	return nil
}

// verdictWait is the wait for what a module makes of a whole stream.
type verdictWait struct {
	whole bool // it said that it has everything
	late  bool // somebody cancelled meanwhile
	begun time.Time
	limit time.Duration
}

// under is ctx until it ends, and then a context that does not.
func (w *verdictWait) under(ctx context.Context) context.Context {
	if w.late {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// weigh tells whether a word of the module ends the wait, and with what.
func (p *pour) weigh(w *verdictWait, e event) (over bool, err error) {
	switch {
	case e.name == eventFileEnd && e.code == 0 && w.late:
		w.whole = true // who cancelled does not wait longer for that
	case e.name == eventFileEnd && e.code == 0:
		w.whole, w.begun, w.limit = true, time.Now(), p.s.driver.budgets.linger
	case e.fetched(), e.name == eventEnd && e.code != 0:
		return true, p.s.driver.families.explain(p.f, e)
	case e.installs(), e.name == eventReady:
		if w.late {
			p.report.Note(NoteCancelLate)
		}
		return true, nil
	}
	return false, nil
}

// settle lets the module find out that no more bytes come: until then it would take
// commands for bytes. What it has is dropped with the end of its wait.
func (p *pour) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.s.driver.budgets.cleanUp)
	defer cancel()
	for {
		e, err := p.s.next(ctx, p.s.driver.budgets.cleanUp)
		if err != nil || e.name == eventFileEnd || e.name == eventReady {
			return
		}
	}
}
