// Package checkin is the desk at which devices report that are on no cable: they
// ask a service by themselves whether there is something new for them. The desk
// knows who was here, decides what each is given, hands it out, and holds the
// device's next words against what was promised. It knows no protocol: services
// (devices/luat, devices/aliyun) translate, and share the desk.
//
// A device is given something because a person armed it (Session.Deliver), or
// else because the desk's rules say so.
package checkin

import (
	"container/list"
	"context"
	"maps"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// maxGuests bounds how many devices are remembered; whoever has nothing under way
// and was here longest ago is forgotten first. Anybody can invent identities.
const maxGuests = 50_000

// Config is what a Desk is made of.
type Config struct {
	// Contents hold what is handed out; it is shared with the hosts.
	Contents *packages.Contents
	// Reboot is how soon after all was handed out a device cannot have installed
	// and started yet: who asks so soon did not get it all. 0 means 8 s: a Luat
	// module asks first 10 s after its start (docs/protocols/luat.md).
	Reboot time.Duration
	// Leave is how long after that a device that says its old version may still be about to
	// install: its old version counts from then on only. 0 means 2 min.
	Leave time.Duration
	// Elsewhere is how long a device that was told to fetch from somebody else's host may be at
	// that, and about to install: what it says sooner after it was told last says nothing of its
	// failing. 0 means 6 h.
	Elsewhere time.Duration
	// See hears of everything notable, from the goroutine in which it happened; nil
	// drops it. It returns at once.
	See func(Event)
	// Gift hears, in their order, of the steps of what rules gave; nil drops them. It is
	// called with the desk locked: it returns at once, and asks the desk nothing. Progress
	// of the Gift may be asked.
	Gift func(Gift)
}

// What Config has where nothing is given.
const (
	usualReboot = 8 * time.Second
	usualLeave  = 2 * time.Minute
)

// Desk is safe for concurrent use.
type Desk struct {
	cfg Config

	mu      sync.Mutex
	guests  map[devices.Address]*guest
	recent  *list.List // of *guest, newest first
	rules   *Rules
	refuse  map[string]func(Guest, *devices.Job) error // by family
	changed chan struct{}                              // closed and renewed by every change
	counts  Counts
	gifts   uint64 // given by rules so far
	wait    time.Duration
	listens bool // for those who are silent
	// mock are the simulated devices besides those of the rules, by mockNames.
	mock      crowd
	mockNames []string
}

// Counts are what a desk has seen since it was opened.
type Counts struct {
	// Devices are known now; Arrivals came in all.
	Devices, Arrivals int64
	// Delivered, Verified and Failed count deliveries.
	Delivered, Verified, Failed int64
	// Refused counts arrivals that a rule or the lack of one turned away.
	Refused int64
}

// New opens a desk without rules: nobody is given anything unless armed.
func New(cfg Config) *Desk {
	if cfg.Contents == nil {
		cfg.Contents = &packages.Contents{}
	}
	if cfg.Reboot <= 0 {
		cfg.Reboot = usualReboot
	}
	if cfg.Leave <= 0 {
		cfg.Leave = usualLeave
	}
	if cfg.Elsewhere <= 0 {
		cfg.Elsewhere = usualElsewhere
	}
	if cfg.See == nil {
		cfg.See = func(Event) {}
	}
	return &Desk{
		cfg: cfg, guests: map[devices.Address]*guest{}, recent: list.New(), changed: make(chan struct{}),
		refuse: map[string]func(Guest, *devices.Job) error{}, wait: UsualWait,
	}
}

// Arrival is what a device said when it asked.
type Arrival struct {
	// Address is family, ":" and Identity.ID.
	Address  devices.Address
	Identity devices.Identity
	// From is the device's network address, Service what it asked.
	From, Service string
	// Attributes are what rules look at, by the names of the device's own
	// parameters: imei, mac, uid, device_key, project_key, firmware_name.
	Attributes map[string]string
	// Module is the part whose version is told; "" is the whole firmware.
	Module string
	// Usual is the service's own way to hand out bytes: Answer or MQTT.
	Usual devices.Method
	// Simulated is true for what says of itself that it is no device. Who does not say so may
	// be none all the same.
	Simulated bool
	// Continues is true when the device says itself that it has some of it already.
	Continues bool
	// Restarted is true for a service that a device which has all of a package asks again only
	// after a restart: its old version then counts as soon as it can have restarted.
	Restarted bool
}

// Guest is a device that was here.
type Guest struct {
	Address  devices.Address
	Identity devices.Identity
	// From, Service: where it asked from, and what.
	From, Service string
	// First and Seen are its first and its last words; Arrivals counts them.
	First, Seen time.Time
	Arrivals    int64
	// Phase is how it stands, since Since; Why is the sentence.
	Phase Phase
	Since time.Time
	Why   Reason
	// Package names what is, or was last, meant for it; Target is its version.
	Package, Target string
	// Done of Total bytes were handed out.
	Done, Total int64
	// Armed is true when a person chose this device.
	Armed bool
	// Simulated is true for a device of which somebody, or itself, said that it is none.
	Simulated bool
	// Within is true for one that asked from this computer itself: it may be a simulator,
	// and nobody can tell.
	Within bool
}

// Phase is how a device stands.
type Phase string

// The phases.
const (
	Idle     Phase = "idle"     // nothing is meant for it
	Refused  Phase = "refused"  // a rule turned it away
	Armed    Phase = "armed"    // it is given something when it next asks
	Fetching Phase = "fetching" // it fetches
	Waiting  Phase = "waiting"  // all was delivered; its next words decide
	Verified Phase = "verified" // it reports the target version
	Failed   Phase = "failed"   // it said so, or came back with its old version
)

// Reason is a code of package words with its arguments.
type Reason struct {
	Code devices.Code `json:"code"`
	Args []any        `json:"args,omitempty"`
}

// The reasons. The comment gives the Args of each.
const (
	WhyNothing  devices.Code = "checkin.nothing"   // –
	WhyArmed    devices.Code = "checkin.armed"     // package
	WhyRule     devices.Code = "checkin.rule"      // package, rule's number
	WhyFetching devices.Code = "checkin.fetching"  // package
	WhyWaiting  devices.Code = "checkin.waiting"   // target version, seconds for which it may be silent
	WhyStill    devices.Code = "checkin.still"     // version it runs, target, seconds after it had all from which on that counts
	WhyVerified devices.Code = "checkin.verified"  // version
	WhyOld      devices.Code = "checkin.old"       // version it runs, target
	WhyOther    devices.Code = "checkin.other"     // version it runs, target
	WhyUnknown  devices.Code = "checkin.unknown"   // –
	WhyDenied   devices.Code = "checkin.denied"    // rule's number
	WhyNewest   devices.Code = "checkin.newest"    // version
	WhyNoRule   devices.Code = "checkin.norule"    // –
	WhyLoop     devices.Code = "checkin.loop"      // package, deliveries
	WhyGone     devices.Code = "checkin.gone"      // package
	WhyCut      devices.Code = "checkin.cut"       // –
	WhyFull     devices.Code = "checkin.full"      // –
	WhyModel    devices.Code = "checkin.model"     // model, package
	WhyTaken    devices.Code = "checkin.takenback" // target version
	// WhyElsewhere: version it runs, target, when it was told first, how often it said that version since
	WhyElsewhere devices.Code = "checkin.elsewhere"
	WhySaid      devices.Code = "checkin.said" // the device's number, its words
)

// Event is something notable that happened to a device.
type Event struct {
	At    time.Time
	Guest Guest
	// What is "arrived", or the phase that it entered.
	What string
}

// guest is a Guest with what is meant for it.
type guest struct {
	Guest
	place   *list.Element
	order   *Order         // the one under way, or the last one until it was judged
	handed  map[string]int // by contentOf a package
	modules map[string]string
	// last is what it said last of each module.
	last map[string]Arrival
	// old counts, by module, how often it was told of what was taken away from it
	// since: it may still work on each of these, and will say so when it fails.
	old map[string]int
}

// busy tells whether g must not be forgotten.
func (g *guest) busy() bool {
	return g.order != nil || g.Phase == Armed || g.Phase == Fetching || g.Phase == Waiting
}

// meet finds or adds the guest of an arrival and notes what it said; nil when there
// is no room for one more.
func (d *Desk) meet(a Arrival, now time.Time) *guest {
	g := d.guests[a.Address]
	if g == nil {
		if !d.forget(now) {
			return nil
		}
		g = &guest{Guest: Guest{Address: a.Address, First: now, Phase: Idle, Since: now}}
		g.Why = Reason{Code: WhyNothing}
		g.place = d.recent.PushFront(g)
		d.guests[a.Address] = g
	}
	d.recent.MoveToFront(g.place)
	g.hear(a)
	if _, known := g.last[a.Module]; known || len(g.last) < maxModules {
		if g.last == nil {
			g.last = map[string]Arrival{}
		}
		g.last[a.Module] = a
	}
	g.Simulated = d.simulates(g)
	if host(a.From) != host(g.From) { // looking at this computer's addresses takes its time
		g.Within = within(a.From)
	}
	g.Identity.At = now
	g.From, g.Service, g.Seen = a.From, a.Service, now
	g.Arrivals++
	d.counts.Arrivals++
	return g
}

// hear takes over what the device said of itself. A device tells the version of
// one module at a time; the others stay as they were told.
func (g *guest) hear(a Arrival) {
	before := g.Identity
	g.Identity = a.Identity
	if a.Module == "" {
		if len(g.modules) > 0 {
			g.Identity.Extra = g.extra(a.Identity.Extra)
		}
		return
	}
	if g.modules == nil {
		g.modules = map[string]string{}
	}
	if _, known := g.modules[a.Module]; known || len(g.modules) < maxModules {
		g.modules[a.Module] = a.Identity.Firmware
	}
	if before.Firmware != "" {
		g.Identity.Firmware = before.Firmware
	}
	g.Identity.Extra = g.extra(a.Identity.Extra)
}

// maxModules bounds the modules of one device.
const maxModules = 32

func (g *guest) extra(said map[string]string) map[string]string {
	all := maps.Clone(said)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, g.modules)
	return all
}

