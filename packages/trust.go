package packages

import "slices"

// Level is the colour of what digests are worth.
type Level string

// The levels.
const (
	// Green: every file matches a SHA-256 that somebody stated.
	Green Level = "ok"
	// Amber: nobody stated a digest, or only one that can be forged.
	Amber Level = "amber"
	// Red: a file differs from what was stated, or two statements differ.
	Red Level = "red"
)

// Trust tells what the digests of a package are worth.
type Trust struct {
	// Level is the worst of all files.
	Level Level
	// Code and Args say why, as a sentence.
	Code Code
	Args []any
	// Files, in the package's order.
	Files []FileTrust
}

// FileTrust is what the digests of one file are worth.
type FileTrust struct {
	Name  string
	Level Level
	Code  Code
	Args  []any
	// Rows has a comparison for each stated digest, wrong ones first.
	Rows []Comparison
}

// Comparison puts a stated digest beside the computed one.
type Comparison struct {
	Algorithm Algorithm
	// Computed and Expected are lower-case hex.
	Computed, Expected string
	// Source is where the expected value was read.
	Source string
	OK     bool
}

// Trust compares every stated digest with the computed one.
func (p *Package) Trust() Trust {
	var t Trust
	for _, f := range p.Files {
		ft := f.trust()
		t.Files = append(t.Files, ft)
		if t.Level == "" || rank(ft.Level) > rank(t.Level) {
			t.Level, t.Code, t.Args = ft.Level, ft.Code, ft.Args
		}
	}
	return t
}

func rank(l Level) int { return slices.Index([]Level{Green, Amber, Red}, l) }

func (f File) trust() FileTrust {
	t := FileTrust{Name: f.Name}
	proved := false
	for _, e := range f.Expected {
		c := Comparison{e.Algorithm, f.Digests[e.Algorithm], e.Hex, e.Source, e.Hex == f.Digests[e.Algorithm]}
		t.Rows = append(t.Rows, c)
		proved = proved || c.OK && c.Algorithm == SHA256
	}
	slices.SortStableFunc(t.Rows, func(a, b Comparison) int {
		return boolean(a.OK) - boolean(b.OK)
	})
	switch a, b := f.dispute(); {
	case a != nil:
		t.Level, t.Code = Red, Disagree
		t.Args = []any{f.Name, string(a.Algorithm), a.Hex, sayer(a.Source), b.Hex, sayer(b.Source)}
	case len(t.Rows) > 0 && !t.Rows[0].OK:
		r := t.Rows[0]
		t.Level, t.Code = Red, Mismatch
		t.Args = []any{f.Name, string(r.Algorithm), r.Computed, r.Expected, sayer(r.Source)}
	case proved:
		t.Level, t.Code = Green, TrustProved
	case len(t.Rows) > 0:
		t.Level, t.Code, t.Args = Amber, TrustWeak, []any{f.Name}
	case f.Archive != "":
		t.Level, t.Code, t.Args = Amber, TrustUnpacked, []any{f.Name, f.Archive}
	default:
		t.Level, t.Code, t.Args = Amber, TrustNone, []any{f.Name}
	}
	return t
}

// sayer is a source as a sentence names it: no file is called what a person typed.
func sayer(source string) string {
	if source == SourceTyped {
		return string(ByHand)
	}
	return source
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// dispute finds two sources that state different values of one digest.
func (f File) dispute() (a, b *Expected) {
	for i := range f.Expected {
		for j := range f.Expected[:i] {
			a, b := &f.Expected[j], &f.Expected[i]
			if a.Algorithm == b.Algorithm && a.Hex != b.Hex {
				return a, b
			}
		}
	}
	return nil, nil
}

// Check refuses a package whose digests are Red; the error carries both values
// and where they come from.
func (p *Package) Check() error {
	for _, f := range p.Trust().Files {
		if f.Level == Red {
			return &Error{Op: "check", File: f.Name, Code: f.Code, Args: f.Args}
		}
	}
	return nil
}

// WithExpected copies the package and adds digests for one of its files, such as
// those that a person typed; typed digests replace earlier typed ones.
func (p *Package) WithExpected(file int, expected ...Expected) *Package {
	q := *p
	q.Files = slices.Clone(p.Files)
	f := &q.Files[file]
	f.Expected = slices.DeleteFunc(slices.Clone(f.Expected), func(e Expected) bool { return e.Source == SourceTyped })
	f.Expected = append(f.Expected, expected...)
	return &q
}
