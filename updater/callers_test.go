package updater

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// reception is a driver of devices that ask by themselves, and lists the few that asked
// last.
type reception struct {
	mu     sync.Mutex
	said   map[devices.Address]devices.Identity
	opened int // that were there
	listed []devices.Sighting
}

func (r *reception) Family() string { return "desk" }

func (r *reception) Capabilities(devices.Identity) devices.Capabilities {
	return devices.Capabilities{ChecksIn: true}
}

func (r *reception) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	for {
		r.mu.Lock()
		see(slices.Clone(r.listed))
		r.mu.Unlock()
		if err := pause(ctx, 10*time.Second); err != nil {
			return err
		}
	}
}

func (r *reception) Open(_ context.Context, a devices.Address, _ devices.Access) (devices.Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, here := r.said[a]
	if !here {
		return nil, &devices.Error{Op: "desk: open", At: string(a), Kind: devices.Absent}
	}
	r.opened++
	return &caller{id: id}, nil
}

// call says who asks at a reception, and what it runs.
func (r *reception) call(serial, version string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := devices.Address("desk:sn:" + serial)
	r.said[a] = devices.Identity{Family: "desk", Serial: serial, Firmware: version, At: time.Now()}
	r.listed = append(r.listed, devices.Sighting{
		Key: string(a), Family: "desk", Ports: []devices.Port{{Address: a, Role: devices.RoleCheckIn, Proved: true}},
	})
	r.listed = r.listed[max(0, len(r.listed)-20):]
}

// caller is what a device said when it asked last.
type caller struct {
	devices.Session
	id devices.Identity
}

func (c *caller) Identify(context.Context) (devices.Identity, error) { return c.id, nil }

func (c *caller) Installed(_ context.Context, job *devices.Job) (devices.Proof, error) {
	return devices.Proof{Installed: c.id.Firmware == job.Package.Manifest.TargetVersion, Version: c.id.Firmware}, nil
}

func (c *caller) Close() error { return nil }

// expect leaves the open case of a program that died, of a device that asks by itself.
func expect(t *testing.T, b *book, serial string) {
	t.Helper()
	plan := recordPlan(Plan{Family: "desk", Address: devices.Address("desk:sn:" + serial), Method: devices.Answer, Package: testPackage()})
	if err := b.Begin(Record{Job: "job" + serial, Started: time.Now(), Plan: plan}); err != nil {
		t.Fatal(err)
	}
	for i, ev := range []Event{
		{Stage: Identify, Begins: true, Cancel: CancelSafe},
		{Stage: Identify, Identity: &devices.Identity{Family: "desk", Serial: serial, Firmware: oldVersion}, Cancel: CancelSafe},
		{Stage: Deliver, Begins: true, Cancel: CancelDisarm},
		{Stage: Restart, Begins: true, Cancel: CancelWatching},
	} {
		ev.Job, ev.Seq, ev.At = "job"+serial, int64(i+1), time.Now()
		if err := b.Append(ev); err != nil {
			t.Fatal(err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live["job"+serial] = false
}

// atReception is an engine of a program that starts after one has died that left the cases
// of b, with what ends it.
func atReception(t *testing.T, b *book, r *reception) (*Engine, func()) {
	t.Helper()
	e, err := New(Config{Drivers: []devices.Driver{r}, Discoverers: []devices.Discoverer{r}, Journal: b})
	if err != nil {
		t.Fatal(err)
	}
	stop := settlingWith(t, e)
	return e, func() { stop(); close2(t, e) }
}

// TestSettleManyCallers: of a thousand devices that ask by themselves, each closes its case
// soon after it asked, whoever is listed, and is looked up again only when it said more.
func TestSettleManyCallers(t *testing.T) {
	const cases = 1000
	synctest.Test(t, func(t *testing.T) {
		b, r := newBook(), &reception{said: map[devices.Address]devices.Identity{}}
		for i := range cases {
			expect(t, b, fmt.Sprintf("d%d", i))
		}
		e, stop := atReception(t, b, r)
		defer stop()
		time.Sleep(time.Minute)
		if n := len(e.OpenCases()); n != cases || r.opened != 0 {
			t.Fatalf("%d open cases, though none has asked", n)
		}
		for i := range cases {
			r.call(fmt.Sprintf("d%d", i), newVersion)
		}
		time.Sleep(2 * DefaultBudgets().Settle)
		if n := len(e.OpenCases()); n != 0 {
			t.Errorf("%d cases are open though their devices have asked", n)
		}
		for _, rec := range history(t, e, 0) {
			if rec.Result() != Verified || rec.Settled.Address != rec.Plan.Address || rec.Settled.Device.ID() != rec.ID() {
				t.Fatalf("%s: %s, %+v", rec.Job, rec.Result(), rec.Settled)
			}
		}
	})
}

// TestSettleOldWords: what a device said before, or so soon after, it was given the package
// that it cannot have installed it settles nothing, however long ago that is now; what it
// says later does.
func TestSettleOldWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, r := newBook(), &reception{said: map[devices.Address]devices.Identity{}}
		r.call("before", newVersion) // as it did when the same package was there before
		time.Sleep(time.Second)
		for _, serial := range []string{"before", "soon", "late"} {
			expect(t, b, serial)
		}
		time.Sleep(time.Minute)
		r.call("soon", oldVersion)
		e, stop := atReception(t, b, r)
		defer stop()
		time.Sleep(time.Hour)
		for _, rec := range history(t, e, 0) {
			if rec.Settled != nil {
				t.Errorf("%s: %+v", rec.Job, rec.Settled)
			}
		}
		r.call("before", newVersion)
		r.call("soon", newVersion)
		r.call("late", oldVersion)
		time.Sleep(2 * DefaultBudgets().Settle)
		want := map[string]Outcome{"jobbefore": Verified, "jobsoon": Verified, "joblate": FailedOld}
		for _, rec := range history(t, e, 0) {
			if rec.Result() != want[rec.Job] {
				t.Errorf("%s: %s, %+v", rec.Job, rec.Result(), rec.Settled)
			}
		}
	})
}

