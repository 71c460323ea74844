package cli

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/ui/lab"
	"fotabench/updater/rollout"
)

// teller prints how plans stand, when that changes.
type teller struct {
	*planOrder
	mu sync.Mutex
	// told is what was printed last, by what it was about.
	told map[string]string
	// only is the one device that is told of, "" for all.
	only string
	// hands are the devices whose ports were named.
	hands     []devices.Sighting
	untilDone bool
	// patient is until when those with an open case who did not answer yet are waited for.
	patient time.Time
	done    func() // ends the run
	last    rollout.Snapshot
}

// event is one change as --json prints it.
type event struct {
	Unix  float64 `json:"unix"`
	Event string  `json:"event"` // plan, device or place
	Plan  string  `json:"plan,omitempty"`
	// State and Text are a plan's; Totals too.
	State  rollout.State `json:"state,omitempty"`
	Text   string        `json:"text,omitempty"`
	Totals *totals       `json:"totals,omitempty"`
	// Device is a device's, Address a place's.
	Device  *deviceLine     `json:"device,omitempty"`
	Address devices.Address `json:"address,omitempty"`
}

// see prints what is new.
func (t *teller) see(s rollout.Snapshot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.At.Before(t.last.At) {
		return // two look at once when patience ends
	}
	t.last = s
	for _, o := range s.Plans {
		for _, d := range o.Devices {
			if t.only == "" || t.only == d.ID {
				t.device(s.At, o, d)
			}
		}
		if t.only == "" {
			t.plan(s.At, o)
		}
	}
	for _, at := range s.Places {
		if at.Trouble != nil && t.only == "" {
			t.place(s.At, at)
		}
	}
	if t.untilDone && t.through(s) {
		t.done()
	}
}

// tire looks once more when patience ends, also where nothing has changed.
func (t *teller) tire(ctx context.Context, r *rollout.Runner) {
	timer := time.NewTimer(time.Until(t.patient))
	defer timer.Stop()
	select {
	case <-timer.C:
		t.see(r.Snapshot())
	case <-ctx.Done():
	}
}

// fresh notes what is said about something, and tells whether that is new.
func (t *teller) fresh(about, text string) bool {
	if t.told[about] == text {
		return false
	}
	t.told[about] = text
	return true
}

// tenth is the part of an upgrade in tenths: more often is not told.
func tenth(d rollout.Device) int { return int(10 * d.Part) }

func (t *teller) device(at time.Time, o rollout.Overview, d rollout.Device) {
	text := fmt.Sprint(d.Status, d.Reason, d.Component, d.Stage)
	if t.json {
		text += fmt.Sprint(tenth(d))
	}
	if !t.fresh(o.Plan.ID+" "+d.ID, text) {
		return
	}
	if t.json {
		line := t.deviceOf(d)
		t.object(event{Unix: unix(at), Event: "device", Plan: o.Plan.ID, Device: &line})
		return
	}
	whose := ""
	if len(t.last.Plans) > 1 { // each says something else of the same device
		whose = o.Plan.Name + ": "
	}
	fmt.Fprintf(t.Out, "%s  %s%s\n", at.Local().Format(time.TimeOnly), whose, t.deviceText(d))
	if d.Status == rollout.Asking {
		fmt.Fprintln(t.Out, t.book.Say(PlanAsks, o.Plan.Texts[t.book.Lang()], o.Plan.ID, d.ID))
	}
}

func (t *teller) plan(at time.Time, o rollout.Overview) {
	line := totalsOf(o.Totals)
	text := t.book.Join(lab.StateLine(t.book, o.Plan), lab.FaultLine(t.book, o.Fault))
	if !t.fresh(o.Plan.ID, fmt.Sprint(text, o.Totals.Done, o.Totals.All, o.Totals.By)) {
		return
	}
	if t.json {
		t.object(event{Unix: unix(at), Event: "plan", Plan: o.Plan.ID, State: o.Plan.State, Text: text, Totals: &line})
		return
	}
	if t.fresh(o.Plan.ID+" state", text) {
		fmt.Fprintf(t.Out, "%s  %s: %s\n", at.Local().Format(time.TimeOnly), o.Plan.Name, text)
	}
	if t.fresh(o.Plan.ID+" done", fmt.Sprint(o.Totals.Done, o.Totals.By[rollout.Failed])) {
		fmt.Fprintf(t.Out, "%s  %s: %s\n", at.Local().Format(time.TimeOnly), o.Plan.Name, t.totalsText(o.Totals))
	}
}

