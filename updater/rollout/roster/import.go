// Package roster reads lists of devices from the tables that people keep, and writes
// the outcome of a plan as such a table. It trusts no table: every row is checked, bad
// ones are named by their line, sizes are bounded, and what is written does nothing when
// a spreadsheet opens it.
package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"fotabench/devices"
	"fotabench/updater/rollout"
)

// Bounds of a table.
const (
	MaxBytes    = 16 << 20 // of the file
	MaxRows     = rollout.MaxEntries
	maxCell     = 200 // bytes
	maxColumns  = 64
	maxProblems = 100 // that are told one by one
)

// What can be wrong with a table as a whole, and with a row. The comment gives the Args
// of each.
const (
	CodeLarge  devices.Code = "roster.large"  // {0:bytes} most
	CodeRows   devices.Code = "roster.rows"   // most rows
	CodeText   devices.Code = "roster.text"   // –
	CodeHeader devices.Code = "roster.header" // the columns found
	CodeEmpty  devices.Code = "roster.empty"  // –
	CodeRead   devices.Code = "roster.read"   // –

	ProblemQuotes  devices.Code = "roster.row.quotes"  // last line of the text in quotation marks
	ProblemColumns devices.Code = "roster.row.columns" // number found, number in the header
	ProblemCell    devices.Code = "roster.row.cell"    // column, most bytes
	ProblemNobody  devices.Code = "roster.row.nobody"  // –
	ProblemIMEI    devices.Code = "roster.row.imei"    // what was found
	ProblemRounded devices.Code = "roster.row.rounded" // what was found
	ProblemSerial  devices.Code = "roster.row.serial"  // what was found
	ProblemMAC     devices.Code = "roster.row.mac"     // what was found
	ProblemList    devices.Code = "roster.row.list"    // what was found
)

// Error says why a table cannot be used at all.
type Error struct {
	Code devices.Code
	Args []any
	Err  error
}

// Error is code, args and cause.
func (e *Error) Error() string {
	text := "roster: " + string(e.Code)
	for _, a := range e.Args {
		if s, ok := a.(string); ok {
			a = strconv.Quote(s) // it may come from the table
		}
		text += fmt.Sprintf(" %v", a)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Problem is a row that was left out.
type Problem struct {
	// Line is that in the file on which the row begins, from 1.
	Line int
	Code devices.Code
	Args []any
}

// Roster is what a table says.
type Roster struct {
	// Allow and Deny are entries as rollout.Targets has them, each once, in the order
	// of the table.
	Allow, Deny []string
	// Rows counts those with something in them; Twice those that said again what was
	// said before.
	Rows, Twice int
	// Problems are the rows that were left out, the first hundred; Bad counts all, of a text
	// in quotation marks that may hide rows each line.
	Problems []Problem
	Bad      int
}

// The columns, by all names under which they are known.
var columns = map[string]string{
	"imei": "imei", "imei号": "imei",
	"serial": "serial", "sn": "serial", "serial number": "serial", "序列号": "serial",
	"mac": "mac", "mac地址": "mac",
	"list": "list", "allow/deny": "list", "allow": "list", "名单": "list",
}

// The words for the two lists.
var lists = map[string]bool{
	"": true, "allow": true, "yes": true, "y": true, "1": true, "允许": true, "白名单": true,
	"deny": false, "no": false, "n": false, "0": false, "禁止": false, "黑名单": false,
}

// Import reads a table with a header: at least one of imei, serial, mac, and list with
// allow or deny (empty is allow). Lines end with LF, CR or both. Commas, semicolons and tabulators separate; UTF-8,
// UTF-16 with a mark, and GBK are understood. A row that cannot be used is left out and
// named in Problems, and so are lines that a stray quotation mark makes one text of; the
// error, an *Error, is for tables that are none or have no row.
func Import(from io.Reader) (Roster, error) {
	raw, err := io.ReadAll(io.LimitReader(from, MaxBytes+1))
	switch {
	case err != nil:
		return Roster{}, &Error{Code: CodeRead, Err: err}
	case len(raw) > MaxBytes:
		return Roster{}, &Error{Code: CodeLarge, Args: []any{int64(MaxBytes)}}
	}
	text, err := decode(raw)
	if err != nil {
		return Roster{}, err
	}
	in := csv.NewReader(strings.NewReader(text))
	in.Comma, in.FieldsPerRecord = separator(text), -1
	in.TrimLeadingSpace = in.Comma != '\t'     // else it takes an empty cell for space
	in.LazyQuotes, in.ReuseRecord = true, true // each cell is checked anyway
	head, err := header(in)
	if err != nil {
		return Roster{}, err
	}
	return rows(in, head, text)
}

// decode makes text of bytes. What holds zero bytes, as archives and pictures do, is
// none.
func decode(raw []byte) (string, error) {
	var how encoding.Encoding
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")):
		how = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case !utf8.Valid(raw):
		how = simplifiedchinese.GB18030
	default:
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	}
	if how != nil {
		plain, err := how.NewDecoder().Bytes(raw)
		if err != nil {
			return "", &Error{Code: CodeText, Err: err}
		}
		raw = plain
	}
	if bytes.ContainsRune(raw, 0) || bytes.ContainsRune(raw, utf8.RuneError) || bytes.HasPrefix(raw, []byte("PK\x03\x04")) {
		return "", &Error{Code: CodeText}
	}
	return ended.Replace(string(raw)), nil
}

// ended makes one of the ways to end a line: old spreadsheets end it with a CR alone.
var ended = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// separator is what stands between the columns of the first line.
func separator(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := strings.Count(line, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// header finds the columns: their names by place, "" for one that means nothing here.
func header(in *csv.Reader) ([]string, error) {
	found, err := in.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, &Error{Code: CodeEmpty}
	case err != nil:
		return nil, &Error{Code: CodeHeader, Args: []any{""}, Err: err}
	case len(found) > maxColumns:
		return nil, &Error{Code: CodeHeader, Args: []any{""}}
	}
	var head []string
	for _, cell := range found {
		head = append(head, columns[strings.ToLower(strings.TrimSpace(cell))])
	}
	count := make(map[string]int)
	for _, name := range head {
		count[name]++
	}
	known := count["imei"]+count["serial"]+count["mac"] > 0
	for _, name := range []string{"imei", "serial", "mac", "list"} {
		known = known && count[name] <= 1
	}
	if !known {
		return nil, &Error{Code: CodeHeader, Args: []any{bounded(strings.Join(found, ", "))}}
	}
	return head, nil
}

func rows(in *csv.Reader, head []string, text string) (Roster, error) {
	var r Roster
	seen := make(map[string]bool)
	at := place{line: 1}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) && r.Rows+r.Bad == 0 {
			return Roster{}, &Error{Code: CodeEmpty}
		}
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return Roster{}, &Error{Code: CodeRead, Err: err}
		}
		last := at.reach(text, in.InputOffset())
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		if r.Rows++; r.Rows > MaxRows {
			return Roster{}, &Error{Code: CodeRows, Args: []any{MaxRows}}
		}
		line, _ := in.FieldPos(0)
		if slices.ContainsFunc(row, func(cell string) bool { return hides(cell, in.Comma) }) {
			r.bad(line, ProblemQuotes, last)
			r.Bad += last - line
			continue
		}
		r.row(line, row, head, seen)
	}
}