// TestSettleHeardBefore: that the job heard what its device said, and then nobody watched any
// more, does not make it less, be it the new version or the old one.
func TestSettleHeardBefore(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		since   []Stage
		want    Outcome
	}{
		"new, which is how the job heard that it has it": {newVersion, []Stage{Restart, Confirm}, Verified},
		"old": {oldVersion, []Stage{Confirm}, FailedOld},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, r := newBook(), &reception{said: map[devices.Address]devices.Identity{}}
				expect(t, b, "a")
				time.Sleep(DefaultBudgets().Leave)
				r.call("a", c.version)
				for i, stage := range c.since {
					time.Sleep(time.Second)
					ev := Event{Job: "joba", Seq: int64(5 + i), At: time.Now(), Stage: stage, Begins: true, Cancel: CancelWatching}
					if err := b.Append(ev); err != nil {
						t.Fatal(err)
					}
				}
				e, stop := atReception(t, b, r)
				defer stop()
				time.Sleep(2 * DefaultBudgets().Settle)
				if rec := history(t, e, 0)[0]; rec.Result() != c.want {
					t.Errorf("%s, %+v", rec.Result(), rec.Settled)
				}
			})
		})
	}
}

// TestSettleCallerHeld: a device that a job has is left alone until that has ended.
func TestSettleCallerHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, r := newBook(), &reception{said: map[devices.Address]devices.Identity{}}
		expect(t, b, "a")
		e, stop := atReception(t, b, r)
		defer stop()
		release, err := e.claim("desk:sn:a", "a job")
		if err != nil {
			t.Fatal(err)
		}
		r.call("a", newVersion)
		time.Sleep(time.Hour)
		if n := len(e.OpenCases()); n != 1 {
			t.Errorf("%d open cases", n)
		}
		release()
		time.Sleep(2 * DefaultBudgets().Settle)
		if n := len(e.OpenCases()); n != 0 {
			t.Errorf("%d open cases though it is free", n)
		}
	})
}
