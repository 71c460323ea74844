package haas

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/devices/repl/script"
	"fotabench/packages"
)

// TestBundles: what is a light app, before a byte is moved.
func TestBundles(t *testing.T) {
	t.Parallel()
	whole := pack(t, app(newVersion)...)
	with := func(change func(*packages.Package)) *packages.Package {
		p := *whole
		change(&p)
		return &p
	}
	var strange bytes.Buffer
	w := zip.NewWriter(&strange)
	out, err := w.CreateRaw(&zip.FileHeader{Name: "app.py", Method: 12, CompressedSize64: 1, UncompressedSize64: 1})
	if err == nil {
		_, err = out.Write([]byte("x"))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	locked := bytes.Clone(strange.Bytes())
	at := bytes.Index(locked, []byte("PK\x01\x02"))
	locked[at+8], locked[at+10] = 1, 0
	// A package that is called app.bin is not looked into before the driver does.
	for name, c := range map[string]struct {
		p    *packages.Package
		note devices.Code
	}{
		"two files":         {with(func(p *packages.Package) { p.Files = append(p.Files, p.Files[0]) }), NoteOneFile},
		"firmware":          {with(func(p *packages.Package) { p.Manifest.Component = packages.FOTA }), NoteComponent},
		"another version":   {with(func(p *packages.Package) { p.Manifest.TargetVersion = "2.0.0" }), NoteZipVersion},
		"no archive":        {open(t, "app.bin", []byte("no archive")), NoteNotZip},
		"a long path":       {pack(t, entry{strings.Repeat("d/", 7) + strings.Repeat("x", 250), "x"}), NoteZipPath},
		"an unknown method": {open(t, "app.bin", strange.Bytes()), NoteZipEntry},
		"a password":        {open(t, "app.bin", locked), NoteZipEntry},
		"only folders":      {pack(t, entry{"lib/", ""}), NoteNotZip},
	} {
		_, err := bundleOf(c.p)
		if !errors.Is(err, devices.Unsupported) || noted(err) != c.note {
			t.Errorf("%s: %v %q", name, err, noted(err))
		}
	}
	b, err := bundleOf(whole)
	if err != nil || b.version != newVersion || len(b.files) != 4 {
		t.Errorf("%+v, %v", b, err)
	}
	damaged := bytes.Replace(bytes.Clone(zipped(t, "app.py", "print(1)")), []byte("print(1)"), []byte("print(2)"), 1)
	if _, err := bundleOf(open(t, "app.bin", damaged)); !errors.Is(err, devices.Integrity) {
		t.Errorf("a damaged entry: %v", err)
	}
}

// zipped stores one file as it is.
func zipped(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	out, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err == nil {
		_, err = out.Write([]byte(text))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLiteral: no text ends its literal.
func TestLiteral(t *testing.T) {
	t.Parallel()
	code, err := script.Compose(scripts, "clean.py", arguments{"store": "a'; evil()\n", "n": int64(7), "order": arguments{"paths": []string{"x"}}})
	if err != nil || !strings.HasPrefix(code, `_fb_a = {'n': 7, 'order': {'paths': ['x', ], }, 'store': 'a\'; evil()\x0a', }`) {
		t.Errorf("%v\n%s", err, code[:120])
	}
	if _, err := script.Compose(scripts, "clean.py", arguments{"x": 1.5}); err == nil {
		t.Error("a number that has no literal")
	}
}
