package updater

import (
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// gift is one gift with what the journal does not have of it yet. Only the owner of a giving
// touches it.
type gift struct {
	record   Record // as it begins
	begun    bool   // the journal has record
	back     backlog
	queued   bool // among those that are to be brought to the journal
	ended    bool
	progress func() (done, total int64) // nil unless it is on its way
	kept     func()                     // Gift.Kept

	seq     int64
	stage   Stage
	meaning CancelMeaning
	done    int64
}

// newGift is the gift of which s is the first step that was told. The record that begins
// says what it means should the program die before the first event is kept: the device was
// told, so only the device knows.
func newGift(s Gift, where *Where) (*gift, error) {
	id, err := newID()
	if err != nil {
		return nil, err
	}
	plan := recordPlan(Plan{
		Family: s.Before.Family, Sighting: devices.Sighting{Key: string(s.Address), Simulated: s.Simulated, Within: s.Within}, Address: s.Address,
		ID: s.Before.ID(), Package: s.Package, Method: s.Method, Origin: &OriginPlan{URLs: s.URLs}, ExpectVersion: s.Target,
	})
	plan.Rule = &s.Rule
	g := &gift{progress: s.Progress, kept: s.Kept, record: Record{
		Job: id, Started: s.At, Where: where, Plan: plan, Device: &s.Before, Stage: Deliver, Resume: ResumeSettle,
	}}
	g.enter(s.At, Identify, CancelSafe, Event{Identity: &s.Before, Address: s.Address})
	g.enter(s.At, Deliver, CancelDisarm, Event{})
	return g, nil
}

// step makes events of a step after the first.
func (g *gift) step(s Gift) {
	switch s.Step {
	case GiftWhole:
		g.whole(s)
	case GiftVerified, GiftFailed:
		g.judged(s)
	case GiftSilent:
		s.Known.Level = Warn
		g.finish(s.At, Event{Outcome: Uncertain, Note: &s.Known})
	case GiftGone:
		g.finish(s.At, Event{Outcome: Uncertain, Note: &Note{Level: Warn, Code: NoteGiftGone}})
	}
}

// add keeps back the next event.
func (g *gift) add(at time.Time, e Event) {
	g.seq++
	e.Job, e.Seq, e.At, e.Stage, e.Cancel = g.record.Job, g.seq, at, g.stage, g.meaning
	g.back.add(e)
}

// enter begins a stage with e.
func (g *gift) enter(at time.Time, s Stage, c CancelMeaning, e Event) {
	g.stage, g.meaning, e.Begins = s, c, true
	g.add(at, e)
}

// moved notes how far it is, and tells whether that is further than before.
func (g *gift) moved(at time.Time, done, total int64) bool {
	if done <= g.done {
		return false
	}
	g.done = done
	g.add(at, Event{Progress: true, Done: done, Total: total})
	return true
}

// whole: from here on only the device knows.
func (g *gift) whole(s Gift) {
	if g.stage != Deliver {
		return
	}
	g.progress = nil
	g.moved(s.At, s.Done, s.Total)
	for i, f := range g.record.Plan.Files {
		if i < len(s.Sent) && s.Done >= s.Total {
			g.add(s.At, Event{Note: &Note{Level: Info, Code: NoteSentAs, Args: []any{f.Name, s.Sent[i], string(s.Method)}}})
		}
	}
	g.enter(s.At, Restart, CancelRefused, Event{})
}

// judged ends it by the device's word, as any upgrade.
func (g *gift) judged(s Gift) {
	if s.Step == GiftVerified {
		g.whole(s) // it has all of it, or it would not run it
	}
	plan, before := &g.record.Plan, *g.record.Device
	proof := devices.Proof{Version: s.Device.Firmware, Said: s.Said}
	if s.Module != "" {
		proof.Version = s.Device.Extra[s.Module]
	}
	proof.Installed = s.Step == GiftVerified && packages.SameVersion(proof.Version, plan.Target)
	silent := s.Said.Nothing()
	if !silent {
		g.add(s.At, Event{Said: &s.Said, Note: heard(s.Said)})
	}
	if silent || s.Device.At.After(before.At) { // else it only said that it gave up
		g.enter(s.At, Confirm, CancelWatching, Event{Identity: &s.Device, Address: s.Address})
	}
	outcome, note := judge(before, s.Device, proof, plan.Manifest, plan.Target)
	end := Event{Outcome: outcome, Note: &note}
	if outcome != Verified {
		end.Failure = blame(note, s.Said, "the device reports "+proof.Version)
		if s.Known.Code != "" && outcome == FailedOld {
			end.Failure.Kind, end.Failure.Note = devices.Timeout, Note{Level: Fault, Code: s.Known.Code, Args: s.Known.Args}
		}
	}
	g.finish(s.At, end)
}

// finish ends it with e.
func (g *gift) finish(at time.Time, e Event) {
	g.meaning, g.ended, g.progress = CancelNothing, true, nil
	g.add(at, e)
}
