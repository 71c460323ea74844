package home

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fotabench/devices"
)

// noteOf is the remark of an error.
func noteOf(err error) devices.Code {
	var known *devices.Error
	if errors.As(err, &known) {
		return known.Note
	}
	return ""
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// found fails unless the data folder is the one that is wanted, with that remark.
func found(t *testing.T, usual, want string, note devices.Code) {
	t.Helper()
	if got, err := Find(usual); got != want || noteOf(err) != note || (note == "") != (err == nil) {
		t.Errorf("%q %v, not %q %q", got, err, want, note)
	}
}

// choose chooses or fails.
func choose(t *testing.T, usual, folder string) Choice {
	t.Helper()
	c, err := Choose(t.Context(), usual, folder)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestChoose: what is chosen holds, what was used before is remembered, and the usual
// folder can be chosen again.
func TestChoose(t *testing.T) {
	usual := filepath.Join(t.TempDir(), "share", "fotabench")
	found(t, usual, usual, "")
	one, two := filepath.Join(t.TempDir(), "new"), t.TempDir()
	if c := choose(t, usual, one); c.Folder != one || len(c.Elsewhere(usual, one)) != 0 {
		t.Errorf("%+v", c)
	}
	found(t, usual, one, "")
	write(t, filepath.Join(usual, journal), "")
	write(t, filepath.Join(one, "anything"), "")
	choose(t, usual, two)
	c := choose(t, usual, one)
	if where := c.Elsewhere(usual, one); !slices.Equal(where, []string{usual, two}) {
		t.Errorf("%q", where)
	}
	if c = choose(t, usual, ""); c.Folder != "" || !slices.Equal(c.Elsewhere(usual, usual), []string{one, two}) {
		t.Errorf("%+v", c)
	}
	found(t, usual, usual, "")
	choose(t, usual, one)
	link := filepath.Join(t.TempDir(), "link")
	if os.Symlink(usual, link) == nil && choose(t, usual, link).Folder != "" {
		t.Error("the usual folder by another name is another one")
	}
}

// TestAway: a folder that is gone, and one that is there in its place, are never used.
func TestAway(t *testing.T) {
	usual, drive := t.TempDir(), filepath.Join(t.TempDir(), "drive")
	choose(t, usual, drive)
	if err := os.Rename(drive, drive+".unplugged"); err != nil {
		t.Fatal(err)
	}
	found(t, usual, drive, NoteAway)
	if err := os.Mkdir(drive, 0o700); err != nil {
		t.Fatal(err)
	}
	found(t, usual, drive, NoteEmpty)
	if list, err := os.ReadDir(drive); err != nil || len(list) > 0 {
		t.Errorf("%v %v", list, err)
	}
	if err := errors.Join(os.Remove(drive), os.Rename(drive+".unplugged", drive)); err != nil {
		t.Fatal(err)
	}
	found(t, usual, drive, "")
}

// TestRefused: what cannot be the data folder changes nothing.
func TestRefused(t *testing.T) {
	usual, foreign := t.TempDir(), t.TempDir()
	write(t, filepath.Join(foreign, "letter.txt"), "")
	for folder, note := range map[string]devices.Code{
		foreign:                               NoteForeign,
		filepath.Join(foreign, "letter.txt"):  NoteForeign,
		filepath.Join(foreign, "no", "where"): NoteNoParent,
		filepath.Join(usual, "below"):         NoteInside,
		foreign + "\n":                        NotePath,
	} {
		if _, err := Choose(t.Context(), usual, folder); noteOf(err) != note {
			t.Errorf("%q: %v", folder, err)
		}
	}
	if list, err := os.ReadDir(foreign); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	found(t, usual, usual, "")
	used := t.TempDir()
	write(t, filepath.Join(used, "settings.json"), "{}")
	choose(t, usual, used)
	found(t, usual, used, "")
}

// TestUnreadable: nobody guesses what was chosen; to choose anew mends it and keeps the
// damaged file.
func TestUnreadable(t *testing.T) {
	for _, text := range []string{"", "[]", `{"folder":"relative"}`, `{"folder":"/a"} x`, `{"later":1}`} {
		usual := t.TempDir()
		write(t, filepath.Join(usual, File), text)
		found(t, usual, usual, NoteUnreadable)
		if got := choose(t, usual, ""); got.Folder != "" {
			t.Errorf("%+v", got)
		}
		found(t, usual, usual, "")
		if aside, err := filepath.Glob(filepath.Join(usual, "data-folder.damaged-*.json")); err != nil || len(aside) != 1 {
			t.Errorf("%q %v", aside, err)
		}
	}
}
