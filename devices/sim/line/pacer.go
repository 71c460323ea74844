package line

import (
	"context"
	"time"
)

// Pacer holds bytes back as a line of so many bits per second would; ten bits
// make a byte. It follows the clock, so that late wake-ups do not add up.
type Pacer struct {
	Baud int
	next time.Time
}

// Wait holds n bytes back for as long as they take; false when ctx ends.
func (p *Pacer) Wait(ctx context.Context, n int) bool {
	if p.Baud <= 0 {
		return ctx.Err() == nil
	}
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(n) * 10 * time.Second / time.Duration(p.Baud))
	timer := time.NewTimer(time.Until(p.next))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
