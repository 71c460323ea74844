package quecthing

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// TestATStarting: RDY of a module that has just started says nothing about later.
func TestATStarting(t *testing.T) {
	t.Parallel()
	said := false
	p := &peer{answer: func(p *peer, command string) string {
		switch {
		case command == "AT" && !said:
			said = true
			p.say("RDY")
		case command == "AT+QIOTREG=1": // it has a network to find first
			time.AfterFunc(5*time.Second, func() { p.say("+QIOTEVT: 2,10200", "+QIOTEVT: 3,10200") })
		case command == "AT+QIOTOTAREQ=1":
			p.say(fotaPlan)
		}
		return ""
	}}
	against(t, p, func(t *testing.T, d *Driver) {
		if _, offers, err := d.Offers(t.Context(), "here", devices.Access{}); err != nil || len(offers) != 1 {
			t.Errorf("%+v, %v", offers, err)
		}
	})
}

// TestATCancelAccepting: a cancel while the module is told to accept finds out whether it
// has, and then restarts it.
func TestATCancelAccepting(t *testing.T) {
	t.Parallel()
	cause := errors.New("the person pressed cancel")
	ctx, cancel := context.WithCancelCause(context.Background())
	p := &peer{answer: platform(fotaPlan, func(_ *peer, command string) string {
		if command == "AT+QIOTUPDATE=1" {
			cancel(cause)
			time.Sleep(100 * time.Millisecond)
		}
		return ""
	})}
	against(t, p, func(t *testing.T, d *Driver) {
		s, err := d.Open(t.Context(), "here", devices.Access{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		one, report := plan{kind: packages.FOTA, component: "app", target: "V2"}, &journal{}
		_, err = s.Deliver(ctx, &devices.Job{Package: one.offer().Package, Method: devices.Plan}, report)
		if !errors.Is(err, cause) || !report.has(NoteCancelRestart) {
			t.Errorf("%v, %v", err, report.notes)
		}
	})
	if !slices.Contains(p.heard(), "AT+CFUN=1,1") {
		t.Error("the module goes on fetching what it accepted")
	}
}
