package library

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"fotabench/packages"
	"fotabench/packages/strictjson"
)

// idText is what an ID, and the name of an object, looks like.
var idText = regexp.MustCompile(`^[0-9a-f]{64}$`)

var (
	errNewer   = errors.New("of a newer format")
	errDamaged = errors.New("damaged")
)

// readEntry reads what an entry's file holds. The errors wrap errNewer for what
// another program may understand, errDamaged for what nobody can.
func readEntry(text []byte) (*Entry, error) {
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if head.Format > Format {
		return nil, fmt.Errorf("format %d: %w", head.Format, errNewer)
	}
	e := &Entry{}
	if _, err := strictjson.Read(text, e); err != nil {
		if strings.Contains(err.Error(), "unknown field") {
			return nil, fmt.Errorf("%w: %w", errNewer, err)
		}
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if what := e.fault(); what != "" {
		return nil, fmt.Errorf("%w: %s", errDamaged, what)
	}
	e.index = newIndex(e)
	return e, nil
}

// fault names what an entry may not hold, "" if it is sound.
func (e *Entry) fault() string {
	switch {
	case e.Format < formatWhole:
		return "format"
	case len(e.Files) == 0 || len(e.Files) > packages.MaxFiles:
		return "files"
	case slices.ContainsFunc(e.Files, func(f File) bool { return !f.sound() }):
		return "file"
	case e.ID != identify(e.Files):
		return "id"
	case len(e.Claims) > maxClaims || slices.ContainsFunc(e.Claims, func(c Claim) bool { return !sound(c.Manifest) }):
		return "claims"
	case e.Typed != nil && !sound(e.Typed.Manifest):
		return "typed"
	case len(e.Sources) > maxSources:
		return "sources"
	}
	for i, f := range e.Files {
		if slices.ContainsFunc(e.Files[:i], func(g File) bool { return strings.EqualFold(f.Name, g.Name) }) {
			return "two files of one name"
		}
	}
	return ""
}

// sound tells whether a manifest is one that packages.Open would take.
func sound(m packages.Manifest) bool {
	_, err := m.Checked()
	return err == nil
}

// digestText is what each digest looks like.
var digestText = map[packages.Algorithm]*regexp.Regexp{
	packages.MD5:    regexp.MustCompile(`^[0-9a-f]{32}$`),
	packages.SHA1:   regexp.MustCompile(`^[0-9a-f]{40}$`),
	packages.SHA256: idText,
	packages.CRC32:  regexp.MustCompile(`^[0-9a-f]{8}$`),
}

func (f File) sound() bool {
	if !packages.GoodBase(f.Name) || f.Size <= 0 || f.Size > packages.MaxBytes || len(f.Expected) > maxExpected || len(f.Signatures) > maxSigned || len(f.Digests) != len(digestText) {
		return false
	}
	for algorithm, text := range digestText {
		if !text.MatchString(f.Digests[algorithm]) {
			return false
		}
	}
	if slices.ContainsFunc(f.Signatures, func(s Signature) bool { return len(s.Text) > maxSignedBy }) {
		return false
	}
	return !slices.ContainsFunc(f.Expected, func(x Expected) bool {
		text := digestText[x.Algorithm]
		return text == nil || !text.MatchString(x.Hex)
	})
}
