package library

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fotabench/packages"
)

// lot is something that a person imports: files with what is stated beside them.
type lot struct {
	names    []string // of the files
	contents []string
	manifest string // of the first file, "" is none
	says     packages.Manifest
	sidecar  string // of the first file: "right", "wrong", "md5" or ""
}

// lots share contents, names and statements, and contradict each other.
func lots() []lot {
	delta := packages.Manifest{Kind: packages.Delta, TargetVersion: "2"}
	from1, from9 := delta, delta
	from1.SourceVersion, from9.SourceVersion = "1", "9"
	return []lot{
		{names: []string{"fw.bin"}, contents: []string{"A"}},
		{names: []string{"renamed.bin"}, contents: []string{"A"}, manifest: `{"name":"Modem","targetVersion":"1.1"}`, says: packages.Manifest{Name: "Modem", TargetVersion: "1.1"}},
		{names: []string{"fw.bin"}, contents: []string{"A"}, sidecar: "wrong"},
		{names: []string{"d.bin"}, contents: []string{"B"}, manifest: `{"kind":"delta","targetVersion":"2"}`, says: delta},
		{names: []string{"d.bin"}, contents: []string{"B"}, manifest: `{"kind":"delta","sourceVersion":"1","targetVersion":"2"}`, says: from1},
		{names: []string{"d.bin"}, contents: []string{"B"}, manifest: `{"kind":"delta","sourceVersion":"9","targetVersion":"2"}`, says: from9, sidecar: "md5"},
		{names: []string{"d.bin"}, contents: []string{"B"}, sidecar: "right"},
		{names: []string{"x.mini_1", "x.mini_2"}, contents: []string{"C", "A"}, sidecar: "right"},
		{names: []string{"main.py", "util.py"}, contents: []string{"D", "E"}},
		{names: []string{"y.bin", "z.bin"}, contents: []string{"F", "B"}},
	}
}

// modelClaim is what a manifest says.
type modelClaim struct {
	source string
	says   packages.Manifest
}

// modelEntry is what a package should be.
type modelEntry struct {
	id       string
	names    []string
	sums     []string
	stated   []map[string]bool // by file: algorithm and whether it is right, as "sha256 true"
	typed    packages.Manifest
	hashes   map[string]string // typed, by file: "right", "wrong" or "both"
	claims   []modelClaim
	released bool
	broken   bool // its bytes were last found to be wrong
}

func (m *modelEntry) clone() *modelEntry {
	c := *m
	c.claims, c.stated, c.hashes = slices.Clone(m.claims), nil, maps.Clone(m.hashes)
	for _, s := range m.stated {
		c.stated = append(c.stated, maps.Clone(s))
	}
	return &c
}

// manifest is field by field what was typed, else what was stated first; a guess comes last.
func (m *modelEntry) manifest() packages.Manifest {
	all := []packages.Manifest{m.typed}
	for _, guess := range []bool{false, true} {
		for _, c := range m.claims {
			if (c.source == "") == guess {
				all = append(all, c.says)
			}
		}
	}
	var got packages.Manifest
	for _, one := range all {
		got.Name = cmp.Or(got.Name, one.Name)
		got.Component = cmp.Or(got.Component, one.Component)
		got.Kind = cmp.Or(got.Kind, one.Kind)
		got.SourceVersion = cmp.Or(got.SourceVersion, one.SourceVersion)
		got.TargetVersion = cmp.Or(got.TargetVersion, one.TargetVersion)
	}
	return got
}

// disputed tells whether two manifests contradict each other and no person has settled it.
func (m *modelEntry) disputed() bool {
	for _, of := range []func(packages.Manifest) string{
		func(m packages.Manifest) string { return m.Name },
		func(m packages.Manifest) string { return string(m.Component) },
		func(m packages.Manifest) string { return string(m.Kind) },
		func(m packages.Manifest) string { return m.SourceVersion },
		func(m packages.Manifest) string { return m.TargetVersion },
	} {
		said := map[string]bool{}
		for _, c := range m.claims {
			if c.source != "" && of(c.says) != "" {
				said[of(c.says)] = true
			}
		}
		if len(said) > 1 && of(m.typed) == "" {
			return true
		}
	}
	return false
}

// trust is what the hashes are worth.
func (m *modelEntry) trust() packages.Level {
	level := packages.Green
	for i, stated := range m.stated {
		all := maps.Clone(stated)
		if hash := m.hashes[m.names[i]]; hash != "" {
			all["sha256 "+fmt.Sprint(hash == "right")] = true // both are wrong, too
		}
		for s := range all {
			if strings.HasSuffix(s, "false") {
				return packages.Red
			}
		}
		if !all["sha256 true"] {
			level = packages.Amber
		}
	}
	return level
}

// lacking tells whether it is a delta of which nobody knows for which version.
func (m *modelEntry) lacking() bool {
	all := m.manifest()
	return all.Kind == packages.Delta && all.SourceVersion == ""
}

// learn is what becomes of a package when another one with the same files is added to it.
func (m *modelEntry) learn(from *modelEntry) {
	for i, name := range m.names {
		j := slices.Index(from.names, name)
		if len(m.names) == 1 {
			j = 0
		}
		maps.Copy(m.stated[i], from.stated[j])
	}
	for _, c := range from.claims {
		if len(m.claims) < maxClaims && !slices.Contains(m.keys(), c.key()) {
			m.claims = append(m.claims, c)
		}
	}
}

func md5Of(text string) string { s := md5.Sum([]byte(text)); return hex.EncodeToString(s[:]) }

func (c modelClaim) key() string { return fmt.Sprint(c.source, Statements(c.says)) }

func (m *modelEntry) keys() (all []string) {
	for _, c := range m.claims {
		all = append(all, c.key())
	}
	return all
}

// same tells whether another entry has the same files, in any order.
func (m *modelEntry) same(other *modelEntry) bool {
	list := func(m *modelEntry) (all []string) {
		for i, n := range m.names {
			all = append(all, n+m.sums[i])
		}
		slices.Sort(all)
		return all
	}
	return slices.Equal(list(m), list(other))
}
