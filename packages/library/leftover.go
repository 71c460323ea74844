package library

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fotabench/packages/durable"
)

// tidy removes a folder of incoming that is of no more use. What cannot be removed, such
// as a file that a virus scanner holds, is a remark and work for another time: it makes
// nothing of what was done undone, and keeps nobody out of the library.
func (l *Library) tidy(dir string) {
	// Without its seal nobody takes what is left for an import to be finished.
	err := os.Remove(filepath.Join(dir, sealName))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err = errors.Join(err, l.opts.remove(dir)); err != nil {
		l.notice(NoticeLeft, dir)
	}
}

// discard is tidy for a single file.
func (l *Library) discard(path string) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.notice(NoticeLeft, path)
	}
}

// dueName is the file in a download's folder that says since when it is known to be old.
const dueName = "due"

// forget removes a download that nobody went on with for as long as Keep, once that was seen
// on two days: a clock that jumped ahead is set right until then, as with the trash.
func (l *Library) forget(dir string) error {
	now, path := l.opts.Now(), filepath.Join(dir, dueName)
	age := now.Sub(touched(dir))
	if age < Keep {
		l.discard(path)
		return nil
	}
	var due time.Time
	text, err := durable.Read(path, maxDue)
	if err == nil {
		err = due.UnmarshalText(text)
	}
	switch {
	case err != nil || due.After(now):
		if text, err = now.MarshalText(); err != nil {
			return err
		}
		return durable.Write(path, text)
	case now.Sub(due) > doubt:
		l.tidy(dir)
	}
	return nil
}

// maxDue bounds the file dueName, in bytes.
const maxDue = 64

// touched is when something of a download last arrived; of one of which nothing did, when it
// was begun.
func touched(dir string) (at time.Time) {
	for _, name := range []string{partName, partName + ".json", aliveName} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at
}

// removeTree removes a folder with all in it. Where os.RemoveAll cannot, as on systems
// that do not know the call it uses (Wine 8), files and folders go one by one.
func removeTree(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	for _, path := range slices.Backward(all) {
		if gone := os.Remove(path); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
