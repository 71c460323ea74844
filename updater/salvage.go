package updater

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// widestGap bounds how far behind a row that cannot be read another is looked for.
const widestGap = 1 << 20

// unknownLoss stands for a number of lost upgrades that nobody knows.
const unknownLoss = -1

// salvage copies what can be read of the damaged journal at path, which it does not
// change, and tells how many upgrades that are and how many are lost. An upgrade whose
// record or last events are not those that were sealed keeps a broken seal.
func salvage(path string, to *sql.Tx) (jobs, lost int64, err error) {
	if emptied(path) != nil {
		return 0, unknownLoss, nil // SQLite would remove its log
	}
	// With writable_schema SQLite reads a file that is shorter than its header says.
	from, err := connect(path, "writable_schema(on)&mode=ro")
	if err != nil {
		return 0, unknownLoss, err
	}
	defer from.Close()
	var tables int
	if err := from.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil || tables == 0 {
		return 0, unknownLoss, nil // nothing of it can be read, which is told
	}
	s := salvager{from: from, to: to, seals: make(map[string]sealedRow)}
	s.copy("jobs", "job, instance, body", 3, func(v []any) bool {
		var r Record
		text, ok := v[2].(string)
		return ok && json.Unmarshal([]byte(text), &r) == nil && r.Job != "" && r.Job == v[0]
	})
	s.copy("events", "job, seq, body, chain", 4, nil)
	s.copy("cases", "job, device, opened, closed", 4, nil)
	s.copy("rescues", "at, kept, jobs, lost", 4, nil)
	s.each("seals", "job, link, seal", 3, func(v []any) error {
		job, _ := v[0].(string)
		row := sealedRow{job: job}
		row.link, _ = v[1].(string)
		row.seal, _ = v[2].(string)
		s.seals[job] = row
		return nil
	})
	if s.err != nil {
		return 0, unknownLoss, s.err
	}
	return s.bindAll()
}

// salvager copies from a damaged journal.
type salvager struct {
	from  *sql.DB
	to    *sql.Tx
	seals map[string]sealedRow // what the damaged journal's seals were
	err   error                // of writing
}

// copy copies the rows of a table that can be read and that sound, if given, finds so.
func (s *salvager) copy(table, columns string, n int, sound func([]any) bool) {
	marks := "(?" + strings.Repeat(",?", n-1) + ")"
	s.each(table, columns, n, func(values []any) error {
		if sound != nil && !sound(values) {
			return nil
		}
		// What is there twice, or of another type than the table's, is damage as well.
		_, err := s.to.Exec("INSERT OR IGNORE INTO "+table+" ("+columns+") VALUES "+marks, values...)
		if constraint(err) {
			return nil
		}
		return err
	})
}

// each calls take with every row of a table that can be read. Where one cannot be, it
// goes on behind it.
func (s *salvager) each(table, columns string, n int, take func([]any) error) {
	query := "SELECT rowid, " + columns + " FROM " + table + " WHERE rowid >= ? ORDER BY rowid"
	for next := int64(0); ; {
		last, err := s.some(query, next, n, take)
		if err == nil || !damaged(err) {
			return // its end, or no such table
		}
		var found bool
		if next, found = s.behind(query+" LIMIT 1", max(next, last+1), n); !found {
			return
		}
	}
}

// behind is the number of a row behind lo, which cannot be read, from which on rows can.
func (s *salvager) behind(query string, lo int64, n int) (hi int64, found bool) {
	readable := func(at int64) bool {
		_, err := s.some(query, at, n, func([]any) error { return nil })
		return err == nil
	}
	step := int64(1)
	for ; !readable(lo + step); step *= 2 {
		if step >= widestGap {
			return 0, false
		}
	}
	lo, hi = lo+step/2, lo+step
	for hi-lo > 1 {
		if mid := lo + (hi-lo)/2; readable(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi, true
}

// some calls take with the rows from next on until one cannot be read; last is the
// number of the last that could.
func (s *salvager) some(query string, next int64, n int, take func([]any) error) (last int64, err error) {
	last = next - 1
	rows, err := s.from.Query(query, next)
	if err != nil {
		return last, err
	}
	defer rows.Close()
	for rows.Next() {
		values, pointers := make([]any, n), []any{&last}
		for i := range values {
			pointers = append(pointers, &values[i])
		}
		if err := rows.Scan(pointers...); err != nil {
			return last, err
		}
		if s.err = take(values); s.err != nil {
			return last, nil
		}
	}
	return last, rows.Err()
}

// bindAll binds what was copied; see salvage.
func (s *salvager) bindAll() (jobs, lost int64, err error) {
	names, err := jobsOf(s.to)
	if err != nil {
		return 0, unknownLoss, err
	}
	var version int
	if err := s.from.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		version = journalVersion
	}
	to := newBatch(s.to)
	for _, job := range names {
		row, err := sealed(to, job)
		if err != nil {
			return 0, unknownLoss, err
		}
		row.link, row.seal = s.seals[job].link, s.seals[job].seal
		whole, err := s.complete(row.job, row.body)
		if version >= journalVersion {
			whole = whole && row.whole()
		}
		if err == nil {
			err = bind(to, row, BoundRescued, whole)
		}
		if err != nil {
			return 0, unknownLoss, err
		}
	}
	jobs, lost = int64(len(names)), unknownLoss
	var head int64
	if s.from.QueryRow("SELECT n FROM head").Scan(&head) == nil && head >= jobs {
		lost = head - jobs
	}
	return jobs, lost, nil
}

// complete tells whether all events of a record are there, by their chain and the number
// of the last.
func (s *salvager) complete(job, body string) (bool, error) {
	var r Record
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return false, nil // it is not even legible
	}
	rows, err := s.to.Query("SELECT seq, body, chain FROM events WHERE job = ? ORDER BY seq", job)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var seq int64
	var last string
	whole := true
	for rows.Next() {
		var text, chain string
		if err := rows.Scan(&seq, &text, &chain); err != nil {
			return false, err
		}
		whole, last = whole && chain == link256(last, text), chain
	}
	return whole && seq == r.Seq, rows.Err()
}

// constraint tells whether SQLite refused a row for what is in it.
func constraint(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}
