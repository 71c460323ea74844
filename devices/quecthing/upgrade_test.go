package quecthing

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/sim/quecplatform"
	"fotabench/packages"
)

// journal records what a driver reports.
type journal struct {
	mu          sync.Mutex
	done, total int64
	notes       []devices.Code
	see         func(done, total int64)
}

func (j *journal) Progress(done, total int64) {
	j.mu.Lock()
	j.done, j.total = done, total
	j.mu.Unlock()
	if j.see != nil {
		j.see(done, total)
	}
}

func (j *journal) Note(code devices.Code, _ ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.notes = append(j.notes, code)
}

func (j *journal) has(code devices.Code) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Contains(j.notes, code)
}

// TestOffer: what the platform has is shown whole, and refusing it takes it away.
func TestOffer(t *testing.T) {
	t.Parallel()
	d, b := quick(), newBench(t, []quecplatform.Plan{firmwarePlan(), partPlan()})
	d.budgets.more = 5 * time.Second // the second plan does come
	id, offers, err := d.Offers(t.Context(), b.address, access("mcu_link:pass_on"))
	if err != nil || len(offers) != 2 {
		t.Fatalf("%+v, %v", offers, err)
	}
	if id.IMEI != b.imei || id.Firmware != oldFirmware || id.Extra[devices.ExtraComponent+part] != oldPart {
		t.Errorf("%+v", id)
	}
	first, second := offers[0].Package, offers[1].Package
	if m := first.Manifest; m.Component != packages.FOTA || m.Kind != packages.Delta || m.SourceVersion != oldFirmware || m.TargetVersion != newFirmware || m.MinBattery != 30 || m.MinSignal != 0 {
		t.Errorf("%+v", m)
	}
	if m := second.Manifest; m.Component != packages.SOTA || m.Kind != packages.Full || m.TargetVersion != newPart || m.MinSignal != 8 {
		t.Errorf("%+v", m)
	}
	if o := second.Offer; o.Component != part || o.Space != 90000 || o.SignalDBm != -97 || !strings.Contains(offers[1].Raw, `"MCU1", "", "1.1.0", 30, 90000, -97`) {
		t.Errorf("%+v, %s", o, offers[1].Raw)
	}
	// Of several plans none can be accepted or refused alone; which to pause is named.
	err = d.Refuse(t.Context(), b.address, access("mcu_link:pass_on"), offers[0])
	var e *devices.Error
	if !refusedAs(err, NoteSeveral) || !errors.As(err, &e) || e.Args[1] != part+" * → "+newPart {
		t.Errorf("%v, %+v", err, e)
	}
	b.platform.Withdraw(b.plan)
	if err := d.Refuse(t.Context(), b.address, access("mcu_link:pass_on"), offers[0]); err != nil {
		t.Errorf("%v", err)
	}
	if s := b.platform.Status(productKey, b.imei); s.Stage != quecplatform.Refused || s.Online {
		t.Errorf("%+v", s)
	}
	if _, offers, err := d.Offers(t.Context(), b.address, access("")); err != nil || len(offers) != 0 {
		t.Errorf("after it was refused: %+v, %v", offers, err)
	}
}

func refusedAs(err error, note devices.Code) bool {
	var e *devices.Error
	return errors.As(err, &e) && e.Note == note
}

// TestPart: firmware for what is beside the module is fetched, proved, passed on and
// reported.
func TestPart(t *testing.T) {
	t.Parallel()
	d, b := quick(), newBench(t, []quecplatform.Plan{partPlan()})
	d.budgets.result = time.Minute // it does come
	pkg := offered(t, d, b)
	s, err := d.Open(t.Context(), b.address, access("mcu_link:pass_on"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	job, report := &devices.Job{Package: pkg, Method: devices.Plan}, &journal{}
	if _, err := s.Deliver(t.Context(), job, report); err != nil {
		t.Fatal(err)
	}
	want := partPlan().Data
	if report.done != int64(len(want)) {
		t.Errorf("progress ended at %d of %d", report.done, report.total)
	}
	verdict, err := s.Verify(t.Context(), job, report)
	if err != nil || verdict.Algorithm != packages.MD5 || !strings.Contains(verdict.Answer, "CRC-32") {
		t.Fatalf("%+v, %v", verdict, err)
	}
	if err := s.Install(t.Context(), job, report); err != nil {
		t.Fatal(err)
	}
	if report.has(NoteNoResult) || report.has(NoteResultBad) {
		t.Errorf("%v", report.notes)
	}
	proof, err := s.Installed(t.Context(), job)
	if err != nil || !proof.Installed || proof.Version != newPart {
		t.Errorf("%+v, %v", proof, err)
	}
	if s := b.platform.Status(productKey, b.imei); s.Stage != quecplatform.Succeeded || s.MCUs[part] != newPart {
		t.Errorf("%+v", s)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestPartFails: what is not the platform's, or cannot be passed on, is not installed.
func TestPartFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		function string
		orders   []string
		spoil    func(b *bench)
		at       string
		note     devices.Code
	}{
		"no function":        {"", nil, nil, "deliver", NoteNoHandover},
		"no such function":   {"mcu_link:nobody", nil, nil, "deliver", NoteNoVersion},
		"swapped bytes":      {"mcu_link:pass_on", nil, func(b *bench) { b.platform.Swap(b.plan, []byte("other bytes")) }, "deliver", NoteDiffers},
		"not there":          {"mcu_link:pass_on", nil, func(b *bench) { b.platform.FailDownloads(1) }, "deliver", NoteStatus},
		"withdrawn":          {"mcu_link:pass_on", nil, func(b *bench) { b.platform.Withdraw(b.plan) }, "deliver", NoteWithdrawn},
		"the function fails": {"mcu_link:broken", nil, nil, "install", NoteHandover},
		"keeps the old":      {"mcu_link:stubborn", nil, nil, "confirm", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, b := quick(), newBench(t, []quecplatform.Plan{partPlan()}, c.orders...)
			pkg := offered(t, d, b)
			if c.spoil != nil {
				c.spoil(b)
			}
			at, proof, err := run(t, d, b.address, access(c.function), pkg)
			if at != c.at || c.note != "" && !refusedAs(err, c.note) || proof.Installed {
				t.Errorf("stopped at %q: %v, %+v", at, err, proof)
			}
			if err != nil && strings.Contains(err.Error(), productSecret) {
				t.Errorf("the secret is told: %v", err)
			}
		})
	}
}

// run is a whole job in one session; it gives the step at which it stopped.
func run(t *testing.T, d *Driver, address devices.Address, access devices.Access, pkg *packages.Package) (string, devices.Proof, error) {
	t.Helper()
	s, err := d.Open(t.Context(), address, access)
	if err != nil {
		return "open", devices.Proof{}, err
	}
	defer s.Close()
	job, report := &devices.Job{Package: pkg, Method: devices.Plan}, &journal{}
	if _, err := s.Deliver(t.Context(), job, report); err != nil {
		return "deliver", devices.Proof{}, err
	}
	if _, err := s.Verify(t.Context(), job, report); err != nil {
		return "verify", devices.Proof{}, err
	}
	if err := s.Install(t.Context(), job, report); err != nil {
		return "install", devices.Proof{}, err
	}
	proof, err := s.Installed(t.Context(), job)
	return "confirm", proof, err
}
