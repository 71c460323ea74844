package bench

import (
	"slices"
	"sync"
	"time"

	"fotabench/devices/checkin"
	"fotabench/updater"
)

// recorders are who keeps what rules give. The zero value is nobody.
type recorders struct {
	mu      sync.Mutex
	takers  []*func(updater.Gift)
	trouble updater.Note // what stands in their way, if it has a code
}

// Gifts implements updater.Giver.
func (b *Bench) Gifts(take func(updater.Gift)) (stop func()) {
	r := &b.recorders
	r.mu.Lock()
	defer r.mu.Unlock()
	one := &take
	r.takers = append(r.takers, one)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.takers = slices.DeleteFunc(r.takers, func(t *func(updater.Gift)) bool { return t == one })
	}
}

// Trouble implements updater.Giver.
func (b *Bench) Trouble(n updater.Note) {
	if n.Code == updater.NoteJournalUnkept {
		n.Code = NoteUnkept // it is about many
	}
	r := &b.recorders
	r.mu.Lock()
	switch {
	case n.Code != NoteUnkept && r.trouble.Code == NoteUnkept: // what is lost stays lost
	case n.Code == updater.NoteJournalAgain:
		r.trouble = updater.Note{}
	default:
		r.trouble = n
	}
	r.mu.Unlock()
	if h := b.hooks.Load(); h != nil && h.Journal != nil {
		h.Journal(n)
	}
}

// SetWait implements updater.Giver.
func (b *Bench) SetWait(wait time.Duration) { b.desk.SetWait(wait) }

// Unwritten is what stands in the way of records of what rules give, if it has a code.
func (b *Bench) Unwritten() updater.Note {
	b.recorders.mu.Lock()
	defer b.recorders.mu.Unlock()
	return b.recorders.trouble
}

// gift hands a step to who keeps it; the desk is locked.
func (b *Bench) gift(g checkin.Gift) {
	b.recorders.mu.Lock()
	defer b.recorders.mu.Unlock()
	if len(b.recorders.takers) == 0 {
		g.Kept()
		return
	}
	told := giftOf(g)
	for _, take := range b.recorders.takers {
		(*take)(told)
	}
}

// giftOf is a step in the engine's words.
func giftOf(g checkin.Gift) updater.Gift {
	told := updater.Gift{
		Key: g.Key, At: g.At, Step: stepOf(g.Step),
		Address: g.Guest.Address, Before: g.Before, Device: g.Guest.Identity, Simulated: g.Guest.Simulated, Within: g.Guest.Within,
		Package: g.Package, Target: g.Target, Method: g.Method, Module: g.Module, Sent: g.Sent,
		Done: g.Guest.Done, Total: g.Guest.Total, Said: g.Said, Progress: g.Progress, Kept: g.Kept,
	}
	if why := g.Guest.Why; g.Step == checkin.StepSilent || why.Code == checkin.WhyElsewhere {
		told.Known = updater.Note{Code: why.Code, Args: why.Args}
	}
	if g.Place.File != "" {
		told.Rule = updater.RulePart{File: g.Place.File, Place: g.Place.Entry}
	}
	for _, s := range g.Sources {
		if s.Served == nil { // the path on our own host is a secret
			told.URLs = append(told.URLs, s.URL)
		}
	}
	return told
}

func stepOf(s checkin.Step) updater.GiftStep {
	switch s {
	case checkin.StepBegun:
		return updater.GiftBegun
	case checkin.StepWhole:
		return updater.GiftWhole
	case checkin.StepVerified:
		return updater.GiftVerified
	case checkin.StepFailed:
		return updater.GiftFailed
	case checkin.StepSilent:
		return updater.GiftSilent
	}
	return updater.GiftGone
}
