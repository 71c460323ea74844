package packages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Contents hold the bytes of files that many devices fetch at once: each is read
// and proved once, however many take it. The zero value is empty and ready; it is
// safe for concurrent use.
type Contents struct {
	mu   sync.Mutex
	held map[string]*held // by SHA-256
}

// held is one file's bytes and who has them.
type held struct {
	once sync.Once
	err  error
	data []byte
	uses int
	// stopped: the one who read had no time to finish.
	stopped bool
}

// Content is one file's bytes, until Release.
type Content struct {
	File
	of   *Contents
	one  *held
	done sync.Once
}

// Take reads the file, unless somebody has it already, and proves that it is the
// one that was opened: its size and SHA-256. The bytes are a private copy: what
// happens to the file on the disk afterwards does not reach them. Errors: an *Error
// with code Missing or Changed; context.Cause(ctx).
func (c *Contents) Take(ctx context.Context, f File) (*Content, error) {
	for {
		one := c.join(f.Digests[SHA256])
		one.once.Do(func() { one.err = one.read(ctx, f) })
		content := &Content{File: f, of: c, one: one}
		if one.err == nil {
			return content, nil
		}
		content.Release()
		if !one.stopped || ctx.Err() != nil {
			return nil, one.err
		}
		// It was another one who stopped while reading for all.
	}
}

// join counts one more user of a file.
func (c *Contents) join(key string) *held {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = make(map[string]*held)
	}
	if c.held[key] == nil {
		c.held[key] = &held{}
	}
	c.held[key].uses++
	return c.held[key]
}

// Bytes are the file's bytes. Nobody may change them, and nobody may use them
// after Release.
func (c *Content) Bytes() []byte { return c.one.data }

// Release gives the bytes back; the last one frees them. It may be called more
// than once.
func (c *Content) Release() {
	c.done.Do(func() {
		c.of.mu.Lock()
		defer c.of.mu.Unlock()
		c.one.uses--
		if key := c.Digests[SHA256]; c.one.err != nil && c.of.held[key] == c.one {
			delete(c.of.held, key) // the next one tries anew
		} else if c.one.uses == 0 {
			delete(c.of.held, key)
		}
	})
}

// read reads and proves the file.
func (h *held) read(ctx context.Context, f File) error {
	file, err := os.Open(f.Path)
	if err != nil {
		return &Error{Op: "hold", File: f.Name, Code: Missing, Args: []any{f.Name}, Err: err}
	}
	defer file.Close()
	h.data = make([]byte, f.Size)
	sum, at := sha256.New(), 0
	for at < len(h.data) {
		if ctx.Err() != nil {
			h.stopped = true
			return fmt.Errorf("packages: hold %q: %w", f.Name, context.Cause(ctx))
		}
		n, err := io.ReadFull(file, h.data[at:min(at+contentBlock, len(h.data))])
		sum.Write(h.data[at : at+n])
		at += n
		if err != nil {
			return &Error{Op: "hold", File: f.Name, Code: Changed, Args: []any{f.Name}, Err: err}
		}
	}
	var more [1]byte
	if n, err := file.Read(more[:]); n > 0 || !errors.Is(err, io.EOF) {
		return &Error{Op: "hold", File: f.Name, Code: Changed, Args: []any{f.Name}, Err: err}
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.Digests[SHA256] {
		return &Error{Op: "hold", File: f.Name, Code: Changed, Args: []any{f.Name}}
	}
	return nil
}

// contentBlock is the piece in which a file is read, in bytes.
const contentBlock = 1 << 20
