// Command shape prints the figures of the house style for this tree, per
// package and in all: lines of code and tests, file and function lengths,
// exported names and how many of them are documented, methods per interface.
// With -gate it fails when a hard limit is crossed.
package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The hard limits: a function's lines, an interface's methods.
const (
	maxFunction  = 80
	maxInterface = 6
)

type figures struct {
	code, test           int
	files, functions     []int
	interfaces           []int
	exported, documented int
	faults               []string
}

func main() {
	gate := flag.Bool("gate", false, "fail when a limit is crossed; print only what crosses it")
	flag.Parse()
	rooms, err := measure(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "shape:", err)
		os.Exit(1)
	}
	var all figures
	names := make([]string, 0, len(rooms))
	for name, f := range rooms {
		names = append(names, name)
		all.add(f)
	}
	slices.Sort(names)
	if !*gate {
		fmt.Printf("%-28s %7s %7s %6s %9s %12s %9s %9s\n", "package", "code", "test", "ratio", "file", "function", "exported", "iface")
		for _, name := range names {
			rooms[name].print(name)
		}
		all.print("all")
	}
	slices.Sort(all.faults)
	for _, f := range all.faults {
		fmt.Fprintln(os.Stderr, "shape:", f)
	}
	if *gate && len(all.faults) > 0 {
		os.Exit(1)
	}
}

func measure(root string) (map[string]*figures, error) {
	rooms := map[string]*figures{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		name := filepath.ToSlash(filepath.Dir(path))
		if rooms[name] == nil {
			rooms[name] = &figures{}
		}
		return rooms[name].file(path)
	})
	return rooms, err
}

func (f *figures) file(path string) error {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, path, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	lines := set.File(tree.Pos()).LineCount()
	if strings.HasSuffix(path, "_test.go") {
		f.test += lines
		return nil
	}
	f.code += lines
	f.files = append(f.files, lines)
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			f.function(set, path, n)
		case *ast.InterfaceType:
			f.iface(set, n)
		case *ast.GenDecl:
			f.general(n)
		}
		return true
	})
	return nil
}

func (f *figures) function(set *token.FileSet, path string, n *ast.FuncDecl) {
	from, to := set.Position(n.Pos()), set.Position(n.End())
	lines := to.Line - from.Line + 1
	f.functions = append(f.functions, lines)
	if lines > maxFunction {
		f.faults = append(f.faults, fmt.Sprintf("%s:%d: %s has %d lines, at most %d", path, from.Line, n.Name.Name, lines, maxFunction))
	}
	if !n.Name.IsExported() || (n.Recv != nil && !exportedReceiver(n.Recv)) {
		return
	}
	f.exported++
	if n.Doc != nil {
		f.documented++
	} else {
		f.faults = append(f.faults, fmt.Sprintf("%s:%d: exported %s has no comment", path, from.Line, n.Name.Name))
	}
}

func exportedReceiver(list *ast.FieldList) bool {
	exported := false
	ast.Inspect(list, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.IsExported() {
			exported = true
		}
		return true
	})
	return exported
}

func (f *figures) iface(set *token.FileSet, n *ast.InterfaceType) {
	methods := n.Methods.NumFields()
	f.interfaces = append(f.interfaces, methods)
	if methods > maxInterface {
		p := set.Position(n.Pos())
		f.faults = append(f.faults, fmt.Sprintf("%s:%d: interface of %d methods, at most %d", p.Filename, p.Line, methods, maxInterface))
	}
}

func (f *figures) general(n *ast.GenDecl) {
	for _, s := range n.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			f.name(s.Name, n.Doc != nil || s.Doc != nil || s.Comment != nil)
		case *ast.ValueSpec:
			for _, id := range s.Names {
				f.name(id, n.Doc != nil || s.Doc != nil || s.Comment != nil)
			}
		}
	}
}

func (f *figures) name(id *ast.Ident, documented bool) {
	if !id.IsExported() {
		return
	}
	f.exported++
	if documented {
		f.documented++
	}
}

func (f *figures) add(o *figures) {
	f.code += o.code
	f.test += o.test
	f.files = append(f.files, o.files...)
	f.functions = append(f.functions, o.functions...)
	f.interfaces = append(f.interfaces, o.interfaces...)
	f.exported += o.exported
	f.documented += o.documented
	f.faults = append(f.faults, o.faults...)
}

func (f *figures) print(name string) {
	ratio := 0.0
	if f.code > 0 {
		ratio = float64(f.test) / float64(f.code)
	}
	documented := 100
	if f.exported > 0 {
		documented = 100 * f.documented / f.exported
	}
	fmt.Printf("%-28s %7d %7d %6.2f %5d/%3d %5d/%2d/%3d %4d %3d%% %6d/%d\n", name, f.code, f.test, ratio,
		rank(f.files, 0.5), rank(f.files, 0.9), rank(f.functions, 0.5), rank(f.functions, 0.9), rank(f.functions, 1),
		f.exported, documented, rank(f.interfaces, 0.5), rank(f.interfaces, 1))
}

// rank gives the value below which the share q of the values lies.
func rank(values []int, q float64) int {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	return v[min(int(q*float64(len(v))), len(v)-1)]
}
