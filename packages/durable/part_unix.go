//go:build !windows

package durable

import (
	"io/fs"
	"os"
	"syscall"
)

// hold keeps others from sweeping a part as long as it is open, however the program ends.
// Where the file system cannot, nobody can hold it to remove it either.
func hold(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// own tells whether a file is of this user.
func own(info fs.FileInfo) bool {
	at, is := info.Sys().(*syscall.Stat_t)
	return is && int(at.Uid) == os.Geteuid()
}

// removeUnheld removes the file that info is of, if nobody holds it.
func removeUnheld(path string, info fs.FileInfo) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return
	}
	if now, err := f.Stat(); err == nil && os.SameFile(info, now) {
		_ = os.Remove(path) // the next one tries again
	}
}
