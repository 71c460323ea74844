//go:build e2e && linux

package e2e_test

import (
	"os"
	"os/exec"
	"testing"

	"fotabench/updater"
	"fotabench/updater/rollout"
)

// kill ends a program as a loss of power would.
func kill(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Process.Signal(os.Kill); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
}

// undoubled fails unless each upgrade that was verified is its device's only one of that
// kind, and the last.
func undoubled(t *testing.T, by map[string][]updater.Record) {
	t.Helper()
	for device, rs := range by {
		for i, r := range rs {
			if verified := r.Result() == updater.Verified; verified != (i == len(rs)-1) {
				t.Errorf("%s: number %d of %d upgrades is %s", device, i+1, len(rs), r.Result())
			}
		}
	}
}

// TestAKilledWindowGoesOnWithItsPlan: the program is killed when one device is through and
// another has what it is to install. Opened again, it takes that one's own word, leaves
// both alone, and goes on with the others.
func TestAKilledWindowGoesOnWithItsPlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "1280x800")
	p := newPerson(d)
	program := d.programOf(p)
	id := d.shown()
	d.stocks(id, p)
	server := d.serveFleet(id)
	var all []string
	for i := range 5 {
		all = append(all, fleetIMEI(i+1))
	}
	d.drafts(id, p, "Autumn", "2", all...)
	d.activates(id, p, "simulators only")
	first := startFleet(t, server, 1, 1)
	d.until(p.data, "the first device", func(l planLine) bool { return l.by(rollout.Verified) == 1 })
	// This one takes its time to start anew: long enough to be killed in.
	second := startFleet(t, server, 2, 1, "--pace", "0.3")
	d.wait(patience, "the second device's new start", func() bool {
		rs := jobs(t, p.data)["imei:"+all[1]]
		return len(rs) == 1 && rs[0].Stage == updater.Restart
	})
	kill(t, program)
	before := jobs(t, p.data)
	killed := planned(t, p.data)
	if killed.State != rollout.Active || killed.by(rollout.Verified) != 1 || len(before) != 2 || !before["imei:"+all[1]][0].Ended.IsZero() {
		t.Fatalf("after it was killed the plan is %s: %+v", killed.State, killed.Devices)
	}

	d.programOf(p)
	id = d.shown()
	d.picture("again.png")
	d.serveFleetAt(id, server)
	rest := startFleet(t, server, 3, 3)
	d.until(p.data, "the end of the plan", func(l planLine) bool { return l.State == rollout.Finished && l.by(rollout.Verified) == 5 })
	d.wait(patience, "the devices' own word", func() bool {
		return first.runs("1.0.1") == 1 && second.runs("1.0.1") == 1 && rest.runs("1.0.1") == 3
	})
	by := jobs(t, p.data)
	undoubled(t, by)
	for i, imei := range all {
		if n := len(by["imei:"+imei]); n != 1 {
			t.Errorf("device %d was upgraded %d times", i+1, n)
		}
	}
}
