package cli

import (
	"slices"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/devices/link"
)

// TestUdevRule: what the window copies is printed on its own, for each kind of module once,
// and what to do with it is told beside it.
func TestUdevRule(t *testing.T) {
	plugged := func(port devices.Address, vid, pid string) devices.Sighting {
		return devices.Sighting{Key: string(port), Ports: []devices.Port{{Address: port}}, VID: vid, PID: pid}
	}
	list := discoverer{plugged("/dev/ttyUSB0", "2C7C", "6002"), plugged("/dev/ttyUSB4", "2C7C", "6002"), plugged("COM7", "1A86", "55D2"), plugged("/dev/ttyS0", "", "")}
	for _, c := range []struct {
		args  string
		there discoverer
		exit  int
		want  []string
	}{
		{"", list, ExitVerified, []string{link.ModemManagerRule("2C7C", "6002"), link.ModemManagerRule("1A86", "55D2")}},
		{"--port COM7", list, ExitVerified, []string{link.ModemManagerRule("1A86", "55D2")}},
		{"", discoverer{}, ExitVerified, []string{link.ModemManagerRule("", "")}},
		{"--port /dev/ttyS0", list, ExitFailed, nil},
		{"--port COM9", list, ExitFailed, nil},
		{"--port COM9 --access", list, ExitUsage, nil},
	} {
		b := newCall(t)
		b.config.Discoverer = c.there
		if got := b.run(t, append([]string{"devices", "udev-rule"}, strings.Fields(c.args)...)...); got != c.exit {
			t.Errorf("%s: %d, %s", c.args, got, &b.err)
		}
		if got := strings.Split(strings.TrimSuffix(b.out.String(), "\n"), "\n"); c.want != nil && !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
		if c.exit == ExitVerified && !strings.Contains(b.err.String(), link.ModemManagerRules) {
			t.Errorf("%s: nobody says where it belongs: %s", c.args, &b.err)
		}
	}
	b := newCall(t)
	b.config.Discoverer = list
	b.run(t, "devices", "udev-rule", "--json", "--port", "COM7")
	if o := b.objects(t); len(o) != 1 || o[0]["rule"] != link.ModemManagerRule("1A86", "55D2") || o[0]["file"] != link.ModemManagerRules || b.err.Len() > 0 {
		t.Errorf("%v %s", o, &b.err)
	}
	b = newCall(t)
	if got := b.run(t, "devices", "udev-rule", "--access"); got != 0 || !strings.Contains(b.out.String(), `TAG+="uaccess"`) || !strings.HasSuffix(b.out.String(), "_end\"\n") {
		t.Errorf("%d: %s", got, &b.out)
	}
}
