package link

import (
	"net"
	"net/netip"
	"os"
	"strings"

	"fotabench/devices"
)

// Here tells whether at is no cable's port but this computer's own: TCP at one of its
// addresses, or a pseudo terminal. What is behind such a port, a simulator or a bridge to
// a real device, nobody can tell: a simulator answers as the device does that it stands
// for, with any number that it was given. So what such a port says is no proof about real
// devices. Of a port at another computer the same may be true, and cannot be told either.
// It asks no network: another name of this computer than its own is not recognised.
func Here(at devices.Address) bool {
	hostport, tcp := strings.CutPrefix(string(at), tcpPrefix)
	if !tcp {
		return isPTY(string(at))
	}
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ours(ip.WithZone("").Unmap())
	}
	name, err := os.Hostname()
	host = strings.TrimSuffix(host, ".")
	return strings.EqualFold(host, "localhost") || err == nil && strings.EqualFold(host, name)
}

// ours tells whether ip is an address of this computer.
func ours(ip netip.Addr) bool {
	if ip.IsLoopback() || ip.IsUnspecified() {
		return true
	}
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
