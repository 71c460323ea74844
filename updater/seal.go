package updater

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"fotabench/devices"
)

// Binding is since when the journal can tell that a record was changed.
type Binding string

// The bindings.
const (
	// BoundAtOnce: since the upgrade began.
	BoundAtOnce Binding = ""
	// BoundLater: since a program that binds records first opened the journal. What was
	// done to the record before nobody can tell.
	BoundLater Binding = "later"
	// BoundRescued: since the record was read from a damaged journal.
	BoundRescued Binding = "rescued"
)

// Remarks about a journal that is not what was written.
const (
	// NoteJournalMissing: {0} upgrades are missing from the journal.
	NoteJournalMissing devices.Code = "engine.journal.missing"
	// NoteJournalAltered: the records of {0} upgrades are not those that were written.
	NoteJournalAltered devices.Code = "engine.journal.altered"
)

// sealsSchema is what version 2 added. Each upgrade has a seal: its number, counted
// without gaps; the link, a digest over the number, the upgrade's name and the link
// before it; and the seal itself, a digest over the link, the record and the chain value
// of its last event. The head is the newest upgrade's number and link.
const sealsSchema = `
CREATE TABLE seals (n INTEGER PRIMARY KEY, job TEXT NOT NULL UNIQUE, binding TEXT NOT NULL,
                    link TEXT NOT NULL, seal TEXT NOT NULL) STRICT;
CREATE TABLE head  (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL, link TEXT NOT NULL) STRICT;
CREATE TABLE rescues (at TEXT NOT NULL, kept TEXT NOT NULL, jobs INTEGER NOT NULL, lost INTEGER NOT NULL) STRICT;
INSERT INTO head VALUES (1, 0, '');
PRAGMA user_version = 2;`

// Tampered tells whether notes about a journal say that it is not what was written.
func Tampered(notes []Note) bool {
	return slices.ContainsFunc(notes, func(n Note) bool { return n.Code == NoteJournalMissing || n.Code == NoteJournalAltered })
}

// gaps keeps how many upgrades are missing, since a plan's report asks for each of its
// upgrades.
type gaps struct {
	mu sync.Mutex
	// version is SQLite's data_version when they were counted: what this program writes
	// makes none.
	version, count int64
	counted        bool
}

// missing is the function of that name, unless no other program has written since.
func (g *gaps) missing(db *sql.DB) (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var version int64
	if err := db.QueryRow("PRAGMA data_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	if g.counted && version == g.version {
		return g.count, nil
	}
	count, err := missing(db)
	g.version, g.count, g.counted = version, count, err == nil
	return count, err
}

// brokenSeal stands in place of the seal of a record that was found altered, so that
// what is written to it later does not make it look whole.
const brokenSeal = "altered"

