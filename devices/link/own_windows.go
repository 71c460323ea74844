package link

import "io/fs"

// mine is true: Windows has a temporary folder for each user, where others cannot write.
func mine(fs.FileInfo) bool { return true }

// shared is false, as mine is true.
func shared(fs.FileInfo) bool { return false }

// closed has nothing to do.
func closed(string, fs.FileInfo) error { return nil }
