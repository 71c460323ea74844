package atmodem

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
)

// An image is what the simulated module's boot loader accepts as firmware, as a
// real one knows its maker's format and refuses all else:
//
//	8 bytes   "QATDEMO1"
//	4 bytes   length of the header that follows, little endian, ≤ 4096
//	header    JSON: Image, and size and MD5 of the body
//	body      size bytes
//	32 bytes  SHA-256 of everything before
const imageMagic = "QATDEMO1"

// maxHeader bounds the header of an image in bytes.
const maxHeader = 4096

// Image says what a package of firmware is for. Empty fields admit everything.
type Image struct {
	// Project is the beginning of the version of the modules that it is made for,
	// such as EC25EFA.
	Project string `json:"project,omitempty"`
	// Baseline is the beginning of the version that it builds on.
	Baseline string `json:"baseline,omitempty"`
	// Source is the version that it changes, in full or without sub-version; "" for
	// a package that any version takes.
	Source string `json:"source,omitempty"`
	// Target is the version that runs then, with its sub-version if it has one.
	Target string `json:"target"`
	// Edition is what AT+CSUB tells then; "" leaves it.
	Edition string `json:"edition,omitempty"`
	// Flawed makes a package that is whole but whose firmware has another MD5 than
	// it claims.
	Flawed bool `json:"-"`
}

// header is the header of an image.
type header struct {
	Image
	Size int    `json:"size"`
	MD5  string `json:"md5"`
}

// DemoPackage writes a package that a module running version source accepts and
// that makes it run version target; with source "" any version of the same
// project takes it. It is about size bytes long and incompressible; equal
// arguments give equal bytes.
func DemoPackage(source, target string, size int, seed uint64) []byte {
	return Image{Project: project(target), Source: source, Target: target}.Bytes(size, seed)
}

// Bytes writes the image, size bytes long or one less, and as long as header and
// trailer need. Its body depends on seed alone.
func (i Image) Bytes(size int, seed uint64) []byte {
	out := i.bytes(0, seed)
	for range 2 { // the digits of the body's size move the total a little
		out = i.bytes(max(0, size-(len(out)-bodyOf(out))), seed)
	}
	return out
}

func bodyOf(image []byte) int {
	h, body, ok := dissect(image)
	if !ok || h.Target == "" {
		return 0
	}
	return len(body)
}

func (i Image) bytes(size int, seed uint64) []byte {
	body := make([]byte, size)
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	// ChaCha8 never fails.
	_, _ = rand.NewChaCha8(key).Read(body)
	sum := md5.Sum(body)
	if i.Flawed {
		sum[0] ^= 1
	}
	text, err := json.Marshal(header{Image: i, Size: size, MD5: hex.EncodeToString(sum[:])})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	out := binary.LittleEndian.AppendUint32([]byte(imageMagic), uint32(len(text)))
	out = append(append(out, text...), body...)
	trailer := sha256.Sum256(out)
	return append(out, trailer[:]...)
}

// dissect takes an image apart; false if it is none, or damaged.
func dissect(image []byte) (header, []byte, bool) {
	var h header
	fixed := len(imageMagic) + 4
	if len(image) < fixed+sha256.Size || !bytes.HasPrefix(image, []byte(imageMagic)) {
		return h, nil, false
	}
	inner := image[:len(image)-sha256.Size]
	sum := sha256.Sum256(inner)
	n := int64(binary.LittleEndian.Uint32(image[len(imageMagic):]))
	if !bytes.Equal(sum[:], image[len(inner):]) || n > maxHeader || int64(len(inner)) < int64(fixed)+n {
		return h, nil, false
	}
	if err := json.Unmarshal(inner[fixed:int64(fixed)+n], &h); err != nil || h.Target == "" {
		return h, nil, false
	}
	body := inner[int64(fixed)+n:]
	return h, body, len(body) == h.Size
}

// Codes of FOTA's END (Quectel DFOTA guides: EP06, EC800K, LTE Standard (A) V1.5).
const (
	endFailed   = 504
	endDamaged  = 505
	endMD5      = 506
	endSpace    = 511
	endProject  = 552
	endBaseline = 553
)

// judge is the boot loader's opinion of an image: 0, or a code of END.
func (m *Module) judge(image []byte) (header, int) {
	h, body, ok := dissect(image)
	if !ok {
		return h, endDamaged
	}
	s := m.State()
	sum := md5.Sum(body)
	switch {
	case hex.EncodeToString(sum[:]) != h.MD5:
		return h, endMD5
	case !strings.HasPrefix(s.Firmware, h.Project):
		return h, endProject
	case !strings.HasPrefix(s.Firmware, h.Baseline):
		return h, endBaseline
	case h.Source != "" && h.Source != s.Firmware && h.Source != s.Version():
		return h, m.family.source
	}
	return h, 0
}

var (
	// release is where the model and its variant end in a version.
	release = regexp.MustCompile(`R\d\d`)
	// subVersion is what AT+QGMR adds.
	subVersion = regexp.MustCompile(`_(\d\d\.\d{3}\.\d\d\.\d{3})$`)
)

// project is the part of a version that all versions of one model and region
// have in common.
func project(version string) string {
	if at := release.FindStringIndex(version); at != nil {
		return version[:at[0]]
	}
	return version
}

// cutVersion takes a full version apart.
func cutVersion(version string) (firmware, sub string) {
	at := subVersion.FindStringSubmatchIndex(version)
	if at == nil {
		return version, ""
	}
	return version[:at[0]], version[at[2]:at[3]]
}
