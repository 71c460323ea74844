package checkin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
)

// told keeps what a desk tells of gifts, by key.
type told struct {
	mu    sync.Mutex
	gifts map[uint64][]Gift
}

// hears opens a desk whose gifts are kept.
func hears(reboot time.Duration) (*Desk, *told) {
	t := &told{gifts: map[uint64][]Gift{}}
	return New(Config{Reboot: reboot, Gift: func(g Gift) {
		t.mu.Lock()
		defer t.mu.Unlock()
		g.Progress() // waits for nobody who tells
		g.Kept()
		t.gifts[g.Key] = append(t.gifts[g.Key], g)
	}}), t
}

// steps are those of each gift, in the order of their keys.
func (t *told) steps() (all [][]Step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key := range uint64(len(t.gifts)) {
		var steps []Step
		for _, g := range t.gifts[key+1] {
			steps = append(steps, g.Step)
		}
		all = append(all, steps)
	}
	return all
}

// TestWitness: each step of what a rule gave is told once, in order, whatever way it takes.
func TestWitness(t *testing.T) {
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	at := devices.Address("luat:imei:" + device)
	elsewhere := []devices.Source{{URL: "http://127.0.0.1:9/p"}}
	for name, c := range map[string]struct {
		sources []devices.Source
		do      func(*testing.T, *Desk, *Order)
		want    []Step
	}{
		"verified": {nil, func(t *testing.T, d *Desk, o *Order) {
			deliver(o)
			deliver(o)
			d.Arrive(t.Context(), asks(device, "1.1.0"))
			o.Begin()
			o.Delivered()
			o.Fail(errors.New("late"), Reason{Code: WhySaid})
		}, []Step{StepBegun, StepWhole, StepVerified}},
		"old": {nil, func(t *testing.T, d *Desk, o *Order) {
			deliver(o)
			time.Sleep(usualLeave)
			d.SetRules(nil)
			d.Arrive(t.Context(), asks(device, "1.0.0"))
		}, []Step{StepBegun, StepWhole, StepFailed}},
		"old, and new": {nil, func(t *testing.T, d *Desk, o *Order) {
			deliver(o)
			time.Sleep(time.Minute)
			d.Arrive(t.Context(), asks(device, "1.0.0"))
			d.Arrive(t.Context(), asks(device, "1.1.0"))
		}, []Step{StepBegun, StepWhole, StepVerified}},
		"gives up": {nil, func(_ *testing.T, _ *Desk, o *Order) {
			o.Begin()
			o.Fail(errors.New("no room"), Reason{WhySaid, []any{-3, "no room"}})
			o.Fail(errors.New("no room"), Reason{WhySaid, []any{-3, "no room"}})
		}, []Step{StepBegun, StepFailed}},
		"gives up at once": {nil, func(_ *testing.T, _ *Desk, o *Order) {
			o.Fail(errors.New("no room"), Reason{WhySaid, []any{-3, "no room"}})
		}, []Step{StepBegun, StepFailed}},
		"has it before it says that it begins": {nil, func(_ *testing.T, _ *Desk, o *Order) {
			o.Delivered()
			o.Begin()
		}, []Step{StepBegun, StepWhole}},
		"told of URLs, and runs it without a word": {elsewhere, func(t *testing.T, d *Desk, o *Order) {
			o.Tell()
			o.Tell()
			d.Arrive(t.Context(), asks(device, "1.1.0"))
		}, []Step{StepBegun, StepVerified}},
		"told of URLs, and forgotten": {elsewhere, func(_ *testing.T, d *Desk, o *Order) {
			o.Tell()
			d.Forget(at)
		}, []Step{StepBegun, StepGone}},
		"told of URLs, and given something else": {elsewhere, func(t *testing.T, d *Desk, o *Order) {
			o.Tell()
			other, err := d.newOrder(t.Context(), &devices.Job{Package: p, Method: devices.Answer}, "")
			require.NoError(t, err)
			require.NoError(t, d.arm(at, other))
			deliver(other)
			d.Arrive(t.Context(), asks(device, "1.1.0"))
		}, []Step{StepBegun, StepGone}},
		"told of what we hand out, and nothing more": {nil, func(_ *testing.T, _ *Desk, o *Order) { o.Tell() }, nil},
		"never told": {nil, func(_ *testing.T, d *Desk, _ *Order) { d.SetRules(nil) }, nil},
		"forgotten":  {nil, func(_ *testing.T, d *Desk, _ *Order) { d.Forget(at) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, heard := hears(0)
				offer := Offer{Package: p, Sources: c.sources}
				if c.sources != nil {
					offer.Method = devices.HTTP
				}
				d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: offer}}})
				o, why := d.Arrive(t.Context(), asks(device, "1.0.0"))
				require.NotNil(t, o, "%v", why)
				c.do(t, d, o)
				var want [][]Step
				if c.want != nil {
					want = [][]Step{c.want}
				}
				assert.Equal(t, want, heard.steps())
			})
		})
	}
}

