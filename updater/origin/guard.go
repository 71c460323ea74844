package origin

import (
	"net/netip"
	"sync"
	"time"
)

// The answer to a wrong password takes firstDelay, and twice as long with each
// further one of the same address, up to longestDelays times that. A right one is
// answered at once, so that a bench behind one address does not suffer.
const (
	firstDelay    = time.Second
	longestDelays = 8
	// maxGuessers bounds the addresses that are remembered.
	maxGuessers = 1024
)

// guard remembers who guesses passwords.
type guard struct {
	first time.Duration

	mu    sync.Mutex
	wrong map[netip.Addr]int
}

// delay is how long a wrong password of an address is answered late; it counts.
func (g *guard) delay(from netip.Addr) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wrong == nil || len(g.wrong) >= maxGuessers {
		g.wrong = make(map[netip.Addr]int)
	}
	times := max(1, 2*g.wrong[from])
	g.wrong[from] = min(times, longestDelays)
	return time.Duration(g.wrong[from]) * g.first
}
