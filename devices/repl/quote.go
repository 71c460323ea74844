package repl

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Quote is s as a Python string literal in pure printable ASCII. Nothing in s
// can end the literal. What is not UTF-8 becomes U+FFFD.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case ' ' <= r && r <= '~':
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// QuoteBytes is p as a Python bytes literal in pure printable ASCII.
func QuoteBytes(p []byte) string {
	var b strings.Builder
	b.WriteString("b'")
	for _, c := range p {
		switch {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case ' ' <= c && c <= '~':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// quoteRaw is p as a bytes literal that keeps every byte which an eight-bit
// clean raw REPL passes: all but its own control characters 01 to 05, NUL, line
// ends, and what would end the literal.
func quoteRaw(p []byte) string {
	b := make([]byte, 0, len(p)+len(p)/8+3)
	b = append(b, "b'"...)
	for _, c := range p {
		switch {
		case c == '\'' || c == '\\':
			b = append(b, '\\', c)
		case c <= 5 || c == '\r' || c == '\n':
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '\''))
}
