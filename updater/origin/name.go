package origin

import (
	"crypto/rand"
	"encoding/hex"
	"path"
	"strconv"
	"strings"

	"fotabench/packages"
)

// unguessable is a path element of 128 random bits.
func unguessable() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand
	return hex.EncodeToString(b[:])
}

// longestName keeps a URL far below the 255 bytes that some modules take.
const longestName = 64

// plain makes a file name of letters, digits, '.', '-' and '_' that ends like
// the original, since modules look at the suffix.
func plain(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || alphanumeric(r) {
			return r
		}
		return '_'
	}, name)
	suffix := path.Ext(safe)
	stem := strings.TrimLeft(strings.TrimSuffix(safe, suffix), "._-")
	if len(suffix) > longestName/2 {
		suffix = ""
	}
	if !strings.ContainsFunc(stem, alphanumeric) {
		stem = "package"
	}
	return stem[:min(len(stem), longestName-len(suffix))] + strings.TrimRight(suffix, ".")
}

func alphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// apart are the plain names of files that share a folder: a second one of the
// same name gets its number in front, since the suffix matters.
func apart(files []packages.File) []string {
	taken, names := map[string]bool{}, make([]string, 0, len(files))
	for i, f := range files {
		name := plain(f.Name)
		for n := i + 1; taken[name]; n++ {
			name = strconv.Itoa(n) + "-" + plain(f.Name)
		}
		taken[name] = true
		names = append(names, name)
	}
	return names
}
