package updater

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"fotabench/packages/durable"
)

// file is a Journal in SQLite: write-ahead log, and every commit reaches the
// disk before it returns. Each stored event carries the SHA-256 of itself and its
// forerunner's, and each upgrade a seal over its record and its last event, in a chain
// with the upgrades before it: what was edited or taken out is noticed.
type file struct {
	db       *sql.DB
	instance string
	lock     *flock.Flock
	dir      string
	shelf    shelf
	gaps     gaps
	owed     owed
}

// OpenJournal opens or makes the journal in dir. One that is damaged is kept aside, what
// is readable of it is taken over, and notes say so for as long as it is kept there. One
// of a newer program is refused and left as it is. While the journal is open, other
// programs see its jobs as running. Errors are devices.Errors with a sentence each.
func OpenJournal(dir string) (Journal, []Note, error) {
	return openJournal(context.Background(), dir)
}

// openJournal is OpenJournal; with the end of ctx it no longer waits for other programs,
// nor goes on with a check or a rescue, and its error is context.Cause(ctx).
func openJournal(ctx context.Context, dir string) (Journal, []Note, error) {
	if dir == "" {
		return nil, nil, errors.New("journal: no data folder")
	}
	if err := os.MkdirAll(filepath.Join(dir, "running"), 0o700); err != nil {
		return nil, nil, openTrouble(dir, err)
	}
	f, err := openFile(ctx, dir)
	if ctx.Err() != nil {
		if err == nil {
			_ = f.Close() // nothing was written to it
		}
		// What it was interrupted at is of no interest.
		return nil, nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, nil, openTrouble(dir, err)
	}
	notices, err := f.notices()
	if err != nil {
		return nil, nil, errors.Join(openTrouble(dir, err), f.Close())
	}
	return f, notices, nil
}

// openTurns is how often a program waits for its turn, which durable.Locked bounds, while
// another one takes over what is readable of a large journal.
const openTurns = 6

// openFile opens the journal in dir while no other program does. One that is damaged
// gives its name to another file on the way; who opened it meanwhile would find none, make
// an empty one, or go on to write to what is put aside. The turn ends once this program
// counts as one that has the journal open.
func openFile(ctx context.Context, dir string) (f *file, err error) {
	path := filepath.Join(dir, journalName)
	for range openTurns {
		err = durable.Locked(ctx, path, func() error {
			f, err = openHeld(ctx, dir, path)
			return err
		})
		if !errors.Is(err, durable.ErrBusy) {
			break
		}
	}
	if err != nil && f != nil {
		err = errors.Join(err, f.Close())
	}
	return f, err
}

// openHeld opens the journal at path, and from then on holds a lock that says so.
func openHeld(ctx context.Context, dir, path string) (*file, error) {
	db, err := openUsable(ctx, path)
	if err != nil {
		return nil, err
	}
	instance, err := newID()
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	f := &file{db: db, instance: instance, dir: dir}
	f.lock = flock.New(f.lockPath(instance))
	if got, err := f.lock.TryLock(); err != nil || !got {
		return nil, errors.Join(fmt.Errorf("cannot lock %q: %w", f.lock.Path(), err), db.Close())
	}
	return f, nil
}

// notices tells what is wrong with the journal.
func (f *file) notices() ([]Note, error) {
	notices, err := rescued(f.db, f.dir)
	if err != nil {
		return nil, err
	}
	gone, err := f.gaps.missing(f.db)
	if err != nil {
		return nil, err
	}
	altered, err := f.shelf.altered(f.db)
	if err != nil {
		return nil, err
	}
	if gone > 0 {
		notices = append(notices, Note{Level: Warn, Code: NoteJournalMissing, Args: []any{gone}})
	}
	if n := f.blanks(); n > 0 {
		notices = append(notices, Note{Level: Warn, Code: NoteGiftsBlank, Args: []any{n}})
	}
	if altered > 0 {
		notices = append(notices, Note{Level: Warn, Code: NoteJournalAltered, Args: []any{altered}})
	}
	return notices, nil
}

func (f *file) lockPath(instance string) string {
	return filepath.Join(f.dir, "running", instance+".lock")
}

// Jobs implements Journal. A record that cannot be read is left out; how many there are
// is told when the journal is opened.
func (f *file) Jobs(limit int) ([]Record, error) {
	return f.shelf.newest(f.db, limit, f.alive, f.owes)
}

// alive tells whether the program that wrote as instance still runs: then it
// holds its lock.
func (f *file) alive(instance string) bool {
	if instance == f.instance {
		return true
	}
	path := f.lockPath(filepath.Base(instance))
	if _, err := os.Stat(path); err != nil {
		return false
	}
	probe := flock.New(path)
	got, err := probe.TryLock()
	if err != nil {
		return true // cannot tell: better not to meddle
	}
	if got {
		_ = os.Remove(path)
	}
	_ = probe.Close()
	return !got
}

// Events implements Journal. The events of an upgrade count as altered also when the
// record that they led to is not the one that was sealed, and when other upgrades are
// missing: nobody knows then what else was done.
func (f *file) Events(job string) ([]Event, bool, error) {
	events, altered, err := f.chained(job)
	if err != nil {
		return nil, false, err
	}
	var row sealedRow
	if _, err := row.scan(f.db.QueryRow(sealedQuery+"WHERE j.job = ?", job).Scan); err != nil {
		return nil, false, fmt.Errorf("journal: job %q: %w", job, err)
	}
	gone, err := f.gaps.missing(f.db)
	return events, altered || !row.whole() || gone > 0, err
}

// chained reads the events of a job; altered is true when their chain is broken.
func (f *file) chained(job string) (events []Event, altered bool, err error) {
	rows, err := f.db.Query("SELECT body, chain FROM events WHERE job = ? ORDER BY seq", job)
	if err != nil {
		return nil, false, fmt.Errorf("journal: %w", err)
	}
	defer rows.Close()
	var last string
	for rows.Next() {
		var body, chain string
		if err := rows.Scan(&body, &chain); err != nil {
			return nil, false, fmt.Errorf("journal: %w", err)
		}
		altered = altered || chain != link256(last, body)
		last = chain
		var e Event
		if json.Unmarshal([]byte(body), &e) != nil {
			altered = true
			continue
		}
		if e.Note != nil {
			e.Note.Args = whole(e.Note.Args)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("journal: %w", err)
	}
	return events, altered, nil
}

// whole gives numbers without a fraction their integer type back, which JSON
// does not keep.
func whole(args []any) []any {
	for i, a := range args {
		if n, ok := a.(float64); ok && n == math.Trunc(n) && math.Abs(n) < 1<<53 {
			args[i] = int64(n)
		}
	}
	return args
}

// Close implements Journal.
func (f *file) Close() error {
	err := errors.Join(f.leaveWord(), f.db.Close())
	_ = os.Remove(f.lock.Path()) // an empty file that nobody needs; Windows keeps it until Close
	return errors.Join(err, f.lock.Close())
}
