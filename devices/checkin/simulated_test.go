package checkin

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// TestSaysSimulated: what says of itself that it is no device is taken at its word, and stays
// so; nobody else is.
func TestSaysSimulated(t *testing.T) {
	t.Parallel()
	d := New(Config{})
	a := asks(device, "1.0.0")
	a.Simulated = true
	d.Arrive(t.Context(), a)
	d.Arrive(t.Context(), asks("860000000000019", "1.0.0"))
	d.SetRules(nil)
	for _, g := range d.Guests(0) {
		if g.Simulated != (g.Identity.IMEI == device) {
			t.Errorf("%s: %t", g.Identity.IMEI, g.Simulated)
		}
	}
}

// TestSimulated: who is said to be simulated is sighted so, whoever says it and whether
// the device was here before; a real device beside it is not.
func TestSimulated(t *testing.T) {
	const other = "860000000000019"
	unreal := func(d *Desk) map[string]bool {
		seen := map[string]bool{}
		for _, s := range d.sightings() {
			seen[string(s.Control())] = s.Simulated
		}
		return seen
	}
	for name, c := range map[string]struct {
		say func(*Desk)
		one bool
	}{
		"nobody":           {func(*Desk) {}, false},
		"by name":          {func(d *Desk) { d.Simulate(device) }, true},
		"by range":         {func(d *Desk) { d.Simulate("860000000000000-860000000000009") }, true},
		"another range":    {func(d *Desk) { d.Simulate("860000000000002-860000000000009") }, false},
		"a range of lies":  {func(d *Desk) { d.Simulate("860000000000009-860000000000000", "860000000000001-", "-") }, false},
		"by the plan":      {func(d *Desk) { d.SetRules(&Rules{Simulated: []string{device}}) }, true},
		"by key and name":  {func(d *Desk) { d.Simulate("PK/lamp") }, false},
		"plan taken back":  {func(d *Desk) { d.SetRules(&Rules{Simulated: []string{device}}); d.SetRules(nil) }, false},
		"program outlasts": {func(d *Desk) { d.Simulate(device); d.SetRules(nil) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, before := range []bool{true, false} {
				d := New(Config{})
				if before {
					c.say(d)
				}
				d.Arrive(t.Context(), asks(device, "1.0.0"))
				d.Arrive(t.Context(), asks(other, "1.0.0"))
				if !before {
					c.say(d)
				}
				if got := unreal(d); got["luat:imei:"+device] != c.one || got["luat:imei:"+other] {
					t.Errorf("said before: %v, %v", before, got)
				}
			}
		})
	}
	d := New(Config{})
	lamp := asks("", "1.0.0")
	lamp.Address, lamp.Attributes = "aliyun:sn:PK/Lamp", map[string]string{"productKey": "PK", "deviceName": "Lamp"}
	lamp.Identity = devices.Identity{Family: "aliyun", Serial: "PK/Lamp", Firmware: "1.0.0"}
	d.Arrive(t.Context(), lamp)
	d.Simulate("pk/lamp")
	if g, _ := d.Guest(lamp.Address); !g.Simulated {
		t.Errorf("%+v", g)
	}
}

// TestSimulatedIsTold: whoever watches hears of it.
func TestSimulatedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Config{})
		d.Arrive(t.Context(), asks(device, "1.0.0"))
		ctx, stop := context.WithCancel(t.Context())
		var last []devices.Sighting
		done := make(chan error)
		go func() { done <- d.Watch(ctx, func(list []devices.Sighting) { last = list }) }()
		synctest.Wait()
		if len(last) != 1 || last[0].Simulated {
			t.Fatalf("%+v", last)
		}
		d.Simulate(device)
		time.Sleep(2 * look) // of the bubble's time
		synctest.Wait()
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if len(last) != 1 || !last[0].Simulated {
			t.Errorf("%+v", last)
		}
	})
}

// TestWithin: a device that asks from an address of this computer may be a simulator, and is
// sighted so, wherever it asked from before; one behind a broker may be anywhere.
func TestWithin(t *testing.T) {
	d := New(Config{})
	for _, c := range []struct {
		from string
		want bool
	}{
		{"203.0.113.9:7000", false},
		{"127.0.0.1:7000", true},
		{"127.0.0.1:7001", true},
		{"203.0.113.9:7001", false},
		{"[::1]:7000", true},
		{"[::ffff:127.0.0.1]:7000", true},
		{"[2001:db8::9]:7000", false},
		{"tcp://127.0.0.1:1883", false},
		{"", false},
	} {
		a := asks(device, "1.0.0")
		a.From = c.from
		d.Arrive(t.Context(), a)
		if s := d.sightings(); s[0].Within != c.want || d.Guests(1)[0].Within != c.want {
			t.Errorf("from %q: %+v", c.from, s[0])
		}
	}
}
