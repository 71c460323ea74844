package at

import "strings"

// maxLine bounds one line, in bytes. Longer ones are dropped whole: the rest of one
// must not be taken for an answer.
const maxLine = 2048

// scanner cuts what arrives into lines. Echo, verbose and numeric results end lines in
// different ways, so CR and LF both end one, and empty lines say nothing.
type scanner struct {
	line []byte
	// over is true within a line that is too long.
	over bool
}

// add takes one byte; ok is true when it ended a line that says something.
func (s *scanner) add(b byte) (line string, ok bool) {
	switch {
	case b == '\r' || b == '\n':
		line, over := strings.TrimSpace(string(s.line)), s.over
		s.reset()
		return line, line != "" && !over
	case b == 0: // a UART's break, and the noise of a module that powers up
	case len(s.line) >= maxLine:
		s.over = true
	default:
		s.line = append(s.line, b)
	}
	return "", false
}

func (s *scanner) reset() { s.line, s.over = s.line[:0], false }

// unsolicited tells whether a line cannot belong to an answer of plain text.
func (c *Client) unsolicited(line string) bool {
	if strings.ContainsAny(line[:1], "+^%$*") {
		return true
	}
	for _, known := range [][]string{usualURCs, c.options.Unsolicited} {
		for _, start := range known {
			if strings.HasPrefix(line, start) {
				return true
			}
		}
	}
	return false
}

// usualURCs begin lines that devices print when they start, stop or are called (V.250
// 6.3.5, TS 27.007).
var usualURCs = []string{
	"RDY", "APP RDY", "RING", "SMS Ready", "SMS DONE", "PB DONE", "Call Ready",
	"POWERED DOWN", "NORMAL POWER DOWN", "NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE",
}

// printable is text fit for a sentence: bounded, ASCII, no control characters.
func printable(text string) string {
	const bound = 120
	clean := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, text)
	return clean[:min(len(clean), bound)]
}
