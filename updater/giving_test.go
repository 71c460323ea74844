package updater

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// desk is a Giver whose gifts a test tells.
type desk struct {
	mu       sync.Mutex
	take     func(Gift)
	troubles []Note
	wait     time.Duration
}

func (d *desk) Gifts(take func(Gift)) (stop func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.take = take
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.take = nil
	}
}

func (d *desk) Trouble(n Note) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.troubles = append(d.troubles, n)
}

func (d *desk) SetWait(wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait = wait
}

// told are the codes of what the desk was told.
func (d *desk) told() (codes []devices.Code) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.troubles {
		codes = append(codes, n.Code)
	}
	return codes
}

// give tells those steps of a gift, with its fields as they would be then.
func (d *desk) give(g Gift, steps ...GiftStep) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range steps {
		g.Step, g.At = s, time.Now()
		now := g
		switch s {
		case GiftBegun:
			now.Device, now.Sent, now.Done, now.Said = g.Before, nil, 0, devices.Said{}
		case GiftWhole:
			now.Device, now.Said = g.Before, devices.Said{}
		}
		d.take(now)
	}
}

// present is the gift of the package to a device with that number, which then reports
// version.
func present(n int, version string) Gift {
	before := devices.Identity{Family: "fake", IMEI: fmt.Sprint(860000000000000 + n), Model: "EC600N", Firmware: oldVersion, At: time.Now()}
	now := before
	now.Firmware, now.At = version, before.At.Add(time.Minute)
	return Gift{
		Key: uint64(n), Address: devices.Address("luat:" + before.ID()), Before: before, Device: now,
		Package: testPackage(), Target: newVersion, Method: devices.Answer, Sent: []string{fileSum}, Done: 1000, Total: 1000,
		Rule: RulePart{File: "plan.json", Place: "rules[0]"},
	}
}

// given is an engine that keeps what d gives in b.
func given(t testing.TB, d *desk, b Journal) *Engine {
	t.Helper()
	w := newWorld(t)
	cfg := w.config(b)
	cfg.Giver = d
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// closeLacking closes e, which must say that it has no end of so many gifts.
func closeLacking(t *testing.T, e *Engine, n int) {
	t.Helper()
	var told *devices.Error
	if err := e.Close(); !errors.As(err, &told) || told.Note != NoteGiftsUnkept || !slices.Equal(told.Args, []any{n}) {
		t.Errorf("%+v, want %d", err, n)
	}
}

// TestGiftProgress: how far a device is gets into the record while it fetches, of many of
// them in turn.
func TestGiftProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		e := given(t, d, b)
		defer close2(t, e)
		var mu sync.Mutex
		asked := 0
		for n := range 3 * giftsGrouped {
			g := present(n, newVersion)
			g.Progress = func() (int64, int64) {
				mu.Lock()
				defer mu.Unlock()
				asked++
				return 300, 1000
			}
			d.give(g, GiftBegun)
		}
		synctest.Wait()
		before := b.written()
		time.Sleep(1100 * time.Millisecond)
		mu.Lock()
		if asked != giftsGrouped || b.written() != before+1 {
			t.Errorf("%d were asked, %d commits", asked, b.written()-before)
		}
		mu.Unlock()
		time.Sleep(5 * time.Minute)
		for _, r := range history(t, e, 0) {
			if end := last(b.events[r.Job]); !end.Progress || end.Done != 300 || end.Total != 1000 || end.Seq != 3 {
				t.Fatalf("%+v", end)
			}
		}
	})
}

// TestGiftsGrouped: what a thousand devices are given while the journal is busy with the
// first is kept in a few commits, all of it.
func TestGiftsGrouped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		gate := make(chan struct{})
		b.fail = func(Event) error { <-gate; return nil }
		e := given(t, d, b)
		defer close2(t, e)
		var telling sync.WaitGroup
		for n := range 1000 {
			telling.Go(func() { d.give(present(n, newVersion), GiftBegun, GiftWhole, GiftVerified) })
		}
		telling.Wait()
		synctest.Wait()
		close(gate)
		synctest.Wait()
		records := history(t, e, 0)
		if len(records) != 1000 || slices.ContainsFunc(records, func(r Record) bool { return r.Outcome != Verified || r.unproved() }) {
			t.Errorf("%d records", len(records))
		}
		if most := 2 * (2 + 1000/giftsGrouped + 1); b.written() > most {
			t.Errorf("%d commits, at most %d", b.written(), most)
		}
		if told := d.told(); len(told) != 0 {
			t.Errorf("told %v", told)
		}
	})
}

