package library

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fotabench/packages"
)

// Format is the highest version of an entry that this program knows. Whoever adds a field
// raises it: what is of a higher one is shown, and neither used nor changed. An entry is
// written in the lowest one that holds it.
const Format = 2

// The formats of entries.
const (
	// formatWhole is that of the first programs.
	formatWhole = 1
	// formatLacking has the manifest of a delta that does not say for which version it is.
	formatLacking = 2
)

// Bounds of an entry, beyond those of packages.
const (
	maxSources  = 32
	maxExpected = 64
	maxClaims   = 16
	maxSigned   = 4        // signatures of one file
	maxSignedBy = 16 << 10 // bytes of one
	maxText     = 4096     // bytes of a place or a reason
)

// Entry is a package that is kept. Nobody changes one; each change makes a new one.
type Entry struct {
	Format int `json:"format"`
	// ID is the SHA-256 of the file, or of the list of all names and SHA-256s.
	ID    string `json:"id"`
	Files []File `json:"files"`
	// Claims are what manifests say, in the order in which they came.
	Claims []Claim `json:"claims,omitempty"`
	// Typed is what a person says; nil if nothing. It goes before all claims.
	Typed *Typed `json:"typed,omitempty"`
	// Sources are where the package came from, the first one first.
	Sources []Source  `json:"sources"`
	Added   time.Time `json:"added"`
	// Checked is the last time that the bytes were read again and compared; nil if
	// that was at the import.
	Checked  *Check   `json:"checked,omitempty"`
	Released *Release `json:"released,omitempty"`
	// Removed and Due are set in the trash: when it was removed, and when it was
	// first seen to have been there for long enough.
	Removed *time.Time `json:"removed,omitempty"`
	Due     *time.Time `json:"due,omitempty"`

	// Unreadable says why the entry cannot be used; ID and Files[0].Name are then
	// all that is known.
	Unreadable packages.Code `json:"-"`

	index
}

// File is one file of an entry.
type File struct {
	Name     string           `json:"name"`
	Size     int64            `json:"size"` // bytes
	Digests  packages.Digests `json:"digests"`
	Expected []Expected       `json:"expected,omitempty"`
	// Archive is packages.File's.
	Archive string `json:"archive,omitempty"`
	// Signatures are what claimed to be one where the file came from, unchecked.
	Signatures []Signature `json:"signatures,omitempty"`
	// Modified is the date of the object when its bytes were last proved; another
	// date means that they have to be proved again.
	Modified time.Time `json:"modified"`
}

// Signature is what claimed to be a signature of a file (package signature), and since
// when we have it.
type Signature struct {
	// Source is packages.Signature's.
	Source string    `json:"source"`
	Text   []byte    `json:"text"`
	At     time.Time `json:"at"`
}

// Expected is a digest that somebody stated, and since when we know.
type Expected struct {
	Algorithm packages.Algorithm `json:"algorithm"`
	Hex       string             `json:"hex"`
	Source    string             `json:"source"`
	At        time.Time          `json:"at"`
}

// Claim is what one manifest says.
type Claim struct {
	// Source is the manifest's base name; "" for what the files' names tell.
	Source   string            `json:"source"`
	At       time.Time         `json:"at"`
	Manifest packages.Manifest `json:"manifest"`
}

// Typed is what a person says about a package.
type Typed struct {
	By       string            `json:"by,omitempty"`
	At       time.Time         `json:"at"`
	Manifest packages.Manifest `json:"manifest"`
}

// How is the way in which a package came.
type How string

// The ways.
const (
	Chosen  How = "file"
	Dropped How = "drop"
	Watched How = "folder"
	Fetched How = "url"
)

// Source is where a package came from.
type Source struct {
	How How `json:"how"`
	// Place is the path of the first file, or a URL without credentials.
	Place string    `json:"place"`
	At    time.Time `json:"at"`
	// Size in bytes and Modified are the first file's at that place.
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
}

// Check is a comparison of the bytes with their digests.
type Check struct {
	At time.Time `json:"at"`
	OK bool      `json:"ok"`
	// Problem and File say what is wrong if not OK: Altered or Lost.
	Problem packages.Code `json:"problem,omitempty"`
	File    string        `json:"file,omitempty"`
}

// Release says who allowed a package for the field, and why.
type Release struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// identify computes the ID of files.
func identify(files []File) string {
	if len(files) == 1 {
		return files[0].Digests[packages.SHA256]
	}
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s\n%s\n", f.Name, f.Digests[packages.SHA256])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// encode is the text of an entry's file.
func (e *Entry) encode() ([]byte, error) {
	e.Format = formatWhole
	if slices.ContainsFunc(e.Claims, func(c Claim) bool { return slices.Contains(c.Manifest.Lacks(), packages.FieldSource) }) {
		e.Format = formatLacking
	}
	text, err := json.MarshalIndent(e, "", "  ")
	return append(text, '\n'), err
}

// clone is a copy that may be changed.
func (e *Entry) clone() *Entry {
	c := *e
	c.Files = slices.Clone(e.Files)
	for i := range c.Files {
		c.Files[i].Expected = slices.Clone(c.Files[i].Expected)
	}
	c.Claims, c.Sources = slices.Clone(e.Claims), slices.Clone(e.Sources)
	return &c
}

// Name is for people: what a person or a manifest calls it, else the first file's.
func (e *Entry) Name() string {
	if m := e.Manifest(); m.Name != "" {
		return m.Name
	}
	return e.Files[0].Name
}

// Size is the sum of all files, in bytes.
func (e *Entry) Size() (n int64) {
	for _, f := range e.Files {
		n += f.Size
	}
	return n
}

// Verified is when the bytes were last found to be right; the zero time if the last
// look found them wrong.
func (e *Entry) Verified() time.Time {
	switch {
	case e.Checked == nil:
		return e.Added
	case e.Checked.OK:
		return e.Checked.At
	}
	return time.Time{}
}

// Trust compares the digests that were stated with those of the bytes.
func (e *Entry) Trust() packages.Trust { return e.describe(nil).Trust() }

// Describe makes the package of an entry for who judges it, such as by its signatures:
// nobody looked whether the bytes are there and right. Package is for who installs it.
func (l *Library) Describe(e *Entry) *packages.Package { return e.describe(l.object) }

// describe makes the package of an entry; path, if not nil, tells where the bytes of
// a SHA-256 are.
func (e *Entry) describe(path func(sum string) string) *packages.Package {
	p := &packages.Package{Name: e.Name(), Manifest: e.Manifest(), Kept: path != nil}
	for _, f := range e.Files {
		file := packages.File{Name: f.Name, Size: f.Size, Digests: f.Digests, Archive: f.Archive}
		if path != nil {
			file.Path = path(f.Digests[packages.SHA256])
		}
		for _, x := range f.Expected {
			file.Expected = append(file.Expected, packages.Expected{Algorithm: x.Algorithm, Hex: x.Hex, Source: x.Source})
		}
		for _, s := range f.Signatures {
			file.Signatures = append(file.Signatures, packages.Signature{Source: s.Source, Text: s.Text})
		}
		p.Files = append(p.Files, file)
	}
	return p
}

// unreadable stands for an entry's file that cannot be used.
func unreadable(path string, why packages.Code) *Entry {
	name := filepath.Base(path)
	e := &Entry{ID: strings.TrimSuffix(name, ".json"), Files: []File{{Name: name}}, Unreadable: why}
	e.index = newIndex(e)
	return e
}
