package updater

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

func sighting(key string, ports ...devices.Port) devices.Sighting {
	return devices.Sighting{Key: key, VID: "2C7C", PID: "6005", Ports: ports}
}

func port(a string, r devices.Role) devices.Port {
	return devices.Port{Address: devices.Address(a), Role: r}
}

// TestCandidatesInRole: a device that is spoken to with AT commands is looked for at
// AT ports alone, also when its names have changed places; its updating mode may have
// none that says so.
func TestCandidatesInRole(t *testing.T) {
	p := newPlaces(devices.RoleAT, "/dev/ttyUSB3", "/dev/ttyUSB2")
	p.set([]devices.Sighting{sighting("1-1", port("/dev/ttyUSB2", devices.RoleREPL), port("/dev/ttyUSB3", devices.RoleAT))})
	p.mark()
	expect := func(when string, want ...devices.Address) {
		t.Helper()
		if got := p.candidates(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	p.set([]devices.Sighting{sighting("1-1", port("/dev/ttyUSB3", devices.RoleREPL), port("/dev/ttyUSB2", devices.RoleAT))})
	expect("names changed places", "/dev/ttyUSB3", "/dev/ttyUSB2")
	p.set([]devices.Sighting{sighting("1-1", port("/dev/ttyUSB4", devices.RoleREPL), port("/dev/ttyUSB6", devices.RoleModem))})
	expect("only a modem port", "/dev/ttyUSB3", "/dev/ttyUSB6")
	p.set([]devices.Sighting{sighting("1-1", port("/dev/ttyUSB4", devices.RoleREPL))})
	expect("no AT port", "/dev/ttyUSB3")
	updating := sighting("1-1", port("/dev/ttyUSB5", devices.RoleUnknown))
	updating.PID = "0F00"
	p.set([]devices.Sighting{updating})
	expect("updating mode under another product id", "/dev/ttyUSB3", "/dev/ttyUSB5")
}

// TestCandidates: own address first, then what is new; never a diagnostic port,
// never what was there before and belongs to something else.
func TestCandidates(t *testing.T) {
	p := newPlaces(devices.RoleUnknown, "/dev/ttyUSB2", "/dev/ttyUSB3")
	ours := sighting("1-1", port("/dev/ttyUSB2", devices.RoleREPL), port("/dev/ttyUSB3", devices.RoleAT), port("/dev/ttyUSB0", devices.RoleDiag))
	other := sighting("1-2", port("/dev/ttyUSB5", devices.RoleREPL), port("/dev/ttyUSB6", devices.RoleAT))
	p.set([]devices.Sighting{ours, other})
	p.mark()
	expect := func(when string, want ...devices.Address) {
		t.Helper()
		if got := p.candidates(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	expect("before it left", "/dev/ttyUSB2", "/dev/ttyUSB3")
	if p.left() {
		t.Error("it has left already")
	}
	p.set([]devices.Sighting{other})
	expect("away", "/dev/ttyUSB2")
	if !p.left() {
		t.Error("that it left was not seen")
	}
	back := sighting("1-1", port("/dev/ttyUSB9", devices.RoleREPL), port("/dev/ttyUSB7", devices.RoleDiag), port("/dev/ttyUSB8", devices.RoleNMEA))
	p.set([]devices.Sighting{other, back})
	expect("back under another name", "/dev/ttyUSB2", "/dev/ttyUSB9")
	p.set([]devices.Sighting{back})
	p.set([]devices.Sighting{other, back})
	expect("the other one replugged", "/dev/ttyUSB2", "/dev/ttyUSB9")
	taken := sighting("1-1", port("/dev/ttyUSB5", devices.RoleREPL))
	p.set([]devices.Sighting{taken})
	expect("back under the name of one that went away", "/dev/ttyUSB2", "/dev/ttyUSB5")
	rom := devices.Sighting{Key: "1-1", Name: "boot ROM", DownloadMode: true, Ports: []devices.Port{port("/dev/ttyUSB4", devices.RoleDownload)}}
	p.set([]devices.Sighting{rom})
	expect("in download mode", "/dev/ttyUSB2")
	if name, yes := p.bootROM(); !yes || name != "boot ROM" {
		t.Errorf("boot ROM %q, %v", name, yes)
	}
}

// TestBystanders: during the restart only the own address and new ones are
// opened.
func TestBystanders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.others = []devices.Sighting{sighting("9-1", port("/dev/ttyACM0", devices.RoleREPL), port("/dev/ttyACM1", devices.RoleAT))}
		w.faults[Restart] = renamed
		p := w.plan()
		p.Sighting = w.sightings()[0]
		e := engine(t, w, newBook())
		defer close2(t, e)
		if end := last(story(t, e, p)); end.Outcome != Verified {
			t.Fatalf("%+v", end)
		}
		for a := range w.opened {
			if a != home && a != elsewhere {
				t.Errorf("opened %s, which belongs to something else", a)
			}
		}
	})
}

// TestWatchAll: nothing is told before every discoverer has spoken, and one that
// cannot watch does not silence the others.
func TestWatchAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var seen [][]devices.Sighting
		err := watchAll(ctx, []devices.Discoverer{w, broken{}}, func(list []devices.Sighting) { seen = append(seen, list) })
		if !errors.Is(err, context.DeadlineExceeded) || len(seen) == 0 || len(seen[0]) != 1 {
			t.Errorf("%v, %v", seen, err)
		}
		if err := watchAll(t.Context(), []devices.Discoverer{broken{}}, func([]devices.Sighting) {}); !errors.Is(err, devices.Unsupported) {
			t.Errorf("a machine without ports: %v", err)
		}
	})
}

