package updater

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite", without cgo

	"fotabench/devices"
)

// Remarks about the journal file.
const (
	// NoteJournalDamaged: the journal was damaged; it was kept as {0}, and {1}
	// upgrades were read from it.
	NoteJournalDamaged devices.Code = "engine.journal.damaged"
	// NoteJournalNewer: the journal is from a newer version of the program; it was
	// kept as {0}.
	NoteJournalNewer devices.Code = "engine.journal.newer"
)

// errNewer is the error for a journal that a newer program wrote.
var errNewer = errors.New("journal: from a newer version")

// openUsable opens path; a file that cannot be used is moved aside first.
func openUsable(path string) (*sql.DB, []Note, error) {
	db, err := openDB(path)
	if err == nil {
		return db, nil, nil
	}
	if !errors.Is(err, errNewer) && !damaged(err) {
		return nil, nil, err
	}
	aside := fmt.Sprintf("%s.%s.kept", path, time.Now().UTC().Format("20060102T150405.000000000"))
	if err := moveAside(path, aside); err != nil {
		return nil, nil, fmt.Errorf("journal: cannot be read, nor moved aside: %w", err)
	}
	fresh, err2 := openDB(path)
	if err2 != nil {
		return nil, nil, err2
	}
	note := Note{Level: Warn, Code: NoteJournalNewer, Args: []any{filepath.Base(aside)}}
	if !errors.Is(err, errNewer) {
		note.Code = NoteJournalDamaged
		note.Args = append(note.Args, salvage(aside, fresh))
	}
	return fresh, []Note{note}, nil
}

// moveAside renames a database with its log; the log holds commits that are not
// in the file yet.
func moveAside(path, aside string) error {
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return os.Rename(path, aside)
}

// openDB opens a database that it has found to be whole, of this version.
func openDB(path string) (*sql.DB, error) {
	db, err := connect(path)
	if err != nil {
		return nil, err
	}
	if err := prepareDB(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// connect makes one connection: SQLite has one writer anyway, and pragmas hold
// for a connection.
func connect(path string) (*sql.DB, error) {
	// A question mark or percent sign in a folder's name must not end the path.
	name := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
	if !strings.HasPrefix(name, "/") {
		name = "/" + name // C:/…
	}
	db, err := sql.Open("sqlite", "file://"+name+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// prepareDB checks db and makes its tables if it is new.
func prepareDB(db *sql.DB) error {
	var check string
	if err := db.QueryRow("PRAGMA quick_check(1)").Scan(&check); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if check != "ok" {
		return fmt.Errorf("journal: malformed: %s", check)
	}
	tx, err := db.Begin()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	var version int
	if err := tx.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	switch {
	case version > journalVersion:
		return errNewer
	case version == journalVersion:
		return nil
	}
	if _, err := tx.Exec(schema); err != nil {
		return fmt.Errorf("journal: malformed: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// damaged tells SQLite's words for a file that is no longer a database
// (SQLITE_CORRUPT, SQLITE_NOTADB) from a passing trouble such as a full disk.
func damaged(err error) bool {
	text := err.Error()
	return strings.Contains(text, "malformed") || strings.Contains(text, "not a database") ||
		strings.Contains(text, "corrupt")
}

// salvage copies what can be read of a damaged journal and tells how many jobs
// that are.
func salvage(aside string, to *sql.DB) int {
	from, err := connect(aside)
	if err != nil {
		return 0
	}
	defer from.Close()
	n := copyRows(from, to, "SELECT job, instance, body FROM jobs", "INSERT OR IGNORE INTO jobs VALUES (?,?,?)", 3)
	copyRows(from, to, "SELECT job, seq, body, chain FROM events", "INSERT OR IGNORE INTO events VALUES (?,?,?,?)", 4)
	copyRows(from, to, "SELECT job, device, opened, closed FROM cases", "INSERT OR IGNORE INTO cases VALUES (?,?,?,?)", 4)
	return n
}

// copyRows copies rows up to the first that cannot be read.
func copyRows(from, to *sql.DB, query, insert string, columns int) (copied int) {
	rows, err := from.Query(query)
	if err != nil {
		return 0
	}
	defer rows.Close()
	for rows.Next() {
		values, pointers := make([]any, columns), make([]any, columns)
		for i := range values {
			pointers[i] = &values[i]
		}
		if rows.Scan(pointers...) != nil {
			break
		}
		if _, err := to.Exec(insert, values...); err == nil {
			copied++
		}
	}
	_ = rows.Err() // the row where a damaged file ends
	return copied
}
