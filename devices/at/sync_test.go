package at

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// TestSync: what answers AT is found in whatever state it is; all else is told apart.
func TestSync(t *testing.T) {
	awake := 0
	for _, c := range []struct {
		name   string
		answer func(line string) string
		note   devices.Code
		kind   devices.Kind
	}{
		{"ready", modem(nil), "", ""},
		{"no CMEE", modem(map[string]string{"AT+CMEE?": "\r\nERROR\r\n"}), "", ""},
		{"wakes at the second", func(line string) string {
			if awake++; awake < 2 {
				return ""
			}
			return modem(nil)(line)
		}, "", ""},
		{"silent", func(string) string { return "" }, NoteSilent, devices.Timeout},
		{"boots", func(string) string { return "\r\n+QIND: \"FOTA\",\"UPDATING\",3\r\n" }, NoteSilent, devices.Timeout},
		{"interpreter", func(line string) string {
			return line + "\r\nTraceback (most recent call last):\r\nNameError: name 'AT' isn't defined\r\n>>> "
		}, NoteREPL, devices.Unsupported},
		{"locked interpreter", func(string) string { return "REPL refuse\r\n" }, NoteREPL, devices.Unsupported},
		{"wrong speed", func(string) string { return "\xf8\x80\x01\xfe\xf0" }, NoteGarbled, devices.Protocol},
		{"something else", func(string) string { return "login: " }, NoteNotAT, devices.Unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, _ := paired(t, false, c.answer)
				err := client.Sync(t.Context())
				var e *devices.Error
				switch {
				case c.note == "" && err != nil:
					t.Errorf("sync: %v", err)
				case c.note != "" && (!errors.As(err, &e) || e.Note != c.note || !errors.Is(err, c.kind)):
					t.Errorf("sync: %v, want %s", err, c.note)
				}
			})
		})
	}
}

// TestMirror: a line that gives back what is sent is no device.
func TestMirror(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := paired(t, true, func(string) string { return "" })
		if err := client.Sync(t.Context()); !errors.Is(err, devices.Timeout) {
			t.Errorf("a mirror is %v", err)
		}
	})
}

// settings is a modem with results that can be numeric, off, and errors in three ways.
type settings struct{ v, q, cmee string }

func (s *settings) answer(line string) string {
	ok := "\r\nOK\r\n"
	info := ""
	switch line {
	case "ATV1", "ATV0":
		s.v = line[3:]
	case "ATQ1":
		s.q = "1"
	case "ATQ0V1":
		s.q, s.v = "0", "1"
	case "AT+CMEE?":
		info = "\r\n+CMEE: " + s.cmee + "\r\n"
	case "AT+CMEE=0", "AT+CMEE=1", "AT+CMEE=2":
		s.cmee = line[8:]
	}
	if s.v == "0" {
		ok = "0\r"
	}
	if s.q == "1" {
		return ""
	}
	return info + ok
}

// TestRestores: Close puts back what Sync changed.
func TestRestores(t *testing.T) {
	for _, was := range []settings{{"1", "0", "0"}, {"0", "0", "2"}, {"1", "1", "1"}} {
		synctest.Test(t, func(t *testing.T) {
			now := was
			client, _ := paired(t, true, now.answer)
			if err := client.Sync(t.Context()); err != nil {
				t.Fatalf("%v: %v", was, err)
			}
			synctest.Wait()
			if now != (settings{"1", "0", "1"}) {
				t.Errorf("%v became %v", was, now)
			}
			if err := client.Close(t.Context()); err != nil {
				t.Errorf("close: %v", err)
			}
			synctest.Wait()
			if now != was {
				t.Errorf("left as %v, found as %v", now, was)
			}
		})
	}
}

// TestSyncLeavesData: an upload that somebody left open is ended, not filled with
// commands.
func TestSyncLeavesData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := true
		var swallowed []byte
		client, p := paired(t, false, nil)
		p.answer = func(line string) string {
			if !open {
				return modem(nil)(line)
			}
			swallowed = append(swallowed, line...)
			// The rest of the file, until +++ stands alone.
			swallowed = append(swallowed, p.data(1<<20, 0, time.Minute)...)
			open = false
			return "\r\n+QFUPL: 9,1\r\n\r\nOK\r\n"
		}
		if err := client.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if strings.Contains(string(swallowed), "CMEE") {
			t.Errorf("commands went into the file: %q", swallowed)
		}
		if !slices.Contains(p.lines, "AT+CMEE?") {
			t.Errorf("afterwards the device heard only %q", p.lines)
		}
	})
}