// TestGiftsClosed: what is under way when the program is closed has a record that says so,
// and its case is open; nothing is told any more.
func TestGiftsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		e := given(t, d, b)
		d.give(present(1, newVersion), GiftBegun)
		d.give(present(2, newVersion), GiftBegun, GiftWhole)
		d.give(present(3, newVersion), GiftBegun, GiftWhole, GiftVerified)
		close2(t, e)
		if d.take != nil {
			t.Error("still told of what is given")
		}
		outcomes := map[Outcome]int{}
		for _, r := range history(t, e, 0) {
			outcomes[r.Outcome]++
			if r.Outcome == Uncertain && (r.Ending.Code != NoteClosing || !r.open()) {
				t.Errorf("%+v", r)
			}
		}
		if outcomes[Uncertain] != 2 || outcomes[Verified] != 1 {
			t.Errorf("%v", outcomes)
		}
	})
}

// TestGiftsDied: what was under way when the program died is an open case, at whatever
// moment it was, and the word of the device settles it.
func TestGiftsDied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, steps := range map[string][]GiftStep{"before the first event": {GiftBegun}, "begun": {GiftBegun}, "whole": {GiftBegun, GiftWhole}} {
			d, b := &desk{}, newBook()
			if name == "before the first event" {
				b.fail = func(Event) error { return errors.New("the program dies here") }
			}
			e := given(t, d, b)
			g := present(1, newVersion)
			g.Address, g.Before.IMEI, g.Device.IMEI = home, strings.TrimPrefix(imei, "imei:"), strings.TrimPrefix(imei, "imei:")
			d.give(g, steps...)
			synctest.Wait()
			after := newBook() // what the next program finds
			after.records, after.events = slices.Clone(b.records), b.events
			if b.fail != nil {
				closeLacking(t, e, 1)
			} else {
				close2(t, e)
			}
			w := newWorld(t)
			w.running = newVersion
			second := engine(t, w, after)
			cases := second.OpenCases()
			if len(cases) != 1 || !cases[0].Open || cases[0].Known.Code != NoteDied || cases[0].Next.Code != NoteNextConnect {
				t.Fatalf("%s: %+v", name, cases)
			}
			ctx, stop := context.WithTimeout(t.Context(), time.Hour)
			var settling sync.WaitGroup
			settling.Go(func() { _ = second.Settle(ctx) })
			time.Sleep(30 * time.Minute)
			stop()
			settling.Wait()
			if r := history(t, second, 1)[0]; r.Result() != Verified || r.unproved() {
				t.Errorf("%s: %s, %+v", name, r.Result(), r.Settled)
			}
			close2(t, second)
		}
	})
}

// TestGiftsJournalHeals: whatever a journal refuses for a while is in it afterwards, and that
// it did not take it is told once.
func TestGiftsJournalHeals(t *testing.T) {
	for name, begins := range map[string]bool{"a beginning": true, "an event": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, b := &desk{}, newBook()
				full := errors.New("disk full")
				if begins {
					b.refuse = full
				}
				b.fail = func(Event) error { return full }
				e := given(t, d, b)
				defer close2(t, e)
				for n := range 100 {
					d.give(present(n, newVersion), GiftBegun)
					time.Sleep(time.Millisecond) // each is a word of its own
					d.give(present(n, newVersion), GiftWhole, GiftVerified)
				}
				time.Sleep(time.Minute)
				if told := d.told(); !slices.Equal(told, []devices.Code{NoteJournalLater}) {
					t.Errorf("told %v", told)
				}
				if b.written() > 130 { // two a second at most
					t.Errorf("%d tries in a minute", b.written())
				}
				b.mu.Lock()
				b.refuse, b.fail = nil, nil
				b.mu.Unlock()
				time.Sleep(time.Minute)
				if told := d.told(); !slices.Equal(told, []devices.Code{NoteJournalLater, NoteJournalAgain}) {
					t.Errorf("told %v", told)
				}
				complete(t, e, b, 100)
			})
		})
	}
}

// complete checks that n gifts are verified in the journal, with all of their events.
func complete(t *testing.T, e *Engine, b *book, n int) {
	t.Helper()
	records := history(t, e, 0)
	if len(records) != n {
		t.Errorf("%d records", len(records))
	}
	for _, r := range records {
		events := b.events[r.Job]
		if r.Outcome != Verified || !slices.Equal(begun(events), []Stage{Identify, Deliver, Restart, Confirm}) {
			t.Fatalf("%+v, %d events", r, len(events))
		}
		for i, ev := range events {
			if ev.Seq != int64(i+1) {
				t.Fatalf("event %d has number %d", i, ev.Seq)
			}
		}
	}
}

