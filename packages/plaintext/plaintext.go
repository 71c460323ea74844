// Package plaintext makes text from outside safe to show: names in archives and
// manifests, answers of devices and servers. Marks that move a terminal's cursor, turn
// the direction of text or are not seen at all could make a line say something else.
// It does not bound the length and knows nobody who shows text.
package plaintext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CodePoint is how a character is written that is not shown: by its number in Unicode, such
// as ‹U+202E›. Nothing in it is drawn by few fonts, or turned around.
func CodePoint(r rune) string { return fmt.Sprintf("‹U+%04X›", r) }

// Shows tells whether r is seen as itself: no control, no mark of direction, no letter
// without a form. Blanks of all widths are.
func Shows(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u034f', '\u17b4', '\u17b5': // fillers and joiners that count as letters
		return false
	}
	return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r)
}

// Line is text on one line: whatever does not show becomes its CodePoint, line ends too.
func Line(text string) string { return with(text, Shows) }

// Lines is Line, but line ends and tabs stay.
func Lines(text string) string {
	return with(text, func(r rune) bool { return r == '\n' || r == '\t' || Shows(r) })
}

// with is text in which only what stays is as it was.
func with(text string, stays func(rune) bool) string {
	if utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !stays(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if stays(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(CodePoint(r))
		}
	}
	return b.String()
}
