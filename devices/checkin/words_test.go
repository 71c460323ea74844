package checkin

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// tells is a device that reports one of its modules.
func tells(module, version string) Arrival {
	a := asks(device, version)
	a.Module, a.Usual = module, devices.MQTT
	return a
}

// TestModules: what one part of a device says is no word about another.
func TestModules(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 100, "2.0.0")
	d := New(Config{Reboot: time.Nanosecond})
	d.SetRules(&Rules{Devices: []Listed{{Name: device, Package: &Offer{Package: p}}}})
	if o, why := d.Arrive(t.Context(), tells("", "3.0.0")); o != nil || why.Code != WhyNewest {
		t.Fatalf("newer: %v", why)
	}
	if o, _ := d.Arrive(t.Context(), tells("MCU", "1.0.0")); o != nil {
		t.Error("the firmware's package was given because another part is old")
	}
	firmware := newPackage(t, "fw.bin", 100, "1.1.0")
	d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: firmware, Module: "FIRMWARE"}}}})
	o, _ := d.Arrive(t.Context(), tells("FIRMWARE", "1.0.0"))
	if o == nil {
		t.Fatal("nothing was given")
	}
	deliver(o)
	if again, _ := d.Arrive(t.Context(), tells("PROJECT", "1.0.0")); again != nil {
		t.Error("a finished order was given again because another part reported")
	}
	if _, _ = d.Arrive(t.Context(), tells("FIRMWARE", "1.1.0")); o.Context().Err() == nil {
		t.Error("not judged")
	}
}

// TestServedElsewhere: what a rule gave over our own host is judged too: a device that
// fetches it again and again without taking it is not given it for ever.
func TestServedElsewhere(t *testing.T) {
	p := newPackage(t, "p.bin", 100, "1.1.0")
	synctest.Test(t, func(t *testing.T) {
		var served atomic.Int64
		share := func(context.Context) ([]devices.Source, func(), error) {
			served.Store(0)
			return []devices.Source{{URL: "http://127.0.0.1:9/p", Served: served.Load}}, func() {}, nil
		}
		d := New(Config{})
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p, Method: devices.HTTP, Share: share}}}})
		given := 0
		for range 20 {
			if o, _ := d.Arrive(t.Context(), asks(device, "1.0.0")); o != nil {
				given++
				o.Begin()
				served.Store(100)
			}
			time.Sleep(time.Minute)
		}
		if given != maxTries {
			t.Errorf("given %d times", given)
		}
		if g, _ := d.Guest("luat:imei:" + device); g.Phase != Failed {
			t.Errorf("%+v", g)
		}
		d.Forget("luat:imei:" + device)
	})
}

// TestReinstall: a device that is given the version it runs is verified only when it
// comes back after it had all of it.
func TestReinstall(t *testing.T) {
	p := newPackage(t, "p.bin", 1000, "1.0.0")
	synctest.Test(t, func(t *testing.T) {
		d := New(Config{})
		d.Arrive(t.Context(), asks(device, "1.0.0"))
		o, err := d.newOrder(t.Context(), &devices.Job{Package: p, Method: devices.Answer}, "")
		if err != nil || d.arm("luat:imei:"+device, o) != nil {
			t.Fatal(err)
		}
		phase := func() Phase { g, _ := d.Guest("luat:imei:" + device); return g.Phase }
		resume := asks(device, "1.0.0")
		resume.Continues = true
		o.Begin()
		o.Handed(0, 0, 1000) // all went out, and did not arrive
		o.Lost()
		if again, _ := d.Arrive(t.Context(), resume); again != o || phase() == Verified {
			t.Fatalf("it says that it does not have it all, and is %s", phase())
		}
		o.Handed(0, 0, 1000)
		o.Delivered()
		if d.Arrive(t.Context(), asks(device, "1.0.0")); phase() == Verified {
			t.Error("verified within a moment")
		}
		time.Sleep(time.Minute)
		if d.Arrive(t.Context(), asks(device, "1.0.0")); phase() == Verified {
			t.Error("verified by the version that it had, while it may not have restarted")
		}
		time.Sleep(time.Minute)
		if d.Arrive(t.Context(), asks(device, "1.0.0")); phase() != Verified {
			t.Errorf("in the end it is %s", phase())
		}
	})
}

// TestResume: a device says itself how much it has; it cannot have what this order
// never handed out.
func TestResume(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	d := New(Config{Reboot: time.Nanosecond})
	d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}})
	o, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
	if o.Has(0, 500) {
		t.Error("it has 500 bytes of something else")
	}
	o.Begin()
	o.Handed(0, 0, 1000)
	o.Lost()
	if !o.Has(0, 600) {
		t.Error("it has 600 bytes of this")
	}
	if done, _ := o.progress(); done != 600 {
		t.Errorf("%d bytes are counted", done)
	}
	if o.Handed(0, 600, 1000) != true {
		t.Error("that is all")
	}
	if again, why := d.Arrive(t.Context(), asks(device, "1.1.0")); again != nil {
		t.Errorf("it runs the target and is given it again: %v", why)
	}
	if g, _ := d.Guest("luat:imei:" + device); g.Phase != Verified {
		t.Errorf("%+v", g)
	}
}

