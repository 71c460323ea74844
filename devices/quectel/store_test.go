package quectel

import (
	"errors"
	"testing"
	"testing/synctest"

	"fotabench/devices"
	"fotabench/devices/at"
)

// TestVerify: the module's list of files is asked once more; a file that has changed
// since, or is gone, is not installed.
func TestVerify(t *testing.T) {
	for listed, kind := range map[string]devices.Kind{
		`+QFLST: "UFS:fbupd.zip",3000`: "",
		`+QFLST: "UFS:fbupd.zip",2999`: devices.Integrity,
		"":                             devices.Integrity,
	} {
		synctest.Test(t, func(t *testing.T) {
			d, a := staged(t, transcript{model: "EC25", firmware: "EC25EFAR06A01M4G", says: []string{"RDY"}})
			a.answer[`AT+QFLST="fbupd.zip"`] = listed
			s, err := d.Open(t.Context(), "here", devices.Access{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Verify(t.Context(), nil, nil); !errors.Is(err, devices.Refused) {
				t.Errorf("nothing was delivered, and verify says %v", err)
			}
			s.(*session).held = &held{name: "fbupd.zip", size: 3000, answer: "+QFUPL: 3000,1a2b"}
			if _, err := s.Verify(t.Context(), nil, nil); kind == "" && err != nil || kind != "" && !errors.Is(err, kind) {
				t.Errorf("listed as %q: %v", listed, err)
			}
		})
	}
}

// TestCompare: the module's count, its checksum and its list of files must all agree
// with what was sent, each by itself.
func TestCompare(t *testing.T) {
	p := packed(t, make([]byte, 3000), "EC25EFAR06A02M4G")
	for _, c := range []struct {
		name, line, listed string
		note               devices.Code
	}{
		{"all agree", "+QFUPL: 3000,1a2b", `+QFLST: "UFS:fbupd.zip",3000`, ""},
		{"upper case and zeros", "+QFUPL: 3000,1A2B", `+QFLST: "fbupd.zip",3000`, ""},
		{"a byte short", "+QFUPL: 2999,1a2b", `+QFLST: "fbupd.zip",2999`, NoteSize},
		{"another checksum", "+QFUPL: 3000,1a2c", `+QFLST: "fbupd.zip",3000`, NoteSum},
		{"listed shorter", "+QFUPL: 3000,1a2b", `+QFLST: "fbupd.zip",1024`, NoteSize},
		{"another file of that size", "+QFUPL: 3000,1a2b", `+QFLST: "xfbupd.zip",3000`, NoteSize},
		{"not listed", "+QFUPL: 3000,1a2b", "", NoteSize},
		{"half a result", "+QFUPL: 3000,", `+QFLST: "fbupd.zip",3000`, NoteNoResult},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, a := staged(t, transcript{model: "EC25", firmware: "EC25EFAR06A01M4G", says: []string{"RDY"}})
				a.answer[`AT+QFLST="fbupd.zip"`] = c.listed
				opened, err := d.Open(t.Context(), "here", devices.Access{})
				if err != nil {
					t.Fatal(err)
				}
				defer opened.Close()
				u := &upload{session: opened.(*session), file: p.Files[0], name: "fbupd.zip", report: &remarks{}}
				held, err := u.compare(t.Context(), at.Receipt{Response: at.Response{Lines: []string{c.line}}}, 0x1a2b)
				var e *devices.Error
				switch {
				case c.note == "" && (err != nil || held.size != 3000 || held.answer != c.line):
					t.Errorf("%+v, %v", held, err)
				case c.note != "" && (!errors.As(err, &e) || e.Note != c.note):
					t.Errorf("%v, want %s", err, c.note)
				}
			})
		})
	}
}
