package updater

import (
	"errors"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
)

const (
	// giftsGrouped is how many gifts are brought to the journal in one transaction.
	giftsGrouped = 64
	// giftsAtEnd is the same when the program ends, when nobody waits for what comes next: two
	// to three times as many a second.
	giftsAtEnd = 512
	// heedEvery is how often the settings are looked at: another program may change them.
	heedEvery = 10 * time.Second
	// giftsBegun is how many records that begin are brought there in one.
	giftsBegun = 256
	// giftsHeld bounds the gifts that have ended and that the journal does not take.
	giftsHeld = 4096
)

// giving keeps the records of what a Giver gives. One goroutine, in own, writes them, as much
// as there is in a few commits: the records of what begins first, since whoever gives waits for
// those (Gift.Kept) before the device is told, or has its first byte. So a program that is
// killed at any moment leaves a record of all that was given, where the journal can be
// written. Where it cannot be devices are served all the same, and that is told.
type giving struct {
	e     *Engine
	stop  func() // ends the telling
	where *Where
	wake  chan struct{} // holds one token after a step
	quit  chan struct{}
	done  chan struct{} // closed when own returned

	mu    sync.Mutex
	steps []Gift // told, in order, and not seen by own

	// Only own touches these.
	waits time.Duration    // as the giver was told
	fresh []*gift          // whose record the journal was not asked to take
	live  map[uint64]*gift // that have not ended, by Gift.Key
	queue []*gift          // with what the journal has not taken
	group int              // how many of them are tried next
	err   error            // why the journal failed last, nil once it has all
	lost  int              // how many have no record to the end
	blank int              // how many of those have none at all
}

// ErrUnkept is in the error of Engine.Close where records of what rules gave are not whole.
var ErrUnkept = errors.New("records are not whole")

// debtor is a Journal that keeps, beside what it holds, what it lacks.
type debtor interface {
	// owe tells that the end of those jobs could not be written, and of blank more that they
	// were begun: whoever opens the journal next is told.
	owe(jobs []string, blank int)
}

// newGiving begins to keep what the engine's giver gives.
func newGiving(e *Engine) *giving {
	v := &giving{
		e: e, where: here("", e.cfg.Version), wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
		live: make(map[uint64]*gift), group: giftsGrouped,
	}
	v.heed()
	v.stop = e.cfg.Giver.Gifts(v.take)
	go v.own()
	return v
}

// close ends the telling and all that is under way, and waits until that is in the journal,
// or was told not to be. The error, with NoteGiftsUnkept, says of how many it is not, also of
// those that ended long ago.
func (v *giving) close() error {
	v.stop()
	close(v.quit)
	<-v.done
	if v.lost == 0 {
		return nil
	}
	return &devices.Error{
		Op: "updater: keep what rules gave", Kind: devices.Space, Note: NoteGiftsUnkept, Args: []any{v.lost},
		Err: errors.Join(ErrUnkept, v.err),
	}
}

// going tells whether the program goes on.
func (v *giving) going() bool {
	select {
	case <-v.quit:
		return false
	default:
		return true
	}
}

