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

// somewhere is a host of which nobody here sees what it hands out.
func somewhere() []devices.Source { return []devices.Source{{URL: "http://127.0.0.1:9/p"}} }

// promised is a desk, with what it tells, whose rules have given the device a package.
func promised(t *testing.T, sources []devices.Source) (*Desk, *told, *Order) {
	t.Helper()
	d, heard := hears(0)
	offer := Offer{Package: newPackage(t, "p.bin", 1000, "1.1.0"), Sources: sources}
	if sources != nil {
		offer.Method = devices.HTTP
	}
	d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: offer}}})
	o, why := d.Arrive(t.Context(), asks(device, "1.0.0"))
	require.NotNil(t, o, "%v", why)
	return d, heard, o
}

// nowhere is a Report that nobody reads.
type nowhere struct{}

func (nowhere) Progress(int64, int64)     {}
func (nowhere) Note(devices.Code, ...any) {}

// standing is how the device stands.
func standing(d *Desk) Guest {
	g, _ := d.Guest(devices.Address("luat:imei:" + device))
	return g
}

// TestSilent: a device that was given something and says nothing for as long as it is waited
// for is told to be silent, once and not before; what it says later decides all the same.
func TestSilent(t *testing.T) {
	for name, c := range map[string]struct {
		sources []devices.Source
		begin   func(*Order)
		wait    time.Duration // as set, 0: usual
		note    devices.Code
		phase   Phase
	}{
		"has all of it":    {nil, deliver, 0, devices.NoteUnheard, Waiting},
		"has a part of it": {nil, func(o *Order) { o.Begin(); o.Handed(0, 0, 500) }, 0, devices.NoteUnheardPart, Fetching},
		"told of URLs":     {somewhere(), func(o *Order) { o.Tell() }, 0, devices.NoteUnheardPart, Armed},
		"sent away":        {somewhere(), func(o *Order) { o.Tell(); o.Begin(); o.Away() }, 0, devices.NoteUnheard, Waiting},
		"set":              {nil, deliver, 90 * time.Minute, devices.NoteUnheard, Waiting},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, heard, o := promised(t, c.sources)
				d.SetWait(c.wait)
				wait := d.Wait()
				time.Sleep(wait / 2)
				c.begin(o)
				since := time.Now()
				time.Sleep(wait - time.Second)
				assert.NotEqual(t, c.note, standing(d).Why.Code, "too early")
				time.Sleep(2*mostLook + time.Second)
				g := standing(d)
				require.Equal(t, c.note, g.Why.Code)
				assert.Equal(t, wait.Seconds(), g.Why.Args[1])
				said, err := time.Parse(time.RFC3339, g.Why.Args[0].(string))
				require.NoError(t, err)
				assert.WithinRange(t, said, since, since.Add(mostLook)) // what goes out is noticed at a look
				assert.Equal(t, c.phase, g.Phase)
				time.Sleep(wait / 2)
				steps := heard.steps()[0]
				assert.Equal(t, StepSilent, steps[len(steps)-1])
				delivered := d.Counts().Delivered
				d.Arrive(t.Context(), asks(device, "1.1.0"))
				assert.Equal(t, Verified, standing(d).Phase)
				assert.Equal(t, [][]Step{steps}, heard.steps(), "a step after the end")
				assert.Equal(t, delivered, d.Counts().Delivered)
			})
		})
	}
}

// TestNotSilent: who fetches, reports how far it is, or was just told, is not silent.
func TestNotSilent(t *testing.T) {
	for name, does := range map[string]func(*Desk, *Order, int64){
		"fetches":       func(_ *Desk, o *Order, n int64) { o.Handed(0, n*100, n*100+100) },
		"says how far":  func(_ *Desk, o *Order, n int64) { o.Percent(int(n)) },
		"says so again": func(_ *Desk, o *Order, _ int64) { o.Percent(3) },
		"asks of a module": func(d *Desk, _ *Order, _ int64) {
			a := asks(device, "7")
			a.Module = "mcu"
			d.Arrive(context.Background(), a)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, heard, o := promised(t, nil)
				o.Begin()
				for n := range int64(8) {
					time.Sleep(UsualWait - time.Hour)
					does(d, o, n)
				}
				assert.Equal(t, [][]Step{{StepBegun}}, heard.steps())
				d.Forget(standing(d).Address)
			})
		})
	}
}

