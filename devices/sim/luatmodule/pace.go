package luatmodule

import (
	"context"
	"time"
)

// The times of the protocol (docs/protocols/luat.md, UDP and HTTP).
const (
	afterBoot     = 10 * time.Second // from the boot to the first check
	shortPeriod   = 60 * time.Second // the least between two checks
	datagramTimer = 10 * time.Second // until a datagram is sent again
	serverSilent  = 60 * time.Second // a try over HTTP without a byte
	beforeRetry   = 2 * time.Second  // between two tries, and before a redirect
	deltaInWork   = 30 * time.Second // after code 43
)

// Pace is the factor on every time of the protocol: 1 is a real module, 0.01
// makes ten seconds of it a tenth of a second. 0 and less stand for 1. The times
// that faults are ordered with are not scaled.
type Pace float64

// of scales a time of the protocol, to a millisecond or more.
func (p Pace) of(d time.Duration) time.Duration {
	if p <= 0 {
		return d
	}
	return max(time.Duration(float64(d)*float64(p)), time.Millisecond)
}

// wait lets a time pass, or returns why ctx ended.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
