package updater

import (
	"crypto/sha256"
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
	err := f.transact(jobs, func(tx *batch) error {
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
func (f *file) add(tx *batch, r *Record) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	err = tx.Exec("INSERT INTO jobs VALUES (?,?,?)", r.Job, f.instance, string(body))
	if constraint(err) && there(tx, body, "SELECT body FROM jobs WHERE job = ? AND instance = ?", r.Job, f.instance) {
		return nil
	}
	if err != nil {
		return err
	}
	return bind(tx, sealedRow{job: r.Job, instance: f.instance, body: string(body)}, BoundAtOnce, true)
}

// there tells whether a row is in the journal, with that body.
func there(tx *batch, body []byte, query string, args ...any) bool {
	var kept string
	err := tx.Row(query, args, &kept)
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
	err := f.transact(jobs, func(tx *batch) error {
		for _, job := range jobs {
			if err := change(tx, job, func(r *Record, last *string) error { return extend(tx, r, byJob[job], last) }); err != nil {
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

// extend adds to r, and to the chain of its job, which ends with last, the events that come
// next.
func extend(tx *batch, r *Record, events []Event, last *string) error {
	for _, e := range events {
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		chain := link256(*last, string(body))
		err = tx.Exec("INSERT INTO events VALUES (?,?,?,?)", e.Job, e.Seq, string(body), chain)
		if constraint(err) && there(tx, body, "SELECT body FROM events WHERE job = ? AND seq = ?", e.Job, e.Seq) {
			continue // and the record has it
		}
		if err != nil {
			return err
		}
		*last, *r = chain, r.fold(e)
	}
	if !r.open() {
		return nil
	}
	return tx.Exec("INSERT OR REPLACE INTO cases VALUES (?,?,?,NULL)", r.Job, r.ID(), r.Ended.UTC().Format(time.RFC3339Nano))
}

// link256 is the chain value of body after last.
func link256(last, body string) string {
	sum := sha256.Sum256([]byte(last + "\n" + body))
	return hex.EncodeToString(sum[:])
}

// Settle implements Journal.
func (f *file) Settle(job string, s Settlement) error {
	return f.transact([]string{job}, func(tx *batch) error {
		return change(tx, job, func(r *Record, _ *string) error {
			if !r.open() {
				return errors.New("no open case")
			}
			r.Settled = &s
			return tx.Exec("UPDATE cases SET closed = ? WHERE job = ?", s.At.UTC().Format(time.RFC3339Nano), job)
		})
	})
}

// transact runs do, which changes those jobs, in one transaction.
func (f *file) transact(jobs []string, do func(*batch) error) error {
	tx, err := f.db.Begin()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := do(newBatch(tx)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer f.shelf.touch(jobs) // what is told to have failed may have been done
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// change runs do on the record of a job and the chain value of its last event, stores what do
// made of them and seals that. A record that is not the one that was sealed is not made whole
// by it.
func change(tx *batch, job string, do func(r *Record, last *string) error) error {
	row, err := sealed(tx, job)
	whole := row.whole()
	var r Record
	if err == nil {
		err = json.Unmarshal([]byte(row.body), &r)
	}
	if err == nil {
		err = do(&r, &row.last)
	}
	var after []byte
	if err == nil {
		after, err = json.Marshal(r)
	}
	if err == nil {
		err = tx.Exec("UPDATE jobs SET body = ? WHERE job = ?", string(after), job)
	}
	if row.body = string(after); err == nil {
		err = reseal(tx, row, whole)
	}
	if err != nil {
		return fmt.Errorf("job %q: %w", job, err)
	}
	return nil
}
