package updater

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages/durable"
)

// manyUpgrades leaves a journal with n upgrades in dir and gives its file's bytes.
func manyUpgrades(t *testing.T, dir string, n int) []byte {
	t.Helper()
	j, _ := open(t, dir)
	for i := range n {
		begin(t, j, fmt.Sprintf("job%03d", i), 6)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return bytesOf(t, filepath.Join(dir, journalName))
}

func bytesOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestJournalNewer: a journal of a newer program is refused, and nothing is changed.
func TestJournalNewer(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	begin(t, j, "a", 1)
	if _, err := j.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	_ = j.Close()
	before := bytesOf(t, filepath.Join(dir, journalName))
	_, _, err := OpenJournal(dir)
	var e *devices.Error
	if !errors.As(err, &e) || e.Note != NoteJournalNewer {
		t.Fatalf("%v", err)
	}
	if !bytes.Equal(before, bytesOf(t, filepath.Join(dir, journalName))) {
		t.Error("the file was changed")
	}
	if kept, err := filepath.Glob(filepath.Join(dir, journalName+".*kept*")); err != nil || len(kept) != 0 {
		t.Errorf("beside it: %v, %v", kept, err)
	}
}

// TestJournalNoFile: what has its name and is no file is told, and neither written to nor
// waited for.
func TestJournalNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, journalName), 0o700); err != nil {
		t.Fatal(err)
	}
	_, _, err := OpenJournal(dir)
	var e *devices.Error
	if !errors.As(err, &e) || e.Note != NoteJournalUnusable || !errors.Is(err, durable.ErrKind) {
		t.Fatalf("%v", err)
	}
}

// TestRescueCut: a journal that was cut anywhere gives what is in the pages that are
// left, says how much is lost, and is kept as it was.
func TestRescueCut(t *testing.T) {
	const n = 40
	whole := manyUpgrades(t, t.TempDir(), n)
	seed := rand.New(rand.NewPCG(1, 2))
	read := int64(0)
	for range 14 {
		at := len(whole)/4 + seed.IntN(len(whole)*3/4)
		dir := t.TempDir()
		write(t, filepath.Join(dir, journalName), whole[:at])
		j, notes := open(t, dir)
		read += checkRescue(t, j, notes, n)
		if kept := bytesOf(t, filepath.Join(dir, notes[0].Args[0].(string))); !bytes.Equal(kept, whole[:at]) {
			t.Errorf("cut at %d: the damaged file was changed", at)
		}
		_ = j.Close()
		j, again := open(t, dir)
		if fmt.Sprint(again) != fmt.Sprint(notes) {
			t.Errorf("told once only: %v, then %v", notes, again)
		}
		_ = j.Close()
		if err := os.Remove(filepath.Join(dir, notes[0].Args[0].(string))); err != nil {
			t.Fatal(err)
		}
		if _, rest := open(t, dir); len(rest) > 0 && (rest[0].Code == NoteJournalDamaged || rest[0].Code == NoteJournalLost) {
			t.Errorf("told although nothing is kept any more: %v", rest)
		}
	}
	if read < 14*n/4 {
		t.Errorf("%d of %d upgrades were read", read, 14*n)
	}
	t.Logf("%d of %d upgrades were read", read, 14*n)
}

// checkRescue holds a rescued journal against its notes; n upgrades were in it. It gives
// how many were read.
func checkRescue(t *testing.T, j *file, notes []Note, n int64) int64 {
	t.Helper()
	records, err := j.Jobs(0)
	if err != nil || len(notes) == 0 || notes[0].Code != NoteJournalDamaged {
		t.Fatalf("%d records, notes %v, %v", len(records), notes, err)
	}
	got := notes[0].Args[1].(int64)
	if got != int64(len(records)) {
		t.Errorf("%d records, notes %v", len(records), notes)
	}
	lost := len(notes) > 1 && (notes[1].Code == NoteJournalUnknown || notes[1].Code == NoteJournalLost && notes[1].Args[0] == n-got)
	if got < n && !lost {
		t.Errorf("%d of %d were read, and the loss is not told: %v", got, n, notes)
	}
	for _, r := range records {
		checkRescued(t, j, r)
	}
	return got
}