// TestNobodyTold: what nobody was told of is no device that is silent.
func TestNobodyTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, heard, _ := promised(t, nil)
		time.Sleep(2 * UsualWait)
		assert.Empty(t, heard.steps())
		assert.Equal(t, Armed, standing(d).Phase)
		d.Forget(standing(d).Address)
	})
}

// TestSilentSpeaks: one that was silent and still runs its old version is given the package
// with a record of its own, and not told of it before.
func TestSilentSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, heard, o := promised(t, somewhere())
		o.Tell()
		time.Sleep(UsualWait + time.Hour)
		assert.False(t, o.Tell(), "told again without a record")
		next, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
		require.NotNil(t, next)
		assert.NotSame(t, o, next)
		assert.True(t, next.Tell())
		assert.Equal(t, [][]Step{{StepBegun, StepSilent}, {StepBegun}}, heard.steps())
		d.Forget(standing(d).Address)
	})
}

// TestSilentSession: a person's upgrade of a device that falls silent ends: as a failure where
// it cannot go on, else as delivered, and whoever opens it then hears that it is silent.
func TestSilentSession(t *testing.T) {
	for name, c := range map[string]struct {
		sources []devices.Source
		begin   func(*Order)
		fails   bool
		cancel  bool
	}{
		"a part":       {begin: func(o *Order) { o.Begin(); o.Handed(0, 0, 500) }, fails: true},
		"told of URLs": {sources: somewhere(), begin: func(o *Order) { o.Tell() }},
		"cancelled":    {sources: somewhere(), begin: func(o *Order) { o.Tell() }, cancel: true},
		"all of it":    {begin: deliver},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _ := hears(0)
				d.Arrive(t.Context(), asks(device, "1.0.0"))
				at := standing(d).Address
				s, err := d.Open(t.Context(), at, Dialect{})
				require.NoError(t, err)
				job := &devices.Job{Package: newPackage(t, "p.bin", 1000, "1.1.0"), Method: devices.Answer, Sources: c.sources}
				if c.sources != nil {
					job.Method = devices.HTTP
				}
				time.AfterFunc(time.Hour, func() { c.begin(d.Only(at)) })
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.cancel {
					time.AfterFunc(2*time.Hour, cancel)
				}
				_, err = s.Deliver(ctx, job, nowhere{})
				assert.Equal(t, c.fails, errors.Is(err, devices.Timeout), "%v", err)
				if !c.fails {
					require.NoError(t, err)
					time.Sleep(UsualWait + time.Hour)
					_, err = d.Open(t.Context(), at, Dialect{})
					var told *devices.Error
					require.ErrorAs(t, err, &told)
					assert.Equal(t, []any{devices.Timeout, devices.NoteUnheard}, []any{told.Kind, told.Note})
					d.Arrive(t.Context(), asks(device, "1.1.0"))
					_, err = d.Open(t.Context(), at, Dialect{})
					require.NoError(t, err)
				}
				d.Forget(at)
			})
		})
	}
}

// TestElsewhere: a device that was told to fetch from somebody else's host, and says its old
// version again and again, each time so late that it must have tried, has not installed it.
func TestElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, heard, o := promised(t, somewhere())
		first := time.Now()
		require.True(t, o.Tell())
		for day := 1; day < leastOld; day++ {
			time.Sleep(24 * time.Hour)
			d.Arrive(t.Context(), asks(device, "1.0.0"))
			require.Equal(t, Armed, standing(d).Phase)
			require.True(t, o.Tell())
		}
		time.Sleep(usualElsewhere)
		again, _ := d.Arrive(t.Context(), asks(device, "1.0.0"))
		assert.Equal(t, []Step{StepBegun, StepFailed}, heard.steps()[0])
		assert.NotNil(t, again, "it is given another try")
		last := heard.gifts[1][1]
		assert.Equal(t, Reason{WhyElsewhere, []any{"1.0.0", "1.1.0", first.Format(time.RFC3339), leastOld}}, last.Guest.Why)
		d.Forget(standing(d).Address)
	})
}