// TestClaimed: what a device says of its progress is shown, and is no part of what went out.
func TestClaimed(t *testing.T) {
	t.Parallel()
	d := New(Config{Reboot: time.Nanosecond})
	d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: newPackage(t, "p.bin", 1000, "1.1.0")}}}})
	o, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
	o.Begin()
	for _, at := range []struct {
		percent           int
		first, end, shown int64
	}{
		{40, 0, 100, 400}, // a late word of an order before, perhaps
		{10, 100, 300, 400},
		{31, 300, 900, 900},
		{100, 900, 999, 1000},
		{100, 999, 1000, 1000},
	} {
		o.Percent(at.percent)
		if all := o.Handed(0, at.first, at.end); all != (at.end == 1000) || o.all() != all {
			t.Errorf("at %d of 1000: all went out: %v", at.end, all)
		}
		if sums := o.sent(); (len(sums) == 1) != (at.end == 1000) {
			t.Errorf("at %d of 1000: sent is %v", at.end, sums)
		}
		if done, total := o.progress(); done != at.shown || total != 1000 {
			t.Errorf("at %d of 1000: %d of %d are shown", at.end, done, total)
		}
	}
}

// TestTakenBack: a device that was told to fetch where nobody can stop it is not told
// again, and is not declared to run its old version by words from before.
func TestTakenBack(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	d := New(Config{Reboot: time.Nanosecond})
	a := tells("", "1.0.0")
	d.Arrive(t.Context(), a)
	told := make(chan struct{})
	push := func(_ context.Context, o *Order) error {
		if !o.Tell() {
			t.Error("it is no longer meant for the device")
		}
		close(told)
		return nil
	}
	s, err := d.Open(t.Context(), a.Address, Dialect{Push: push})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan devices.Delivery, 1)
	go func() {
		got, err := s.Deliver(ctx, &devices.Job{
			Package: p, Method: devices.HTTP, Sources: []devices.Source{{URL: "http://127.0.0.1:9/p"}},
		}, &report{})
		if err != nil {
			t.Error(err)
		}
		done <- got
	}()
	<-told
	stop()
	if got := <-done; !got.Installing {
		t.Errorf("%+v: nobody can stop it", got)
	}
	if _, err := d.Open(t.Context(), a.Address, Dialect{}); !errors.Is(err, devices.Absent) {
		t.Errorf("it answers with words from before: %v", err)
	}
	if o, _ := d.Arrive(t.Context(), a); o != nil {
		t.Error("it is told again what was taken back")
	}
	d.Arrive(t.Context(), tells("", "1.1.0"))
	if g, _ := d.Guest(a.Address); g.Phase != Verified {
		t.Errorf("%+v", g)
	}
}

// TestCancelAtTheEnd: whoever has every byte may install it.
func TestCancelAtTheEnd(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	d := New(Config{})
	d.Arrive(t.Context(), asks(device, "1.0.0"))
	o, err := d.newOrder(t.Context(), &devices.Job{Package: p, Method: devices.Answer}, "")
	if err != nil || d.arm("luat:imei:"+device, o) != nil {
		t.Fatal(err)
	}
	o.Begin()
	o.Handed(0, 0, 1000) // it is on its way, not yet known to have arrived
	if d.disarm(o) {
		t.Error("cancelled, though the device has all of it")
	}
}

// TestRulesChange: what nobody has begun with is taken back; a package for another
// model, and one that a family cannot take, are given to nobody.
func TestRulesChange(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	d := New(Config{})
	rules := &Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}}
	d.SetRules(rules)
	o, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
	d.SetRules(nil)
	if o.Context().Err() == nil {
		t.Error("it is still given what nobody wants any more")
	}
	if o, _ := d.Arrive(t.Context(), asks(device, "1.0.0")); o != nil {
		t.Error("it is given it again")
	}
	other := *p
	other.Manifest.Models = []string{"EC600U"}
	d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: &other}}}})
	if o, why := d.Arrive(t.Context(), asks(device, "1.0.0")); o != nil || why.Code != WhyModel {
		t.Errorf("another model: %v", why)
	}
	d.Refusal("luat", func(Guest, *devices.Job) error {
		return &devices.Error{Op: "test", Kind: devices.Unsupported, Note: "luat.onefile", Args: []any{2}}
	})
	d.SetRules(rules)
	if o, why := d.Arrive(t.Context(), asks(device, "1.0.0")); o != nil || why.Code != "luat.onefile" {
		t.Errorf("refused by the family: %v", why)
	}
}

// TestFull: strangers to whom a rule gives something do not fill the memory either.
func TestFull(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 10, "1.1.0")
	d := New(Config{})
	d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}})
	full := 0
	for i := range maxGuests + 500 {
		if _, why := d.Arrive(t.Context(), asks(fmt.Sprintf("87%013d", i), "1.0.0")); why.Code == WhyFull {
			full++
		}
	}
	if n := len(d.Guests(0)); n != maxGuests || full != 500 {
		t.Errorf("%d devices are remembered, %d were turned away", n, full)
	}
	d.SetRules(nil)
	if _, why := d.Arrive(t.Context(), asks(device, "1.0.0")); why.Code == WhyFull {
		t.Error("there is room again")
	}
}