// TestWitnessTells: a gift says who was given what, by which entry, and how it ended; what the
// device says later changes nothing that was told.
func TestWitnessTells(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	d, heard := hears(time.Nanosecond)
	offer := Offer{Package: p, Module: "MCU"}
	d.SetRules(&Rules{
		Name: "plan.json", Register: true, Simulated: []string{device},
		Devices: []Listed{{Name: "860000000000002"}, {Name: device, Package: &offer}},
		Rules:   []Rule{{Offer: Offer{Package: p}, Deny: []string{"860000000000002"}}, {Offer: Offer{Package: p, Module: "MCU"}}},
	})
	a := tells("MCU", "1.0.0")
	a.Identity.Extra = map[string]string{"signal": "20"}
	o, why := d.Arrive(t.Context(), a)
	require.NotNil(t, o, "%v", why)
	a.Identity.Extra["signal"] = "0"
	o.Begin()
	o.Handed(0, 0, 1000)
	o.Fail(errors.New("no room"), Reason{WhySaid, []any{-3, "no room"}})
	b := asks("860000000000002", "1.0.0")
	b.Module, b.Address = "MCU", "luat:imei:860000000000002"
	o, why = d.Arrive(t.Context(), b)
	require.NotNil(t, o, "%v", why)
	deliver(o)

	first, second := heard.gifts[1], heard.gifts[2]
	require.Len(t, first, 2)
	require.Len(t, second, 2)
	begun, failed := first[0], first[1]
	assert.Equal(t, Place{"plan.json", "devices[1]"}, begun.Place)
	assert.Equal(t, Place{"plan.json", "rules[1]"}, second[0].Place)
	assert.Equal(t, "20", begun.Before.Extra["signal"])
	assert.Equal(t, "1.0.0", begun.Before.Extra["MCU"])
	assert.Equal(t, []any{p, "1.1.0", "MCU", devices.MQTT}, []any{begun.Package, begun.Target, begun.Module, begun.Method})
	assert.True(t, begun.Guest.Simulated)
	assert.False(t, begun.At.IsZero())
	assert.Empty(t, begun.Sent)
	assert.Equal(t, []int64{0, 1000}, []int64{begun.Guest.Done, begun.Guest.Total})
	assert.Equal(t, devices.Said{Code: -3, HasCode: true, Words: "no room", Why: WhySaid, WhyArgs: []any{-3, "no room"}}, failed.Said)
	assert.Equal(t, []string{p.Files[0].Digests[packages.SHA256]}, failed.Sent, "all of it went out before")
	assert.Zero(t, second[1].Said)
	assert.Equal(t, second[0].Key, second[1].Key)
	done, total := begun.Progress()
	assert.Equal(t, []int64{1000, 1000}, []int64{done, total})
}

