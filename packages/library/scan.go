package library

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"fotabench/packages/durable"
)

const (
	// pollEvery is how often Watch looks for what other programs changed.
	pollEvery = 2 * time.Second
	// fullEvery is how many looks at the folders' dates go to one look at each file,
	// since a file that is edited in place leaves its folder's date alone.
	fullEvery = 15
	// grain is the coarsest date that a file system keeps (FAT: 2 s): what is
	// younger may change again without a new date.
	grain = 2 * time.Second
)

// Refresh reads what other programs changed. Errors: *packages.Error with Gone or
// Unmarked if the folder is no library any more; what was there before then stays in View.
func (l *Library) Refresh(ctx context.Context) error { return l.refresh(ctx, true) }

// refresh reads the folders; unless full, only those whose date changed.
func (l *Library) refresh(ctx context.Context, full bool) error {
	torn, err := l.scan(full)
	if err != nil {
		return err
	}
	return l.clear(ctx, torn)
}

// scan is refresh without setting aside what is torn.
func (l *Library) scan(full bool) (torn []string, err error) {
	l.scanning.Lock()
	defer l.scanning.Unlock()
	err = l.marked()
	if err != nil && codeOf(err) == "" {
		err = l.gone("read library", err)
	}
	for _, name := range []string{live, trash} {
		if err != nil {
			break
		}
		var found []string
		found, err = l.reread(name, full)
		torn = append(torn, found...)
	}
	l.mu.Lock()
	if (err == nil) != (l.err == nil) {
		l.wake()
	}
	l.err = err
	l.mu.Unlock()
	return torn, err
}

// reread reads the entries of one folder anew and gives those that are damaged.
func (l *Library) reread(name string, full bool) (torn []string, err error) {
	dir := filepath.Join(l.dir, name)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, l.fill(name, room{}) // nothing was ever removed, or read-only
	case err != nil:
		return nil, l.trouble("read library", err)
	}
	date := info.ModTime()
	if young(date) {
		date = time.Time{} // look again
	}
	l.mu.Lock()
	before := *l.rooms[name]
	l.mu.Unlock()
	if !full && !before.date.IsZero() && before.date.Equal(date) {
		return nil, nil
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, l.trouble("read library", err)
	}
	now := room{held: make(map[string]held, len(names)), date: date}
	for _, n := range names {
		id, ok := strings.CutSuffix(n.Name(), ".json")
		if !ok || strings.HasPrefix(n.Name(), ".") {
			continue
		}
		h, damaged := readHeld(filepath.Join(dir, n.Name()), before.held[id])
		if damaged {
			torn = append(torn, filepath.Join(dir, n.Name()))
		}
		if h.entry != nil {
			now.held[id] = h
		}
	}
	return torn, l.fill(name, now)
}

// young tells whether what has this date may change again without a new one: it is of this
// moment, or of one that is still to come, as where a server's clock is ahead of ours.
func young(date time.Time) bool { return time.Since(date) < grain }

// readHeld reads an entry's file, unless it is as it was.
func readHeld(path string, before held) (h held, damaged bool) {
	info, err := os.Stat(path)
	if err != nil {
		return held{}, false // just removed
	}
	h = held{size: info.Size(), date: info.ModTime()}
	if before.entry != nil && !young(h.date) && before.size == h.size && before.date.Equal(h.date) && before.entry.Unreadable != EntryDamaged {
		return before, false
	}
	text, err := durable.Read(path, maxEntry)
	if errors.Is(err, fs.ErrNotExist) {
		return held{}, false
	}
	if err == nil {
		h.entry, err = readEntry(text)
	}
	if err == nil && h.entry.ID+".json" != filepath.Base(path) {
		err = errDamaged
	}
	switch {
	case err == nil:
		return h, false
	case errors.Is(err, errNewer):
		h.entry = unreadable(path, EntryNewer)
		return h, false
	}
	h.entry = unreadable(path, EntryDamaged)
	return h, errors.Is(err, errDamaged) || errors.Is(err, durable.ErrLarge)
}

// fill takes over what a folder holds, and tells those who watch if it differs.
func (l *Library) fill(name string, now room) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.rooms[name]
	differs := len(before.held) != len(now.held)
	for id, h := range now.held {
		old, ok := before.held[id]
		if ok && old.size == h.size && old.date.Equal(h.date) && (old.entry == h.entry || reflect.DeepEqual(old.entry, h.entry)) {
			continue // as it was, or young and read again
		}
		differs = true
	}
	if !differs {
		before.date = now.date
		return nil
	}
	l.rooms[name] = &now
	l.wake()
	return nil
}

// clear sets aside entries that are damaged, after another look under the lock. Where
// nothing can be written they stay, and are shown as damaged.
func (l *Library) clear(ctx context.Context, torn []string) error {
	if len(torn) == 0 {
		return nil
	}
	moved := false
	err := l.locked(ctx, "set aside", func() error {
		for _, path := range torn {
			if _, damaged := readHeld(path, held{}); !damaged {
				continue
			}
			where, err := l.setAside(path)
			if err != nil {
				return err
			}
			moved = true
			l.notice(NoticeAside, filepath.Base(path), where)
		}
		return nil
	})
	if moved {
		return l.Refresh(ctx)
	}
	if ctx.Err() != nil {
		return err
	}
	return nil
}

// Watch calls see with what the library holds, and again after each change, whoever
// made it, until ctx ends; it then returns context.Cause(ctx). see is called from this
// goroutine and never after Watch returned; a slow one misses steps in between and
// never the last. A folder that vanishes is told in View.Err, and heals by itself.
func (l *Library) Watch(ctx context.Context, see func(View)) error {
	ticks := time.NewTicker(pollEvery)
	defer ticks.Stop()
	for looks := 0; ; {
		l.mu.Lock()
		changed := l.changed
		l.mu.Unlock()
		see(l.View())
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-changed:
				waiting = false
			case <-ticks.C:
				looks++
				if err := l.refresh(ctx, looks%fullEvery == 0); err != nil && codeOf(err) == "" {
					return err
				}
			}
		}
	}
}
