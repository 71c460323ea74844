package cli

import (
	"net/netip"

	"github.com/spf13/cobra"

	"fotabench/ui/bench"
	"fotabench/updater/origin"
)

// completedAddresses completes where a service or our own host listens, as the window offers
// it: the addresses of this computer, the widest reach first.
func (a *app) completedAddresses(c *cobra.Command) {
	for _, flag := range append(listened(), "host") {
		if c.Flags().Lookup(flag) == nil {
			continue
		}
		a.completedLater(c, flag, func(*cobra.Command) (all []string) {
			for _, at := range origin.Addresses() {
				all = append(all, netip.AddrPortFrom(at.IP, portOf(flag)).String())
			}
			return all
		})
	}
}

// listened are the flags of services that listen on this computer.
func listened() (all []string) {
	for _, s := range bench.Services() {
		if s != bench.MQTTClient {
			all = append(all, string(s))
		}
	}
	return all
}

// portOf is the usual port of a service; 0 lets the system pick one for our own host.
func portOf(flag string) uint16 {
	at, err := netip.ParseAddrPort(bench.Usual(bench.Service(flag)))
	if err != nil {
		return 0
	}
	return at.Port()
}
