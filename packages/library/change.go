package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// load reads an entry as it is on the disk now. It runs under the lock.
func (l *Library) load(where, id string) (*Entry, error) {
	path := l.entryFile(where, id)
	text, err := durable.Read(path, maxEntry)
	if err != nil {
		return nil, err
	}
	e, err := readEntry(text)
	switch {
	case errors.Is(err, errNewer):
		return nil, refuse("read entry", filepath.Base(path), EntryNewer)
	case err != nil || e.ID != id:
		return nil, refuse("read entry", filepath.Base(path), EntryDamaged)
	}
	return e, nil
}

// store writes an entry. It runs under the lock.
func (l *Library) store(where string, e *Entry) (*Entry, error) {
	text, err := e.encode()
	if err != nil {
		return nil, err
	}
	read, err := readEntry(text) // never writes what cannot be read again
	if err == nil && len(text) > maxEntry {
		err = durable.ErrLarge
	}
	if err != nil {
		return nil, fmt.Errorf("packages: entry %s: %w", e.ID, err)
	}
	e = read
	path := l.entryFile(where, e.ID)
	if err := durable.Write(path, text); err != nil {
		return nil, err
	}
	l.show(where, e.ID, path, e)
	return e, nil
}

// drop removes an entry's file. It runs under the lock.
func (l *Library) drop(where, id string) error {
	path := l.entryFile(where, id)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l.show(where, id, path, nil)
	return durable.Sync(filepath.Dir(path))
}

// show tells who watches what was written; nil: it is gone.
func (l *Library) show(where, id, path string, e *Entry) {
	l.scanning.Lock()
	defer l.scanning.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	now := room{held: maps.Clone(l.rooms[where].held)}
	if now.held == nil {
		now.held = map[string]held{}
	}
	delete(now.held, id)
	if info, err := os.Stat(path); err == nil && e != nil {
		now.held[id] = held{e, info.Size(), info.ModTime()}
	}
	l.rooms[where] = &now
	l.wake()
}

// change makes a new entry of the one on the disk. do may refuse.
func (l *Library) change(ctx context.Context, op, id string, do func(e *Entry) error) (*Entry, error) {
	known, err := l.Find(id)
	if err != nil {
		return nil, err
	}
	var changed *Entry
	err = l.locked(ctx, op, func() error {
		e, err := l.load(live, known.ID)
		if errors.Is(err, fs.ErrNotExist) {
			return refuse(op, known.Name(), Unknown)
		}
		if err != nil {
			return err
		}
		if err := do(e); err != nil {
			return err
		}
		changed, err = l.store(live, e)
		return err
	})
	return changed, err
}

// Edit replaces what a person says about a package; fields that are left open are what
// the manifests say, so that the zero Manifest takes all back. by names the person. Who types
// that it is a delta types for which version, too, unless a manifest says so; what the
// manifests alone lack may stay open.
// Errors: *packages.Error with BadTypedField for a value that cannot be, Unknown, and what
// the file system said.
func (l *Library) Edit(ctx context.Context, id, by string, typed packages.Manifest) (*Entry, error) {
	typed.Source = packages.SourceTyped
	typed, err := typed.Checked()
	if err != nil {
		return nil, err
	}
	return l.change(ctx, "edit", id, func(e *Entry) error {
		e.Typed = &Typed{By: cut(by), At: l.opts.Now(), Manifest: typed}
		if (Claim{Manifest: typed}).same(Claim{}) {
			e.Typed = nil
		}
		m, err := e.Manifest().Checked()
		if err == nil && typed.Kind == packages.Delta && slices.Contains(m.Lacks(), packages.FieldSource) {
			err = &packages.Error{Op: "edit", Code: packages.BadTypedField, Args: []any{packages.FieldSource, ""}}
		}
		return err
	})
}

// State replaces the digests that a person typed for one of a package's files; none
// takes them back. Those that sidecars and manifests state stay.
func (l *Library) State(ctx context.Context, id string, file int, typed ...packages.Expected) (*Entry, error) {
	return l.change(ctx, "edit", id, func(e *Entry) error {
		if file < 0 || file >= len(e.Files) {
			return refuse("edit", e.Name(), packages.NoFiles)
		}
		f := &e.Files[file]
		var kept []Expected
		for _, x := range f.Expected {
			if x.Source != packages.SourceTyped {
				kept = append(kept, x)
			}
		}
		for _, x := range typed {
			kept = append(kept, Expected{x.Algorithm, x.Hex, packages.SourceTyped, l.opts.Now()})
		}
		f.Expected = kept
		return nil
	})
}

// Release marks a package as allowed for the field. Both by and reason must be given.
// Refused is one whose bytes or manifests are in doubt or lack what an upgrade needs:
// NotGreen, Disputed, packages.NoSource, NoReason.
func (l *Library) Release(ctx context.Context, id, by, reason string) (*Entry, error) {
	by, reason = cut(by), cut(reason)
	if by == "" || reason == "" {
		return nil, &packages.Error{Op: "release", Code: NoReason}
	}
	return l.change(ctx, "release", id, func(e *Entry) error {
		if err := e.usable("release"); err != nil {
			return err
		}
		if e.Trust().Level == packages.Red {
			return refuse("release", e.Name(), NotGreen)
		}
		if err := e.describe(nil).Complete(); err != nil {
			return err
		}
		e.Released = &Release{By: by, At: l.opts.Now(), Reason: reason}
		return nil
	})
}

// Withdraw takes a release back.
func (l *Library) Withdraw(ctx context.Context, id string) (*Entry, error) {
	return l.change(ctx, "withdraw", id, func(e *Entry) error {
		e.Released = nil
		return nil
	})
}

// usable refuses an entry whose bytes are known to be wrong or whose manifests
// contradict each other.
func (e *Entry) usable(op string) error {
	if e.Unreadable != "" {
		return refuse(op, e.Files[0].Name, e.Unreadable)
	}
	if e.Checked != nil && !e.Checked.OK {
		return refuse(op, e.Checked.File, e.Checked.Problem)
	}
	if d := e.Disputes(); len(d) > 0 {
		return refuse(op, e.Name(), Disputed, d[0].Field, d[0].Value, d[0].Source, d[0].Other, d[0].OtherSource)
	}
	return nil
}

// cut bounds a text that a person typed.
func cut(text string) string {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return text
}
