package packages

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// part is the end of a name that says which file of a package it is: fw.mini_1, fw.bin_2.
var part = regexp.MustCompile(`^(?i)(.*\.[a-z]+_)([0-9])$`)

// Ordered are the files of one package in the order that they state: that of the manifest
// beside them if one names all of them, else that of the numbers at the ends of their names.
// Where nothing states an order it is that in which they are given, and known is false: which
// file is url1's then depends on who gives them. A manifest that cannot be believed states
// none; Open tells it.
func Ordered(paths []string) (inOrder []string, known bool) {
	inOrder = slices.Clone(paths)
	place := byManifest(paths)
	if place == nil {
		place = byNumber(paths)
	}
	if place == nil {
		return inOrder, len(paths) < 2
	}
	slices.SortStableFunc(inOrder, func(a, b string) int {
		return cmp.Compare(place[filepath.Base(a)], place[filepath.Base(b)])
	})
	return inOrder, true
}

// Along brings what was given once for each of paths, such as their URLs, into the order of the
// package that Open made of paths. What is not one for each stays as it is.
func (p *Package) Along(paths, each []string) []string {
	if len(each) != len(paths) || len(paths) != len(p.Files) {
		return each
	}
	var inOrder []string
	for _, f := range p.Files {
		i := slices.IndexFunc(paths, func(path string) bool { return filepath.Base(path) == f.Name })
		if i < 0 {
			return each
		}
		inOrder = append(inOrder, each[i])
	}
	return inOrder
}

// ordered is Ordered for what was looked at already.
func ordered(files []File) []File {
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	paths, _ = Ordered(paths)
	sorted := make([]File, 0, len(files))
	for _, path := range paths {
		sorted = append(sorted, files[slices.IndexFunc(files, func(f File) bool { return f.Path == path })])
	}
	return sorted
}

// byManifest gives each file's place in the first manifest that names them all, by name; nil
// where none does.
func byManifest(paths []string) map[string]int {
	for _, path := range paths {
		named, err := Together(path)
		if err != nil || len(named) != len(paths) || len(named) < 2 {
			continue
		}
		place := make(map[string]int, len(named))
		for i, n := range named {
			place[filepath.Base(n)] = i
		}
		if !slices.ContainsFunc(paths, func(p string) bool { _, is := place[filepath.Base(p)]; return !is }) {
			return place
		}
	}
	return nil
}

// byNumber gives each file's place by the number at its name's end; nil unless all names are
// the same before it.
func byNumber(paths []string) map[string]int {
	if len(paths) < 2 {
		return nil
	}
	place, stem := make(map[string]int, len(paths)), ""
	for i, path := range paths {
		name := filepath.Base(path)
		m := part.FindStringSubmatch(name)
		if m == nil || i > 0 && !strings.EqualFold(stem, m[1]) {
			return nil
		}
		stem = m[1]
		place[name], _ = strconv.Atoi(m[2]) // a digit
	}
	return place
}
