package alinkdevice

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
)

// algorithm is a digest that a push can name.
type algorithm string

const (
	digestNone   algorithm = ""
	digestMD5    algorithm = "md5"
	digestSHA256 algorithm = "sha256"
)

// chars is the length of a digest in hex.
func (a algorithm) chars() int {
	if a == digestMD5 {
		return 2 * md5.Size
	}
	return 2 * sha256.Size
}

// storage is where a device puts one file. It keeps digests and the first bytes
// of what it holds, and the bytes themselves only where that was ordered, so
// that many devices can hold large images.
type storage struct {
	name string
	size int64
	// held is how many bytes there are; flipAt is the offset of a byte that does
	// not come out of the flash as it went in, -1 if there is none.
	held, flipAt int64
	keep         bool
	bytes        []byte
	head         []byte
	md5, sha256  hash.Hash
	// image is the digest of all but the last 32 bytes, which wait in tail: an
	// image ends with the digest of what precedes.
	image hash.Hash
	tail  []byte
	// record is the end of an AliOS system image, nil for others; body is the MD5
	// of as many bytes as it says.
	record *info
	body   hash.Hash
}

// newStorage makes room for a file.
func newStorage(name string, size int64, record *info, flip, keep bool) *storage {
	s := &storage{
		name: name, size: size, flipAt: -1, keep: keep, record: record,
		md5: md5.New(), sha256: sha256.New(), image: sha256.New(), body: md5.New(),
	}
	if flip {
		s.flipAt = size / 2
	}
	return s
}

// erase drops everything that was stored.
func (s *storage) erase() {
	*s = *newStorage(s.name, s.size, s.record, s.flipAt >= 0, s.keep)
}

// Write stores one block. It never fails and keeps no reference to block.
func (s *storage) Write(block []byte) (int, error) {
	if at := s.flipAt - s.held; at >= 0 && at < int64(len(block)) {
		block = append([]byte(nil), block...)
		block[at] ^= 0x10
	}
	s.md5.Write(block)
	s.sha256.Write(block)
	if left := s.imageEnd() - s.held; s.record != nil && left > 0 {
		s.body.Write(block[:min(left, int64(len(block)))])
	}
	if room := imageHead - len(s.head); room > 0 {
		s.head = append(s.head, block[:min(room, len(block))]...)
	}
	if s.keep {
		s.bytes = append(s.bytes, block...)
	}
	s.trail(block)
	s.held += int64(len(block))
	return len(block), nil
}

// trail moves all but the last bytes into the image's digest.
func (s *storage) trail(block []byte) {
	end := s.imageEnd() - s.held
	if end <= 0 {
		return
	}
	s.tail = append(s.tail, block[:min(end, int64(len(block)))]...)
	if n := len(s.tail) - imageTrailer; n > 0 {
		s.image.Write(s.tail[:n])
		s.tail = append(s.tail[:0], s.tail[n:]...)
	}
}

// imageEnd is where the image ends: behind it AliOS has its record.
func (s *storage) imageEnd() int64 {
	if s.record != nil {
		return s.record.size
	}
	return s.size
}

// matches compares what is stored with a digest in hex of either case.
func (s *storage) matches(a algorithm, want string) bool {
	sum := s.sha256
	if a == digestMD5 {
		sum = s.md5
	}
	return strings.EqualFold(hex.EncodeToString(sum.Sum(nil)), want)
}

// bodyMatches compares the body with the MD5 of an AliOS record.
func (s *storage) bodyMatches(i info) bool {
	return [md5.Size]byte(s.body.Sum(nil)) == i.digest
}

// version is that of the image that is stored. ok is false if there is none;
// whole is false if its trailer does not fit.
func (s *storage) version() (version string, whole, ok bool) {
	version, ok = versionIn(s.head)
	return version, string(s.tail) == string(s.image.Sum(nil)), ok
}