// TestGiftsOneRefused: a gift that the journal never takes keeps none of the others out.
func TestGiftsOneRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		at := present(70, "").Address
		b.fail = func(e Event) error {
			if b.find(e.Job).Plan.Address == at {
				return errors.New("damaged")
			}
			return nil
		}
		e := given(t, d, b)
		for n := range 200 {
			d.give(present(n, newVersion), GiftBegun, GiftWhole, GiftVerified)
		}
		time.Sleep(time.Minute)
		done := 0
		for _, r := range history(t, e, 0) {
			if r.Outcome == Verified {
				done++
			}
		}
		if done != 199 {
			t.Errorf("%d verified", done)
		}
		closeLacking(t, e, 1)
		if told := d.told(); !slices.Equal(told, []devices.Code{NoteJournalLater, NoteJournalUnkept}) || d.troubles[1].Args[0] != 1 {
			t.Errorf("told %+v", d.troubles)
		}
	})
}

// TestGiftsBounded: of what ended and the journal does not take, so much is held; the rest is
// told to be lost.
func TestGiftsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		b.refuse = errors.New("disk full")
		e := given(t, d, b)
		defer closeLacking(t, e, 10)
		for n := range giftsHeld + 10 {
			d.give(present(n, newVersion), GiftBegun, GiftWhole, GiftVerified)
		}
		time.Sleep(time.Minute)
		if told := d.told(); !slices.Equal(told, []devices.Code{NoteJournalLater, NoteJournalUnkept}) || d.troubles[1].Args[0] != 10 {
			t.Errorf("told %+v", d.troubles)
		}
		b.mu.Lock()
		b.refuse = nil
		b.mu.Unlock()
		time.Sleep(time.Minute)
		complete(t, e, b, giftsHeld)
	})
}

// TestGiftsUnkept: where the journal takes nothing until the program has ended, that is told,
// and the next program finds of each gift that its end could not be written.
func TestGiftsUnkept(t *testing.T) {
	const n = giftsGrouped + 36
	dir := t.TempDir()
	f, _ := open(t, dir)
	if _, err := f.db.Exec("PRAGMA busy_timeout = 0"); err != nil {
		t.Fatal(err)
	}
	d, w := &desk{}, newWorld(t)
	cfg := w.config(f)
	cfg.Giver, cfg.Budgets = d, quick()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		d.give(present(i, newVersion), GiftBegun)
	}
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if records := history(t, e, 0); len(records) == n && !slices.ContainsFunc(records, func(r Record) bool { return r.Seq == 0 }) {
			break
		}
	}
	free := jam(t, f)
	for i := range n {
		d.give(present(i, newVersion), GiftWhole, GiftVerified)
	}
	for i := range 7 { // of which nothing is in the journal
		d.give(present(n+i, newVersion), GiftBegun)
	}
	closeLacking(t, e, n+7)
	free()
	if told := d.told(); !slices.Equal(told, []devices.Code{NoteJournalLater, NoteJournalUnkept}) || d.troubles[1].Args[0] != n+7 {
		t.Errorf("told %+v", d.troubles)
	}
	var notes []Note
	if cfg.Journal, notes, err = OpenJournal(dir); err != nil || !reflect.DeepEqual(notes, []Note{{Level: Warn, Code: NoteGiftsBlank, Args: []any{int64(7)}}}) {
		t.Fatal(notes, err)
	}
	cfg.Giver = nil
	if e, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	defer close2(t, e)
	records := history(t, e, 0)
	if len(records) != n || slices.ContainsFunc(records, func(r Record) bool { return !r.open() || r.Failure.Note.Code != NoteUnkept || r.Altered }) {
		t.Errorf("%d records, the last %+v", len(records), records[0])
	}
	if _, notes := open(t, dir); len(notes) > 0 {
		t.Errorf("told again: %+v", notes)
	}
}

// TestGiftsClosedSlowly: however many are under way, and however long the journal takes, the
// program ends; of how many the end could not be kept is told.
func TestGiftsClosedSlowly(t *testing.T) {
	const n, each = 3000, 50 * time.Millisecond // all of them would take 150 s
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		e := given(t, d, b)
		for i := range n {
			d.give(present(i, newVersion), GiftBegun)
		}
		synctest.Wait()
		b.mu.Lock()
		b.fail = func(Event) error { time.Sleep(each); return nil }
		b.mu.Unlock()
		at, lost := time.Now(), 0
		var told *devices.Error
		if err := e.Close(); errors.As(err, &told) {
			lost, _ = told.Args[0].(int)
		}
		if took, most := time.Since(at), DefaultBudgets().Keep+giftsAtEnd*each; took > most {
			t.Errorf("it took %s, at most %s", took, most)
		}
		open := 0
		for _, r := range history(t, e, 0) {
			if r.Outcome == Running {
				open++
			}
		}
		if lost == 0 || lost != open || !slices.Equal(d.told(), []devices.Code{NoteJournalUnkept}) || d.troubles[0].Args[0] != lost {
			t.Errorf("%d lost, %d without an end, told %+v", lost, open, d.troubles)
		}
	})
}

