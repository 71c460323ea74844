package checkin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

func newPackage(t testing.TB, name string, size int, target string) *packages.Package {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, bytes.Repeat([]byte{7}, size), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Manifest.TargetVersion = target
	return p
}

const device = "860000000000001"

// asks is a device that asks.
func asks(imei, version string) Arrival {
	return Arrival{
		Address: devices.Address("luat:imei:" + imei), From: "127.0.0.1:9", Service: "luat-udp", Usual: devices.Answer,
		Identity:   devices.Identity{Family: "luat", IMEI: imei, Firmware: version, Model: "DEMO"},
		Attributes: map[string]string{"imei": imei, "firmware_name": "DEMO", "project_key": "K"},
	}
}

// TestRules: who gets what, and why not.
func TestRules(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 10, "1.1.0")
	offer := Offer{Package: p}
	elsewhere := Offer{Package: p, Sources: []devices.Source{{URL: "http://127.0.0.1:9/p"}}}
	one := func(r Rule) *Rules {
		if r.Offer.Package == nil {
			r.Offer = offer
		}
		return &Rules{Register: true, Rules: []Rule{r}}
	}
	oss := asks(device, "1.0.0")
	oss.Attributes["need_oss_url"] = "1"
	for _, c := range []struct {
		name   string
		rules  *Rules
		a      Arrival
		why    devices.Code
		method devices.Method
	}{
		{"no rules", nil, asks(device, "1.0.0"), WhyNothing, ""},
		{"everybody", one(Rule{}), asks(device, "1.0.0"), WhyRule, devices.Answer},
		{"not listed", &Rules{Rules: []Rule{{Offer: offer}}}, asks(device, "1.0.0"), WhyUnknown, ""},
		{"listed", &Rules{Devices: []Listed{{Name: device}}, Rules: []Rule{{Offer: offer}}}, asks(device, "1.0.0"), WhyRule, devices.Answer},
		{"listed with a package", &Rules{Devices: []Listed{{Name: device, Package: &offer}}}, asks(device, "1.0.0"), WhyRule, devices.Answer},
		{"newest", one(Rule{}), asks(device, "1.1.0"), WhyNewest, ""},
		{"newer", one(Rule{}), asks(device, "1.10.0"), WhyNewest, ""},
		{"older by number, not by text", one(Rule{}), asks(device, "1.0.9"), WhyRule, devices.Answer},
		{"huge", one(Rule{}), asks(device, "999999999.0.0"), WhyNewest, ""},
		{"no number", one(Rule{}), asks(device, "banana"), WhyOther, ""},
		{"no number, but named", one(Rule{From: []string{"banana"}}), asks(device, "banana"), WhyRule, devices.Answer},
		{"not named", one(Rule{From: []string{"1.0.1"}}), asks(device, "1.0.0"), WhyNoRule, ""},
		{"least", one(Rule{Least: "1.0.1"}), asks(device, "1.0.0"), WhyNoRule, ""},
		{"below", one(Rule{Below: "1.0.0"}), asks(device, "1.0.0"), WhyNoRule, ""},
		{"between", one(Rule{Least: "1.0.0", Below: "1.0.10"}), asks(device, "1.0.9"), WhyRule, devices.Answer},
		{"allowed", one(Rule{Allow: []string{device}}), asks(device, "1.0.0"), WhyRule, devices.Answer},
		{"allowed by range", one(Rule{Allow: []string{"860000000000000-860000000000002"}}), asks(device, "1.0.0"), WhyRule, devices.Answer},
		{"outside of the range", one(Rule{Allow: []string{"860000000000002-860000000000009"}}), asks(device, "1.0.0"), WhyNoRule, ""},
		{"deny wins", one(Rule{Allow: []string{device}, Deny: []string{device}}), asks(device, "1.0.0"), WhyDenied, ""},
		{"project", one(Rule{ProjectKeys: []string{"other"}}), asks(device, "1.0.0"), WhyNoRule, ""},
		{"firmware name", one(Rule{FirmwareNames: []string{"DEMO"}}), asks(device, "1.0.0"), WhyRule, devices.Answer},
		{"family", one(Rule{Family: "aliyun"}), asks(device, "1.0.0"), WhyNoRule, ""},
		{"elsewhere when it asks so", one(Rule{Offer: elsewhere}), oss, WhyRule, devices.HTTP},
		{"not elsewhere unasked", one(Rule{Offer: elsewhere}), asks(device, "1.0.0"), WhyRule, devices.Answer},
	} {
		d := New(Config{})
		d.SetRules(c.rules)
		o, why := d.Arrive(t.Context(), c.a)
		if why.Code != c.why || (o != nil) != (c.why == WhyRule) || o != nil && o.Method != c.method {
			t.Errorf("%s: %v, %+v", c.name, why, o)
		}
	}
}