// place tells of somebody who did not say who it is.
func (t *teller) place(at time.Time, p rollout.Place) {
	address := p.Sighting.Control()
	text := t.book.Say(PlanUnknown, string(address), t.book.Note(*p.Trouble))
	if !t.fresh("at "+p.Sighting.Key, text) {
		return
	}
	if t.json {
		t.object(event{Unix: unix(at), Event: "place", Address: address, Text: text})
		return
	}
	fmt.Fprintf(t.Out, "%s  %s\n", at.Local().Format(time.TimeOnly), text)
}

// through tells whether every device that was named is through.
func (t *teller) through(s rollout.Snapshot) bool {
	for _, at := range s.Places {
		if at.Asking {
			return false
		}
	}
	asks, open := false, false
	for _, o := range s.Plans {
		if o.Totals.By[rollout.Running] > 0 || !t.over(o) {
			return false
		}
		if o.Plan.State == rollout.Active && o.Fault == nil {
			asks, open = true, open || slices.ContainsFunc(o.Devices, closes)
		}
	}
	if open && slices.ContainsFunc(s.Places, func(p rollout.Place) bool { return p.Trouble == nil }) {
		return false // who was not asked yet may be one of them
	}
	// While no plan is active, nobody is asked who it is.
	return !asks || !slices.ContainsFunc(t.hands, func(h devices.Sighting) bool { return !answered(s, h) && !silent(s, h) })
}

// over tells whether nothing more happens with a plan unless a person does something. It is
// not where a person paused it, who may go on.
func (t *teller) over(o rollout.Overview) bool {
	switch o.Plan.State {
	case rollout.Active:
	case rollout.Paused:
		return o.Plan.Why() != nil
	default:
		return true
	}
	if o.Fault != nil {
		return true
	}
	if o.Totals.Unseen > 0 {
		return false
	}
	for _, d := range o.Devices {
		if !through(d.Status) || closes(d) && time.Now().Before(t.patient) {
			return false
		}
	}
	return len(o.Devices) > 0 || len(t.hands) > 0
}

// closes tells whether a device may close its open case as soon as it is asked. One that is
// here was asked.
func closes(d rollout.Device) bool {
	return d.Status == rollout.Uncertain && !d.Here && (d.Reason.Code == rollout.WhyOpen || d.Reason.Code == rollout.WhyLost)
}

// answered tells whether somebody at a named port said who it is.
func answered(s rollout.Snapshot, h devices.Sighting) bool {
	for _, o := range s.Plans {
		if slices.ContainsFunc(o.Devices, func(d rollout.Device) bool { return d.Here && d.Address == h.Control() }) {
			return true
		}
	}
	return false
}

// silent tells whether nobody at a named port said who it is.
func silent(s rollout.Snapshot, h devices.Sighting) bool {
	return slices.ContainsFunc(s.Places, func(p rollout.Place) bool { return p.Sighting.Key == h.Key && p.Trouble != nil })
}

// end is the worst of what became of the devices, nil if all went well.
func (t *teller) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	count := map[rollout.Status]int{}
	for _, o := range t.last.Plans {
		for s, n := range o.Totals.By {
			count[s] += n
		}
		if o.Fault != nil {
			return status(ExitRefused)
		}
	}
	for _, s := range []rollout.Status{rollout.Uncertain, rollout.Failed, rollout.Cancelled, rollout.Declined} {
		if count[s] > 0 {
			return asExit(s)
		}
	}
	paused := func(o rollout.Overview) bool { return o.Plan.State == rollout.Paused }
	if slices.ContainsFunc(t.last.Plans, paused) {
		return status(ExitFailed) // it paused itself, and devices wait
	}
	if slices.ContainsFunc(t.hands, func(h devices.Sighting) bool { return silent(t.last, h) && !answered(t.last, h) }) {
		return status(ExitFailed)
	}
	return nil
}
