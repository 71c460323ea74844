package cli

import "os"

// edition tells one state of a file from the next.
type edition struct {
	changed, size int64
	there         bool
}

func editionOf(path string) edition {
	info, err := os.Stat(path)
	if err != nil {
		return edition{} // reading it says why
	}
	return edition{info.ModTime().UnixNano(), info.Size(), true}
}
