package library

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// commit moves the bytes in dir into place and writes the entry, or adds to the one
// that is there. It runs under the lock and may be repeated.
func (l *Library) commit(dir string, e *Entry) (Imported, error) {
	before, err := l.load(live, e.ID)
	if codeOf(err) == EntryDamaged {
		path := l.entryFile(live, e.ID)
		var where string
		if where, err = l.setAside(path); err == nil {
			l.notice(NoticeAside, filepath.Base(path), where)
			err = fs.ErrNotExist
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		if twin := l.twin(e); twin != nil && e.unordered() {
			before, err = l.load(live, twin.ID)
		}
	}
	known := err == nil
	switch {
	case known:
		err = before.merge(e)
	case errors.Is(err, fs.ErrNotExist):
		before, err = e, nil
	}
	if err != nil {
		return Imported{}, err
	}
	if before.Checked != nil && !before.Checked.OK {
		before.Checked = &Check{At: e.Added, OK: true} // the bytes are here anew
	}
	placed, err := l.placeAll(dir, before, before.placesIn(e))
	if err == nil {
		before, err = l.store(live, before)
	}
	if err != nil {
		for staged, path := range placed {
			_ = os.Rename(path, staged) // given up for a better reason; no entry knows it
		}
		return Imported{}, err
	}
	got := Imported{Entry: before, Known: known}
	if !known {
		got.Other = l.twin(before)
	}
	return got, nil
}

// twin is the package that has the files of e in another order, as last read; nil if there is
// none.
func (l *Library) twin(e *Entry) *Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.rooms[live].held {
		if h.entry.ID != e.ID && h.entry.Unreadable == "" && e.placesIn(h.entry) != nil {
			return h.entry
		}
	}
	return nil
}

// unordered tells whether the order of the files means nothing: user files go to the device
// each by its name.
func (e *Entry) unordered() bool { return e.Manifest().Component == packages.App }

// placeAll puts all files of an entry into place; numbers has under which number each lies in
// dir. After an error, and only then, the
// caller has to take back what is new: undo has its place by that where it was staged.
func (l *Library) placeAll(dir string, e *Entry, numbers []int) (undo map[string]string, err error) {
	undo = map[string]string{}
	for i := range e.Files {
		staged := filepath.Join(dir, strconv.Itoa(numbers[i]))
		path, err := l.place(staged, &e.Files[i])
		if path != "" {
			undo[staged] = path
		}
		if err != nil {
			return undo, err
		}
	}
	return undo, nil
}

// place moves staged bytes to where they belong, and gives that path if nothing was
// there. An object that is there stays if an entry vouches for it by its date;
// otherwise it is replaced, since it may have been altered.
func (l *Library) place(staged string, f *File) (fresh string, err error) {
	to := l.object(f.Digests[packages.SHA256])
	there, err := l.cleared(to)
	if err != nil {
		return "", err
	}
	if there != nil && there.Size() == f.Size && l.vouched(f.Digests[packages.SHA256], there.ModTime()) {
		f.Modified = there.ModTime()
		return "", nil
	}
	info, stagedErr := os.Stat(staged)
	switch {
	case there != nil && errors.Is(stagedErr, fs.ErrNotExist) && there.Size() == f.Size:
		f.Modified = time.Time{} // moved before a crash: proved at the next use
		return "", nil
	case stagedErr != nil:
		return "", stagedErr
	case there == nil:
		fresh = to
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", err
	}
	if fresh == "" {
		if err := os.Chmod(to, 0o600); err != nil { // Windows replaces no read-only file
			return "", err
		}
	}
	if err := durable.Move(staged, to); err != nil {
		return "", err
	}
	f.Modified = info.ModTime()
	if err := os.Chmod(to, 0o400); err != nil {
		return fresh, err
	}
	return fresh, durable.Sync(filepath.Join(l.dir, objects))
}

// cleared looks at an object, nil if there is none. What has its name and is no file is set
// aside.
func (l *Library) cleared(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		info = nil
		_, err = l.setAside(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// vouched tells whether an entry proved an object that had this date.
func (l *Library) vouched(sum string, date time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.rooms {
		for _, h := range r.held {
			for _, f := range h.entry.Files {
				if f.Digests[packages.SHA256] == sum && f.Modified.Equal(date) {
					return true
				}
			}
		}
	}
	return false
}

// finish completes imports that a crash interrupted after their entry was sealed, and
// removes the others. It runs under the lock.
func (l *Library) finish(ctx context.Context) error {
	folders, err := os.ReadDir(filepath.Join(l.dir, incoming))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		dir := filepath.Join(l.dir, incoming, folder.Name())
		switch {
		case !folder.IsDir(): // a probe; nobody else is at one now
			l.discard(dir)
		case !abandoned(dir):
		case strings.HasPrefix(folder.Name(), "import-"):
			err = l.finishOne(dir)
		case strings.HasPrefix(folder.Name(), "fetch-"):
			err = l.forget(dir)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// abandoned tells whether nobody works in a folder of incoming any more.
func abandoned(dir string) bool {
	alive := flock.New(filepath.Join(dir, aliveName))
	got, err := alive.TryLock()
	return errors.Join(err, alive.Close()) == nil && got
}

func (l *Library) finishOne(dir string) error {
	text, err := durable.Read(filepath.Join(dir, sealName), maxEntry)
	if err == nil {
		var e *Entry
		if e, err = readEntry(text); err == nil {
			err = l.finishSealed(dir, e)
		}
	}
	if err != nil && (isFull(err) || isReadOnly(err)) {
		return err // another time
	}
	l.tidy(dir)
	return nil
}

func (l *Library) finishSealed(dir string, e *Entry) error {
	if removed, err := l.load(trash, e.ID); err == nil && removed.Removed != nil && removed.Removed.After(e.Added) {
		return nil // it was finished, only not tidied; a person has removed it since
	}
	done, err := l.commit(dir, e)
	if err == nil && !done.Known {
		l.notice(NoticeFinished, done.Entry.Name())
	}
	return err
}