// TestElsewhereMayInstall: whatever it says while it may still fetch or install counts for
// nothing, and its new version counts at once.
func TestElsewhereMayInstall(t *testing.T) {
	for name, does := range map[string]func(*Order){
		"told each time": func(o *Order) { o.Tell() },
		"fetches": func(o *Order) {
			if p := time.Now().Minute(); p > 0 { // it says how far it is
				o.Percent(p)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, heard, o := promised(t, somewhere())
				require.True(t, o.Tell())
				for range 60 {
					time.Sleep(5*time.Minute + time.Second)
					d.Arrive(t.Context(), asks(device, "1.0.0"))
					does(o)
				}
				assert.Equal(t, [][]Step{{StepBegun}}, heard.steps())
				assert.LessOrEqual(t, o.times(), mostTold)
				d.Arrive(t.Context(), asks(device, "1.1.0"))
				assert.Equal(t, [][]Step{{StepBegun, StepVerified}}, heard.steps())
			})
		})
	}
}

// TestElsewhereOften: one that asks every few minutes for days is told now and then only, and
// its old version counts in the end.
func TestElsewhereOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, heard, o := promised(t, somewhere())
		o.Tell()
		begun := time.Now()
		for len(heard.steps()[0]) == 1 && time.Since(begun) < 72*time.Hour {
			time.Sleep(5 * time.Minute)
			d.Arrive(t.Context(), asks(device, "1.0.0"))
			o.Tell()
		}
		assert.Equal(t, []Step{StepBegun, StepFailed}, heard.steps()[0])
		assert.Greater(t, time.Since(begun), leastOld*usualElsewhere)
		assert.LessOrEqual(t, o.times(), mostTold+leastOld)
		d.Forget(standing(d).Address)
	})
}

// TestElsewhereArmed: what a person gave, and the device does not install, is told with when
// the device was told of it first.
func TestElsewhereArmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := hears(0)
		d.Arrive(t.Context(), asks(device, "1.0.0"))
		at := standing(d).Address
		s, err := d.Open(t.Context(), at, Dialect{})
		require.NoError(t, err)
		first := time.Now()
		time.AfterFunc(time.Minute, func() {
			for range leastOld {
				o := d.Only(at)
				o.Tell()
				time.Sleep(usualElsewhere)
				d.Arrive(t.Context(), asks(device, "1.0.0"))
			}
		})
		_, err = s.Deliver(t.Context(), &devices.Job{Package: newPackage(t, "p.bin", 1000, "1.1.0"), Method: devices.HTTP, Sources: somewhere()}, nowhere{})
		var told *devices.Error
		require.ErrorAs(t, err, &told)
		assert.Equal(t, []any{"1.0.0", "1.1.0", first.Add(time.Minute).Format(time.RFC3339), leastOld}, told.Args)
		d.Forget(at)
	})
}

// TestTakenAwayBeforeTold: who waits for the record of what a rule gave is not told of it when
// it was taken away meanwhile.
func TestTakenAwayBeforeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Config{Gift: func(Gift) {}}) // the journal takes its time
		offer := Offer{Package: newPackage(t, "p.bin", 1000, "1.1.0"), Sources: somewhere(), Method: devices.HTTP}
		d.SetRules(&Rules{Register: true, Rules: []Rule{{Offer: offer}}})
		o, why := d.Arrive(t.Context(), asks(device, "1.0.0"))
		require.NotNil(t, o, "%v", why)
		at := standing(d).Address
		told := make(chan bool)
		go func() { told <- o.Tell() }()
		synctest.Wait()
		mine, err := d.newOrder(t.Context(), &devices.Job{Package: offer.Package, Method: devices.HTTP, Sources: somewhere()}, "")
		require.NoError(t, err)
		require.NoError(t, d.arm(at, mine), "a person gives it something else")
		assert.False(t, <-told)
		assert.False(t, d.GaveUpOld(at, ""), "what it gives up is not what it was never told of")
		d.Forget(at)
	})
}
