package packages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// Stream reads a file of a package again and proves on the way that the bytes
// are those that Open saw, whatever happened to the file in between.
type Stream struct {
	ctx  context.Context
	file *os.File
	want File
	sum  hash.Hash
	done int64
	err  error
}

// NewStream opens the file for one pass. Reads fail with the cause of ctx once
// it ended.
func NewStream(ctx context.Context, f File) (*Stream, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, unreadable(f.Name, err)
	}
	return &Stream{ctx: ctx, file: file, want: f, sum: sha256.New()}, nil
}

// Read hands out bytes; the last ones only after the digest of the whole was
// found right, so that a file which was exchanged never passes completely. The
// error is then an *Error with the code Changed, and stays.
func (s *Stream) Read(p []byte) (int, error) {
	switch {
	case s.err != nil:
		return 0, s.err
	case s.ctx.Err() != nil:
		return 0, fmt.Errorf("packages: read %q: %w", s.want.Name, context.Cause(s.ctx))
	case s.done == s.want.Size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	if left := s.want.Size - s.done; int64(len(p)) > left {
		p = p[:left]
	}
	n, err := s.file.Read(p)
	s.sum.Write(p[:n])
	s.done += int64(n)
	switch {
	case err == io.EOF && s.done < s.want.Size, s.done == s.want.Size && !s.intact():
		s.err = refuse(s.want.Name, Changed)
	case err != nil && err != io.EOF:
		s.err = unreadable(s.want.Name, err)
	default:
		return n, nil
	}
	return 0, s.err
}

// intact tells whether what was read is the whole file that Open saw.
func (s *Stream) intact() bool {
	var more [1]byte
	n, err := s.file.Read(more[:])
	return n == 0 && err == io.EOF && s.Sum() == s.want.Digests[SHA256]
}

// Sum is the SHA-256, in lower-case hex, of what was read so far.
func (s *Stream) Sum() string { return hex.EncodeToString(s.sum.Sum(nil)) }

// Close releases the file and repeats the error that a Read met, if any.
func (s *Stream) Close() error {
	if err := s.file.Close(); err != nil && s.err == nil {
		return unreadable(s.want.Name, err)
	}
	return s.err
}
