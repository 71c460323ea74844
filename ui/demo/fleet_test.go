package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim"
	"fotabench/devices/sim/luatmodule"
	"fotabench/packages"
)

var kinds = []Kind{LuatHTTP, LuatUDP, Aliyun}

// TestFleetPackage: what is written opens green, says what it brings, and is the same
// each time.
func TestFleetPackage(t *testing.T) {
	for _, kind := range kinds {
		var sums []string
		for _, name := range []string{"a", "b"} {
			path := filepath.Join(t.TempDir(), name, "fw.bin")
			if err := WriteFleetPackage(path, kind); err != nil {
				t.Fatal(err)
			}
			p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			m := p.Manifest
			if p.Trust().Level != packages.Green || p.Size() != fleetSize || m.TargetVersion != fleetTo || m.Kind != packages.Full {
				t.Errorf("%s: %+v %+v", kind, p.Trust(), m)
			}
			sums = append(sums, p.Files[0].Digests[packages.SHA256])
		}
		if sums[0] != sums[1] {
			t.Errorf("%s: %v", kind, sums)
		}
	}
	if order, ok := packages.CompareVersions(fleetFrom, fleetTo); !ok || order >= 0 {
		t.Errorf("%d %v", order, ok)
	}
}

// TestFleetNames: a fleet is known by exactly the names under which its devices check in.
func TestFleetNames(t *testing.T) {
	if got := (Fleet{Kind: LuatUDP, First: 1, Count: 500}).Names(); len(got) != 1 || got[0] != "869339010000018-869339010005009" {
		t.Error(got)
	}
	login := func(i int) (string, string, string) { return "key", fmt.Sprint("d", i), "secret" }
	if got := strings.Join(Fleet{Kind: Aliyun, First: 3, Count: 2, Login: login}.Names(), " "); got != "key/d3 key/d4" {
		t.Error(got)
	}
	if got := (Fleet{Kind: Aliyun, First: 3, Count: 2}).Names(); got != nil {
		t.Error(got)
	}
}

// TestFleetPackageNowhere: without its file there is no manifest either.
func TestFleetPackageNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteFleetPackage(filepath.Join(file, "fw.bin"), LuatUDP); err == nil {
		t.Error("no error")
	}
}

// TestFleetCannotBe: devices that cannot be end all of it at once, with one reason.
func TestFleetCannotBe(t *testing.T) {
	login := func(int) (string, string, string) { return "k", "d", "s" }
	for _, c := range []struct {
		fleet Fleet
		says  string
	}{
		{Fleet{Kind: LuatUDP, Server: "127.0.0.1:9"}, "0 devices"},
		{Fleet{Kind: LuatUDP, Server: "127.0.0.1:9", Count: -1}, "-1 devices"},
		{Fleet{Kind: LuatUDP, Server: "127.0.0.1:9", Count: maxFleet + 1}, "1 to 10000"},
		{Fleet{Kind: LuatUDP, Count: 20}, "no server"},
		{Fleet{Kind: LuatUDP, Server: "127.0.0.1:9", Count: 20, Dialect: "telegraph"}, "telegraph"},
		{Fleet{Kind: LuatUDP, Server: "127.0.0.1:9", Count: 20, First: 1_000_000}, "IMEI"},
		{Fleet{Kind: Aliyun, Server: "tcp://127.0.0.1:9", Count: 1}, "product key"},
		{Fleet{Kind: Aliyun, Server: "tcp://127.0.0.1:9", Count: 20, Login: login, Flavour: "vanilla"}, "vanilla"},
		{Fleet{Kind: Aliyun, Server: "nonsense", Count: 20, Login: login}, "nonsense"},
	} {
		err := c.fleet.Run(t.Context(), nil)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") || errors.Is(err, context.Canceled) {
			t.Errorf("%+v: %v", c.fleet, err)
		}
	}
}

// TestFleetEnds: it runs until it is told to stop, although nobody answers, and says
// how it stands; the reason comes back.
func TestFleetEnds(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	gone := vacant.TCP(t)
	for kind, server := range map[Kind]string{LuatHTTP: gone, LuatUDP: silent.LocalAddr().String(), Aliyun: "tcp://" + gone} {
		enough := errors.New("enough")
		ctx, stop := context.WithCancelCause(t.Context())
		var last Muster
		f := Fleet{
			Kind: kind, Server: server, Count: 7, Pace: 0.01,
			Login: func(i int) (string, string, string) { return "k", fmt.Sprint("d", i), "s" },
		}
		err := f.Run(ctx, func(m Muster) {
			last = m
			stop(enough)
		})
		if !errors.Is(err, enough) {
			t.Errorf("%s: %v", kind, err)
		}
		phases := 0
		for _, n := range last.Phases {
			phases += n
		}
		if last.Devices != 7 || last.Versions[fleetFrom] != 7 || phases != 7 || last.Received != 0 {
			t.Errorf("%s: %+v", kind, last)
		}
	}
}

// TestFleetIsOfDifferentDevices: no two devices of two fleets are one, and each has a
// valid IMEI.
func TestFleetIsOfDifferentDevices(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var running sync.WaitGroup
	for _, first := range []int{0, 10, 999_990} {
		running.Go(func() {
			f := Fleet{Kind: LuatUDP, Server: "udp://" + conn.LocalAddr().String(), Count: 10, First: first, Pace: 0.01, Dialect: string(luatmodule.UDPHosted)}
			_ = f.Run(ctx, nil) // ends with ctx, see TestFleetEnds
		})
	}
	seen, buffer := map[string]bool{}, make([]byte, 2048)
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for len(seen) < 30 {
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			t.Fatalf("%d devices asked: %v", len(seen), err)
		}
		imei := ""
		for _, field := range strings.FieldsFunc(string(buffer[:n]), func(r rune) bool { return r < '0' || r > '9' }) {
			if len(field) == 15 {
				imei = field
			}
		}
		if imei == "" || luhn(imei[:14]) != imei[14:] {
			t.Fatalf("%q has no valid IMEI", buffer[:n])
		}
		seen[imei] = true
	}
	stop()
	running.Wait()
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// TestFleetFaults: each kind offers faults of its own, and an order of one kind is no
// order of the other.
func TestFleetFaults(t *testing.T) {
	for _, kind := range kinds {
		if len(FleetKinds(kind)) == 0 {
			t.Errorf("%s has none", kind)
		}
	}
	if _, err := sim.ParseFaults([]string{"loss=0.1,never-returns"}, FleetKinds(LuatUDP)); err != nil {
		t.Error(err)
	}
	if _, err := sim.ParseFaults([]string{"loss=0.1"}, FleetKinds(Aliyun)); err == nil {
		t.Error("a device of a broker loses no datagrams")
	}
}
