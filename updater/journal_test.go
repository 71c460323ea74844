package updater

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

// open opens the journal of dir, to be closed with the test.
func open(t *testing.T, dir string) (*file, []Note) {
	t.Helper()
	j, notes, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := j.(*file)
	t.Cleanup(func() { _ = f.Close() })
	return f, notes
}

// begin writes a job with n events.
func begin(t *testing.T, j Journal, job string, n int) {
	t.Helper()
	if err := j.Begin(Record{Job: job, Started: time.Now(), Plan: PlanRecord{Family: "fake", Address: home}}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		e := Event{Job: job, Seq: int64(i + 1), At: time.Now(), Stage: Deliver, Cancel: CancelCleanUp, Begins: i == 0, Done: int64(i)}
		e.Note = &Note{Level: Info, Code: NoteStall, Args: []any{30, 0.5, "中文 \x00"}}
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestJournalKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "日志 ?#100% ü")
	j, notes := open(t, dir)
	if len(notes) != 0 {
		t.Errorf("notes on a new journal: %v", notes)
	}
	begin(t, j, "a", 3)
	begin(t, j, "b", 2)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, _ = open(t, dir)
	records, err := j.Jobs(0)
	if err != nil || len(records) != 2 || records[0].Job != "b" || records[1].Seq != 3 || records[1].Resume != ResumeClean {
		t.Fatalf("records %+v, %v", records, err)
	}
	if records[0].Live {
		t.Error("a job of a program that has ended counts as running")
	}
	events, altered, err := j.Events("a")
	if err != nil || altered || len(events) != 3 {
		t.Fatalf("%d events, altered %v, %v", len(events), altered, err)
	}
	if a := events[0].Note.Args; a[0] != int64(30) || a[1] != 0.5 || a[2] != "中文 \x00" {
		t.Errorf("arguments came back as %#v", a)
	}
	var mode, sync string
	if err := j.db.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
	if err := j.db.QueryRow("PRAGMA synchronous").Scan(&sync); err != nil || sync != "2" {
		t.Errorf("synchronous %q, %v: 2 is FULL", sync, err)
	}
}

// TestJournalDamage: a damaged file is put aside with all that could be read of
// it taken over; no damage keeps the program from starting.
func TestJournalDamage(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty page":  func(b []byte) []byte { clear(b[len(b)/2:]); return b },
		"torn":        func(b []byte) []byte { return b[:len(b)/2+100] },
		"no database": func([]byte) []byte { return []byte(strings.Repeat("this is a text\n", 1000)) },
		"header only": func(b []byte) []byte { return b[:50] },
		"emptied":     func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, dir)
			for i := range 20 {
				begin(t, j, fmt.Sprintf("job%02d", i), 5)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "journal.db")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			j, notes := open(t, dir)
			if len(notes) < 2 || notes[0].Code != NoteJournalDamaged {
				t.Fatalf("notes %+v", notes)
			}
			if _, err := os.Stat(filepath.Join(dir, notes[0].Args[0].(string))); err != nil {
				t.Errorf("the damaged file is gone: %v", err)
			}
			begin(t, j, "new", 3)
			if records, err := j.Jobs(0); err != nil || int64(len(records)) != notes[0].Args[1].(int64)+1 {
				t.Errorf("%d records, %v; the note says %v were read", len(records), err, notes[0].Args[1])
			}
		})
	}
}

