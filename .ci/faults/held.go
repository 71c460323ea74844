package main

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"fotabench/devices/devicetest"
)

// heldText says of each fault of the list what holds the program to it. A line is
//
//	code | what goes wrong | what holds it | what is not held, and why
//
// What holds it is a list with commas: "rows" for the rows of the suites whose names begin
// with the code, or "folder Test", or "folder Test/case" for the cases of a test whose names
// begin so. Either of the last two columns may be empty, not both.
//
//go:embed held.txt
var heldText string

// held is one line of heldText.
type held struct {
	code, fault string
	by          []string
	missing     string
}

// readHeld reads the list.
func readHeld(text string) (list []held, err error) {
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if lines.Text() == "" {
			continue
		}
		part := strings.Split(lines.Text(), "|")
		if len(part) != 4 {
			return nil, fmt.Errorf("held.txt: not four parts: %q", lines.Text())
		}
		for i := range part {
			part[i] = strings.TrimSpace(part[i])
		}
		h := held{code: part[0], fault: part[1], missing: part[3]}
		if part[2] != "" {
			h.by = strings.Split(part[2], ", ")
		} else if h.missing == "" {
			return nil, fmt.Errorf("held.txt: %s is held by nothing, without a reason", h.code)
		}
		list = append(list, h)
	}
	return list, nil
}

// claimed checks that there is everything that the list names: tests below root, and rows
// of codes.
func claimed(root string, list []held, rows map[string]int) (err error) {
	tests := map[string]string{}
	for _, h := range list {
		for _, by := range h.by {
			if by == "rows" {
				if rows[h.code] == 0 {
					err = errors.Join(err, fmt.Errorf("%s: no suite has such a row", h.code))
				}
				continue
			}
			folder, name, _ := strings.Cut(by, " ")
			if tests[folder] == "" {
				tests[folder] = sources(filepath.Join(root, folder))
			}
			name, part, cases := strings.Cut(name, "/")
			if !strings.Contains(tests[folder], "\nfunc "+name+"(") || cases && !strings.Contains(tests[folder], `"`+part) {
				err = errors.Join(err, fmt.Errorf("%s: there is no %s", h.code, by))
			}
		}
	}
	return err
}

// sources are the test files of a folder, "" if there are none.
func sources(folder string) string {
	names, _ := filepath.Glob(filepath.Join(folder, "*_test.go")) // the pattern is none of theirs
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return ""
		}
		all.Write(text)
	}
	return all.String()
}

// codeOf is the code of a row's fault: that with which its name begins, or, of what
// happens at a moment, that of a cancel, of another device in its place, or of a loss; ""
// for other rows.
func codeOf(r devicetest.Row) string {
	switch {
	case r.At.Stage == "":
	case strings.HasPrefix(r.Fault, "a person"):
		return "D16"
	case strings.HasPrefix(r.Fault, "another device"):
		return "D3"
	default:
		return "D1"
	}
	code, _, _ := strings.Cut(r.Fault, " ")
	if len(code) >= 2 && strings.Trim(code[1:], "0123456789") == "" && code[0] >= 'A' && code[0] <= 'Z' {
		return code
	}
	return ""
}

// heldTable renders the list.
func (t *table) heldTable(list []held) string {
	var b strings.Builder
	b.WriteString("\n## What holds the program to each fault\n\nThe faults that this program was designed against, with the tests and the rows above that inject them. A test that is\nnamed here and does not exist fails `make faults`.\n\n| | fault | held by | not held |\n|---|---|---|---|\n")
	gaps := 0
	for _, h := range list {
		by := make([]string, len(h.by))
		for i, name := range h.by {
			if by[i] = "`" + name + "`"; name == "rows" {
				by[i] = fmt.Sprintf("%d rows above", t.codes[h.code])
			}
		}
		if h.missing != "" {
			gaps++
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", h.code, cell(h.fault), strings.Join(by, ", "), cell(h.missing))
	}
	fmt.Fprintf(&b, "\n%d faults, %d of which are not held or not in whole.\n", len(list), gaps)
	return b.String()
}
