package packages

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxArchivesBeside bounds the search for the archive a file came from.
const maxArchivesBeside = 16

// unpackedFrom looks for a zip archive in the folder or the one above that holds
// this file too, which tells that it was unpacked by hand. It is a hint only, so
// archives that cannot be read are passed over.
func unpackedFrom(f *File) string {
	folder := filepath.Dir(f.Path)
	tried := 0
	for _, dir := range []string{folder, filepath.Dir(folder)} {
		entries, err := firstEntries(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !strings.HasSuffix(strings.ToLower(e.Name()), ".zip") || e.Name() == f.Name || !e.Type().IsRegular() {
				continue
			}
			if tried++; tried > maxArchivesBeside {
				return ""
			}
			if holds(filepath.Join(dir, e.Name()), f) {
				return e.Name()
			}
		}
	}
	return ""
}

// firstEntries lists a folder, up to a bound: Downloads folders can be huge.
func firstEntries(dir string) ([]fs.DirEntry, error) {
	const most = 4096
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(most)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return entries, err
}

// holds tells whether the zip archive at path has an entry like f.
func holds(path string, f *File) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false
	}
	entries, _, err := zipEntries(file, info.Size())
	return err == nil && slices.ContainsFunc(entries, func(e zipEntry) bool {
		return e.name[strings.LastIndexByte(e.name, '/')+1:] == f.Name && e.size == f.Size
	})
}
