package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// Package makes an entry ready for an upgrade. Its files carry their own names; the
// paths lead to the bytes in the library, which nobody may change. Bytes whose size
// and date are as they were when they were last proved are taken for the same, since
// whoever sends them proves them again (packages.Stream, packages.Contents); others are
// read and compared first. Errors: Unknown; Altered, Lost, Disputed and EntryDamaged for
// what must not be used; context.Cause(ctx).
func (l *Library) Package(ctx context.Context, id string) (*packages.Package, error) {
	e, err := l.Find(id)
	if err != nil {
		return nil, err
	}
	if err := e.usable("use package"); err != nil {
		return nil, err
	}
	if !l.fresh(e) {
		check, err := l.Verify(ctx, e.ID, nil)
		if err != nil {
			return nil, err
		}
		if !check.OK {
			return nil, refuse("use package", check.File, check.Problem)
		}
	}
	return e.describe(l.object), nil
}

// Has tells whether the package with this ID is there now: not in the trash, whoever moved
// it there, nor on a drive that was taken out. Nobody looks at its bytes.
func (l *Library) Has(id string) bool {
	e, err := l.Find(id)
	if err == nil {
		_, err = os.Stat(filepath.Join(l.dir, live, e.ID+".json"))
	}
	return err == nil
}

// fresh tells whether all objects look as when they were last proved.
func (l *Library) fresh(e *Entry) bool {
	for _, f := range e.Files {
		info, err := os.Stat(l.object(f.Digests[packages.SHA256]))
		if err != nil || info.Size() != f.Size || !info.ModTime().Equal(f.Modified) {
			return false
		}
	}
	return true
}

// Verify reads all bytes of a package again and compares them with their SHA-256. The
// result is remembered where the library can be written to. Bytes that were altered
// are moved into the folder aside and never used again; to import the package once
// more brings it back. progress, if not nil, is told bytes, from this goroutine. The
// error is not nil only if nothing could be found out: Unknown, an entry that cannot be
// read, a file that cannot be, context.Cause(ctx).
func (l *Library) Verify(ctx context.Context, id string, progress func(done, total int64)) (Check, error) {
	e, err := l.Find(id)
	if err != nil {
		return Check{}, err
	}
	if e.Unreadable != "" {
		return Check{}, refuse("verify", e.Files[0].Name, e.Unreadable)
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	check := Check{OK: true}
	proved := e.clone()
	var done int64
	for i := range proved.Files {
		f := &proved.Files[i]
		problem, err := l.prove(ctx, f, func(n int64) { progress(done+n, e.Size()) })
		if err != nil {
			return Check{}, err
		}
		if problem != "" && check.OK {
			check.OK, check.Problem, check.File = false, problem, f.Name
		}
		done += f.Size
	}
	check.At = l.opts.Now()
	err = l.conclude(ctx, proved, check)
	if code := codeOf(err); code == ReadOnly || code == Full || code == Busy {
		err = nil // found out, and not remembered
	}
	return check, err
}

// prove compares an object with its SHA-256 and keeps the date at which it was right.
func (l *Library) prove(ctx context.Context, f *File, progress func(done int64)) (packages.Code, error) {
	file, err := durable.Open(l.object(f.Digests[packages.SHA256]))
	switch {
	case errors.Is(err, durable.ErrKind):
		return Altered, nil // a folder or a pipe has its name
	case errors.Is(err, fs.ErrNotExist) && l.marked() == nil:
		return Lost, nil
	case err != nil:
		return "", l.trouble("verify", err)
	}
	defer file.Close()
	before, err := file.Stat()
	if err != nil {
		return "", l.trouble("verify", err)
	}
	sum, n, err := hashed(ctx, io.LimitReader(file, f.Size+1), progress)
	if ctx.Err() != nil {
		return "", fmt.Errorf("packages: verify %q: %w", f.Name, context.Cause(ctx))
	}
	if err != nil {
		return "", l.trouble("verify", err)
	}
	if n != f.Size || sum != f.Digests[packages.SHA256] {
		return Altered, nil
	}
	f.Modified = before.ModTime()
	return "", nil
}

// hashed reads r and gives its SHA-256 and length.
func hashed(ctx context.Context, r io.Reader, progress func(done int64)) (sum string, n int64, err error) {
	h, buf := sha256.New(), make([]byte, 256<<10)
	for ctx.Err() == nil {
		k, err := r.Read(buf)
		h.Write(buf[:k])
		n += int64(k)
		progress(n)
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)), n, nil
		}
		if err != nil {
			return "", n, err
		}
	}
	return "", n, context.Cause(ctx)
}

// conclude remembers a check and moves altered bytes aside.
func (l *Library) conclude(ctx context.Context, proved *Entry, check Check) error {
	_, err := l.change(ctx, "verify", proved.ID, func(e *Entry) error {
		e.Checked = &check
		for i := range e.Files {
			if proved.Files[i].Modified.After(e.Files[i].Modified) || check.OK {
				e.Files[i].Modified = proved.Files[i].Modified
			}
		}
		if check.OK {
			return nil
		}
		return l.quarantine(ctx, e)
	})
	return err
}

// quarantine moves the objects of an entry that are wrong into the folder aside, after
// another look under the lock: an import may have healed them.
func (l *Library) quarantine(ctx context.Context, e *Entry) error {
	wrong := false
	for i := range e.Files {
		f := &e.Files[i]
		problem, err := l.prove(ctx, f, func(int64) {})
		if err != nil {
			return err
		}
		wrong = wrong || problem != ""
		if problem != Altered {
			continue
		}
		path := l.object(f.Digests[packages.SHA256])
		where, err := l.setAside(path)
		if err != nil {
			return err
		}
		l.notice(NoticeAside, f.Name, where)
	}
	if !wrong {
		e.Checked = &Check{At: l.opts.Now(), OK: true}
	}
	return nil
}
