package repl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"fotabench/devices"
)

const (
	// installTries is how often a piece of a source is sent that arrives damaged.
	installTries = 8
	// installPiece is the size of the pieces when the whole arrived damaged.
	installPiece = 128
)

// install runs source once, and only if it arrived as it was sent: a flipped bit
// could be Python still.
func (c *Conn) install(ctx context.Context, source string) error {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	// What runs consumes what is stored, and tells when it has come to its end.
	source = "_fbr_p = 0\n_fbr_c = 0\n" + source + "\n_fbr_c = 1\n"
	stored, err := c.store(ctx, 0, source)
	for i, tries := 0, 0; !stored && err == nil; tries++ {
		if tries == installTries {
			return &devices.Error{Op: "repl: install a script", Kind: devices.Integrity, Note: NoteBadLine, Args: []any{0, installTries}, Err: c.damage}
		}
		from, to := i*installPiece, min((i+1)*installPiece, len(source))
		var kept bool
		if kept, err = c.store(ctx, i, source[from:to]); kept {
			i, tries, stored = i+1, -1, to == len(source)
		}
	}
	if err != nil {
		return err
	}
	return c.runStored(ctx)
}

// runStored runs what was stored, once: if the call itself arrives damaged, the
// pieces are still there.
func (c *Conn) runStored(ctx context.Context) error {
	var err error
	for range installTries {
		_, err = c.exec(ctx, "exec(''.join(_fbr_p))", silenceLimit)
		if err == nil || ctx.Err() != nil || errors.Is(err, devices.Lost) {
			return err
		}
		kept, finished, failed := c.ran(ctx)
		if finished {
			return nil
		}
		if !kept {
			return errors.Join(err, failed)
		}
	}
	return err
}

// ran asks what has become of what was stored.
func (c *Conn) ran(ctx context.Context) (kept, finished bool, err error) {
	for range askTries {
		var got []byte
		got, err = c.exec(ctx, "print('kept=%d,%d.' % (_fbr_p != 0, _fbr_p == 0 and _fbr_c == 1))", answerTime)
		kept, finished = bytes.Contains(got, []byte("kept=1,0.")), bytes.Contains(got, []byte("kept=0,1."))
		if kept || finished || bytes.Contains(got, []byte("kept=0,0.")) || ctx.Err() != nil || errors.Is(err, devices.Lost) {
			break
		}
	}
	return kept, finished, err
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
