package origin

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// sniffed is how many first bytes are kept to recognise a web page.
const sniffed = 512

// intake hashes what arrives, over several answers if need be.
type intake struct {
	want     packages.File
	progress func(done, total int64)
	// keep gets the bytes of a Download, nil for Prove. What it could not do is
	// failed.
	keep   *partial
	failed error
	// size of the whole, in bytes; 0 as long as a Download does not know it.
	size int64
	sums map[packages.Algorithm]hash.Hash
	head []byte
	// done is how far the present run from byte 0 got, high the furthest of all
	// runs, taken the sum of all.
	done, high, taken int64
	// patched is true when done was put together from several answers.
	patched bool
	// whole forbids to patch, since a patched file turned out wrong.
	whole bool
}

func newIntake(want packages.File, progress func(done, total int64)) *intake {
	in := &intake{want: want, progress: progress, size: want.Size}
	in.restart()
	return in
}

// restart forgets all and begins at byte 0.
func (in *intake) restart() {
	in.sums = in.hashes()
	in.head, in.done, in.patched = nil, 0, false
	if in.keep != nil {
		in.size = in.want.Size
		in.failed = in.keep.restart()
	}
}

// hashes are those of the digests that the file must have; Prove always asks for the
// SHA-256.
func (in *intake) hashes() map[packages.Algorithm]hash.Hash {
	sums := map[packages.Algorithm]hash.Hash{}
	for algorithm, digest := range map[packages.Algorithm]func() hash.Hash{
		packages.SHA256: sha256.New, packages.MD5: md5.New, packages.SHA1: sha1.New,
		packages.CRC32: func() hash.Hash { return crc32.NewIEEE() },
	} {
		if in.want.Digests[algorithm] != "" || algorithm == packages.SHA256 && in.keep == nil {
			sums[algorithm] = digest()
		}
	}
	return sums
}

// pump takes body to its end. A *devices.Error is final; others are the line's.
func (in *intake) pump(body io.Reader, pace pace) error {
	in.patched = in.done > 0
	in.progress(in.high, in.size)
	pace.start = time.Now()
	buf := make([]byte, 64<<10)
	for {
		n, err := body.Read(buf)
		if taken := in.take(buf[:n]); taken != nil {
			return taken
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case pace.tooSlow(n):
			return problem(devices.Timeout, NoteSlow, nil, pace.min)
		}
	}
}

// take hashes p; a byte too many is the end, since an endless body is refused
// where it leaves the package's size.
func (in *intake) take(p []byte) error {
	most := in.size
	if most == 0 && in.keep != nil {
		most = packages.MaxBytes
	}
	if in.done+int64(len(p)) > most {
		return in.orPage(problem(devices.Integrity, NoteEndless, nil, most), p)
	}
	if err := in.store(p); err != nil {
		return err
	}
	in.digest(p)
	in.done += int64(len(p))
	in.taken += int64(len(p))
	if in.done > in.high {
		in.high = in.done
		in.progress(in.high, in.size)
	}
	return nil
}

// store gives bytes to the part of a Download.
func (in *intake) store(p []byte) error {
	if in.keep == nil {
		return nil
	}
	if in.failed != nil {
		return in.failed
	}
	return in.keep.write(p)
}

// digest hashes the next bytes.
func (in *intake) digest(p []byte) {
	if room := sniffed - len(in.head); room > 0 {
		in.head = append(in.head, p[:min(room, len(p))]...)
	}
	for _, sum := range in.sums {
		sum.Write(p)
	}
}

// complete tells whether all arrived; of a size that nobody stated, nobody knows.
func (in *intake) complete() bool { return in.done == in.size && (in.keep == nil || in.size > 0) }

// learn takes the size that a server states, where it is not known. It refuses one
// that no package has.
func (in *intake) learn(size int64) error {
	if in.keep == nil || in.size > 0 {
		return nil
	}
	if size <= 0 || size > packages.MaxBytes {
		return problem(devices.Integrity, NoteEndless, nil, int64(packages.MaxBytes))
	}
	in.size, in.keep.Size = size, size
	return nil
}

// ended is the judgement of a body that ended by itself before complete.
func (in *intake) ended() error {
	if in.keep != nil && in.size == 0 && in.done > 0 {
		in.size = in.done
		return in.prove()
	}
	return in.wrongSize(in.done)
}

// prove holds the digests against the package's.
func (in *intake) prove() error {
	for _, algorithm := range []packages.Algorithm{packages.SHA256, packages.SHA1, packages.MD5, packages.CRC32} {
		sum, ok := in.sums[algorithm]
		if !ok {
			continue
		}
		got, want := hex.EncodeToString(sum.Sum(nil)), in.want.Digests[algorithm]
		if strings.EqualFold(got, want) {
			continue
		}
		if in.patched {
			// The server may have exchanged the file between two answers without
			// telling: only one taken in one piece is judged.
			in.restart()
			in.whole = true
			return &again{err: problem(devices.Integrity, NoteDigest, nil, got, want)}
		}
		bad := problem(devices.Integrity, NoteDigest, nil, got, want)
		bad.Detail = fmt.Sprintf("%s is %s, not %s", algorithm, got, want)
		return in.orPage(bad, nil)
	}
	if in.keep != nil && in.want.Digests[packages.SHA256] == "" {
		return in.orPage(nil, nil)
	}
	return nil
}

// wrongSize is the error for a file of another size.
func (in *intake) wrongSize(got int64) error {
	return in.orPage(in.sizeError(got), nil)
}

func (in *intake) sizeError(got int64) *devices.Error {
	bad := problem(devices.Integrity, NoteSize, nil, got, in.size)
	bad.Detail = fmt.Sprintf("%d bytes, not %d", got, in.size)
	return bad
}

// orPage replaces err when what came is a web page, such as a captive portal's
// or a proxy's, which answers 200 to everything.
func (in *intake) orPage(err error, more []byte) error {
	head := in.head
	if len(head) < sniffed {
		head = append(bytes.Clone(head), more...)
	}
	if strings.HasPrefix(http.DetectContentType(head), "text/html") {
		return problem(devices.Integrity, NoteWebPage, nil)
	}
	return err
}

// pace notices a server that sends just enough not to be silent.
type pace struct {
	min    int64 // bytes/s
	window time.Duration
	start  time.Time
	got    int64
}

func (p *pace) tooSlow(n int) bool {
	p.got += int64(n)
	past := time.Since(p.start)
	if past < p.window {
		return false
	}
	slow := float64(p.got) < float64(p.min)*past.Seconds()
	p.start, p.got = time.Now(), 0
	return slow
}
