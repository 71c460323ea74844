package durable

import (
	"io/fs"
	"os"
)

// hold does nothing: Windows removes no file that is open.
func hold(*os.File) {}

// own is true: Windows says whether this user may remove a file.
func own(fs.FileInfo) bool { return true }

// removeUnheld removes a file, which fails while somebody has it open.
func removeUnheld(path string, _ fs.FileInfo) { _ = os.Remove(path) }
