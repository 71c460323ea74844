package library

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fotabench/packages"
)

// lookEvery is how often a watched folder is looked at. A file counts once it was the
// same at two looks in a row.
const lookEvery = 3 * time.Second

// libraryHeals is the pause before a library that is full, locked or away is tried
// again.
const libraryHeals = time.Minute

// maxWatched bounds the files of one watched folder that are looked at.
const maxWatched = 4096

// Found is what became of a package in a watched folder.
type Found struct {
	// Paths are its files.
	Paths []string
	// Imported has no Entry if Err is not nil.
	Imported Imported
	// Err says why it was refused; it is tried again only when a file changes.
	Err error
}

// ImportFolder imports each package that is in a folder, and each that comes, once it
// stopped growing, until ctx ends; it then returns context.Cause(ctx). A file belongs to
// the package that a manifest beside it makes, or with its _1 or _2; packages of
// several wait until all are there. A hash file or manifest that comes later is added.
// Folders in it are not entered, files of unknown types passed over. tell is called
// once for each package and change of it, from this goroutine. A folder that is away for
// a while does not matter.
func (l *Library) ImportFolder(ctx context.Context, dir string, tell func(Found)) error {
	full, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if info, err := os.Stat(full); err != nil || !info.IsDir() {
		return &packages.Error{Op: "watch", Code: NotFolder, Args: []any{full}, Err: err}
	}
	w := &watch{l: l, dir: full, tell: tell, seen: map[string]print{}, done: map[string]string{}}
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		w.look(ctx)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticks.C:
		}
	}
}

// watch is one folder that is watched.
type watch struct {
	l    *Library
	dir  string
	tell func(Found)
	// seen is how each file was at the last look.
	seen map[string]print
	// done is how each package was when it was imported or refused.
	done map[string]string
	// troubled: the library itself could take nothing, and is asked again.
	troubled bool
	again    time.Time
}

// print is what tells that a file changed.
type print struct {
	size int64
	date time.Time
}

// look looks once.
func (w *watch) look(ctx context.Context) {
	now := w.list()
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if ctx.Err() != nil {
			return
		}
		if w.l.known(name) {
			w.consider(ctx, name, now)
		}
	}
	w.seen = now
}

// list are the files of the folder; none if it cannot be read at present.
func (w *watch) list() map[string]print {
	files := map[string]print{}
	d, err := os.Open(w.dir)
	if err != nil {
		return files
	}
	defer d.Close()
	entries, _ := d.ReadDir(maxWatched) // what could be read counts
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() {
			files[e.Name()] = print{info.Size(), info.ModTime()}
		}
	}
	return files
}

// known tells whether a file's name is that of a package.
func (l *Library) known(name string) bool {
	types := l.opts.Types
	if types == nil {
		types = packages.Types()
	}
	lower := strings.ToLower(name)
	return !strings.HasPrefix(name, ".") && slices.ContainsFunc(types, func(t string) bool { return strings.HasSuffix(lower, t) && len(lower) > len(t) })
}

// consider imports the package that name is the first file of, if all of it is there
// and at rest, and not done as it is.
func (w *watch) consider(ctx context.Context, name string, now map[string]print) {
	paths, err := w.together(name, now)
	if err == nil && filepath.Base(paths[0]) != name {
		return // the first one brings it
	}
	state := w.state(paths, now)
	if state == "" || w.done[paths[0]] == state {
		return
	}
	found := Found{Paths: paths, Err: err}
	if err == nil {
		if w.have(paths, now) {
			w.done[paths[0]] = state
			return
		}
		if time.Now().Before(w.again) {
			return
		}
		found.Imported, found.Err = w.l.Import(ctx, paths, ImportOptions{How: Watched})
	}
	if found.Err == nil || ctx.Err() == nil {
		w.conclude(found, state)
	}
}

// conclude tells what became of a package that was as state says. What the library
// itself could not take is told once, and tried again after a while.
func (w *watch) conclude(found Found, state string) {
	told := w.troubled
	w.troubled = passing(found.Err)
	if !w.troubled {
		w.done[found.Paths[0]] = state
	} else {
		w.again = time.Now().Add(libraryHeals)
		if told {
			return
		}
	}
	w.tell(found)
}

// passing tells whether an import failed for the library's sake, so that the same file
// is to be tried again.
func passing(err error) bool {
	return slices.Contains([]packages.Code{Full, ReadOnly, Gone, Busy, Failed, packages.Changed}, codeOf(err))
}

// together are the files of the package that name belongs to. After an error the only
// one is name.
func (w *watch) together(name string, now map[string]print) ([]string, error) {
	path := filepath.Join(w.dir, name)
	paths, err := packages.Together(path)
	if err != nil {
		return []string{path}, err
	}
	if len(paths) > 1 || !strings.HasSuffix(name, "_1") && !strings.HasSuffix(name, "_2") {
		return paths, nil
	}
	stem := name[:len(name)-1]
	_, one := now[stem+"1"]
	_, two := now[stem+"2"]
	if !(one && two) && !strings.HasSuffix(strings.ToLower(stem), ".mini_") {
		return paths, nil // may be all there is; half a mini FOTA package is none
	}
	return []string{filepath.Join(w.dir, stem+"1"), filepath.Join(w.dir, stem+"2")}, nil
}

// state is how the files of a package and what may speak of them are now; "" if one of
// the files is not there or empty, or one of all still changes.
func (w *watch) state(paths []string, now map[string]print) string {
	for _, p := range paths {
		if now[filepath.Base(p)].size == 0 {
			return ""
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if !slices.ContainsFunc(paths, func(p string) bool { return speaksOf(name, filepath.Base(p)) }) {
			continue
		}
		f := now[name]
		if f != w.seen[name] {
			return ""
		}
		fmt.Fprintf(&b, "%q %d %d\n", name, f.size, f.date.UnixNano())
	}
	return b.String()
}

// speaksOf tells whether a file called name is the file of a package, or may state
// something about it.
func speaksOf(name, file string) bool {
	stem, _, _ := strings.Cut(file, ".")
	switch strings.ToLower(name) {
	case "manifest.json", "md5sums", "md5.txt", "sha1sums", "sha256sums", "sha256.txt":
		return true
	}
	return strings.HasPrefix(name, file) || strings.HasPrefix(name, stem) && strings.HasSuffix(name, ".json")
}

// have tells whether an earlier run of the program imported these files from here, as
// they are, so that they need not be read again; what a person removed since stays removed.
func (w *watch) have(paths []string, now map[string]print) bool {
	first, stated := now[filepath.Base(paths[0])], time.Time{}
	for name, f := range now {
		if speaksOf(name, filepath.Base(paths[0])) && f.date.After(stated) {
			stated = f.date
		}
	}
	is := func(s Source) bool {
		return s.Place == paths[0] && s.Size == first.size && s.Modified.Equal(first.date) && s.At.After(stated)
	}
	v := w.l.View()
	for _, e := range slices.Concat(v.Entries, v.Trash) {
		if len(e.Files) == len(paths) && slices.ContainsFunc(e.Sources, is) {
			return true
		}
	}
	return false
}