// bad notes a row that is left out.
func (r *Roster) bad(line int, code devices.Code, args ...any) {
	if r.Bad++; r.Bad <= maxProblems {
		r.Problems = append(r.Problems, Problem{Line: line, Code: code, Args: args})
	}
}

// row takes in one row.
func (r *Roster) row(line int, row, head []string, seen map[string]bool) {
	if len(row) != len(head) {
		r.bad(line, ProblemColumns, len(row), len(head))
		return
	}
	said := make(map[string]string)
	for i, name := range head {
		if len(row[i]) > maxCell {
			r.bad(line, ProblemCell, i+1, maxCell)
			return
		}
		if name != "" {
			said[name] = value(row[i])
		}
	}
	allow, known := lists[strings.ToLower(said["list"])]
	if !known {
		r.bad(line, ProblemList, bounded(said["list"]))
		return
	}
	entry, code, what := entryOf(said)
	if code != "" {
		r.bad(line, code, what...)
		return
	}
	r.add(allow, entry, seen)
}

// add puts an entry on one of the lists, once.
func (r *Roster) add(allow bool, entry string, seen map[string]bool) {
	to := &r.Deny
	if allow {
		to = &r.Allow
	}
	key := fmt.Sprint(allow, entry)
	if seen[key] {
		r.Twice++
		return
	}
	seen[key] = true
	*to = append(*to, entry)
}

// rounded is what a spreadsheet makes of a long number.
var rounded = regexp.MustCompile(`^\d+([.,]\d*([eE]\+?\d+)?|[eE]\+?\d+)$`)

// entryOf is the name of the device of a row, or why it is none: its IMEI before its
// serial number before its address.
func entryOf(said map[string]string) (entry string, code devices.Code, what []any) {
	for _, c := range []struct {
		column, kind string
		code         devices.Code
	}{{"imei", "imei", ProblemIMEI}, {"serial", "sn", ProblemSerial}, {"mac", "mac", ProblemMAC}} {
		text := said[c.column]
		if text == "" {
			continue
		}
		if entry, ok := rollout.Entry(c.kind + ":" + text); ok {
			return entry, "", nil
		}
		if c.column == "imei" && rounded.MatchString(text) {
			return "", ProblemRounded, []any{bounded(text)}
		}
		return "", c.code, []any{bounded(text)}
	}
	return "", ProblemNobody, nil
}

// value is a cell without what spreadsheets need to take a number for a text: '86… and
// ="86…".
func value(cell string) string {
	cell = strings.TrimSpace(cell)
	if inner, ok := strings.CutPrefix(cell, `="`); ok {
		cell = strings.TrimSuffix(inner, `"`)
	}
	return strings.TrimSpace(strings.TrimPrefix(cell, "'"))
}

// bounded is text that may be shown.
func bounded(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxCell {
		text = strings.ToValidUTF8(text[:maxCell], "") + "…"
	}
	return text
}
