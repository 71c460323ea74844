package origin

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Reach tells from where an address can be reached.
type Reach string

// The classes of address, from the narrowest to the widest.
const (
	// ReachNone is no address of one computer: unspecified, multicast, garbage.
	ReachNone Reach = "none"
	// ReachLoopback is this computer only.
	ReachLoopback Reach = "loopback"
	// ReachLinkLocal is this cable or radio cell only.
	ReachLinkLocal Reach = "linkLocal"
	// ReachPrivate is one site's network (RFC 1918, RFC 4193).
	ReachPrivate Reach = "private"
	// ReachCGNAT is inside one carrier's network (RFC 6598): a module with a SIM
	// of that very carrier may reach it, others cannot.
	ReachCGNAT Reach = "cgnat"
	// ReachName is a host name that nobody looked up yet.
	ReachName Reach = "name"
	// ReachPublic is the Internet.
	ReachPublic Reach = "public"
)

var cgnat = netip.MustParsePrefix("100.64.0.0/10")

// Classify tells from where the host of a URL can be reached, without asking
// anybody: a host name gives ReachName (see Resolve) unless it says by itself
// where it is.
func Classify(rawURL string) Reach {
	u, err := url.Parse(strings.TrimSpace(rawURL))
	if err != nil || u.Hostname() == "" {
		return ReachNone
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		return classify(ip)
	}
	switch {
	case host == "localhost" || strings.HasSuffix(host, ".localhost"):
		return ReachLoopback
	case strings.HasSuffix(host, ".local"):
		return ReachLinkLocal
	case !strings.Contains(host, "."), strings.HasSuffix(host, ".internal"), strings.HasSuffix(host, ".lan"), strings.HasSuffix(host, ".home.arpa"):
		return ReachPrivate
	}
	return ReachName
}

// Resolve is Classify, but looks a host name up and then tells the narrowest
// class among its addresses.
func Resolve(ctx context.Context, rawURL string) (Reach, error) {
	reach := Classify(rawURL)
	if reach != ReachName {
		return reach, nil
	}
	u, err := parse(rawURL)
	if err != nil {
		return ReachNone, err
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return ReachNone, located(trouble(err, u), rawURL)
	}
	reach = ReachPublic
	for _, ip := range ips {
		if r := classify(ip); width(r) < width(reach) {
			reach = r
		}
	}
	return reach, nil
}

func classify(ip netip.Addr) Reach {
	ip = ip.Unmap()
	switch {
	case ip.IsUnspecified(), ip.IsMulticast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return ReachNone
	case ip.IsLoopback():
		return ReachLoopback
	case ip.IsLinkLocalUnicast():
		return ReachLinkLocal
	case ip.IsPrivate():
		return ReachPrivate
	case cgnat.Contains(ip):
		return ReachCGNAT
	}
	return ReachPublic
}

// width orders the classes.
func width(r Reach) int {
	return slices.Index([]Reach{ReachNone, ReachLoopback, ReachLinkLocal, ReachPrivate, ReachCGNAT, ReachName, ReachPublic}, r)
}

// Address is an address of this computer that our own host can listen on.
type Address struct {
	IP netip.Addr
	// Interface is the operating system's name for the network card.
	Interface string
	Reach     Reach
}

// Addresses lists the addresses of this computer, the widest reach first and
// loopback last, IPv4 before IPv6 (many modules have no IPv6). Addresses that
// are useless without a zone are left out.
func Addresses() []Address {
	cards, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var found []Address
	for _, card := range cards {
		if card.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := card.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil || prefix.Addr().Is6() && prefix.Addr().IsLinkLocalUnicast() {
				continue
			}
			ip := prefix.Addr().Unmap()
			found = append(found, Address{IP: ip, Interface: card.Name, Reach: classify(ip)})
		}
	}
	slices.SortStableFunc(found, func(a, b Address) int {
		return cmp.Or(cmp.Compare(width(b.Reach), width(a.Reach)), cmp.Compare(a.IP.BitLen(), b.IP.BitLen()))
	})
	return found
}
