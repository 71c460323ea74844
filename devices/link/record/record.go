// Package record keeps what went over a link, byte for byte with its time, and
// plays it back as a device. A Recorder writes the file while drivers work, Read
// reads it, a Replay is the device. It knows no protocol; what must not be kept
// it finds by being told the secrets (see Forms).
//
// # The format
//
// A recording is text, one JSON object a line. The first line is a Header. Each
// other line is a Line: one thing that happened on one link, or a piece of it.
// Lines are written as soon as what they hold is certain to be no part of a
// secret, so that their order in the file is not always that of their numbers N;
// a reader sorts by N and keeps lines of one N as they stand. A last line that is
// torn, as a crash leaves it, is left out. Nothing is synchronised to the disk: a
// recording survives the end of the program, not always that of the computer.
package record

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"fotabench/devices"
)

// Version is the format's. A reader refuses a newer one.
const Version = 1

// format is what Header.Format must say.
const format = "fotabench recording"

// The remarks of this package; the comments name their arguments.
const (
	// NoteNotRecording: {0} is no recording, or is damaged at line {1}.
	NoteNotRecording devices.Code = "record.damaged"
	// NoteNewer: the recording has format {0}, this program reads {1}.
	NoteNewer devices.Code = "record.newer"
	// NoteNone: the bundle holds no recording.
	NoteNone devices.Code = "record.none"
	// NoteNoMore: the recording has no further connection to {0}.
	NoteNoMore devices.Code = "record.end"
)

// Header is the first line.
type Header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	// Program is the version of the program that recorded.
	Program string `json:"program"`
	Family  string `json:"family,omitempty"`
	// Job is the upgrade that was recorded, "" for something else.
	Job string    `json:"job,omitempty"`
	At  time.Time `json:"at"`
	// Seed makes drivers make up the same words again, see link.WithSeed.
	Seed uint64 `json:"seed,string"`
	// Sighting is the device as it was chosen.
	Sighting *devices.Sighting `json:"sighting,omitempty"`
}

// Kind is what a Line tells.
type Kind string

// The kinds.
const (
	Opened  Kind = "opened"  // a link was opened: Port, Rate
	Refused Kind = "refused" // it could not be: Port, Err
	Sent    Kind = "sent"    // to the device: Text or Base64; written before it is sent
	Short   Kind = "short"   // the write N that is meant ended early: Count bytes of it went
	Got     Kind = "got"     // from the device: Text or Base64
	Lost    Kind = "lost"    // the link went away: Err
	Closed  Kind = "closed"  // it was closed by this program
	Cut     Kind = "cut"     // the limit was reached: no bytes are kept from here on
	Ended   Kind = "ended"   // the recorder was closed; a recording without it was torn
)

// Line is one thing that happened.
type Line struct {
	// N counts what happened, in order, from 1. Of is the N of the write that a
	// Short is about.
	N  int64 `json:"n"`
	Of int64 `json:"of,omitempty"`
	// T is when, in seconds since Header.At, by a clock that never jumps.
	T    float64 `json:"t"`
	Kind Kind    `json:"k"`
	// Link counts the links that were opened, from 1; 0 where none is meant.
	Link int             `json:"link,omitempty"`
	Port devices.Address `json:"port,omitempty"`
	// Rate in bits a second, 0 where the link has none.
	Rate int `json:"rate,omitempty"`
	// Text are bytes that are all ASCII, Base64 are any others.
	Text   string `json:"text,omitempty"`
	Base64 []byte `json:"base64,omitempty"`
	// Masked are the stretches that held a secret; their bytes are stars.
	Masked []Span `json:"masked,omitempty"`
	Count  int    `json:"count,omitempty"`
	Err    *Fault `json:"err,omitempty"`
}

// Span are bytes From up to, without, To.
type Span struct{ From, To int }

// MarshalJSON writes [from,to].
func (s Span) MarshalJSON() ([]byte, error) { return json.Marshal([2]int{s.From, s.To}) }

// UnmarshalJSON reads [from,to].
func (s *Span) UnmarshalJSON(p []byte) error {
	var pair [2]int
	if err := json.Unmarshal(p, &pair); err != nil {
		return err
	}
	s.From, s.To = pair[0], pair[1]
	return nil
}

// Fault is a devices.Error as it is kept.
type Fault struct {
	Kind   devices.Kind `json:"kind,omitempty"`
	Note   devices.Code `json:"note,omitempty"`
	Args   []any        `json:"args,omitempty"`
	Detail string       `json:"detail,omitempty"`
	Text   string       `json:"text"`
}

// data are the bytes of a Sent or Got.
func (l *Line) data() []byte {
	if l.Base64 != nil {
		return l.Base64
	}
	return []byte(l.Text)
}

// put sets the bytes.
func (l *Line) put(p []byte) {
	if readable(p) {
		l.Text = string(p)
		return
	}
	l.Base64 = p
}

func readable(p []byte) bool {
	for _, b := range p {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// seconds has microseconds.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e6) / 1e6 }

// duration is the reverse, bounded for what a damaged file may say.
func duration(s float64) time.Duration {
	const year = 365 * 24 * 3600
	return time.Duration(min(max(s, 0), year) * float64(time.Second))
}

// sound tells whether a line can be what a Recorder wrote.
func (l *Line) sound() error {
	n := len(l.data())
	last := 0
	for _, s := range l.Masked {
		if s.From < last || s.To <= s.From || s.To > n {
			return fmt.Errorf("masked %d to %d of %d", s.From, s.To, n)
		}
		last = s.To
	}
	if l.N < 1 || l.Link < 0 || l.Count < 0 || math.IsNaN(l.T) || base64.StdEncoding.EncodedLen(n) > maxLine {
		return fmt.Errorf("number %d of link %d", l.N, l.Link)
	}
	return nil
}
