package packages

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// repeated gives a field that stands twice in one object of a JSON text, "" if none does.
// Whoever reads such a text may believe the one or the other. Fields that differ in case
// only are the same: so they are read here. The text must be valid.
func repeated(text []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var open []level
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		top := len(open) - 1
		switch value := token.(type) {
		case json.Delim:
			switch value {
			case '{', '[':
				open = append(open, level{fields: map[string]bool{}, list: value == '[', key: true})
				continue
			}
			open = open[:top]
			top--
		case string:
			if top >= 0 && !open[top].list && open[top].key {
				if open[top].fields[folded(value)] {
					return value
				}
				open[top].fields[folded(value)], open[top].key = true, false
				continue
			}
		}
		if top >= 0 {
			open[top].key = true // a value has ended
		}
	}
}

// level is an object or a list that is open.
type level struct {
	fields map[string]bool
	list   bool
	// key says that the next token is a field's name.
	key bool
}

// folded is one form for all that encoding/json takes as the same name.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}
