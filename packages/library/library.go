// Package library keeps packages in a folder that a person can open, copy and back
// up: the bytes of each file once, under their SHA-256, and for each package a small
// JSON file that says what it is, who stated which digest, and where it came from.
//
//	library.json          what makes the folder a library; its format
//	library.lock          held by the program that writes
//	objects/ab/ab12…      the bytes, named by SHA-256, once however often imported
//	packages/<id>.json    one package; id is the SHA-256 of its file, or of the list of
//	                      "name\nsha256\n" of its files in their order
//	trash/<id>.json       a package that was removed, until the trash is emptied
//	aside/                what could not be believed: torn entries, altered bytes
//	incoming/             imports and downloads under way
//
// Every write is whole or not there, also after a loss of power: bytes first, then the
// entry. Programs take turns by the lock and see each other's changes. What is damaged
// or changed is told, set aside and never used; nothing that a person put in is deleted
// but by emptying the trash.
//
// The package knows no devices and no network: who downloads and who uses a package is
// brought to it.
package library

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// Options are what a library is opened with; the zero value will do.
type Options struct {
	// InUse tells whether something that runs needs the package; nil: nothing does. It
	// may be called from any goroutine.
	InUse func(id string) bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Types are the known file suffixes; nil means packages.Types().
	Types []string
	// Look makes no library of a folder that is none: it then holds nothing, and View.Err
	// says Gone, or Unmarked of one that lost its marker.
	Look bool

	// remove removes a folder with all in it; tests make it fail.
	remove func(dir string) error
}

// Library is an open library. It is safe for concurrent use.
type Library struct {
	dir  string
	opts Options
	// keeping wraps the writer of bytes that come in; tests make it fail.
	keeping func(io.Writer) io.Writer

	// scanning is held by who reads the folders or tells what was written, so that
	// an older look never replaces a newer one.
	scanning sync.Mutex

	mu sync.Mutex
	// rooms are the entries of live and trash as last read.
	rooms   map[string]*room
	notices []Notice
	err     error
	// changed is closed, and replaced, at each change.
	changed chan struct{}
}

// Notice is something that the library did by itself.
type Notice struct {
	At   time.Time
	Code packages.Code
	Args []any
}

// View is what a library holds, as a value. Nobody changes it.
type View struct {
	// Entries and Trash are sorted by name. Unreadable ones are among them.
	Entries, Trash []*Entry
	// Notices, the oldest first.
	Notices []Notice
	// Err says why the folder cannot be read at present, such as a drive that was
	// taken out; Entries are then those that were there before.
	Err error
}

