package origin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// blockSize is the piece of a file that is held against its own digest each time
// it is served: 100 MiB need 1600 digests, 51 kB.
const blockSize = 64 << 10

// served is one file that is open and proved.
type served struct {
	want   packages.File
	file   *os.File
	blocks [][sha256.Size]byte

	mu       sync.Mutex
	spans    spans
	handed   int64
	requests int64
	spoilt   error
}

// admit opens a file and proves it, keeping a digest of each block, so that a
// later change on the disk is noticed before the block goes out.
func admit(ctx context.Context, want packages.File) (*served, error) {
	file, err := os.Open(want.Path)
	if err != nil {
		return nil, spoilt(devices.Absent, NoteFileGone, want, err)
	}
	f := &served{want: want, file: file}
	sum, size := sha256.New(), int64(0)
	buf := make([]byte, blockSize)
	for {
		if ctx.Err() != nil {
			return nil, errors.Join(fmt.Errorf("origin: read %q: %w", want.Name, context.Cause(ctx)), file.Close())
		}
		n, err := io.ReadFull(file, buf)
		if n > 0 {
			f.blocks = append(f.blocks, sha256.Sum256(buf[:n]))
			sum.Write(buf[:n])
			size += int64(n)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || size > want.Size {
			break
		}
		if err != nil {
			return nil, errors.Join(spoilt(devices.Absent, NoteFileGone, want, err), file.Close())
		}
	}
	if size != want.Size || !strings.EqualFold(hex.EncodeToString(sum.Sum(nil)), want.Digests[packages.SHA256]) {
		return nil, errors.Join(spoilt(devices.Integrity, NoteFileChanged, want, nil), file.Close())
	}
	return f, nil
}

func spoilt(kind devices.Kind, note devices.Code, want packages.File, err error) error {
	return &devices.Error{Op: "origin: serve", At: want.Name, Kind: kind, Note: note, Args: []any{want.Name}, Err: err}
}

func (f *served) close() error { return f.file.Close() }

func (f *served) count() Count {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Count{Distinct: f.spans.total(), Handed: f.handed, Requests: f.requests}
}

func (f *served) changed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.spoilt
}

// answer serves one GET or HEAD.
func (f *served) answer(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests++
	f.mu.Unlock()
	etag := `"` + f.want.Digests[packages.SHA256] + `"`
	header := w.Header()
	header["ETag"] = []string{etag} // as the standards spell it, not Go's "Etag"
	header.Set("Accept-Ranges", "bytes")
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Cache-Control", "no-store, no-transform")
	wanted := r.Header.Get("Range")
	if condition := r.Header.Get("If-Range"); condition != "" && condition != etag {
		wanted = ""
	}
	first, end, fit := cut(wanted, f.want.Size)
	status := http.StatusOK
	switch fit {
	case rangeOutside:
		header.Set("Content-Range", "bytes */"+itoa(f.want.Size))
		header.Set("Content-Length", "0")
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	case rangePart:
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, end-1, f.want.Size))
		status = http.StatusPartialContent
	}
	header.Set("Content-Length", itoa(end-first))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if err := f.send(w, first, end); err != nil {
		// The length was promised; only a broken connection tells that it is
		// not kept.
		panic(http.ErrAbortHandler)
	}
}

// send writes the bytes from first to end, each block proved before it goes.
func (f *served) send(w http.ResponseWriter, first, end int64) error {
	control := http.NewResponseController(w)
	buf := make([]byte, blockSize)
	for first < end {
		base := first - first%blockSize
		block, err := f.block(base, buf)
		if err != nil {
			return err
		}
		part := block[first-base : min(int64(len(block)), end-base)]
		for len(part) > 0 {
			if err := control.SetWriteDeadline(time.Now().Add(slowWrite)); err != nil {
				return err
			}
			n, err := w.Write(part[:min(len(part), writeSize)])
			if err == nil {
				err = control.Flush()
			}
			if err != nil {
				return err
			}
			f.note(first, first+int64(n))
			first += int64(n)
			part = part[n:]
		}
	}
	return nil
}

// block reads the block at base and proves it.
func (f *served) block(base int64, buf []byte) ([]byte, error) {
	buf = buf[:min(blockSize, f.want.Size-base)]
	n, err := f.file.ReadAt(buf, base)
	if n < len(buf) || sha256.Sum256(buf) != f.blocks[base/blockSize] {
		bad := spoilt(devices.Integrity, NoteFileChanged, f.want, err)
		f.mu.Lock()
		f.spoilt = bad
		f.mu.Unlock()
		return nil, bad
	}
	return buf, nil
}

func (f *served) note(first, end int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handed += end - first
	f.spans.add(first, end)
}

// fit is how a Range header fits a file.
type fit int

const (
	rangeNone fit = iota
	rangePart
	rangeOutside
)

// cut reads a Range header. Several ranges in one header and what makes no sense
// are answered with the whole file, as RFC 9110, 14.2 allows.
func cut(value string, size int64) (first, end int64, how fit) {
	span, ok := strings.CutPrefix(value, "bytes=")
	from, to, ok2 := strings.Cut(strings.TrimSpace(span), "-")
	if !ok || !ok2 {
		return 0, size, rangeNone
	}
	if from == "" {
		last, err := digits(to)
		switch {
		case err != nil:
			return 0, size, rangeNone
		case last == 0 || size == 0:
			return 0, 0, rangeOutside
		}
		return max(0, size-last), size, rangePart
	}
	first, err := digits(from)
	end = size
	if err == nil && to != "" {
		end, err = digits(to)
		end++
	}
	switch {
	case err != nil || end <= first && to != "":
		return 0, size, rangeNone
	case first >= size:
		return 0, 0, rangeOutside
	}
	return first, min(end, size), rangePart
}

// spans are the parts of a file that went out, sorted and apart.
type spans [][2]int64

func (s *spans) add(first, end int64) {
	if first >= end {
		return
	}
	i, _ := slices.BinarySearchFunc(*s, first, func(have [2]int64, v int64) int {
		if have[1] < v {
			return -1
		}
		return 1
	})
	j := i
	for j < len(*s) && (*s)[j][0] <= end {
		first, end = min(first, (*s)[j][0]), max(end, (*s)[j][1])
		j++
	}
	*s = slices.Replace(*s, i, j, [2]int64{first, end})
}

func (s spans) total() int64 {
	var n int64
	for _, one := range s {
		n += one[1] - one[0]
	}
	return n
}
