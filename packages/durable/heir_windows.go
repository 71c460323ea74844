package durable

import (
	"io/fs"
	"os"
)

// heir tells the mode of a new file in the place of another; who may read it comes from the
// folder.
func heir(_ *os.File, before fs.FileInfo) fs.FileMode { return before.Mode().Perm() }
