package cli

import (
	"fmt"
	"io"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"fotabench/packages/plaintext"
)

// screen is a stream to a person or a script. What strangers wrote, in names, manifests
// and answers, must not act on a terminal nor turn the direction of a line: it is shown
// instead. JSON keeps it, escaped. This is the one place where the command line prints,
// so that no verb can forget it.
type screen struct {
	to io.Writer
	// json tells, at each Write, whether lines of JSON are printed.
	json *bool

	mu sync.Mutex
	// rest is the beginning of a character of which more must come.
	rest []byte
}

// Write prints all of p, but for a character at its end that is not whole yet.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := append(s.rest, p...)
	s.rest = nil
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 && !utf8.FullRune(text) {
			s.rest = append(s.rest, text...)
			break
		}
		out = s.put(out, r)
		text = text[n:]
	}
	if _, err := s.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *screen) put(out []byte, r rune) []byte {
	switch {
	case r == '\n' || r == '\t' || plaintext.Shows(r):
		return utf8.AppendRune(out, r)
	case s.json == nil || !*s.json:
		return append(out, plaintext.CodePoint(r)...)
	}
	for _, unit := range utf16.Encode([]rune{r}) {
		out = fmt.Appendf(out, `\u%04x`, unit)
	}
	return out
}

// bare is the stream behind a screen, for what may move the cursor.
func bare(w io.Writer) io.Writer {
	if s, ok := w.(*screen); ok {
		return s.to
	}
	return w
}

// end prints what is left of a text that broke off.
func (s *screen) end() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rest) == 0 {
		return nil
	}
	s.rest = nil
	_, err := io.WriteString(s.to, string(utf8.RuneError))
	return err
}
