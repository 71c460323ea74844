package updater

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// next is the event of a job with that number.
func next(job string, seq int64) Event {
	return Event{Job: job, Seq: seq, At: time.Now(), Stage: Deliver, Cancel: CancelDisarm, Begins: seq == 1}
}

// ends makes of an event the end of an upgrade of which nobody knows what became.
func ends(e Event) Event {
	e.Outcome, e.Cancel = Uncertain, CancelNothing
	return e
}

// TestJournalGroups: jobs that begin together, and events of several jobs in whatever order,
// are kept as if each had come alone, and so are their seals, their links and their cases.
func TestJournalGroups(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	if err := j.Begin(Record{Job: "a"}, Record{Job: "b"}, Record{Job: "c"}); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(next("a", 1), next("b", 1), next("a", 2), ends(next("b", 2))); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(ends(next("a", 3)), next("c", 1)); err != nil {
		t.Fatal(err)
	}
	var open2 int
	if err := j.db.QueryRow("SELECT count(*) FROM cases WHERE closed IS NULL").Scan(&open2); err != nil || open2 != 2 {
		t.Errorf("%d cases, %v", open2, err)
	}
	_ = j.Close()
	j, notes := open(t, dir)
	records, err := j.Jobs(0)
	if err != nil || len(notes) != 0 || len(records) != 3 {
		t.Fatalf("%v, notes %v, %+v", err, notes, records)
	}
	for i, want := range []struct {
		job string
		seq int64
		end Outcome
	}{{"c", 1, Running}, {"b", 2, Uncertain}, {"a", 3, Uncertain}} {
		r := records[i]
		events, altered, err := j.Events(want.job)
		if r.Job != want.job || r.Seq != want.seq || r.Outcome != want.end || r.Altered || err != nil || altered || int64(len(events)) != want.seq {
			t.Errorf("%+v, altered %v, %v, %d events", r, altered, err, len(events))
		}
	}
}

// TestJournalAllOrNone: where one of several cannot be kept, none is; what is there already
// is not added again, beside what is new.
func TestJournalAllOrNone(t *testing.T) {
	j, _ := open(t, t.TempDir())
	begin(t, j, "a", 1)
	if err := j.Append(next("a", 2), next("nobody", 1)); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("an event of no job: %v", err)
	}
	changed := next("a", 1)
	changed.Done = 7
	if err := j.Append(next("a", 2), changed); err == nil {
		t.Error("another first event was taken")
	}
	records, err := j.Jobs(0)
	if err != nil || records[0].Seq != 1 {
		t.Fatalf("%+v, %v", records, err)
	}
	late := Record{Job: "b", Started: time.Now()}
	for range 2 {
		if err := j.Begin(late); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Begin(Record{Job: "c"}, Record{Job: "b", CancelAsked: true}); err == nil {
		t.Error("another b was taken")
	}
	second := next("a", 2)
	if err := j.Append(second); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(second, next("a", 3), next("b", 1)); err != nil {
		t.Fatal(err)
	}
	records, err = j.Jobs(0)
	if err != nil || len(records) != 2 || records[0].Seq != 1 || records[1].Seq != 3 {
		t.Fatalf("%+v, %v", records, err)
	}
	if events, altered, err := j.Events("a"); err != nil || altered || len(events) != 3 {
		t.Errorf("%d events, altered %v, %v", len(events), altered, err)
	}
	if gone, err := missing(j.db); gone != 0 || err != nil {
		t.Errorf("%d missing, %v", gone, err)
	}
}

// TestJournalOwesAll: of all upgrades whose last events could not be kept together, the
// journal says so when it is closed.
func TestJournalOwesAll(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	if err := j.Begin(Record{Job: "a"}, Record{Job: "b"}); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(next("a", 1), next("b", 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := j.db.Exec("PRAGMA busy_timeout = 0"); err != nil {
		t.Fatal(err)
	}
	free := jam(t, j)
	if err := j.Append(ends(next("a", 2)), ends(next("b", 2))); err == nil {
		t.Error("written to a journal that another program keeps to itself")
	}
	_ = j.Close()
	free()
	j, _ = open(t, dir)
	records, err := j.Jobs(0)
	if err != nil || len(records) != 2 || slices.ContainsFunc(records, func(r Record) bool { return !r.Unkept }) {
		t.Errorf("%+v, %v", records, err)
	}
}
