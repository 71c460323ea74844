//go:build !windows

package durable

import (
	"io/fs"
	"os"
	"syscall"
)

// heir gives a new file the owner and the group of the one before, where the system lets it,
// and tells the mode that fits. Another group may do no more than everybody could.
func heir(f *os.File, before fs.FileInfo) fs.FileMode {
	mode := before.Mode().Perm()
	was, is := before.Sys().(*syscall.Stat_t)
	if !is {
		return mode
	}
	if f.Chown(int(was.Uid), int(was.Gid)) != nil {
		_ = f.Chown(-1, int(was.Gid)) // what came of it is looked at
	}
	if at, err := f.Stat(); err == nil {
		if now, is := at.Sys().(*syscall.Stat_t); is && now.Gid == was.Gid {
			return mode
		}
	}
	return mode &^ (0o070 &^ (mode & 0o007 << 3))
}
