package rollout

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/devices"
)

// keptPlan puts one plan into a new store and closes it.
func keptPlan(t *testing.T) (dir string, p Plan) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "家 plans")
	s, _, _, err := OpenStore(dir, "first")
	if err != nil {
		t.Fatal(err)
	}
	p = usualPlan()
	p.ID, p.State = newID(), Active
	if err := errors.Join(s.Put(p), s.Close()); err != nil {
		t.Fatal(err)
	}
	return dir, p
}

func TestStore(t *testing.T) {
	dir, p := keptPlan(t)
	s, plans, notes, err := OpenStore(dir, "first")
	if err != nil || len(notes) > 0 || len(plans) != 1 || plans[0].ID != p.ID {
		t.Fatal(plans, notes, err)
	}
	_, _, _, err = OpenStore(dir, "second")
	if !errors.Is(err, devices.Busy) || !strings.Contains(err.Error(), "first") {
		t.Errorf("two programs at once: %v", err)
	}
	for _, id := range []string{"../../etc/passwd", "", "a", strings.Repeat("a", 65), "CON.....", "a/bcdefghi"} {
		bad := p
		bad.ID = id
		if s.Put(bad) == nil || s.Remove(id) == nil {
			t.Errorf("id %q is taken", id)
		}
	}
	if err := s.Remove(p.ID); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Remove(p.ID), s.Close()); err != nil {
		t.Errorf("removed twice: %v", err)
	}
}

// TestStoreBad: what cannot be used is told and kept, and harms no other plan.
func TestStoreBad(t *testing.T) {
	dir, p := keptPlan(t)
	good, err := os.ReadFile(filepath.Join(dir, p.ID+suffix))
	if err != nil {
		t.Fatal(err)
	}
	const torn, newer, liar = "tornplan1", "newerplan", "liarsplan"
	for name, text := range map[string]string{
		torn + suffix: string(good[:100]), newer + suffix: `{"version": 9}`, liar + suffix: string(good),
		"." + p.ID + suffix + ".123": "half", "readme.txt": "mine",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, plans, notes, err := OpenStore(dir, "first")
	if err != nil || len(plans) != 1 || len(notes) != 3 {
		t.Fatal(plans, notes, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	told := map[devices.Code]int{}
	for _, n := range notes {
		told[n.Code]++
		if n.Code == NoteKept {
			if _, err := os.Stat(filepath.Join(dir, n.Args[1].(string))); err != nil {
				t.Error(err)
			}
		}
	}
	if told[NoteKept] != 2 || told[NoteNewer] != 1 {
		t.Error(notes)
	}
	for name, want := range map[string]bool{newer + suffix: true, torn + suffix: false, "." + p.ID + suffix + ".123": false, "readme.txt": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStoreLocked: a file that cannot be read now is left alone.
func TestStoreLocked(t *testing.T) {
	dir, p := keptPlan(t)
	path := filepath.Join(dir, p.ID+suffix)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // reads as no file does, also for root
		t.Fatal(err)
	}
	s, plans, notes, err := OpenStore(dir, "first")
	if err != nil || len(plans) != 0 || len(notes) != 1 || notes[0].Code != NoteLocked {
		t.Fatal(plans, notes, err)
	}
	if s.Put(p) == nil {
		t.Error("it was written over")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if entries, _ := filepath.Glob(filepath.Join(dir, ".*")); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}
