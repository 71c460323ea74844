package ui

import (
	"context"
	"sync"
	"testing"

	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/ui/widgets"
)

// orders remembers which simulated devices were asked for.
type orders struct {
	mu  sync.Mutex
	all []demo.Order
}

func (o *orders) run(ctx context.Context, order demo.Order, _ func(devices.Address)) error {
	o.mu.Lock()
	o.all = append(o.all, order)
	o.mu.Unlock()
	<-ctx.Done()
	return context.Cause(ctx)
}

func (o *orders) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.all)
}

// TestSimulatedDevices: several are added at once, what cannot be is told in the person's
// language, and the next ones are of the same kind.
func TestSimulatedDevices(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			b, o := newBench(t, newFakeEngine(), lang, cli.Window{}), &orders{}
			b.cfg.Simulate = o.run
			fields := func() (kind *widget.Select, model *widgets.SelectEntry, count, faults *widgets.Entry) {
				b.addSimulated()
				entries := find[*widgets.Entry](b)
				require.Len(t, entries, 2)
				return find[*widget.Select](b)[0], find[*widgets.SelectEntry](b)[0], entries[0], entries[1]
			}
			kind, model, count, faults := fields()
			require.Equal(t, "1", count.Text)
			kind.SetSelectedIndex(1)
			model.SetText("EC25")
			for _, bad := range []string{"0", "21", "many", ""} {
				count.SetText(bad)
				test.Tap(b.button(actAdd))
				assert.Contains(t, b.text(), b.book.Say(noteFleetCount, simulatedMost), bad)
			}
			count.SetText("3")
			faults.SetText("no-such-fault")
			test.Tap(b.button(actAdd))
			_, err := sim.ParseFault("no-such-fault", demo.Faults(demo.AT))
			assert.Contains(t, b.text(), b.reason(err))
			assert.NotContains(t, b.text(), "sim: fault")
			assert.Zero(t, o.count())

			faults.SetText("end=504")
			test.Tap(b.button(actAdd))
			b.until("three devices", func() bool { return o.count() == 3 })
			packages := 0
			for _, order := range o.all {
				assert.Equal(t, demo.AT, order.Kind)
				assert.Equal(t, "EC25", order.Model)
				assert.True(t, order.Window && order.Faults.Has("end"))
				if order.Package != "" {
					packages++
				}
			}
			assert.Equal(t, 1, packages, "the package is the same for all")
			kind, model, _, _ = fields()
			assert.Equal(t, 1, kind.SelectedIndex())
			assert.Equal(t, "EC25", model.Text)
		})
	}
}

// TestSimulatedDevicesDiffer: rows of one model can be told apart, and none is a device of
// the command line's.
func TestSimulatedDevicesDiffer(t *testing.T) {
	shelf := &demo.Shelf{}
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer running.Wait()
	defer stop()
	for range 2 {
		running.Go(func() {
			_ = shelf.Run(ctx, demo.Order{Kind: demo.AT, TCP: "127.0.0.1:0", Window: true}, func(devices.Address) {})
		})
	}
	var found []devices.Sighting
	_ = shelf.Watch(ctx, func(list []devices.Sighting) {
		if len(list) == 2 {
			found = list
			stop()
		}
	})
	require.Len(t, found, 2)
	assert.NotEqual(t, sightingName(found[0]), sightingName(found[1]))
	for _, s := range found {
		assert.Contains(t, sightingName(s), "86933902")
	}
}