type broken struct{}

func (broken) Watch(context.Context, func([]devices.Sighting)) error {
	return &devices.Error{Op: "watch", Kind: devices.Unsupported}
}

// TestBatteryFalls: what was fine at the check is asked again right before the
// point of no return.
func TestBatteryFalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, accepted := range []bool{false, true} {
			w := newWorld(t)
			w.percent = ptr(80)
			w.reached = func(s Stage) {
				if s == Verify {
					w.mu.Lock()
					w.percent = ptr(12)
					w.mu.Unlock()
				}
			}
			p := w.plan()
			p.Package.Manifest.MinBattery = 50
			want := FailedOld
			if accepted {
				p.Accept, want = map[string]string{"battery": "on mains"}, Verified
			}
			e := engine(t, w, newBook())
			end := last(story(t, e, p))
			if end.Outcome != want {
				t.Errorf("accepted %v: %+v", accepted, end)
			}
			if !accepted && (end.Failure.Note.Code != CheckBatteryLow || w.running != oldVersion) {
				t.Errorf("%+v", end.Failure)
			}
			close2(t, e)
		}
	})
}

// TestDigestsDiffer: the bytes as sent and as held are compared with the package.
func TestDigestsDiffer(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*world)
		code   devices.Code
	}{
		"changed on disk": {func(w *world) { w.sent = "00ff" }, NoteSent},
		"held differs":    {func(w *world) { w.held = "00ff" }, NoteHeld},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				c.change(w)
				e := engine(t, w, newBook())
				defer close2(t, e)
				end := last(story(t, e, w.plan()))
				if end.Outcome != FailedOld || end.Failure.Note.Code != c.code || end.Failure.Kind != devices.Integrity || w.running != oldVersion {
					t.Errorf("%+v", end.Failure)
				}
			})
		})
	}
}

