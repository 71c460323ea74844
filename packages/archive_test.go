package packages

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// zipOf makes a zip with these entries, in order.
func zipOf(t testing.TB, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		e, err := w.Create(name)
		if err == nil && !strings.HasSuffix(name, "/") {
			_, err = e.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tarGz makes an archive with these entries of n zero bytes each.
func tarGz(t testing.TB, n int64, headers ...tar.Header) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range headers {
		h.Mode = 0o644
		if h.Typeflag == 0 {
			h.Size = n
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		zeros := make([]byte, 1<<20)
		for left := h.Size; left > 0; left -= int64(len(zeros)) {
			if _, err := w.Write(zeros[:min(left, int64(len(zeros)))]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestArchives(t *testing.T) {
	claimed := []byte(zipOf(t, "fw.bin"))
	at := bytes.Index(claimed, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(claimed[at+24:], 1<<31)
	inner := make([]string, maxInner+1)
	for i := range inner {
		inner[i] = fmt.Sprintf("%d.zip", i)
	}
	many := make([]string, maxEntries+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	good := zipOf(t, "dir/", "dir/固件.bin", "readme.txt", "./x..y")
	for name, c := range map[string]struct {
		file, content string
		want          Code
	}{
		"zip":            {"a.zip", good, ""},
		"tar.gz":         {"a.tar.gz", tarGz(t, 4, tar.Header{Name: "fw.bin"}), ""},
		"slip":           {"a.zip", zipOf(t, "../evil.py"), Slip},
		"slip inside":    {"a.zip", zipOf(t, "a/../../evil.py"), Slip},
		"absolute":       {"a.zip", zipOf(t, "/etc/evil"), Slip},
		"backslash":      {"a.zip", zipOf(t, `..\evil`), Slip},
		"drive":          {"a.zip", zipOf(t, `C:evil`), Slip},
		"tar slip":       {"a.tar.gz", tarGz(t, 4, tar.Header{Name: "../x"}), Slip},
		"tar link":       {"a.tar.gz", tarGz(t, 4, tar.Header{Name: "x", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), Slip},
		"bomb by claim":  {"a.zip", string(claimed), Bomb},
		"bomb by tar":    {"a.tar.gz", tarGz(t, 64<<20, tar.Header{Name: "zeros"}), Bomb},
		"archives":       {"a.zip", zipOf(t, inner...), Nested},
		"deep":           {"a.zip", zipOf(t, strings.Repeat("d/", 40)+"x"), Nested},
		"many":           {"a.zip", zipOf(t, many...), Nested},
		"no zip":         {"a.zip", "PK but no more", BadArchive},
		"no entries":     {"a.zip", zipOf(t), BadArchive},
		"cut short":      {"a.zip", good[:len(good)-9], BadArchive},
		"trailing":       {"a.zip", good + "\x00\x00\x00\x00", BadArchive},
		"no gzip":        {"a.tar.gz", "not gzip", BadArchive},
		"gzip cut":       {"a.tar.gz", tarGz(t, 4, tar.Header{Name: "fw.bin"})[:60], BadArchive},
		"tar of nothing": {"a.tar", "plain text", BadArchive},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, folder(t, map[string]string{c.file: c.content}), c.file)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || codeOf(t, err) != c.want):
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// TestUnpacked: the file inside an archive has lost what was said about the
// archive, and the person is told so (P10).
func TestUnpacked(t *testing.T) {
	dir := folder(t, map[string]string{
		"fw.bin": text, "release.zip": zipOf(t, "inner/fw.bin"), "other.zip": zipOf(t, "x"), "release.zip.sha256": sum256(text), "bad.zip": "PK",
	})
	if got := mustOpen(t, dir, "fw.bin").Trust(); got.Code != TrustUnpacked || got.Args[1] != "release.zip" || got.Level != Amber {
		t.Errorf("%+v", got)
	}
	sub := filepath.Join(dir, "release")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, sub, "fw.bin", text)
	if got := mustOpen(t, sub, "fw.bin").Trust(); got.Code != TrustUnpacked {
		t.Errorf("one folder down: %+v", got)
	}
	write(t, sub, "fw.bin", text+"!")
	if got := mustOpen(t, sub, "fw.bin").Trust(); got.Code != TrustNone {
		t.Errorf("another file of that name: %+v", got)
	}
}

func TestArchiveCancel(t *testing.T) {
	dir := folder(t, map[string]string{"a.tar.gz": tarGz(t, 4, tar.Header{Name: "x"})})
	why := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	f := &File{Path: filepath.Join(dir, "a.tar.gz"), Name: "a.tar.gz", Size: 100}
	if err := inspect(ctx, f); !errors.Is(err, why) {
		t.Error(err)
	}
}

func FuzzZipDirectory(f *testing.F) {
	f.Add([]byte(zipOf(f, "dir/", "dir/fw.bin")))
	f.Add([]byte(zipOf(f, "../x")))
	f.Fuzz(func(t *testing.T, in []byte) {
		v := &inventory{name: "a.zip", size: int64(len(in))}
		if err := walkZip(t.Context(), bytes.NewReader(in), v); err == nil && (v.unpacked > maxUnpacked || v.entries == 0) {
			t.Errorf("%+v", v)
		}
	})
}
