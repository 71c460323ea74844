package updater

import (
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// TestJournalHeals: whatever moment a journal fails at for a while, the record is whole
// afterwards: it has all that watchers were shown, in order, and how it ended.
func TestJournalHeals(t *testing.T) {
	for n := range 14 {
		for _, outage := range []time.Duration{time.Nanosecond, 8 * time.Second, 30 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t), newBook()
				w.away = 20 * time.Second
				failed, count := time.Time{}, 0
				b.fail = func(Event) error {
					if count++; count == n+1 {
						failed = time.Now()
					}
					if !failed.IsZero() && time.Since(failed) < outage {
						return errors.New("disk full")
					}
					return nil
				}
				e := engine(t, w, b)
				defer close2(t, e)
				events := story(t, e, w.plan())
				end, record := last(events), history(t, e, 1)[0]
				if outage > time.Second && !noted(events, NoteJournalLater) {
					t.Errorf("event %d, %s: nobody was told that the journal fails", n, outage)
				}
				if end.Unkept && outage < 20*time.Second {
					t.Fatalf("event %d, %s: told to be lost", n, outage)
				}
				time.Sleep(time.Minute)
				if record = history(t, e, 1)[0]; record.Outcome != end.Outcome || record.Seq != end.Seq {
					t.Errorf("event %d, %s: %s at %d, the record says %s at %d", n, outage, end.Outcome, end.Seq, record.Outcome, record.Seq)
				}
				sameStory(t, events, b.events[end.Job])
			})
		}
	}
}

// sameStory compares what watchers were shown with what was kept. Progress is thinned out
// on both ways.
func sameStory(t *testing.T, shown, kept []Event) {
	t.Helper()
	notable := func(events []Event) (seqs []int64) {
		for _, e := range events {
			if !e.dull() {
				seqs = append(seqs, e.Seq)
			}
		}
		return seqs
	}
	if a, b := notable(shown), notable(kept); !slices.Equal(a, b) {
		t.Errorf("shown %v, kept %v", a, b)
	}
	if !slices.IsSortedFunc(kept, func(a, b Event) int { return int(a.Seq - b.Seq) }) {
		t.Error("the record is out of order")
	}
}

// TestJournalFailsToTheEnd: the ending says that it is in no record, after a while; once
// the journal can be written again it is.
func TestJournalFailsToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t), newBook()
		full := true
		b.fail = func(e Event) error {
			if full && (e.Stage == Restart || e.Stage == Confirm) {
				return errors.New("disk full")
			}
			return nil
		}
		e := engine(t, w, b)
		defer close2(t, e)
		events := story(t, e, w.plan())
		end := last(events)
		if !end.Unkept || end.Outcome != Verified || !noted(events, NoteJournalLater) {
			t.Fatalf("%+v", end)
		}
		if waited := time.Since(end.At); waited < 19*time.Second || waited > 25*time.Second {
			t.Errorf("it tried for %s", waited)
		}
		if r := history(t, e, 1)[0]; r.Outcome != Running {
			t.Errorf("the record says %s", r.Outcome)
		}
		b.mu.Lock()
		full = false
		b.mu.Unlock()
		time.Sleep(time.Minute)
		if r := history(t, e, 1)[0]; r.Outcome != Verified || slices.ContainsFunc(b.events[end.Job], func(e Event) bool { return e.Unkept }) {
			t.Errorf("the record says %s", r.Outcome)
		}
	})
}

// TestJournalFailsWhileClosing: a program that is closed does not wait for the journal.
func TestJournalFailsWhileClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t), newBook()
		w.faults[Restart] = gone
		b.fail = func(e Event) error {
			if past(e.Stage) && e.Stage != Install {
				return errors.New("disk full")
			}
			return nil
		}
		e := engine(t, w, b)
		if _, err := e.Start(w.plan()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		began := time.Now()
		close2(t, e)
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// jammed is a journal file that calls at before each event is written.
type jammed struct {
	*file
	at func(Event)
}

func (j jammed) Append(events ...Event) error {
	for _, e := range events {
		j.at(e)
	}
	return j.file.Append(events...)
}

// jam has another program keep the journal of dir to itself until free is called.
func jam(t *testing.T, f *file) (free func()) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+f.dir+"/"+journalName+"?_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		t.Error(err)
		return func() {}
	}
	tx, err := db.Begin()
	if err != nil {
		t.Error(err)
		return func() { _ = db.Close() }
	}
	return func() {
		if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestJournalLocked: with another program that keeps the journal to itself from the restart
// on, the record is whole if that ends in time; if it does not, the record says that the
// journal could not be written, and not that the program died.
func TestJournalLocked(t *testing.T) {
	for name, tries := range map[string]int{"for a moment": 3, "to the end": 0} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f, _ := open(t, dir)
			if _, err := f.db.Exec("PRAGMA busy_timeout = 20"); err != nil {
				t.Fatal(err)
			}
			var free func()
			tried := 0
			w := newWorld(t)
			w.away, w.step = 20*time.Millisecond, time.Millisecond
			cfg := w.config(jammed{f, func(e Event) {
				if e.Stage == Restart && tried == 0 {
					free = jam(t, f)
				}
				if free != nil {
					tried++
				}
				if tried == tries+1 && tries > 0 && free != nil {
					free()
					free = nil
				}
			}})
			cfg.Budgets = quick()
			cfg.Budgets.Keep = time.Second
			if tries > 0 {
				cfg.Budgets.Keep = time.Minute // it does end
			}
			e, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			end := last(story(t, e, w.plan()))
			if end.Outcome != Verified || end.Unkept != (tries == 0) {
				t.Errorf("%+v", end)
			}
			close2(t, e)
			if free != nil {
				free()
			}
			j, notes := open(t, dir)
			if len(notes) != 0 {
				t.Errorf("%+v", notes)
			}
			cfg.Journal, cfg.DataDir = j, dir
			if e, err = New(cfg); err != nil {
				t.Fatal(err)
			}
			defer close2(t, e)
			remembered(t, e, end)
		})
	}
}

// remembered checks what the next program knows of an upgrade that ended with end.
func remembered(t *testing.T, e *Engine, end Event) {
	t.Helper()
	r := history(t, e, 1)[0]
	report, err := e.Report(end.Job)
	if err != nil || report.Altered {
		t.Errorf("%v, altered %v", err, report.Altered)
	}
	if !end.Unkept {
		if r.Outcome != Verified || len(e.OpenCases()) != 0 {
			t.Errorf("%+v", r)
		}
		return
	}
	if rest, err := filepath.Glob(filepath.Join(e.cfg.DataDir, "running", "*.unkept")); err != nil || len(rest) > 0 {
		t.Errorf("left behind: %v, %v", rest, err)
	}
	cases := e.OpenCases()
	if len(cases) != 1 || cases[0].Known.Code != NoteUnkept || r.Outcome != Uncertain || r.Failure.Kind != devices.Space {
		t.Errorf("%+v, %+v", r.Failure, cases)
	}
}

// TestAppendTwice: an event that is there already is not added again; another in its place
// is refused.
func TestAppendTwice(t *testing.T) {
	j, _ := open(t, t.TempDir())
	begin(t, j, "a", 1)
	e := Event{Job: "a", Seq: 2, At: time.Now(), Stage: Deliver}
	for range 2 {
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	e.Stage = Verify
	if err := j.Append(e); err == nil {
		t.Error("another event in its place")
	}
	if events, altered, err := j.Events("a"); err != nil || altered || len(events) != 2 {
		t.Errorf("%d events, altered %v, %v", len(events), altered, err)
	}
}
