package cli

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fotabench/ui/bench"
)

// TestServeCounts: what the Bench page shows all the time is told every so often.
func TestServeCounts(t *testing.T) {
	t.Parallel()
	started := time.Now()
	r := begin(t, "serve", "--json", "--luat-udp", anywhere, "--counts", "1s")
	first, second := r.saw("counts", 1), r.saw("counts", 2)
	assert.Equal(t, string(bench.LuatUDP), first.Service)
	assert.Contains(t, first.Counts, "requests")
	// A late first one brings the second closer to it, but the second is never early.
	assert.GreaterOrEqual(t, second.Time.Sub(started), 2*time.Second-time.Millisecond)
	assert.Less(t, second.Time.Sub(first.Time), 15*time.Second, "about one, on a slow machine")
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)

	b := newCall(t)
	assert.Equal(t, ExitUsage, b.run(t, "serve", "--luat-udp", anywhere, "--counts", "1ms"))
	b.shows(t, "one second at least")
}

// TestAddressesAreCompleted: where a service can listen is offered, as in the window.
func TestAddressesAreCompleted(t *testing.T) {
	b := newCall(t)
	for _, args := range [][]string{
		{"serve", "--luat-udp", ""}, {"serve", "--https", ""}, {"upgrade", "--host", ""}, {"upgrade", "--mqtt", ""},
	} {
		offered := b.completes(t, args...)
		assert.NotEmpty(t, offered, args)
		for _, at := range offered {
			_, err := netip.ParseAddrPort(at)
			assert.NoError(t, err, args)
		}
	}
	assert.Contains(t, b.completes(t, "serve", "--luat-udp", ""), "127.0.0.1:2234")
	assert.Contains(t, b.completes(t, "upgrade", "--host", ""), "127.0.0.1:0")
}
