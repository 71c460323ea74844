package packages

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
)

var errNotZip = errors.New("no valid zip directory")

// The parts of a zip file that are read (PKWARE APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.16 and 4.6.9).
const (
	endSize      = 22
	endMark      = 0x06054b50
	headerSize   = 46
	headerMark   = 0x02014b50
	maxZipRemark = 1<<16 - 1
	// unicodePath is an extra field with another name, which some programs prefer.
	unicodePath = 0x7075
)

// The types of files in a Unix mode.
const (
	modeType    = 0o170000
	modeFile    = 0o100000
	modeFolder  = 0o040000
	modeSymlink = 0o120000
)

// zipEntry is an entry as the directory of a zip file states it.
type zipEntry struct {
	member
	flags, method uint16
	crc           uint32
	// packed is the length of its data, and offset where its header is, in bytes.
	packed, offset int64
}

// walkZip compares what the directory states with the headers that lie before the
// entries, for a device may read either, and unpacks each entry to nowhere. It is read
// here and not by archive/zip, which would take as many entries into memory as a file
// of 100 MB can list.
func walkZip(ctx context.Context, file source, v *inventory) error {
	entries, end, err := zipEntries(file, v.size)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := v.add(e.member); err != nil {
			return err
		}
	}
	slices.SortStableFunc(entries, func(a, b zipEntry) int { return cmp.Compare(a.offset, b.offset) })
	u := &unzipping{v: v, file: file}
	for i, e := range entries {
		next := end
		if i+1 < len(entries) {
			next = entries[i+1].offset
		}
		if err := u.entry(ctx, e, next); err != nil {
			return err
		}
	}
	return nil
}

// zipEntries lists a zip file by its directory, which begins at offset end.
func zipEntries(r io.ReaderAt, size int64) (entries []zipEntry, end int64, err error) {
	tail := make([]byte, min(size, endSize+maxZipRemark))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	for i := len(tail) - endSize; i >= 0; i-- {
		mark := tail[i:]
		if binary.LittleEndian.Uint32(mark) != endMark || int(binary.LittleEndian.Uint16(mark[20:]))+endSize != len(mark) {
			continue // the remark must reach the end: nothing trails
		}
		length, offset := int64(binary.LittleEndian.Uint32(mark[12:])), int64(binary.LittleEndian.Uint32(mark[16:]))
		if length > maxDirectory || offset+length != size-int64(len(mark)) {
			return nil, 0, errNotZip
		}
		listed := make([]byte, length)
		if _, err := r.ReadAt(listed, offset); err != nil {
			return nil, 0, err
		}
		entries, err := listEntries(listed)
		return entries, offset, err
	}
	return nil, 0, errNotZip
}

// listEntries reads a directory. One more than allowed is enough to refuse it.
func listEntries(listed []byte) ([]zipEntry, error) {
	var entries []zipEntry
	for len(listed) > 0 && len(entries) <= maxEntries {
		if len(listed) < headerSize || binary.LittleEndian.Uint32(listed) != headerMark {
			return nil, errNotZip
		}
		name := int(binary.LittleEndian.Uint16(listed[28:]))
		extra := int(binary.LittleEndian.Uint16(listed[30:]))
		length := headerSize + name + extra + int(binary.LittleEndian.Uint16(listed[32:]))
		if len(listed) < length {
			return nil, errNotZip
		}
		e, err := readEntry(listed, name, extra)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
		listed = listed[length:]
	}
	if len(entries) == 0 {
		return nil, errNotZip
	}
	return entries, nil
}

func readEntry(header []byte, name, extra int) (zipEntry, error) {
	e := zipEntry{
		member: member{
			name: string(header[headerSize : headerSize+name]), size: int64(binary.LittleEndian.Uint32(header[24:])),
		},
		flags: binary.LittleEndian.Uint16(header[8:]), method: binary.LittleEndian.Uint16(header[10:]),
		crc:    binary.LittleEndian.Uint32(header[16:]),
		packed: int64(binary.LittleEndian.Uint32(header[20:])), offset: int64(binary.LittleEndian.Uint32(header[42:])),
	}
	e.nature = zipNature(e.name, header[40:42])
	return e, oneName(e.name, header[headerSize+name:headerSize+name+extra])
}

// zipNature reads the upper half of the external attributes: the Unix mode, 0 where
// the archive was made without one.
func zipNature(name string, mode []byte) nature {
	folder := strings.HasSuffix(name, "/")
	switch kind := binary.LittleEndian.Uint16(mode) & modeType; {
	case kind == modeSymlink && !folder:
		return symlink
	case kind == modeFolder, kind == 0 && folder:
		return directory
	case kind == modeFile && !folder, kind == 0:
		return plainFile
	}
	return oddity
}

// oneName refuses an extra field that gives the entry another name.
func oneName(name string, extra []byte) error {
	const version = 5 // bytes before the name: a version, a sum
	for len(extra) >= 4 {
		kind, length := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if len(extra) < 4+length {
			return nil // some writers pad here without a form
		}
		if kind == unicodePath && length >= version && string(extra[4+version:4+length]) != name {
			return errTwoNames
		}
		extra = extra[4+length:]
	}
	return nil
}
