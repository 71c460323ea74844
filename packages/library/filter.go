package library

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"fotabench/packages"
)

// Standing is how far a package has come.
type Standing string

// The standings. Who proved a package is counted by the journal and brought to Filter.
const (
	Untested Standing = "untested"
	Proved   Standing = "proved"
	Released Standing = "released"
)

// Standing is the highest that an entry has; proved tells whether devices confirmed it.
func (e *Entry) Standing(proved bool) Standing {
	switch {
	case e.Allowed():
		return Released
	case proved:
		return Proved
	}
	return Untested
}

// Allowed tells whether the package is released for the field: what turned out since to be
// damaged, contradicted or incomplete is not, as long as that lasts.
func (e *Entry) Allowed() bool {
	return e.Released != nil && e.Level() != packages.Red && !slices.Contains(e.Lacks(), packages.FieldSource)
}

// Order is what a table is sorted by.
type Order string

// The orders. Versions are sorted number by number.
const (
	ByName     Order = "name"
	ByTarget   Order = "target"
	BySize     Order = "size"
	ByAdded    Order = "added"
	ByVerified Order = "verified"
	ByTrust    Order = "trust"
)

// Orders lists them.
func Orders() []Order { return []Order{ByName, ByTarget, BySize, ByAdded, ByVerified, ByTrust} }

// Filter says which entries a table shows, and in which order. The zero value shows
// all by name.
type Filter struct {
	// Text are words that must all be in a name, file name, version, model or
	// beginning of a digest; case does not matter.
	Text      string
	Component packages.Component
	Kind      packages.Kind
	// Model is one that the package must name (packages.MatchModel).
	Model string
	// Target is the target version, or its beginning.
	Target   string
	Standing Standing
	Trust    packages.Level
	// Unverified keeps what was not found right within this time; 0 keeps all.
	Unverified time.Duration
	// Unreadable also keeps entries that cannot be read.
	Unreadable bool

	Order      Order
	Descending bool
}

// index is what filters look at, made once.
type index struct {
	name, text, target, targetKey, models string
	component                             packages.Component
	kind                                  packages.Kind
	list, lacks                           []string
	level                                 packages.Level
	bytes                                 int64
	verified                              time.Time
}

func newIndex(e *Entry) index {
	if e.Unreadable != "" {
		return index{name: natural(e.ID), text: strings.ToLower(e.ID), level: packages.Red}
	}
	m := e.Manifest()
	words := []string{e.Name(), m.TargetVersion, m.SourceVersion, m.Module, strings.Join(m.Models, " ")}
	for _, f := range e.Files {
		words = append(words, f.Name, f.Digests[packages.SHA256], f.Digests[packages.MD5])
	}
	i := index{
		name: natural(e.Name()), target: strings.ToLower(m.TargetVersion), targetKey: natural(m.TargetVersion),
		text: strings.ToLower(strings.Join(words, "\n")), models: strings.Join(m.Models, "\n"), list: m.Models,
		component: m.Component, kind: m.Kind, lacks: m.Lacks(), level: e.Trust().Level, bytes: e.Size(), verified: e.Verified(),
	}
	if i.component == "" {
		i.component = packages.FOTA
	}
	if e.Checked != nil && !e.Checked.OK || len(e.Disputes()) > 0 {
		i.level = packages.Red
	}
	return i
}

// Level is what the package is worth: that of its digests, Red also if its bytes are
// damaged or its manifests contradict each other.
func (e *Entry) Level() packages.Level { return e.level }

// Lacks are the fields that nobody stated although they are wanted, as packages.Manifest has
// them; without packages.FieldSource no upgrade begins (packages.Package.Complete).
func (e *Entry) Lacks() []string { return e.lacks }

// natural is a text that sorts as people count: each number with its length before it.
func natural(text string) string {
	var b strings.Builder
	text = strings.ToLower(text)
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && text[j] >= '0' && text[j] <= '9' {
			j++
		}
		if j == i {
			b.WriteByte(text[i])
			i++
			continue
		}
		number := strings.TrimLeft(text[i:j], "0")
		b.WriteByte('0' + byte(min(len(number), 'z'-'0')))
		b.WriteString(number)
		i = j
	}
	return b.String()
}

// Apply gives the entries that f keeps, in its order, as a new slice. proved may be nil.
func (f Filter) Apply(entries []*Entry, now time.Time, proved func(id string) bool) []*Entry {
	words := strings.Fields(strings.ToLower(f.Text))
	allowed := map[string]bool{} // by the list of models: many packages share one
	kept := make([]*Entry, 0, len(entries))
	for _, e := range entries {
		if f.keeps(e, words, now) && f.models(e, allowed) && f.stands(e, proved) {
			kept = append(kept, e)
		}
	}
	order := f.compare()
	if f.Descending {
		slices.SortStableFunc(kept, func(a, b *Entry) int { return order(b, a) })
	} else {
		slices.SortStableFunc(kept, order)
	}
	return kept
}

// keeps asks what is quickly told.
func (f Filter) keeps(e *Entry, words []string, now time.Time) bool {
	switch {
	case e.Unreadable != "" && !f.Unreadable && f != (Filter{Order: f.Order, Descending: f.Descending}),
		f.Component != "" && f.Component != e.component,
		f.Kind != "" && f.Kind != e.kind,
		f.Trust != "" && f.Trust != e.level,
		f.Target != "" && !strings.HasPrefix(e.target, strings.ToLower(f.Target)),
		f.Unverified > 0 && now.Sub(e.verified) < f.Unverified:
		return false
	}
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(e.text, w) })
}

func (f Filter) models(e *Entry, allowed map[string]bool) bool {
	if f.Model == "" {
		return true
	}
	ok, asked := allowed[e.models]
	if !asked {
		ok = packages.MatchModel(f.Model, e.list)
		allowed[e.models] = ok
	}
	return ok
}

func (f Filter) stands(e *Entry, proved func(id string) bool) bool {
	return f.Standing == "" || f.Standing == e.Standing(proved != nil && proved(e.ID))
}

// compare is the order of f; what is equal stays by name.
func (f Filter) compare() func(a, b *Entry) int {
	var first func(a, b *Entry) int
	switch f.Order {
	case ByTarget:
		first = func(a, b *Entry) int { return strings.Compare(a.targetKey, b.targetKey) }
	case BySize:
		first = func(a, b *Entry) int { return cmp.Compare(a.bytes, b.bytes) }
	case ByAdded:
		first = func(a, b *Entry) int { return a.Added.Compare(b.Added) }
	case ByVerified:
		first = func(a, b *Entry) int { return a.verified.Compare(b.verified) }
	case ByTrust:
		first = func(a, b *Entry) int { return cmp.Compare(worth[a.level], worth[b.level]) }
	default:
		return byName
	}
	return func(a, b *Entry) int { return cmp.Or(first(a, b), byName(a, b)) }
}

var worth = map[packages.Level]int{packages.Red: 0, packages.Amber: 1, packages.Green: 2}

func byName(a, b *Entry) int {
	return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.ID, b.ID))
}
