// Package durable keeps small files of settings: a write that survives a loss of power,
// a read with a bound, and a turn for each of several programs that change one file.
// It knows nothing of what the files say.
package durable

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	// otherWriter is how long another program may hold the file before we give up.
	otherWriter = 10 * time.Second
	// lockRetry is the pause between two looks at the lock.
	lockRetry = 20 * time.Millisecond
	// scanners is how long a virus scanner may hold a file that is to be replaced.
	scanners = time.Second
)

var (
	// ErrLarge says that a file has more bytes than its reader allows.
	ErrLarge = errors.New("larger than allowed")
	// ErrBusy says that another program did not let go of the file in time.
	ErrBusy = errors.New("another program holds it")
	// ErrKind says that a name is of a folder, a pipe or a device and not of a file.
	ErrKind = errors.New("not a regular file")
)

// Write writes a file that only this user may read. After a loss of power there is the
// old text or the new one, whole. The folder must exist. A link to a file
// becomes the file itself, and what it led to stays as it is. Errors: a *KindError where path
// is or leads to a folder, a pipe, a socket or a device, which nothing is done to, or what
// the system says.
func Write(path string, text []byte) error {
	if special(path) {
		return &KindError{Name: filepath.Base(path), Written: true}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return named(err, path)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = replace(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // given up for a better reason
		return named(err, path)
	}
	return syncFolder(filepath.Dir(path))
}

// special tells whether path is or leads to a folder, a pipe, a socket or a device.
func special(path string) bool {
	const others = fs.ModeDir | fs.ModeNamedPipe | fs.ModeSocket | fs.ModeDevice | fs.ModeCharDevice
	info, err := os.Stat(path)
	return err == nil && info.Mode()&others != 0
}

// named is err about path, which a person knows, and not about a file on the way to it.
func named(err error, path string) error {
	var of *fs.PathError
	var between *os.LinkError // of a rename
	switch {
	case errors.As(err, &of):
		return &fs.PathError{Op: of.Op, Path: path, Err: of.Err}
	case errors.As(err, &between):
		return &fs.PathError{Op: between.Op, Path: path, Err: between.Err}
	}
	return err
}

// replace renames; on Windows a virus scanner or a reader may be in the way for a
// moment.
func replace(from, to string) error {
	for began := time.Now(); ; time.Sleep(lockRetry) {
		err := os.Rename(from, to)
		if !errors.Is(err, fs.ErrPermission) || time.Since(began) > scanners {
			return err
		}
	}
}

// KindError names what is no regular file. It is an ErrKind.
type KindError struct {
	// Name is the base name.
	Name string
	// Written is true where it was to be written, not read.
	Written bool
}

// Error is lower case: name, cause.
func (e *KindError) Error() string { return fmt.Sprintf("%q: %v", e.Name, ErrKind) }

// Unwrap gives ErrKind.
func (e *KindError) Unwrap() error { return ErrKind }

// Open opens a regular file for reading. A pipe would wait for somebody to write, and
// nobody could end that. Errors: a *KindError, or what the system says.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &KindError{Name: filepath.Base(path)}
	}
	return os.Open(path)
}

// Read reads a regular file of at most bound bytes. Errors: ErrLarge, ErrKind, or what
// the system says.
func Read(path string, bound int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, bound+1))
	if err == nil && int64(len(text)) > bound {
		return nil, fmt.Errorf("%q: %w", filepath.Base(path), ErrLarge)
	}
	return text, err
}

// Locked makes the folder of path and runs do while no other program is in Locked for
// the same path. Errors: ErrBusy, context.Cause(ctx), or those of do.
func Locked(ctx context.Context, path string, do func() error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, otherWriter)
	defer cancel()
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	got, err := lock.TryLockContext(waiting, lockRetry)
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded), err == nil && !got:
		err = fmt.Errorf("%q: %w", filepath.Base(path), ErrBusy)
	case err == nil:
		err = do()
	}
	return errors.Join(err, lock.Close())
}