// checkRescued fails if a record that was read counts as whole without all its events.
func checkRescued(t *testing.T, j *file, r Record) {
	t.Helper()
	events, altered, err := j.Events(r.Job)
	if err != nil || r.Bound != BoundRescued || !altered && len(events) != 6 || altered != r.Altered {
		t.Errorf("%s: %d events, altered %v, %v, bound %q, %v", r.Job, len(events), altered, r.Altered, r.Bound, err)
	}
}

// TestRescueHoles: pages that are noise in the middle cost what is in them, not what is
// behind them.
func TestRescueHoles(t *testing.T) {
	const n, page = 40, 4096
	whole := manyUpgrades(t, t.TempDir(), n)
	for hole := 12; hole+1 < len(whole)/page; hole += 5 {
		b := bytes.Clone(whole)
		sum := sha256.Sum256([]byte{byte(hole)})
		for i := range page {
			b[hole*page+i] = sum[i%len(sum)]
		}
		dir := t.TempDir()
		write(t, filepath.Join(dir, journalName), b)
		j, notes := open(t, dir)
		if len(notes) == 0 {
			continue // it was a page that is not in use
		}
		if got := checkRescue(t, j, notes, n); got < n/2 {
			t.Errorf("page %d: %d of %d", hole, got, n)
		}
		_ = j.Close()
	}
}

// TestRescueKilled: wherever a rescue is ended, the next start finishes it, and nothing
// is lost.
func TestRescueKilled(t *testing.T) {
	const n = 40
	whole := manyUpgrades(t, t.TempDir(), n)
	damaged := whole[:len(whole)-2*4096]
	for name, until := range map[string]func(t *testing.T, path, aside string){
		"half a new journal": func(t *testing.T, path, _ string) { write(t, rescuedName(path), []byte("SQLite")) },
		"a new journal":      func(*testing.T, string, string) {},
		"the log is kept": func(t *testing.T, path, aside string) {
			if err := copyLog(path+"-wal", aside+"-wal"); err != nil {
				t.Fatal(err)
			}
		},
		"the old one is kept": func(t *testing.T, path, aside string) {
			if err := os.Rename(path, aside); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, journalName)
			write(t, path, damaged)
			write(t, path+"-wal", []byte("the log"))
			aside := path + ".1.kept"
			if err := buildRescued(t.Context(), path, aside, time.Now()); err != nil {
				t.Fatal(err)
			}
			until(t, path, aside)
			j, notes := open(t, dir)
			if got := checkRescue(t, j, notes, n); got == 0 {
				t.Error("nothing was read")
			}
			begin(t, j, "new", 1)
			if rest, err := filepath.Glob(rescuedName(path) + "*"); err != nil || len(rest) != 0 {
				t.Errorf("left behind: %v, %v", rest, err)
			}
		})
	}
}

// TestRescueHeld: a damaged journal stays where it is while another program writes to it.
func TestRescueHeld(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	begin(t, j, "a", 30)
	if _, err := j.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, journalName)
	b := bytesOf(t, path)
	clear(b[len(b)/2:])
	write(t, path, b)
	_, _, err := OpenJournal(dir)
	var e *devices.Error
	if !errors.As(err, &e) || e.Note != NoteJournalBusy {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestRescueCases: of an upgrade that is lost, an open case still names its device.
func TestRescueCases(t *testing.T) {
	dir := t.TempDir()
	manyUpgrades(t, dir, 40)
	j, _ := open(t, dir)
	if _, err := j.db.Exec("INSERT INTO cases VALUES ('lost', '860000000000009', '2026-11-20T09:00:00Z', NULL)"); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, journalName)
	b := bytesOf(t, path)
	write(t, path, b[:len(b)-2*4096])
	_, notes := open(t, dir)
	for _, n := range notes {
		if n.Code == NoteJournalOpen && fmt.Sprint(n.Args) == "[860000000000009]" {
			return
		}
	}
	t.Errorf("notes %v", notes)
}

// TestRescueOlder: a damaged journal without seals gives what is whole in itself.
func TestRescueOlder(t *testing.T) {
	dir := t.TempDir()
	oldJournal(t, dir)
	path := filepath.Join(dir, journalName)
	b := bytesOf(t, path)
	write(t, path, b[:len(b)-4096])
	j, notes := open(t, dir)
	if len(notes) < 2 || notes[0].Code != NoteJournalDamaged || notes[1].Code != NoteJournalUnknown {
		t.Fatalf("notes %v", notes)
	}
	if r := reportFrom(t, j, "a"); r.Bound != BoundRescued {
		t.Errorf("bound %q", r.Bound)
	}
}
