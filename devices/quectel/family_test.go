package quectel

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/devices/at"
)

// TestFamilyTable walks the data file: every command that it can make is one line that
// AT can carry, and what it promises is whole.
func TestFamilyTable(t *testing.T) {
	all, err := loadFamilies(embedded)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range all.Families {
		if names[f.Name] {
			t.Errorf("%q stands twice", f.Name)
		}
		names[f.Name] = true
		for _, c := range commandsOf(f) {
			if strings.ContainsAny(c, "{}`\r\n") || c != "" && !strings.HasPrefix(c, "AT+") {
				t.Errorf("%q sends %q", f.Name, c)
			}
		}
		if _, err := at.Quote(f.Name83); err != nil || len(f.Name83) > 12 {
			t.Errorf("%q stores %q", f.Name, f.Name83)
		}
		for stage, seconds := range f.Weights {
			if seconds <= 0 {
				t.Errorf("%q: %s takes %v s", f.Name, stage, seconds)
			}
		}
	}
	if last := all.Families[len(all.Families)-1]; last.listed() || last.Local != "" {
		t.Errorf("the last family, %q, must take all models and promise little", last.Name)
	}
}

// commandsOf are all commands that a family can be sent for an upgrade.
func commandsOf(f *family) []string {
	commands := append([]string{fill(f.URL, "{url}", "http://host/x")}, f.Prepare...)
	for _, c := range f.File {
		commands = append(commands, fill(c, "{name}", f.Name83))
	}
	return append(commands, fill(f.Stream, "{size}", "1"), fill(f.ContextCommand, "{cid}", "1"))
}

// TestCodeTables: every number has a kind that an upgrade can end with, and every table
// is used.
func TestCodeTables(t *testing.T) {
	all, err := loadFamilies(embedded)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, f := range all.Families {
		for _, code := range []string{f.HTTPCodes, f.FTPCodes, f.FileCodes, f.EndCodes} {
			used[code] = true
		}
	}
	kinds := []devices.Kind{
		devices.Absent, devices.Denied, devices.Timeout, devices.Lost,
		devices.Protocol, devices.Refused, devices.Integrity, devices.Space,
	}
	for name, table := range all.Tables {
		if table.Source == "" || len(table.Codes) == 0 || !used[name] {
			t.Errorf("table %q has no source, no codes or no user", name)
		}
		for code, m := range table.Codes {
			if !slices.Contains(kinds, m.Kind) || !strings.HasPrefix(string(m.Note), "quectel.") {
				t.Errorf("table %q: %s is %+v", name, code, m)
			}
		}
	}
}

// TestFamilyOf: the longest beginning of a model's name counts, and the flash size in
// the version.
func TestFamilyOf(t *testing.T) {
	all, err := loadFamilies(embedded)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ model, firmware, want string }{
		{"EC25", "EC25EFAR06A01M4G_01.001.01.001", "lte-standard"},
		{"EG25", "", "lte-standard"},
		{"EG915U-EU", "EG915UEUABR03A01M08", "ec200u"},
		{"EG915N-EU", "EG915NEUAGR05A01M16", "lte-standard-a"},
		{"EC200A", "EC200ACNHAR01A02M08", "lte-standard-a"},
		{"EC800K", "EC800KCNLCR07A07M04_01.300.01.300", "lte-standard-a-mini"},
		{"EC600N", "EC600NCNLCR03A11M16", "lte-standard-a"},
		{"RG500Q-EA", "", "5g"},
		{"EG18-NA", "", "lte-a-12"},
		{"BG96", "", "bg96"},
		{"EG912Y", "", "unlisted"},
		{"EC200S", "", "unlisted"},
		{"UC20", "UC20GQBR03A12E1G", "unlisted"},
		{"", "", "unlisted"},
	} {
		if got := all.of(devices.Identity{Model: c.model, Firmware: c.firmware}); got.Name != c.want {
			t.Errorf("%s %s is %q, want %q", c.model, c.firmware, got.Name, c.want)
		}
	}
}

// TestFamilyRefuses: a data file with a key that nobody reads, or without one that is
// needed, is an error at the start.
func TestFamilyRefuses(t *testing.T) {
	for name, change := range map[string]func(all map[string]any, f map[string]any){
		"unknown key":       func(_, f map[string]any) { f["colour"] = "red" },
		"unknown table":     func(_, f map[string]any) { f["endCodes"] = "nowhere" },
		"no url":            func(_, f map[string]any) { f["url"] = "AT+QFOTADL" },
		"no pattern":        func(_, f map[string]any) { f["firmware"] = "(" },
		"no length":         func(_, f map[string]any) { delete(f, "maxURL") },
		"no name of a file": func(_, f map[string]any) { delete(f, "fileName") },
		"code is no number": func(all, _ map[string]any) {
			all["tables"].(map[string]any)["http"].(map[string]any)["codes"].(map[string]any)["x"] = map[string]any{"note": "a", "kind": "b"}
		},
	} {
		var all map[string]any
		if err := json.Unmarshal(embedded, &all); err != nil {
			t.Fatal(err)
		}
		change(all, all["families"].([]any)[0].(map[string]any))
		data, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := loadFamilies(data); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestExplain: the number of one family is never read by another's table.
func TestExplain(t *testing.T) {
	all, err := loadFamilies(embedded)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		model, firmware string
		e               event
		note            devices.Code
		kind            devices.Kind
	}{
		{"EC200A", "", event{name: "END", code: 504, coded: true}, "quectel.end.504", devices.Refused},
		{"EP06", "", event{name: "END", code: 504, coded: true}, "quectel.end.package", devices.Integrity},
		{"EC25", "", event{name: "END", code: 552, coded: true}, NoteEndCode, devices.Refused},
		{"EC200A", "", event{name: "FTPEND", code: 602, coded: true}, "quectel.ftp.602", devices.Refused},
		{"EC25", "", event{name: "FTPEND", code: 602, coded: true}, "quectel.ftp.602.timeout", devices.Timeout},
		{"EC25", "", event{name: "HTTPEND", code: 714, coded: true}, "quectel.http.714", devices.Absent},
		{"EC25", "", event{name: "HTTPEND", code: 723, coded: true}, NoteHTTPCode, devices.Refused},
		{"UC20", "", event{name: "END", code: 505, coded: true}, NoteEndCode, devices.Refused},
		{"EC25", "", event{name: "FILEEND", code: 500, coded: true}, NoteFileCode, devices.Refused},
	} {
		got := all.explain(all.of(devices.Identity{Model: c.model, Firmware: c.firmware}), c.e)
		if got.Note != c.note || got.Kind != c.kind || got.Code != c.e.code || !got.HasCode || len(got.Args) == 0 {
			t.Errorf("%s %+v is %s, %s", c.model, c.e, got.Note, got.Kind)
		}
	}
}