// TestGiftsClosedWhileKept: nor does it wait for what is being kept when it ends.
func TestGiftsClosedWhileKept(t *testing.T) {
	const n, each = 3000, 50 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		b.fail = func(Event) error { time.Sleep(each); return nil }
		e := given(t, d, b)
		for i := range n {
			d.give(present(i, newVersion), GiftBegun)
		}
		time.Sleep(time.Second)
		at := time.Now()
		var told *devices.Error
		if err := e.Close(); !errors.As(err, &told) {
			t.Errorf("%d gifts are in the journal after %s: %v", n, time.Since(at), err)
		}
		// A gift has three events here.
		if took, most := time.Since(at), DefaultBudgets().Keep+3*(giftsGrouped+giftsAtEnd)*each; took > most {
			t.Errorf("it took %s, at most %s", took, most)
		}
	})
}

// TestGiftsWhileRead: steps from many goroutines, while the history is read.
func TestGiftsWhileRead(t *testing.T) {
	f, _ := open(t, t.TempDir())
	d := &desk{}
	e := given(t, d, f)
	var telling sync.WaitGroup
	for n := range 8 {
		telling.Go(func() {
			for i := range 20 {
				g := present(100*n+i, newVersion)
				d.give(g, GiftBegun)
				history(t, e, 0)
				d.give(g, GiftWhole, GiftVerified)
			}
		})
	}
	telling.Wait()
	close2(t, e)
	f, notes := open(t, f.dir)
	records, err := f.Jobs(0)
	if err != nil || len(notes) != 0 || len(records) != 160 || slices.ContainsFunc(records, func(r Record) bool { return r.Outcome != Verified || r.Altered }) {
		t.Errorf("%d records, notes %v, %v", len(records), notes, err)
	}
}

// TestGiftKept: who gives is told once when the record of a gift is in the journal, before
// all else that waits, and at once where the journal takes nothing.
func TestGiftKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		gate := make(chan struct{})
		b.fail = func(Event) error { <-gate; return nil }
		e := given(t, d, b)
		defer close2(t, e)
		var mu sync.Mutex
		told, early := 0, 0
		some := func(from, to int) {
			for n := range to - from {
				g := present(from+n, newVersion)
				g.Kept = func() {
					b.mu.Lock()
					defer b.mu.Unlock()
					mu.Lock()
					defer mu.Unlock()
					told++
					if !slices.ContainsFunc(b.records, func(r Record) bool { return r.Plan.Address == g.Address }) {
						early++
					}
				}
				d.give(g, GiftBegun, GiftWhole)
			}
			synctest.Wait()
		}
		some(0, 2*giftsGrouped)
		close(gate) // the first events were being written
		synctest.Wait()
		some(2*giftsGrouped, 1000)
		mu.Lock()
		if told != 1000 || early != 0 {
			t.Errorf("%d were told, %d of them too early", told, early)
		}
		mu.Unlock()
		b.mu.Lock()
		b.refuse = errors.New("disk full")
		b.mu.Unlock()
		some(1000, 1010)
		mu.Lock()
		if told != 1010 || early != 10 {
			t.Errorf("%d were told, %d of them without a record", told, early)
		}
		mu.Unlock()
		b.mu.Lock()
		b.refuse = nil
		b.mu.Unlock()
		time.Sleep(time.Minute)
		if n := len(history(t, e, 0)); n != 1010 {
			t.Errorf("%d records", n)
		}
	})
}

// TestManyDied: tens of thousands that a giver was killed with are closed in few commits, and
// one that the journal does not take keeps none of the others open.
func TestManyDied(t *testing.T) {
	b := newBook()
	for n := range 1000 {
		g, err := newGift(present(n, newVersion), &Where{})
		if err != nil {
			t.Fatal(err)
		}
		b.records = append(b.records, g.record)
	}
	bad := b.records[300].Job
	b.fail = func(e Event) error {
		if e.Job == bad {
			return errors.New("damaged")
		}
		return nil
	}
	e := engine(t, newWorld(t), b)
	if n := b.written(); n > 2*buried {
		t.Errorf("%d commits", n)
	}
	ended := 0
	for _, r := range history(t, e, 0) {
		if r.Outcome == Uncertain && r.Failure.Note.Code == NoteDied {
			ended++
		}
	}
	if ended != 999 {
		t.Errorf("%d are closed", ended)
	}
	close2(t, e)
}
