package haas

import (
	"context"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/packages"
)

// atOnce is for how many files the board is asked in one question: its answer is
// bounded.
const atOnce = 24

// found is what the board says that it has.
type found struct {
	marked  bool
	version string
	kind    packages.Algorithm
	digests map[string]string // by name, lower-case hex
}

// installed compares what the board has with the package. An app that states its
// version must state the target's, and its programs must be those of the package:
// the firmware may have unpacked only some of them, and does not tell. An app that
// states none is known by all of its files.
func (s *session) installed(ctx context.Context, job *devices.Job) (devices.Proof, error) {
	b, err := s.driver.bundle(job.Package)
	if err != nil {
		return devices.Proof{}, err
	}
	var ask []member
	for _, m := range b.files {
		if b.version == "" || m.script() {
			ask = append(ask, m)
		}
	}
	f, err := s.find(ctx, ask)
	if err != nil {
		return devices.Proof{}, err
	}
	proof := devices.Proof{Version: f.version}
	if b.version == "" {
		proof.Version = f.summary(ask)
	}
	if b.version == "" && f.kind == "" {
		return proof, fail("confirm", devices.Refused, NoteNoTarget)
	}
	differs := f.differing(ask)
	same := b.version == "" || f.version != "" && packages.SameVersion(f.version, b.version)
	switch {
	case !same:
	case differs != "":
		proof.Why, proof.WhyArgs = NoteDiffers, []any{differs}
	case f.marked:
		proof.Why = NoteNotStarted
	default:
		proof.Installed = true
	}
	return proof, nil
}

// find asks the board, in as many questions as its answers need.
func (s *session) find(ctx context.Context, members []member) (found, error) {
	a, err := s.ask(ctx, "confirm", "installed.py", nil)
	if err != nil {
		return found{}, err
	}
	f := found{marked: a["mark"] != "0", version: a.Text("version"), digests: map[string]string{}}
	for part := range slices.Chunk(members, atOnce) {
		var paths []string
		for _, m := range part {
			paths = append(paths, m.path())
		}
		kind, values, err := s.scripts.Digests(ctx, "confirm", paths)
		if err != nil {
			return found{}, err
		}
		f.kind = packages.Algorithm(kind)
		for i, m := range part {
			f.digests[m.name] = values[i]
		}
	}
	return f, nil
}

// differing names the first file that is not the package's, "" if there is none
// or the board cannot tell.
func (f found) differing(members []member) string {
	for _, m := range members {
		want := m.sha256
		if f.kind == packages.MD5 {
			want = m.md5
		}
		if f.kind != "" && f.digests[m.name] != want {
			return m.name
		}
	}
	return ""
}

// summary is for people: the files with their digests.
func (f found) summary(members []member) string {
	var words []string
	for _, m := range members {
		d := f.digests[m.name]
		if d == "" {
			d = "none"
		}
		words = append(words, m.name+" "+d)
	}
	return printable(strings.Join(words, ", "))
}
