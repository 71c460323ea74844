package updater

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"fotabench/devices"
)

// verified writes an upgrade whose device reports the target version.
func verified(t *testing.T, j Journal, job string) {
	t.Helper()
	who := devices.Identity{Model: "EC600N", IMEI: "860000000000001", Firmware: oldVersion}
	after := who
	after.Firmware = newVersion
	if err := j.Begin(Record{Job: job, Started: time.Now(), Plan: PlanRecord{Family: "fake", Address: home, Target: newVersion}}); err != nil {
		t.Fatal(err)
	}
	for i, e := range []Event{
		{Stage: Identify, Begins: true},
		{Stage: Identify, Identity: &who},
		{Stage: Install, Begins: true},
		{Stage: Confirm, Begins: true},
		{Stage: Confirm, Identity: &after},
		{Stage: Confirm, Outcome: Verified, Note: &Note{Level: Info, Code: NoteVerified, Args: []any{newVersion}}},
	} {
		e.Job, e.Seq, e.At = job, int64(i+1), time.Now()
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
}

// reportFrom is the report of a job as the journal of dir has it.
func reportFrom(t *testing.T, j Journal, job string) Report {
	t.Helper()
	e, err := New(Config{Drivers: []devices.Driver{newWorld(t)}, Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Report(job)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSealed: whatever is changed in the tables, the report says that it is not what was
// written, and so does the record where it is about that upgrade.
func TestSealed(t *testing.T) {
	for name, c := range map[string]struct {
		edit   string
		record bool // the record of b itself is marked
		note   devices.Code
	}{
		"nothing":           {``, false, ""},
		"body":              {`UPDATE jobs SET body = replace(body, '860000000000001', '860000000000002') WHERE job = 'b'`, true, NoteJournalAltered},
		"instance":          {`UPDATE jobs SET instance = 'x' WHERE job = 'b'`, true, NoteJournalAltered},
		"tail":              {`DELETE FROM events WHERE job = 'b' AND seq > 3`, true, NoteJournalAltered},
		"all events":        {`DELETE FROM events`, true, NoteJournalAltered},
		"event":             {`UPDATE events SET body = replace(body, 'confirm', 'restart') WHERE job = 'b' AND seq = 5`, false, ""},
		"events of another": {`DELETE FROM events WHERE job = 'b'; UPDATE events SET job = 'b' WHERE job = 'a'`, true, NoteJournalAltered},
		"earlier upgrade":   {`DELETE FROM jobs WHERE job = 'a'; DELETE FROM events WHERE job = 'a'`, false, NoteJournalMissing},
		"and its seal":      {`DELETE FROM jobs WHERE job = 'a'; DELETE FROM events WHERE job = 'a'; DELETE FROM seals WHERE job = 'a'`, false, NoteJournalMissing},
		"renumbered":        {`DELETE FROM jobs WHERE job = 'a'; DELETE FROM seals WHERE job = 'a'; UPDATE seals SET n = n - 1; UPDATE head SET n = n - 1`, false, NoteJournalMissing},
		"later upgrade":     {`DELETE FROM jobs WHERE job = 'c'; DELETE FROM events WHERE job = 'c'; DELETE FROM seals WHERE job = 'c'`, false, NoteJournalMissing},
		"head":              {`DELETE FROM head`, false, NoteJournalMissing},
		"binding":           {`UPDATE seals SET binding = 'later'`, false, NoteJournalMissing},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, dir)
			for _, job := range []string{"a", "b", "c"} {
				verified(t, j, job)
			}
			other, err := connect(filepath.Join(dir, journalName))
			if err != nil {
				t.Fatal(err)
			}
			_, err = other.Exec(c.edit)
			if err := errors.Join(err, other.Close()); err != nil {
				t.Fatal(err)
			}
			if r := reportFrom(t, j, "b"); r.Altered != (name != "nothing") {
				t.Errorf("the open program's report: altered %v", r.Altered)
			}
			_ = j.Close()
			j, notes := open(t, dir)
			if r := reportFrom(t, j, "b"); r.Altered != (name != "nothing") {
				t.Errorf("the report: altered %v", r.Altered)
			}
			records, err := j.Jobs(0)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range records {
				if r.Job == "b" && r.Altered != c.record {
					t.Errorf("the record: altered %v", r.Altered)
				}
			}
			if got := len(notes) > 0; got != (c.note != "") || got && notes[0].Code != c.note {
				t.Errorf("notes %+v", notes)
			}
		})
	}
}

// TestSealedLater: what is written to a record that was altered does not make it whole,
// nor do upgrades after one that was taken out.
func TestSealedLater(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	begin(t, j, "a", 3)
	begin(t, j, "b", 3)
	if _, err := j.db.Exec(`UPDATE jobs SET body = replace(body, '"family":"fake"', '"family":"real"') WHERE job = 'b'`); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(Event{Job: "b", Seq: 4, At: time.Now(), Stage: Deliver, Outcome: Cancelled}); err != nil {
		t.Fatal(err)
	}
	if !reportFrom(t, j, "b").Altered {
		t.Error("an event made an altered record whole")
	}
	if _, err := j.db.Exec(`DELETE FROM jobs WHERE job = 'b'; DELETE FROM seals WHERE job = 'b'; DELETE FROM head`); err != nil {
		t.Fatal(err)
	}
	_ = j.Close()
	j, _ = open(t, dir)
	verified(t, j, "c")
	if !reportFrom(t, j, "c").Altered {
		t.Error("a later upgrade hid one that was taken out")
	}
}

// TestUnproved: an upgrade is not verified because its record says so.
func TestUnproved(t *testing.T) {
	j, _ := open(t, t.TempDir())
	verified(t, j, "a")
	record := func() Record {
		t.Helper()
		records, err := j.Jobs(1)
		if err != nil || len(records) != 1 {
			t.Fatal(records, err)
		}
		return records[0]
	}
	if r := record(); r.Altered {
		t.Error("a verified upgrade counts as altered")
	}
	if err := j.Begin(Record{Job: "b", Started: time.Now(), Plan: PlanRecord{Target: newVersion}}); err != nil {
		t.Fatal(err)
	}
	who := &devices.Identity{IMEI: "860000000000001", Firmware: oldVersion}
	for i, e := range []Event{
		{Stage: Identify, Begins: true, Identity: who},
		{Stage: Confirm, Begins: true, Identity: who},
		{Stage: Confirm, Outcome: Verified},
	} {
		e.Job, e.Seq, e.At = "b", int64(i+1), time.Now()
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if !record().Altered || !reportFrom(t, j, "b").Altered {
		t.Error("verified without the device's word")
	}
}

// oldJournal makes a journal as version 1 of its tables had it.
func oldJournal(t *testing.T, dir string) {
	t.Helper()
	j, _ := open(t, dir)
	verified(t, j, "a")
	begin(t, j, "b", 2)
	if _, err := j.db.Exec(`DROP TABLE seals; DROP TABLE head; DROP TABLE rescues; PRAGMA user_version = 1`); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestJournalOlder: a journal without seals is opened; its records say since when they
// are bound, and from then on they are.
func TestJournalOlder(t *testing.T) {
	dir := t.TempDir()
	oldJournal(t, dir)
	j, notes := open(t, dir)
	if len(notes) != 0 {
		t.Errorf("notes %+v", notes)
	}
	verified(t, j, "c")
	for job, want := range map[string]Binding{"a": BoundLater, "b": BoundLater, "c": BoundAtOnce} {
		if r := reportFrom(t, j, job); r.Altered || r.Bound != want {
			t.Errorf("%s: altered %v, bound %q", job, r.Altered, r.Bound)
		}
	}
	if _, err := j.db.Exec(`UPDATE jobs SET body = replace(body, 'EC600N', 'EC800M') WHERE job = 'a'`); err != nil {
		t.Fatal(err)
	}
	if !reportFrom(t, j, "a").Altered {
		t.Error("a record that was bound later can be changed unnoticed")
	}
}

// TestJournalOlderHeld: while a program has an older journal open it is left as it is, also
// in a folder whose name looks like a pattern: what that program writes next would be bound
// by nothing.
func TestJournalOlderHeld(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data[1]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	oldJournal(t, dir)
	if err := os.MkdirAll(filepath.Join(dir, "running"), 0o700); err != nil {
		t.Fatal(err)
	}
	older := flock.New(filepath.Join(dir, "running", "older.lock"))
	if got, err := older.TryLock(); err != nil || !got {
		t.Fatal(got, err)
	}
	_, _, err := OpenJournal(dir)
	var e *devices.Error
	if !errors.As(err, &e) || e.Note != NoteJournalBusy {
		t.Errorf("%v", err)
	}
	if err := older.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

// TestJournalTrouble: what keeps a journal from being opened has a sentence.
func TestJournalTrouble(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	begin(t, j, "a", 1)
	other, err := connect(filepath.Join(dir, journalName), "busy_timeout(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := j.db.Exec("PRAGMA max_page_count = 1"); err != nil {
		t.Fatal(err)
	}
	tx, err := j.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	_, locked := other.Exec("DELETE FROM cases")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	_, full := j.db.Exec(fmt.Sprintf("INSERT INTO jobs VALUES ('x','y','%0100000d')", 0))
	for want, cause := range map[devices.Code]error{NoteJournalBusy: locked, NoteJournalSpace: full, NoteJournalNewer: errNewer, NoteJournalUnusable: errors.New("?")} {
		var e *devices.Error
		if err := openTrouble(dir, cause); !errors.As(err, &e) || e.Note != want {
			t.Errorf("%v: %+v, want %s", cause, e, want)
		}
	}
}
