package repl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fotabench/devices"
)

const (
	// installTries is how often a piece of a source is sent that arrives damaged.
	installTries = 8
	// installPiece is the size of the pieces when the whole arrived damaged.
	installPiece = 128
)

// install runs source once, and only if it arrived as it was sent: a flipped bit
// could be Python still. It returns what source printed; idle is as in exec.
func (c *Conn) install(ctx context.Context, source string, idle time.Duration) ([]byte, error) {
	if strings.TrimSpace(source) == "" {
		return nil, nil
	}
	// What runs consumes what is stored.
	source = "_fbr_p = 0\n" + source
	stored, err := c.store(ctx, 0, source)
	for i, tries := 0, 0; !stored && err == nil; tries++ {
		if tries == installTries {
			return nil, &devices.Error{Op: "repl: install a script", Kind: devices.Integrity, Note: NoteBadLine, Args: []any{0, installTries}, Err: c.damage}
		}
		from, to := i*installPiece, min((i+1)*installPiece, len(source))
		var kept bool
		if kept, err = c.store(ctx, i, source[from:to]); kept {
			i, tries, stored = i+1, -1, to == len(source)
		}
	}
	if err != nil {
		return nil, err
	}
	return c.runStored(ctx, idle)
}

// setup is install for a source that prints nothing: whether it has come to its
// end can be asked for when the reply to it is damaged.
func (c *Conn) setup(ctx context.Context, source string) error {
	done := newToken(c.random).begin
	_, err := c.install(ctx, source+"\n_fbr_c = "+Quote(done)+"\n", silenceLimit)
	var raised *Exception
	if err == nil || ctx.Err() != nil || errors.Is(err, devices.Lost) || errors.Is(err, devices.Integrity) || errors.As(err, &raised) {
		return err
	}
	for range askTries {
		got, failed := c.exec(ctx, "print('done=%d.' % (_fbr_c == "+Quote(done)+"))", answerTime)
		switch {
		case bytes.Contains(got, []byte("done=1.")):
			return nil
		case bytes.Contains(got, []byte("done=0.")) || ctx.Err() != nil || errors.Is(failed, devices.Lost):
			return errors.Join(err, failed)
		}
	}
	return err
}

// runStored runs what was stored, once: if the call itself arrives damaged, the
// pieces are still there.
func (c *Conn) runStored(ctx context.Context, idle time.Duration) ([]byte, error) {
	var err error
	for range installTries {
		var out []byte
		out, err = c.exec(ctx, "exec(''.join(_fbr_p))", idle)
		if err == nil || ctx.Err() != nil || errors.Is(err, devices.Lost) {
			return out, err
		}
		if kept, failed := c.kept(ctx); !kept {
			return nil, errors.Join(err, failed)
		}
	}
	return nil, err
}

// kept asks whether what was stored has not run.
func (c *Conn) kept(ctx context.Context) (bool, error) {
	var err error
	for range askTries {
		var got []byte
		got, err = c.exec(ctx, "print('kept=%d.' % (_fbr_p != 0))", answerTime)
		if bytes.Contains(got, []byte("kept=1.")) {
			return true, nil
		}
		if bytes.Contains(got, []byte("kept=0.")) || ctx.Err() != nil || errors.Is(err, devices.Lost) {
			break
		}
	}
	return false, err
}

// store makes text the piece i on the device and tells whether it arrived as it
// was sent. The check needs no module and no long integers.
func (c *Conn) store(ctx context.Context, i int, text string) (bool, error) {
	before := "[]"
	if i > 0 {
		before = fmt.Sprintf("_fbr_p[:%d]", i)
	}
	got, err := c.exec(ctx, fmt.Sprintf(`_fbr_p = %s + [%s]
_fbr_n = 0
for _fbr_c in _fbr_p[%d]:
    _fbr_n = (_fbr_n * 31 + ord(_fbr_c)) & 0xffffff
print('sum=%%d.' %% _fbr_n)`, before, Quote(text), i), answerTime)
	if err == nil && strings.Contains(string(got), fmt.Sprintf("sum=%d.", sourceSum(text))) {
		return true, nil
	}
	if ctx.Err() != nil || errors.Is(err, devices.Lost) || errors.Is(err, devices.Space) {
		return false, err
	}
	if c.damage = err; err == nil {
		c.damage = fmt.Errorf("another sum: %q", bounded(got, 80))
	}
	return false, c.Stop(ctx)
}

// sourceSum is what the device computes over the characters that arrived.
func sourceSum(source string) (sum int) {
	for _, r := range strings.ToValidUTF8(source, "\uFFFD") {
		sum = (sum*31 + int(r)) & 0xffffff
	}
	return sum
}