// digest is over texts, of which each counts with its length.
func digest(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// linkOf is the link of the upgrade with number n after that with the link before.
func linkOf(before string, n int64, job string, b Binding) string {
	return digest(before, strconv.FormatInt(n, 10), job, string(b))
}

// sealedRow is what the seal of one upgrade is about, as it is stored.
type sealedRow struct {
	job, instance, body       string
	binding, link, seal, last string
}

// sealedQuery gives sealedRows; a condition on j may follow.
const sealedQuery = `SELECT j.rowid, j.job, j.instance, j.body, coalesce(s.binding, ''), coalesce(s.link, ''), coalesce(s.seal, ''),
	coalesce((SELECT e.chain FROM events e WHERE e.job = j.job ORDER BY e.seq DESC LIMIT 1), '')
	FROM jobs j LEFT JOIN seals s ON s.job = j.job `

// scan reads a row of sealedQuery.
func (s *sealedRow) scan(scan func(...any) error) (rowid int64, err error) {
	err = scan(&rowid, &s.job, &s.instance, &s.body, &s.binding, &s.link, &s.seal, &s.last)
	return rowid, err
}

// whole tells whether the row is the one that was sealed.
func (s *sealedRow) whole() bool { return s.link != "" && s.seal == s.due() }

// due is the seal that the row should have.
func (s *sealedRow) due() string { return digest(s.link, s.instance, s.body, s.last) }

// sealed reads the row of a job.
func sealed(tx *batch, job string) (row sealedRow, err error) {
	_, err = row.scan(func(to ...any) error { return tx.Row(sealedQuery+"WHERE j.job = ?", []any{job}, to...) })
	return row, err
}

// bind gives a job, which has been stored as row, the next number and a seal; without whole
// the seal is a broken one.
func bind(tx *batch, row sealedRow, b Binding, whole bool) error {
	var n int64
	var link string
	err := tx.Row("SELECT n, link FROM head", nil, &n, &link)
	if errors.Is(err, sql.ErrNoRows) { // it was taken out: the link that is missing will show
		err = tx.Row("SELECT coalesce(max(n), 0) FROM seals", nil, &n)
	}
	if err != nil {
		return err
	}
	n++
	row.link = linkOf(link, n, row.job, b)
	if err := tx.Exec("INSERT INTO seals VALUES (?,?,?,?,'')", n, row.job, string(b), row.link); err != nil {
		return err
	}
	if err := tx.Exec("INSERT OR REPLACE INTO head VALUES (1,?,?)", n, row.link); err != nil {
		return err
	}
	return reseal(tx, row, whole)
}

// reseal seals a job whose row is so now; without whole the seal is a broken one.
func reseal(tx *batch, row sealedRow, whole bool) error {
	seal := brokenSeal
	if whole {
		seal = row.due()
	}
	return tx.Exec("UPDATE seals SET seal = ? WHERE job = ?", seal, row.job)
}

// missing counts the upgrades that have been in the journal and are in it no more. One
// whose link does not follow from the one before counts as well. All is read as it was at one
// moment: what another program begins meanwhile would be in the head alone, as if its upgrade
// were gone.
func missing(db *sql.DB) (count int64, err error) {
	tx, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	rows, err := tx.Query("SELECT s.n, s.job, s.binding, s.link, j.job IS NOT NULL FROM seals s LEFT JOIN jobs j ON j.job = s.job ORDER BY s.n")
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	defer rows.Close()
	var n, last int64
	var before string
	for rows.Next() {
		var job, binding, link string
		var there bool
		if err := rows.Scan(&n, &job, &binding, &link, &there); err != nil {
			return 0, fmt.Errorf("journal: %w", err)
		}
		count += n - last - 1 // those between
		follows := n == last+1 && link == linkOf(before, n, job, Binding(binding))
		if !there || n == last+1 && !follows {
			count++
		}
		last, before = n, link
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	var head int64
	var link string
	err = tx.QueryRow("SELECT n, link FROM head").Scan(&head, &link)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return count + 1, nil
	case err != nil:
		return 0, fmt.Errorf("journal: %w", err)
	case head > last:
		count += head - last
	case head < last || link != before:
		count++
	}
	return count, nil
}

// unproved tells whether a record says that the device runs the target without the
// device's word for it: nothing this program does leaves such a record.
func (r Record) unproved() bool {
	switch {
	case r.Result() != Verified:
		return false
	case r.Settled != nil:
		return r.Settled.Device == nil || r.Settled.Device.ID() != r.ID()
	}
	return r.Ending == nil || r.Ending.Code != NoteVerified
}

// verdict is the remark with which the upgrade ended as far as is known now, nil if there
// is none.
func (r Record) verdict() *Note {
	if r.Settled != nil {
		return &r.Settled.Note
	}
	return r.Ending
}

// unproved tells whether the report says that the device runs the target while the
// device's own words in it do not; verdict is the remark with which it ended.
func (r *Report) unproved(verdict *Note) bool {
	if r.Outcome != Verified {
		return false
	}
	if r.After == nil || r.Before == nil || r.After.ID() != r.Before.ID() {
		return true
	}
	var proof devices.Proof
	if verdict != nil && len(verdict.Args) > 0 {
		proof.Version, _ = verdict.Args[0].(string)
	}
	return r.Plan.Target != "" && !reports(*r.After, proof, r.Plan.Target)
}
