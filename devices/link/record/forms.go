package record

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// shortest is the length in bytes from which a secret is looked for in other
	// forms than its own: less would strike everywhere.
	shortest = 4
	// lineOf is the length from which a line of a longer secret is one of its own:
	// PEM texts are often sent line by line.
	lineOf = 16
	// longest bounds what is looked for in one piece, in bytes: of a longer line its
	// beginning is found, and the rest as pieces of the same length.
	longest = 1024
)

// Forms are the byte strings as which a secret is found: as it is; with % codes
// as in a URL; with the escapes of Python, C and JSON, also escaped twice, as in a
// program that is sent as text; as hexadecimal digits; as base64, wherever in the
// encoded data it begins. A text of several lines is found line by line. What
// cannot be found: a secret that was encrypted, hashed, compressed or encoded
// twice otherwise; base64 whose lines are broken inside the secret; a secret with
// other bytes between its own, as an echo with cursor movements has (but see
// fragments); in base64, the bits of its first and last byte that share a digit
// with their neighbours; and a secret below four bytes in any form but its own.
func Forms(secret string) [][]byte {
	var list set
	for _, part := range parts(secret) {
		list.add(part)
		if len(part) < shortest {
			continue
		}
		list.add(escapes(part)...)
		for _, form := range []string{url.QueryEscape(part), url.PathEscape(part), url.UserPassword("", part).String()[1:], percent(part)} {
			list.add(form, lowerCodes(form))
		}
		digits := hex.EncodeToString([]byte(part))
		list.add(digits, strings.ToUpper(digits))
		for _, form := range aligned(part) {
			list.add(form, strings.NewReplacer("+", "-", "/", "_").Replace(form))
		}
	}
	return list.sorted()
}

// fragments are the pieces of half a secret's length, at least six bytes. They are
// looked for in what is sent only: a driver on a bad line sends a program piece by
// piece, and a secret that is cut in two leaves at least one of them whole.
func fragments(secret string) [][]byte {
	const least = 6
	var list set
	for _, part := range parts(secret) {
		for _, form := range append(escapes(part), part) {
			size := max(least, (len(form)+1)/2)
			for i := 0; i+size <= len(form); i++ {
				list.add(form[i : i+size])
			}
		}
	}
	return list.sorted()
}

// set collects forms.
type set [][]byte

func (s *set) add(forms ...string) {
	for _, f := range forms {
		if f != "" {
			*s = append(*s, []byte(f))
		}
	}
}

// sorted has each form once.
func (s *set) sorted() [][]byte {
	slices.SortFunc(*s, slices.Compare)
	return slices.CompactFunc(*s, slices.Equal)
}

// parts are what of a secret is looked for in one piece.
func parts(secret string) []string {
	var list []string
	for line := range strings.SplitSeq(secret, "\n") {
		line = strings.Trim(line, "\r")
		if strings.Contains(secret, "\n") && (len(line) < lineOf || strings.HasPrefix(line, "-----")) {
			continue
		}
		for len(line) > longest {
			list = append(list, line[:longest])
			line = line[longest:]
		}
		list = append(list, line)
	}
	if len(list) == 0 && len(secret) <= longest {
		return []string{secret} // several short lines
	}
	return list
}

// percent has a code for each byte that is no letter or digit.
func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// lowerCodes writes %2F as %2f.
func lowerCodes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}

// escapes are the insides of string literals: with one kind of quotes escaped, or
// both, and bytes or code points as numbers; of JSON; and the first of these once
// more, as in a literal that holds a program.
func escapes(s string) []string {
	var list []string
	for _, quotes := range []string{"'", `"`, `'"`} {
		list = append(list, literal(s, quotes, false), literal(s, quotes, true))
	}
	for _, once := range slices.Clone(list) {
		list = append(list, literal(once, "'", false), literal(once, `"`, false))
	}
	for _, html := range []bool{false, true} {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(html)
		if enc.Encode(s) == nil { // a string always encodes
			text := strings.TrimSuffix(b.String(), "\n")
			list = append(list, text[1:len(text)-1])
		}
	}
	return list
}

// literal is the inside of a literal of Python or C.
func literal(s, quotes string, points bool) string {
	var b strings.Builder
	put := func(c rune) {
		switch {
		case c == '\\' || strings.ContainsRune(quotes, c):
			b.WriteByte('\\')
			b.WriteRune(c)
		case ' ' <= c && c <= '~':
			b.WriteRune(c)
		case c <= 0xff && (!points || c < utf8.RuneSelf):
			fmt.Fprintf(&b, `\x%02x`, c)
		case c <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			fmt.Fprintf(&b, `\U%08x`, c)
		}
	}
	if points {
		for _, c := range s {
			put(c)
		}
		return b.String()
	}
	for _, c := range []byte(s) {
		put(rune(c))
	}
	return b.String()
}

// aligned are the digits of base64 that depend on s alone, for each of the three
// places in a group at which it can begin.
func aligned(s string) []string {
	var list []string
	for before := range 3 {
		all := base64.StdEncoding.EncodeToString(append(make([]byte, before), s...))
		from, to := (8*before+5)/6, 8*(before+len(s))/6
		list = append(list, all[from:to])
	}
	return list
}