// TestWitnessOfJobs: what a person gives one device is told to whoever gave it, and to
// nobody here.
func TestWitnessOfJobs(t *testing.T) {
	t.Parallel()
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	d, heard := hears(time.Nanosecond)
	d.Arrive(t.Context(), asks(device, "1.0.0"))
	for _, end := range []func(*Order){
		func(o *Order) { d.disarm(o) },
		func(*Order) { d.Arrive(t.Context(), asks(device, "1.1.0")) },
		func(*Order) { d.Forget("luat:imei:" + device) },
	} {
		o, err := d.newOrder(t.Context(), &devices.Job{Package: p, Method: devices.Answer}, "")
		require.NoError(t, err)
		require.NoError(t, d.arm("luat:imei:"+device, o))
		o.Tell()
		o.Begin()
		end(o)
	}
	assert.Empty(t, heard.gifts)
}

// TestWitnessAtOnce: many services and devices at the same time change nothing of that.
func TestWitnessAtOnce(t *testing.T) {
	t.Parallel()
	const fleet, voices = 50, 4
	p := newPackage(t, "p.bin", 4, "1.1.0")
	d, heard := hears(time.Nanosecond)
	d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: Offer{Package: p}}}})
	var work sync.WaitGroup
	for i := range fleet {
		for v := range voices {
			work.Go(func() { live(t.Context(), d, fmt.Sprintf("8600000000%05d", i), int64(v)) })
		}
	}
	work.Wait()
	for i := range fleet {
		d.Arrive(t.Context(), asks(fmt.Sprintf("8600000000%05d", i), "1.1.0"))
	}
	steps := heard.steps()
	assert.Len(t, steps, fleet)
	for _, one := range steps {
		assert.True(t, slices.Equal(one, []Step{StepBegun, StepWhole, StepVerified}), "%v", one)
	}
}

// live is one of the voices in which a device asks for its package.
func live(ctx context.Context, d *Desk, imei string, piece int64) {
	a := asks(imei, "1.0.0")
	a.Continues = true
	o, _ := d.Arrive(ctx, a)
	if o == nil {
		return
	}
	o.Tell()
	o.Begin()
	if o.Handed(0, piece, piece+1) {
		o.Delivered()
	}
}

// TestAwait: nothing goes out before there is a record of what a rule gave, for as long as that
// may take; where nobody keeps records, and for what a person gave, nobody waits.
func TestAwait(t *testing.T) {
	p := newPackage(t, "p.bin", 1000, "1.1.0")
	elsewhere := []devices.Source{{URL: "http://127.0.0.1:9/p"}}
	for name, c := range map[string]struct {
		kept    time.Duration // after the gift was told; 0: never
		nobody  bool          // keeps records
		sources []devices.Source
		waits   time.Duration
	}{
		"recorded":        {20 * time.Millisecond, false, nil, 20 * time.Millisecond},
		"told of URLs":    {20 * time.Millisecond, false, elsewhere, 20 * time.Millisecond},
		"not recorded":    {0, false, nil, recordSoon},
		"without records": {0, true, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := Config{Gift: func(g Gift) {
					if g.Step == StepBegun && c.kept > 0 {
						time.AfterFunc(c.kept, g.Kept)
					}
				}}
				if c.nobody {
					cfg.Gift = nil
				}
				d := New(cfg)
				offer := Offer{Package: p, Sources: c.sources}
				if c.sources != nil {
					offer.Method = devices.HTTP
				}
				d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: offer}}})
				o, why := d.Arrive(t.Context(), asks(device, "1.0.0"))
				require.NotNil(t, o, "%v", why)
				begun := time.Now()
				if c.sources != nil {
					assert.True(t, o.Tell())
				} else {
					o.Begin()
					assert.Equal(t, c.waits == 0, o.Recorded())
					o.Await()
				}
				assert.Equal(t, c.waits, time.Since(begun))
				o.Await() // that is over
				assert.Equal(t, c.waits, time.Since(begun))
				person, err := d.newOrder(t.Context(), &devices.Job{Package: p, Method: devices.Answer}, "")
				require.NoError(t, err)
				assert.True(t, person.Recorded())
				d.Forget(devices.Address("luat:imei:" + device))
			})
		})
	}
}
