package durable

import (
	"context"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// glance is for how long Free may be looking at the most: far longer than it takes.
const glance = time.Second

// Use tells all programs that the file at path is needed until done is called, once: Free says
// no meanwhile. It changes and makes nothing, and any number may use a file at once. Where the
// file system knows no locks, or the file is not there, nobody learns of it: what then happens
// to the file is found out by whoever reads it.
func Use(path string) (done func()) {
	f := flock.New(path, flock.SetFlag(os.O_RDONLY))
	looking, cancel := context.WithTimeout(context.Background(), glance)
	defer cancel()
	if got, err := f.TryRLockContext(looking, time.Millisecond); err != nil || !got {
		_ = f.Close() // nothing is held
		return func() {}
	}
	return func() { _ = f.Close() } // the system takes the lock back with the file
}

// Free tells whether nobody uses the file at path at this moment; true also where that cannot
// be known.
func Free(path string) bool {
	f := flock.New(path, flock.SetFlag(os.O_RDONLY))
	got, err := f.TryLock()
	_ = f.Close() // the system takes the lock back with the file
	return got || err != nil
}
