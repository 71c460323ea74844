package updater

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// hall is a reception that hands out, and whose devices may fall silent.
type hall struct {
	*reception
	silent time.Duration // after the delivery, until Open says so
	mu     sync.Mutex
	handed time.Time
	slow   bool // the next Open after the delivery
}

func (h *hall) Capabilities(devices.Identity) devices.Capabilities {
	return devices.Capabilities{ChecksIn: true, Methods: map[devices.Method]devices.Capability{devices.Answer: {OK: true}}}
}

func (h *hall) Open(ctx context.Context, a devices.Address, access devices.Access) (devices.Session, error) {
	h.mu.Lock()
	handed := h.handed
	slow := h.slow && !handed.IsZero()
	h.slow = h.slow && !slow
	h.mu.Unlock()
	if slow {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	h.reception.mu.Lock()
	said := h.said[a].At
	h.reception.mu.Unlock()
	switch {
	case handed.IsZero(), said.After(handed):
	case time.Since(handed) >= h.silent:
		return nil, &devices.Error{Op: "desk: open", At: string(a), Kind: devices.Timeout, Note: devices.NoteUnheard, Args: []any{handed.Format(time.RFC3339), h.silent.Seconds()}}
	default:
		return nil, &devices.Error{Op: "desk: open", At: string(a), Kind: devices.Absent}
	}
	s, err := h.reception.Open(ctx, a, access)
	if err != nil {
		return nil, err
	}
	return &served{s, h}, nil
}

// served is a session with a device that is handed all at once.
type served struct {
	devices.Session
	hall *hall
}

func (s *served) Deliver(context.Context, *devices.Job, devices.Report) (devices.Delivery, error) {
	s.hall.mu.Lock()
	defer s.hall.mu.Unlock()
	s.hall.handed = time.Now()
	return devices.Delivery{Installing: true, How: string(devices.Answer), Sent: []string{fileSum}}, nil
}

// TestSilentJob: a person's upgrade of a device that asks by itself ends as uncertain when that
// has been silent for as long as it is waited for, with what to do, and the device's word
// settles it whenever it comes. A program that was slow once is no silence of the device.
func TestSilentJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hall{reception: &reception{said: map[devices.Address]devices.Identity{}}, silent: 48 * time.Hour, slow: true}
		h.call("a", oldVersion)
		b := newBook()
		e, err := New(Config{Drivers: []devices.Driver{h}, Discoverers: []devices.Discoverer{h}, Journal: b})
		if err != nil {
			t.Fatal(err)
		}
		defer close2(t, e)
		defer settlingWith(t, e)()
		p := testPackage()
		p.Manifest.Models = nil
		job, err := e.Start(Plan{Family: "desk", Sighting: h.listed[0], ID: "sn:a", Address: "desk:sn:a", Method: devices.Answer, Package: p, Accept: map[string]string{"reach": "test"}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(47 * time.Hour)
		if r := history(t, e, 1)[0]; r.Outcome != Running || r.Stage != Restart {
			t.Fatalf("after 47 h: %s in %s, %+v", r.Outcome, r.Stage, r.Failure)
		}
		time.Sleep(2 * time.Hour)
		r := history(t, e, 1)[0]
		if r.Job != job || r.Outcome != Uncertain || r.Failure == nil || r.Failure.Note.Code != devices.NoteUnheard {
			t.Fatalf("%s, %+v", r.Outcome, r.Failure)
		}
		cases := e.OpenCases()
		if len(cases) != 1 || cases[0].Known.Code != devices.NoteUnheard || cases[0].Next.Code != NoteNextAsks || !slices.Equal(cases[0].Next.Args, []any{"sn:a"}) {
			t.Errorf("%+v", cases)
		}
		time.Sleep(240 * time.Hour)
		h.call("a", newVersion)
		time.Sleep(time.Minute)
		if r := history(t, e, 1)[0]; r.Result() != Verified || len(e.OpenCases()) != 0 {
			t.Errorf("%s, %+v", r.Result(), r.Settled)
		}
	})
}

