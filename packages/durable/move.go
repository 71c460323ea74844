package durable

import (
	"errors"
	"path/filepath"
)

// Move renames a file, over one that is there, so that after a loss of power it is
// where it was or where it goes. The file's own bytes must be on the disk already.
func Move(from, to string) error {
	if err := replace(from, to); err != nil {
		return err
	}
	if filepath.Dir(from) == filepath.Dir(to) {
		return syncFolder(filepath.Dir(to))
	}
	return errors.Join(syncFolder(filepath.Dir(to)), syncFolder(filepath.Dir(from)))
}

// Sync makes the names in a folder, such as those that were removed, survive a loss of
// power where the system can.
func Sync(folder string) error { return syncFolder(folder) }