// forget makes room for one more; false if nobody can be forgotten. It looks at a few
// only: it is asked for every stranger.
func (d *Desk) forget(now time.Time) bool {
	e := d.recent.Back()
	for looked := 0; e != nil && len(d.guests) >= maxGuests && looked < forgetLooks; looked++ {
		g, before := e.Value.(*guest), e.Prev()
		if !g.busy() || g.idleOrder(now) {
			d.drop(g)
		} else {
			d.recent.MoveToFront(e) // the next stranger looks at others
		}
		e = before
	}
	return len(d.guests) < maxGuests
}

const (
	// forgetLooks is how many devices are looked at to find one to forget.
	forgetLooks = 64
	// patience is how long what a rule gave waits for a device that did not even
	// begin, when its place is needed.
	patience = 10 * time.Minute
)

// idleOrder tells whether g has only what a rule gave it, and has not begun with it
// for long.
func (g *guest) idleOrder(now time.Time) bool {
	return g.order != nil && !g.Armed && g.Phase == Armed && !g.order.begun() && now.Sub(g.Since) > patience
}

// drop forgets a device.
func (d *Desk) drop(g *guest) {
	if g.order != nil {
		d.witness(g.order, StepGone, time.Now())
		g.order.end(nil)
		g.order = nil
	}
	d.recent.Remove(g.place)
	delete(d.guests, g.Address)
}