// parted is a hall whose devices get a part of the package, and say nothing more until Deliver
// says so.
type parted struct{ *hall }

func (p *parted) Capabilities(devices.Identity) devices.Capabilities {
	return devices.Capabilities{
		ChecksIn: true, Methods: map[devices.Method]devices.Capability{devices.Answer: {OK: true}},
		Cancel: map[devices.Method]devices.CancelWay{devices.Answer: devices.CancelDisarm},
	}
}

func (p *parted) Open(ctx context.Context, a devices.Address, access devices.Access) (devices.Session, error) {
	s, err := p.reception.Open(ctx, a, access)
	if err != nil {
		return nil, err
	}
	return &partly{s, p.silent}, nil
}

// partly is a session with a device that falls silent half-way.
type partly struct {
	devices.Session
	silent time.Duration
}

func (p *partly) Deliver(ctx context.Context, _ *devices.Job, report devices.Report) (devices.Delivery, error) {
	begun := time.Now()
	report.Progress(500, 1000)
	select {
	case <-time.After(p.silent):
	case <-ctx.Done():
		return devices.Delivery{}, context.Cause(ctx)
	}
	return devices.Delivery{}, &devices.Error{
		Op: "desk: deliver", Kind: devices.Timeout, Note: devices.NoteUnheardPart, Args: []any{begun.Format(time.RFC3339), p.silent.Seconds()},
	}
}

// TestSilentHalfWay: what a device said before it had a part of the package, and fell silent,
// says nothing of what became of it: its next words do.
func TestSilentHalfWay(t *testing.T) {
	for version, want := range map[string]Outcome{newVersion: Verified, oldVersion: FailedOld} {
		synctest.Test(t, func(t *testing.T) {
			h := &parted{&hall{reception: &reception{said: map[devices.Address]devices.Identity{}}, silent: 48 * time.Hour}}
			h.call("a", oldVersion)
			e, err := New(Config{Drivers: []devices.Driver{h}, Discoverers: []devices.Discoverer{h}, Journal: newBook()})
			if err != nil {
				t.Fatal(err)
			}
			defer close2(t, e)
			defer settlingWith(t, e)()
			p := testPackage()
			p.Manifest.Models = nil
			if _, err := e.Start(Plan{Family: "desk", Sighting: h.listed[0], ID: "sn:a", Address: "desk:sn:a", Method: devices.Answer, Package: p, Accept: map[string]string{"reach": "test"}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(49 * time.Hour)
			r := history(t, e, 1)[0]
			if r.Result() != Uncertain || r.Failure == nil || r.Failure.Note.Code != devices.NoteUnheardPart {
				t.Fatalf("no device said so: %s in %s, %+v", r.Result(), r.Stage, r.Failure)
			}
			if cases := e.OpenCases(); len(cases) != 1 || cases[0].Next.Code != NoteNextAsks {
				t.Errorf("%+v", cases)
			}
			h.call("a", version)
			time.Sleep(time.Minute)
			if r := history(t, e, 1)[0]; r.Result() != want || len(e.OpenCases()) != 0 {
				t.Errorf("%s, %+v", r.Result(), r.Settled)
			}
		})
	}
}

// TestGiftSilent: the record of what rules gave to a device that fell silent is uncertain and
// says since when, with what to do; what the device says later settles it, its old version only
// where it cannot be about to install any more.
func TestGiftSilent(t *testing.T) {
	for name, c := range map[string]struct {
		steps   []GiftStep
		urls    []string
		note    devices.Code
		version string
		after   time.Duration // of the gift
		want    Outcome
	}{
		"new":                    {[]GiftStep{GiftBegun, GiftWhole}, nil, devices.NoteUnheard, newVersion, 100 * time.Hour, Verified},
		"old":                    {[]GiftStep{GiftBegun, GiftWhole}, nil, devices.NoteUnheard, oldVersion, 100 * time.Hour, FailedOld},
		"a part, and old":        {[]GiftStep{GiftBegun}, nil, devices.NoteUnheardPart, oldVersion, 100 * time.Hour, FailedOld},
		"elsewhere, soon":        {[]GiftStep{GiftBegun}, []string{"http://far/p"}, devices.NoteUnheardPart, oldVersion, 5 * time.Hour, Uncertain},
		"elsewhere, soon, new":   {[]GiftStep{GiftBegun}, []string{"http://far/p"}, devices.NoteUnheardPart, newVersion, 5 * time.Hour, Verified},
		"elsewhere, long after":  {[]GiftStep{GiftBegun}, []string{"http://far/p"}, devices.NoteUnheardPart, oldVersion, 100 * time.Hour, FailedOld},
		"elsewhere, had it, old": {[]GiftStep{GiftBegun, GiftWhole}, []string{"http://far/p"}, devices.NoteUnheard, oldVersion, time.Hour, FailedOld},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, b, r := &desk{}, newBook(), &reception{said: map[devices.Address]devices.Identity{}}
				e, err := New(Config{Drivers: []devices.Driver{r}, Discoverers: []devices.Discoverer{r}, Journal: b, Giver: d})
				if err != nil {
					t.Fatal(err)
				}
				defer close2(t, e)
				defer settlingWith(t, e)()
				g := present(1, oldVersion)
				g.Before = devices.Identity{Family: "desk", Serial: "a", Firmware: oldVersion, At: time.Now()}
				g.Device, g.Address, g.URLs = g.Before, "desk:sn:a", c.urls
				if c.urls != nil {
					g.Method = devices.HTTP
				}
				time.Sleep(time.Second)
				d.give(g, c.steps...)
				time.Sleep(time.Minute)
				g.Known = Note{Code: c.note, Args: []any{g.Before.At.Format(time.RFC3339), 60.0}}
				d.give(g, GiftSilent)
				time.Sleep(time.Minute)
				rec := history(t, e, 1)[0]
				cases := e.OpenCases()
				if rec.Outcome != Uncertain || rec.Ending == nil || rec.Ending.Code != c.note || len(cases) != 1 ||
					cases[0].Known.Code != c.note || cases[0].Next.Code != NoteNextAsks {
					t.Fatalf("%+v\n%+v", rec, cases)
				}
				time.Sleep(c.after)
				r.call("a", c.version)
				time.Sleep(time.Minute)
				if rec := history(t, e, 0); len(rec) != 1 || rec[0].Result() != c.want {
					t.Errorf("%d records, %s, %+v", len(rec), rec[0].Result(), rec[0].Settled)
				}
			})
		})
	}
}

