package library

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"fotabench/packages"
	"fotabench/packages/signature"
)

// field is one field of a manifest.
type field struct {
	name string
	// text is the value, "" if nobody stated it.
	text func(m packages.Manifest) string
	take func(to *packages.Manifest, from packages.Manifest)
}

// fields are all that can be stated, by the names that manifests use.
var fields = []field{
	{"name", func(m packages.Manifest) string { return m.Name }, func(to *packages.Manifest, m packages.Manifest) { to.Name = m.Name }},
	{"component", func(m packages.Manifest) string { return string(m.Component) }, func(to *packages.Manifest, m packages.Manifest) { to.Component = m.Component }},
	{"kind", func(m packages.Manifest) string { return string(m.Kind) }, func(to *packages.Manifest, m packages.Manifest) { to.Kind = m.Kind }},
	{"sourceVersion", func(m packages.Manifest) string { return m.SourceVersion }, func(to *packages.Manifest, m packages.Manifest) { to.SourceVersion = m.SourceVersion }},
	{"targetVersion", func(m packages.Manifest) string { return m.TargetVersion }, func(to *packages.Manifest, m packages.Manifest) { to.TargetVersion = m.TargetVersion }},
	{"module", func(m packages.Manifest) string { return m.Module }, func(to *packages.Manifest, m packages.Manifest) { to.Module = m.Module }},
	{"models", func(m packages.Manifest) string { return strings.Join(m.Models, ", ") }, func(to *packages.Manifest, m packages.Manifest) { to.Models = m.Models }},
	{"minBattery", func(m packages.Manifest) string { return positive(m.MinBattery) }, func(to *packages.Manifest, m packages.Manifest) { to.MinBattery = m.MinBattery }},
	{"minSignal", func(m packages.Manifest) string { return positive(m.MinSignal) }, func(to *packages.Manifest, m packages.Manifest) { to.MinSignal = m.MinSignal }},
}

func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// Over puts what over states in place of what m states; what over leaves open stays.
func Over(m, over packages.Manifest) packages.Manifest {
	for _, f := range fields {
		if f.text(over) != "" {
			f.take(&m, over)
			m.Source = over.Source
		}
	}
	return m
}

// Statements are the fields that m states, each with its name and value.
func Statements(m packages.Manifest) (list [][2]string) {
	for _, f := range fields {
		if text := f.text(m); text != "" {
			list = append(list, [2]string{f.name, text})
		}
	}
	return list
}

// Manifest is what is held to be true: field by field what a person typed, else what
// the first manifest said that says it. Its Source is packages.SourceTyped if a person
// typed anything, else the first manifest that counts.
func (e *Entry) Manifest() packages.Manifest {
	var m packages.Manifest
	for _, c := range slices.Backward(e.weighed()) {
		c.Manifest.Source = c.Source
		m = Over(m, c.Manifest)
	}
	if e.Typed != nil {
		typed := e.Typed.Manifest
		typed.Source = packages.SourceTyped
		m = Over(m, typed)
	}
	return m
}

// weighed are the claims with what the files' names tell at the end, since that is a
// guess.
func (e *Entry) weighed() []Claim {
	stated, guessed := e.stated(), []Claim{}
	for _, c := range e.Claims {
		if c.Source == "" {
			guessed = append(guessed, c)
		}
	}
	return append(stated, guessed...)
}

// stated are the claims that somebody made.
func (e *Entry) stated() []Claim {
	return slices.DeleteFunc(slices.Clone(e.Claims), func(c Claim) bool { return c.Source == "" })
}

// Dispute is a field that two manifests state differently.
type Dispute struct {
	Field       string `json:"field"`
	Value       string `json:"value"`
	Source      string `json:"source"`
	Other       string `json:"other"`
	OtherSource string `json:"otherSource"`
}

// Disputes are the fields that two manifests state differently and that no person has
// settled by typing a value.
func (e *Entry) Disputes() []Dispute {
	var all []Dispute
	for _, f := range fields {
		if e.Typed != nil && f.text(e.Typed.Manifest) != "" {
			continue
		}
		var first *Claim
		for _, c := range e.stated() {
			value := f.text(c.Manifest)
			switch {
			case value == "":
			case first == nil:
				first = &c
			case value != f.text(first.Manifest):
				all = append(all, Dispute{Field: f.name, Value: f.text(first.Manifest), Source: first.Source, Other: value, OtherSource: c.Source})
			}
		}
	}
	return all
}

