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
func IDs(dir string) []string {
	files, err := os.ReadDir(filepath.Join(dir, live))
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