// take notes a step. It waits for nothing but other calls of it.
func (v *giving) take(s Gift) {
	v.mu.Lock()
	v.steps = append(v.steps, s)
	v.mu.Unlock()
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// own brings to the journal what is told. A journal that failed is left alone for a moment.
func (v *giving) own() {
	defer close(v.done)
	settings := time.NewTicker(heedEvery)
	defer settings.Stop()
	var retry, look <-chan time.Time
	for {
		select {
		case <-settings.C:
			v.heed()
			continue
		case <-v.e.changed():
			v.heed()
			continue
		case <-v.wake:
			v.absorb()
		case <-look:
			look = nil
			v.sample()
		case <-retry:
			retry = nil
		case <-v.quit:
			v.finish()
			return
		}
		if retry == nil && !v.keep(giftsGrouped, v.going) {
			retry = time.After(v.e.cfg.Budgets.Poll)
		}
		if look == nil && len(v.live) > 0 {
			look = time.After(v.e.cfg.Budgets.Record)
		}
	}
}

// heed tells the giver what a person chose, if that can be read: else the last choice holds.
func (v *giving) heed() {
	s, err := v.e.Settings()
	if err != nil {
		v.e.cfg.Log.Error("the settings cannot be read", "err", err)
		return
	}
	if w := s.Waits(); w != v.waits {
		v.waits = w
		v.e.cfg.Giver.SetWait(w)
	}
}

// absorb makes events of all steps that were told.
func (v *giving) absorb() {
	v.mu.Lock()
	steps := v.steps
	v.steps = nil
	v.mu.Unlock()
	for _, s := range steps {
		g := v.live[s.Key]
		if g == nil {
			var err error
			if g, err = newGift(s, v.where); err != nil {
				kept(s.Kept)
				v.blank++
				v.lose(1, err)
				continue
			}
			v.live[s.Key] = g
			v.fresh = append(v.fresh, g)
		}
		g.step(s)
		if g.ended {
			delete(v.live, s.Key)
		}
		v.enqueue(g)
	}
	v.admit()
}

// admit brings the records of what has just begun to the journal, and lets those go on who
// wait for that. What the journal does not take now is tried again as the rest is.
func (v *giving) admit() {
	for len(v.fresh) > 0 {
		group := v.fresh[:min(giftsBegun, len(v.fresh))]
		v.fresh = v.fresh[len(group):]
		if v.err == nil { // else it is left alone for a moment
			if err := v.begin(group); err != nil {
				v.fail(err)
			}
		}
		for _, g := range group {
			kept(g.kept)
		}
	}
}

func kept(tell func()) {
	if tell != nil {
		tell()
	}
}

// begin writes the records of a group that the journal does not have.
func (v *giving) begin(group []*gift) error {
	var records []Record
	for _, g := range group {
		if !g.begun {
			records = append(records, g.record)
		}
	}
	if len(records) == 0 {
		return nil
	}
	if err := v.e.journal.Begin(records...); err != nil {
		return err
	}
	for _, g := range group {
		g.begun = true
	}
	return nil
}

func (v *giving) enqueue(g *gift) {
	if !g.queued {
		g.queued = true
		v.queue = append(v.queue, g)
	}
}

// sample notes how far some of those are that are on their way: no more than fit into one
// commit, so that many are no burden to the journal; a map gives others each time.
func (v *giving) sample() {
	n := 0
	for _, g := range v.live {
		if g.progress == nil {
			continue
		}
		done, total := g.progress()
		if g.moved(time.Now(), done, total) {
			v.enqueue(g)
		}
		if n++; n == giftsGrouped {
			return
		}
	}
}

// keep brings to the journal what waits, at most so many in one transaction and what begins
// meanwhile before the next, as long as more says so; false if it does not take all. One of a group may be what it does not take: the
// group becomes smaller until that is alone, and goes last.
func (v *giving) keep(most int, more func() bool) bool {
	for len(v.queue) > 0 {
		if !more() {
			return false
		}
		n := min(v.group, len(v.queue))
		if err := v.commit(v.queue[:n]); err != nil {
			v.group = max(1, n/2)
			if n == 1 {
				v.queue = append(v.queue[1:], v.queue[0])
			}
			v.fail(err)
			return false
		}
		v.queue, v.group = v.queue[n:], min(2*v.group, most)
		v.absorb()
	}
	if v.err != nil {
		v.err = nil
		v.e.cfg.Log.Info("the records of what rules gave are whole now", "lost", v.lost)
		v.e.cfg.Giver.Trouble(Note{Level: Info, Code: NoteJournalAgain})
	}
	return true
}

// commit writes what waits of a group.
func (v *giving) commit(group []*gift) error {
	if err := v.begin(group); err != nil {
		return err
	}
	var events []Event
	for _, g := range group {
		events = append(events, g.back.events...)
	}
	if err := v.e.journal.Append(events...); err != nil {
		return err
	}
	for _, g := range group {
		g.queued, g.back.events = false, nil
	}
	return nil
}

// fail tells that the journal does not take what is given, and gives up on the newest of
// what ended where that has become too much to hold.
func (v *giving) fail(err error) {
	if v.err == nil {
		v.e.cfg.Log.Error("the journal failed", "gifts", len(v.queue), "err", err)
		v.e.cfg.Giver.Trouble(Note{Level: Warn, Code: NoteJournalLater})
	}
	v.err = err
	ended, before := 0, len(v.queue)
	v.queue = slices.DeleteFunc(v.queue, func(g *gift) bool {
		if g.ended {
			ended++
		}
		over := g.ended && ended > giftsHeld
		if over && !g.begun {
			v.blank++
		}
		return over
	})
	v.lose(before-len(v.queue), err)
}

// lose tells of n more gifts that have no record to the end.
func (v *giving) lose(n int, err error) {
	if n == 0 {
		return
	}
	v.lost += n
	v.e.cfg.Log.Error("the records of what rules gave are not whole", "gifts", v.lost, "err", err)
	v.e.cfg.Giver.Trouble(Note{Level: Fault, Code: NoteJournalUnkept, Args: []any{v.lost}})
}
