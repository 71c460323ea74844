package durable

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace makes the file at path of what write gives, for others to read as the system
// lets them. Until all of it is on the disk the file that is there stays as it is: it is
// replaced whole, or not at all. What it keeps of that file are its mode, and its owner and
// group where the system lets it; in a group of its own the new file is not for those who
// could read it by group alone. Other lists of who may read it, and other names of the same
// file, are not kept. Where path is a link, what it leads to is replaced. Errors: those of
// write; fs.ErrPermission for a file that may not be written; a *KindError for what is no
// regular file, a link that leads nowhere too; and those of the file system. What is left
// when the program is killed is swept by the next Export or Replace into the folder.
func Replace(path string, write func(io.Writer) error) error {
	path, before, err := replaced(path)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o666)
	if before != nil {
		mode = before.Mode().Perm()
	}
	p, err := newPart(filepath.Dir(path), mode)
	if err != nil {
		return named(err, path)
	}
	if before != nil {
		err = allow(p, heir(p.File, before))
	}
	if err == nil {
		err = write(p)
	}
	return p.become(path, err)
}

// replaced is the file that path leads to, nil where there is none yet, and its own path;
// what may not be replaced is an error.
func replaced(path string) (string, fs.FileInfo, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		if at, err := os.Lstat(path); err == nil && at.Mode()&fs.ModeSymlink != 0 {
			return path, nil, &KindError{Name: filepath.Base(path), Written: true}
		}
		return path, nil, nil // what is wrong with it is told when it is made
	}
	before, err := os.Stat(real)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return real, nil, nil
	case err != nil:
		return real, nil, err
	case !before.Mode().IsRegular():
		return real, nil, &KindError{Name: filepath.Base(real), Written: true}
	case before.Mode()&0o200 == 0: // which holds for root too
		return real, nil, &fs.PathError{Op: "open", Path: real, Err: fs.ErrPermission}
	}
	f, err := os.OpenFile(real, os.O_WRONLY, 0) // the system says whether this user may write it
	if err != nil {
		return real, nil, err
	}
	return real, before, f.Close()
}

// moded is a file with a mode.
type moded interface {
	Chmod(mode fs.FileMode) error
	Stat() (fs.FileInfo, error)
}

// allow gives a file its mode. Some file systems keep none: that is an error only where more
// people could read or write the file than should.
func allow(f moded, mode fs.FileMode) error {
	refused := f.Chmod(mode)
	if refused == nil {
		return nil
	}
	at, err := f.Stat()
	if err != nil || at.Mode().Perm()&^mode != 0 {
		return cmp.Or(err, refused)
	}
	return nil
}
