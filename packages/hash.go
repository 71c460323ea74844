package packages

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

const (
	// blockSize balances switches between goroutines against the cache.
	blockSize = 256 << 10
	// blocks in flight bound the memory, whatever the size of the file.
	blocks = 8
)

// read computes the digests of all files, one after the other.
func (p *Package) read(ctx context.Context, opts OpenOptions) error {
	progress := opts.Progress
	if progress == nil {
		progress = func(int64, int64) {}
	}
	var before int64
	total := p.Size()
	for i := range p.Files {
		f := &p.Files[i]
		var also io.Writer
		if opts.Copy != nil {
			var err error
			if also, err = opts.Copy(*f); err != nil {
				return fmt.Errorf("packages: copy %q: %w", f.Name, err)
			}
		}
		err := f.read(ctx, also, func(done int64) { progress(before+done, total) })
		if err != nil {
			return err
		}
		before += f.Size
	}
	return nil
}

// read computes the digests; also, if not nil, gets the bytes.
func (f *File) read(ctx context.Context, also io.Writer, progress func(done int64)) error {
	file, err := os.Open(f.Path)
	if err != nil {
		return unreadable(f.Name, err)
	}
	defer file.Close()
	// One byte more than the size shows that the file grew.
	n, digests, err := digest(ctx, io.LimitReader(file, f.Size+1), also, progress)
	var unwritten *copyError
	switch {
	case errors.As(err, &unwritten):
		return fmt.Errorf("packages: copy %q: %w", f.Name, unwritten.error)
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		return fmt.Errorf("packages: read %q: %w", f.Name, err)
	case err != nil:
		return unreadable(f.Name, err)
	case n != f.Size:
		return refuse(f.Name, Changed)
	}
	f.Digests = digests
	return nil
}

// block is a piece of the file that several hashes read at the same time.
type block struct {
	bytes []byte
	users atomic.Int32
}

// copyError is what the writer of a copy met, apart from what the reader meets.
type copyError struct{ error }

// digest reads r once and computes all digests, each in its own goroutine, so
// that the slowest (MD5) has a core of its own and the others share the rest.
// also, if not nil, gets the bytes too.
func digest(ctx context.Context, r io.Reader, also io.Writer, progress func(done int64)) (int64, Digests, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hashes := map[Algorithm]hash.Hash{MD5: md5.New(), SHA1: sha1.New(), SHA256: sha256.New(), CRC32: crc32.NewIEEE()}
	free := make(chan *block, blocks)
	for range blocks {
		free <- &block{bytes: make([]byte, blockSize)}
	}
	var feeds []chan *block
	var working sync.WaitGroup
	take := func(write func([]byte) (int, error)) {
		feed := make(chan *block, blocks)
		feeds = append(feeds, feed)
		working.Go(func() {
			for b := range feed {
				if _, err := write(b.bytes); err != nil {
					cancel(&copyError{err}) // hashes never fail
				}
				if b.users.Add(-1) == 0 {
					free <- b
				}
			}
		})
	}
	for _, h := range hashes {
		take(h.Write)
	}
	if also != nil {
		take(also.Write)
	}
	n, err := spread(ctx, r, free, feeds, progress)
	for _, feed := range feeds {
		close(feed)
	}
	working.Wait()
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx) // the last block was not written
	}
	if err != nil {
		return n, nil, err
	}
	digests := Digests{}
	for algorithm, h := range hashes {
		digests[algorithm] = hex.EncodeToString(h.Sum(nil))
	}
	return n, digests, nil
}

// spread reads blocks and hands each to every feed.
func spread(ctx context.Context, r io.Reader, free <-chan *block, feeds []chan *block, progress func(int64)) (int64, error) {
	var total int64
	for {
		var b *block
		select {
		case b = <-free:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return total, context.Cause(ctx)
		}
		n, err := io.ReadFull(r, b.bytes[:blockSize])
		b.bytes = b.bytes[:n]
		total += int64(n)
		b.users.Store(int32(len(feeds)))
		for _, feed := range feeds {
			feed <- b // never blocks: a feed holds as many as there are blocks
		}
		progress(total)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return total, nil
		case err != nil:
			return total, err
		}
	}
}
