package library

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// entryForm is the name of a package's file.
var entryForm = regexp.MustCompile(`^[0-9a-f]{64}\.json$`)

// IDs lists the packages of the library in dir by the names of their files, sorted. It
// opens, makes and waits for nothing, and does not tell what cannot be read: a hint for
// whoever types, and no more.
func IDs(dir string) []string { return named(dir, live) }

// Removed are the IDs of the packages in the trash of the library at dir, as IDs has those
// that are there.
func Removed(dir string) []string { return named(dir, trash) }

// named are the IDs in one folder of a library.
func named(dir, room string) []string {
	files, err := os.ReadDir(filepath.Join(dir, room))
	if err != nil {
		return nil
	}
	var ids []string
	for _, f := range files {
		if entryForm.MatchString(f.Name()) {
			ids = append(ids, strings.TrimSuffix(f.Name(), ".json"))
		}
	}
	return ids
}
