package library

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fotabench/packages"
	"fotabench/packages/durable"
)

const (
	// Keep is how long a removed package can be brought back at least.
	Keep = 30 * 24 * time.Hour
	// doubt is how long after the trash was first found to be old enough it is
	// emptied: a clock that jumped ahead is set right until then.
	doubt = 24 * time.Hour
)

// Remove moves a package into the trash; Undo brings it back. Errors: Unknown; InUse
// for a package that something under way needs; EntryNewer where a newer version of the
// program put it into the trash before.
func (l *Library) Remove(ctx context.Context, id string) error {
	known, err := l.Find(id)
	if err != nil {
		return err
	}
	if l.opts.InUse != nil && l.opts.InUse(known.ID) {
		return refuse("remove", known.Name(), InUse)
	}
	return l.locked(ctx, "remove", func() error {
		e, err := l.load(live, known.ID)
		if errors.Is(err, fs.ErrNotExist) {
			return refuse("remove", known.Name(), Unknown)
		}
		if err != nil {
			return err
		}
		now := l.opts.Now()
		e.Removed = &now
		if err := l.recall(e); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(l.dir, trash), 0o700); err != nil {
			return err
		}
		if _, err := l.store(trash, e); err != nil {
			return err
		}
		return l.drop(live, e.ID)
	})
}

// recall adds to an entry that goes to the trash what lies there of it, removed before and
// imported again since. Errors: EntryNewer for what must stay as it is.
func (l *Library) recall(e *Entry) error {
	path := l.entryFile(trash, e.ID)
	before, err := l.load(trash, e.ID)
	switch {
	case err == nil:
		return e.inherit(before)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case codeOf(err) != EntryDamaged:
		return err
	}
	where, err := l.setAside(path)
	if err == nil {
		l.notice(NoticeAside, filepath.Base(path), where)
	}
	return err
}

// inherit is merge with what a person said, where nobody said so of e since.
func (e *Entry) inherit(removed *Entry) error {
	if err := e.merge(removed); err != nil {
		return err
	}
	if e.Typed == nil {
		e.Typed = removed.Typed
	}
	if e.Released == nil {
		e.Released = removed.Released
	}
	return nil
}

