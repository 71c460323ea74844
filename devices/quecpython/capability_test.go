package quecpython

import (
	"strings"
	"testing"

	"fotabench/assets"
	"fotabench/devices"
)

func newTestDriver(t *testing.T) devices.Driver {
	t.Helper()
	models, err := assets.LoadModels()
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{Models: models})
}

// TestMatrix holds what each model can do against the table of the reference.
func TestMatrix(t *testing.T) {
	t.Parallel()
	d := newTestDriver(t)
	if d.Family() != "quecpython" {
		t.Errorf("family %q", d.Family())
	}
	for _, c := range []struct {
		model, firmware string
		can             string // of: local ftp apn tls hold url mini
		cancel          devices.CancelWay
	}{
		{"EC600N", "EC600NCNLCR03A11M16", "local ftp url mini", devices.CancelRestart},
		{"EC600N", "EC600NCNLAR03A11M16", "ftp url mini", devices.CancelRestart},
		{"EC600N-CNLF", "", "local ftp url mini", devices.CancelRestart},
		{"EC800M", "EC800MCNLAR01", "ftp url mini", devices.CancelRestart},
		{"EG912N", "", "local ftp url mini", devices.CancelRestart},
		{"BC25PA", "", "hold", devices.CancelRestart},
		{"BC25", "", "hold", devices.CancelNever},
		{"EC200A", "EC200AAUHAR01", "ftp tls hold url", devices.CancelNever},
		{"EC600U", "EC600UCNLBR01", "local ftp hold", devices.CancelNever},
		{"BG95", "BG95M3LAR02", "ftp apn hold", devices.CancelRequest},
		{"EC600E", "", "local hold", devices.CancelNever},
		{"", "", "hold", devices.CancelNever},
	} {
		t.Run(c.model+" "+c.firmware, func(t *testing.T) {
			caps := d.Capabilities(devices.Identity{Model: c.model, Firmware: c.firmware})
			var can []string
			for _, option := range []struct {
				name string
				c    devices.Capability
			}{
				{"local", caps.Methods[devices.Local]},
				{"ftp", caps.Methods[devices.FTP]},
				{"apn", caps.Options["apn"]},
				{"tls", caps.Options["tls"]},
				{"hold", caps.Options["holdRestart"]},
				{"url", caps.Options["ftpByURL"]},
				{"mini", caps.Options["mini"]},
			} {
				if option.c.OK {
					can = append(can, option.name)
				} else if option.c.Why == "" {
					t.Errorf("%s is refused without a reason", option.name)
				}
			}
			if got := strings.Join(can, " "); got != c.can {
				t.Errorf("can %q, want %q", got, c.can)
			}
			if !caps.Methods[devices.HTTP].OK || caps.Cancel[devices.HTTP] != c.cancel || caps.Cancel[devices.Local] != devices.CancelClean {
				t.Errorf("%+v", caps.Cancel)
			}
			if len(caps.Weights) != 7 {
				t.Errorf("weights %v", caps.Weights)
			}
		})
	}
}

// TestDeviceBeatsTheTable: its own answer wins in both directions, and says so.
func TestDeviceBeatsTheTable(t *testing.T) {
	t.Parallel()
	d := newTestDriver(t)
	id := func(extra map[string]string) devices.Identity {
		return devices.Identity{Model: "EC600U", Firmware: "EC600UCNLBR01", Extra: extra}
	}
	local := d.Capabilities(id(map[string]string{"fota.write": "yes", "fota.flush": "no", "fota.verify": "yes"})).Methods[devices.Local]
	if local.OK || local.Why != NoteLacks || local.Args[1] != "fota.flush" {
		t.Errorf("%+v", local)
	}
	caps := d.Capabilities(id(map[string]string{"fota.apn_set": "yes", "fota.download_cancel": "yes", "fota.ftpDownload": "no", "_thread": "yes"}))
	if apn := caps.Options["apn"]; !apn.OK || apn.Why != NoteUnlisted {
		t.Errorf("%+v", apn)
	}
	if ftp := caps.Methods[devices.FTP]; ftp.OK || ftp.Why != NoteLacks {
		t.Errorf("%+v", ftp)
	}
	if caps.Cancel[devices.HTTP] != devices.CancelRequest {
		t.Errorf("%+v", caps.Cancel)
	}
	caps = d.Capabilities(id(map[string]string{"fota": "no"}))
	for _, m := range []devices.Method{devices.Local, devices.HTTP, devices.FTP} {
		if caps.Methods[m].OK {
			t.Errorf("%s without a fota module", m)
		}
	}
	for answer, want := range map[string]bool{"yes": true, "no": false, "": false} {
		if got := d.Capabilities(id(map[string]string{"app_fota": answer})).Options["app"]; got.OK != want || (!want && got.Why == "") {
			t.Errorf("app_fota %q: %+v", answer, got)
		}
	}
}

func TestAddressesThatModulesCanParse(t *testing.T) {
	t.Parallel()
	long := "http://h.example/" + strings.Repeat("a", 255-len("http://h.example/"))
	for _, c := range []struct {
		name   string
		source devices.Source
		note   devices.Code
		want   string
	}{
		{"plain", devices.Source{URL: "http://h.example/a%20b?x=1"}, "", "http://h.example/a%20b?x=1"},
		{"255 bytes", devices.Source{URL: long}, "", long},
		{"256 bytes", devices.Source{URL: long + "a"}, NoteURLLong, ""},
		{"line break", devices.Source{URL: "http://h.example/a\r\nHost: b"}, NoteURLBad, ""},
		{"quote", devices.Source{URL: "http://h.example/a\"b"}, NoteURLBad, ""},
		{"Chinese", devices.Source{URL: "http://h.example/固件.bin"}, NoteURLBad, ""},
		{"other scheme", devices.Source{URL: "file:///etc/passwd"}, NoteURLBad, ""},
		{"ftp for http", devices.Source{URL: "ftp://h.example/a"}, NoteURLScheme, ""},
		{"login in the URL", devices.Source{URL: "http://u:p@h.example/a"}, NoteURLLogin, ""},
		{"login for http", devices.Source{URL: "http://h.example/a", User: "u", Password: "p"}, NoteHTTPLogin, ""},
		{"not a URL", devices.Source{URL: "firmware.bin"}, NoteURLBad, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := address(c.source, "http", "https")
			if noteOf(err) != c.note || got != c.want {
				t.Errorf("%q %v", got, err)
			}
		})
	}
	got, err := address(devices.Source{URL: "ftp://h.example:21/a", User: "u", Password: "p@ss"}, "ftp")
	if noteOf(err) != NoteURLLogin || strings.Contains(err.Error(), "p@ss") {
		t.Errorf("%q %v", got, err)
	}
}
