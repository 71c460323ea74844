package script

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"fotabench/devices"
	"fotabench/devices/repl"
)

// Runner runs the scripts of one driver on one device.
type Runner struct {
	// Files holds them as scripts/NAME.
	Files fs.FS
	// Harmless are those that may run again because their answer was damaged, beside the
	// shared ones.
	Harmless map[string]bool
	// Exec runs code for the operation op and returns what it printed.
	Exec func(ctx context.Context, op, code string) ([]byte, error)
	// Explain words an error of Exec.
	Explain func(ctx context.Context, op string, err error) error
	// Garbled is the error, of kind Protocol, for output that holds no answer.
	Garbled func(op string, out []byte) error
}

// answerTries is how often a harmless script runs at most.
const answerTries = 4

// Ask runs one script with its arguments and returns its answer. Errors are those of
// Explain and Garbled.
func (r *Runner) Ask(ctx context.Context, op, name string, args Arguments) (Answer, error) {
	for try := 1; ; try++ {
		a, err := r.once(ctx, op, name, args)
		if !errors.Is(err, devices.Protocol) || !r.harmless(name) || try == answerTries || ctx.Err() != nil {
			return a, err
		}
	}
}

func (r *Runner) harmless(name string) bool { return r.Harmless[name] || name == "digest.py" }

// Probe is Ask for the first script of a session: a Ctrl-C that stopped a program may come
// late and interrupt it. Explain must keep what was raised in Detail, its type first.
func (r *Runner) Probe(ctx context.Context, op, name string) (Answer, error) {
	a, err := r.Ask(ctx, op, name, nil)
	var e *devices.Error
	if errors.As(err, &e) && strings.HasPrefix(e.Detail, "KeyboardInterrupt") {
		return r.Ask(ctx, op, name, nil)
	}
	return a, err
}

// Digests are the device's own of the files at paths, in lower-case hex, "" where there is
// no file; kind is "sha256", "md5", or "" where the device can compute neither.
func (r *Runner) Digests(ctx context.Context, op string, paths []string) (kind string, values []string, err error) {
	a, err := r.Ask(ctx, op, "digest.py", Arguments{"paths": paths})
	if err != nil {
		return "", nil, err
	}
	for i := range paths {
		values = append(values, strings.ToLower(a.Text(strconv.Itoa(i))))
	}
	return a.Text("kind"), values, nil
}

func (r *Runner) once(ctx context.Context, op, name string, args Arguments) (Answer, error) {
	code, err := Compose(r.Files, name, args)
	if err != nil {
		return nil, err
	}
	out, err := r.Exec(ctx, op, code)
	if err != nil && !errors.Is(err, repl.ErrUnheard) {
		return nil, r.Explain(ctx, op, err)
	}
	if a, ok := Decode(out); ok {
		return a, nil
	}
	// It has come to its end, whatever arrived of that: the device still has its answer.
	if a, ok := r.again(ctx, op); ok {
		return a, nil
	}
	if err != nil {
		return nil, r.Explain(ctx, op, err)
	}
	return nil, r.Garbled(op, out)
}

// again asks for the answer of the script that came to its end last; nothing runs anew.
func (r *Runner) again(ctx context.Context, op string) (Answer, bool) {
	for try := 1; try <= answerTries && ctx.Err() == nil; try++ {
		out, err := r.Exec(ctx, op, "print(_fb_said)")
		if a, ok := Decode(out); ok {
			return a, true
		}
		if errors.Is(err, devices.Lost) {
			break
		}
	}
	return nil, false
}
