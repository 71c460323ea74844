package ui

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fotabench/packages"
	"fotabench/ui/words"
)

// halves are the ends of the names of packages that come in two files, and whether one of
// them alone is none.
var halves = []struct {
	one, two string
	stops    bool
}{
	{".mini_1", ".mini_2", true},
	{".bin_1", ".bin_2", false},
}

// lack is a file that a package wants and has not.
type lack struct {
	have, wants string
	half        bool // half of a package that is none without the other
}

// stops tells whether there is no package without it.
func (l lack) stops() bool { return l.half }

// other is the path of the other half of a file; "" if it is none.
func other(path string) (at string, stops bool) {
	lower := strings.ToLower(path)
	for _, h := range halves {
		switch {
		case strings.HasSuffix(lower, h.one):
			return path[:len(path)-1] + "2", h.stops
		case strings.HasSuffix(lower, h.two):
			return path[:len(path)-1] + "1", h.stops
		}
	}
	return "", false
}

// companions are the files that belong together with one, in their order, as far as they
// are there: those that its manifest names, or the other half.
func companions(path string) []string {
	all, err := packages.Together(path) // a manifest that cannot be believed is told by the import
	if half, _ := other(path); half != "" && (err != nil || len(all) == 1) {
		all = []string{path, half}
		slices.Sort(all)
	}
	all = slices.DeleteFunc(slices.Clone(all), func(p string) bool { return p != path && !isFile(p) })
	if !slices.Contains(all, path) {
		return []string{path}
	}
	return all
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// wanting are the files that the chosen ones want beside them.
func wanting(paths []string) (all []lack) {
	has := func(want string) bool {
		return slices.ContainsFunc(paths, func(p string) bool { return strings.EqualFold(filepath.Base(p), filepath.Base(want)) })
	}
	for _, path := range paths {
		if half, stops := other(path); half != "" && !has(half) {
			all = append(all, lack{filepath.Base(path), filepath.Base(half), stops})
			continue
		}
		named, _ := packages.Together(path) // as above
		for _, want := range named {
			if !has(want) {
				all = append(all, lack{have: filepath.Base(path), wants: filepath.Base(want)})
			}
		}
	}
	return all
}

// lackText says what is wanting, a line for each.
func lackText(b *words.Book, all []lack) string {
	var lines []string
	for _, l := range all {
		code := noteAddNamed
		switch half, _ := other(l.have); {
		case l.half:
			code = noteAddHalf
		case half != "" && filepath.Base(half) == l.wants:
			code = noteAddPerhaps
		}
		lines = append(lines, b.Say(code, l.have, l.wants))
	}
	return strings.Join(lines, "\n")
}
