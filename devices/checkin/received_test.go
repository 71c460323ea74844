package checkin

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// served is a place on our own host: all of it is served as soon as somebody asks, and
// arrives as the test says.
type served struct {
	out      atomic.Int64
	received atomic.Bool
}

func (s *served) sources() []devices.Source {
	return []devices.Source{{URL: "http://127.0.0.1:9/p", Served: s.out.Load, Received: s.received.Load}}
}

func (s *served) share(context.Context) ([]devices.Source, func(), error) {
	s.out.Store(0)
	s.received.Store(false)
	return s.sources(), func() {}, nil
}

// TestCutAtTheEnd: our host has handed all of it out, and the end was lost on the way. That
// the device reports its old version a minute later is not its failure: it is told once more,
// and judged when it has all of it.
func TestCutAtTheEnd(t *testing.T) {
	p := newPackage(t, "p.bin", 100, "1.1.0")
	synctest.Test(t, func(t *testing.T) {
		var s served
		d := New(Config{})
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p, Method: devices.HTTP, Share: s.share}}}})
		phase := func() Phase { g, _ := d.Guest("luat:imei:" + device); return g.Phase }
		o, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
		for range 3 {
			o.Tell()
			o.Begin()
			s.out.Store(100)
			time.Sleep(time.Minute)
			if again, _ := d.Arrive(t.Context(), asks(device, "1.0.0")); again != o || phase() != Fetching {
				t.Fatalf("it is %s, though the end never arrived", phase())
			}
		}
		o.Tell()
		s.received.Store(true)
		time.Sleep(time.Minute)
		if phase() != Waiting {
			t.Errorf("it has all of it, and is %s", phase())
		}
		time.Sleep(usualLeave)
		if d.Arrive(t.Context(), asks(device, "1.0.0")); d.Counts().Failed != 1 {
			t.Errorf("it has all of it and runs its old version: %+v", d.Counts())
		}
		d.Forget("luat:imei:" + device)
	})
}

// TestCutForEver: a device that hangs up each time when it has all of it, and does not take
// it, is not told without end.
func TestCutForEver(t *testing.T) {
	p := newPackage(t, "p.bin", 100, "1.1.0")
	synctest.Test(t, func(t *testing.T) {
		var s served
		d := New(Config{})
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p, Method: devices.HTTP, Share: s.share}}}})
		told := 0
		for range 100 {
			if o, _ := d.Arrive(t.Context(), asks(device, "1.0.0")); o != nil && o.Tell() {
				told++
				o.Begin()
				s.out.Store(100)
			}
			time.Sleep(time.Minute)
		}
		if told != maxTries*mostTold {
			t.Errorf("told %d times", told)
		}
		d.Forget("luat:imei:" + device)
	})
}

// TestCancelOnTheWay: all of it went out, and nobody knows whether it arrived: the device
// may have it, and nobody says that it was kept from installing.
func TestCancelOnTheWay(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	var s served
	d := New(Config{})
	d.Arrive(t.Context(), asks(device, "1.0.0"))
	o, err := d.newOrder(t.Context(), &devices.Job{Package: p, Method: devices.HTTP, Sources: s.sources()}, "")
	if err != nil || d.arm("luat:imei:"+device, o) != nil {
		t.Fatal(err)
	}
	o.Begin()
	s.out.Store(1000)
	if d.disarm(o) {
		t.Error("cancelled, though the device may have all of it")
	}
}
