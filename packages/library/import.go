package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// ImportOptions are what a caller of Import may add; the zero value will do.
type ImportOptions struct {
	// Typed are digests that were entered by hand for the first file.
	Typed []packages.Expected
	// How it came; "" is Chosen.
	How How
	// Progress is told the bytes read so far of all files together. It is called from
	// one goroutine and must return at once; nil is allowed.
	Progress func(done, total int64)

	// place is where a download came from.
	place string
}

// Imported is what became of an import.
type Imported struct {
	Entry *Entry
	// Known is true if the content was there already; what else is known of it was
	// added to its entry.
	Known bool
	// Other is a package that has the same files in another order, nil if there is none. No
	// name and no manifest says which order is right, so that both are kept.
	Other *Entry
	// GBK are packages.Package's.
	GBK []string
}

// Import takes a package of one to packages.MaxFiles files into the library, with what
// sidecars and manifests beside them say, by the rules of packages.Open. Each file is
// read once: hashed and copied in the same pass. Content that is there already gets
// no second entry: digests, manifests and sources are added to the one that is there. The
// same files in another order are the same package where the order is stated
// (packages.Ordered) or means nothing, as with user files; else see Imported.Other.
// After an error nothing of the import is left, also after a crash, but perhaps a folder
// that could not be removed: NoticeLeft. Errors: those of packages.Open; *packages.Error
// with Full, ReadOnly, Gone, Unmarked, Busy; context.Cause(ctx).
func (l *Library) Import(ctx context.Context, paths []string, opts ImportOptions) (Imported, error) {
	var s *stage
	err := l.locked(ctx, "import", func() (err error) {
		s, err = l.newStage()
		return err
	})
	if err != nil {
		return Imported{}, l.trouble("import", err)
	}
	imported, err := l.importInto(ctx, s, paths, opts)
	s.close()
	if err != nil {
		return Imported{}, l.trouble("import", err)
	}
	return imported, nil
}

func (l *Library) importInto(ctx context.Context, s *stage, paths []string, opts ImportOptions) (Imported, error) {
	p, err := packages.Open(ctx, paths, packages.OpenOptions{Typed: opts.Typed, Types: l.opts.Types, Progress: opts.Progress, Copy: s.copy})
	if err = errors.Join(err, s.finish()); err != nil {
		return Imported{}, first(err)
	}
	if opts.place != "" && p.Check() != nil {
		return Imported{}, p.Check() // not what was stated: not worth keeping
	}
	now := l.opts.Now()
	e := newEntry(p, now)
	for i := range e.Files {
		if e.Files[i].Modified, err = s.date(i); err != nil {
			return Imported{}, err
		}
	}
	source := Source{How: opts.How, Place: p.Files[0].Path, At: now, Size: p.Files[0].Size}
	if source.How == "" {
		source.How = Chosen
	}
	if info, err := os.Stat(p.Files[0].Path); err == nil {
		source.Modified = info.ModTime()
	}
	if opts.place != "" {
		source.Place = opts.place
	}
	e.Sources = []Source{source}
	if err := s.seal(e); err != nil {
		return Imported{}, err
	}
	var imported Imported
	err = l.locked(ctx, "import", func() error {
		imported, err = l.commit(s.dir, e)
		return err
	})
	if imported.GBK = p.GBK; err == nil {
		l.remark(imported)
	}
	return imported, err
}

// remark tells what a person should know of an import, whoever began it.
func (l *Library) remark(got Imported) {
	for _, n := range got.Remarks() {
		l.notice(n.Code, n.Args...)
	}
}

// Remarks are what a person should know of an import, as notices of no time.
func (i Imported) Remarks() (all []Notice) {
	name := i.Entry.Name()
	if len(i.GBK) > 0 {
		all = append(all, Notice{Code: NoticeGBK, Args: []any{name, strings.Join(i.GBK, ", ")}})
	}
	if i.Other != nil {
		all = append(all, Notice{Code: NoticeOther, Args: []any{name, i.Other.Name(), i.Other.ID[:12]}})
	}
	if slices.Contains(i.Entry.Lacks(), packages.FieldSource) {
		all = append(all, Notice{Code: NoticeLacking, Args: []any{name, i.Entry.ID[:12]}})
	}
	return all
}

// first is the error that came first, where others follow from it.
func first(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()[0]
	}
	return err
}

// stage is an import under way: a folder of its own in incoming, with a lock that
// tells other programs that it is alive.
type stage struct {
	l     *Library
	dir   string
	alive *flock.Flock
	files []*staged
}

// staged is the copy of one file. It goes to the disk while more of it comes, so that
// little is left to wait for at the end.
type staged struct {
	*os.File
	since   int // bytes written since the last flush began
	flushes sync.WaitGroup
	flushed atomic.Bool // no flush is under way
}

// flushEvery is how many bytes go to the disk at a time.
const flushEvery = 8 << 20

// Write is called from one goroutine.
func (s *staged) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	s.since += n
	if s.since >= flushEvery && s.flushed.CompareAndSwap(true, false) {
		s.since = 0
		s.flushes.Go(func() {
			_ = s.Sync() // finish asks again
			s.flushed.Store(true)
		})
	}
	return n, err
}

// finish waits until all is on the disk.
func (s *staged) finish() error {
	s.flushes.Wait()
	return errors.Join(s.Sync(), s.Close())
}

const (
	sealName  = "entry.json"
	aliveName = "alive"
)

// newStage begins an import. It runs under the lock, so that nobody takes the folder
// for one that was abandoned before it has its own.
func (l *Library) newStage() (*stage, error) {
	if err := os.MkdirAll(filepath.Join(l.dir, incoming), 0o700); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Join(l.dir, incoming), "import-*")
	if err != nil {
		return nil, err
	}
	s := &stage{l: l, dir: dir, alive: flock.New(filepath.Join(dir, aliveName))}
	if got, err := s.alive.TryLock(); err != nil || !got {
		s.close()
		return nil, errors.Join(fmt.Errorf("packages: import: cannot lock %q", s.alive.Path()), err)
	}
	return s, nil
}

// copy opens the place for the bytes of the next file.
func (s *stage) copy(packages.File) (io.Writer, error) {
	f, err := os.OpenFile(filepath.Join(s.dir, strconv.Itoa(len(s.files))), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	one := &staged{File: f}
	one.flushed.Store(true)
	s.files = append(s.files, one)
	return s.l.keeping(one), nil
}

// finish brings all bytes to the disk.
func (s *stage) finish() error {
	var all error
	for _, f := range s.files {
		all = errors.Join(all, f.finish())
	}
	return all
}

// date is when the copy of a file was written.
func (s *stage) date(i int) (at time.Time, err error) {
	info, err := os.Stat(s.files[i].Name())
	if err != nil {
		return at, err
	}
	return info.ModTime(), nil
}

// seal writes the entry beside its bytes: from here on, an import that a crash
// interrupts is finished at the next start.
func (s *stage) seal(e *Entry) error {
	text, err := e.encode()
	if err != nil {
		return err
	}
	return durable.Write(filepath.Join(s.dir, sealName), text)
}

// close removes the folder of the import.
func (s *stage) close() {
	for _, f := range s.files {
		_ = f.Close() // closed before, unless the import failed
	}
	_ = s.alive.Close() // where that fails, so does what follows
	s.l.tidy(s.dir)
}
