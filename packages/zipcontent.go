package packages

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// The header before an entry's data, and what its fields may hold.
const (
	localSize = 30
	localMark = 0x04034b50

	flagSecret  = 1 << 0 // packed with a password
	flagLater   = 1 << 3 // sum and lengths come after the data
	stored      = 0
	deflated    = 8
	longestGap  = 1 << 20 // bytes that belong to no entry: padding, a signature
	longestLink = 4096    // bytes of a link's target
)

var (
	errTwoNames = errors.New("an entry has two names")
	errOverlap  = errors.New("entries lie over each other")
	errHidden   = errors.New("there is an entry that the directory does not list")
)

// unzipping reads the entries of a zip file one after the other.
type unzipping struct {
	v    *inventory
	file io.ReaderAt
	// at is where the last entry ended.
	at int64
}

// entry reads one, which must end before next.
func (u *unzipping) entry(ctx context.Context, e zipEntry, next int64) error {
	if e.flags&flagSecret != 0 || e.method != stored && e.method != deflated {
		return refuse(u.v.name, Packed, bounded(e.name))
	}
	if err := u.gap(e.offset); err != nil {
		return err
	}
	from, err := u.header(e)
	if err != nil {
		return err
	}
	if from+e.packed > next {
		return errOverlap
	}
	u.at = from + e.packed
	target, err := unpack(ctx, io.NewSectionReader(u.file, from, e.packed), e)
	if err != nil {
		return err
	}
	if e.nature == symlink {
		if err := u.v.follow(e.member, target); err != nil {
			return err
		}
	}
	return u.gap(next)
}

// gap looks at the bytes up to an offset, where whoever reads on without the directory
// would find an entry that it hides.
func (u *unzipping) gap(to int64) error {
	switch {
	case to < u.at:
		return errOverlap
	case to-u.at > longestGap:
		return errHidden
	}
	between := make([]byte, to-u.at)
	if _, err := u.file.ReadAt(between, u.at); err != nil {
		return err
	}
	u.at = to
	if bytes.Contains(between, binary.LittleEndian.AppendUint32(nil, localMark)) {
		return errHidden
	}
	return nil
}

// header compares an entry's own header with the directory, and gives where its data
// begin.
func (u *unzipping) header(e zipEntry) (int64, error) {
	local := make([]byte, localSize)
	if _, err := u.file.ReadAt(local, e.offset); err != nil {
		return 0, err
	}
	name, extra := int(binary.LittleEndian.Uint16(local[26:])), int(binary.LittleEndian.Uint16(local[28:]))
	more := make([]byte, name+extra)
	if _, err := u.file.ReadAt(more, e.offset+localSize); err != nil {
		return 0, err
	}
	flags, method := binary.LittleEndian.Uint16(local[6:]), binary.LittleEndian.Uint16(local[8:])
	stated := binary.LittleEndian.Uint32(local[14:]) == e.crc &&
		int64(binary.LittleEndian.Uint32(local[18:])) == e.packed && int64(binary.LittleEndian.Uint32(local[22:])) == e.size
	switch own := string(more[:name]); {
	case binary.LittleEndian.Uint32(local) != localMark:
		return 0, fmt.Errorf("no entry where %q should be", bounded(e.name))
	case !inside(own):
		return 0, refuse(u.v.name, Slip, bounded(own))
	case own != e.name:
		return 0, errTwoNames
	case method != e.method, flags&flagSecret != e.flags&flagSecret, !stated && flags&flagLater == 0:
		return 0, fmt.Errorf("the directory and the header of %q differ", bounded(e.name))
	}
	return e.offset + localSize + int64(name+extra), oneName(e.name, more[name:])
}

// unpack reads an entry's data to their end, never more than the stated size and a
// little. It gives the first bytes, which are where a link leads.
func unpack(ctx context.Context, data io.Reader, e zipEntry) (start string, err error) {
	packed := bufio.NewReader(data) // flate reads no more than it needs from one of these
	var r io.Reader = packed
	if e.method == deflated {
		inflate := flate.NewReader(packed)
		defer inflate.Close()
		r = inflate
	}
	sum := crc32.NewIEEE()
	var first strings.Builder
	var n int64
	for part := make([]byte, 64<<10); ; {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		k, err := r.Read(part)
		n += int64(k)
		if n > e.size {
			return "", fmt.Errorf("%q is longer than the %d bytes stated", bounded(e.name), e.size)
		}
		sum.Write(part[:k])
		first.Write(part[:min(k, longestLink-first.Len())])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("%q: %w", bounded(e.name), err)
		}
	}
	if _, err := packed.ReadByte(); n != e.size || sum.Sum32() != e.crc || !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("%q is not what the directory states", bounded(e.name))
	}
	return first.String(), nil
}