// TestGiftKnown: why a device that was told to fetch from elsewhere counts as not upgraded is
// in its record.
func TestGiftKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		e := given(t, d, b)
		defer close2(t, e)
		g := present(1, oldVersion)
		g.Method, g.URLs, g.Sent, g.Known = devices.HTTP, []string{"http://far/p"}, nil, Note{Code: "checkin.elsewhere", Args: []any{oldVersion, newVersion, "", 3}}
		d.give(g, GiftBegun, GiftFailed)
		synctest.Wait()
		r := history(t, e, 1)[0]
		if r.Outcome != FailedOld || r.Ending.Code != NoteOld || r.Failure.Note.Code != "checkin.elsewhere" || r.Failure.Kind != devices.Timeout || len(r.Failure.Note.Args) != 4 {
			t.Errorf("%s, %+v, %+v", r.Outcome, r.Ending, r.Failure)
		}
	})
}

// TestGiverWaits: who gives is told for how long a silent device is waited for, also when that
// is changed by another program.
func TestGiverWaits(t *testing.T) {
	d, w := &desk{}, newWorld(t)
	cfg := w.config(newBook())
	cfg.Giver, cfg.DataDir = d, t.TempDir()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer close2(t, e)
	waits := func() time.Duration {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.wait
	}
	if got := waits(); got != 48*time.Hour {
		t.Errorf("at first %s", got)
	}
	if _, err := e.Configure(t.Context(), func(s *Settings) { s.Wait = 90 * 60 }); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); waits() != 90*time.Minute; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after a change %s", waits())
		}
	}
}
