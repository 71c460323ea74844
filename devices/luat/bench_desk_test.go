package luat

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fotabench/devices/checkin"
	"fotabench/packages"
)

// newPackage writes a package of size bytes with a target version.
func newPackage(t testing.TB, size int, target string) *packages.Package {
	t.Helper()
	path := filepath.Join(t.TempDir(), "update.bin")
	body := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	return packageOf(t, path, body, target)
}

func packageOf(t testing.TB, path string, body []byte, target string) *packages.Package {
	t.Helper()
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Manifest.TargetVersion = target
	return p
}

// everybody gets the package.
func everybody(p *packages.Package) *checkin.Rules {
	return &checkin.Rules{Register: true, Rules: []checkin.Rule{{Offer: checkin.Offer{Package: p}}}}
}

func newDesk(t testing.TB, rules *checkin.Rules) *checkin.Desk {
	t.Helper()
	// However slow this computer is: who asks once more asks too soon to have restarted.
	d := checkin.New(checkin.Config{Reboot: time.Hour})
	d.SetRules(rules)
	return d
}

func overHTTP(t testing.TB, desk *checkin.Desk) *HTTPService {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := ServeHTTP(l, desk, nil)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func overUDP(t testing.TB, desk *checkin.Desk) *UDPService {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := ServeUDP(c, desk, nil)
	t.Cleanup(func() { _ = s.Close() })
	return s
}