// enter puts g into a phase.
func (d *Desk) enter(g *guest, p Phase, why Reason, now time.Time) {
	if g.Phase != p {
		g.Since = now
	}
	g.Phase, g.Why = p, why
	switch p {
	case Waiting:
		d.counts.Delivered++
	case Verified:
		d.counts.Verified++
	case Failed:
		d.counts.Failed++
	case Refused:
		d.counts.Refused++
	}
	d.wake()
	d.cfg.See(Event{At: now, Guest: g.view(), What: string(p)})
}

func (g *guest) view() Guest {
	v := g.Guest
	if o := g.order; o != nil {
		v.Done, v.Total = o.progress()
	}
	return v
}

// wake tells all who watch.
func (d *Desk) wake() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// Guests are all devices that are remembered, whoever asked last first, at most
// limit of them (0: all).
func (d *Desk) Guests(limit int) []Guest {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.guests)
	if limit > 0 {
		n = min(n, limit)
	}
	all := make([]Guest, 0, n)
	for e := d.recent.Front(); e != nil && len(all) < n; e = e.Next() {
		all = append(all, e.Value.(*guest).view())
	}
	return all
}

// Guest is the device of an address, if it was here.
func (d *Desk) Guest(at devices.Address) (Guest, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[at]
	if g == nil {
		return Guest{}, false
	}
	return g.view(), true
}

// Forget drops a device from the list, and what was meant for it. If it asks again
// it is new.
func (d *Desk) Forget(at devices.Address) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[at]
	if g == nil {
		return
	}
	d.drop(g)
	d.wake()
}

// Counts are the desk's counters.
func (d *Desk) Counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.counts
	c.Devices = int64(len(d.guests))
	return c
}

// look is the least time between two lists: people see no more of them.
const look = 250 * time.Millisecond

// Watch implements devices.Discoverer: who was here is present.
func (d *Desk) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		d.mu.Lock()
		changed := d.changed
		d.mu.Unlock()
		see(d.sightings())
		pause.Reset(look)
		for _, wait := range []<-chan struct{}{changed, nil} {
			if wait != nil {
				select {
				case <-ctx.Done():
					return context.Cause(ctx)
				case <-wait:
				}
				continue
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-pause.C:
			}
		}
	}
}

// listed bounds the list from which a person chooses.
const listed = 500

func (d *Desk) sightings() []devices.Sighting {
	guests := d.Guests(listed)
	all := make([]devices.Sighting, len(guests))
	for i, g := range guests {
		name := g.Identity.ID()
		if g.Identity.Model != "" {
			name = g.Identity.Model + " · " + name
		}
		all[i] = devices.Sighting{
			Key: string(g.Address), Name: name, Family: g.Identity.Family,
			Ports:     []devices.Port{{Address: g.Address, Role: devices.RoleCheckIn, Proved: true, Interface: -1}},
			Simulated: g.Simulated, Within: g.Within,
		}
	}
	return all
}
