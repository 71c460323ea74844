package alinkdevice

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// failure is an upgrade that ends with a negative step
// (docs/protocols/aliyun.md, Topics and payloads).
type failure struct {
	step int
	err  error
}

// The negative steps.
const (
	stepCannot   = -1
	stepDownload = -2
	stepVerify   = -3
	stepWrite    = -4
)

// Error implements error.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap gives the cause.
func (f *failure) Unwrap() error { return f.err }

func failed(step int, format string, args ...any) error {
	return &failure{step: step, err: fmt.Errorf(format, args...)}
}

// The ends of an upgrade that are restarts.
var (
	errRestart   = errors.New("the device restarts")
	errInstalled = errors.New("the device restarts into what it installed")
)

// worker executes the pushes of one boot, one after another.
type worker struct {
	*Device
	link *link
	// backlog are other pushes that came during an upgrade.
	backlog [][]byte
}

// work takes pushes until ctx ends or one ends in a restart; it then tells
// whether the restart runs something new.
func (w *worker) work(ctx context.Context) bool {
	for {
		payload := w.next(ctx)
		if payload == nil {
			return false
		}
		err := w.take(ctx, payload)
		w.note(func(s *State) { s.Phase = Idle })
		switch {
		case ctx.Err() != nil:
			return false
		case errors.Is(err, errRestart):
			w.link.cut()
			return false
		case errors.Is(err, errInstalled):
			return true
		case err != nil:
			w.wrong(err)
		}
	}
}

// next waits for a push; nil when ctx ended.
func (w *worker) next(ctx context.Context) []byte {
	if len(w.backlog) > 0 {
		payload := w.backlog[0]
		w.backlog = w.backlog[1:]
		return payload
	}
	select {
	case payload := <-w.link.pushes:
		return payload
	case <-ctx.Done():
		return nil
	}
}

// take executes one push.
func (w *worker) take(ctx context.Context, payload []byte) error {
	p, something, err := readPush(payload)
	if !something {
		return err
	}
	w.note(func(s *State) { s.Pushes++ })
	if w.t.quiet {
		return w.pretend(ctx, p.Data.Module)
	}
	if w.once(faultOfflineAtPush) {
		w.link.leave(w.o.Faults.Duration(faultOfflineAtPush, 30*time.Second))
		return nil
	}
	err = w.upgrade(ctx, p)
	var f *failure
	if errors.As(err, &f) {
		w.forget(p) // before the report: the platform may answer it with the same push
		w.report(ctx, p.Data.Module, f.step, f.Error())
	}
	return err
}

// upgrade does all that a push asks for.
func (w *worker) upgrade(ctx context.Context, p push) error {
	o, err := w.t.accept(p)
	if err == nil {
		err = w.fits(o)
	}
	if err != nil {
		return &failure{step: stepCannot, err: err}
	}
	w.note(func(s *State) { s.Phase = Downloading })
	stores, err := w.download(ctx, o)
	if err != nil {
		return err
	}
	w.note(func(s *State) { s.Phase = Verifying })
	for i, s := range stores {
		if err := verify(s, o.files[i]); err != nil {
			return err
		}
	}
	w.note(func(s *State) { s.Phase = Installing })
	version, err := w.install(o, stores)
	if err != nil {
		return err
	}
	w.report(ctx, o.module, 100, "")
	if !w.o.Faults.Has(faultKeepsOld) {
		w.note(func(s *State) { s.Versions[o.module] = version })
	}
	return errInstalled
}

// fits tells why this device would not begin an upgrade.
func (w *worker) fits(o order) error {
	now, ok := w.version(o.module)
	if !ok {
		return fmt.Errorf("no module %q", o.module)
	}
	if w.t.systemImage && o.module == moduleDefault && !olderThan(now, o.version) {
		return fmt.Errorf("version %q is not greater than %q", o.version, now)
	}
	return nil
}

// verify compares what is stored with what was pushed.
func verify(s *storage, f file) error {
	if f.algorithm != digestNone && !s.matches(f.algorithm, f.digest) {
		return failed(stepVerify, "%s does not match", f.algorithm)
	}
	if s.record != nil && !s.bodyMatches(*s.record) {
		return failed(stepVerify, "the image's own md5 does not match")
	}
	return nil
}

// install finds out which version the files are: the first that says it decides.
func (w *worker) install(o order, stores []*storage) (string, error) {
	for _, s := range stores {
		version, whole, ok := s.version()
		if ok && !whole {
			return "", failed(stepWrite, "the image is not whole")
		}
		if ok {
			return version, nil
		}
	}
	if w.o.AnyImage {
		return o.version, nil
	}
	return "", failed(stepCannot, "no image of this device")
}

// pretend is the work of a device of load tests.
func (w *worker) pretend(ctx context.Context, module string) error {
	for i := 1; i <= w.o.Steps; i++ {
		step := max(1, i*100/w.o.Steps)
		if err := w.send(ctx, module, step, ""); err != nil {
			return err
		}
	}
	return nil
}

// forget drops from what waits the pushes that repeat p: they came while it was
// worked on.
func (w *worker) forget(p push) {
	for {
		select {
		case payload := <-w.link.pushes:
			again, _, err := readPush(payload)
			if err == nil && again.Data.Module == p.Data.Module && again.Data.Version == p.Data.Version {
				w.note(func(s *State) { s.Pushes, s.Ignored = s.Pushes+1, s.Ignored+1 })
				continue
			}
			w.backlog = append(w.backlog, payload)
		default:
			return
		}
	}
}

// report tells a step; that it could not be told is noted.
func (w *worker) report(ctx context.Context, module string, step int, desc string) {
	if err := w.send(ctx, module, step, desc); err != nil {
		w.wrong(fmt.Errorf("report step %d: %w", step, err))
	}
}

// send publishes a step.
func (w *worker) send(ctx context.Context, module string, step int, desc string) error {
	err := w.link.publish(ctx, w.link.topics.progress, w.link.progress(module, step, desc))
	if err == nil {
		w.note(func(s *State) { s.LastStep = step })
	}
	return err
}
