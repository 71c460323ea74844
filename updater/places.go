package updater

import (
	"context"
	"slices"
	"sync"

	"fotabench/devices"
)

// places knows which ports are present, and which of them were there before
// and belong to something else.
type places struct {
	role    devices.Role // of the ports that are spoken to; "" is the usual one
	mu      sync.Mutex
	now     []devices.Sighting
	gone    bool                       // the own address was seen and then not, since mark
	others  map[devices.Address]string // present at mark, not ours: its owner
	own     []devices.Address
	changed chan struct{} // holds one token after a change
}

func newPlaces(role devices.Role, own ...devices.Address) *places {
	return &places{role: role, own: own, changed: make(chan struct{}, 1)}
}

// follow keeps p up to date until ctx ends.
func (p *places) follow(ctx context.Context, from []devices.Discoverer) {
	// A discoverer that cannot watch leaves the address itself to be tried.
	_ = watchAll(ctx, from, p.set)
}

func (p *places) set(now []devices.Sighting) {
	p.mu.Lock()
	was := p.ownPresent()
	p.now = now
	p.gone = p.gone || was && !p.ownPresent()
	p.mu.Unlock()
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// mark takes all ports that are present now and are not the device's own for
// somebody else's.
func (p *places) mark() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.others, p.gone = make(map[devices.Address]string), false
	for _, s := range p.now {
		for _, port := range s.Ports {
			if !slices.Contains(p.own, port.Address) {
				p.others[port.Address] = owner(s)
			}
		}
	}
}

// owner is what stays the same when the same thing is plugged in again.
func owner(s devices.Sighting) string { return s.Key + " " + s.VID + ":" + s.PID + " " + s.Serial }

// candidates are the addresses where the device may answer: its own, then
// those that have appeared since mark, never a diagnostic port.
func (p *places) candidates() []devices.Address {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := slices.Clone(p.own[:min(1, len(p.own))])
	for _, s := range p.now {
		if s.DownloadMode {
			continue
		}
		for _, a := range plausible(s, p.role) {
			if p.others[a] != owner(s) && !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list
}

// plausible are the ports of s that may be opened in search of a device that is
// spoken to at a port of role; "" takes every port where one may answer.
func plausible(s devices.Sighting, role devices.Role) []devices.Address {
	if role != devices.RoleUnknown {
		if a := s.ControlAs(role); a != "" {
			return []devices.Address{a}
		}
		return nil
	}
	var list []devices.Address
	if c := s.Control(); c != "" {
		list = append(list, c)
	}
	for _, p := range s.Ports {
		if (p.Role == devices.RoleREPL || p.Role == devices.RoleAT) && !slices.Contains(list, p.Address) {
			list = append(list, p.Address)
		}
	}
	return list
}

// family is the driver of the device at an address, "" where nobody knows.
func (p *places) family(at devices.Address) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.now {
		if s.Control() == at {
			return s.Family
		}
	}
	return ""
}

// ours tells whether an address is the device's own, or a port in its place, whose key
// may be unknown.
func (p *places) ours(at devices.Address, key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.own, at) || slices.ContainsFunc(p.now, func(s devices.Sighting) bool {
		return key != "" && s.Key == key && slices.ContainsFunc(s.Ports, func(port devices.Port) bool { return port.Address == at })
	})
}

// ownPresent tells whether the device's own address is seen now.
func (p *places) ownPresent() bool {
	for _, s := range p.now {
		for _, port := range s.Ports {
			if len(p.own) > 0 && port.Address == p.own[0] {
				return true
			}
		}
	}
	return false
}

// left tells whether the device's own address went away since mark, however
// shortly.
func (p *places) left() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

// bootROM gives the name of a device that shows itself in download mode and
// was not there at mark.
func (p *places) bootROM() (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.now {
		if !s.DownloadMode {
			continue
		}
		for _, port := range s.Ports {
			if p.others[port.Address] != owner(s) {
				return s.Name, true
			}
		}
	}
	return "", false
}

// watchAll calls see with what all discoverers see together: first once each
// has spoken, then after every change, from one goroutine at a time, until ctx
// ends or all of them failed.
func watchAll(ctx context.Context, from []devices.Discoverer, see func([]devices.Sighting)) error {
	if len(from) == 0 {
		see(nil)
		<-ctx.Done()
		return context.Cause(ctx)
	}
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		parts = make([][]devices.Sighting, len(from))
		spoke = make([]bool, len(from))
		errs  = make([]error, len(from))
	)
	for i, d := range from {
		wg.Go(func() {
			hear := func(list []devices.Sighting) {
				mu.Lock()
				defer mu.Unlock()
				parts[i], spoke[i] = slices.Clone(list), true
				if !slices.Contains(spoke, false) {
					see(slices.Concat(parts...))
				}
			}
			errs[i] = d.Watch(ctx, hear)
			if ctx.Err() == nil {
				hear(nil) // impossible on this machine: the others still count
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errs[0]
}
