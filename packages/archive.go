package packages

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
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

var errNotZip = errors.New("no valid zip directory")

// inspect reads the directory of an archive, and extracts nothing.
func inspect(ctx context.Context, f *File) error {
	lower := strings.ToLower(f.Name)
	var walk func(context.Context, *os.File, *inventory) error
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

// inventory counts what an archive holds, and refuses in time.
type inventory struct {
	name string
	// size of the archive, in bytes.
	size           int64
	entries, inner int
	// unpacked is the sum of all entries, in bytes.
	unpacked int64
	// wanted, if not nil, is looked for by base name and size.
	wanted *File
	found  bool
}

func (v *inventory) add(name string, size int64) error {
	v.entries++
	if !inside(name) {
		return refuse(v.name, Slip, bounded(name))
	}
	lower := strings.ToLower(name)
	for _, suffix := range []string{".zip", ".tar", ".gz", ".tgz", ".rar", ".7z", ".xz", ".bz2"} {
		if strings.HasSuffix(lower, suffix) {
			v.inner++
			break
		}
	}
	if v.inner > maxInner || strings.Count(strings.Trim(name, "/"), "/") >= maxDepth || v.entries > maxEntries {
		return refuse(v.name, Nested)
	}
	base := name[strings.LastIndexByte(name, '/')+1:]
	v.found = v.found || v.wanted != nil && base == v.wanted.Name && size == v.wanted.Size
	if size < 0 || size > maxUnpacked {
		return refuse(v.name, Bomb, size)
	}
	v.unpacked += size
	return v.weigh(v.unpacked)
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

// The parts of a zip file that are read (PKWARE APPNOTE.TXT, 4.3.12 and 4.3.16).
const (
	endSize      = 22
	endMark      = 0x06054b50
	headerSize   = 46
	headerMark   = 0x02014b50
	maxZipRemark = 1<<16 - 1
)

// walkZip reads the central directory. It is read here and not by archive/zip,
// which would take as many entries into memory as a file of 100 MB can list.
func walkZip(_ context.Context, file *os.File, v *inventory) error {
	directory, err := zipDirectory(file, v.size)
	if err != nil {
		return err
	}
	return walkDirectory(directory, v)
}

func zipDirectory(r io.ReaderAt, size int64) ([]byte, error) {
	tail := make([]byte, min(size, endSize+maxZipRemark))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for i := len(tail) - endSize; i >= 0; i-- {
		end := tail[i:]
		if binary.LittleEndian.Uint32(end) != endMark || int(binary.LittleEndian.Uint16(end[20:]))+endSize != len(end) {
			continue // the remark must reach the end: nothing trails
		}
		length, offset := int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
		if length > maxDirectory || offset+length != size-int64(len(end)) {
			return nil, errNotZip
		}
		directory := make([]byte, length)
		_, err := r.ReadAt(directory, offset)
		return directory, err
	}
	return nil, errNotZip
}

func walkDirectory(directory []byte, v *inventory) error {
	for len(directory) > 0 {
		if len(directory) < headerSize || binary.LittleEndian.Uint32(directory) != headerMark {
			return errNotZip
		}
		size := int64(binary.LittleEndian.Uint32(directory[24:]))
		name := int(binary.LittleEndian.Uint16(directory[28:]))
		rest := int(binary.LittleEndian.Uint16(directory[30:])) + int(binary.LittleEndian.Uint16(directory[32:]))
		if len(directory) < headerSize+name+rest {
			return errNotZip
		}
		if err := v.add(string(directory[headerSize:headerSize+name]), size); err != nil {
			return err
		}
		directory = directory[headerSize+name+rest:]
	}
	if v.entries == 0 {
		return errNotZip
	}
	return nil
}

func walkTarGz(ctx context.Context, file *os.File, v *inventory) error {
	packed, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	defer packed.Close()
	return walkTarStream(ctx, &scale{r: packed, v: v}, v)
}

func walkTar(ctx context.Context, file *os.File, v *inventory) error {
	return walkTarStream(ctx, file, v)
}

func walkTarStream(ctx context.Context, r io.Reader, v *inventory) error {
	t := tar.NewReader(r)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			if v.entries == 0 {
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if err != nil {
			return err
		}
		if err := v.add(h.Name, h.Size); err != nil {
			return err
		}
		if h.Linkname != "" && !inside(h.Linkname) {
			return refuse(v.name, Slip, bounded(h.Linkname))
		}
	}
}

// scale stops the unpacking of a stream that grows absurdly.
type scale struct {
	r io.Reader
	v *inventory
	n int64
}

func (s *scale) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if bomb := s.v.weigh(s.n); bomb != nil {
		return n, bomb
	}
	return n, err
}

// maxArchivesBeside bounds the search for the archive a file came from.
const maxArchivesBeside = 16

// unpackedFrom looks for a zip archive in the folder or the one above that holds
// this file too, which tells that it was unpacked by hand. It is a hint only, so
// archives that cannot be read are passed over.
func unpackedFrom(f *File) string {
	folder := filepath.Dir(f.Path)
	tried := 0
	for _, dir := range []string{folder, filepath.Dir(folder)} {
		entries, err := firstEntries(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !strings.HasSuffix(strings.ToLower(e.Name()), ".zip") || e.Name() == f.Name || !e.Type().IsRegular() {
				continue
			}
			if tried++; tried > maxArchivesBeside {
				return ""
			}
			if holds(filepath.Join(dir, e.Name()), f) {
				return e.Name()
			}
		}
	}
	return ""
}

// firstEntries lists a folder, up to a bound: Downloads folders can be huge.
func firstEntries(dir string) ([]fs.DirEntry, error) {
	const most = 4096
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(most)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return entries, err
}

// holds tells whether the zip archive at path has an entry like f.
func holds(path string, f *File) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false
	}
	v := &inventory{name: filepath.Base(path), size: info.Size(), wanted: f}
	return walkZip(context.Background(), file, v) == nil && v.found
}
