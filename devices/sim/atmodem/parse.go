package atmodem

import (
	"errors"
	"strconv"
	"strings"
)

// Form is how a command was written.
type Form string

// The forms of a command (V.250, 5.4).
const (
	Execute Form = ""   // AT+CSQ, ATE0
	Read    Form = "?"  // AT+CREG?
	Test    Form = "=?" // AT+CREG=?
	Set     Form = "="  // AT+CREG=2
)

// Arg is one value of a command.
type Arg struct {
	Text   string
	Quoted bool
}

// command is one command of a line.
type command struct {
	// name is in upper case: "+CSQ", "E", "&F", "S3".
	name string
	form Form
	// number belongs to a basic command, 0 if it had none.
	number int
	args   []Arg
}

// maxLine bounds a command line in bytes, without AT and the carriage return.
const maxLine = 1100

var errSyntax = errors.New("not a command")

// parse reads the commands of one line, without AT and the carriage return
// (V.250, 5.2 to 5.4).
func parse(line string) ([]command, error) {
	var all []command
	for rest := strings.TrimLeft(line, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		if rest[0] == ';' {
			if len(all) == 0 {
				return nil, errSyntax
			}
			rest = rest[1:]
			continue
		}
		c, left, err := parseOne(rest)
		if err != nil {
			return nil, err
		}
		all, rest = append(all, c), left
	}
	return all, nil
}

func parseOne(text string) (command, string, error) {
	if strings.IndexByte("+$^#*%", text[0]) >= 0 {
		return parseExtended(text)
	}
	return parseBasic(text)
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// named tells whether c may stand in the name of an extended command.
func named(c byte) bool { return letter(c) || digit(c) || strings.IndexByte("!%-./:_", c) >= 0 }

// parseBasic reads a letter, possibly after &, and a number; or S and a
// register.
func parseBasic(text string) (command, string, error) {
	at := 0
	if text[0] == '&' {
		at = 1
	}
	if at >= len(text) || !letter(text[at]) {
		return command{}, "", errSyntax
	}
	c := command{name: strings.ToUpper(text[:at+1])}
	number, rest := takeNumber(text[at+1:])
	if c.name != "S" {
		c.number = number
		return c, rest, nil
	}
	c.name += strconv.Itoa(number)
	switch {
	case strings.HasPrefix(rest, "?"):
		c.form, rest = Read, rest[1:]
	case strings.HasPrefix(rest, "="):
		c.form = Set
		c.number, rest = takeNumber(rest[1:])
	}
	return c, rest, nil
}

// takeNumber reads digits; a number that is too long is the greatest one.
func takeNumber(text string) (int, string) {
	end := 0
	for end < len(text) && digit(text[end]) {
		end++
	}
	n, err := strconv.Atoi(text[:end])
	if err != nil && end > 0 {
		n = 1<<31 - 1
	}
	return n, text[end:]
}

// parseExtended reads +NAME, +NAME?, +NAME=? or +NAME=values, up to a semicolon.
func parseExtended(text string) (command, string, error) {
	end := 1
	for end < len(text) && named(text[end]) {
		end++
	}
	c := command{name: strings.ToUpper(text[:end])}
	own, rest, err := untilSemicolon(text[end:])
	if err != nil || end == 1 {
		return command{}, "", errSyntax
	}
	own = strings.TrimSpace(own)
	switch {
	case own == "":
	case own == "?":
		c.form = Read
	case own == "=?":
		c.form = Test
	case own[0] == '=':
		c.form = Set
		c.args = split(own[1:])
	default:
		return command{}, "", errSyntax
	}
	return c, rest, nil
}

// untilSemicolon gives what comes before the first semicolon that is not within
// quotes; quotes must close.
func untilSemicolon(text string) (own, rest string, err error) {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ';' && !quoted:
			return text[:i], text[i+1:], nil
		}
	}
	if quoted {
		return "", "", errSyntax
	}
	return text, "", nil
}

// split gives the values between commas that are not within quotes.
func split(text string) []Arg {
	var args []Arg
	quoted, from := false, 0
	for i := 0; i <= len(text); i++ {
		if i == len(text) || text[i] == ',' && !quoted {
			args = append(args, value(strings.TrimSpace(text[from:i])))
			from = i + 1
			continue
		}
		if text[i] == '"' {
			quoted = !quoted
		}
	}
	return args
}

func value(text string) Arg {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		return Arg{Text: text[1 : len(text)-1], Quoted: true}
	}
	return Arg{Text: text}
}
