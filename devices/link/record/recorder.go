package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

const (
	// Limit is how large a recording grows unless its Recorder is told otherwise,
	// in bytes: a delta package of 40 MB in base64.
	Limit = 64 << 20
	// tail is what is kept above the limit for lines without bytes: a device that
	// is asked every second for a quarter of an hour opens its port 900 times.
	tail = 256 << 10
	// pieceSize bounds the bytes of one line, maxLine the line.
	pieceSize = 4096
	maxLine   = 64 << 10
)

// Recorder writes a recording. Its methods are safe for concurrent use. What it
// cannot write does not disturb the work: see Err.
type Recorder struct {
	start time.Time

	mu      sync.Mutex
	w       io.Writer
	header  Header
	limit   int64
	written int64
	begun   bool // the header is written
	cut     bool
	closed  bool
	err     error
	n       int64
	links   int
	secrets []string
	look    map[Kind]*matcher // by direction
	maskers map[way]*masker
}

// way is one direction of one link.
type way struct {
	link int
	kind Kind
}

// Start makes a recorder of all that is opened with the context that it returns
// (see link.Open), without secrets in any of their Forms. Nothing is written
// before the first link is opened. The Format, Version, At and Seed of header are
// filled in; the returned context has that seed. limit is in bytes, 0 means Limit.
// Whoever calls Start calls Close, when all links are closed.
func Start(ctx context.Context, w io.Writer, header Header, limit int64, secrets ...string) (context.Context, *Recorder) {
	if limit == 0 {
		limit = Limit
	}
	seed, ok := link.Seed(ctx)
	if !ok {
		seed = link.NewSeed()
		ctx = link.WithSeed(ctx, seed)
	}
	now := time.Now()
	header.Format, header.Version, header.At, header.Seed = format, Version, now, seed
	r := &Recorder{w: w, start: now, header: header, limit: limit, maskers: make(map[way]*masker), look: make(map[Kind]*matcher)}
	r.Hide(secrets...)
	return link.Through(ctx, r.dress), r
}

// Hide adds secrets that became known later; what was written before stays.
func (r *Recorder) Hide(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = append(r.secrets, secrets...)
	var forms, cut [][]byte
	for _, s := range r.secrets {
		forms, cut = append(forms, Forms(s)...), append(cut, fragments(s)...)
	}
	r.look[Got], r.look[Sent] = newMatcher(forms), newMatcher(slices.Concat(forms, cut))
	for w, k := range r.maskers {
		r.pieces(k.learn(r.look[w.kind]))
	}
}

// Err is what kept the recorder from writing, nil if nothing did.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Close ends the recording and gives Err. It does not close the writer.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return r.err
	}
	for _, k := range r.maskers {
		r.pieces(k.end())
	}
	if r.begun {
		r.write(r.line(Ended, 0))
	}
	r.closed = true
	return r.err
}

// dress makes what open opens be recorded.
func (r *Recorder) dress(open link.Opener) link.Opener {
	return func(ctx context.Context, address devices.Address, settings link.Settings) (link.Link, error) {
		l, err := open(ctx, address, settings)
		if err != nil {
			r.refused(address, err)
			return nil, err
		}
		return newRecorded(r, r.opened(address, l.Rate()), l), nil
	}
}

func (r *Recorder) opened(address devices.Address, rate int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links++
	l := r.line(Opened, r.links)
	l.Port, l.Rate = address, rate
	r.write(l)
	for _, kind := range []Kind{Sent, Got} {
		r.maskers[way{r.links, kind}] = &masker{m: r.look[kind]}
	}
	return r.links
}

func (r *Recorder) refused(address devices.Address, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.line(Refused, 0)
	l.Port, l.Err = address, fault(err)
	r.write(l)
}

// bytes keeps what moved and gives the number of that.
func (r *Recorder) bytes(id int, kind Kind, p []byte) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.maskers[way{id, kind}]
	if k == nil || r.cut || r.closed {
		return 0
	}
	l := r.line(kind, id)
	r.pieces(k.feed(l, p))
	return l.N
}

// short keeps that only n bytes of a write went.
func (r *Recorder) short(id int, of int64, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.line(Short, id)
	l.Of, l.Count = of, n
	r.write(l)
}

// ended keeps that a link is lost or closed.
func (r *Recorder) ended(id int, kind Kind, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, kind := range []Kind{Sent, Got} {
		if k := r.maskers[way{id, kind}]; k != nil {
			r.pieces(k.end())
			delete(r.maskers, way{id, kind})
		}
	}
	l := r.line(kind, id)
	if err != nil {
		l.Err = fault(err)
	}
	r.write(l)
}

// line begins the line of what happens now.
func (r *Recorder) line(kind Kind, id int) Line {
	r.n++
	return Line{N: r.n, T: seconds(time.Since(r.start)), Kind: kind, Link: id}
}

func (r *Recorder) pieces(list []piece) {
	for _, p := range list {
		for len(p.data) > 0 {
			n := min(len(p.data), pieceSize)
			part := piece{p.line, p.data[:n], p.masked[:n]}
			l := part.line
			l.Masked = part.stars()
			l.put(part.data)
			r.write(l)
			p.data, p.masked = p.data[n:], p.masked[n:]
		}
	}
}

// write writes one line at once. Over the limit it drops bytes, and a little
// above that everything.
func (r *Recorder) write(l Line) {
	if r.err != nil || r.closed {
		return
	}
	text, err := encode(l)
	moved := l.Kind == Sent || l.Kind == Got
	size := int64(len(text))
	switch {
	case err != nil:
		r.err = fmt.Errorf("record: %w", err)
		return
	case r.cut && moved, r.written+size > r.limit+tail:
		return
	case moved && r.written+size > r.limit:
		r.cut = true
		r.write(r.line(Cut, 0))
		return
	}
	if !r.begun {
		r.begun = true
		head, err := encode(r.header)
		if err != nil {
			r.err = fmt.Errorf("record: %w", err)
			return
		}
		text = slices.Concat(head, text)
	}
	n, err := r.w.Write(text)
	r.written += int64(n)
	if err != nil {
		r.err = fmt.Errorf("record: %w", err)
	}
}

// encode is v as a line that people can read: a prompt stays >>>.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// fault is err as it may be kept.
func fault(err error) *Fault {
	f := &Fault{Text: bounded(err.Error())}
	var e *devices.Error
	if errors.As(err, &e) {
		f.Kind, f.Note, f.Args, f.Detail = e.Kind, e.Note, e.Args, bounded(e.Detail)
	}
	return f
}

// bounded is s in at most 300 bytes.
func bounded(s string) string {
	const most = 300
	return string(bytes.ToValidUTF8([]byte(s[:min(len(s), most)]), nil))
}
