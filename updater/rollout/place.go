package rollout

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// askers bounds how many devices are asked at once who they are.
const askers = 4

// place is one plug with something in it, or a device that checked in.
type place struct {
	key      string
	sighting devices.Sighting
	since    time.Time
	// asked is true once who is there was asked, asking while it is.
	asked, asking bool
	// wanted is true where a person wants to know who is there, also while no plan is active.
	wanted bool
	// trouble is why nobody answered; again is when to ask once more, zero if only a
	// person or another plug can help.
	trouble *updater.Note
	again   time.Time
	// silences counts how often in a row nobody answered.
	silences int
	// device is who answered, "" while nobody did.
	device string
}

// device is one that answered, here and now.
type device struct {
	id       string
	identity devices.Identity
	caps     devices.Capabilities
	heard    time.Time // when it said so, and said is that on the clock on the wall
	said     time.Time
	// after is the last upgrade that was verified here before that, "" if there was none.
	after string
	place string // key of its place, "" while it is away
	work  *work
	// hold is when it may be tried again, and why not before.
	hold time.Time
	why  updater.Note
}

// device is the one with that id, a new one if there is none; r.mu is held.
func (r *Runner) device(id string) *device {
	d := r.devices[id]
	if d == nil {
		d = &device{id: id}
		r.devices[id] = d
	}
	return d
}

// keyOf is equal for the same plug in the same place with the same port to speak to: a
// composite device may show its ports one after another.
func keyOf(s devices.Sighting) string { return s.Key + "\n" + string(s.Control()) }

// arrange brings the places up to date with what the engine sees; r.mu is held.
func (r *Runner) arrange() {
	seen := make(map[string]*place)
	for _, s := range r.present {
		if s.DownloadMode || s.Control() == "" {
			continue
		}
		key := keyOf(s)
		p := r.places[key]
		if p == nil {
			p = &place{key: key, since: time.Now()}
		}
		p.sighting = s
		seen[key] = p
	}
	r.places = seen
	for _, d := range r.devices {
		if r.places[d.place] == nil {
			d.place = r.elsewhere(d)
		}
	}
}

// elsewhere is another place where a device answered: it may be on a cable and check in
// as well. "" if there is none.
func (r *Runner) elsewhere(d *device) string {
	for key, p := range r.places {
		if p.device == d.id {
			return key
		}
	}
	return ""
}

// askPlaces asks who is where nobody was asked yet; unless all is set, only where a person
// wants to know, and where a device on trial is to be asked again. It gives when to try again.
func (r *Runner) askPlaces(ctx context.Context, all bool) time.Duration {
	next, asking := r.pace.tick, 0
	for _, p := range r.places {
		if p.asking {
			asking++
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.places)) {
		p := r.places[key]
		if p.asked || p.asking || r.ours(p) || !all && !p.wanted && !r.onTrial(p.device) {
			continue
		}
		if wait := r.patience(p); wait > 0 {
			next = min(next, wait)
			continue
		}
		if asking == askers {
			break // who is through with asking stirs
		}
		asking++
		p.asking = true
		at := p.sighting // the feed may change it meanwhile
		r.work.Go(func() { _, _ = r.identify(ctx, key, at) })
	}
	return next
}

// onTrial tells whether a person chose the device to prove a draft on.
func (r *Runner) onTrial(device string) bool {
	return slices.ContainsFunc(r.atWork(), func(ro *rollout) bool { return ro.trials[device] })
}

// patience is how long a place is still left alone.
func (r *Runner) patience(p *place) time.Duration {
	wait := time.Until(p.again)
	for _, d := range r.devices {
		if w := d.work; w != nil && !w.checksIn && w.away() {
			wait = max(wait, r.pace.grace-time.Since(p.since))
		}
	}
	return wait
}

// ours tells whether an upgrade of ours is at work there.
func (r *Runner) ours(p *place) bool {
	for _, d := range r.devices {
		w := d.work
		if w == nil {
			continue
		}
		at := func(port devices.Port) bool { return w.address != "" && port.Address == w.address }
		if w.key == p.key || slices.ContainsFunc(p.sighting.Ports, at) {
			return true
		}
	}
	return false
}