// merge adds to an entry what another one of the same content knows. Nothing is
// overwritten: what differs stands beside it; only a signature takes the place of an older
// one from a file of that name. Lookalike is the error for one that has the same ID and
// other content.
func (e *Entry) merge(other *Entry) error {
	places := e.placesIn(other)
	if places == nil {
		return refuse("merge", other.Files[0].Name, Lookalike, e.Name())
	}
	for i := range e.Files {
		f, same := &e.Files[i], other.Files[places[i]]
		f.sign(same.Signatures)
		for _, x := range same.Expected {
			if len(f.Expected) < maxExpected && !slices.ContainsFunc(f.Expected, x.same) {
				f.Expected = append(f.Expected, x)
			}
		}
		if f.Archive == "" && len(f.Expected) == 0 {
			f.Archive = same.Archive
		}
	}
	for _, c := range other.Claims {
		if len(e.Claims) < maxClaims && !slices.ContainsFunc(e.Claims, c.same) {
			e.Claims = append(e.Claims, c)
		}
	}
	for _, s := range other.Sources {
		e.remember(s)
	}
	return nil
}

// placesIn are where in another entry the files of e are; nil if it has other files. Those of
// several files are the same if their names are, too; a single one may have been renamed.
func (e *Entry) placesIn(other *Entry) []int {
	if len(e.Files) != len(other.Files) {
		return nil
	}
	places := make([]int, len(e.Files))
	for i, f := range e.Files {
		places[i] = slices.IndexFunc(other.Files, func(o File) bool {
			return f.sameBytes(o) && (len(e.Files) == 1 || f.Name == o.Name)
		})
		if places[i] < 0 {
			return nil
		}
	}
	return places
}

func (f File) sameBytes(other File) bool {
	return f.Digests[packages.SHA256] == other.Digests[packages.SHA256]
}

// sign adds signatures; of two from files of one name, and of too many, the latest stay.
func (f *File) sign(list []Signature) {
	for _, s := range list {
		i := slices.IndexFunc(f.Signatures, func(o Signature) bool { return o.Source == s.Source })
		switch {
		case i < 0:
			f.Signatures = append(f.Signatures, s)
		case s.At.After(f.Signatures[i].At):
			f.Signatures[i] = s
		}
	}
	if over := len(f.Signatures) - maxSigned; over > 0 {
		slices.SortStableFunc(f.Signatures, func(a, b Signature) int { return a.At.Compare(b.At) })
		f.Signatures = slices.Delete(f.Signatures, 0, over)
	}
}

func (x Expected) same(y Expected) bool {
	return x.Algorithm == y.Algorithm && x.Hex == y.Hex && x.Source == y.Source
}

func (c Claim) same(d Claim) bool {
	return c.Source == d.Source && !slices.ContainsFunc(fields, func(f field) bool { return f.text(c.Manifest) != f.text(d.Manifest) })
}

// remember adds a source; the first one stays, of the others the latest.
func (e *Entry) remember(s Source) {
	if i := slices.IndexFunc(e.Sources, func(o Source) bool { return o.How == s.How && o.Place == s.Place }); i >= 0 {
		e.Sources[i] = s
		return
	}
	if len(e.Sources) == maxSources {
		e.Sources = slices.Delete(e.Sources, 1, 2)
	}
	e.Sources = append(e.Sources, s)
}

// newEntry makes the entry of a package that was just read.
func newEntry(p *packages.Package, now time.Time) *Entry {
	e := &Entry{Format: Format, Added: now}
	for _, f := range p.Files {
		file := File{Name: f.Name, Size: f.Size, Digests: f.Digests, Archive: f.Archive}
		for _, x := range f.Expected {
			file.Expected = append(file.Expected, Expected{x.Algorithm, x.Hex, x.Source, now})
		}
		for _, s := range signature.Collect(f) {
			file.sign([]Signature{{s.Source, s.Text, now}})
		}
		e.Files = append(e.Files, file)
	}
	if c := (Claim{Source: p.Manifest.Source, At: now, Manifest: p.Manifest}); !c.same(Claim{Source: c.Source}) {
		e.Claims = []Claim{c}
	}
	e.ID = identify(e.Files)
	return e
}
