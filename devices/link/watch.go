package link

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"fotabench/assets"
	"fotabench/devices"
)

const (
	// settle is how long the system must be quiet after a hint: the ports of one
	// module appear one after another within some ten milliseconds.
	settle = 100 * time.Millisecond
	// settleMost bounds that for a system that is never quiet.
	settleMost = time.Second
)

// Ports is the Discoverer of this computer's serial ports. It opens none.
//
// The truth is an enumeration; what is told is its difference; messages of the
// operating system are hints to enumerate now. Without hints it enumerates
// every few seconds.
type Ports struct {
	table assets.USBTable
	// list enumerates; it may keep what it learned between calls.
	list func(ctx context.Context) ([]plug, error)
	// hints calls hint when something may have changed, until ctx ends. It may
	// return early where the system gives none.
	hints func(ctx context.Context, hint func())
	// every is the pause between enumerations without hints.
	every time.Duration
}

// NewDiscoverer watches the serial ports of this computer and labels them by
// the table.
func NewDiscoverer(table assets.USBTable) *Ports {
	return &Ports{table: table, list: newLister(), hints: systemHints, every: pollEvery}
}

// Watch implements devices.Discoverer.
func (p *Ports) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	now, err := p.enumerate(ctx)
	if err != nil {
		return err
	}
	see(now)
	hint := make(chan struct{}, 1)
	inner, cancel := context.WithCancel(ctx)
	var hinter sync.WaitGroup
	hinter.Go(func() { p.hints(inner, func() { wake(hint) }) })
	defer hinter.Wait()
	defer cancel()
	ticker := time.NewTicker(p.every)
	defer ticker.Stop()
	// Something may have changed before the hints began.
	for wake(hint); ; {
		select {
		case <-hint:
			quiet(ctx, hint)
		case <-ticker.C:
		case <-ctx.Done():
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		// A list that fails in between is the system being busy with a plug: the
		// next look tells.
		next, err := p.enumerate(ctx)
		if err != nil || ctx.Err() != nil || reflect.DeepEqual(now, next) {
			continue
		}
		now = next
		see(now)
	}
}

func (p *Ports) enumerate(ctx context.Context) ([]devices.Sighting, error) {
	plugs, err := p.list(ctx)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, fmt.Errorf("link: list ports: %w", err)
	}
	return group(plugs, p.table), nil
}

// quiet waits until no hint came for a while.
func quiet(ctx context.Context, hint <-chan struct{}) {
	most := time.NewTimer(settleMost)
	defer most.Stop()
	for {
		pause := time.NewTimer(settle)
		select {
		case <-hint:
			pause.Stop()
			continue
		case <-pause.C:
		case <-most.C:
		case <-ctx.Done():
		}
		pause.Stop()
		return
	}
}
