package record

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"fotabench/devices"
)

// What Read takes: maxRecording bounds the bytes, since a recorder that was told another
// limit than the usual may have written more than Limit, and maxLines the lines. A line
// takes a third of a kilobyte of memory, and a bundle may hold very many short ones.
const (
	maxRecording = 4 * Limit
	maxLines     = 2 << 20
)

// Recording is what was recorded.
type Recording struct {
	Header Header
	// Links are the attempts to open one, in order.
	Links []Link
	// Cut is when the limit was reached, 0 if it was not.
	Cut time.Duration
	// Torn is true when the recorder was not closed: the program ended otherwise.
	Torn bool
}

// Link is one attempt to open a link, and what went over it.
type Link struct {
	Port devices.Address
	Rate int
	// At is since Header.At, like all times of a recording.
	At time.Duration
	// Refused, if not nil, is why it was not opened.
	Refused error
	Turns   []Turn
	// End is Lost or Closed, "" if it was still open; at EndAt.
	End   Kind
	EndAt time.Duration
}

// Turn are bytes in one direction, as they were read or written.
type Turn struct {
	At time.Duration
	// Sent is true for bytes to the device.
	Sent   bool
	Data   []byte
	Masked []Span
	n      int64 // Line.N
}

// Read reads a recording. A last line without its end, or that is none, is left
// out. Errors are of kind Protocol, or Unsupported for a newer format; in reading,
// the reader's.
func Read(r io.Reader) (*Recording, error) {
	lines, header, err := scan(r, maxLines)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(lines, func(a, b numbered) int { return cmp.Compare(a.N, b.N) })
	b := builder{rec: &Recording{Header: header, Torn: true}, links: map[int]int{}}
	for _, l := range lines {
		if !b.add(l.Line) {
			return nil, damaged(l.at)
		}
	}
	return b.rec, nil
}

// numbered is a line with its number in the file.
type numbered struct {
	Line
	at int
}

func damaged(line int) error {
	return &devices.Error{Op: "record: read", Kind: devices.Protocol, Note: NoteNotRecording, Args: []any{"", line}}
}

// scan reads the header and at most so many lines.
func scan(r io.Reader, most int) (lines []numbered, h Header, err error) {
	s := bufio.NewReaderSize(io.LimitReader(r, maxRecording), maxLine)
	for at := 1; ; at++ {
		text, err := s.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, h, damaged(at)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, h, err
		}
		last := errors.Is(err, io.EOF)
		if last && len(bytes.TrimSpace(text)) == 0 {
			if at == 1 {
				return nil, h, damaged(at)
			}
			return lines, h, nil
		}
		if at == 1 {
			if h, err = head(text); err != nil {
				return nil, h, err
			}
			continue
		}
		var l Line
		bad := json.Unmarshal(text, &l)
		if bad == nil {
			bad = l.sound()
		}
		if bad != nil {
			// The last line is torn if nothing follows it.
			if _, more := s.Peek(1); last || more != nil {
				return lines, h, nil
			}
			return nil, h, damaged(at)
		}
		if len(lines) == most {
			return nil, h, damaged(at)
		}
		lines = append(lines, numbered{l, at})
	}
}

func head(text []byte) (Header, error) {
	var h Header
	if json.Unmarshal(text, &h) != nil || h.Format != format || h.Version < 1 {
		return h, damaged(1)
	}
	if h.Version > Version {
		return h, &devices.Error{Op: "record: read", Kind: devices.Unsupported, Note: NoteNewer, Args: []any{h.Version, Version}}
	}
	return h, nil
}

// builder makes a recording of lines in their order.
type builder struct {
	rec   *Recording
	links map[int]int // by Line.Link, into rec.Links
}

// add takes the next line and tells whether it makes sense.
func (b *builder) add(l Line) bool {
	at := duration(l.T)
	switch l.Kind {
	case Opened:
		if _, twice := b.links[l.Link]; twice || l.Link == 0 {
			return false
		}
		b.links[l.Link] = len(b.rec.Links)
		b.rec.Links = append(b.rec.Links, Link{Port: l.Port, Rate: l.Rate, At: at})
		return true
	case Refused:
		b.rec.Links = append(b.rec.Links, Link{Port: l.Port, At: at, EndAt: at, Refused: l.Err.error(l.Port)})
		return true
	case Cut:
		b.rec.Cut = max(at, 1)
		return true
	case Ended:
		b.rec.Torn = false
		return true
	}
	i, ok := b.links[l.Link]
	if ok {
		b.rec.Links[i].add(l, at)
	}
	return ok
}

// add takes what happened on an open link.
func (k *Link) add(l Line, at time.Duration) {
	switch l.Kind {
	case Sent, Got:
		if n := len(k.Turns); n == 0 || k.Turns[n-1].n != l.N {
			k.Turns = append(k.Turns, Turn{At: at, Sent: l.Kind == Sent, n: l.N})
		}
		t := &k.Turns[len(k.Turns)-1]
		for _, s := range l.Masked {
			t.Masked = append(t.Masked, Span{s.From + len(t.Data), s.To + len(t.Data)})
		}
		t.Data = append(t.Data, l.data()...)
	case Short:
		// The write may be missing: it came after the limit.
		for i := len(k.Turns) - 1; i >= 0; i-- {
			if t := &k.Turns[i]; t.n == l.Of {
				t.Data = t.Data[:min(l.Count, len(t.Data))]
				t.Masked = clip(t.Masked, len(t.Data))
				return
			}
		}
	case Lost, Closed:
		k.End, k.EndAt = l.Kind, at
	}
}

// clip leaves of spans what is before n.
func clip(spans []Span, n int) []Span {
	var list []Span
	for _, s := range spans {
		if s.To = min(s.To, n); s.From < s.To {
			list = append(list, s)
		}
	}
	return list
}

// error is the error that f was made of, as far as it was kept.
func (f *Fault) error(at devices.Address) error {
	if f == nil {
		f = &Fault{}
	}
	e := &devices.Error{Op: "record: open", At: string(at), Kind: f.Kind, Note: f.Note, Args: f.Args, Detail: f.Detail}
	if e.Kind == "" {
		e.Kind = devices.Absent
	}
	return e
}