// identify asks who is at a place, and notes the answer.
func (r *Runner) identify(ctx context.Context, key string, s devices.Sighting) (string, error) {
	identity, caps, err := r.whoIs(ctx, s)
	known := r.newsOf(identity.ID())
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.stir()
	p := r.places[key]
	if p == nil {
		p = &place{key: key, sighting: s} // it was pulled out meanwhile
	}
	p.asking, p.asked, p.trouble, p.again = false, true, nil, time.Time{}
	p.wanted = p.wanted && errors.Is(err, devices.Busy)
	switch {
	case ctx.Err() != nil:
		p.asked = false
		return "", context.Cause(ctx)
	case errors.Is(err, devices.Busy):
		p.asked, p.again, p.trouble = false, time.Now().Add(r.pace.busy), noteOf(err)
		return "", err
	case err != nil:
		p.trouble = noteOf(err)
		if wait, ok := r.listen(p, err); ok {
			p.asked, p.again = false, time.Now().Add(wait)
		}
		return "", err
	case identity.ID() == "":
		p.device, p.trouble = "", &updater.Note{Level: updater.Warn, Code: WhyNameless}
		return "", &Error{Op: "identify", Code: CodeNoDevice, Args: []any{string(s.Control())}}
	}
	p.device, p.silences = identity.ID(), 0
	r.meet(identity, caps, key)
	r.takeOver(known, p.device)
	return p.device, nil
}

// listen is how long a silent place is left alone before it is asked once more; false
// where only a person or another plug can help. r.mu is held.
func (r *Runner) listen(p *place, err error) (time.Duration, bool) {
	switch {
	case r.awaited(p): // it may still restart
		return r.pace.look, true
	case p.device != "": // it may be asleep
		return r.pace.stale, true
	case !errors.Is(err, devices.Timeout) && !errors.Is(err, devices.Protocol) || p.silences == len(r.pace.silent):
		return 0, false
	}
	p.silences++
	return r.pace.silent[p.silences-1], true
}

// awaited tells whether a device with an open case was last at a place where nobody answers:
// a named port has no other plug by which its return would be noticed. r.mu is held.
func (r *Runner) awaited(p *place) bool {
	for _, ro := range r.plans {
		for _, s := range ro.ledger {
			if s.address == p.sighting.Control() && s.unsettled() {
				return true
			}
		}
	}
	return false
}

// whoIs asks, and stops a user program for it only where an active plan allows that.
func (r *Runner) whoIs(ctx context.Context, s devices.Sighting) (devices.Identity, devices.Capabilities, error) {
	p := updater.Plan{Family: s.Family, Sighting: s, Access: r.cfg.Access(s)}
	identity, caps, err := r.cfg.Engine.Identify(ctx, p)
	if !errors.Is(err, devices.Occupied) || !r.mayStop() {
		return identity, caps, err
	}
	p.Access.StopProgram = true
	return r.cfg.Engine.Identify(ctx, p)
}

// mayStop tells whether an active plan allows interrupting user programs.
func (r *Runner) mayStop() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.atWork(), func(ro *rollout) bool { return ro.plan.Delivery.StopProgram })
}

// meet notes who answered at a place; r.mu is held.
func (r *Runner) meet(identity devices.Identity, caps devices.Capabilities, key string) {
	d := r.device(identity.ID())
	d.identity, d.caps, d.heard, d.said = identity, caps, time.Now(), r.cfg.Now()
	if d.work == nil && r.places[key] != nil {
		for _, other := range r.devices {
			if other != d && other.place == key {
				other.place = "" // it was exchanged without the system noticing
			}
		}
		d.place = key
	}
	for _, ro := range r.plans {
		if s := ro.ledger[d.id]; s != nil {
			s.met(identity, d.said)
			ro.known = false
		}
	}
}

// found notes where a device is after its upgrade; r.mu is held.
func (r *Runner) found(d *device, at devices.Address) {
	for key, p := range r.places {
		if slices.ContainsFunc(p.sighting.Ports, func(port devices.Port) bool { return port.Address == at }) {
			p.asked, p.trouble, p.device = true, nil, d.id
			d.place = key
			return
		}
	}
}

// noteOf is what of an error can be shown; nil for none.
func noteOf(err error) *updater.Note {
	if err == nil {
		return nil
	}
	n := &updater.Note{Level: updater.Fault, Code: updater.NoteUnexpected}
	var ours *Error
	var theirs *devices.Error
	switch {
	case errors.As(err, &ours):
		n.Code, n.Args = ours.Code, ours.Args
	case errors.As(err, &theirs):
		n.Code, n.Args = devices.Code("kind."+string(theirs.Kind)), []any{theirs.At, theirs.Detail}
		if theirs.Note != "" {
			n.Code, n.Args = theirs.Note, theirs.Args
		}
	}
	return n
}

func compare(a, b string) int { return cmp.Compare(a, b) }
