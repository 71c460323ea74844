package secrets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/zalando/go-keyring"

	"fotabench/devices"
)

const hidden = "hunter2-correct-horse"

// system gives the tests a keyring, or none that works.
func system(t *testing.T, works bool) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	if works {
		keyring.MockInit()
		return
	}
	keyring.MockInitWithError(errors.New("no keyring " + hidden))
}

func opened(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fileText is the text of the file of secrets.
func fileText(t testing.TB, folder string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPlaces does the same with a keyring, a file and a sealed file.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		works      bool
		passphrase string
		want       Place
		code       devices.Code
	}{{true, "", Keyring, InKeyring}, {true, "p", Keyring, InKeyring}, {false, "", File, InFile}, {false, "p", Sealed, InSealed}} {
		t.Run(string(c.want), func(t *testing.T) {
			system(t, c.works)
			o := Options{Folder: filepath.Join(t.TempDir(), "数据"), Passphrase: c.passphrase}
			s := opened(t, o)
			if _, err := s.Get(t.Context(), "mqtt.password"); !errors.Is(err, devices.Absent) {
				t.Errorf("%v", err)
			}
			for _, value := range []string{"", "first", hidden + " 密码\n", strings.Repeat("x", MaxValue)} {
				if err := s.Set(t.Context(), "mqtt.password", value); err != nil {
					t.Fatal(err)
				}
				if got, err := opened(t, o).Get(t.Context(), "mqtt.password"); got != value || err != nil {
					t.Errorf("%q, %v; want %q", got, err, value)
				}
			}
			if s.Where() != c.want || s.Note() != c.code {
				t.Errorf("%s, %s", s.Where(), s.Note())
			}
			if err := s.Set(t.Context(), "a", hidden); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(fileText(t, o.Folder), hidden) {
				t.Error("the secret is in the file as it is")
			}
			if names, err := s.Names(); err != nil || !slices.Equal(names, []string{"a", "mqtt.password"}) {
				t.Errorf("%q, %v", names, err)
			}
			for range 2 {
				if err := s.Delete(t.Context(), "a"); err != nil {
					t.Error(err)
				}
			}
			if _, err := s.Get(t.Context(), "a"); !errors.Is(err, devices.Absent) {
				t.Errorf("%v", err)
			}
			info, err := os.Stat(filepath.Join(o.Folder, fileName))
			if err != nil || filepath.Separator == '/' && info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	s := opened(t, Options{Folder: t.TempDir(), FileOnly: true})
	for name, value := range map[string]string{
		"": "x", "A": "x", "../x": "x", "a b": "x", strings.Repeat("a", 65): "x", "a\x00": "x", "large": strings.Repeat(hidden, 100),
	} {
		err := s.Set(t.Context(), name, value)
		var e *devices.Error
		if !errors.As(err, &e) || e.Note == "" || strings.Contains(err.Error(), hidden) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for i := range MaxNames + 1 {
		if err := s.Set(t.Context(), "n"+strconv.Itoa(i), ""); (err != nil) != (i == MaxNames) {
			t.Fatalf("%d: %v", i, err)
		}
	}
}

// TestMigrate goes from a plain file to a sealed one and on to the keyring, and finds
// that the keyring is gone.
func TestMigrate(t *testing.T) {
	folder := t.TempDir()
	system(t, false)
	plain := opened(t, Options{Folder: folder})
	if err := plain.Set(t.Context(), "a", hidden); err != nil {
		t.Fatal(err)
	}
	text := fileText(t, folder)
	opened(t, Options{Folder: folder, Passphrase: "right"})
	if fileText(t, folder) == text || !strings.Contains(fileText(t, folder), string(Sealed)) {
		t.Errorf("not sealed: %s", fileText(t, folder))
	}
	for passphrase, want := range map[string]devices.Code{"": NoteLocked, "wrong": NotePassphrase} {
		s := opened(t, Options{Folder: folder, Passphrase: passphrase})
		_, err := s.Get(t.Context(), "a")
		var e *devices.Error
		if !errors.As(err, &e) || e.Note != want || e.Kind != devices.Locked {
			t.Errorf("%q: %v", passphrase, err)
		}
		if err := s.Set(t.Context(), "b", "x"); !errors.Is(err, devices.Locked) || s.Where() != Sealed {
			t.Errorf("%q: %v", passphrase, err)
		}
	}
	system(t, true)
	if _, err := Open(t.Context(), Options{Folder: folder, Passphrase: "wrong"}); !errors.Is(err, devices.Locked) {
		t.Errorf("%v", err)
	}
	s := opened(t, Options{Folder: folder, Passphrase: "right"})
	if got, err := s.Get(t.Context(), "a"); got != hidden || err != nil || strings.Contains(fileText(t, folder), "value") {
		t.Errorf("%q, %v: %s", got, err, fileText(t, folder))
	}
	system(t, false)
	_, err := opened(t, Options{Folder: folder}).Get(t.Context(), "a")
	if !errors.Is(err, devices.Denied) || strings.Contains(err.Error(), hidden) {
		t.Errorf("%v", err)
	}
	if _, err := opened(t, Options{Folder: folder, FileOnly: true}).Get(t.Context(), "a"); !errors.Is(err, devices.Denied) {
		t.Errorf("%v", err)
	}
	system(t, true)
	if _, err = opened(t, Options{Folder: folder}).Get(t.Context(), "a"); !errors.Is(err, devices.Absent) {
		t.Errorf("a keyring that forgot: %v", err)
	}
}

// TestKeyringFails: a keyring that answers and then takes nothing is no dead end.
func TestKeyringFails(t *testing.T) {
	system(t, true)
	s := opened(t, Options{Folder: t.TempDir()})
	system(t, false)
	if err := s.Set(t.Context(), "a", hidden); err != nil || s.Where() != File {
		t.Errorf("%v, %s", err, s.Where())
	}
	if got, err := s.Get(t.Context(), "a"); got != hidden || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestFolders: two data folders share a keyring and not their secrets.
func TestFolders(t *testing.T) {
	system(t, true)
	a, b := opened(t, Options{Folder: t.TempDir()}), opened(t, Options{Folder: t.TempDir()})
	if err := errors.Join(a.Set(t.Context(), "x", "a"), b.Set(t.Context(), "x", "b")); err != nil {
		t.Fatal(err)
	}
	if got, err := a.Get(t.Context(), "x"); got != "a" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestDamaged: a file that cannot be believed is told, kept, and not repeated.
func TestDamaged(t *testing.T) {
	id := `{"format":1,"installation":"0011223344556677"`
	for _, text := range []string{
		"", hidden, "[]", "{}", id, id + `,"secrets":{}} x`, id + `,"secrets":{"` + hidden + `!":{"place":"file"}}}`,
		id + `,"secrets":{"a":{"place":"` + hidden + `"}}}`, id + `,"secrets":{"a":{"place":"sealed","value":"AAAA"}}}`,
		id + `,"salt":"AAAA","secrets":{}}`, id + `,"secrets":{"a":{"place":"keyring","value":"AAAA"}}}`,
		`{"format":2,"installation":"0011223344556677","secrets":{}}`, `{"format":1,"installation":"x","secrets":{}}`,
		strings.Repeat(" ", maxFile+1),
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, fileName), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), Options{Folder: folder, FileOnly: true})
		if !errors.Is(err, devices.Integrity) || strings.Contains(err.Error(), hidden) {
			t.Errorf("%.60q: %v", text, err)
		}
		if fileText(t, folder) != text {
			t.Errorf("%.60q was changed", text)
		}
	}
}

// TestAltered changes each byte of a sealed secret: none of it is ever handed out.
func TestAltered(t *testing.T) {
	s := opened(t, Options{Folder: t.TempDir(), FileOnly: true, Passphrase: "p"})
	if err := errors.Join(s.Set(t.Context(), "a", "short"), s.Set(t.Context(), "b", "other")); err != nil {
		t.Fatal(err)
	}
	c, err := s.read()
	if err != nil {
		t.Fatal(err)
	}
	sealed := c.Secrets["a"].Value
	for i := range sealed {
		sealed[i] ^= 1
		if value, err := s.seal.open(c, "a", sealed); err == nil {
			t.Errorf("byte %d: %q", i, value)
		}
		sealed[i] ^= 1
	}
	if value, err := s.seal.open(c, "b", sealed); err == nil {
		t.Errorf("one secret stands in for another: %q", value)
	}
}

// TestTogether: several programs at once lose nothing, and create a secret once.
func TestTogether(t *testing.T) {
	folder := t.TempDir()
	var all sync.WaitGroup
	var mu sync.Mutex
	values := map[string]bool{}
	for i := range 6 {
		all.Go(func() {
			s, err := Open(t.Context(), Options{Folder: folder, FileOnly: true})
			if err != nil {
				t.Error(err)
				return
			}
			value, err := s.Once(t.Context(), "one", func() (string, error) { return strconv.Itoa(i), nil })
			if err := errors.Join(err, s.Set(t.Context(), "own"+strconv.Itoa(i), "x")); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			values[value] = true
		})
	}
	all.Wait()
	if len(values) != 1 {
		t.Errorf("%d values of one secret: %q", len(values), slices.Collect(maps.Keys(values)))
	}
	if names, err := opened(t, Options{Folder: folder, FileOnly: true}).Names(); err != nil || len(names) != 7 {
		t.Errorf("%q, %v", names, err)
	}
}

// TestPatiently: a keyring that asks a person who is away holds nobody for ever.
func TestPatiently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		person := make(chan struct{})
		asks := func() (string, error) { <-person; return "x", nil }
		if _, err := patiently(t.Context(), asks); !errors.Is(err, errWait) {
			t.Errorf("%v", err)
		}
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		if _, err := patiently(ctx, asks); !errors.Is(err, why) {
			t.Errorf("%v", err)
		}
		close(person)
		if value, err := patiently(t.Context(), asks); value != "x" || err != nil {
			t.Errorf("%q, %v", value, err)
		}
	})
}

func TestOpenEnds(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := Open(ctx, Options{Folder: t.TempDir(), FileOnly: true}); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	s := opened(f, Options{Folder: f.TempDir(), FileOnly: true})
	if err := s.Set(f.Context(), "a", "value"); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(s.path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parse(text)
		if err != nil {
			if !errors.Is(err, errDamaged) {
				t.Fatal(err)
			}
			return
		}
		if again := fmt.Sprint(c); c.Secrets == nil || again == "" {
			t.Fatal(again)
		}
		for name := range c.Secrets {
			// No file, whatever it says, makes this panic.
			_, _ = (&Store{ring: vault{off: true}}).get(t.Context(), c, name)
		}
	})
}
