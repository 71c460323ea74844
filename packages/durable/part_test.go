package durable

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// holderFile names the file that TestPartHolder writes, in the program that is killed.
const holderFile = "FOTABENCH_TEST_PART"

// TestPartHolder is the program that TestSweep kills: it writes half of a file, says so, and
// goes on writing for ever.
func TestPartHolder(t *testing.T) {
	path := os.Getenv(holderFile)
	if path == "" {
		return // nobody is to be killed
	}
	_ = Replace(path, func(out io.Writer) error {
		if _, err := io.WriteString(out, "half"); err != nil {
			return err
		}
		_, _ = os.Stdout.WriteString("half\n")
		_, err := os.Stdin.Read(make([]byte, 1)) // until it is killed
		return err
	})
}

// TestSweep: what a killed program left is swept by the next writing into that folder; what
// one that lives is writing is not, nor anything that only looks like it.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.html")
	c := exec.Command(os.Args[0], "-test.run=^TestPartHolder$")
	c.Env = append(os.Environ(), holderFile+"="+path)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	for said := bufio.NewScanner(out); said.Scan() && said.Text() != "half"; {
	}
	begun := partsIn(t, dir)
	if len(begun) != 1 {
		t.Fatalf("begun: %q", begun)
	}
	left, name := begun[0], strings.TrimSuffix(begun[0], partSuffix)
	others := foreign(t, dir, name)
	old := filepath.Join(dir, name) // of a program before this one
	write(t, old)
	rest := func(path string, since time.Duration) {
		t.Helper()
		at := time.Now().Add(-since)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	exports := func(gone ...string) {
		t.Helper()
		for _, f := range []func(string, func(io.Writer) error) error{Export, Replace} {
			if err := f(filepath.Join(dir, "next.csv"), Whole([]byte("next"))); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range append([]string{left, name}, others...) {
			_, err := os.Lstat(filepath.Join(dir, name))
			if want := slices.Contains(gone, name); errors.Is(err, fs.ErrNotExist) != want {
				t.Errorf("%s: %v, gone should be %v", name, err, want)
			}
		}
	}
	for _, other := range others {
		if at := filepath.Join(dir, other); regular(t, at) {
			rest(at, 48*time.Hour)
		}
	}
	rest(old, time.Hour)
	exports()
	rest(old, 48*time.Hour)
	rest(filepath.Join(dir, left), time.Hour)
	exports(name) // the other program writes as long as it likes
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	rest(filepath.Join(dir, left), 0)
	exports(name) // perhaps it is just being renamed
	rest(filepath.Join(dir, left), time.Hour)
	exports(name, left)
	if text, err := os.ReadFile(filepath.Join(dir, "next.csv")); err != nil || string(text) != "next" {
		t.Errorf("%q, %v", text, err)
	}
}

// foreign makes what only looks like a part, and gives the names.
func foreign(t *testing.T, dir, name string) []string {
	t.Helper()
	list := []string{
		".fotabench-notes", ".fotabench-", name + ".part.bak", name + "A.part", partPrefix + strings.Repeat("b", 26) + partSuffix, "x" + name + ".part", name[1:] + ".part",
	}
	for _, n := range list {
		write(t, filepath.Join(dir, n))
	}
	folder := partPrefix + strings.Repeat("A", 26) + partSuffix
	if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
		t.Fatal(err)
	}
	return append(list, folder)
}

func regular(t *testing.T, path string) bool {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().IsRegular()
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// partsIn are the names of the parts in a folder.
func partsIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if parts.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestExport: only this user may read the file; it is whole or not there, and an error names
// it, unless it is about another file.
func TestExport(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "报告.csv")
	if err := Export(path, Whole([]byte("first"))); err != nil {
		t.Fatal(err)
	}
	elsewhere := &fs.PathError{Op: "read", Path: "/recording", Err: fs.ErrPermission}
	if err := Export(path, func(io.Writer) error { return elsewhere }); !errors.Is(err, elsewhere) {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "first" || len(partsIn(t, dir)) > 0 {
		t.Errorf("%q %v %q", text, err, partsIn(t, dir))
	}
	if err := Export(filepath.Join(dir, "none", "a.csv"), Whole(nil)); err == nil || !strings.Contains(err.Error(), "a.csv:") {
		t.Errorf("%v", err)
	}
	if err := Export(dir, Whole(nil)); !errors.Is(err, ErrKind) {
		t.Errorf("%v", err)
	}
	if info, err := os.Stat(path); err != nil || os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}
