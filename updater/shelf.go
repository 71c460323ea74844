package updater

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// shelf keeps the records of a journal as they were last read, so that a history of
// many thousands is not parsed at every look. What this program wrote since, what is
// not closed, and all rows that are new are read again; a closed record never changes.
type shelf struct {
	mu sync.Mutex
	// version is SQLite's data_version when rows were last read: it changes when
	// another program has written.
	version int64
	// last is the highest rowid that was read.
	last int64
	// cards are in the order in which the upgrades were begun, which is that of their rows:
	// what a clock said then, in a job's name or in its record, may have gone back since.
	cards []card
	// growing are the places in cards of what is not closed, and first the records as they
	// were given last, the first of them begun last; nil where cards say something else.
	growing []int
	first   []Record
	// stale are the jobs that this program wrote to since.
	stale map[string]bool
}

// card is one row of the table of jobs.
type card struct {
	job, instance string
	record        Record
	damaged       bool
}

// closed tells whether the row is as it will stay.
func (c *card) closed() bool {
	return c.damaged || c.record.Outcome != Running && !c.record.open()
}

// touch says that this program wrote to jobs.
func (s *shelf) touch(jobs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stale == nil {
		s.stale = make(map[string]bool)
	}
	for _, job := range jobs {
		s.stale[job] = true
	}
}

// newest gives the records that were begun last, the last first; limit 0 or less means all.
// While nothing is new it is the same list each time: nobody may change it.
func (s *shelf) newest(db *sql.DB, limit int, alive, owes func(name string) bool) ([]Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(db); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	s.ask(alive, owes)
	if s.first == nil {
		s.first = make([]Record, 0, len(s.cards))
		for i := len(s.cards) - 1; i >= 0; i-- {
			if c := &s.cards[i]; !c.damaged {
				s.first = append(s.first, c.record)
			}
		}
	}
	if limit <= 0 || limit > len(s.first) {
		limit = len(s.first)
	}
	return s.first[:limit:limit], nil
}

// ask looks whether the programs of those upgrades that have not ended still run, and for
// the others whether one left word that it could not write the end.
func (s *shelf) ask(alive, owes func(name string) bool) {
	running := map[string]bool{} // by instance: many upgrades may be of the same
	for _, i := range s.growing {
		c := &s.cards[i]
		if c.record.Outcome != Running {
			continue
		}
		live, known := running[c.instance]
		if !known {
			live = alive(c.instance)
			running[c.instance] = live
		}
		unkept := !live && owes(c.job)
		if live != c.record.Live || unkept != c.record.Unkept {
			c.record.Live, c.record.Unkept, s.first = live, unkept, nil
		}
	}
}

// refresh reads what may have changed.
func (s *shelf) refresh(db *sql.DB) error {
	var version int64
	if err := db.QueryRow("PRAGMA data_version").Scan(&version); err != nil {
		return err
	}
	foreign := version != s.version
	if !foreign && len(s.stale) == 0 {
		return nil
	}
	s.first = nil
	for i := range s.cards {
		c := &s.cards[i]
		if !s.stale[c.job] && (!foreign || c.closed()) {
			continue
		}
		if err := s.reread(db, c); err != nil {
			return err
		}
	}
	if err := s.readNew(db); err != nil {
		return err
	}
	s.growing = s.growing[:0]
	for i := range s.cards {
		if !s.cards[i].closed() {
			s.growing = append(s.growing, i)
		}
	}
	s.version = version
	clear(s.stale)
	return nil
}

func (s *shelf) reread(db *sql.DB, c *card) error {
	var row sealedRow
	_, err := row.scan(db.QueryRow(sealedQuery+"WHERE j.job = ?", c.job).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		c.damaged = true // somebody took it out
	case err != nil:
		return err
	default:
		*c = newCard(row)
	}
	return nil
}

// readNew reads the rows that were added.
func (s *shelf) readNew(db *sql.DB) error {
	rows, err := db.Query(sealedQuery+"WHERE j.rowid > ? ORDER BY j.rowid", s.last)
	if err != nil {
		return err
	}
	defer rows.Close()
	cards, last := s.cards, s.last
	for rows.Next() {
		var row sealedRow
		if last, err = row.scan(rows.Scan); err != nil {
			return err
		}
		cards = append(cards, newCard(row))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	s.cards, s.last = cards, last
	return nil
}

// altered counts the records that are not those that were written.
func (s *shelf) altered(db *sql.DB) (count int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(db); err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	for i := range s.cards {
		if c := &s.cards[i]; c.damaged || c.record.Altered {
			count++
		}
	}
	return count, nil
}

func newCard(row sealedRow) card {
	c := card{job: row.job, instance: row.instance}
	c.damaged = json.Unmarshal([]byte(row.body), &c.record) != nil || c.record.Job == ""
	c.record.Bound, c.record.Altered = Binding(row.binding), !row.whole() || c.record.Job != row.job || c.record.unproved()
	return c
}
