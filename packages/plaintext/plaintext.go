// Package plaintext makes text from outside safe to show: names in archives and
// manifests, answers of devices and servers. Marks that move a terminal's cursor, turn
// the direction of text or are not seen at all could make a line say something else.
// It does not bound the length and knows nobody who shows text.
package plaintext

import (
	"strings"
	"unicode"
)

// Instead stands where something was that is not shown.
const Instead = '□'

// Shows tells whether r is seen as itself: no control, no mark of direction, no letter
// without a form. Blanks of all widths are.
func Shows(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u034f', '\u17b4', '\u17b5': // fillers and joiners that count as letters
		return false
	}
	return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r)
}

// Line is text on one line: whatever does not show becomes Instead, line ends too.
func Line(text string) string {
	return strings.Map(func(r rune) rune {
		if Shows(r) {
			return r
		}
		return Instead
	}, text)
}

// Lines is Line, but line ends and tabs stay.
func Lines(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || Shows(r) {
			return r
		}
		return Instead
	}, text)
}
