package updater

import "time"

// Budgets are the times the engine gives to people and devices. A zero field
// takes its default.
type Budgets struct {
	// Stall is the silence after which "no progress for 30 s" is said; it is said
	// again whenever the silence has doubled.
	Stall time.Duration
	// Silence ends a delivery or verification that made no progress at all.
	// Drivers have shorter limits of their own where the protocol gives one; a
	// module that fetches without a callback is silent for minutes.
	Silence time.Duration
	// Ask bounds one attempt to open a device and hear who it is. It is longer
	// than Stall, so that silence is told before it ends anything; drivers give up
	// sooner where nothing answers at all.
	Ask time.Duration
	// Poll is the pause between two attempts to find a device again.
	Poll time.Duration
	// Leave is how long a device may go on answering with its old version after
	// it was told to install, before it is believed that it never restarted.
	Leave time.Duration
	// Usual is when a return counts as late; from then on a person may stop
	// watching. A model's own figure (Capabilities.Weights) goes before it.
	Usual time.Duration
	// Limit ends the wait for a return; the case stays open.
	Limit time.Duration
	// StableFor is how long a device must stay up between two equal answers
	// before they count: a boot loop shows a device for seconds at a time.
	StableFor time.Duration
	// Settle is the pause between two looks at a port while a case is open.
	Settle time.Duration
	// Record is the least time between two journalled progress events.
	Record time.Duration
	// Keep is how long an upgrade that is over goes on trying to bring to the journal what
	// that did not take; then it is told that the record is not whole.
	Keep time.Duration
}

// DefaultBudgets are the budgets of the program. Limit is 15 min since 12 min
// were too short for docks and modems in the field (fwupd issue 10982).
func DefaultBudgets() Budgets {
	return Budgets{
		Stall: 30 * time.Second, Silence: 15 * time.Minute, Ask: 45 * time.Second,
		Poll: time.Second, Leave: 2 * time.Minute, Usual: 90 * time.Second,
		Limit: 15 * time.Minute, StableFor: 8 * time.Second, Settle: 5 * time.Second,
		Record: time.Second, Keep: 20 * time.Second,
	}
}

// filled has the default wherever b is zero.
func (b Budgets) filled() Budgets {
	d := DefaultBudgets()
	for _, f := range []struct{ have, want *time.Duration }{
		{&b.Stall, &d.Stall},
		{&b.Silence, &d.Silence},
		{&b.Ask, &d.Ask},
		{&b.Poll, &d.Poll},
		{&b.Leave, &d.Leave},
		{&b.Usual, &d.Usual},
		{&b.Limit, &d.Limit},
		{&b.StableFor, &d.StableFor},
		{&b.Settle, &d.Settle},
		{&b.Record, &d.Record},
		{&b.Keep, &d.Keep},
	} {
		if *f.have <= 0 {
			*f.have = *f.want
		}
	}
	return b
}
