// Command faults renders the table of faults from the rows that the conformance
// suites wrote: for each driver, stage and fault what a person was told, what was
// true, and whether that is the same; and a list of what holds the program to each fault
// (held.txt). It fails when a cell differs, when there are no rows, when a person was told
// a code for which there is no sentence, and when a test that the list names is gone.
//
// Usage: faults FOLDER FILE
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/ui/words"
	"fotabench/updater"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: faults FOLDER FILE")
		os.Exit(2)
	}
	if err := render(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

// head says how the table is to be read.
const head = `# What people are told when something goes wrong

Printed by ` + "`make faults`" + `; not to be edited. The engine that the window and the command line use runs over each driver, with a
simulated device that executes what it is sent. In each row one thing happens at one moment. *Told* is how the upgrade is said
to have ended, with the reason in the program's own words. *True* is what the simulator itself knows: what it runs, and what of
the package lies on it. *Same* compares the two:

| told | is the same when the device |
|---|---|
| done | runs the target version |
| failed, cancelled, not started | runs the version that it ran before, one second later too, and holds nothing that it will install at its next start |
| not known yet | cannot be asked: it is out of reach, another one answers, it never comes to rest, or the person stopped watching; or when it may install at its next start what it was handed. Once it is back, or has started anew, its own word must settle the case rightly |

Where a stage is missing, the device fetches and installs by itself. "This computer's port" and "its port" stand for addresses
that differ in each run.
`

// table collects the rows and what is wrong with them.
type table struct {
	book                  *words.Book
	out                   bytes.Buffer
	rows, differ, pending int
	suites                []tally
	unknown               map[string]int // by why
	settled               int            // of those that are not known, rightly and later
	codes                 map[string]int // rows by the code of their fault
	mute                  map[devices.Code]bool
}

// tally are the rows of one suite by how they are told.
type tally struct {
	title                  string
	verified, old, unknown int
}

func render(folder, file string) error {
	book, err := words.New(words.English)
	if err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	list, err := readHeld(heldText)
	if err != nil {
		return err
	}
	t := &table{book: book, unknown: map[string]int{}, codes: map[string]int{}, mute: map[devices.Code]bool{}}
	for _, name := range names {
		rows, err := read(name)
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		t.section(rows)
	}
	if t.rows == 0 {
		return errors.New("no rows: run the suites with " + devicetest.Folder)
	}
	if err := os.WriteFile(file, []byte(head+t.totals()+t.out.String()+t.heldTable(list)), 0o644); err != nil {
		return err
	}
	fmt.Printf("faults: %d rows, %d differ\n", t.rows, t.differ)
	return errors.Join(t.verdict(), claimed(".", list, t.codes))
}

// read reads the rows of one suite.
func read(name string) (rows []devicetest.Row, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for dec := json.NewDecoder(bufio.NewReader(file)); ; {
		var r devicetest.Row
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
}

// section writes the table of one suite.
func (t *table) section(rows []devicetest.Row) {
	if len(rows) == 0 {
		return
	}
	title := rows[0].Driver + ", " + string(rows[0].Method)
	if v := rows[0].Variant; v != "" {
		title += " (" + v + ")"
	}
	t.suites = append(t.suites, tally{title: title})
	fmt.Fprintf(&t.out, "\n## %s\n\n| stage | fault | told | true | same |\n|---|---|---|---|---|\n", title)
	for _, r := range rows {
		t.count(r)
		same := "yes"
		if !r.Same {
			same = "**no**"
		}
		fmt.Fprintf(&t.out, "| %s | %s | %s | %s | %s |\n", cell(stage(r.At)), cell(r.Fault), cell(t.told(r)), cell(truth(r)), same)
	}
}

func (t *table) count(r devicetest.Row) {
	t.rows++
	if !r.Same {
		t.differ++
	}
	t.codes[codeOf(r)]++
	if r.Pending {
		t.pending++
	}
	if r.Later != "" {
		t.settled++
	}
	suite := &t.suites[len(t.suites)-1]
	switch r.Told {
	case updater.Verified:
		suite.verified++
	case updater.Uncertain:
		suite.unknown++
		t.unknown[r.Unknown]++
	default:
		suite.old++
	}
}

func stage(at devicetest.Instant) string {
	switch {
	case at.Stage == "":
		return "all along"
	case at.When == "":
		return string(at.Stage)
	}
	return string(at.Stage) + ", " + at.When
}

// told is what a person reads at the end.
func (t *table) told(r devicetest.Row) string {
	text := ""
	if r.Cancel != "" {
		text = "(Cancel was " + string(r.Cancel) + ".) "
	}
	text += t.say(devices.Code("outcome." + string(r.Told)))
	if r.Note != nil && r.Told != updater.Verified {
		text += " " + t.say(r.Note.Code, r.Note.Args...)
	}
	return text
}

func (t *table) say(code devices.Code, args ...any) string {
	if !t.book.Has(code) {
		t.mute[code] = true
	}
	return t.book.Say(code, args...)
}

// truth is what the simulator knows.
func truth(r devicetest.Row) string {
	text := map[devicetest.Running]string{
		devicetest.Target: "It runs the target version", devicetest.Source: "It runs its old version",
		devicetest.Other: "It runs another version, " + r.Version,
	}[r.Runs]
	if r.Left != "" {
		text += "; on it lies " + r.Left
		if r.Pending {
			text += ", to be installed at its next start"
		}
	}
	text += "."
	if r.Unknown != "" {
		text += " No claim, since " + r.Unknown + "."
	}
	if r.Later != "" {
		text += " Once it answered again the case was settled as " + string(r.Later) + "."
	}
	return text
}

// cell keeps a text within one cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

// totals are the counts that stand before the tables.
func (t *table) totals() string {
	var b strings.Builder
	var sum tally
	rows := ""
	for _, s := range t.suites {
		rows += fmt.Sprintf("| %s | %d | %d | %d |\n", s.title, s.verified, s.old, s.unknown)
		sum.verified, sum.old, sum.unknown = sum.verified+s.verified, sum.old+s.old, sum.unknown+s.unknown
	}
	fmt.Fprintf(&b, "\n## In all\n\n%d rows. Told and true differ in %d.\n\n", t.rows, t.differ)
	fmt.Fprintf(&b, "| driver, method | told as done | as not installed | as not known yet |\n|---|---|---|---|\n%s", rows)
	fmt.Fprintf(&b, "| **all** | **%d** | **%d** | **%d** |\n", sum.verified, sum.old, sum.unknown)
	fmt.Fprintf(&b, "\nWhy %d are told as not known yet. %d of them are settled, rightly, once the device answers again; in the others the fault\n"+
		"itself keeps it from answering.\n\n| why | rows |\n|---|---|\n", sum.unknown, t.settled)
	for _, why := range slices.Sorted(maps.Keys(t.unknown)) {
		fmt.Fprintf(&b, "| %s | %d |\n", cell(why), t.unknown[why])
	}
	fmt.Fprintf(&b, "\nIn %d rows the device still holds a package in the end that it will install at its next start. Each of them is told as not\n"+
		"known yet: a row that told it as not installed would differ.\n", t.pending)
	return b.String()
}

// verdict is what makes the table unfit.
func (t *table) verdict() error {
	var err error
	if t.differ > 0 {
		err = fmt.Errorf("told and true differ in %d rows", t.differ)
	}
	for _, code := range slices.Sorted(maps.Keys(t.mute)) {
		err = errors.Join(err, fmt.Errorf("no sentence for %q", code))
	}
	return err
}
