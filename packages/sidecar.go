package packages

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"fotabench/packages/plaintext"
)

const (
	// maxSidecar bounds a sidecar or list of digests, in bytes.
	maxSidecar = 1 << 20
	// maxManifest bounds a manifest, in bytes.
	maxManifest = 1 << 20
)

// errLarge says that a file beside the package passes its bound.
var errLarge = errors.New("larger than allowed")

// sidecar is a place where a digest may be stated. Shared ones speak of several
// files, so that only a line that names the file counts.
type sidecar struct {
	name      string
	algorithm Algorithm
	shared    bool
}

// sidecars lists the places for a file, in the names that people use.
func sidecars(name string) []sidecar {
	var list []sidecar
	for _, s := range []sidecar{
		{".md5", MD5, false},
		{".md5sum", MD5, false},
		{".sha1", SHA1, false},
		{".sha1sum", SHA1, false},
		{".sha256", SHA256, false},
		{".sha256sum", SHA256, false},
		{".crc32", CRC32, false},
	} {
		list = append(
			list,
			sidecar{name + s.name, s.algorithm, false},
			sidecar{name + strings.ToUpper(s.name), s.algorithm, false},
		)
	}
	return append(
		list,
		sidecar{"MD5SUMS", MD5, true},
		sidecar{"md5.txt", MD5, true},
		sidecar{"SHA1SUMS", SHA1, true},
		sidecar{"SHA256SUMS", SHA256, true},
		sidecar{"sha256.txt", SHA256, true},
	)
}

// stated collects what the sidecars of a file say; gbk are those that were read as GBK.
func stated(f *File) (all []Expected, gbk []string, err error) {
	var seen []fs.FileInfo
	for _, s := range sidecars(f.Name) {
		path := filepath.Join(filepath.Dir(f.Path), s.name)
		text, info, err := beside(path, maxSidecar)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, errLarge):
			return nil, nil, refuse(s.name, LargeSidecar)
		case err != nil:
			return nil, nil, unreadable(s.name, err)
		case sameFile(seen, info):
			continue // a file system that ignores case shows one file twice
		}
		seen = append(seen, info)
		decoded, foreign, err := plain(text)
		switch {
		case err != nil && s.shared && !bytes.Contains(text, []byte(f.Name)):
			continue // a list that says nothing of this file
		case err != nil:
			return nil, nil, refuse(s.name, BadText)
		}
		found, err := s.parse(decoded, f.Name)
		if err != nil {
			return nil, nil, err
		}
		if foreign && len(found) > 0 {
			gbk = append(gbk, s.name)
		}
		all = append(all, found...)
	}
	return all, gbk, nil
}

func sameFile(seen []fs.FileInfo, info fs.FileInfo) bool {
	for _, other := range seen {
		if os.SameFile(other, info) {
			return true
		}
	}
	return false
}

// beside reads a small file next to a package file.
func beside(path string, bound int64) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		// A name that is too long once its suffix is added cannot exist.
		if errors.Is(err, fs.ErrPermission) {
			return nil, nil, err
		}
		return nil, nil, fs.ErrNotExist
	}
	if info.IsDir() {
		return nil, nil, fs.ErrNotExist
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fs.ErrInvalid
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, bound+1))
	if err == nil && int64(len(text)) > bound {
		err = errLarge
	}
	return text, info, err
}

// entry is one statement of a sidecar; name is "" for a bare digest.
type entry struct {
	algorithm Algorithm
	hex, name string
	line      string
}

// parse reads a sidecar as md5sum, sha256sum (also with --tag), PowerShell and
// people write them. A sidecar of one file may hold a single line with another
// name, since files get renamed; a shared list counts where it names the file,
// or when a bare digest is all it holds.
func (s sidecar) parse(text, file string) ([]Expected, error) {
	entries, err := s.entries(text)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		if s.shared {
			return nil, nil
		}
		return nil, refuse(s.name, EmptySidecar)
	}
	sole := len(entries) == 1 && (!s.shared || entries[0].name == "")
	var found []Expected
	for _, e := range entries {
		if !sole && e.name != file {
			continue
		}
		value, ok := digestText(e.algorithm, e.hex)
		if !ok {
			return nil, refuse(s.name, BadSidecar, bounded(e.line))
		}
		found = append(found, Expected{Algorithm: e.algorithm, Hex: value, Source: s.name})
	}
	return found, nil
}

func (s sidecar) entries(text string) ([]entry, error) {
	var all []entry
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		e, ok := s.entry(line)
		if !ok {
			if s.shared {
				continue // people put headings into such lists
			}
			return nil, refuse(s.name, BadSidecar, bounded(line))
		}
		all = append(all, e)
	}
	return all, nil
}

var (
	// tagged is the BSD style: SHA256 (name) = hex.
	tagged = regexp.MustCompile(`^([A-Za-z0-9-]+) ?\((.+)\) ?= ?([0-9A-Za-z]+)$`)
	// listed is the GNU style: hex, a blank, a blank or *, name.
	listed = regexp.MustCompile(`^\\?((?:0[xX])?[0-9A-Za-z]+)(?:[ \t]+\*?(.+))?$`)
)

func (s sidecar) entry(line string) (entry, bool) {
	if m := tagged.FindStringSubmatch(line); m != nil {
		algorithm, ok := algorithmOf(m[1])
		return entry{algorithm, m[3], local(m[2]), line}, ok
	}
	m := listed.FindStringSubmatch(line)
	if m == nil || s.shared && !strings.ContainsAny(m[1], "0123456789") {
		return entry{}, false
	}
	return entry{s.algorithm, m[1], local(m[2]), line}, true
}

// local drops a leading "./"; a path into another folder stays one and so never
// equals a base name.
func local(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(name), "./"), `.\`)
}

// algorithmOf reads an algorithm's name as BSD tags and people write it.
func algorithmOf(name string) (Algorithm, bool) {
	switch a := Algorithm(strings.ReplaceAll(strings.ToLower(name), "-", "")); a {
	case MD5, SHA1, SHA256, CRC32:
		return a, true
	}
	return "", false
}

// hexLength is the number of hex digits of each digest.
var hexLength = map[Algorithm]int{MD5: 32, SHA1: 40, SHA256: 64, CRC32: 8}

// digestText brings a digest into its one form: lower-case hex of the right
// length. CRC-32 may come with 0x in front.
func digestText(a Algorithm, text string) (string, bool) {
	text = strings.ToLower(text)
	if a == CRC32 {
		text = strings.TrimPrefix(text, "0x")
	}
	if len(text) != hexLength[a] || hexLength[a] == 0 {
		return "", false
	}
	_, err := hex.DecodeString(text)
	return text, err == nil
}

// Typed reads a digest as a person enters it; its length tells the algorithm.
// Blanks, colons between bytes and upper case do not matter.
func Typed(text string) (Expected, error) {
	clean := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", ":", "", "-", "").Replace(text)
	for _, a := range []Algorithm{SHA256, SHA1, MD5, CRC32} {
		if value, ok := digestText(a, clean); ok {
			return Expected{Algorithm: a, Hex: value, Source: SourceTyped}, nil
		}
	}
	return Expected{}, &Error{Op: "read digest", Code: BadTyped, Args: []any{bounded(text)}}
}

// bounded keeps a text from outside short enough for a sentence, and on one line.
func bounded(text string) string {
	const most = 80
	runes := []rune(plaintext.Line(text))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}
