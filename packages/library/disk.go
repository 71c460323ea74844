package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// The names in a library's folder.
const (
	markerName = "library.json"
	lockStem   = "library"
	lockName   = lockStem + ".lock"
	objects    = "objects"
	live       = "packages"
	trash      = "trash"
	aside      = "aside"
	incoming   = "incoming"
	probeName  = "probe"
)

// maxEntry bounds the file of an entry, in bytes.
const maxEntry = 1 << 20

var errNoMarker = errors.New("the folder is not a library any more")

// folderFormat is the version of how a library's folder is laid out.
const folderFormat = 1

// marker is library.json, which tells a library from an empty mount point.
type marker struct {
	Format int `json:"format"`
}

// marked tells whether the folder is still the library, of a format we know.
func (l *Library) marked() error {
	text, err := durable.Read(filepath.Join(l.dir, markerName), maxEntry)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoMarker, err)
	}
	var m marker
	switch err := json.Unmarshal(text, &m); {
	case err != nil || m.Format < 1:
		return errNoMarker
	case m.Format > folderFormat:
		return &packages.Error{Op: "open library", Code: Newer, Args: []any{l.dir}}
	}
	return nil
}

// ours are the names that only a library has in its folder.
func ours(name string) bool {
	return slices.Contains([]string{markerName, lockName, objects, live, trash, aside, incoming}, name)
}

// gone is the refusal of a library that is not there, or that is there and has lost its
// marker.
func (l *Library) gone(op string, err error) error {
	code := Gone
	names, _ := os.ReadDir(l.dir) // where that fails, nothing of it is to be seen
	if slices.ContainsFunc(names, func(n fs.DirEntry) bool { return ours(n.Name()) }) {
		code = Unmarked
	}
	return &packages.Error{Op: op, Code: code, Args: []any{l.dir}, Err: err}
}

// adopt makes the folder a library if it is new, empty or has lost its marker. Where only
// a look is wanted, errNoMarker says that it is none.
func (l *Library) adopt() error {
	err := l.marked()
	var newer *packages.Error
	if err == nil || errors.As(err, &newer) {
		return err
	}
	absent := err
	if !l.opts.Look {
		if err := os.MkdirAll(l.dir, 0o700); err != nil {
			return err
		}
	}
	names, err := os.ReadDir(l.dir)
	switch {
	case l.opts.Look && errors.Is(err, fs.ErrNotExist):
		return absent
	case err != nil:
		return err
	}
	code := NoticeMade
	for _, n := range names {
		switch {
		case ours(n.Name()):
			code = NoticeMarked
		case !strings.HasPrefix(n.Name(), "."):
			return &packages.Error{Op: "open library", Code: Foreign, Args: []any{l.dir}}
		}
	}
	if l.opts.Look {
		return absent
	}
	text, err := json.Marshal(marker{Format: folderFormat})
	if err != nil {
		return err
	}
	if err := durable.Write(filepath.Join(l.dir, markerName), text); err != nil {
		return err
	}
	l.notice(code, l.dir)
	return nil
}

// locked runs do while no other program writes to the library.
func (l *Library) locked(ctx context.Context, op string, do func() error) error {
	if err := l.marked(); err != nil {
		var newer *packages.Error
		if errors.As(err, &newer) {
			return err
		}
		return l.gone(op, err)
	}
	err := durable.Locked(ctx, filepath.Join(l.dir, lockStem), do)
	switch {
	case errors.Is(err, durable.ErrBusy):
		return &packages.Error{Op: op, Code: Busy, Args: []any{l.dir}, Err: err}
	case ctx.Err() != nil && err != nil && errors.Is(err, context.Cause(ctx)):
		return fmt.Errorf("packages: %s: %w", op, err)
	}
	return l.trouble(op, err)
}

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
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		_ = os.Remove(free.Name()) // a folder takes the place of no file
	}
	if err := durable.Move(path, free.Name()); err != nil {
		_ = os.Remove(free.Name()) // given up for a better reason
		return "", err
	}
	return filepath.Join(aside, filepath.Base(free.Name())), nil
}
