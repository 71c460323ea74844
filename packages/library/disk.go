package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"fotabench/packages"
)

// The names in a library's folder.
const (
	markerName = "library.json"
	lockName   = "library.lock"
	objects    = "objects"
	live       = "packages"
	trash      = "trash"
	aside      = "aside"
	incoming   = "incoming"
	newPrefix  = ".new-"
)

const (
	// maxEntry bounds the file of an entry, in bytes.
	maxEntry = 1 << 20
	// otherWriter is how long another program may write before we give up.
	otherWriter = 10 * time.Second
	// lockRetry is the pause between two looks at the lock.
	lockRetry = 20 * time.Millisecond
	// scanners is how long a virus scanner may hold a file that is to be replaced.
	scanners = time.Second
)

var errNoMarker = errors.New("the folder is not a library any more")

// marker is library.json, which tells a library from an empty mount point.
type marker struct {
	Format int `json:"format"`
}

// marked tells whether the folder is still the library, of a format we know.
func (l *Library) marked() error {
	text, err := readBounded(filepath.Join(l.dir, markerName), maxEntry)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoMarker, err)
	}
	var m marker
	switch err := json.Unmarshal(text, &m); {
	case err != nil || m.Format < 1:
		return errNoMarker
	case m.Format > Format:
		return &packages.Error{Op: "open library", Code: Newer, Args: []any{l.dir}}
	}
	return nil
}

// adopt makes the folder a library if it is new, empty or has lost its marker.
func (l *Library) adopt() error {
	err := l.marked()
	var newer *packages.Error
	if err == nil || errors.As(err, &newer) {
		return err
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	names, err := os.ReadDir(l.dir)
	if err != nil {
		return err
	}
	ours := []string{markerName, lockName, objects, live, trash, aside, incoming}
	for _, n := range names {
		if !strings.HasPrefix(n.Name(), ".") && !slices.Contains(ours, n.Name()) {
			return &packages.Error{Op: "open library", Code: Foreign, Args: []any{l.dir}}
		}
	}
	text, err := json.Marshal(marker{Format: Format})
	if err != nil {
		return err
	}
	return durable(filepath.Join(l.dir, markerName), text)
}

// locked runs do while no other program writes to the library.
func (l *Library) locked(ctx context.Context, op string, do func() error) error {
	if err := l.marked(); err != nil {
		var newer *packages.Error
		if errors.As(err, &newer) {
			return err
		}
		return &packages.Error{Op: op, Code: Gone, Args: []any{l.dir}, Err: err}
	}
	waiting, cancel := context.WithTimeout(ctx, otherWriter)
	defer cancel()
	lock := flock.New(filepath.Join(l.dir, lockName))
	got, err := lock.TryLockContext(waiting, lockRetry)
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("packages: %s: %w", op, context.Cause(ctx))
	case errors.Is(err, context.DeadlineExceeded), err == nil && !got:
		err = &packages.Error{Op: op, Code: Busy, Args: []any{l.dir}}
	case err == nil:
		err = do()
	}
	return l.trouble(op, errors.Join(err, lock.Close()))
}

// durable writes a file so that after a loss of power there is the old text or the
// new one, whole.
func durable(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), newPrefix+"*")
	if err != nil {
		return err
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
		return err
	}
	return syncFolder(filepath.Dir(path))
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

// readBounded reads a small file; one that is larger is an error.
func readBounded(path string, bound int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, bound+1))
	if err == nil && int64(len(text)) > bound {
		err = errLarge
	}
	return text, err
}

// errLarge says that a file of ours has a size that we never write.
var errLarge = errors.New("larger than any entry")

// object is where the bytes with this SHA-256 are.
func (l *Library) object(sum string) string {
	return filepath.Join(l.dir, objects, sum[:2], sum)
}

// entryFile is where an entry is, in live or trash.
func (l *Library) entryFile(room, id string) string {
	return filepath.Join(l.dir, room, id+".json")
}

// setAside moves a file that cannot be believed into the folder aside, under a name
// that is free, and gives that name.
func (l *Library) setAside(path string) (string, error) {
	folder := filepath.Join(l.dir, aside)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	free, err := os.CreateTemp(folder, filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	if err := free.Close(); err != nil {
		return "", err
	}
	if err := replace(path, free.Name()); err != nil {
		_ = os.Remove(free.Name()) // given up for a better reason
		return "", err
	}
	return filepath.Join(aside, filepath.Base(free.Name())), errors.Join(syncFolder(folder), syncFolder(filepath.Dir(path)))
}
