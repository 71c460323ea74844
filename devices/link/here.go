package link

import (
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"

	"fotabench/devices"
)

// pseudo are the names of pseudo terminals on the systems that have them.
var pseudo = regexp.MustCompile(`^/dev/(pts/[0-9]+|ttys[0-9]+|ttyp[0-9a-f]+)$`)

// Here tells whether at is no cable's port but this computer's own: TCP at one of its
// addresses, or a pseudo terminal. What is behind such a port, a simulator or a bridge to
// a real device, nobody can tell: a simulator answers as the device does that it stands
// for, with any number that it was given. So what such a port says is no proof about real
// devices. Of a port at another computer the same may be true, and cannot be told either.
// It asks no network: another name of this computer than its own is not recognised.
func Here(at devices.Address) bool {
	if Within(at) {
		return true
	}
	host, tcp := tcpHost(at)
	if !tcp {
		return isPTY(string(at))
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ours(ip.WithZone("").Unmap())
	}
	name, err := os.Hostname()
	return err == nil && strings.EqualFold(host, name)
}

// Within tells whether at, by its name alone, is within whichever computer it was used
// on: TCP at a loopback address, or a pseudo terminal. It is what can be told of an
// address on another computer, or on another day; Here tells more of this one now.
func Within(at devices.Address) bool {
	host, tcp := tcpHost(at)
	if !tcp {
		return pseudo.MatchString(string(at))
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.WithZone("").Unmap()
		return ip.IsLoopback() || ip.IsUnspecified()
	}
	return strings.EqualFold(host, "localhost")
}

// tcpHost is the host of a TCP address; tcp is false for other addresses.
func tcpHost(at devices.Address) (host string, tcp bool) {
	hostport, tcp := strings.CutPrefix(string(at), tcpPrefix)
	if !tcp {
		return "", false
	}
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", true // no host that anybody knows
	}
	return strings.TrimSuffix(host, "."), true
}

// ours tells whether ip is an address of a network interface of this computer.
func ours(ip netip.Addr) bool {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(ip.AsSlice()) {
			return true
		}
	}
	return false
}
