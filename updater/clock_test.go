package updater

import (
	"slices"
	"testing"
	"time"
)

// TestClockPutBack: what was begun last comes first in both programs that share a journal,
// and in the next one, also where the clock was a day ahead before. What names and times say
// does not count.
func TestClockPutBack(t *testing.T) {
	dir := t.TempDir()
	other, _ := open(t, dir)
	tomorrow := time.Now().Add(24 * time.Hour).UTC()
	ahead := tomorrow.Format("20060102T150405.000") + "-ffffffff"
	if err := other.Begin(Record{Job: ahead, Started: tomorrow}); err != nil {
		t.Fatal(err)
	}
	if err := other.Append(Event{Job: ahead, Seq: 1, At: tomorrow, Stage: Confirm, Outcome: FailedOld}); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.away, w.step = 20*time.Millisecond, 2*time.Millisecond
	here, _ := open(t, dir)
	cfg := w.config(here)
	cfg.Budgets = quick()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	job, err := e.Start(w.plan())
	if err != nil {
		t.Fatal(err)
	}
	if end := last(follow(t, e, job)); end.Outcome != Verified {
		t.Errorf("%+v", end)
	}
	want := []string{job, ahead}
	for name, j := range map[string]*file{"here": here, "other": other} {
		if got := namesIn(t, j, 0); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if got := namesIn(t, j, 1); !slices.Equal(got, want[:1]) {
			t.Errorf("%s, the last: %q", name, got)
		}
	}
	close2(t, e)
	begin(t, other, "0", 1)
	next, _ := open(t, dir)
	if got := namesIn(t, next, 0); !slices.Equal(got, []string{"0", job, ahead}) {
		t.Errorf("%q", got)
	}
}

// namesIn are the newest jobs of a journal.
func namesIn(t *testing.T, j Journal, limit int) (jobs []string) {
	t.Helper()
	records, err := j.Jobs(limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		jobs = append(jobs, r.Job)
	}
	return jobs
}