// TestJournalBitRot: damage that leaves the structure whole is noticed where it
// is read.
func TestJournalBitRot(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	begin(t, j, "a", 50)
	_ = j.Close()
	path := filepath.Join(dir, "journal.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	i := strings.LastIndex(string(b), `"done":40`)
	if i < 0 {
		t.Fatal("no such record in the file")
	}
	b[i+len(`"done":`)] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	j, notes := open(t, dir)
	events, altered, err := j.Events("a")
	if len(notes) == 0 && !altered || err != nil {
		t.Errorf("%d events, notes %v, altered %v, %v", len(events), notes, altered, err)
	}
}

// TestJournalEdited: a record that somebody changed is shown, and marked.
func TestJournalEdited(t *testing.T) {
	for name, edit := range map[string]string{
		"changed":     `UPDATE events SET body = replace(body, '"done":2', '"done":9') WHERE seq = 3`,
		"removed":     `DELETE FROM events WHERE seq = 2`,
		"cut":         `DELETE FROM events WHERE seq > 3`,
		"emptied":     `DELETE FROM events`,
		"rewritten":   `UPDATE jobs SET body = replace(body, '"family":"fake"', '"family":"real"')`,
		"unsealed":    `DELETE FROM seals`,
		"sealed anew": `UPDATE seals SET seal = ''`,
		"garbled":     `UPDATE events SET body = 'no JSON' WHERE seq = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			j, _ := open(t, t.TempDir())
			begin(t, j, "a", 5)
			if _, err := j.db.Exec(edit); err != nil {
				t.Fatal(err)
			}
			events, altered, err := j.Events("a")
			if err != nil || !altered || len(events) < 4 && name != "cut" && name != "emptied" {
				t.Errorf("%d events, altered %v, %v", len(events), altered, err)
			}
		})
	}
}

// TestJournalFull: with SQLite's own limit in place of a full disk, nothing is
// sent any more, the upgrade ends truthfully and the journal stays whole.
func TestJournalFull(t *testing.T) {
	full := 0
	for pages := 8; pages < 20; pages += 2 {
		dir := t.TempDir()
		j, _ := open(t, dir)
		if _, err := j.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t)
		w.away, w.step = 20*time.Millisecond, 2*time.Millisecond
		cfg := w.config(j)
		cfg.Budgets = quick()
		e, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		job, err := e.Start(w.plan())
		if err != nil {
			if !errors.Is(err, devices.Space) {
				t.Errorf("start: %v", err)
			}
			full++
			close2(t, e)
			continue
		}
		end := last(follow(t, e, job))
		switch end.Outcome {
		case RefusedBefore, FailedOld:
			full++
			if end.Failure.Note.Code != NoteJournal || w.running != oldVersion {
				t.Errorf("%d pages: %+v, the device runs %s", pages, end, w.running)
			}
		case Verified:
			if w.running != newVersion {
				t.Errorf("%d pages: verified", pages)
			}
		default:
			t.Errorf("%d pages: %s", pages, end.Outcome)
		}
		close2(t, e)
		if _, notes := open(t, dir); len(notes) != 0 {
			t.Errorf("%d pages: the journal was left damaged: %v", pages, notes)
		}
	}
	if full == 0 {
		t.Error("the journal was never full: the limit does not bite")
	}
}

// quick are budgets for tests in real time.
func quick() Budgets {
	return Budgets{
		Ask: time.Minute, Poll: 4 * time.Millisecond, StableFor: 20 * time.Millisecond,
		Leave: 300 * time.Millisecond, Settle: 10 * time.Millisecond, Limit: time.Minute,
		Record: time.Millisecond, Keep: 50 * time.Millisecond,
	}
}

// TestTwoPrograms: the second sees that the first one's job runs, leaves it
// alone, and can follow it; once the first has ended it is taken over.
func TestTwoPrograms(t *testing.T) {
	dir := t.TempDir()
	first, _ := open(t, dir)
	begin(t, first, "a", 2)
	w := newWorld(t)
	e, err := New(Config{Drivers: []devices.Driver{w}, DataDir: dir, Budgets: quick()})
	if err != nil {
		t.Fatal(err)
	}
	if r := history(t, e, 1); len(r) != 1 || !r[0].Live || r[0].Outcome != Running || len(e.OpenCases()) != 0 {
		t.Fatalf("%+v", r)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	seen := make(chan Event, 10)
	done := make(chan error, 1)
	go func() { done <- e.Watch(ctx, "a", func(ev Event) { seen <- ev }) }()
	<-seen
	<-seen
	if err := first.Append(Event{Job: "a", Seq: 3, At: time.Now(), Stage: Deliver, Outcome: Cancelled}); err != nil {
		t.Fatal(err)
	}
	if ev := <-seen; ev.Outcome != Cancelled {
		t.Errorf("%+v", ev)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	begin(t, first, "b", 2)
	_ = first.Close()
	close2(t, e)
	if e, err = New(Config{Drivers: []devices.Driver{w}, DataDir: dir}); err != nil {
		t.Fatal(err)
	}
	defer close2(t, e)
	cases := e.OpenCases()
	if len(cases) != 1 || cases[0].Record.Job != "b" || cases[0].Next.Code != NoteNextClean || cases[0].Record.Outcome != FailedOld {
		t.Errorf("cases %+v", cases)
	}
}

// TestOtherProgramDies: who follows a job of a program that dies is told how it stands,
// and not for ever that it runs.
func TestOtherProgramDies(t *testing.T) {
	for name, n := range map[string]int{"before its first event": 0, "during its delivery": 2} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			first, _ := open(t, dir)
			begin(t, first, "a", n)
			e, err := New(Config{Drivers: []devices.Driver{newWorld(t)}, DataDir: dir, Budgets: quick()})
			if err != nil {
				t.Fatal(err)
			}
			defer close2(t, e)
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			var ends [2]Event
			var followers sync.WaitGroup
			for i := range ends {
				followers.Go(func() {
					if err := e.Watch(ctx, "a", func(ev Event) { ends[i] = ev }); err != nil {
						t.Error(err)
					}
				})
			}
			if err := first.Close(); err != nil {
				t.Error(err)
			}
			followers.Wait()
			want := FailedOld
			if n == 0 {
				want = RefusedBefore
			}
			for _, end := range ends {
				if end.Outcome != want || end.Failure == nil || end.Failure.Note.Code != NoteDied {
					t.Errorf("%s, %+v", end.Outcome, end.Failure)
				}
			}
			if cases := e.OpenCases(); len(cases) != 1 {
				t.Errorf("%d cases", len(cases))
			}
		})
	}
}

// TestClaimed: a port that another program of this user works on is refused,
// with its name.
func TestClaimed(t *testing.T) {
	dir := t.TempDir()
	release, err := claimIn(dir, t.TempDir())(string(home), "the other window")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	e, err := New(Config{Drivers: []devices.Driver{w}, DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer close2(t, e)
	if _, err := e.Start(w.plan()); !errors.Is(err, devices.Busy) || !strings.Contains(err.Error(), "the other window") {
		t.Errorf("start: %v", err)
	}
	release()
	if _, _, err := e.Identify(t.Context(), w.plan()); err != nil {
		t.Errorf("after release: %v", err)
	}
}

// TestClaimedElsewhere: a port of the network is for one program, whatever its data
// folder; where the folder of all cannot be made, each keeps its own claims.
func TestClaimedElsewhere(t *testing.T) {
	const at = "tcp://192.0.2.7:7100"
	shared := filepath.Join(t.TempDir(), "shared")
	first, second := claimIn(t.TempDir(), shared), claimIn(t.TempDir(), shared)
	release, err := first(at, "the first")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second(at, "the second"); !errors.Is(err, devices.Busy) || !strings.Contains(err.Error(), "the first") {
		t.Errorf("two have the port: %v", err)
	}
	release()
	release, err = second(at, "the second")
	if err != nil {
		t.Fatal(err)
	}
	release()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	if release, err = claimIn(t.TempDir(), filepath.Join(file, "none"))(at, "alone"); err != nil {
		t.Fatal(err)
	}
	release()
}

// TestClaimedNowhere: a port of the network is not claimed through what somebody may have
// put there before; the error says what to do with it. Nothing is held then.
func TestClaimedNowhere(t *testing.T) {
	const at = "tcp://192.0.2.7:7100"
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	_, err := claimIn(dir, file)(at, "me")
	var e *devices.Error
	if !errors.As(err, &e) || e.Kind != devices.Denied || e.Note != link.NoteFolder || e.Args[0] != file {
		t.Errorf("%v", err)
	}
	release, err := claimIn(dir, filepath.Join(t.TempDir(), "own"))(at, "me")
	if err != nil {
		t.Fatal("the refused claim is still held:", err)
	}
	release()
	if release, err = claimIn(dir, file)(string(home), "me"); err != nil {
		t.Fatal("a serial port needs no such folder:", err)
	}
	release()
}

// TestSharedFolder: the folder of a session that is another's, or none, does not count.
func TestSharedFolder(t *testing.T) {
	session := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", session)
	if got := sharedFolder(); filepath.Dir(got) != session {
		t.Error(got)
	}
	for _, not := range []string{"", "here", filepath.Join(session, "none")} {
		t.Setenv("XDG_RUNTIME_DIR", not)
		if got := sharedFolder(); filepath.Dir(got) != filepath.Clean(os.TempDir()) || filepath.Base(got) == "fotabench" {
			t.Errorf("%q: %s", not, got)
		}
	}
}

// TestSecrets: what is secret is in no event, error, report or journal file.
func TestSecrets(t *testing.T) {
	const secret = "pa55-w0rd-of-Eve"
	dir := t.TempDir()
	w := newWorld(t)
	w.faults[Deliver] = errs
	e, err := New(Config{Drivers: []devices.Driver{w}, DataDir: dir, Budgets: quick()})
	if err != nil {
		t.Fatal(err)
	}
	w.leak = secret
	p := w.plan()
	p.Access.Password = secret
	p.Access.Platform = &devices.Platform{ProductKey: "p11", ProductSecret: secret, APN: &devices.APN{Name: "iot", Password: secret}}
	p.Options.APN = &devices.APN{Name: "iot", Password: secret}
	p.Options.TLS = &devices.TLS{Key: secret}
	p.Origin = &OriginPlan{URLs: []string{"ftp://eve:" + secret + "@example.com/f.bin?token=" + secret}, Password: secret}
	job, err := e.Start(p)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v", follow(t, e, job)); strings.Contains(text, secret) {
		t.Error("a secret is in an event")
	}
	log, err := e.Log(job)
	if text := fmt.Sprintf("%+v", log); err != nil || len(log.Lines) == 0 || strings.Contains(text, secret) {
		t.Errorf("the log: %v\n%s", err, text)
	}
	var report strings.Builder
	r, err := e.Report(job)
	if err != nil || r.Write(&report) != nil || strings.Contains(report.String(), secret) || !strings.Contains(report.String(), "example.com") {
		t.Errorf("the report: %v\n%s", err, report.String())
	}
	close2(t, e)
	files, err := filepath.Glob(filepath.Join(dir, "journal*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if b, err := os.ReadFile(f); err != nil || strings.Contains(string(b), secret) {
			t.Errorf("a secret is in %s (%v)", filepath.Base(f), err)
		}
	}
}