// TestReach: an address that a module on a cellular network cannot reach needs a
// deliberate yes, one that nothing can reach is refused.
func TestReach(t *testing.T) {
	w := newWorld(t)
	e := engine(t, w, newBook())
	defer close2(t, e)
	for url, want := range map[string]CheckState{
		"http://8.8.8.8/f":                   CheckOK,
		"https://firmware.example.com/f":     CheckOK,
		"http://192.168.1.7:8080/f":          CheckWarn,
		"http://127.0.0.1/f":                 CheckWarn,
		"http://100.64.3.3/f":                CheckWarn,
		"http://[fe80::1]/f":                 CheckWarn,
		"http://0.0.0.0/f":                   CheckFailed,
		"http://user:secret@192.168.1.7:1/f": CheckWarn,
	} {
		p := w.plan()
		p.Method, p.Origin = devices.HTTP, &OriginPlan{URLs: []string{url}}
		for _, r := range e.Check(t.Context(), p, devices.Identity{Model: "EC600N", IMEI: "1"}) {
			if r.Name == "reach" && (r.State != want || r.Blocks() != (want != CheckOK)) {
				t.Errorf("%s: %+v", url, r)
			}
		}
		p.Accept = map[string]string{"reach": "own Wi-Fi"}
		for _, r := range e.Check(t.Context(), p, devices.Identity{Model: "EC600N", IMEI: "1"}) {
			if r.Name == "reach" && r.Blocks() != (want == CheckFailed) {
				t.Errorf("accepted %s: %+v", url, r)
			}
		}
	}
}

// TestRepeat: the same package for the same device within the hour.
func TestRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.becomes = oldVersion
		e := engine(t, w, newBook())
		defer close2(t, e)
		story(t, e, w.plan())
		again := story(t, e, w.plan())
		if end := last(again); end.Outcome != RefusedBefore || end.Failure.Note.Code != CheckRepeatSoon {
			t.Errorf("at once: %+v", end)
		}
		p := w.plan()
		p.Package.Files[0].Digests = packages.Digests{packages.SHA256: "another"}
		p.Package.Files[0].Expected = nil
		if end := last(story(t, e, p)); end.Outcome != FailedOld {
			t.Errorf("another package: %+v", end)
		}
		time.Sleep(time.Hour)
		if end := last(story(t, e, w.plan())); end.Outcome != FailedOld || end.Failure.Note.Code != NoteOld {
			t.Errorf("after an hour: %+v", end)
		}
	})
}

// TestIdentifySettles: asking a device who it is closes its open case.
func TestIdentifySettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.faults[Restart] = gone
		e := engine(t, w, newBook())
		defer close2(t, e)
		if end := last(story(t, e, w.plan())); end.Outcome != Uncertain {
			t.Fatalf("%+v", end)
		}
		w.mu.Lock()
		w.faults, w.ordered = map[Stage]fault{}, false
		w.mu.Unlock()
		w.move(elsewhere)
		if _, _, err := e.Identify(t.Context(), Plan{Address: elsewhere}); err != nil {
			t.Fatal(err)
		}
		if r := history(t, e, 1)[0]; r.Result() != Verified || r.Settled.Address != elsewhere {
			t.Errorf("%s, %+v", r.Result(), r.Settled)
		}
	})
}

// TestSettleLeavesAlone: no port of a device that is being upgraded is opened to
// look for another one.
func TestSettleLeavesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.faults[Restart] = exchanged
		e := engine(t, w, newBook())
		defer close2(t, e)
		if end := last(story(t, e, w.plan())); end.Outcome != Uncertain {
			t.Fatalf("%+v", end)
		}
		w.mu.Lock()
		w.faults, w.ordered, w.running = map[Stage]fault{Deliver: hangs}, false, oldVersion
		w.opened = map[devices.Address]int{}
		w.mu.Unlock()
		job, err := e.Start(w.plan())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
		defer stop()
		_ = e.Settle(ctx) // ends with ctx
		if n := w.opened[home]; n != 1 {
			t.Errorf("opened %d times during the upgrade", n)
		}
		e.Cancel(job)
		if end := last(follow(t, e, job)); end.Outcome != Cancelled {
			t.Errorf("%+v", end)
		}
	})
}
