package luat

import (
	"bytes"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	said := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for _, c := range []struct {
		text string
		want query
		ok   bool
	}{
		{"Get1,7", query{get: true, n: 1, id: 7}, true},
		{"Get65535,2147483647\r\n", query{get: true, n: 65535, id: 2147483647}, true},
		{"0,KEY,860000000000001,SN1,DEMO_Luat,1.0.0,Get3,9", query{get: true, n: 3, id: 9}, true},
		{"0,KEY,860000000000001,SN1,DEMO_Luat,1.0.0Get3,9", query{get: true, n: 3, id: 9}, true},
		{"860000000000001,DEMO_Luat,1.0.0", query{said: said("imei", "860000000000001", "firmware_name", "DEMO_Luat", "version", "1.0.0")}, true},
		{
			"0,KEY,860000000000001,SN1,DEMO_Luat,1.0.0",
			query{said: said("project_key", "KEY", "imei", "860000000000001", "device_key", "SN1", "firmware_name", "DEMO_Luat", "version", "1.0.0")},
			true,
		},
		{
			"0,KEY,860000000000001,SN1,DEMO_Luat,1.10.0",
			query{said: said("project_key", "KEY", "imei", "860000000000001", "device_key", "SN1", "firmware_name", "DEMO_Luat", "version", "")},
			true,
		},
		{"Get,1", query{}, false},
		{"Get1", query{}, false},
		{"Get-1,2", query{}, false},
		{"Get4294967296,1", query{}, false},
		{"garbageGet1,1", query{}, false},
		{"", query{}, false},
		{strings.Repeat("a", 600), query{}, false},
	} {
		got, ok := parse([]byte(c.text))
		if ok != c.ok || got.get != c.want.get || got.n != c.want.n || got.id != c.want.id || len(got.said) != len(c.want.said) {
			t.Errorf("%q: %+v, %v", c.text, got, ok)
		}
		for k, v := range c.want.said {
			if got.said[k] != v {
				t.Errorf("%q: %s is %q, want %q", c.text, k, got.said[k], v)
			}
		}
	}
}

// TestPackets: protocols document, section 9: 1022 x 3 bytes are 3 packets, and the
// last must not be announced as 0.
func TestPackets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		size int
		want string
	}{
		{1, "LUAUPDATE,5,1,1"},
		{1021, "LUAUPDATE,5,1,1021"},
		{1022, "LUAUPDATE,5,1,1022"},
		{1023, "LUAUPDATE,5,2,1"},
		{1022 * 3, "LUAUPDATE,5,3,1022"},
		{maxUDP, "LUAUPDATE,5,65535,1022"},
	} {
		if got := string(offer(5, c.size)); got != c.want {
			t.Errorf("%d bytes: %s", c.size, got)
		}
	}
	body := bytes.Repeat([]byte("0123456789"), 250)
	var all []byte
	buf := make([]byte, 0, header+payload)
	for n := uint32(1); ; n++ {
		b := packet(buf, body, n)
		if b == nil {
			break
		}
		if int(b[0])<<8|int(b[1]) != int(n) {
			t.Errorf("packet %d says %v", n, b[:2])
		}
		all = append(all, b[header:]...)
	}
	if !bytes.Equal(all, body) {
		t.Errorf("%d bytes of %d", len(all), len(body))
	}
	for _, n := range []uint32{0, 4, maxPackets, maxPackets + 1, 1<<32 - 1} {
		if b := packet(buf, body, n); b != nil {
			t.Errorf("packet %d: %d bytes", n, len(b))
		}
	}
}

// FuzzParse: whatever comes, nothing that is kept is longer or stranger than what
// the protocol allows.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"Get1,7", "0,K,860000000000001,S,P_c,1.0.0,Get3,9", "860000000000001,DEMO_Luat,1.0.0", "0,,1,,x,y", "Get\x00,", ",,,,,",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		q, ok := parse(b)
		if ok && len(b) > maxQuery {
			t.Fatalf("took %d bytes", len(b))
		}
		if !ok || q.get {
			return
		}
		a, bad := arrival(q.said, ServiceUDP, "127.0.0.1:1")
		if bad == fine && (len(a.Identity.IMEI) != 15 && a.Identity.ID() == "" || len(a.Identity.Model) > 128 || a.Identity.Firmware == "") {
			t.Fatalf("took %q as %+v", b, a.Identity)
		}
	})
}

// FuzzParameters: a query is refused or becomes a bounded identity.
func FuzzParameters(f *testing.F) {
	for _, seed := range []string{
		"imei=860000000000001&version=1.0.0&firmware_name=A_b", "imei=1&imei=2", "version=-1", "mac=..%2f..", "%zz", "imei=%00", ";",
	} {
		f.Add(seed, "bytes=0-")
	}
	f.Fuzz(func(t *testing.T, query, ranged string) {
		if first, _, ok := begin(ranged); ok && first < 0 {
			t.Fatalf("range %q begins at %d", ranged, first)
		}
		said, ok := parameters(query)
		if !ok {
			return
		}
		a, bad := arrival(said, ServiceHTTP, "127.0.0.1:1")
		if bad == fine && (a.Identity.ID() == "" || len(a.Identity.Serial) > 64 || !numbers.MatchString(a.Identity.Firmware)) {
			t.Fatalf("took %q as %+v", query, a.Identity)
		}
	})
}
