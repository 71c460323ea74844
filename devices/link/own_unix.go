//go:build unix

package link

import (
	"io/fs"
	"os"
	"syscall"
)

// mine tells whether a file belongs to this user.
func mine(info fs.FileInfo) bool {
	sys, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Geteuid()
}

// shared tells whether others may write in a folder.
func shared(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }

// closed closes a folder of this user to others, who could hold the locks in it.
func closed(dir string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return os.Chmod(dir, 0o700)
}
