package quecthing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim/micropython"
	"fotabench/devices/sim/quecplatform"
)

// TestChanged: a plan that is not the one that was chosen is not accepted.
func TestChanged(t *testing.T) {
	t.Parallel()
	d, b := quick(), newBench(t, []quecplatform.Plan{firmwarePlan()})
	pkg := offered(t, d, b)
	b.platform.Withdraw(b.plan)
	other := firmwarePlan()
	other.Component.Version = model + "R01A03M16_OCPU_QPY_V01"
	if _, err := b.platform.Add(other); err != nil {
		t.Fatal(err)
	}
	at, _, err := run(t, d, b.address, access(""), pkg)
	if at != "deliver" || !refusedAs(err, NoteChanged) {
		t.Errorf("stopped at %q: %v", at, err)
	}
	if s := b.platform.Status(productKey, b.imei); s.Stage != quecplatform.Received {
		t.Errorf("%+v: something was accepted", s)
	}
}

// TestWhy: the platform's result explains why a module runs its old version.
func TestWhy(t *testing.T) {
	t.Parallel()
	d, b := quick(), newBench(t, []quecplatform.Plan{firmwarePlan()}, "old-version")
	d.budgets.result = time.Minute // it holds the connecting, too, and the result does come
	pkg := offered(t, d, b)
	s, err := d.Open(t.Context(), b.address, access(""))
	if err != nil {
		t.Fatal(err)
	}
	job, report := &devices.Job{Package: pkg, Method: devices.Plan}, &journal{}
	restarts := b.State().Restarts
	if delivery, err := s.Deliver(t.Context(), job, report); err != nil || !delivery.Installing || !report.has(NoteVanished) {
		t.Fatalf("%+v, %v, %v", delivery, err, report.notes)
	}
	_ = s.Close()
	wait(t, func() bool { return b.State().Restarts > restarts && b.State().Present })
	if s, err = d.Open(t.Context(), b.address, access("")); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	proof, err := s.Installed(t.Context(), job)
	if err != nil || proof.Installed || proof.Version != oldFirmware || proof.Why != NoteResultFailed {
		t.Errorf("%+v, %v", proof, err)
	}
	// The result is told once; the version is still there.
	if proof, err = s.Installed(t.Context(), job); err != nil || proof.Version != oldFirmware {
		t.Errorf("%+v, %v", proof, err)
	}
}

// TestLogin: why a platform is not reached, with the device's code and without secrets.
func TestLogin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		orders []string
		change func(p *devices.Platform)
		note   devices.Code
		kind   devices.Kind
		code   int
	}{
		"wrong secret":     {nil, func(p *devices.Platform) { p.ProductSecret = "wrong-wrong" }, NoteCode5893, devices.Refused, -5893},
		"no such product":  {nil, func(p *devices.Platform) { p.ProductKey = "p000" }, NoteCode5892, devices.Refused, -5892},
		"no server":        {nil, func(p *devices.Platform) { p.Server = "http://example" }, NoteServer, devices.Refused, 0},
		"no network":       {[]string{"platform-error=17921"}, func(*devices.Platform) {}, NoteCode17921, devices.Timeout, -17921},
		"an unknown code":  {[]string{"platform-error=4711"}, func(*devices.Platform) {}, NoteCode, devices.Timeout, -4711},
		"no product known": {nil, func(p *devices.Platform) { p.ProductKey = "" }, NoteStart, devices.Refused, 0},
		"a quote in it":    {nil, func(p *devices.Platform) { p.ProductSecret = "wrong-'\"\n\\x" }, NoteCode5893, devices.Refused, -5893},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, b := quick(), newBench(t, []quecplatform.Plan{firmwarePlan()}, c.orders...)
			if c.kind == devices.Timeout {
				d.budgets.connect = 10 * time.Second // it is tried until then
			}
			a := access("")
			c.change(a.Platform)
			id, offers, err := d.Offers(t.Context(), b.address, a)
			var e *devices.Error
			if !errors.As(err, &e) || e.Note != c.note || !errors.Is(err, c.kind) || e.Code != c.code || len(offers) != 0 {
				t.Errorf("%v", err)
			}
			if text := fmt.Sprintf("%+v %+v", id, e); strings.Contains(text, "wrong-") || strings.Contains(text, productSecret) {
				t.Errorf("the secret is told: %s", text)
			}
		})
	}
}

// TestOtherDevices: what has no QuecThing is told apart, with the reason.
func TestOtherDevices(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model string
		note  devices.Code
	}{"QuecPython without Qth": {"EC600UCNLB", NoteNoQth}, "another MicroPython": {"HaaS EDU K1", NoteNotQuectel}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := micropython.Available(); err != nil {
				t.Skip(err)
			}
			m, err := micropython.New(context.Background(), micropython.Options{Model: c.model})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			address := vacant.Listen(t, m.ListenTCP)
			wait(t, func() bool { return m.State().Present })
			if _, _, err := quick().Offers(t.Context(), address, access("")); !refusedAs(err, c.note) || !errors.Is(err, devices.Unsupported) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestRefusals: what cannot be done is refused before the platform hears of it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	d, b := quick(), newBench(t, []quecplatform.Plan{partPlan()})
	pkg := *offered(t, d, b)
	s, err := d.Open(t.Context(), b.address, access("mcu_link:pass_on"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := b.platform.Status(productKey, b.imei).Stage
	for name, c := range map[string]struct {
		change func(job *devices.Job)
		note   devices.Code
	}{
		"another method": {func(j *devices.Job) { j.Method = devices.HTTP }, NoteByPlan},
		"an option":      {func(j *devices.Job) { j.Options.HoldRestart = true }, NoteNoOption},
		"no offer":       {func(j *devices.Job) { j.Package.Offer = nil }, NoteNoOffer},
		"scripts":        {func(j *devices.Job) { j.Package.Manifest.Component = "app" }, NoteApp},
	} {
		p := pkg
		job := &devices.Job{Package: &p, Method: devices.Plan}
		c.change(job)
		if _, err := s.Deliver(t.Context(), job, &journal{}); !refusedAs(err, c.note) {
			t.Errorf("%s: %v", name, err)
		}
	}
	job := &devices.Job{Package: &pkg, Method: devices.Plan}
	if _, err := s.Verify(t.Context(), job, &journal{}); !refusedAs(err, NoteUnproved) {
		t.Errorf("verify before deliver: %v", err)
	}
	if err := s.Install(t.Context(), job, &journal{}); !refusedAs(err, NoteUnproved) {
		t.Errorf("install before deliver: %v", err)
	}
	if after := b.platform.Status(productKey, b.imei).Stage; after != before {
		t.Errorf("the platform has heard: %s, before %s", after, before)
	}
}
