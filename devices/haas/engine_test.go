package haas

import (
	"testing"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

// cabled is a board on a cable that can be pulled. It is at its own new address when
// it returned at another.
type cabled struct {
	board
	cable *devicetest.Cable
}

func (c cabled) own() devices.Address {
	now := c.Addresses()
	if len(now) == 0 {
		return ""
	}
	return now[0]
}

func (c cabled) Address() devices.Address {
	if now := c.own(); now != c.address {
		return now
	}
	return c.cable.Address()
}

func onCable(t testing.TB, b board) cabled {
	t.Helper()
	c := cabled{board: b}
	c.cable = devicetest.NewCable(t, c.own)
	return c
}

// onCables is how the engine's rows have boards.
func onCables() devicetest.Engine {
	return devicetest.Engine{
		Moves: true,
		Unplug: func(_ testing.TB, d devicetest.Device) func(bool) {
			cable := d.(cabled).cable
			cable.Pull()
			return cable.Plug
		},
		Swap: func(t testing.TB, d devicetest.Device) func() {
			c := d.(cabled)
			other := cabled{board: newBoard(t, micropython.Options{Serial: "HAAS00000002"})}
			c.cable.Lead(other.own)
			return func() { c.cable.Lead(c.own) }
		},
		Left: func(d devicetest.Device) (string, bool) {
			if d.(cabled).State().Accepted {
				return "an unpacked app that has not been started", true
			}
			return "", false
		},
	}
}

// TestInstallBrokenOff: a board that unpacked the new app and was never told to restart
// runs the old one, though all that it stores is new.
func TestInstallBrokenOff(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	p.Manifest.TargetVersion = newVersion
	b, d := newBoard(t, micropython.Options{Network: -1}), quick()
	d.budgets.unpack = 0 // contact is lost while it unpacks
	job := &devices.Job{Package: p, Method: devices.HTTP, Sources: host(t, p)}
	if err := whole(t, d, b, job); err == nil {
		t.Fatal("contact was lost, and nobody noticed")
	}
	var got devices.Proof
	wait(t, func() bool {
		got = proof(t, d, b, job)
		return got.Version == newVersion
	})
	if got.Installed || got.Why != NoteNotStarted || b.State().Restarts != 0 {
		t.Errorf("%+v after %d restarts", got, b.State().Restarts)
	}
}

// TestProgramOfAnOldApp: a board that ignores its restart still has it before it, also after
// its program was stopped for each question: to run that again is no restart.
func TestProgramOfAnOldApp(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	p.Manifest.TargetVersion = newVersion
	b, d := newBoard(t, micropython.Options{Network: -1}, "reset-ignored", "program"), quick()
	job := &devices.Job{Package: p, Method: devices.HTTP, Sources: host(t, p)}
	at := func(do func(devices.Session) error) error {
		s, err := d.Open(t.Context(), b.address, devices.Access{StopProgram: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return do(s)
	}
	if err := at(func(s devices.Session) error {
		if _, err := s.Deliver(t.Context(), job, &journal{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Verify(t.Context(), job, &journal{}); err != nil {
			t.Fatal(err)
		}
		return s.Install(t.Context(), job, &journal{})
	}); noted(err) != NoteStays {
		t.Fatal(err)
	}
	for range 2 {
		var got devices.Proof
		if err := at(func(s devices.Session) (err error) {
			got, err = s.Installed(t.Context(), job)
			return err
		}); err != nil || got.Installed || got.Why != NoteNotStarted || b.State().Restarts != 0 {
			t.Errorf("%v %+v after %d restarts", err, got, b.State().Restarts)
		}
	}
}

// TestWithoutArchive: a case that stayed open keeps no paths. The driver knows the app
// as long as the program runs, and later its version.
func TestWithoutArchive(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	p.Manifest.TargetVersion = newVersion
	kept := *p
	kept.Files = []packages.File{p.Files[0]}
	kept.Files[0].Path = ""
	for fault, why := range map[string]devices.Code{"restarts=1": "", "unzip-fails=1": NoteDiffers} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			b, d := newBoard(t, micropython.Options{Network: -1}, fault), quick()
			later := &devices.Job{Package: &kept, Method: devices.HTTP}
			if got := proof(t, quick(), b, later); got.Installed || got.Version != oldVersion {
				t.Errorf("before: %+v", got)
			}
			if err := whole(t, d, b, &devices.Job{Package: p, Method: devices.HTTP, Sources: host(t, p)}); err != nil {
				t.Fatal(err)
			}
			wait(t, func() bool { return b.State().Restarts == 1 && b.State().Present })
			if got := proof(t, d, b, later); got.Installed != (why == "") || got.Why != why || got.Version != newVersion {
				t.Errorf("after: %+v", got)
			}
			if why != "" {
				return
			}
			if got := proof(t, quick(), b, later); !got.Installed {
				t.Errorf("another day: %+v", got)
			}
		})
	}
	silent := kept
	silent.Manifest.TargetVersion = ""
	if _, err := quick().bundle(&silent); noted(err) != NoteNoTarget {
		t.Errorf("neither archive nor version: %v", err)
	}
}
