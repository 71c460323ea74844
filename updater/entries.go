package updater

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// Begin implements Journal. A job that is there already, since a commit that was told to
// have failed had not, is not added again.
func (f *file) Begin(records ...Record) error {
	jobs := make([]string, len(records))
	for i := range records {
		jobs[i] = records[i].Job
	}
	err := f.transact(jobs, func(tx *sql.Tx) error {
		for i := range records {
			if err := f.add(tx, &records[i]); err != nil {
				return fmt.Errorf("begin: %w", err)
			}
		}
		return nil
	})
	if err == nil {
		f.owed.begin(jobs)
	}
	return err
}

// add stores a job that begins and seals it.
func (f *file) add(tx *sql.Tx, r *Record) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO jobs VALUES (?,?,?)", r.Job, f.instance, string(body))
	if constraint(err) && there(tx, body, "SELECT body FROM jobs WHERE job = ? AND instance = ?", r.Job, f.instance) {
		return nil
	}
	if err != nil {
		return err
	}
	return bind(tx, r.Job, BoundAtOnce, true)
}

// there tells whether a row is in the journal, with that body.
func there(tx *sql.Tx, body []byte, query string, args ...any) bool {
	var kept string
	err := tx.QueryRow(query, args...).Scan(&kept)
	return err == nil && kept == string(body)
}

// Append implements Journal. An uncertain end opens the case in the same transaction. An
// event that is there already, since a commit that was told to have failed had not, is not
// added again.
func (f *file) Append(events ...Event) error {
	var jobs []string
	byJob := make(map[string][]Event)
	for _, e := range events {
		if byJob[e.Job] == nil {
			jobs = append(jobs, e.Job)
		}
		byJob[e.Job] = append(byJob[e.Job], e)
	}
	err := f.transact(jobs, func(tx *sql.Tx) error {
		for _, job := range jobs {
			if err := change(tx, job, func(r *Record) error { return extend(tx, r, byJob[job]) }); err != nil {
				return err
			}
		}
		return nil
	})
	for _, e := range events {
		f.owed.note(e, err)
		if err == nil && e.Outcome != Running {
			_ = os.Remove(f.owedPath(e.Job)) // an empty file that says nothing any more
		}
	}
	return err
}

// extend adds to r, and to the chain of its job, the events that come next.
func extend(tx *sql.Tx, r *Record, events []Event) error {
	var last string
	err := tx.QueryRow("SELECT chain FROM events WHERE job = ? ORDER BY seq DESC LIMIT 1", r.Job).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for _, e := range events {
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		chain := link256(last, string(body))
		_, err = tx.Exec("INSERT INTO events VALUES (?,?,?,?)", e.Job, e.Seq, string(body), chain)
		if constraint(err) && there(tx, body, "SELECT body FROM events WHERE job = ? AND seq = ?", e.Job, e.Seq) {
			continue // and the record has it
		}
		if err != nil {
			return err
		}
		last, *r = chain, r.fold(e)
	}
	if !r.open() {
		return nil
	}
	_, err = tx.Exec("INSERT OR REPLACE INTO cases VALUES (?,?,?,NULL)", r.Job, r.ID(), r.Ended.UTC().Format(time.RFC3339Nano))
	return err
}

// link256 is the chain value of body after last.
func link256(last, body string) string {
	sum := sha256.Sum256([]byte(last + "\n" + body))
	return hex.EncodeToString(sum[:])
}

// Settle implements Journal.
func (f *file) Settle(job string, s Settlement) error {
	return f.transact([]string{job}, func(tx *sql.Tx) error {
		return change(tx, job, func(r *Record) error {
			if !r.open() {
				return errors.New("no open case")
			}
			r.Settled = &s
			_, err := tx.Exec("UPDATE cases SET closed = ? WHERE job = ?", s.At.UTC().Format(time.RFC3339Nano), job)
			return err
		})
	})
}

// transact runs do, which changes those jobs, in one transaction.
func (f *file) transact(jobs []string, do func(*sql.Tx) error) error {
	tx, err := f.db.Begin()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := do(tx); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer f.shelf.touch(jobs) // what is told to have failed may have been done
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// change runs do on the record of a job, stores what do made of it and seals that. A record
// that is not the one that was sealed is not made whole by it.
func change(tx *sql.Tx, job string, do func(*Record) error) error {
	r, whole, err := stored(tx, job)
	if err == nil {
		err = do(&r)
	}
	var after []byte
	if err == nil {
		after, err = json.Marshal(r)
	}
	if err == nil {
		_, err = tx.Exec("UPDATE jobs SET body = ? WHERE job = ?", string(after), job)
	}
	if err == nil {
		err = reseal(tx, job, whole)
	}
	if err != nil {
		return fmt.Errorf("job %q: %w", job, err)
	}
	return nil
}

// stored is the record of a job; whole tells whether it is the one that was sealed.
func stored(tx *sql.Tx, job string) (r Record, whole bool, err error) {
	row, err := sealed(tx, job)
	if err != nil {
		return r, false, err
	}
	err = json.Unmarshal([]byte(row.body), &r)
	return r, row.whole(), err
}