// deliver hands all of an order out.
func deliver(o *Order) {
	o.Begin()
	if o.Handed(0, 0, o.total) {
		o.Delivered()
	}
}

// TestJudgement: what a device says next decides; whoever comes back too soon did
// not get it all, and whoever comes back without it too often is not given it again.
func TestJudgement(t *testing.T) {
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	synctest.Test(t, func(t *testing.T) {
		d := New(Config{})
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}})
		phase := func() Phase { g, _ := d.Guest("luat:imei:" + device); return g.Phase }
		o, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
		deliver(o)
		if phase() != Waiting {
			t.Fatalf("delivered, but %s", phase())
		}
		time.Sleep(2 * time.Second)
		again, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
		if again != o || phase() != Waiting {
			t.Fatalf("too soon for a restart, but %s, the same order: %v", phase(), again == o)
		}
		if _, held := o.Hold(); !held {
			t.Fatal("the bytes are gone while the device asks for them")
		}
		for try := 2; try <= maxTries+1; try++ {
			time.Sleep(usualLeave)
			next, why := d.Arrive(t.Context(), asks(device, "1.0.0"))
			if try > maxTries {
				if next != nil || why.Code != WhyLoop || phase() != Failed {
					t.Fatalf("try %d: %v, %s", try, why, phase())
				}
				break
			}
			if next == nil || next == o {
				t.Fatalf("try %d: not given again: %v", try, why)
			}
			if o.Context().Err() == nil {
				t.Fatal("the order before goes on")
			}
			o = next
			deliver(o)
		}
		time.Sleep(usualLeave)
		mended := newPackage(t, "p.bin", 1001, "1.1.0")
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: mended}}}})
		if next, why := d.Arrive(t.Context(), asks(device, "1.0.0")); next == nil || next.Package != mended {
			t.Errorf("a mended package of the same name: %v", why)
		}
		time.Sleep(usualLeave)
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}})
		if _, why := d.Arrive(t.Context(), asks(device, "1.1.0")); why.Code != WhyNewest {
			t.Errorf("in the end it runs it: %v", why)
		}
		if c := d.Counts(); c.Failed != maxTries || c.Delivered != maxTries || c.Devices != 1 {
			t.Errorf("%+v", c)
		}
	})
}

// TestVerified: with the target, and only after it was handed out.
func TestVerified(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	d := New(Config{Reboot: time.Nanosecond})
	d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}})
	o, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
	deliver(o)
	if again, why := d.Arrive(t.Context(), asks(device, "1.1.0")); again != nil {
		t.Errorf("it is given it again: %v", why)
	}
	g, _ := d.Guest("luat:imei:" + device)
	if g.Phase != Verified || g.Done != 1000 || g.Total != 1000 || g.Target != "1.1.0" || o.Context().Err() == nil {
		t.Errorf("%+v", g)
	}
}

// report is a devices.Report that remembers.
type report struct{ done, total int64 }

