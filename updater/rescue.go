package updater

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"fotabench/devices"
	"fotabench/packages/durable"
)

// Remarks about a journal that was damaged, told as long as the damaged file is kept
// beside the new one.
const (
	// NoteJournalDamaged: the journal was damaged; it was kept as {0}, and {1}
	// upgrades were read from it.
	NoteJournalDamaged devices.Code = "engine.journal.damaged"
	// NoteJournalLost: {0} upgrades that it held are lost.
	NoteJournalLost devices.Code = "engine.journal.lost"
	// NoteJournalUnknown: it may have held more upgrades; nobody can tell.
	NoteJournalUnknown devices.Code = "engine.journal.unknown"
	// NoteJournalOpen: of upgrades that are lost, these devices must still say what they
	// run: {0}.
	NoteJournalOpen devices.Code = "engine.journal.open"
)

// devicesNamed bounds how many devices a note names.
const devicesNamed = 20

// rescued tells what became of damaged journals that are still kept in dir.
func rescued(db *sql.DB, dir string) (notes []Note, err error) {
	rows, err := db.Query("SELECT kept, jobs, lost FROM rescues ORDER BY at")
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var kept string
		var jobs, lost int64
		if err := rows.Scan(&kept, &jobs, &lost); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		if _, err := os.Stat(filepath.Join(dir, filepath.Base(kept))); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		notes = append(notes, Note{Level: Warn, Code: NoteJournalDamaged, Args: []any{kept, jobs}})
		switch {
		case lost > 0:
			notes = append(notes, Note{Level: Warn, Code: NoteJournalLost, Args: []any{lost}})
		case lost < 0:
			notes = append(notes, Note{Level: Warn, Code: NoteJournalUnknown})
		}
	}
	if err := rows.Err(); err != nil || len(notes) == 0 {
		return nil, err
	}
	rows.Close() // there is one connection
	orphans, err := orphaned(db)
	if len(orphans) > 0 {
		notes = append(notes, Note{Level: Warn, Code: NoteJournalOpen, Args: []any{strings.Join(orphans, ", ")}})
	}
	return notes, err
}

// orphaned are the devices of open cases whose upgrade is lost.
func orphaned(db *sql.DB) (devices []string, err error) {
	rows, err := db.Query(`SELECT DISTINCT device FROM cases WHERE closed IS NULL AND device <> ''
		AND job NOT IN (SELECT job FROM jobs) ORDER BY device LIMIT ?`, devicesNamed)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var device string
		if err := rows.Scan(&device); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		devices = append(devices, device)
	}
	return devices, rows.Err()
}

// rescue puts a journal with all that can be read of the damaged one at path in its
// place, and keeps that one beside it. It may be killed at any moment: until the new one
// is whole the old one stays where it is, and finishRescue does the rest. The caller has
// the journal's turn: between the two renames there is no file at path.
func rescue(ctx context.Context, path string) error {
	if held(filepath.Dir(path)) {
		return errHeld
	}
	now := time.Now().UTC()
	aside := fmt.Sprintf("%s.%s.kept", path, now.Format("20060102T150405.000000000"))
	if err := buildRescued(ctx, path, aside, now); err != nil {
		return err
	}
	// The log holds commits that are not in the file yet: it is kept before the file
	// goes, since SQLite drops one that has no file.
	if err := copyLog(path+"-wal", aside+"-wal"); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := durable.Move(path, aside); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return putRescued(path)
}

// finishRescue puts the new journal in place if a rescue was ended before it could. The
// caller has the journal's turn.
func finishRescue(path string) error {
	_, err := os.Lstat(path)
	if _, rescued := os.Lstat(rescuedName(path)); rescued != nil || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return putRescued(path)
}

// rescuedName is where a new journal is made.
func rescuedName(path string) string { return path + ".rescued" }

func putRescued(path string) error {
	if err := removeLog(path); err != nil {
		return err
	}
	if err := durable.Move(rescuedName(path), path); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// removeLog removes the log of a database file that is gone.
func removeLog(path string) error {
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

// copyLog copies a file, if there is one, to the disk itself.
func copyLog(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// held tells whether a program has the journal of dir open, also where that cannot be told.
func held(dir string) bool {
	dir = filepath.Join(dir, "running")
	locks, err := os.ReadDir(dir)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	for _, lock := range locks {
		if filepath.Ext(lock.Name()) != ".lock" {
			continue
		}
		probe := flock.New(filepath.Join(dir, lock.Name()))
		got, err := probe.TryLock()
		_ = probe.Close()
		if err != nil || !got {
			return true
		}
	}
	return false
}

// buildRescued makes a journal of what can be read of the one at path, which will be
// kept as aside.
func buildRescued(ctx context.Context, path, aside string, now time.Time) (err error) {
	name := rescuedName(path)
	if err := errors.Join(ignoreAbsent(os.Remove(name)), removeLog(name)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	db, err := connect(name, "journal_mode(wal)", "synchronous(full)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }() // which brings the log into the file
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if _, err := tx.Exec(schema + sealsSchema); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	jobs, lost, err := salvage(path, tx)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if _, err := tx.Exec("INSERT INTO rescues VALUES (?,?,?,?)", now.Format(time.RFC3339Nano), filepath.Base(aside), jobs, lost); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
