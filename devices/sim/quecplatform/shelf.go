package quecplatform

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// File is where a package is, and what it must be.
type File struct {
	URL         string
	Size        int64
	MD5, SHA256 string // lower-case hex
	CRC         uint32 // CRC-32/MPEG-2
}

// shelf serves the packages.
type shelf struct {
	base   string
	server *http.Server
	work   sync.WaitGroup

	mu    sync.Mutex
	files map[string][]byte
	fails int // requests that are still to fail
}

func newShelf() (*shelf, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("quecplatform: %w", err)
	}
	s := &shelf{base: "http://" + l.Addr().String(), files: map[string][]byte{}}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.work.Go(func() { _ = s.server.Serve(l) }) // it ends with close
	return s, nil
}

func (s *shelf) close() error {
	err := s.server.Close()
	s.work.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// put keeps a package under a path of its own.
func (s *shelf) put(number int, data []byte) File {
	path := fmt.Sprintf("/ota/%d/package.bin", number)
	s.mu.Lock()
	s.files[path] = data
	s.mu.Unlock()
	sum, long := md5.Sum(data), sha256.Sum256(data)
	return File{
		URL: s.base + path, Size: int64(len(data)), CRC: Checksum(data),
		MD5: hex.EncodeToString(sum[:]), SHA256: hex.EncodeToString(long[:]),
	}
}

// ServeHTTP implements http.Handler.
func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	data, found := s.files[r.URL.Path]
	failing := s.fails > 0
	if failing {
		s.fails--
	}
	s.mu.Unlock()
	switch {
	case failing:
		http.Error(w, "later", http.StatusServiceUnavailable)
	case !found:
		http.NotFound(w, r)
	default:
		http.ServeContent(w, r, "package.bin", time.Time{}, bytes.NewReader(data))
	}
}

// FailDownloads makes the next n downloads fail.
func (p *Platform) FailDownloads(n int) {
	p.files.mu.Lock()
	defer p.files.mu.Unlock()
	p.files.fails = n
}

// Swap puts other bytes in the place of a plan's package, as a damaged store would:
// what devices are told about it stays.
func (p *Platform) Swap(number int, data []byte) {
	p.files.mu.Lock()
	defer p.files.mu.Unlock()
	p.files.files[fmt.Sprintf("/ota/%d/package.bin", number)] = data
}

// Checksum is the CRC-32/MPEG-2 of data: polynomial 04C11DB7, most significant bit
// first, begun with all ones, not inverted at the end.
func Checksum(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b) << 24
		for range 8 {
			top := crc & 0x80000000
			crc <<= 1
			if top != 0 {
				crc ^= 0x04c11db7
			}
		}
	}
	return crc
}
