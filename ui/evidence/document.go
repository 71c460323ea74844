// Package evidence makes of the journal's report of one upgrade what others can read
// and check: a page in HTML or PDF, in English or Chinese, with a picture of its time,
// and signatures that a later check holds against every byte. It has no window; pages
// that draw the picture take it as values (Timeline, Picture).
//
// A report's data is one JSON file, whose exact bytes are what is signed (Seal); a page
// carries them inside. Signatures have minisign's format, so that minisign checks them
// too: https://jedisct1.github.io/minisign/.
package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fotabench/packages/plaintext"
	"fotabench/ui/words"
	"fotabench/updater"
)

// DataVersion is the newest version of updater.Report that this package reads.
const DataVersion = updater.ReportVersion

// Bounds of what a page shows; the data inside has all of it.
const (
	rowsShown = 1500 // of one table
	textShown = 600  // characters of one text
)

// Document is what a page says, before anyone knows how it will look.
type Document struct {
	Lang, Title, Subtitle string
	// Verdict is how the upgrade ended, in a sentence, and Mood how good that is.
	Verdict string
	Mood    Mood
	// Warnings stand right beside the verdict: what takes the worth of all the rest.
	Warnings []string
	// Made is when what it is of began.
	Made time.Time
	// Timeline is drawn beneath the first section.
	Timeline Timeline
	Sections []Section
}

// Mood is the colour of a verdict or of a row.
type Mood string

// The moods. The zero Mood is neutral.
const (
	Neutral Mood = ""
	Good    Mood = "good"
	Unsure  Mood = "unsure"
	Bad     Mood = "bad"
)

// Section is one part of a page: facts, then a table, then remarks.
type Section struct {
	Title   string
	Facts   []Fact
	Table   *Table
	Remarks []string
}

// Fact is a label with its value.
type Fact struct{ Label, Value string }

// Table has as many weights, the shares of its width, as columns.
type Table struct {
	Head    []string
	Weights []float64
	Rows    []Row
}

// Row is one row of a table.
type Row struct {
	Cells []string
	Mood  Mood
}

// Data is the report as the bytes that are signed and embedded.
func Data(r Matter) ([]byte, error) {
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decode reads a report's data, and says in words what it holds.
func decode(data []byte, b *words.Book) (Document, error) {
	var head struct {
		Kind string `json:"kind"`
	}
	err := json.Unmarshal(data, &head)
	if err == nil && head.Kind == kindPlan {
		var r PlanReport
		if err = json.Unmarshal(data, &r); err == nil {
			return ComposePlan(r, b), nil
		}
	}
	var r updater.Report
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		return Document{}, fmt.Errorf("evidence: not a report: %w", err)
	}
	return Compose(r, b), nil
}

// jobOf is what a report's data says that it is of.
func jobOf(data []byte) string {
	var head struct {
		Job string `json:"job"`
	}
	if json.Unmarshal(data, &head) != nil {
		return ""
	}
	return head.Job
}

// planNameOf is what the plan of a report's data is called; "" for the data of one upgrade.
func planNameOf(data []byte) string {
	var head struct {
		Name string `json:"name"`
	}
	if !strings.HasPrefix(jobOf(data), "plan:") || json.Unmarshal(data, &head) != nil {
		return ""
	}
	return head.Name
}

// shown is a text from outside, printable and bounded. Marks that turn the direction of
// text are no printable characters: they could make a page say something else, and are
// written by their numbers, as is all that is not seen.
func shown(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		one := string(r)
		switch {
		case unicode.IsSpace(r):
			one = " "
		case !plaintext.Shows(r) || r == utf8.RuneError:
			one = plaintext.CodePoint(r)
		}
		wide := utf8.RuneCountInString(one)
		if n+wide > textShown {
			b.WriteString("…")
			break
		}
		n += wide
		b.WriteString(one)
	}
	return b.String()
}

// spells tells whether a text of the document has characters by their numbers.
func (d Document) spells() bool {
	begin, _, _ := strings.Cut(plaintext.CodePoint(0), "0")
	in := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, begin) })
	}
	return in(d.Title, d.Subtitle, d.Verdict) || in(d.Warnings...) || slices.ContainsFunc(d.Sections, func(s Section) bool {
		rows := func(r Row) bool { return in(r.Cells...) }
		return in(s.Remarks...) || slices.ContainsFunc(s.Facts, func(f Fact) bool { return in(f.Label, f.Value) }) ||
			s.Table != nil && slices.ContainsFunc(s.Table.Rows, rows)
	})
}
