package luatmodule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fotabench/devices/sim"
)

// Dialect is which of the published clients a module runs
// (docs/protocols/luat.md, HTTP and UDP).
type Dialect string

// The dialects.
const (
	// RDA8910 is update.lua of the 4G modules: HTTP, always a Range, at most 30
	// tries, header names matched with their capitals, no chunked bodies.
	RDA8910 Dialect = "rda8910"
	// ASR1802 is its sister: it sends device_key, and no core_version and dfota.
	ASR1802 Dialect = "asr1802"
	// LuaTask2G is the 2G one: device_key, no Range, 3 tries.
	LuaTask2G Dialect = "luatask2g"
	// Libfota2 is LuatOS: status 200 is an upgrade, 300 and more are none.
	Libfota2 Dialect = "libfota2"
	// UpdateHTTP is the old updatehttp.lua: the answer begins with "HTTP/1.1 200"
	// or is no upgrade.
	UpdateHTTP Dialect = "updatehttp"
	// UDP is the datagram protocol with a server of one's own.
	UDP Dialect = "udp"
	// UDPHosted is the datagram protocol of the vendor's server, in which every
	// datagram begins with who the module is.
	UDPHosted Dialect = "udp-hosted"
)

// Dialects lists all of them.
func Dialects() []Dialect {
	return []Dialect{RDA8910, ASR1802, LuaTask2G, Libfota2, UpdateHTTP, UDP, UDPHosted}
}

// DefaultPath is where modules that speak HTTP ask (docs/protocols/luat.md, HTTP).
const DefaultPath = "/api/site/firmware_upgrade"

// Options are who a module is and how it behaves.
type Options struct {
	Dialect Dialect
	// Server is host:port.
	Server string
	// Path is the path of the HTTP dialects and begins with a slash; DefaultPath
	// if empty. Libfota2 uses one with "###" before the slash as it is, without
	// any parameter.
	Path string
	// IMEI, 15 digits, is what a module is called by. Libfota2 takes the MAC, or
	// else the Serial as uid, where there is no IMEI.
	IMEI, MAC, Serial string
	// ProjectKey is the key of the project. Project is its name, without commas,
	// Core the version of the firmware below it, such as
	// "Luat_V0026_RDA8910_TTS", or for Libfota2 "V1103_AIR780E".
	ProjectKey, Project, Core string
	// Version is what runs at first, three numbers with dots between them.
	Version string
	// NeedOSSURL asks for a redirect to where the package is.
	NeedOSSURL bool
	// Faults are of FaultKinds.
	Faults sim.Faults
	Pace   Pace
	// Period is from one check to the next, at least and by default 60 s; Pace
	// scales it.
	Period time.Duration
	// Seed makes two runs lose the same datagrams.
	Seed uint64
	// KeepImage keeps what was received, for Module.Stored.
	KeepImage bool
	// Installs, if not nil, is asked at the restart which version the image
	// brings, in place of the header that Image writes; its error is that the
	// image is not whole. The whole image is then in memory until the restart.
	Installs func(image []byte) (version string, err error)
}

// datagrams tells whether the dialect is one of UDP.
func (d Dialect) datagrams() bool { return d == UDP || d == UDPHosted }

// problem is why a module cannot ask with these options while it runs version.
func (o *Options) problem(version string) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("luatmodule: %s: "+format, append([]any{o.Dialect}, args...)...)
	}
	switch {
	case !slices.Contains(Dialects(), o.Dialect):
		return fmt.Errorf("luatmodule: no dialect %q", o.Dialect)
	case o.Server == "":
		return refuse("no server")
	case strings.ContainsRune(o.Project, ','):
		return refuse("the project %q contains a comma", o.Project)
	case !threeNumbers(version):
		return refuse("the version %q is not three numbers", version)
	case o.Dialect.datagrams() && len(version) != len("d.d.d"):
		return refuse("the version %q is not d.d.d", version)
	case o.Dialect == Libfota2:
		return o.nameless(refuse)
	case len(o.IMEI) != 15 || !digits(o.IMEI):
		return refuse("the IMEI %q has not 15 digits", o.IMEI)
	}
	return nil
}

// nameless is what LuatOS lacks to say who asks.
func (o *Options) nameless(refuse func(string, ...any) error) error {
	switch {
	case strings.HasPrefix(o.Path, asItIs):
		return nil
	case o.ProjectKey == "":
		return refuse("no project key")
	case o.IMEI == "" && o.MAC == "" && o.Serial == "":
		return refuse("neither IMEI nor MAC nor serial number")
	}
	return nil
}

func threeNumbers(version string) bool {
	parts := strings.Split(version, ".")
	for _, p := range parts {
		if !digits(p) {
			return false
		}
	}
	return len(parts) == 3
}

// digits tells whether s is one digit or more.
func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