func (r *report) Progress(done, total int64) { r.done, r.total = done, total }
func (r *report) Note(devices.Code, ...any)  {}

// TestArm: a person's choice goes before the rules, can be taken back until all is
// handed out, and not afterwards.
func TestArm(t *testing.T) {
	t.Parallel()
	d := New(Config{Reboot: time.Nanosecond})
	d.Arrive(t.Context(), asks(device, "1.0.0"))
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	job := &devices.Job{Package: p, Method: devices.Answer}
	for _, handed := range []int64{0, 999, 1000} {
		s, err := d.Open(t.Context(), "luat:imei:"+device, Dialect{})
		if err != nil {
			t.Fatal(err)
		}
		stopped := errors.New("stopped")
		ctx, stop := context.WithCancelCause(t.Context())
		type end struct {
			d   devices.Delivery
			err error
		}
		done := make(chan end, 1)
		r := &report{}
		go func() {
			got, err := s.Deliver(ctx, job, r)
			done <- end{got, err}
		}()
		var o *Order
		for o == nil {
			o, _ = d.Arrive(t.Context(), asks(device, "1.0.0"))
		}
		o.Begin()
		if o.Handed(0, 0, handed) {
			o.Delivered()
		}
		stop(stopped)
		e := <-done
		if handed < 1000 && (!errors.Is(e.err, stopped) || o.Context().Err() == nil) {
			t.Errorf("%d bytes: %+v", handed, e)
		}
		if handed == 1000 && (e.err != nil || !e.d.Installing) {
			t.Errorf("%d bytes: %+v", handed, e)
		}
	}
	if _, err := d.Open(t.Context(), "luat:imei:"+device, Dialect{}); !errors.Is(err, devices.Absent) {
		t.Errorf("it has everything and is awaited, but: %v", err)
	}
	d.Arrive(t.Context(), asks(device, "1.1.0"))
	s, err := d.Open(t.Context(), "luat:imei:"+device, Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	if proof, err := s.Installed(t.Context(), job); err != nil || !proof.Installed || proof.Version != "1.1.0" {
		t.Errorf("%+v, %v", proof, err)
	}
}

// TestForget: names that anybody can invent do not fill the memory, and do not push
// out who has something under way.
func TestForget(t *testing.T) {
	t.Parallel()
	d := New(Config{})
	p := newPackage(t, "p.bin", 10, "1.1.0")
	d.SetRules(&Rules{Devices: []Listed{{Name: device, Package: &Offer{Package: p}}}})
	d.Arrive(t.Context(), asks(device, "1.0.0"))
	for i := range maxGuests + 1000 {
		d.Arrive(t.Context(), asks(fmt.Sprintf("87%013d", i), "1.0.0"))
	}
	if n := len(d.Guests(0)); n > maxGuests {
		t.Errorf("%d devices are remembered", n)
	}
	if g, ok := d.Guest("luat:imei:" + device); !ok || g.Phase != Armed {
		t.Errorf("forgotten: %+v", g)
	}
	d.Forget("luat:imei:" + device)
	if _, ok := d.Guest("luat:imei:" + device); ok {
		t.Error("not forgotten")
	}
}

// TestWatch: who was here is present, and changes are told.
func TestWatch(t *testing.T) {
	t.Parallel()
	d := New(Config{})
	ctx, stop := context.WithCancel(t.Context())
	lists := make(chan []devices.Sighting)
	done := make(chan error, 1)
	go func() {
		done <- d.Watch(ctx, func(list []devices.Sighting) {
			select {
			case lists <- list:
			case <-ctx.Done():
			}
		})
	}()
	if first := <-lists; len(first) != 0 {
		t.Errorf("first: %+v", first)
	}
	d.Arrive(t.Context(), asks(device, "1.0.0"))
	next := <-lists
	if len(next) != 1 || next[0].Control() != "luat:imei:"+device || next[0].Family != "luat" {
		t.Errorf("then: %+v", next)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
