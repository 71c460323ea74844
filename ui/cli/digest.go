package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"fotabench/packages"
)

// stated is a hash that was given as an argument: of the first file, or of one by its name.
type stated struct {
	file string // "" is the first
	packages.Expected
}

// digestFlag is the flag with hashes that a package of several files is held against.
func digestFlag(f *pflag.FlagSet, to *[]string) {
	f.StringArrayVar(to, "digest", nil, "expected hash of the first file, or NAME=HASH of another one (repeatable): MD5, SHA-1, SHA-256 or CRC-32")
}

// digests reads what digestFlag took.
func digests(texts []string) (all []stated, err error) {
	for _, text := range texts {
		var s stated
		if i := strings.LastIndex(text, "="); i >= 0 {
			s.file, text = text[:i], text[i+1:]
		}
		if s.Expected, err = packages.Typed(text); err != nil {
			return nil, usageError{err}
		}
		all = append(all, s)
	}
	return all, nil
}

// byFile are the hashes of each of the files of these names; one of no such file is a mistake
// in the call.
func byFile(all []stated, names []string) ([][]packages.Expected, error) {
	of := make([][]packages.Expected, len(names))
	for _, s := range all {
		i := 0
		if s.file != "" {
			if i = slices.Index(names, s.file); i < 0 {
				return nil, misuse("--digest %s=…: the package has no such file, but %s", s.file, strings.Join(names, ", "))
			}
		}
		of[i] = append(of[i], s.Expected)
	}
	return of, nil
}

// expecting holds a package against hashes; files are those of which it was opened, in the
// order in which they were given.
func expecting(p *packages.Package, all []stated, files ...string) (*packages.Package, error) {
	all = slices.Clone(all)
	for i := range all {
		if all[i].file == "" && len(files) > 0 {
			all[i].file = filepath.Base(files[0]) // the package may have them in another order
		}
	}
	names := make([]string, len(p.Files))
	for i, f := range p.Files {
		names[i] = f.Name
	}
	of, err := byFile(all, names)
	if err != nil {
		return nil, err
	}
	for i, expected := range of {
		if len(expected) > 0 {
			p = p.WithExpected(i, expected...)
		}
	}
	return p, nil
}

// ofFirst reads a hash of the first file, "" for none. There is no other file to name yet:
// what a URL serves has no name before it was fetched.
func ofFirst(text string) ([]packages.Expected, error) {
	if text == "" {
		return nil, nil
	}
	all, err := digests([]string{text})
	if err != nil {
		return nil, err
	}
	if name := all[0].file; name != "" {
		return nil, misuse("--digest %s=…: here it is the hash alone, of the first file; state those of others with library edit", name)
	}
	return []packages.Expected{all[0].Expected}, nil
}