// Open opens the library in dir, and makes one of a folder that is empty, not there or has
// lost its marker, unless told only to look. It finishes imports that a crash interrupted,
// and throws away what lay in the trash for Keep. A folder that cannot be written to can be
// read. Errors: *packages.Error with Foreign, Newer, Gone or what the file system said.
func Open(ctx context.Context, dir string, opts Options) (*Library, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.remove == nil {
		opts.remove = removeTree
	}
	l := &Library{
		dir: full, opts: opts, changed: make(chan struct{}),
		keeping: func(w io.Writer) io.Writer { return w },
		rooms:   map[string]*room{live: {}, trash: {}},
	}
	switch err := l.adopt(); {
	case errors.Is(err, errNoMarker):
		l.err = l.gone("open library", err)
		return l, nil
	case err != nil:
		return nil, l.trouble("open library", err)
	}
	err = l.locked(ctx, "open library", func() error { return l.recover(ctx) })
	switch code := codeOf(err); {
	case code == ReadOnly:
		l.notice(NoticeReadOnly, l.dir)
	case code == Busy, code == Full:
		// Somebody writes, or nothing can be written: reading goes on.
	case err != nil:
		return nil, err
	}
	if err := l.Refresh(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// codeOf is the code of a refusal, "" for other errors.
func codeOf(err error) packages.Code {
	var e *packages.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// recover finishes what a crash interrupted and tidies. It runs under the lock.
func (l *Library) recover(ctx context.Context) error {
	for _, folder := range []string{objects, live, trash, incoming} {
		if err := os.MkdirAll(filepath.Join(l.dir, folder), 0o700); err != nil {
			return err
		}
	}
	probe := filepath.Join(l.dir, incoming, probeName) // may we write at all?
	if err := durable.Write(probe, nil); err != nil {
		return err
	}
	for _, folder := range []string{".", live, trash} {
		if err := l.removeNew(filepath.Join(l.dir, folder)); err != nil {
			return err
		}
	}
	l.discard(probe)
	if err := l.finish(ctx); err != nil {
		return err
	}
	return l.expire(ctx)
}

// removeNew removes what was written and never renamed: under the lock nobody is
// about to.
func (l *Library) removeNew(dir string) error {
	names, err := os.ReadDir(dir)
	for _, n := range names {
		if strings.HasPrefix(n.Name(), ".") && strings.Contains(n.Name(), ".json.") {
			l.discard(filepath.Join(dir, n.Name()))
		}
	}
	return err
}

// Dir is the folder, for a person to open.
func (l *Library) Dir() string { return l.dir }

// View is what the library holds as last read.
func (l *Library) View() View {
	l.mu.Lock()
	defer l.mu.Unlock()
	return View{
		Entries: l.rooms[live].sorted(),
		Trash:   l.rooms[trash].sorted(),
		Notices: slices.Clone(l.notices),
		Err:     l.err,
	}
}

// shortest is how much of an ID must be given to find an entry by it.
const shortest = 6

// Find gives the entry with this ID, of which the first digits will do, at least 6.
// Errors: Unknown, Ambiguous.
func (l *Library) Find(id string) (*Entry, error) { return l.find(live, id) }

// FindRemoved is Find in the trash. Errors: NotRemoved, Ambiguous.
func (l *Library) FindRemoved(id string) (*Entry, error) { return l.find(trash, id) }

func (l *Library) find(where, id string) (*Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id = strings.ToLower(strings.TrimSpace(id))
	if h, ok := l.rooms[where].held[id]; ok {
		return h.entry, nil
	}
	var found *Entry
	for full, h := range l.rooms[where].held {
		if len(id) < shortest || !strings.HasPrefix(full, id) {
			continue
		}
		if found != nil {
			return nil, refuse("find", id, Ambiguous)
		}
		found = h.entry
	}
	if found == nil {
		if where == trash {
			return nil, refuse("find", id, NotRemoved)
		}
		return nil, refuse("find", id, Unknown)
	}
	return found, nil
}

// notice tells something once.
func (l *Library) notice(code packages.Code, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.opts.Now()
	if n := len(l.notices); n > 0 && !at.After(l.notices[n-1].At) {
		at = l.notices[n-1].At.Add(1) // who has read up to the last one misses none
	}
	l.notices = append(l.notices, Notice{at, code, args})
	const most = 100
	if len(l.notices) > most {
		l.notices = slices.Delete(l.notices, 0, 1)
	}
	l.wake()
}

// wake tells all who watch. l.mu is held.
func (l *Library) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// room are the entries of one folder as last read.
type room struct {
	held map[string]held // by ID
	// date is the folder's when it was read.
	date time.Time
	list []*Entry // nil: to be sorted anew
}

// held is an entry and the file that it was read from.
type held struct {
	entry *Entry
	size  int64
	date  time.Time
}

// sorted are the entries by name. The library's mutex is held.
func (r *room) sorted() []*Entry {
	if r.list == nil {
		r.list = make([]*Entry, 0, len(r.held))
		for h := range maps.Values(r.held) {
			r.list = append(r.list, h.entry)
		}
		slices.SortFunc(r.list, byName)
	}
	return r.list
}
