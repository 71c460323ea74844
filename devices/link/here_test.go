package link

import (
	"net"
	"os"
	"testing"

	"fotabench/devices"
)

// TestHere: the ports of this computer, whatever it is called by.
func TestHere(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	want := map[devices.Address]bool{
		"tcp://127.0.0.1:7100":                             true,
		"tcp://127.8.9.10:7100":                            true,
		"tcp://[::1]:7100":                                 true,
		"tcp://[::ffff:127.0.0.1]:7100":                    true,
		"tcp://0.0.0.0:7100":                               true,
		"tcp://localhost:7100":                             true,
		"tcp://LocalHost.:7100":                            true,
		devices.Address("tcp://" + name + ":7100"):         true,
		"tcp://192.0.2.7:7100":                             false, // TEST-NET-1 (RFC 5737)
		"tcp://gateway.example:7100":                       false,
		"tcp://127.0.0.1.example:7100":                     false,
		"COM5":                                             false,
		"/dev/ttyUSB2":                                     false,
		"usb:1-2":                                          false,
		devices.Address("tcp://" + name + ".example:7100"): false,
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			want[devices.Address("tcp://"+net.JoinHostPort(n.IP.String(), "7100"))] = true
		}
	}
	for at, here := range want {
		if got := Here(at); got != here {
			t.Errorf("%s: %v, want %v", at, got, here)
		}
	}
}

// TestWithin: what a name alone tells, on whatever computer it was written down.
func TestWithin(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[devices.Address]bool{
		"tcp://127.0.0.1:7100":                     true,
		"tcp://[::1]:7100":                         true,
		"tcp://[::ffff:127.0.0.1]:7100":            true,
		"tcp://0.0.0.0:7100":                       true,
		"tcp://LocalHost.:7100":                    true,
		"/dev/pts/3":                               true,
		"/dev/ttys004":                             true,
		"tcp://192.0.2.7:7100":                     false,
		devices.Address("tcp://" + name + ":7100"): name == "localhost",
		"tcp://":       false,
		"/dev/ttyS0":   false,
		"/dev/ttyUSB2": false,
		"COM5":         false,
		"":             false,
	} {
		if got := Within(at); got != want {
			t.Errorf("%s: %v, want %v", at, got, want)
		}
	}
}
