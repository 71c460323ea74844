package checkin

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// TestOldVersion: so long after it had all of it, a device that says its old version may
// still install: that is no verdict, and it is given nothing meanwhile. What it says then is.
func TestOldVersion(t *testing.T) {
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	at := devices.Address("luat:imei:" + device)
	old, fresh := asks(device, "1.0.0"), asks(device, "1.1.0")
	restarted := old
	restarted.Restarted = true
	for name, c := range map[string]struct {
		do   func(*testing.T, *Desk, *Order)
		want Phase
	}{
		"flaps, then restarts":  {func(t *testing.T, d *Desk, _ *Order) { d.Arrive(t.Context(), fresh) }, Verified},
		"goes on with it":       {func(t *testing.T, d *Desk, _ *Order) { time.Sleep(time.Minute); d.Arrive(t.Context(), old) }, Failed},
		"is connected all over": {func(t *testing.T, d *Desk, _ *Order) { time.Sleep(d.Decisive(at, "")); d.Stays(t.Context(), at, "") }, Failed},
		"is connected so long":  {func(t *testing.T, d *Desk, _ *Order) { time.Sleep(time.Second); d.Stays(t.Context(), at, "") }, Waiting},
		"is away":               {func(*testing.T, *Desk, *Order) { time.Sleep(time.Hour) }, Waiting},
		"says that it failed":   {func(_ *testing.T, _ *Desk, o *Order) { o.Fail(errors.New("-3"), Reason{WhySaid, []any{-3, "hash"}}) }, Failed},
		"says so after a start": {func(t *testing.T, d *Desk, _ *Order) { d.Arrive(t.Context(), restarted) }, Failed},
		"runs a third version":  {func(t *testing.T, d *Desk, _ *Order) { d.Arrive(t.Context(), asks(device, "1.0.5")) }, Failed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, heard := hears(0)
				d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}})
				o, _ := d.Arrive(t.Context(), old)
				deliver(o)
				for range 4 { // 15 s to 1 min after it had all of it
					time.Sleep(15 * time.Second)
					again, why := d.Arrive(t.Context(), old)
					require.Nil(t, again, "it is given it again while it may install it")
					require.Equal(t, Reason{WhyStill, []any{"1.0.0", "1.1.0", 120.0}}, why)
					g, _ := d.Guest(at)
					require.Equal(t, []any{Waiting, why}, []any{g.Phase, g.Why})
				}
				_, err := d.Open(t.Context(), at, Dialect{})
				require.ErrorIs(t, err, devices.Busy)
				require.Equal(t, time.Minute, d.Decisive(at, ""))
				d.SetRules(nil)
				c.do(t, d, o)
				g, _ := d.Guest(at)
				assert.Equal(t, c.want, g.Phase)
				want := []Step{StepBegun, StepWhole}
				if c.want != Waiting {
					want = append(want, stepOf(c.want))
				}
				assert.Equal(t, [][]Step{want}, heard.steps())
				assert.EqualValues(t, 1, d.Counts().Delivered)
			})
		})
	}
}

// TestAfterARestart: over a protocol in which a device that has all of it asks only after it
// has restarted, its old version is the verdict as soon as it can have.
func TestAfterARestart(t *testing.T) {
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	synctest.Test(t, func(t *testing.T) {
		d, heard := hears(0)
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}})
		a := asks(device, "1.0.0")
		a.Restarted = true
		o, _ := d.Arrive(t.Context(), a)
		deliver(o)
		time.Sleep(usualReboot - time.Millisecond)
		if again, _ := d.Arrive(t.Context(), a); again != o {
			t.Error("it did not get all of it, and is not given it again")
		}
		time.Sleep(time.Millisecond)
		d.SetRules(nil)
		d.Arrive(t.Context(), a)
		assert.Equal(t, [][]Step{{StepBegun, StepWhole, StepFailed}}, heard.steps())
	})
}

// TestSentElsewhere: nobody sees whether a device that was sent elsewhere got anything there.
// It is sent there again, not without end, and judged some time after the last time.
func TestSentElsewhere(t *testing.T) {
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	sources := []devices.Source{{URL: "http://h.example/p.bin"}}
	synctest.Test(t, func(t *testing.T) {
		d, heard := hears(0)
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p, Method: devices.HTTP, Sources: sources}}}})
		sent := 0
		var last time.Time
		for range 100 {
			o, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
			g, _ := d.Guest("luat:imei:" + device)
			if g.Phase == Failed || len(heard.steps()) > 1 {
				break
			}
			if o != nil && o.Tell() {
				sent, last = sent+1, time.Now()
				o.Begin()
				o.Away()
			}
			d.SetRules(nil)
			time.Sleep(time.Minute)
		}
		assert.Equal(t, mostTold, sent)
		assert.Equal(t, usualLeave, time.Since(last))
		assert.Equal(t, [][]Step{{StepBegun, StepWhole, StepFailed}}, heard.steps())
	})
}

// TestArmedAndOld: what a person gave one device goes on likewise, whoever waits for it.
func TestArmedAndOld(t *testing.T) {
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	synctest.Test(t, func(t *testing.T) {
		d := New(Config{})
		at := devices.Address("luat:imei:" + device)
		d.Arrive(t.Context(), asks(device, "1.0.0"))
		s, err := d.Open(t.Context(), at, Dialect{})
		require.NoError(t, err)
		done := make(chan error)
		go func() {
			_, err := s.Deliver(context.Background(), &devices.Job{Package: p, Method: devices.Answer}, &report{})
			done <- err
		}()
		synctest.Wait()
		o, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
		deliver(o)
		require.NoError(t, <-done)
		for _, c := range []struct {
			after time.Duration
			want  error
		}{{0, devices.Absent}, {10 * time.Second, devices.Busy}, {109 * time.Second, devices.Busy}, {time.Second, nil}} {
			time.Sleep(c.after)
			if c.after > 0 {
				d.Arrive(t.Context(), asks(device, "1.0.0"))
			}
			if s, err = d.Open(t.Context(), at, Dialect{}); !errors.Is(err, c.want) {
				t.Errorf("%s later: %v", c.after, err)
			}
		}
		proof, err := s.Installed(t.Context(), &devices.Job{Package: p})
		assert.NoError(t, err)
		assert.Equal(t, devices.Proof{Version: "1.0.0"}, proof)
	})
}
