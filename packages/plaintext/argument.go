package plaintext

import (
	"runtime"
	"strings"
	"unicode"
)

// Argument is text as one word of a command that a person copies: as it is where no shell
// reads anything into it, else in the quotes that the shells of this system take.
func Argument(text string) string {
	windows := runtime.GOOS == "windows"
	means := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/.:_-+=", r) && (!windows || r != '\\')
	}
	switch {
	case text != "" && strings.IndexFunc(text, means) < 0:
		return text
	case windows:
		return `"` + text + `"` // no name of a file holds one there
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
