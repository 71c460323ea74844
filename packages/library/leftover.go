package library

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
