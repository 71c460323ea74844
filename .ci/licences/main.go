// Command licences lists what the released program contains that others wrote,
// each with its licence in full. It asks the Go tool which modules are linked
// into the program on each system and reads the licence files beside their
// source. It fails when a part has none, or one under which a closed list of
// known kinds does not allow to hand on a linked program.
//
// Usage: licences [-os linux,windows] [-with NAME=FILE]... [-o FILE]
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// part is one thing somebody else wrote.
type part struct {
	name, version string
	// texts are the paths of its licence files, at least one.
	texts []string
	kinds []string
}

func main() {
	systems := flag.String("os", "linux,windows,darwin", "systems whose program is looked at, as GOOS")
	to := flag.String("o", "", "file to write (default: standard output)")
	var extra []part
	flag.Func("with", "NAME=FILE of a part that the Go tool does not know (repeatable)", func(s string) error {
		name, file, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("NAME=FILE is wanted")
		}
		extra = append(extra, part{name: name, texts: []string{file}})
		return nil
	})
	flag.Parse()
	if err := run(strings.Split(*systems, ","), extra, *to); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(systems []string, extra []part, to string) error {
	modules, err := linked(systems)
	if err != nil {
		return err
	}
	parts, faults := slices.Clone(extra), []error(nil)
	for _, m := range modules {
		p, err := m.part()
		faults = append(faults, err)
		parts = append(parts, p)
	}
	for i := range parts {
		faults = append(faults, parts[i].recognise())
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := write(&page, parts); err != nil {
		return err
	}
	if to == "" {
		_, err = os.Stdout.Write(page.Bytes())
		return err
	}
	fmt.Fprintf(os.Stderr, "licences: %d parts, each with its text\n", len(parts))
	return os.WriteFile(to, page.Bytes(), 0o644)
}

// module is a Go module of which packages are linked into the program.
type module struct {
	path, version, dir string
	// packages are the folders of those packages.
	packages []string
}

// linked asks the Go tool what the program consists of on these systems. Go
// itself, with its standard library, is one module of the answer.
func linked(systems []string) ([]*module, error) {
	found := map[string]*module{}
	for _, system := range systems {
		out, err := list(system)
		if err != nil {
			return nil, err
		}
		for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
			f := strings.Split(s.Text(), "\t")
			if len(f) != 4 {
				continue
			}
			m := found[f[0]]
			if m == nil {
				m = &module{path: f[0], version: f[1], dir: f[2]}
				found[f[0]] = m
			}
			if !slices.Contains(m.packages, f[3]) {
				m.packages = append(m.packages, f[3])
			}
		}
	}
	root, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	dir, version, _ := strings.Cut(strings.TrimSpace(string(root)), "\n")
	all := []*module{{path: "Go and its standard library", version: strings.TrimSpace(version), dir: strings.TrimSpace(dir)}}
	for _, m := range found {
		all = append(all, m)
	}
	slices.SortFunc(all[1:], func(a, b *module) int { return cmp.Compare(a.path, b.path) })
	return all, nil
}

// list is one line for each package of other modules: module, version, the
// module's folder, the package's.
func list(system string) ([]byte, error) {
	const line = "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}"
	c := exec.Command("go", "list", "-deps", "-f", line, ".")
	// The window needs cgo; listing compiles nothing.
	c.Env = append(os.Environ(), "CGO_ENABLED=1", "GOARCH=amd64", "GOOS="+system)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go list for %s: %w", system, err)
	}
	return out, nil
}

// part finds the licence files that hold for the packages that are linked: those
// from each package's folder up to the module's, and those of foreign source
// below it, such as a C library's.
func (m *module) part() (part, error) {
	folders := []string{m.dir}
	for _, p := range m.packages {
		for d := p; len(d) > len(m.dir); d = filepath.Dir(d) {
			folders = append(folders, d)
		}
		folders = append(folders, foreign(p)...)
	}
	slices.Sort(folders)
	p := part{name: m.path, version: m.version}
	for _, d := range slices.Compact(folders) {
		texts, err := texts(d)
		if err != nil {
			return p, err
		}
		p.texts = append(p.texts, texts...)
	}
	if len(p.texts) == 0 {
		return p, fmt.Errorf("%s %s has no licence file", m.path, m.version)
	}
	return p, nil
}

// foreign are the folders below a package that hold no Go source.
func foreign(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var found []string
	for _, e := range entries {
		below := filepath.Join(folder, e.Name())
		if source, _ := filepath.Glob(filepath.Join(below, "*.go")); !e.IsDir() || e.Name() == "testdata" || len(source) > 0 {
			continue
		}
		found = append(append(found, below), foreign(below)...)
	}
	return found
}

// texts are the licence files in a folder.
func texts(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if e.Type().IsRegular() && !strings.HasSuffix(name, ".go") && slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(name, n) }) {
			found = append(found, filepath.Join(folder, e.Name()))
		}
	}
	return found, nil
}

// names are how files with a licence, or a notice that must go with it, begin.
var names = []string{"license", "licence", "copying", "notice", "unlicense", "patents"}

// recognise names the kinds of a part's licences.
func (p *part) recognise() error {
	for _, t := range p.texts {
		text, err := os.ReadFile(t)
		if err != nil {
			return err
		}
		k := kind(string(text))
		if k != "" && !slices.Contains(p.kinds, k) {
			p.kinds = append(p.kinds, k)
		}
	}
	if len(p.kinds) == 0 {
		return fmt.Errorf("%s %s: no known licence that allows to hand it on is in %s", p.name, p.version, strings.Join(p.texts, ", "))
	}
	return nil
}

func write(w io.Writer, parts []part) error {
	fmt.Fprint(w, "What Fotabench contains that others wrote, and under which licence.\nFotabench itself is under the MIT licence (LICENSE).\n\n")
	for _, p := range parts {
		fmt.Fprintf(w, "%-44s %-40s %s\n", p.name, p.version, strings.Join(p.kinds, ", "))
	}
	fmt.Fprint(w, "\nThe source of each Go module: go mod download NAME@VERSION\n")
	for _, p := range parts {
		fmt.Fprintf(w, "\n%s\n%s\n%s\n", strings.Repeat("=", 78), strings.TrimSpace(p.name+" "+p.version), strings.Repeat("=", 78))
		for _, t := range p.texts {
			text, err := os.ReadFile(t)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "\n%s\n", bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
		}
	}
	return nil
}