// Undo brings a package back from the trash, with its release and all that was typed.
// If it was imported anew since, what the trash knows is added to that.
func (l *Library) Undo(ctx context.Context, id string) (*Entry, error) {
	known, err := l.FindRemoved(id)
	if err != nil {
		return nil, err
	}
	var back *Entry
	err = l.locked(ctx, "undo", func() error {
		e, err := l.load(trash, known.ID)
		if errors.Is(err, fs.ErrNotExist) {
			return refuse("undo", known.Name(), NotRemoved)
		}
		if err != nil {
			return err
		}
		e.Removed, e.Due = nil, nil
		now, err := l.load(live, e.ID)
		if twin := l.twin(e); errors.Is(err, fs.ErrNotExist) && twin != nil && e.unordered() {
			now, err = l.load(live, twin.ID)
		}
		switch {
		case err == nil:
			if err := now.inherit(e); err != nil {
				return err
			}
			e = now
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		if back, err = l.store(live, e); err != nil {
			return err
		}
		return l.drop(trash, known.ID)
	})
	return back, err
}

// Empty deletes for good what was removed; ids none means all of it. Bytes go when
// no package that is left has them. What an upgrade or a plan under way needs stays, and all
// else goes: the error, InUse, then names it.
func (l *Library) Empty(ctx context.Context, ids ...string) error {
	wanted := map[string]bool{}
	for _, id := range ids {
		e, err := l.FindRemoved(id)
		if err != nil {
			return err
		}
		wanted[e.ID] = true
	}
	return l.locked(ctx, "empty trash", func() error {
		gone, _, err := l.readAll(trash)
		if err != nil {
			return err
		}
		gone, left, err := l.spare(slices.DeleteFunc(gone, func(e *Entry) bool { return len(ids) > 0 && !wanted[e.ID] }))
		if err == nil {
			err = l.erase(gone)
		}
		if err == nil && len(left) > 0 {
			err = refuse("empty trash", strings.Join(left, ", "), InUse)
		}
		return err
	})
}

// spare takes off what something under way needs, and names it: entries that a plan needs, and
// entries of which another program or an upgrade here uses bytes that would go. It runs under
// the lock.
func (l *Library) spare(gone []*Entry) (free []*Entry, left []string, err error) {
	kept, _, err := l.readAll(live)
	if err != nil {
		return nil, nil, err
	}
	there, needed := map[string]bool{}, map[string]bool{}
	for _, e := range kept {
		there[e.ID] = true
		for _, f := range e.Files {
			needed[f.Digests[packages.SHA256]] = true
		}
	}
	used := func(f File) bool {
		sum := f.Digests[packages.SHA256]
		return !needed[sum] && !durable.Free(l.object(sum))
	}
	for _, e := range gone {
		planned := !there[e.ID] && l.opts.InUse != nil && l.opts.InUse(e.ID)
		if planned || slices.ContainsFunc(e.Files, used) {
			left = append(left, e.Name())
			continue
		}
		free = append(free, e)
	}
	return free, left, nil
}

// expire empties what lay in the trash for Keep. It runs under the lock.
func (l *Library) expire(ctx context.Context) error {
	gone, _, err := l.readAll(trash)
	if err != nil {
		return err
	}
	now := l.opts.Now()
	var over []*Entry
	for _, e := range gone {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		due, err := l.due(e, now)
		if err != nil {
			return err
		}
		if due {
			over = append(over, e)
		}
	}
	over, _, err = l.spare(over) // the rest goes another time
	if err != nil {
		return err
	}
	for _, e := range over {
		l.notice(NoticeEmptied, e.Name())
	}
	return l.erase(over)
}

// due tells whether a removed entry may be deleted, and remembers since when it is old enough.
func (l *Library) due(e *Entry, now time.Time) (due bool, err error) {
	old := e.Removed != nil && now.Sub(*e.Removed) > Keep
	switch {
	case old && e.Due != nil && now.Sub(*e.Due) > doubt:
		return true, nil
	case old && (e.Due == nil || e.Due.After(now)), !old && e.Due != nil:
		e.Due = nil
		if old {
			e.Due = &now
		}
		_, err = l.store(trash, e)
	}
	return false, err
}

// erase deletes removed entries and the bytes that nothing else has. It runs under the
// lock. As long as an entry cannot be read, nobody knows which bytes it has, and all
// stay.
func (l *Library) erase(gone []*Entry) error {
	for _, e := range gone {
		if err := l.drop(trash, e.ID); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	needed, whole, err := l.needed()
	if err != nil || !whole {
		return err
	}
	for _, e := range gone {
		for _, f := range e.Files {
			path := l.object(f.Digests[packages.SHA256])
			if needed[filepath.Base(path)] {
				continue
			}
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			_ = os.Remove(filepath.Dir(path)) // fails unless it is empty
		}
	}
	return nil
}

// needed are the SHA-256s that entries have; whole is false if some cannot be read.
func (l *Library) needed() (sums map[string]bool, whole bool, err error) {
	sums = map[string]bool{}
	for _, name := range []string{live, trash} {
		entries, all, err := l.readAll(name)
		if err != nil || !all {
			return nil, false, err
		}
		for _, e := range entries {
			for _, f := range e.Files {
				sums[f.Digests[packages.SHA256]] = true
			}
		}
	}
	return sums, true, nil
}

// readAll reads all entries of a folder from the disk; whole is false if one of them
// cannot be read.
func (l *Library) readAll(name string) (entries []*Entry, whole bool, err error) {
	names, err := os.ReadDir(filepath.Join(l.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	whole = true
	for _, n := range names {
		id, ok := strings.CutSuffix(n.Name(), ".json")
		if !ok {
			continue
		}
		e, err := l.load(name, id)
		if err != nil {
			whole = false
			continue
		}
		entries = append(entries, e)
	}
	return entries, whole, nil
}
