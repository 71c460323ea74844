package secrets

import (
	"maps"
	"testing"

	"github.com/zalando/go-keyring"
)

// forgetful is a keyring that takes all and keeps it as it likes.
type forgetful struct {
	held  map[string]string
	keeps func(value string) (kept string, there bool)
}

func (f *forgetful) Get(_, name string) (string, error) {
	if value, there := f.held[name]; there {
		return value, nil
	}
	return "", keyring.ErrNotFound
}

func (f *forgetful) Set(_, name, value string) error {
	if kept, there := f.keeps(value); there {
		f.held[name] = kept
	}
	return nil
}

func (f *forgetful) Delete(_, name string) error {
	delete(f.held, name)
	return nil
}

// TestKeyringForgets: what a keyring took and does not give back is in the file, which the
// store says; nothing of it is left in the keyring. So it is with what the file had before.
func TestKeyringForgets(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	for name, keeps := range map[string]func(string) (string, bool){
		"nothing":       func(string) (string, bool) { return "", false },
		"an empty text": func(string) (string, bool) { return "", true },
		"half of it":    func(value string) (string, bool) { return value[:len(value)/2], true },
		"a line end":    func(value string) (string, bool) { return value + "\n", true },
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := opened(t, Options{Folder: folder, FileOnly: true}).Set(t.Context(), "old", hidden); err != nil {
				t.Fatal(err)
			}
			ring := &forgetful{map[string]string{}, keeps}
			s := opened(t, Options{Folder: folder, keys: ring})
			err := s.Set(t.Context(), "new", hidden)
			if err != nil || s.Where() != File || s.Note() != InFile {
				t.Errorf("%v, %s", err, s.Where())
			}
			for _, name := range []string{"old", "new"} {
				for _, from := range []*Store{s, opened(t, Options{Folder: folder, FileOnly: true})} {
					if got, err := from.Get(t.Context(), name); got != hidden || err != nil {
						t.Errorf("%s: %q, %v", name, got, err)
					}
				}
			}
			if len(ring.held) > 0 {
				t.Errorf("left in the keyring: %d", len(ring.held))
			}
		})
	}
}

// TestKeyringKeeps: one that gives back what it took has it, and the file does not.
func TestKeyringKeeps(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	folder := t.TempDir()
	if err := opened(t, Options{Folder: folder, FileOnly: true}).Set(t.Context(), "old", hidden); err != nil {
		t.Fatal(err)
	}
	ring := &forgetful{map[string]string{}, func(value string) (string, bool) { return value, true }}
	s := opened(t, Options{Folder: folder, keys: ring})
	if err := s.Set(t.Context(), "new", hidden); err != nil || s.Where() != Keyring {
		t.Errorf("%v, %s", err, s.Where())
	}
	for value := range maps.Values(ring.held) {
		if value != hidden {
			t.Errorf("%q", value)
		}
	}
	if len(ring.held) != 2 {
		t.Errorf("%d in the keyring", len(ring.held))
	}
	if _, err := opened(t, Options{Folder: folder, FileOnly: true}).Get(t.Context(), "old"); err == nil {
		t.Error("the file still has it")
	}
}
