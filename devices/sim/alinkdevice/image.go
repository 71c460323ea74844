package alinkdevice

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

// The layout of an image: magic, one byte with the length of the version, the
// version, a body, and the SHA-256 of all before it.
const (
	imageMagic   = "ALKIMG1\n"
	imageTrailer = sha256.Size
	// maxVersion is the longest version that AliOS has room for.
	maxVersion = 63
	// imageHead is as much of an image as has to be kept to know its version.
	imageHead = len(imageMagic) + 1 + maxVersion
)

// infoSize is the length of the record at the end of an AliOS system image:
// magic and size (little endian), MD5 of size bytes, number, reserve, CRC
// (docs/protocols/aliyun.md, Leniency).
const infoSize = 28

// Image makes an image that says by itself which version it installs. It is
// size bytes long, or as short as possible if size is less than that; the same
// seed gives the same body. A version is cut to 63 bytes.
func Image(version string, size int, seed uint64) []byte {
	version = version[:min(len(version), maxVersion)]
	img := append([]byte(imageMagic), byte(len(version)))
	img = append(img, version...)
	body := make([]byte, max(0, size-len(img)-imageTrailer))
	fill(body, seed)
	img = append(img, body...)
	sum := sha256.Sum256(img)
	return append(img, sum[:]...)
}

// SystemImage is an Image followed by the 28 bytes that AliOS looks for at the
// end of an image for the module "default". It is size bytes long in all, or as
// short as possible.
func SystemImage(version string, size int, seed uint64) []byte {
	img := Image(version, size-infoSize, seed)
	info := make([]byte, 0, infoSize)
	info = binary.LittleEndian.AppendUint32(info, 0xefefefef)
	info = binary.LittleEndian.AppendUint32(info, uint32(len(img)))
	sum := md5.Sum(img)
	info = append(info, sum[:]...)
	return append(img, append(info, 1, 0, 0, 0)...)
}

func fill(body []byte, seed uint64) {
	r := rand.New(rand.NewPCG(seed, uint64(len(body))))
	var word [8]byte
	for i := 0; i < len(body); i += len(word) {
		binary.LittleEndian.PutUint64(word[:], r.Uint64())
		copy(body[i:], word[:])
	}
}

// versionIn reads the version from the first bytes of an image.
func versionIn(head []byte) (string, bool) {
	rest, ok := bytes.CutPrefix(head, []byte(imageMagic))
	if !ok || len(rest) == 0 || int(rest[0]) > len(rest)-1 {
		return "", false
	}
	return string(rest[1 : 1+int(rest[0])]), true
}

// info is what the last bytes of an AliOS system image say.
type info struct {
	size   int64
	digest [md5.Size]byte
}

// infoIn reads the last 28 bytes of a system image; false without one of the
// magics that AliOS knows.
func infoIn(tail []byte) (info, bool) {
	if len(tail) != infoSize {
		return info{}, false
	}
	known := []uint32{0xabababab, 0xcdcdcdcd, 0xefefefef, 0xefcdefcd, 0xabcdabcd}
	if !slices.Contains(known, binary.LittleEndian.Uint32(tail)) {
		return info{}, false
	}
	return info{
		size:   int64(binary.LittleEndian.Uint32(tail[4:])),
		digest: [md5.Size]byte(tail[8:24]),
	}, true
}
