package durable

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Replace makes the file at path of what write gives, for others to read as the system
// lets them; of one that is there it keeps who may read it. Until all of it is on the disk
// the file that is there stays as it is: it is replaced whole, or not at all. Where path
// is a link, what it leads to is replaced. Errors: those of write, a *KindError for what
// is no regular file, and those of the file system.
func Replace(path string, write func(io.Writer) error) (err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	before, err := os.Stat(path)
	if err == nil && !before.Mode().IsRegular() {
		return &KindError{Name: filepath.Base(path)}
	}
	there := err == nil
	// The name does not hold that of the file, which may be as long as the system allows.
	part := filepath.Join(filepath.Dir(path), ".fotabench-"+rand.Text())
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return named(err, path)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part) // given up for a better reason
			err = named(err, path)
		}
	}()
	if there {
		err = f.Chmod(before.Mode().Perm())
	}
	if err == nil {
		err = write(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := replace(part, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
