package library

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// emptyFor is how long a file may be empty before that is told: browsers make an empty one
// when a download begins.
const emptyFor = 30 * time.Second

// Found is what became of a package in a watched folder.
type Found struct {
	// Paths are its files, or the folder itself where Err is about that.
	Paths []string
	// Imported has no Entry if Err is not nil.
	Imported Imported
	// Err says why it was refused; it is tried again only when a file changes. Of the folder
	// it is FolderAway or FolderMany.
	Err error
}

// ImportFolder imports each package that is in a folder, and each that comes, once it
// stopped growing, until ctx ends; it then returns context.Cause(ctx). A file belongs to
// the package that a manifest beside it makes, or with its _1 or _2; packages of
// several wait until all are there. A hash file or manifest that comes later is added.
// Folders in it are not entered, files of unknown types passed over. tell is called
// once for each package and change of it, from this goroutine. A folder may be away for
// a while, also at first, or hold too many files: that is told once each time, and it goes
// on. NotFolder is the error for what is there and no folder.
func (l *Library) ImportFolder(ctx context.Context, dir string, tell func(Found)) error {
	full, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if info, err := os.Stat(full); err == nil && !info.IsDir() {
		return &packages.Error{Op: "watch", Code: NotFolder, Args: []any{full}}
	}
	w := &watch{l: l, dir: full, tell: tell, seen: map[string]print{}, done: map[string]string{}, empty: map[string]time.Time{}}
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
	// empty has since when files were seen to be empty.
	empty map[string]time.Time
	// wrong is what was told of the folder itself, "" while nothing is wrong with it.
	wrong packages.Code
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
	now, err := w.list()
	if code := codeOf(err); code != w.wrong {
		if w.wrong = code; err != nil {
			w.tell(Found{Paths: []string{w.dir}, Err: err})
		}
	}
	w.mark(now)
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

// mark notes which files are empty.
func (w *watch) mark(now map[string]print) {
	maps.DeleteFunc(w.empty, func(name string, _ time.Time) bool { f, there := now[name]; return !there || f.size > 0 })
	for name, f := range now {
		if _, known := w.empty[name]; f.size == 0 && !known {
			w.empty[name] = time.Now()
		}
	}
}

// list are the files of the folder, as far as it can be read at present; the error says
// what is missing.
func (w *watch) list() (map[string]print, error) {
	files := map[string]print{}
	away := func(err error) error {
		return &packages.Error{Op: "watch", Code: FolderAway, Args: []any{w.dir}, Err: err}
	}
	d, err := os.Open(w.dir)
	if err != nil {
		return files, away(err)
	}
	defer d.Close()
	entries, err := d.ReadDir(maxWatched + 1) // what could be read counts
	switch {
	case len(entries) > maxWatched:
		entries = entries[:maxWatched]
		err = &packages.Error{Op: "watch", Code: FolderMany, Args: []any{w.dir, maxWatched}}
	case errors.Is(err, io.EOF):
		err = nil
	case err != nil:
		err = away(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() {
			files[e.Name()] = print{info.Size(), info.ModTime()}
		}
	}
	return files, err
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
	if hollow := w.hollow(paths); hollow != "" {
		if time.Since(w.empty[hollow]) < emptyFor {
			return
		}
		err = refuse("watch", hollow, packages.Empty)
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

// hollow is the first of the files that is empty, "" if none is.
func (w *watch) hollow(paths []string) string {
	for _, p := range paths {
		if name := filepath.Base(p); !w.empty[name].IsZero() {
			return name
		}
	}
	return ""
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
	return slices.Contains([]packages.Code{Full, ReadOnly, Gone, Unmarked, Busy, Failed, packages.Changed}, codeOf(err))
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
// the files is not there, or one of all still changes.
func (w *watch) state(paths []string, now map[string]print) string {
	for _, p := range paths {
		if _, there := now[filepath.Base(p)]; !there {
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
