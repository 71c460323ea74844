package updater

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/packages/durable"
)

// openDir makes the program under test one that opens the journal there.
const openDir = "FOTABENCH_TEST_OPEN_DIR"

// openersEach is how many open the journal at once in each program.
const openersEach = 4

// openAtOnce opens the journal of dir several times at once; each opener begins an
// upgrade of its own. An error says also that the rescue was not told.
func openAtOnce(dir, who string) error {
	var all sync.WaitGroup
	failed := make([]error, openersEach)
	for i := range openersEach {
		all.Go(func() { failed[i] = openOnce(dir, fmt.Sprintf("%s-%d", who, i)) })
	}
	all.Wait()
	return errors.Join(failed...)
}

func openOnce(dir, job string) error {
	j, notes, err := OpenJournal(dir)
	if err != nil {
		return err
	}
	if len(notes) == 0 || notes[0].Code != NoteJournalDamaged {
		err = fmt.Errorf("%s: not told of the damaged journal: %v", job, notes)
	}
	return errors.Join(err, j.Begin(Record{Job: job, Started: time.Now()}), j.Close())
}

// TestRescueAtOnce: many programs that open a damaged journal at the same moment make one
// rescue, are told the same, and write to the same new journal.
func TestRescueAtOnce(t *testing.T) {
	const n, programs = 40, 4
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	whole := manyUpgrades(t, t.TempDir(), n)
	for range 4 {
		dir := t.TempDir()
		write(t, filepath.Join(dir, journalName), whole[:len(whole)-2*4096])
		var all sync.WaitGroup
		for range programs - 1 {
			all.Go(func() {
				c := exec.CommandContext(t.Context(), self)
				c.Env = append(os.Environ(), openDir+"="+dir)
				if out, err := c.CombinedOutput(); err != nil {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
		if err := openAtOnce(dir, "here"); err != nil {
			t.Error(err)
		}
		all.Wait()
		checkOneRescue(t, dir, programs*openersEach)
	}
}

// checkOneRescue looks for one rescue, and all that was written after it.
func checkOneRescue(t *testing.T, dir string, began int) {
	t.Helper()
	j, notes := open(t, dir)
	records, err := j.Jobs(0)
	if err != nil || len(notes) == 0 {
		t.Fatal(notes, err)
	}
	rescued, later := 0, 0
	for _, r := range records {
		if strings.HasPrefix(r.Job, "job") {
			rescued++
			checkRescued(t, j, r)
			continue
		}
		later++
	}
	if told := notes[0].Args[1].(int64); int64(rescued) != told || rescued == 0 || later != began {
		t.Errorf("%d of %d new upgrades, %d old ones of %d", later, began, rescued, told)
	}
	kept, err := filepath.Glob(filepath.Join(dir, journalName+".*.kept"))
	if err != nil || len(kept) != 1 {
		t.Errorf("kept: %v, %v", kept, err)
	}
	if rest, err := filepath.Glob(rescuedName(filepath.Join(dir, journalName)) + "*"); err != nil || len(rest) != 0 {
		t.Errorf("left behind: %v, %v", rest, err)
	}
}

// TestOpenWaitsForItsTurn: nobody makes or opens a journal while another program may be
// giving its name to another file.
func TestOpenWaitsForItsTurn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, journalName)
	opened := make(chan error, 1)
	err := durable.Locked(t.Context(), path, func() error {
		go func() {
			j, _, err := OpenJournal(dir)
			if err == nil {
				err = j.Close()
			}
			opened <- err
		}()
		select {
		case err := <-opened:
			t.Error("opened out of turn:", err)
			opened <- err
		case <-time.After(300 * time.Millisecond):
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Error("made out of turn:", err)
		}
		return nil
	})
	if err := errors.Join(err, <-opened); err != nil {
		t.Error(err)
	}
}

// TestOpenHeld: who has opened the journal says so before its turn ends, or the next one
// might put a damaged journal aside while it is written to.
func TestOpenHeld(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "running"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := openHeld(t.Context(), dir, filepath.Join(dir, journalName))
	if err != nil {
		t.Fatal(err)
	}
	if !held(dir) {
		t.Error("open, and held by nobody")
	}
	if err := f.Close(); err != nil || held(dir) {
		t.Error("closed, and still held", err)
	}
}

// TestOpenEnds: who waits for a journal that another program has can end that at once.
func TestOpenEnds(t *testing.T) {
	why := errors.New("enough")
	ends := func(t *testing.T, dir string) {
		t.Helper()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
		began := time.Now()
		e, err := Open(ctx, Config{DataDir: dir})
		if took := time.Since(began); e != nil || !errors.Is(err, why) || took > 6*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		if held(dir) {
			t.Error("somebody still counts as one that has it open")
		}
	}
	t.Run("opens", func(t *testing.T) {
		dir := t.TempDir()
		err := durable.Locked(t.Context(), filepath.Join(dir, journalName), func() error {
			ends(t, dir)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	// Another program writes, or does something with the whole file.
	for name, first := range map[string]string{"writes": "BEGIN IMMEDIATE", "all of it": "PRAGMA locking_mode = exclusive; BEGIN IMMEDIATE; CREATE TABLE x (y)"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			manyUpgrades(t, dir, 1)
			db, err := connect(filepath.Join(dir, journalName))
			if err == nil {
				_, err = db.ExecContext(t.Context(), first)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			ends(t, dir)
		})
	}
}
