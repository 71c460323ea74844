package packages

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"
	"testing"
)

// zipLink makes a zip with a link called l, and what is put after it.
func zipLink(t testing.TB, at, target string, after ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: at}
	h.SetMode(fs.ModeSymlink | 0o777)
	e, err := w.CreateHeader(h)
	if err == nil {
		_, err = e.Write([]byte(target))
	}
	for _, name := range after {
		if err == nil {
			e, err = w.Create(name)
		}
		if err == nil {
			_, err = e.Write([]byte(text))
		}
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// zipNamedTwice makes a zip whose entry has another name in an extra field.
func zipNamedTwice(t testing.TB, other string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	extra := binary.LittleEndian.AppendUint16(nil, unicodePath)
	extra = binary.LittleEndian.AppendUint16(extra, uint16(5+len(other)))
	extra = append(append(extra, 1, 0, 0, 0, 0), other...)
	_, err := w.CreateHeader(&zip.FileHeader{Name: "fw.bin", Extra: extra})
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// altered is a zip of which bytes were changed: at, counted from the first entry of
// its directory.
func altered(archive string, at int, with ...byte) string {
	b := []byte(archive)
	copy(b[bytes.Index(b, []byte("PK\x01\x02"))+at:], with)
	return string(b)
}

// unlisted takes the first entry of two out of the directory.
func unlisted(archive string) string {
	from := strings.Index(archive, "PK\x01\x02")
	to := from + 4 + strings.Index(archive[from+4:], "PK\x01\x02")
	b := []byte(archive[:from] + archive[to:])
	end := b[len(b)-endSize:]
	binary.LittleEndian.PutUint32(end[12:], binary.LittleEndian.Uint32(end[12:])-uint32(to-from))
	return string(b)
}

func secret(archive string) string {
	b := []byte(archive)
	b[6] |= flagSecret
	return altered(string(b), 8, 8|flagSecret)
}

// TestHostileArchives: what an archive states of itself is not what it holds.
func TestHostileArchives(t *testing.T) {
	link := func(kind byte, at, target string) tar.Header {
		return tar.Header{Name: at, Typeflag: kind, Linkname: target}
	}
	plain, two := zipOf(t, "fw.bin"), zipOf(t, "one", "two")
	file := tar.Header{Name: "fw.bin"}
	for name, c := range map[string]struct {
		file, content string
		want          Code
	}{
		"longer than stated":   {"a.zip", altered(plain, 24, 2), BadArchive},
		"shorter than stated":  {"a.zip", altered(plain, 24, 200), BadArchive},
		"wrong sum":            {"a.zip", altered(plain, 16, 1, 2, 3), BadArchive},
		"slip in the header":   {"a.zip", strings.Replace(plain, "fw.bin", "../bin", 1), Slip},
		"another header":       {"a.zip", strings.Replace(plain, "fw.bin", "fx.bin", 1), BadArchive},
		"no header":            {"a.zip", "X" + plain[1:], BadArchive},
		"another method":       {"a.zip", altered(plain, 10, stored), BadArchive},
		"odd method":           {"a.zip", altered(plain, 10, 12), Packed},
		"password":             {"a.zip", secret(plain), Packed},
		"one over the other":   {"a.zip", altered(two, headerSize+3+42, 0), BadArchive},
		"not listed":           {"a.zip", unlisted(two), BadArchive},
		"twice":                {"a.zip", zipOf(t, "main.py", "main.py"), Twice},
		"twice in other words": {"a.zip", zipOf(t, "main.py", "./main.py"), Twice},
		"file and folder":      {"a.zip", zipOf(t, "a/b", "a"), Twice},
		"link out":             {"a.zip", zipLink(t, "l", "../../../etc"), Slip},
		"absolute link":        {"a.zip", zipLink(t, "l", "/etc"), Slip},
		"under a link":         {"a.zip", zipLink(t, "l", "d", "l/passwd"), Slip},
		"link inside":          {"a.zip", zipLink(t, "d/l", "../fw.bin", "fw.bin"), ""},
		"pipe":                 {"a.zip", altered(plain, 40, 0o010000&0xff, 0o010000>>8), Odd},
		"other name":           {"a.zip", zipNamedTwice(t, "../bin"), BadArchive},
		"same name again":      {"a.zip", zipNamedTwice(t, "fw.bin"), ""},
		"folders twice":        {"a.zip", zipOf(t, "d/", "d/a", "d/"), ""},
		"tar twice":            {"a.tar.gz", tarGz(t, 4, file, file), Twice},
		"tar device":           {"a.tar.gz", tarGz(t, 4, tar.Header{Name: "d", Typeflag: tar.TypeChar}), Odd},
		"tar under a link":     {"a.tar.gz", tarGz(t, 4, link(tar.TypeSymlink, "l", "d"), tar.Header{Name: "l/x"}), Slip},
		"tar link round":       {"a.tar.gz", tarGz(t, 4, link(tar.TypeSymlink, "a/b/l", "../c"), link(tar.TypeSymlink, "a/m", "b/l/../../..")), Slip},
		"tar link inside":      {"a.tar.gz", tarGz(t, 4, tar.Header{Name: "d/x"}, link(tar.TypeSymlink, "d/l", "../d/x"), link(tar.TypeLink, "h", "d/x")), ""},
		"tar hard link out":    {"a.tar.gz", tarGz(t, 4, file, link(tar.TypeLink, "h", "../x")), Slip},
		"two archives in one":  {"a.tar.gz", tarGz(t, 4, file) + tarGz(t, 4, file), BadArchive},
		"tail of gzip":         {"a.tar.gz", tarGz(t, 4, file) + "tail", BadArchive},
		"long tail of zeros":   {"a.tar.gz", zerosAfter(t, tarGz(t, 4, file), 2<<20), BadArchive},
		"block of zeros":       {"a.tar.gz", zerosAfter(t, tarGz(t, 4, file), 20*512), ""},
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

// zerosAfter puts another gzip member of n zeros after an archive.
func zerosAfter(t testing.TB, archive string, n int) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(make([]byte, n))
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return archive + b.String()
}
