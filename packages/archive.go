package packages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds of what an archive may hold. Modules have at most 32 MB of flash, so
// an honest package stays far below.
const (
	maxEntries   = 10000
	maxUnpacked  = 4 * MaxBytes // bytes, all entries together
	maxRatio     = 250          // unpacked : packed, once unpacked passes ratioFrom
	ratioFrom    = 16 << 20     // bytes
	maxDepth     = 16           // folders
	maxInner     = 8            // archives within the archive
	maxDirectory = 4 << 20      // bytes of a zip's directory
)

// inspect reads an archive to its end and writes nothing of it. What an archive says
// of itself is believed only as far as its bytes bear it out: a device unpacks the
// bytes, and many read no directory at all.
func inspect(ctx context.Context, f *File) error {
	lower := strings.ToLower(f.Name)
	var walk func(context.Context, source, *inventory) error
	switch {
	case strings.HasSuffix(lower, ".zip"):
		walk = walkZip
	case strings.HasSuffix(lower, ".tar.gz"):
		walk = walkTarGz
	case strings.HasSuffix(lower, ".tar"):
		walk = walkTar
	default:
		return nil
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return unreadable(f.Name, err)
	}
	defer file.Close()
	err = walk(ctx, file, &inventory{name: f.Name, size: f.Size})
	var refused *Error
	switch {
	case err == nil, errors.As(err, &refused):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("packages: read %q: %w", f.Name, context.Cause(ctx))
	}
	e := refuse(f.Name, BadArchive)
	e.Err = err
	return e
}

// source is an archive's bytes.
type source interface {
	io.Reader
	io.ReaderAt
}

// inventory counts what an archive holds, and refuses in time.
type inventory struct {
	name string
	// size of the archive, in bytes.
	size           int64
	entries, inner int
	// unpacked is the sum of all entries, in bytes.
	unpacked int64
	// names maps what was seen to what it is.
	names map[string]nature
}

// nature is what an entry becomes when it is unpacked.
type nature int

const (
	plainFile nature = iota + 1
	directory
	symlink
	hardLink
	// oddity is a device, a pipe, or what no system knows.
	oddity
)

// member is an entry as an archive states it.
type member struct {
	name   string
	nature nature
	// size that it unpacks to, in bytes.
	size int64
}

func (v *inventory) add(m member) error {
	v.entries++
	if !inside(m.name) {
		return refuse(v.name, Slip, bounded(m.name))
	}
	if m.nature == oddity {
		return refuse(v.name, Odd, bounded(m.name))
	}
	if isArchive(m.name) {
		v.inner++
	}
	if v.inner > maxInner || strings.Count(strings.Trim(m.name, "/"), "/") >= maxDepth || v.entries > maxEntries {
		return refuse(v.name, Nested)
	}
	if err := v.settle(m); err != nil {
		return err
	}
	if m.size < 0 || m.size > maxUnpacked {
		return refuse(v.name, Bomb, m.size)
	}
	v.unpacked += m.size
	return v.weigh(v.unpacked)
}

func isArchive(name string) bool {
	lower := strings.ToLower(name)
	for _, suffix := range []string{".zip", ".tar", ".gz", ".tgz", ".rar", ".7z", ".xz", ".bz2"} {
		if strings.HasSuffix(lower, suffix) {
			return true
		}
	}
	return false
}

// settle gives the entry its place. Of two with one name, which one a device keeps is
// its own affair; and what lies under a link lands where the link says.
func (v *inventory) settle(m member) error {
	clean := path.Clean(m.name)
	if before, seen := v.names[clean]; seen && (before != directory || m.nature != directory) {
		return refuse(v.name, Twice, bounded(m.name))
	}
	if v.names == nil {
		v.names = map[string]nature{}
	}
	v.names[clean] = m.nature
	for above := path.Dir(clean); above != "."; above = path.Dir(above) {
		if before, seen := v.names[above]; seen && before != directory {
			return refuse(v.name, Slip, bounded(m.name))
		}
		v.names[above] = directory
	}
	return nil
}

// follow refuses a link that leads out of the archive's folder, from where it lies. Up
// it may go at its beginning only: behind another link, up is somewhere else.
func (v *inventory) follow(m member, target string) error {
	from, forward := ".", target
	if m.nature == symlink {
		from = path.Dir(path.Clean(m.name))
		for strings.HasPrefix(forward, "../") {
			from, forward = path.Join(from, ".."), forward[len("../"):]
		}
	}
	if !inside(forward) || !inside(path.Join(from, forward)) {
		return refuse(v.name, Slip, bounded(m.name+" -> "+target))
	}
	return nil
}

// weigh refuses an archive that grows absurdly when it is unpacked.
func (v *inventory) weigh(unpacked int64) error {
	if unpacked > maxUnpacked || unpacked > ratioFrom && unpacked/max(v.size, 1) > maxRatio {
		return refuse(v.name, Bomb, unpacked)
	}
	return nil
}

// inside tells whether an entry's name stays in the folder that the archive is
// unpacked to, on Windows too.
func inside(name string) bool {
	name = strings.TrimSuffix(name, "/")
	if name == "." {
		return true
	}
	if strings.ContainsAny(name, "\\\x00") || len(name) > 1 && name[1] == ':' || !fs.ValidPath(strings.TrimPrefix(name, "./")) {
		return false
	}
	return filepath.IsLocal(filepath.FromSlash(name))
}
