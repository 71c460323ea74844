package updater

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// look reads all records of a journal.
func look(t testing.TB, j *file) []Record {
	t.Helper()
	records, err := j.Jobs(0)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// once tells whether two lists are one, not only alike.
func once(a, b []Record) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }

// TestLook: while nothing is new, a look gives the list that it gave before; whatever
// changes, by this program or another, is in the next one, and the one before stays as it
// was.
func TestLook(t *testing.T) {
	dir := t.TempDir()
	here, _ := open(t, dir)
	other, _ := open(t, dir)
	begin(t, here, "mine", 1)
	begin(t, other, "theirs", 1)
	at := func(seq int64) Event { return Event{Job: "theirs", Seq: seq, At: time.Now(), Stage: Confirm} }
	end := func(e Event, o Outcome) Event { e.Outcome = o; return e }
	alike := func(a, b Record) bool {
		return a.Job == b.Job && a.Seq == b.Seq && a.Result() == b.Result() && a.Live == b.Live
	}
	before := look(t, here)
	for _, c := range []struct {
		name string
		do   func() error
		seen func(r Record) bool // of the upgrade that was begun last
	}{
		{"theirs goes on", func() error { return other.Append(at(2)) }, func(r Record) bool { return r.Seq == 2 && r.Live }},
		{"its result", func() error { return other.Append(end(at(3), Uncertain)) }, func(r Record) bool { return r.Outcome == Uncertain && !r.Live }},
		{"it is settled", func() error { return other.Settle("theirs", Settlement{At: time.Now(), Outcome: Cancelled}) }, func(r Record) bool { return r.Result() == Cancelled }},
		{"another one", func() error { return other.Begin(Record{Job: "new", Started: time.Now()}) }, func(r Record) bool { return r.Job == "new" && r.Live }},
		{"its program ends", other.Close, func(r Record) bool { return r.Job == "new" && !r.Live }},
		{"mine begins", func() error { return here.Begin(Record{Job: "last", Started: time.Now()}) }, func(r Record) bool { return r.Job == "last" && r.Live }},
		{"mine ends", func() error {
			return here.Append(Event{Job: "last", Seq: 1, At: time.Now(), Outcome: FailedOld, Note: &Note{Code: NoteOld}})
		}, func(r Record) bool { return r.Outcome == FailedOld && r.Ending.Code == NoteOld }},
	} {
		kept := slices.Clone(before)
		if again := look(t, here); !once(again, before) {
			t.Errorf("before %s: another list, though nothing is new", c.name)
		}
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		now := look(t, here)
		if !c.seen(now[0]) {
			t.Errorf("%s: not seen: %+v", c.name, now[0])
		}
		if !slices.EqualFunc(before, kept, alike) {
			t.Errorf("%s: the list that was given before has changed", c.name)
		}
		if few, err := here.Jobs(1); err != nil || len(few) != 1 || cap(few) != 1 || few[0].Job != now[0].Job {
			t.Errorf("%s: %v, %v", c.name, few, err)
		}
		before = now
	}
}

// TestLookAtTheDead: what a program that died left behind is found without changing a list
// that was given before, which others may be reading.
func TestLookAtTheDead(t *testing.T) {
	dir := t.TempDir()
	dead, _ := open(t, dir)
	begin(t, dead, "a", 1)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	here, _ := open(t, dir)
	before := look(t, here)
	if before[0].Live || before[0].Unkept {
		t.Fatalf("%+v", before[0])
	}
	if err := os.WriteFile(here.owedPath("a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var lookers sync.WaitGroup
	for range 4 {
		lookers.Go(func() {
			for range 20 {
				if now, err := here.Jobs(0); err != nil || !now[0].Unkept {
					t.Errorf("%+v, %v", now, err)
				}
			}
		})
	}
	lookers.Wait()
	if before[0].Unkept {
		t.Error("the list that was given before has changed")
	}
}

// TestLookUnreadable: a journal that cannot be read is told although nothing is new, and
// what another program wrote meanwhile is there once it can be read again.
func TestLookUnreadable(t *testing.T) {
	dir := t.TempDir()
	here, _ := open(t, dir)
	other, _ := open(t, dir)
	begin(t, here, "mine", 1)
	begin(t, other, "theirs", 1)
	look(t, here)
	torn, err := connect("")
	if err == nil {
		err = torn.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	whole := here.db
	here.db = torn
	if records, err := here.Jobs(0); err == nil {
		t.Fatalf("%d records of a journal that cannot be read", len(records))
	}
	if err := other.Append(Event{Job: "theirs", Seq: 2, At: time.Now(), Outcome: Cancelled}); err != nil {
		t.Fatal(err)
	}
	here.db = whole
	if now := look(t, here); now[0].Outcome != Cancelled {
		t.Errorf("%+v", now[0])
	}
}

// BenchmarkLook: a look at a history of 10,000 upgrades in which nothing is new, beside
// reading it all.
func BenchmarkLook(b *testing.B) {
	j, _, err := OpenJournal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	f := j.(*file)
	b.Cleanup(func() { _ = f.Close() })
	stock(b, f, 10_000)
	const looks = 1000
	var full, nothing time.Duration
	for b.Loop() {
		for range 3 {
			f.shelf = shelf{}
			began := time.Now()
			all := look(b, f)
			full = least(full, time.Since(began))
			began = time.Now()
			for range looks {
				if !once(look(b, f), all) {
					b.Fatal("another list")
				}
			}
			nothing = least(nothing, time.Since(began)/looks)
		}
	}
	b.ReportMetric(nothing.Seconds()/full.Seconds(), "look/reading")
	b.ReportMetric(nothing.Seconds()*1e6, "look-µs")
	b.ReportMetric(full.Seconds()*1000, "reading-ms")
	b.ReportMetric(0, "ns/op")
}

// least is the shorter of two times; 0 is none yet.
func least(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}
