package devicetest

import (
	"context"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// place is where the one device of a run is plugged in.
const place = "devicetest"

// tap is the driver under test as the engine of one run sees it: it lets the run
// act at an instant and changes nothing else, but for the usual durations, which
// are for people.
type tap struct {
	devices.Driver
	run *run
}

// Capabilities implements devices.Driver.
func (d tap) Capabilities(identity devices.Identity) devices.Capabilities {
	caps := d.Driver.Capabilities(identity)
	caps.Weights = nil
	d.run.learn(identity, caps)
	return caps
}

// Open implements devices.Driver.
func (d tap) Open(ctx context.Context, at devices.Address, access devices.Access) (devices.Session, error) {
	s, err := d.Driver.Open(ctx, at, access)
	if err != nil {
		return nil, err
	}
	return tapped{s, d.run}, nil
}

// tapped is a session of a tap.
type tapped struct {
	devices.Session
	run *run
}

// Identify implements devices.Session.
func (s tapped) Identify(ctx context.Context) (devices.Identity, error) {
	if s.run.under(updater.Identify) {
		s.run.meet(Instant{updater.Identify, ""})
	}
	return s.Session.Identify(ctx)
}

// Deliver implements devices.Session.
func (s tapped) Deliver(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	return s.Session.Deliver(ctx, job, tappedReport{report, s.run})
}

// Verify implements devices.Session.
func (s tapped) Verify(ctx context.Context, job *devices.Job, report devices.Report) (devices.Verdict, error) {
	s.run.meet(Instant{updater.Verify, unjudged})
	verdict, err := s.Session.Verify(ctx, job, report)
	if err == nil {
		s.run.meet(Instant{updater.Verify, judged})
	}
	return verdict, err
}

// Install implements devices.Session.
func (s tapped) Install(ctx context.Context, job *devices.Job, report devices.Report) error {
	s.run.meet(Instant{updater.Install, ""})
	return s.Session.Install(ctx, job, report)
}

// tappedReport is the report of a delivery.
type tappedReport struct {
	devices.Report
	run *run
}

// Progress implements devices.Report.
func (r tappedReport) Progress(done, total int64) {
	r.Report.Progress(done, total)
	if done > 0 {
		r.run.meet(Instant{updater.Deliver, atSome})
	}
	if total > 0 && done*2 >= total {
		r.run.meet(Instant{updater.Deliver, atHalf})
	}
}

// ledger is the engine's true journal, which hears first that a stage begins.
type ledger struct {
	updater.Journal
	run *run
}

// Append implements updater.Journal.
func (l ledger) Append(events ...updater.Event) error {
	for _, e := range events {
		if e.Begins {
			l.run.begins(e)
		}
	}
	return l.Journal.Append(events...)
}

// sight is a devices.Discoverer that sees one device, wherever it is.
type sight struct{ d Device }

// look is how often it looks.
const look = 10 * time.Millisecond

// Watch implements devices.Discoverer.
func (s sight) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for last, first := devices.Address(""), true; ; first = false {
		if at := s.d.Address(); at != last || first {
			last = at
			see(sightings(at))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func sightings(at devices.Address) []devices.Sighting {
	if at == "" {
		return nil
	}
	return []devices.Sighting{{
		Key: place, Simulated: true, Ports: []devices.Port{{Address: at, Role: devices.RoleREPL}},
	}}
}
