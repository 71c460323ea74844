package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"fotabench/devices"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

const table = "IMEI,序列号,名单,备注\r\n860000000000001,,允许,张三\r\n860000000000002,,deny,\r\n,SN-77,,\r\n\r\n860000000000001,,allow,again\r\n"

// TestEncodings: the same table, as the programs of the world write it.
func TestEncodings(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	little, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(table)
	big, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(table)
	for name, text := range map[string]string{
		"utf-8": table, "bom": "\xef\xbb\xbf" + table, "gbk": gbk, "utf-16le": little, "utf-16be": big,
		"semicolons": strings.ReplaceAll(table, ",", ";"), "tabs": strings.ReplaceAll(table, ",", "\t"),
		"unix": strings.ReplaceAll(table, "\r", ""), "old macintosh": strings.ReplaceAll(table, "\n", ""),
	} {
		r, err := Import(strings.NewReader(text))
		if err != nil || r.Rows != 4 || r.Twice != 1 || r.Bad != 0 ||
			!slices.Equal(r.Allow, []string{"imei:860000000000001", "sn:sn-77"}) || !slices.Equal(r.Deny, []string{"imei:860000000000002"}) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestBadRows: each is named by its line; the others count.
func TestBadRows(t *testing.T) {
	text := "imei,serial,mac,list\n" +
		"8.6E+14,,,\n" + // 2: a spreadsheet rounded it
		"86000000000000,,,\n" + // 3: 14 digits
		"860000000000001,,\n" + // 4: a column short
		",0000,,\n" + // 5
		",,zz,\n" + // 6
		",,,deny\n" + // 7: nobody
		"860000000000001,,,perhaps\n" + // 8
		"\"=\"\"860000000000003\"\"\",,,\n" + // 9: as a spreadsheet keeps a number a text
		"'860000000000004,,,\n" + // 10
		",,\"two\nlines\",\n" + // 11, 12
		"," + strings.Repeat("x", maxCell+1) + ",,\n" + // 13
		"../../etc/passwd,,,\n" + // 14: no spreadsheet made this
		"\"8,6E+14\",,,\n" + // 15
		"860000000000001.,,,\n" + // 16
		"860000000000005,\"never ends,,\n"
	r, err := Import(strings.NewReader(text))
	if err != nil || !slices.Equal(r.Allow, []string{"imei:860000000000003", "imei:860000000000004"}) {
		t.Fatalf("%+v, %v", r, err)
	}
	want := []Problem{
		{2, ProblemRounded, nil},
		{3, ProblemIMEI, nil},
		{4, ProblemColumns, nil},
		{5, ProblemSerial, nil},
		{6, ProblemMAC, nil},
		{7, ProblemNobody, nil},
		{8, ProblemList, nil},
		{11, ProblemMAC, nil},
		{13, ProblemCell, nil},
		{14, ProblemIMEI, nil},
		{15, ProblemRounded, nil},
		{16, ProblemRounded, nil},
		{17, ProblemColumns, nil},
	}
	for i, p := range r.Problems {
		if i >= len(want) || p.Line != want[i].Line || p.Code != want[i].Code {
			t.Errorf("problem %d: %+v", i, p)
		}
	}
	if len(r.Problems) != len(want) || r.Bad != len(want) {
		t.Errorf("%d problems, %d bad", len(r.Problems), r.Bad)
	}
}

// TestHiddenRows: rows that a stray quotation mark makes one text of are told, each line,
// wherever the text ends; a remark of several lines is a remark.
func TestHiddenRows(t *testing.T) {
	const a, b, c, d = "860000000000017", "860000000000025", "860000000000033", "860000000000041"
	for name, one := range map[string]struct {
		text              string
		deny              []string
		line, last, total int // of what is told; 0: nothing
	}{
		"to the end":         {"imei,list\n" + a + ",deny\n\"" + b + ",deny\n" + c + ",deny\n" + d + ",deny\n", []string{a}, 3, 5, 3},
		"to the next one":    {"list,imei,remark\ndeny," + a + ",\"5 inch\ndeny," + b + ",plain\ndeny," + c + ",\"\ndeny," + d + ",x\n", []string{d}, 2, 4, 3},
		"half of a row":      {"imei,remark,list\n" + a + ",\"x\n" + b + "\",deny\n" + d + ",x,deny\n", []string{d}, 2, 3, 2},
		"one column":         {"mac\n\"00:11:22:33:44:55\n00:11:22:33:44:56\"\n", nil, 2, 3, 2},
		"no end of the line": {"imei,list\n\n\"" + b + ",deny\n" + c + ",deny", nil, 3, 4, 2},
		"a remark":           {"imei,remark,list\n" + a + ",\"Berlin, Mitte\nroom 5\",deny\n" + d + ",,deny\n", []string{a, d}, 0, 0, 0},
	} {
		r, err := Import(strings.NewReader(one.text))
		var deny []string
		for _, imei := range one.deny {
			deny = append(deny, "imei:"+imei)
		}
		if err != nil || !slices.Equal(r.Deny, deny) || len(r.Allow) > 0 || r.Bad != one.total {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if one.line > 0 && (len(r.Problems) != 1 || r.Problems[0].Code != ProblemQuotes || r.Problems[0].Line != one.line || r.Problems[0].Args[0] != one.last) {
			t.Errorf("%s: told %+v", name, r.Problems)
		}
	}
}

// TestNoTable: what is no table, or too large a one, is refused as a whole.
func TestNoTable(t *testing.T) {
	many := strings.Repeat("860000000000001\n", MaxRows+1)
	for name, c := range map[string]struct {
		text string
		code devices.Code
	}{
		"empty":      {"", CodeEmpty},
		"one line":   {"imei,list", CodeEmpty},
		"no rows":    {"imei,list\r\n\r\n,\r\n", CodeEmpty},
		"archive":    {"PK\x03\x04 imei\n1", CodeText},
		"zeros":      {"imei\n\x00", CodeText},
		"no header":  {"860000000000001\n860000000000002\n", CodeHeader},
		"two imeis":  {"imei,IMEI\n1,2\n", CodeHeader},
		"many rows":  {"imei\n" + many, CodeRows},
		"huge":       {"imei\n" + strings.Repeat("x", MaxBytes), CodeLarge},
		"many heads": {strings.Repeat("imei,", maxColumns+1) + "\n", CodeHeader},
	} {
		_, err := Import(strings.NewReader(c.text))
		var e *Error
		if !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	lots, err := Import(strings.NewReader("imei\n" + strings.Repeat("1\n", 5000)))
	if err != nil || lots.Bad != 5000 || len(lots.Problems) != maxProblems {
		t.Errorf("%d bad, %d told, %v", lots.Bad, len(lots.Problems), err)
	}
}

// TestExport: what a device says of itself is no formula, and comes back as text.
func TestExport(t *testing.T) {
	var o rollout.Overview
	evil := []string{`=HYPERLINK("http://x","y")`, "+1", "-1", "@sum", "\tx", "＝1", "plain, \"quoted\"\nline"}
	for i, model := range evil {
		o.Devices = append(o.Devices, rollout.Device{ID: fmt.Sprint("imei:", i), Model: model, Status: rollout.Failed, Heard: time.Unix(0, 0)})
	}
	var b bytes.Buffer
	if err := Export(&b, o, []string{"imei: 860000000000009"}, func(updater.Note) string { return "=why" }); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b.Bytes(), []byte("\xef\xbb\xbf")))).ReadAll()
	if err != nil || len(rows) != len(evil)+2 {
		t.Fatal(rows, err)
	}
	if last := rows[len(rows)-1]; last[0] != "imei: 860000000000009" || last[3] != Unseen || last[6] != string(WhyUnseen) {
		t.Errorf("who never came: %q", last)
	}
	for i, row := range rows[1 : len(rows)-1] {
		want := "'" + evil[i]
		if strings.HasPrefix(want, "'plain") {
			want = evil[i]
		}
		if row[1] != want || row[5] != "'=why" || row[10] != "1970-01-01T00:00:00Z" {
			t.Errorf("%q, %q", row[1], row[5])
		}
	}
	if err := Export(&b, o, nil, nil); err != nil {
		t.Error(err)
	}
}

// FuzzImport: no table makes an entry that a plan would refuse.
func FuzzImport(f *testing.F) {
	for _, text := range []string{table, "imei\n1\n", "\xff\xfei\x00m\x00", "mac;list\naa-bb-cc-dd-ee-ff;deny\n", "sn\n\"=\"\"x\"\"\"\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Import(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, entry := range append(r.Allow, r.Deny...) {
			if again, ok := rollout.Entry(entry); !ok || again != entry {
				t.Errorf("entry %q becomes %q", entry, again)
			}
		}
		if len(r.Problems) > r.Bad || r.Bad == 0 && len(r.Allow)+len(r.Deny)+r.Twice != r.Rows {
			t.Errorf("%+v", r)
		}
	})
}

// TestErrorText: the technical text has numbers as numbers.
func TestErrorText(t *testing.T) {
	e := &Error{Code: "roster.rows", Args: []any{100000, "a\x1b"}}
	if got, want := e.Error(), `roster: roster.rows 100000 "a\x1b"`; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
