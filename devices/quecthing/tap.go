package quecthing

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"sync"

	"fotabench/devices/link"
)

// blockHead begins the line that a block of bytes follows (AT+QIOTOTARD).
const blockHead = "+QIOTOTARD: "

// maxBlock bounds one block, in bytes.
const maxBlock = 4096

// tap takes blocks of bytes out of what a device sends: the client of AT commands
// knows lines only. While none is expected everything passes.
type tap struct {
	link.Link

	mu     sync.Mutex
	wanted bool
	line   []byte
	left   int // bytes of the block that are still to come
	lf     bool
	block  []byte
}

// expect makes the next block be taken out.
func (t *tap) expect() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted, t.line, t.left, t.block = true, nil, 0, nil
}

// taken is the block since expect; whole is false if bytes of it are missing.
func (t *tap) taken() (block []byte, whole bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	block, whole = t.block, !t.wanted && t.left == 0
	t.wanted, t.left, t.block = false, 0, nil
	return block, whole
}

// Read implements link.Link.
func (t *tap) Read(ctx context.Context, p []byte) (int, error) {
	for {
		n, err := t.Link.Read(ctx, p)
		if n == 0 || err != nil {
			return n, err
		}
		if kept := t.sift(p[:n]); kept > 0 {
			return kept, nil
		}
	}
}

// sift moves what is no block to the front of p and tells how much that is.
func (t *tap) sift(p []byte) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := 0
	for _, b := range p {
		switch {
		case t.left > 0 && t.lf && b == '\n':
			t.lf = false // the end of the line before the block
			p[kept], kept = b, kept+1
		case t.left > 0:
			t.lf, t.left = false, t.left-1
			t.block = append(t.block, b)
		default:
			p[kept], kept = b, kept+1
			t.follow(b)
		}
	}
	return kept
}

// follow reads the lines that pass, and begins a block behind the one that announces
// it.
func (t *tap) follow(b byte) {
	if !t.wanted {
		return
	}
	if b != '\r' && b != '\n' {
		if t.line = append(t.line, b); len(t.line) > 256 {
			t.line = t.line[:0]
		}
		return
	}
	if rest, ok := bytes.CutPrefix(t.line, []byte(blockHead)); ok {
		_, length, _ := strings.Cut(string(rest), ",")
		if n, err := strconv.Atoi(strings.TrimSpace(length)); err == nil && n > 0 && n <= maxBlock {
			t.wanted, t.left, t.lf = false, n, b == '\r'
		}
	}
	t.line = t.line[:0]
}
