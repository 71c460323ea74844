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
	sums     map[packages.Algorithm]hash.Hash
	head     []byte
	// done is how far the present run from byte 0 got, high the furthest of all
	// runs, taken the sum of all.
	done, high, taken int64
	// patched is true when done was put together from several answers.
	patched bool
	// whole forbids to patch, since a patched file turned out wrong.
	whole bool
}

func newIntake(want packages.File, progress func(done, total int64)) *intake {
	in := &intake{want: want, progress: progress}
	in.restart()
	return in
}

// restart forgets all and begins at byte 0.
func (in *intake) restart() {
	in.sums = map[packages.Algorithm]hash.Hash{packages.SHA256: sha256.New()}
	for algorithm, digest := range map[packages.Algorithm]func() hash.Hash{
		packages.MD5: md5.New, packages.SHA1: sha1.New,
		packages.CRC32: func() hash.Hash { return crc32.NewIEEE() },
	} {
		if in.want.Digests[algorithm] != "" {
			in.sums[algorithm] = digest()
		}
	}
	in.head, in.done, in.patched = nil, 0, false
}

// pump takes body to its end. A *devices.Error is final; others are the line's.
func (in *intake) pump(body io.Reader, pace pace) error {
	in.patched = in.done > 0
	in.progress(in.high, in.want.Size)
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
	if in.done+int64(len(p)) > in.want.Size {
		return in.orPage(problem(devices.Integrity, NoteEndless, nil, in.want.Size), p)
	}
	if room := sniffed - len(in.head); room > 0 && in.done < sniffed {
		in.head = append(in.head, p[:min(room, len(p))]...)
	}
	for _, sum := range in.sums {
		sum.Write(p)
	}
	in.done += int64(len(p))
	in.taken += int64(len(p))
	if in.done > in.high {
		in.high = in.done
		in.progress(in.high, in.want.Size)
	}
	return nil
}

func (in *intake) complete() bool { return in.done == in.want.Size }

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
	return nil
}

// wrongSize is the error for a file of another size.
func (in *intake) wrongSize(got int64) error {
	return in.orPage(in.sizeError(got), nil)
}

func (in *intake) sizeError(got int64) *devices.Error {
	bad := problem(devices.Integrity, NoteSize, nil, got, in.want.Size)
	bad.Detail = fmt.Sprintf("%d bytes, not %d", got, in.want.Size)
	return bad
}

// orPage replaces err when what came is a web page, such as a captive portal's
// or a proxy's, which answers 200 to everything.
func (in *intake) orPage(err *devices.Error, more []byte) error {
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
