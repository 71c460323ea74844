package packages

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folder writes files and gives the folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "in")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// codeOf is the code of a refusal.
func codeOf(t testing.TB, err error) Code {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	return e.Code
}

func sum256(text string) string { s := sha256.Sum256([]byte(text)); return hex.EncodeToString(s[:]) }
func sumMD5(text string) string { s := md5.Sum([]byte(text)); return hex.EncodeToString(s[:]) }

func open(t testing.TB, dir string, names ...string) (*Package, error) {
	t.Helper()
	paths := make([]string, len(names))
	for i, n := range names {
		paths[i] = filepath.Join(dir, n)
	}
	return Open(t.Context(), paths, OpenOptions{})
}

func mustOpen(t testing.TB, dir string, names ...string) *Package {
	t.Helper()
	p, err := open(t, dir, names...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDigestsOfKnownText(t *testing.T) {
	p := mustOpen(t, folder(t, map[string]string{"abc.bin": "abc"}), "abc.bin")
	want := Digests{
		MD5:    "900150983cd24fb0d6963f7d28e17f72",
		SHA1:   "a9993e364706816aba3e25717850c26c9cd0d89d",
		SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		CRC32:  "352441c2",
	}
	for a, hex := range want {
		if got := p.Files[0].Digests[a]; got != hex {
			t.Errorf("%s: %s, want %s", a, got, hex)
		}
	}
	if p.Name != "abc.bin" || p.Size() != 3 {
		t.Errorf("name %q, size %d", p.Name, p.Size())
	}
}

// TestProgress: it moves, never falls, covers all files and ends at the total,
// across sizes around the block size.
func TestProgress(t *testing.T) {
	sizes := []int{1, blockSize - 1, blockSize, blockSize + 1, 20*blockSize + 7}
	files := map[string]string{}
	var names []string
	var total int64
	for i, n := range sizes {
		name := fmt.Sprintf("%d.bin", i)
		names = append(names, name)
		files[name] = strings.Repeat(string(rune('a'+i)), n)
		total += int64(n)
	}
	dir := folder(t, files)
	var paths []string
	for _, n := range names {
		paths = append(paths, filepath.Join(dir, n))
	}
	var seen []int64
	p, err := Open(t.Context(), paths, OpenOptions{Progress: func(done, of int64) {
		if of != total {
			t.Errorf("total %d, want %d", of, total)
		}
		seen = append(seen, done)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(seen) || seen[len(seen)-1] != total || len(seen) < 20 {
		t.Errorf("progress %v, want rising to %d", seen, total)
	}
	for i, f := range p.Files {
		if want := sum256(files[names[i]]); f.Digests[SHA256] != want {
			t.Errorf("%s: %s, want %s", f.Name, f.Digests[SHA256], want)
		}
	}
}

func TestCancelWhileReading(t *testing.T) {
	dir := folder(t, map[string]string{"a.bin": strings.Repeat("x", 40*blockSize)})
	why := errors.New("changed my mind")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := Open(ctx, []string{filepath.Join(dir, "a.bin")}, OpenOptions{
		Progress: func(done, _ int64) { cancel(why) },
	})
	if !errors.Is(err, why) {
		t.Errorf("%v, want %v", err, why)
	}
}

func TestRefusals(t *testing.T) {
	dir := folder(t, map[string]string{
		"empty.bin": "", "text.txt": "x", "a.bin": "a", "A.bin": "a", ".bin": "x", "ctrl\x07.bin": "x",
		"b.bin": "b", "c.bin": "c", "d.bin": "d", "e.bin": "e", "f.bin": "f",
	})
	if err := os.Mkdir(filepath.Join(dir, "folder.bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "large.bin")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 101<<20); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		names []string
		want  Code
	}{
		{nil, NoFiles},
		{[]string{"a.bin", "b.bin", "c.bin", "d.bin", "e.bin", "f.bin"}, TooMany},
		{[]string{"gone.bin"}, Missing},
		{[]string{"folder.bin"}, NotFile},
		{[]string{"empty.bin"}, Empty},
		{[]string{"large.bin"}, TooLarge},
		{[]string{"text.txt"}, WrongType},
		{[]string{".bin"}, WrongType},
		{[]string{"ctrl\x07.bin"}, BadName},
		{[]string{"a.bin", "A.bin"}, SameName},
		{[]string{"a.bin", "a.bin"}, SameName},
	} {
		_, err := open(t, dir, c.names...)
		if err == nil {
			t.Errorf("%q was accepted, want %s", c.names, c.want)
			continue
		}
		if got := codeOf(t, err); got != c.want {
			t.Errorf("%q: %s, want %s", c.names, got, c.want)
		}
	}
}

func TestNamesThatAreFine(t *testing.T) {
	long := strings.Repeat("n", 251) + ".bin"
	for _, name := range []string{"固件 升级包.bin", "rocket 🚀.BIN", "a b  c.tar.gz.bin", "it's \"ok\" & $(x).py", "x.MINI_1", long} {
		p := mustOpen(t, folder(t, map[string]string{name: "x"}), name)
		if p.Files[0].Name != name || p.Trust().Code != TrustNone {
			t.Errorf("%q became %q, trust %v", name, p.Files[0].Name, p.Trust())
		}
	}
}

func TestChangedWhileReading(t *testing.T) {
	dir := folder(t, map[string]string{"a.bin": strings.Repeat("x", 4*blockSize)})
	path := filepath.Join(dir, "a.bin")
	for _, size := range []int64{3 * blockSize, 5 * blockSize} {
		once := false
		f, err := stat(path, Types())
		if err != nil {
			t.Fatal(err)
		}
		err = f.read(t.Context(), nil, func(int64) {
			if !once {
				once = true
				if err := os.Truncate(path, size); err != nil {
					t.Error(err)
				}
			}
		})
		if codeOf(t, err) != Changed {
			t.Errorf("truncated to %d: %v", size, err)
		}
	}
}

// errorAfter fails in the middle.
type errorAfter struct{ r *bytes.Reader }

func (e errorAfter) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}

func TestReadError(t *testing.T) {
	_, _, err := digest(t.Context(), errorAfter{bytes.NewReader(make([]byte, 10*blockSize+5))}, nil, func(int64) {})
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

func TestStream(t *testing.T) {
	text := strings.Repeat("firmware", 1000)
	dir := folder(t, map[string]string{"a.bin": text})
	path := filepath.Join(dir, "a.bin")
	f := mustOpen(t, dir, "a.bin").Files[0]
	for name, c := range map[string]struct {
		change func() error
		want   bool
	}{
		"untouched":   {func() error { return nil }, true},
		"one bit":     {func() error { return os.WriteFile(path, []byte("g"+text[1:]), 0o600) }, false},
		"last bit":    {func() error { return os.WriteFile(path, []byte(text[:len(text)-1]+"f"), 0o600) }, false},
		"shorter":     {func() error { return os.WriteFile(path, []byte(text[:5000]), 0o600) }, false},
		"longer":      {func() error { return os.WriteFile(path, []byte(text+"0"), 0o600) }, false},
		"put back ok": {func() error { return os.WriteFile(path, []byte(text), 0o600) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.change(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.WriteFile(path, []byte(text), 0o600) })
			s, err := NewStream(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			n, got := drain(s)
			if closed := s.Close(); (closed == nil) != c.want || (got == nil) != c.want {
				t.Fatalf("read: %v, close: %v", got, closed)
			}
			if c.want && s.Sum() != f.Digests[SHA256] {
				t.Errorf("sum %s", s.Sum())
			}
			if !c.want && (codeOf(t, got) != Changed || n >= f.Size) {
				t.Errorf("%v after %d of %d bytes", got, n, f.Size)
			}
		})
	}
}

func drain(s *Stream) (int64, error) {
	p := make([]byte, 700)
	var n int64
	for {
		k, err := s.Read(p)
		n += int64(k)
		if err != nil {
			if err.Error() == "EOF" {
				err = nil
			}
			return n, err
		}
	}
}

func TestStreamCancel(t *testing.T) {
	f := mustOpen(t, folder(t, map[string]string{"a.bin": "abc"}), "a.bin").Files[0]
	why := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	s, err := NewStream(ctx, f)
	if err != nil {
		t.Fatal(err)
	}
	cancel(why)
	if _, err := s.Read(make([]byte, 9)); !errors.Is(err, why) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestScriptsAreUserFiles: nobody has to say that .py files are no firmware.
func TestScriptsAreUserFiles(t *testing.T) {
	folder := t.TempDir()
	paths := []string{filepath.Join(folder, "main.py"), filepath.Join(folder, "Net.PY"), filepath.Join(folder, "fw.bin")}
	for _, p := range paths {
		if err := os.WriteFile(p, []byte("print(1)\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for want, files := range map[Component][]string{App: paths[:2], "": paths[1:]} {
		p, err := Open(t.Context(), files, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Manifest.Component != want {
			t.Errorf("%d files: component %q, not %q", len(files), p.Manifest.Component, want)
		}
	}
}
