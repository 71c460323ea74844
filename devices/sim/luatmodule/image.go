package luatmodule

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
)

// An image is a header, a body and a trailer. The header is the magic text, the
// size of the whole image as 8 bytes big-endian, and the version filled up with
// zero bytes; the trailer is the SHA-256 of everything before it.
const (
	imageMagic   = "SIMLUAT1"
	imageVersion = 32
	imageHeader  = len(imageMagic) + 8 + imageVersion
	imageTrailer = sha256.Size
)

// MaxImage is the largest image in bytes that a module has room for: what the
// 65535 packets of the datagram protocol can carry (docs/protocols/luat.md, UDP).
const MaxImage = maxPackets * packetBody

// Image makes an image that a module without Options.Installs installs: after
// the restart it runs version, of which at most 32 bytes count. The image has
// size bytes, but at least the 80 of its header and trailer; its body depends on
// seed alone, so that two images of one version can differ.
func Image(version string, size int, seed uint64) []byte {
	size = max(size, imageHeader+imageTrailer)
	image := make([]byte, size)
	copy(image, imageMagic)
	binary.BigEndian.PutUint64(image[len(imageMagic):], uint64(size))
	copy(image[imageHeader-imageVersion:imageHeader], version)
	body := image[imageHeader : size-imageTrailer]
	source := rand.NewPCG(seed, uint64(size))
	for i := 0; i < len(body); i += 8 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], source.Uint64())
		copy(body[i:], word[:])
	}
	sum := sha256.Sum256(image[:size-imageTrailer])
	copy(image[size-imageTrailer:], sum[:])
	return image
}

// flash is where a module puts what it receives. It checks the trailer while the
// bytes pass, so that a module need not keep the image to know whether it is
// whole.
type flash struct {
	keep bool
	// spoil inverts a bit of the byte in the middle.
	spoil bool

	image       []byte
	sum         hash.Hash
	have, total int64

	head  [imageHeader]byte
	size  int64             // what the header says, 0 if it is no header
	body  [sha256.Size]byte // digest of all before the trailer
	trail [imageTrailer]byte
}

// erase makes room for an image.
func (f *flash) erase() {
	if f.sum == nil {
		f.sum = sha256.New()
	}
	f.sum.Reset()
	f.image = nil
	f.have, f.total, f.size = 0, 0, 0
}

// write stores all of p.
func (f *flash) write(p []byte) {
	if at := f.total/2 - f.have; f.spoil && at >= 0 && at < int64(len(p)) {
		p = bytes.Clone(p)
		p[at] ^= 0x10
	}
	if f.keep {
		f.image = append(f.image, p...)
	}
	for len(p) > 0 {
		n := min(int64(len(p)), f.border()-f.have)
		f.pass(p[:n])
		p = p[n:]
	}
}

// border is where the next part of the image begins.
func (f *flash) border() int64 {
	for _, at := range []int64{int64(imageHeader), f.size - imageTrailer, f.size} {
		if at > f.have {
			return at
		}
	}
	return 1 << 62
}

// pass takes bytes that lie within one part of the image.
func (f *flash) pass(p []byte) {
	if f.have < int64(imageHeader) {
		copy(f.head[f.have:], p)
	}
	if at := f.have - (f.size - imageTrailer); f.size > 0 && at >= 0 && at < imageTrailer {
		copy(f.trail[at:], p)
	}
	f.sum.Write(p) // never fails
	f.have += int64(len(p))
	if f.have == int64(imageHeader) && bytes.HasPrefix(f.head[:], []byte(imageMagic)) {
		f.size = f.claim()
	}
	if f.size > 0 && f.have == f.size-imageTrailer {
		f.sum.Sum(f.body[:0])
	}
}

// claim is the size that the header says, 0 if no image can have it.
func (f *flash) claim() int64 {
	size := binary.BigEndian.Uint64(f.head[len(imageMagic):])
	if size < uint64(imageHeader+imageTrailer) || size > MaxImage {
		return 0
	}
	return int64(size)
}

// digest is the SHA-256 of what is stored.
func (f *flash) digest() []byte { return f.sum.Sum(nil) }

// check is the boot loader's verdict on what is stored: the version to run, or
// why it is to be deleted.
func (f *flash) check() (string, error) {
	switch {
	case f.size == 0:
		return "", errors.New("luatmodule: what is stored is no image")
	case f.have != f.size:
		return "", fmt.Errorf("luatmodule: the image has %d bytes and should have %d", f.have, f.size)
	case f.body != f.trail:
		return "", errors.New("luatmodule: the image does not match its trailer")
	}
	return string(bytes.TrimRight(f.head[imageHeader-imageVersion:], "\x00")), nil
}
