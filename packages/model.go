package packages

import (
	"regexp"
	"strings"
	"unicode"
)

// MatchModel tells whether a list of models allows model. An entry allows every
// model that it is a prefix of, so the longest one decides nothing more than the
// shortest: EC600N allows EC600N-CNLC, EC600NCNLC allows only that variant.
// Hyphens, blanks and case do not matter (EC600N-CNLC is EC600NCNLC), "*" allows
// everything. A prefix never ends within a number (EC20 is not EC200A) nor within
// a one-letter region (EC25-E is not EC25-EFAR), and so EC25-EFAR and EC25-AFFAR,
// which are other hardware, stay apart.
func MatchModel(model string, list []string) bool {
	m := flat(model)
	for _, entry := range list {
		if strings.TrimSpace(entry) == "*" || m != "" && allows(entry, m) {
			return true
		}
	}
	return false
}

// oneLetter is a model with a region of one letter, such as EC25-E.
var oneLetter = regexp.MustCompile(`-[A-Za-z]$`)

func allows(entry, model string) bool {
	e := flat(entry)
	rest, ok := strings.CutPrefix(model, e)
	switch {
	case e == "" || !ok:
		return false
	case rest == "":
		return true
	case oneLetter.MatchString(strings.TrimSpace(entry)):
		return false
	}
	return !digit(e[len(e)-1]) || !digit(rest[0])
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// flat is a model's name without what vendors write differently.
func flat(model string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, model)
}
