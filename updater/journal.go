package updater

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
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

// schema version of the journal; PRAGMA user_version.
const journalVersion = 1

const schema = `
CREATE TABLE jobs   (job TEXT PRIMARY KEY, instance TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE events (job TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, chain TEXT NOT NULL,
                     PRIMARY KEY (job, seq)) STRICT;
CREATE TABLE cases  (job TEXT PRIMARY KEY, device TEXT NOT NULL, opened TEXT NOT NULL, closed TEXT) STRICT;
PRAGMA user_version = 1;`

// file is a Journal in SQLite: write-ahead log, and every commit reaches the
// disk before it returns. Each stored event carries the SHA-256 of itself and
// its forerunner's, so that an edited record is noticed.
type file struct {
	db       *sql.DB
	instance string
	lock     *flock.Flock
	dir      string
}

// OpenJournal opens or makes the journal in dir. What cannot be used is renamed
// aside, what is readable of it is taken over, and a note says so. While the
// journal is open, other programs see its jobs as running.
func OpenJournal(dir string) (Journal, []Note, error) {
	if dir == "" {
		return nil, nil, errors.New("journal: no data folder")
	}
	if err := os.MkdirAll(filepath.Join(dir, "running"), 0o700); err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	db, notices, err := openUsable(filepath.Join(dir, "journal.db"))
	if err != nil {
		return nil, nil, err
	}
	instance, err := newID()
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	f := &file{db: db, instance: instance, dir: dir}
	f.lock = flock.New(f.lockPath(instance))
	if got, err := f.lock.TryLock(); err != nil || !got {
		return nil, nil, errors.Join(fmt.Errorf("journal: cannot lock %q", f.lock.Path()), err, db.Close())
	}
	return f, notices, nil
}

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

func (f *file) lockPath(instance string) string {
	return filepath.Join(f.dir, "running", instance+".lock")
}

// Begin implements Journal.
func (f *file) Begin(r Record) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if _, err := f.db.Exec("INSERT INTO jobs VALUES (?,?,?)", r.Job, f.instance, string(body)); err != nil {
		return fmt.Errorf("journal: begin: %w", err)
	}
	return nil
}

// change runs do on the record of a job and stores what do made of it, in one
// transaction.
func (f *file) change(job string, do func(*sql.Tx, *Record) error) error {
	tx, err := f.db.Begin()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	var body string
	if err := tx.QueryRow("SELECT body FROM jobs WHERE job = ?", job).Scan(&body); err != nil {
		return fmt.Errorf("journal: job %q: %w", job, err)
	}
	var r Record
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return fmt.Errorf("journal: job %q: %w", job, err)
	}
	if err := do(tx, &r); err != nil {
		return fmt.Errorf("journal: job %q: %w", job, err)
	}
	after, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if _, err := tx.Exec("UPDATE jobs SET body = ? WHERE job = ?", string(after), job); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Append implements Journal. An uncertain end opens the case in the same
// transaction.
func (f *file) Append(e Event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return f.change(e.Job, func(tx *sql.Tx, r *Record) error {
		var last string
		err := tx.QueryRow("SELECT chain FROM events WHERE job = ? ORDER BY seq DESC LIMIT 1", e.Job).Scan(&last)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := tx.Exec("INSERT INTO events VALUES (?,?,?,?)", e.Job, e.Seq, string(body), link256(last, string(body))); err != nil {
			return err
		}
		*r = r.fold(e)
		if !r.open() {
			return nil
		}
		_, err = tx.Exec("INSERT OR REPLACE INTO cases VALUES (?,?,?,NULL)", e.Job, r.ID(), e.At.UTC().Format(time.RFC3339Nano))
		return err
	})
}

// link256 is the chain value of body after last.
func link256(last, body string) string {
	sum := sha256.Sum256([]byte(last + "\n" + body))
	return hex.EncodeToString(sum[:])
}

// Settle implements Journal.
func (f *file) Settle(job string, s Settlement) error {
	return f.change(job, func(tx *sql.Tx, r *Record) error {
		if !r.open() {
			return errors.New("no open case")
		}
		r.Settled = &s
		_, err := tx.Exec("UPDATE cases SET closed = ? WHERE job = ?", s.At.UTC().Format(time.RFC3339Nano), job)
		return err
	})
}

// Jobs implements Journal. A record that cannot be read is left out.
func (f *file) Jobs(limit int) ([]Record, error) {
	if limit <= 0 {
		limit = -1
	}
	type row struct{ instance, body string }
	var found []row
	rows, err := f.db.Query("SELECT instance, body FROM jobs ORDER BY job DESC LIMIT ?", limit)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.instance, &r.body); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		found = append(found, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	var records []Record
	for _, w := range found {
		var r Record
		if json.Unmarshal([]byte(w.body), &r) != nil || r.Job == "" {
			continue
		}
		r.Live = r.Outcome == Running && f.alive(w.instance)
		records = append(records, r)
	}
	return records, nil
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

// Events implements Journal.
func (f *file) Events(job string) ([]Event, bool, error) {
	rows, err := f.db.Query("SELECT body, chain FROM events WHERE job = ? ORDER BY seq", job)
	if err != nil {
		return nil, false, fmt.Errorf("journal: %w", err)
	}
	defer rows.Close()
	var events []Event
	var last string
	altered := false
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
	err := f.db.Close()
	_ = os.Remove(f.lock.Path()) // an empty file that nobody needs; Windows keeps it until Close
	return errors.Join(err, f.lock.Close())
}
