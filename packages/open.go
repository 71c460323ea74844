package packages

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// OpenOptions are what a caller of Open may add; the zero value will do.
type OpenOptions struct {
	// Typed are digests that were entered by hand for the first file that was given.
	Typed []Expected
	// Types are the known file suffixes, lower case with their dot; nil means
	// Types().
	Types []string
	// Progress is told the bytes read so far of all files together. It is called
	// from one goroutine and must return at once; nil is allowed.
	Progress func(done, total int64)
	// Copy, if not nil, is asked before a file is read for a writer that gets its
	// bytes in the same pass. Its errors end Open, wrapped as they are.
	Copy func(f File) (io.Writer, error)
}

// Types lists the file suffixes that the QuecThing and QuecPython world knows
// (assets/models.json, "package_file_types").
func Types() []string {
	return []string{
		".bin", ".zip", ".rar", ".pack", ".mini_1", ".mini_2", ".py", ".tar", ".tar.gz", ".s19", ".bin_1", ".bin_2",
	}
}

// Open reads the files once, in the order that they state themselves (Ordered), computes their digests, and collects what sidecar
// files and a manifest in the same folder say about them. It refuses, with an
// *Error, what can never be installed: the wrong number of files, an empty or
// too large one, an unknown type, an archive that reaches outside itself, a
// sidecar or manifest that cannot be believed. A digest that differs is no
// refusal here, so that both values can be shown: see Trust and Check. When ctx
// ends it returns context.Cause(ctx), wrapped.
func Open(ctx context.Context, paths []string, opts OpenOptions) (*Package, error) {
	if opts.Types == nil {
		opts.Types = Types()
	}
	files, err := survey(paths, opts.Types)
	if err != nil {
		return nil, err
	}
	p := &Package{Files: ordered(files)}
	if err := p.read(ctx, opts); err != nil {
		return nil, err
	}
	if err := p.claims(); err != nil {
		return nil, err
	}
	if p.Manifest.Component == "" && p.scripts() {
		p.Manifest.Component = App
	}
	p.expectOf(files[0].Name, opts.Typed)
	for i := range p.Files {
		f := &p.Files[i]
		if err := inspect(ctx, f); err != nil {
			return nil, err
		}
		if len(f.Expected) == 0 {
			f.Archive = unpackedFrom(f)
		}
	}
	p.Name = p.Manifest.Name
	if p.Name == "" {
		p.Name = p.Files[0].Name
	}
	return p, nil
}

// expectOf adds digests that one of the files must have.
func (p *Package) expectOf(name string, typed []Expected) {
	i := slices.IndexFunc(p.Files, func(f File) bool { return f.Name == name })
	p.Files[i].Expected = append(p.Files[i].Expected, typed...)
}

// scripts tells whether all files are for the device's interpreter; no firmware
// is named so.
func (p *Package) scripts() bool {
	return !slices.ContainsFunc(p.Files, func(f File) bool { return !strings.EqualFold(filepath.Ext(f.Name), ".py") })
}

// survey checks what can be known without reading.
func survey(paths, types []string) ([]File, error) {
	switch {
	case len(paths) == 0:
		return nil, &Error{Op: "open", Code: NoFiles}
	case len(paths) > MaxFiles:
		return nil, &Error{Op: "open", Code: TooMany, Args: []any{len(paths), MaxFiles}}
	}
	seen := map[string]bool{}
	files := make([]File, 0, len(paths))
	for _, path := range paths {
		f, err := stat(path, types)
		if err != nil {
			return nil, err
		}
		// A device or an origin knows files by name alone; Windows folds case.
		if folded := strings.ToLower(f.Name); seen[folded] {
			return nil, refuse(f.Name, SameName)
		} else {
			seen[folded] = true
		}
		files = append(files, f)
	}
	return files, nil
}

func stat(path string, types []string) (File, error) {
	f := File{Name: filepath.Base(path)}
	full, err := filepath.Abs(path)
	if err != nil {
		return f, unreadable(f.Name, err)
	}
	f.Path = full
	info, err := os.Stat(full)
	if err != nil {
		return f, unreadable(f.Name, err)
	}
	f.Size = info.Size()
	switch {
	case !info.Mode().IsRegular():
		return f, refuse(f.Name, NotFile)
	case !goodName(f.Name):
		return f, refuse(f.Name, BadName)
	case !knownType(f.Name, types):
		return f, refuse(f.Name, WrongType, strings.Join(types, " "))
	case f.Size == 0:
		return f, refuse(f.Name, Empty)
	case f.Size > MaxBytes:
		return f, refuse(f.Name, TooLarge, f.Size, int64(MaxBytes))
	}
	return f, nil
}

func unreadable(name string, err error) *Error {
	e := refuse(name, Unreadable)
	if errors.Is(err, fs.ErrNotExist) {
		e = refuse(name, Missing)
	}
	e.Err = err
	return e
}

// maxName is the longest base name, in characters, that all file systems in
// use can hold.
const maxName = 255

// goodName accepts any text that can be shown: Chinese, emoji and spaces too.
func goodName(name string) bool {
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

func knownType(name string, types []string) bool {
	lower := strings.ToLower(name)
	for _, t := range types {
		if strings.HasSuffix(lower, t) && len(lower) > len(t) {
			return true
		}
	}
	return false
}
