package packages

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// shortWriter fails once it has taken left bytes.
type shortWriter struct{ left int }

var errFull = errors.New("no space left")

func (w *shortWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestCopyInOnePass: each file's bytes reach its writer, and no other's.
func TestCopyInOnePass(t *testing.T) {
	files := map[string]string{
		"a.mini_1": strings.Repeat("a", 3*blockSize+7),
		"a.mini_2": strings.Repeat("b", blockSize),
	}
	dir := folder(t, files)
	got := map[string]*bytes.Buffer{}
	p, err := Open(t.Context(), []string{filepath.Join(dir, "a.mini_1"), filepath.Join(dir, "a.mini_2")}, OpenOptions{
		Copy: func(f File) (io.Writer, error) {
			got[f.Name] = &bytes.Buffer{}
			return got[f.Name], nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Files {
		if got[f.Name].String() != files[f.Name] || f.Digests[SHA256] != sum256(files[f.Name]) {
			t.Errorf("%s: %d bytes copied, SHA-256 %s", f.Name, got[f.Name].Len(), f.Digests[SHA256])
		}
	}
}

// TestCopyFails: wherever the copy's disk is full, the last block too, that error
// comes out, and is not taken for one of the file.
func TestCopyFails(t *testing.T) {
	const size = 20*blockSize + 5
	dir := folder(t, map[string]string{"a.bin": strings.Repeat("a", size)})
	path := []string{filepath.Join(dir, "a.bin")}
	for _, left := range []int{0, 1, blockSize, 10 * blockSize, size - 1} {
		_, err := Open(t.Context(), path, OpenOptions{Copy: func(File) (io.Writer, error) { return &shortWriter{left}, nil }})
		var refused *Error
		if !errors.Is(err, errFull) || errors.As(err, &refused) {
			t.Errorf("after %d bytes: %v", left, err)
		}
	}
	_, err := Open(t.Context(), path, OpenOptions{Copy: func(File) (io.Writer, error) { return nil, errFull }})
	if !errors.Is(err, errFull) {
		t.Errorf("no writer: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := Open(ctx, path, OpenOptions{Copy: func(File) (io.Writer, error) { return io.Discard, nil }}); !errors.Is(err, stop) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestTogether(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.mini_1": "1", "a.mini_2": "2", "b.bin": "3", "c.bin": "4",
		"manifest.json": `{"files":[{"name":"a.mini_1"},{"name":"a.mini_2"}]}`,
		"c.bin.json":    `{"files":[{"name":"../../etc/passwd"}]}`,
	})
	for name, want := range map[string]string{"a.mini_1": "a.mini_1 a.mini_2", "a.mini_2": "a.mini_1 a.mini_2", "b.bin": "b.bin"} {
		paths, err := Together(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range paths {
			names = append(names, filepath.Base(p))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if _, err := Together(filepath.Join(dir, "c.bin")); codeOf(t, err) != BadPath {
		t.Errorf("%v", err)
	}
}

func TestChecked(t *testing.T) {
	m, err := Manifest{Component: "fota", Kind: "FULL", TargetVersion: " 1.2 "}.Checked()
	if err != nil || m.Component != FOTA || m.Kind != Full || m.TargetVersion != "1.2" {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := (Manifest{Source: SourceTyped, Kind: "half"}).Checked(); codeOf(t, err) != BadTypedField {
		t.Errorf("a kind that is none: %v", err)
	}
}
