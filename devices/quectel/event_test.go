package quectel

import "testing"

// TestEvents: the words of upgrades in the forms that modules write them.
func TestEvents(t *testing.T) {
	for _, c := range []struct {
		line string
		want event
		ok   bool
	}{
		{`+QIND: "FOTA","HTTPSTART"`, event{name: "HTTPSTART"}, true},
		{`+QIND: "FOTA","HTTPEND",0`, event{name: "HTTPEND", code: 0, coded: true}, true},
		{`+QIND: "FOTA","HTTPEND",701`, event{name: "HTTPEND", code: 701, coded: true}, true},
		{`+QIND:"FOTA","UPDATING",7%`, event{name: "UPDATING", code: 7, coded: true}, true},
		{`+QIND: "FOTA", "UPDATING", 7 %`, event{name: "UPDATING", code: 7, coded: true}, true},
		{`+QIND: "FOTA","RESTORE",3`, event{name: "RESTORE", code: 3, coded: true}, true},
		{`+QIND: "FOTA","END",0`, event{name: "END", code: 0, coded: true}, true},
		{"RDY", event{name: eventReady}, true},
		{"Last upgrade was not finished,continue upgrade", event{name: eventContinue}, true},
		{`+QIND: "FOTA","END",`, event{}, false},
		{`+QIND: "FOTA","END"`, event{}, false},
		{`+QIND: "FOTA","END",0x`, event{}, false},
		{`+QIND: "FOTA","END",99999999999999999999`, event{}, false},
		{`+QIND: "FOTA","EN`, event{}, false},
		{`+QIND: "csq",20,99`, event{}, false},
		{`x+QIND: "FOTA","END",0`, event{}, false},
		{"APP RDY", event{}, false},
	} {
		if got, ok := parseEvent(c.line); ok != c.ok || ok && got != c.want {
			t.Errorf("%s is %+v, %v", c.line, got, ok)
		}
	}
}

// FuzzEvent: no line but a whole one says that an upgrade ended.
func FuzzEvent(f *testing.F) {
	for _, seed := range []string{`+QIND: "FOTA","END",0`, `+QIND: "FOTA","UPDATING",7%`, "RDY", `+QIND: "FOTA",`, "+QIND: \"FOTA\",\"END\", 0 %"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		e, ok := parseEvent(line)
		if !ok {
			return
		}
		if e.code < 0 || e.code > 99999 || e.name == eventEnd && !e.coded {
			t.Errorf("%q is %+v", line, e)
		}
		if n, plausible := e.percent(); plausible && (n < 0 || n > 100) {
			t.Errorf("%q is %d percent", line, n)
		}
	})
}
