package checkin

import (
	"errors"
	"sync"
	"testing"
	"time"
)

// TestEndsAtOnce: whoever sees that an order was delivered, or failed, finds the device in
// that phase: the engine would take its last words for those after the upgrade.
func TestEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "fw.bin", 1000, "1.1.0")
	for want, end := range map[Phase]func(*Order){
		Waiting: (*Order).Delivered,
		Failed:  func(o *Order) { o.Fail(errors.New("no room"), Reason{Code: WhySaid}) },
	} {
		d := New(Config{})
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}})
		o, why := d.Arrive(t.Context(), asks(device, "1.0.0"))
		if o == nil {
			t.Fatal(why)
		}
		o.Begin()
		seen := func() bool { _, whole, _, fault := o.state(); return whole || fault != nil }
		ended := make(chan struct{})
		o.mu.Lock() // the order cannot change yet
		go func() {
			defer close(ended)
			end(o)
		}()
		if !taken(&d.mu) {
			t.Errorf("%s can be seen before the device is: the order would change without the desk", want)
		}
		o.mu.Unlock()
		<-ended
		if g, _ := d.Guest("luat:imei:" + device); g.Phase != want || !seen() {
			t.Errorf("it is %s, not %s", g.Phase, want)
		}
	}
}

// taken waits until somebody holds a lock, and tells whether that came to be.
func taken(mu *sync.Mutex) bool {
	for until := time.Now().Add(30 * time.Second); mu.TryLock(); time.Sleep(time.Millisecond) {
		mu.Unlock()
		if time.Now().After(until) {
			return false
		}
	}
	return true
}

// TestBeginsLate: a device whose first word comes after all was served is waited for: it
// does not begin once more.
func TestBeginsLate(t *testing.T) {
	t.Parallel()
	d := New(Config{})
	d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: newPackage(t, "fw.bin", 1000, "1.1.0")}}}})
	o, why := d.Arrive(t.Context(), asks(device, "1.0.0"))
	if o == nil {
		t.Fatal(why)
	}
	o.Delivered()
	o.Begin()
	if g, _ := d.Guest("luat:imei:" + device); g.Phase != Waiting {
		t.Errorf("it is %s", g.Phase)
	}
	if _, whole, began, _ := o.state(); !whole || !began {
		t.Errorf("whole %v, began %v", whole, began)
	}
}
