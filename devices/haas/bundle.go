package haas

import (
	"archive/zip"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"fotabench/devices"
	"fotabench/packages"
)

// Bounds of a light app.
const (
	maxPath     = 255 // bytes of a path on the board (miniunz.c)
	maxManifest = 4096
	maxUnpacked = 64 << 20 // bytes; these file systems have a few MiB
	maxEntries  = 2000
)

// bundle is a light app as its archive has it.
type bundle struct {
	files []member
	// version is what its own manifest.json states, "" if there is none.
	version string
}

// member is one file of a light app.
type member struct {
	name        string
	sha256, md5 string // lower-case hex
}

// path is where the board unpacks it.
func (m member) path() string { return installFolder + m.name }

// script tells program from data: an app may write its data anew.
func (m member) script() bool {
	return strings.HasSuffix(m.name, ".py") || strings.HasSuffix(m.name, ".mpy")
}

// bundle is bundleOf, but of a package whose archive is not at hand (an open case
// keeps no paths) it is what was read before. After the program was closed only the
// version is left of it, without which it cannot be known.
func (d *driver) bundle(p *packages.Package) (*bundle, error) {
	if len(p.Files) != 1 {
		return bundleOf(p)
	}
	sum := p.Files[0].Digests[packages.SHA256]
	if p.Files[0].Path != "" {
		b, err := bundleOf(p)
		if err == nil && sum != "" {
			d.bundles.Store(sum, b)
		}
		return b, err
	}
	if known, ok := d.bundles.Load(sum); ok {
		return known.(*bundle), nil
	}
	if p.Manifest.TargetVersion == "" {
		return nil, fail("confirm", devices.Refused, NoteNoTarget)
	}
	return &bundle{version: p.Manifest.TargetVersion}, nil
}

// bundleOf reads a package as a light app, or says why it is none. That no name
// leads out of the folder was seen to when the package was opened.
func bundleOf(p *packages.Package) (*bundle, error) {
	if n := len(p.Files); n != 1 {
		return nil, fail("package", devices.Unsupported, NoteOneFile, n)
	}
	if c := p.Manifest.Component; c != "" && c != packages.App {
		return nil, fail("package", devices.Unsupported, NoteComponent, string(c))
	}
	archive, err := zip.OpenReader(p.Files[0].Path)
	if err != nil {
		e := fail("package", devices.Unsupported, NoteNotZip, p.Files[0].Name)
		e.Err = err
		return nil, e
	}
	defer archive.Close()
	if len(archive.File) > maxEntries {
		return nil, fail("package", devices.Unsupported, NoteNotZip, p.Files[0].Name)
	}
	b, room := &bundle{}, int64(maxUnpacked)
	for _, entry := range archive.File {
		if strings.HasSuffix(entry.Name, "/") {
			continue
		}
		if err := b.add(entry, &room); err != nil {
			return nil, err
		}
	}
	if len(b.files) == 0 {
		return nil, fail("package", devices.Unsupported, NoteNotZip, p.Files[0].Name)
	}
	return b, b.agrees(p)
}

// add reads one entry. The firmware's unzip knows neither passwords nor methods
// other than the two old ones.
func (b *bundle) add(entry *zip.File, room *int64) error {
	const encrypted = 1
	if n := len(installFolder) + len(entry.Name); n > maxPath {
		return fail("package", devices.Unsupported, NoteZipPath, printable(entry.Name), maxPath)
	}
	if entry.Flags&encrypted != 0 || entry.Method != zip.Store && entry.Method != zip.Deflate {
		return fail("package", devices.Unsupported, NoteZipEntry, printable(entry.Name))
	}
	body, err := entry.Open()
	if err != nil {
		return b.broken(entry, err)
	}
	defer body.Close()
	strong, weak, text := sha256.New(), md5.New(), &head{}
	n, err := io.Copy(io.MultiWriter(strong, weak, text), io.LimitReader(body, *room+1))
	if *room -= n; err == nil && *room < 0 {
		err = errors.New("too large")
	}
	if err != nil {
		return b.broken(entry, err)
	}
	if entry.Name == manifestName {
		b.version = text.version()
	}
	b.files = append(b.files, member{entry.Name, hex.EncodeToString(strong.Sum(nil)), hex.EncodeToString(weak.Sum(nil))})
	return nil
}

func (b *bundle) broken(entry *zip.File, err error) error {
	e := fail("package", devices.Integrity, NoteZipEntry, printable(entry.Name))
	e.Err = err
	return e
}

// agrees holds what is claimed about the package against what its app will say.
func (b *bundle) agrees(p *packages.Package) error {
	if t := p.Manifest.TargetVersion; t != "" && b.version != "" && !packages.SameVersion(b.version, t) {
		return fail("package", devices.Unsupported, NoteZipVersion, t, printable(b.version))
	}
	return nil
}

// head keeps the first bytes that are written to it.
type head struct{ text []byte }

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), maxManifest-len(h.text))]...)
	return len(p), nil
}

// version is what the manifest of a light app states, "" if it cannot be read.
func (h *head) version() string {
	var app struct {
		Version string `json:"version"`
	}
	_ = json.Unmarshal(h.text, &app)
	return printable(app.Version)
}
