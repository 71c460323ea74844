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

// ErrUnheard is in the error for code that came to its end while the reply to it was
// lost or damaged: what it printed is unknown, what it did is done.
var ErrUnheard = errors.New("it has run, the reply to it was damaged")

// stand is where a source that was stored stands, by the device's own word; its text
// follows in front of a word made up for this one source.
type stand string

const (
	standUnknown stand = ""
	standStored  stand = "stored"
	standBegun   stand = "begun"
	standEnded   stand = "ended"
)

// installed is a source that is run once.
type installed struct {
	c *Conn
	// mark tells its stands from those of others.
	mark string
}

// install runs source once, and only if it arrived as it was sent: a flipped bit
// could be Python still. It returns what source printed; idle is as in exec.
func (c *Conn) install(ctx context.Context, source string, idle time.Duration) ([]byte, error) {
	if strings.TrimSpace(source) == "" {
		return nil, nil
	}
	p := &installed{c: c, mark: word(c.random, 10)}
	source = p.whole(source)
	stored, err := p.store(ctx, 0, source)
	for i, tries := 0, 0; !stored && err == nil; tries++ {
		if tries == installTries {
			return nil, p.undelivered()
		}
		from, to := i*installPiece, min((i+1)*installPiece, len(source))
		var kept bool
		if kept, err = p.store(ctx, i, source[from:to]); kept {
			i, tries, stored = i+1, -1, to == len(source)
		} else if p.lacks() {
			i = 0
		}
	}
	if err != nil {
		return nil, err
	}
	return p.run(ctx, idle)
}

func (p *installed) text(s stand) string { return string(s) + "-" + p.mark }

// whole is source so that what runs consumes what is stored, and says that it has come to
// its end.
func (p *installed) whole(source string) string {
	return "_fbr_p = 0\n_fbr_s = '" + p.text(standBegun) + "'\n" + source +
		"\n_fbr_s = '" + p.text(standEnded) + "'\nprint(_fbr_s)\n"
}

// undelivered is the error for a program of which nothing ran.
func (p *installed) undelivered() error {
	return &devices.Error{Op: "repl: install a script", Kind: devices.Integrity, Note: NoteBadLine, Args: []any{0, installTries}, Err: p.c.damage}
}

// setup is install for a source that prints nothing.
func (c *Conn) setup(ctx context.Context, source string) error {
	_, err := c.install(ctx, source, silenceLimit)
	if errors.Is(err, ErrUnheard) {
		return nil
	}
	return err
}

// run runs what was stored, once. An error of the call may be the line's: what the source
// itself raised ends it after it began and before its end, and only that is handed on.
// Where the call arrived damaged, what was stored is still there.
func (p *installed) run(ctx context.Context, idle time.Duration) ([]byte, error) {
	var raised []*Exception
	for range installTries {
		out, err := p.c.exec(ctx, "exec(''.join(_fbr_p))", idle)
		if plain, ended := p.cut(out); ended && err == nil {
			return plain, nil
		}
		if ctx.Err() != nil || errors.Is(err, devices.Lost) || tooLong(err) {
			return nil, err
		}
		var e *Exception
		errors.As(err, &e)
		switch p.stand(ctx) {
		case standStored:
			raised = append(raised, e)
		case standBegun:
			if e != nil {
				return nil, err
			}
			return nil, p.misheard(err, nil)
		case standEnded:
			if err == nil {
				return out, nil
			}
			return nil, p.misheard(err, ErrUnheard)
		default:
			return nil, p.misheard(err, nil)
		}
	}
	return nil, p.neverBegan(raised)
}

// cut takes the program's own last word off what it printed.
func (p *installed) cut(out []byte) ([]byte, bool) {
	before, after, ended := bytes.Cut(out, []byte(p.text(standEnded)+"\n"))
	return append(before, after...), ended
}

func tooLong(err error) bool {
	var e *devices.Error
	return errors.As(err, &e) && e.Note == NoteLong
}

// misheard is the error for a reply from which nothing follows. What it held is told, and
// can be taken for nothing else.
func (p *installed) misheard(err, cause error) error {
	e := &devices.Error{Op: "repl: exec", Kind: devices.Protocol, Note: NoteReply, Err: cause}
	if err != nil {
		e.Detail = bounded([]byte(err.Error()), messageLimit)
	}
	return e
}

// neverBegan is the error for a program that does not begin: what the compiler says each
// time is the device's word, anything else the line's.
func (p *installed) neverBegan(raised []*Exception) error {
	for _, e := range raised {
		if e == nil || e.Type != raised[0].Type || e.Type == "NameError" {
			p.c.damage = fmt.Errorf("the call does not arrive: %v", raised)
			return p.undelivered()
		}
	}
	return raised[0]
}

// stand asks where the program stands.
func (p *installed) stand(ctx context.Context) stand {
	for range askTries {
		got, err := p.c.exec(ctx, "print(_fbr_s)", answerTime)
		for _, s := range []stand{standStored, standBegun, standEnded} {
			if bytes.Contains(got, []byte(p.text(s))) {
				return s
			}
		}
		if ctx.Err() != nil || errors.Is(err, devices.Lost) {
			break
		}
	}
	return standUnknown
}

// store makes text the piece i on the device and tells whether it arrived as it
// was sent. The check needs no module and no long integers; it goes by bytes, since
// MicroPython passes over some that make no character where it counts characters.
func (p *installed) store(ctx context.Context, i int, text string) (bool, error) {
	before := "[]"
	if i > 0 {
		before = fmt.Sprintf("_fbr_p[:%d]", i)
	}
	stands := p.text(standStored)
	got, err := p.c.exec(ctx, fmt.Sprintf(`_fbr_p = %s + [%s]
_fbr_n = 0
_fbr_s = '%s'
for _fbr_c in _fbr_p[%d].encode():
    _fbr_n = (_fbr_n * 31 + _fbr_c) & 0xffffff
print('sum=%%d.%%s' %% (_fbr_n, _fbr_s))`, before, Quote(text), stands, i), answerTime)
	if err == nil && strings.Contains(string(got), fmt.Sprintf("sum=%d.%s", sourceSum(text), stands)) {
		return true, nil
	}
	if ctx.Err() != nil || errors.Is(err, devices.Lost) || errors.Is(err, devices.Space) {
		return false, err
	}
	if p.c.damage = err; err == nil {
		p.c.damage = fmt.Errorf("another sum: %q", bounded(got, 80))
	}
	return false, p.c.Stop(ctx)
}

// lacks tells whether earlier pieces are gone: the order to keep them arrived damaged, or
// a byte that became Ctrl-D started the interpreter anew.
func (p *installed) lacks() bool {
	var e *Exception
	return errors.As(p.c.damage, &e) && (e.Type == "IndexError" || e.Type == "NameError")
}

// sourceSum is what the device computes over the bytes that arrived.
func sourceSum(source string) (sum int) {
	for _, b := range []byte(strings.ToValidUTF8(source, "\uFFFD")) {
		sum = (sum*31 + int(b)) & 0xffffff
	}
	return sum
}
