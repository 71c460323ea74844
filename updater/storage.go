package updater

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"modernc.org/sqlite" // the database/sql driver "sqlite", without cgo
	sqlite3 "modernc.org/sqlite/lib"

	"fotabench/devices"
	"fotabench/packages/durable"
)

// journalName is the journal's file in the data folder.
const journalName = "journal.db"

// journalVersion is that of the journal's tables; PRAGMA user_version. 1 had no seals.
const journalVersion = 2

const schema = `
CREATE TABLE jobs   (job TEXT PRIMARY KEY, instance TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE events (job TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, chain TEXT NOT NULL,
                     PRIMARY KEY (job, seq)) STRICT;
CREATE TABLE cases  (job TEXT PRIMARY KEY, device TEXT NOT NULL, opened TEXT NOT NULL, closed TEXT) STRICT;`

// Why a journal cannot be opened; {0} is the data folder.
const (
	// NoteJournalNewer: a newer version of the program wrote the journal.
	NoteJournalNewer devices.Code = "engine.journal.newer"
	// NoteJournalDenied: the folder may not be written to.
	NoteJournalDenied devices.Code = "engine.journal.denied"
	// NoteJournalSpace: the disk is full, or fails.
	NoteJournalSpace devices.Code = "engine.journal.space"
	// NoteJournalBusy: another program keeps the journal to itself.
	NoteJournalBusy devices.Code = "engine.journal.busy"
	// NoteJournalUnusable: the journal cannot be opened.
	NoteJournalUnusable devices.Code = "engine.journal.unusable"
)

// Errors of a journal file.
var (
	errNewer = errors.New("from a newer version")
	// errHeld says that a damaged journal is still being written by another program.
	errHeld = errors.New("damaged, and in use by another program")
)

// openTrouble gives err, met while opening the journal in dir, its sentence.
func openTrouble(dir string, err error) error {
	e := &devices.Error{Op: "journal", At: dir, Kind: devices.Denied, Note: NoteJournalUnusable, Args: []any{dir}, Err: err}
	code := 0
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code = lite.Code() & 0xff
	}
	switch {
	case errors.Is(err, errNewer):
		e.Kind, e.Note = devices.Unsupported, NoteJournalNewer
	case errors.Is(err, errHeld), errors.Is(err, durable.ErrBusy), code == sqlite3.SQLITE_BUSY, code == sqlite3.SQLITE_LOCKED:
		e.Kind, e.Note = devices.Busy, NoteJournalBusy
	case code == sqlite3.SQLITE_FULL, code == sqlite3.SQLITE_IOERR, durable.Full(err):
		e.Kind, e.Note = devices.Space, NoteJournalSpace
	case code == sqlite3.SQLITE_READONLY, code == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_PERM, errors.Is(err, fs.ErrPermission), durable.ReadOnly(err):
		e.Note = NoteJournalDenied
	}
	return e
}

// openUsable opens path; what can be read of a damaged file is taken over by a new one. It
// runs while no other program opens the journal, see openFile.
func openUsable(ctx context.Context, path string) (*sql.DB, error) {
	if err := finishRescue(path); err != nil {
		return nil, err
	}
	if err := create(ctx, path); err != nil {
		return nil, err
	}
	db, err := openDB(ctx, path)
	if err == nil || ctx.Err() != nil || !damaged(err) {
		return db, err
	}
	if err := rescue(ctx, path); err != nil {
		return nil, err
	}
	return openDB(ctx, path)
}

// openDB opens a database that it has found to be whole, of this version.
func openDB(ctx context.Context, path string) (*sql.DB, error) {
	if err := errors.Join(emptied(path), tooNew(path)); err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{source(path), []string{"journal_mode(wal)", "synchronous(full)"}})
	db.SetMaxOpenConns(1)
	if err := prepareDB(ctx, db, filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// connect makes one connection: SQLite has one writer anyway, and pragmas hold
// for a connection.
func connect(path string, pragmas ...string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", source(path, pragmas...))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// source is what the driver needs to know of the database at path.
func source(path string, pragmas ...string) string {
	// A question mark or percent sign in a folder's name must not end the path.
	name := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
	if !strings.HasPrefix(name, "/") {
		name = "/" + name // C:/…
	}
	options := "?_pragma=busy_timeout(10000)&_txlock=immediate"
	for _, p := range pragmas {
		options += "&_pragma=" + p
	}
	return "file://" + name + options
}

// connector makes connections with pragmas that may wait for another program. The driver
// alone would let nobody end that.
type connector struct {
	source  string
	pragmas []string
}

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return &sqlite.Driver{} }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.source)
	if err != nil {
		return nil, err
	}
	exec, is := conn.(driver.ExecerContext)
	if !is {
		return nil, errors.Join(errors.New("the driver of the database knows no context"), conn.Close())
	}
	for _, p := range c.pragmas {
		if _, err := exec.ExecContext(ctx, "PRAGMA "+p, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

// Where the file's header has user_version, and the value that is the file's own mark.
const (
	versionAt  = 60
	headerMark = "SQLite format 3\x00"
)

// tooNew tells of a journal that a newer program wrote, without SQLite, which would
// write to the file when it closes it. What is in the log alone it does not see.
func tooNew(path string) error {
	f, err := durable.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	var head [versionAt + 4]byte
	// A file that is shorter is new, or damaged, which SQLite finds out.
	if n, _ := io.ReadFull(f, head[:]); n == len(head) && string(head[:len(headerMark)]) == headerMark && binary.BigEndian.Uint32(head[versionAt:]) > journalVersion {
		return errNewer
	}
	return nil
}

// prepareDB checks db, makes its tables if it is new and adds what older ones lack, unless
// an older program has the journal of dir open: what that went on to write would be bound
// by nothing, and taken for altered.
func prepareDB(ctx context.Context, db *sql.DB, dir string) error {
	var check string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&check); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if check != "ok" {
		return fmt.Errorf("journal: malformed: %s", check)
	}
	tx, err := db.BeginTx(ctx, nil)
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
	case version > 0 && held(dir):
		return errHeld
	}
	if version == 0 {
		if _, err := tx.Exec(schema); err != nil {
			return fmt.Errorf("journal: malformed: %w", err)
		}
	}
	if err := addSeals(tx); err != nil {
		return fmt.Errorf("journal: malformed: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// addSeals binds the records of a journal that had no seals.
func addSeals(tx *sql.Tx) error {
	if _, err := tx.Exec(sealsSchema); err != nil {
		return err
	}
	jobs, err := jobsOf(tx)
	all := newBatch(tx)
	for _, job := range jobs {
		var row sealedRow
		if err == nil {
			row, err = sealed(all, job)
		}
		if err == nil {
			err = bind(all, row, BoundLater, true)
		}
	}
	return err
}

// jobsOf are the names of all jobs, in the order in which they were begun.
func jobsOf(tx *sql.Tx) (jobs []string, err error) {
	rows, err := tx.Query("SELECT job FROM jobs ORDER BY rowid")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var job string
		if err := rows.Scan(&job); err != nil {
			return nil, err
		}
		jobs = append(jobs, job)
	}
	return jobs, rows.Err()
}

// damaged tells SQLite's words for a file that is no longer a database from a passing
// trouble such as a full disk.
func damaged(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
	}
	return strings.Contains(err.Error(), "malformed")
}
