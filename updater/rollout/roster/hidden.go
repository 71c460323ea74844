package roster

import (
	"strings"

	"fotabench/updater/rollout"
)

// place is how far a table was read.
type place struct {
	offset int64
	line   int // on which offset is, from 1
}

// reach goes on to an offset, and gives the line that ends there.
func (p *place) reach(text string, offset int64) int {
	p.line += strings.Count(text[p.offset:offset], "\n")
	p.offset = offset
	if offset > 0 && text[offset-1] == '\n' {
		return p.line - 1
	}
	return p.line
}

// hides tells whether a cell of several lines may be rows that a stray quotation mark made
// one text of: whom they name would be upgraded although denied, and nobody would hear of
// it. A remark of several lines is none, as long as nothing in it looks like a row.
func hides(cell string, comma rune) bool {
	_, more, several := strings.Cut(cell, "\n")
	if !several {
		return false
	}
	for line := range strings.Lines(more) {
		name := value(strings.Trim(strings.TrimSpace(line), `"`))
		_, imei := rollout.Entry("imei:" + name)
		_, mac := rollout.Entry("mac:" + name)
		if imei || mac || strings.ContainsRune(line, comma) {
			return true
		}
	}
	return false
}
