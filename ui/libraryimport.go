package ui

import (
	"context"
	"path/filepath"
	"slices"

	"fotabench/devices"
	"fotabench/packages/library"
	"fotabench/ui/words"
)

// refusal is something that was not taken into the library, or with a notice something
// that the library did by itself. It is told until the person has read it.
type refusal struct {
	name    string
	trouble words.Trouble
	notice  library.Notice
}

// mostRefusals are kept to be read; of more the latest.
const mostRefusals = 100

// keep replaces what is to be read.
func (s *libraryState) keep(list []refusal) {
	s.refused = list[max(0, len(list)-mostRefusals):]
	s.changes++
}

// heed takes in what the library did by itself since the last look.
func (s *libraryState) heed(list []library.Notice) {
	for _, n := range list {
		if n.At.After(s.heeded) {
			s.heeded = n.At
			if n.Code != library.NoticeMade {
				s.keep(append(s.refused, refusal{notice: n}))
			}
		}
	}
}

// refuse keeps what was refused, once for each name.
func (w *window) refuse(name string, err error) {
	s := &w.state.library
	others := slices.DeleteFunc(slices.Clone(s.refused), func(r refusal) bool { return r.notice.Code == "" && r.name == name })
	s.keep(append(others, refusal{name: name, trouble: words.Explain(err)}))
	w.render()
}

// libraryTold is what the page says of what was just done.
type libraryTold struct {
	code devices.Code
	name string
	// removed is the ID of a package that can be brought back on the spot.
	removed string
}

// brought shows what is in the library now, and says what became of it; code is for what
// was not there before.
func (w *window) brought(got library.Imported, code devices.Code) {
	if got.Known {
		code = noteKnownHere
	}
	s := &w.state.library
	s.told = libraryTold{code: code, name: got.Entry.Name()}
	s.wanted = got.Entry.ID
	s.sort()
}

// inTurn begins an import as soon as the library is at nothing else: what was dropped is
// not lost because something is under way.
func (w *window) inTurn(begin func()) {
	s := &w.state.library
	if s.doing != "" {
		s.waiting = append(s.waiting, begin)
		return
	}
	begin()
}

// nextImport begins the import that waits; what went wrong before it can still be read.
func (w *window) nextImport() {
	s := &w.state.library
	if s.doing != "" || len(s.waiting) == 0 {
		return
	}
	next, trouble := s.waiting[0], s.trouble
	s.waiting = s.waiting[1:]
	next()
	if s.trouble == nil && trouble != nil {
		s.trouble = trouble
		w.render()
	}
}

// importFiles takes files into the library: one package, however many they are.
func (w *window) importFiles(paths []string, how library.How) {
	if len(paths) == 0 {
		return
	}
	w.inTurn(func() {
		w.importUntil(paths, how, func(err error) {
			if err != nil {
				w.refuse(filepath.Base(paths[0]), err)
			}
		})
	})
}

// importUntil imports now; end hears how it went.
func (w *window) importUntil(paths []string, how library.How, end func(error)) {
	var got library.Imported
	w.lendUntil(filepath.Base(paths[0]), func(ctx context.Context, l *library.Library, progress func(done, total int64)) (err error) {
		got, err = l.Import(ctx, paths, library.ImportOptions{How: how, Progress: progress})
		return err
	}, func(err error) {
		if err == nil {
			w.brought(got, noteAddedHere)
		}
		end(err)
	})
}
