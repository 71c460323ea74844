package micropython

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash"
	"math/rand/v2"
)

// A demo package is what the simulated module's boot loader accepts as
// firmware, as a real one knows its maker's format and refuses all else:
//
//	8 bytes   "QPYDEMO1"
//	4 bytes   length of the header that follows, little endian, ≤ 4096
//	header    JSON: source ("" = full), target, size and SHA-256 of the body
//	body      size bytes
const packageMagic = "QPYDEMO1"

// maxHeader bounds the header of a demo package in bytes.
const maxHeader = 4096

// manifest is the header of a demo package.
type manifest struct {
	Source string `json:"source,omitempty"`
	Target string `json:"target"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// DemoPackage writes a package that a simulated module running version source
// accepts and that makes it run version target; with source "" it is a full
// package, which any version takes. It is size bytes long (at least the header)
// and incompressible; equal arguments give equal bytes.
func DemoPackage(source, target string, size int, seed uint64) []byte {
	sized := func(body int) []byte {
		return demoPackage(source, target, body, seed)
	}
	empty := len(sized(0))
	p := sized(max(0, size-empty))
	// The number of digits of the body's size moves the total a little.
	return sized(max(0, size-empty-(len(p)-max(size, empty))))
}

func demoPackage(source, target string, size int, seed uint64) []byte {
	body := make([]byte, size)
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	// ChaCha8 never fails.
	_, _ = rand.NewChaCha8(key).Read(body)
	sum := sha256.Sum256(body)
	header, err := json.Marshal(manifest{Source: source, Target: target, Size: int64(size), SHA256: hex.EncodeToString(sum[:])})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	out := append([]byte(packageMagic), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(out[len(packageMagic):], uint32(len(header)))
	return append(append(out, header...), body...)
}

// area is the part of the flash that receives a package. Only its digests are
// kept.
type area struct {
	start  []byte // until the header is known
	header *manifest
	broken bool
	body   hash.Hash
	got    int64 // bytes of the body
	all    hash.Hash
	size   int64 // bytes in all
}

func newArea() *area { return &area{body: sha256.New(), all: sha256.New()} }

// Write takes what the module is handed. It never fails: a real flash takes
// garbage too, and verify finds it.
func (a *area) Write(p []byte) (int, error) {
	a.all.Write(p)
	a.size += int64(len(p))
	if a.header != nil || a.broken {
		a.takeBody(p)
		return len(p), nil
	}
	a.start = append(a.start, p...)
	a.parse()
	return len(p), nil
}

func (a *area) takeBody(p []byte) {
	a.body.Write(p)
	a.got += int64(len(p))
}

func (a *area) parse() {
	fixed := len(packageMagic) + 4
	if len(a.start) < fixed {
		return
	}
	n := int(binary.LittleEndian.Uint32(a.start[len(packageMagic):]))
	if !bytes.HasPrefix(a.start, []byte(packageMagic)) || n > maxHeader {
		a.broken = true
		a.start = nil
		return
	}
	if len(a.start) < fixed+n {
		return
	}
	var m manifest
	if err := json.Unmarshal(a.start[fixed:fixed+n], &m); err != nil || m.Target == "" {
		a.broken = true
		return
	}
	a.header = &m
	a.takeBody(a.start[fixed+n:])
	a.start = nil
}

// verify is the boot loader's judgement for a module that runs version: it
// gives the target version, or ok false.
func (a *area) verify(version string) (target string, ok bool) {
	h := a.header
	if h == nil || a.got != h.Size || hex.EncodeToString(a.body.Sum(nil)) != h.SHA256 {
		return "", false
	}
	if h.Source != "" && h.Source != version {
		return "", false
	}
	return h.Target, true
}

// sum is the SHA-256 of all that was handed over, in lower-case hex.
func (a *area) sum() string { return hex.EncodeToString(a.all.Sum(nil)) }
