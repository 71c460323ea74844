//go:build e2e && linux

package e2e_test

import (
	"os"
	"testing"

	"fotabench/updater"
	"fotabench/updater/rollout"
)

// packageBytes is the size of a fleet's package.
const packageBytes = 256 << 10

// TestAKilledWindowGoesOnWithItsPlan: the program is killed while a plan is in the middle
// of its devices. Opened again, it goes on: each device is installed once, and those that
// were through are left alone.
func TestAKilledWindowGoesOnWithItsPlan(t *testing.T) {
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
	quick := startFleet(t, server, 1, 1)
	d.until(p.data, "the first device", func(l planLine) bool { return l.by(rollout.Verified) == 1 })
	slow := startFleet(t, server, 2, 4, "slow=49152")
	d.wait(patience, "bytes on their way", func() bool { return slow.received() > packageBytes/8 })
	if err := program.Process.Signal(os.Kill); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait()
	before := jobs(t, p.data)
	killed := planned(t, p.data)
	if killed.State != rollout.Active || killed.by(rollout.Verified) != 1 || slow.runs("1.0.1") > 0 {
		t.Fatalf("after it was killed the plan is %s with %d devices through; %d of the others say they run the new version",
			killed.State, killed.by(rollout.Verified), slow.runs("1.0.1"))
	}
	under := 0
	for _, rs := range before {
		under += len(rs)
	}
	if under < 2 {
		t.Fatal("nothing was under way when it was killed")
	}

	d.programOf(p)
	id = d.shown()
	d.picture("again.png")
	d.serveFleetAt(id, server)
	d.until(p.data, "the end of the plan", func(l planLine) bool { return l.State == rollout.Finished && l.by(rollout.Verified) == 5 })
	d.wait(patience, "the devices' own word", func() bool { return quick.runs("1.0.1") == 1 && slow.runs("1.0.1") == 4 })
	for device, rs := range jobs(t, p.data) {
		through := 0
		for i, r := range rs {
			if r.Result() != updater.Verified {
				continue
			}
			through++
			if i < len(rs)-1 {
				t.Errorf("%s was upgraded once more after it was verified", device)
			}
		}
		if through != 1 {
			t.Errorf("%s was verified %d times", device, through)
		}
	}
	if len(jobs(t, p.data)["imei:"+all[0]]) != 1 {
		t.Error("the device that was through before was upgraded again")
	}
	// Whoever was in the middle may begin anew; nobody else gets anything twice.
	if got, most := slow.received(), int64(packageBytes*(4+under-1)); got < 4*packageBytes || got > most {
		t.Errorf("the four got %d bytes, which is not between %d and %d", got, 4*packageBytes, most)
	}
	if got := quick.received(); got != packageBytes {
		t.Errorf("the first got %d bytes, the package has %d", got, packageBytes)
	}
}
