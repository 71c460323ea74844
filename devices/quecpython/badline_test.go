package quecpython

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/sim/micropython"
)

// onBadLine is the driver behind cables of which every one is bad in its own way, made
// from seed.
func onBadLine(t testing.TB, noise link.Noise, seed uint64) devices.Driver {
	t.Helper()
	models, err := assets.LoadModels()
	if err != nil {
		t.Fatal(err)
	}
	opened := uint64(0)
	d := New(Config{Models: models, Open: func(ctx context.Context, address devices.Address) (link.Link, error) {
		l, err := link.Open(ctx, address, link.Settings{})
		if err != nil {
			return nil, err
		}
		opened++
		return link.Faulty(l, link.Orders{Seed: seed<<16 + opened, ToDevice: noise, FromDevice: noise}), nil
	}}).(*driver)
	d.budgets = realDriver(t).(*driver).budgets
	return d
}

// TestModuleOnABadLine: over lines of which one byte in a thousand is hurt, whatever the
// driver says of the module's verdict is so, and nothing takes for ever.
func TestModuleOnABadLine(t *testing.T) {
	t.Parallel()
	for name, noise := range map[string]link.Noise{
		"lost": {Drop: 1}, "flipped": {Flip: 1}, "twice": {Duplicate: 1}, "inserted": {Insert: 1},
	} {
		for seed := range uint64(badLines) {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Minute, errors.New("it hangs"))
				defer cancel()
				m := newModule(t, micropython.Options{})
				badLine(link.WithSeed(ctx, seed), t, onBadLine(t, noise, seed), m)
			})
		}
	}
}

// badLines is how many lines of each kind are tried.
const badLines = 1

// badLine writes a package, and asks for the verdict.
func badLine(ctx context.Context, t *testing.T, d devices.Driver, m module) {
	t.Helper()
	s, err := d.Open(ctx, m.address, devices.Access{})
	for i := 0; i < 5 && err != nil; i++ {
		t.Log(err)
		s, err = d.Open(ctx, m.address, devices.Access{StopProgram: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	job := &devices.Job{Package: demo(t, 3000), Method: devices.Local}
	_, err = s.Deliver(ctx, job, &log{t: t})
	if err == nil {
		_, err = s.Verify(ctx, job, &log{t: t})
	}
	if ctx.Err() != nil {
		t.Fatalf("%v: %v", context.Cause(ctx), err)
	}
	open := false
	for _, kind := range []devices.Kind{devices.Protocol, devices.Timeout, devices.Lost} {
		open = open || errors.Is(err, kind)
	}
	if accepted := m.State().Accepted; accepted && err != nil && !open || err == nil && !accepted {
		t.Errorf("the module accepted: %v, told as %v", accepted, err)
	}
	t.Log(err)
}
