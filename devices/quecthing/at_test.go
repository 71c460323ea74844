package quecthing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim"
	"fotabench/devices/sim/atmodem"
	"fotabench/devices/sim/quecplatform"
	"fotabench/packages"
)

const atFamily = "EG25"

// atBench is a module with QuecThing's AT commands, and its platform.
type atBench struct {
	*atmodem.Module
	platform *quecplatform.Platform
	address  devices.Address
	plan     int
}

func (b *atBench) Address() devices.Address {
	if s := b.State(); !s.Present || s.Mode == atmodem.Off {
		return ""
	}
	return b.address
}

func (b *atBench) Running() string { return b.State().Version() }

func newATBench(t testing.TB, plan quecplatform.Plan, orders ...string) *atBench {
	t.Helper()
	kinds := append(atmodem.FaultKinds(), sim.Kind{Name: "install", Measure: sim.Duration})
	faults, err := sim.ParseFaults(orders, kinds)
	if err != nil {
		t.Fatal(err)
	}
	b := &atBench{}
	if b.platform, err = quecplatform.New(); err != nil {
		t.Fatal(err)
	}
	b.platform.AddProduct(productKey, productSecret)
	if b.plan, err = b.platform.Add(plan); err != nil {
		t.Fatal(err)
	}
	options := atmodem.Options{Family: atFamily, Install: faults.Duration("install", 0)}
	options.Faults = slices.DeleteFunc(faults, func(f sim.Fault) bool { return f.Name == "install" })
	if b.Module, err = atmodem.New(context.Background(), options.WithQuecThing(b.platform)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.Close()
		_ = b.platform.Close()
	})
	b.address = vacant.Listen(t, func(at string) (devices.Address, error) { return b.ListenTCP(devices.RoleAT, at) })
	wait(t, func() bool { return b.State().Present })
	return b
}

// atFirmware is new firmware for the module.
func atFirmware(t testing.TB) quecplatform.Plan {
	t.Helper()
	f, ok := atmodem.FamilyOf(atFamily)
	if !ok {
		t.Fatal("no such family")
	}
	return quecplatform.Plan{
		Product: productKey, Component: quecplatform.Component{Kind: quecplatform.Module, Name: "app", Version: f.Next},
		MinBattery: 30, MinSignal: -113, Space: 60000, Data: atmodem.DemoPackage("", f.Next, 60000, 1),
	}
}

// mcu is a part that is reached from this computer.
type mcu struct {
	mu      sync.Mutex
	version string
	got     []byte
	broken  bool
}

func (m *mcu) Install(_ context.Context, _ string, firmware []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return errors.New("no boot loader answers")
	}
	m.got = firmware
	m.version, _, _ = strings.Cut(string(firmware[:min(len(firmware), 16)]), " ")
	return nil
}

func (m *mcu) Version(context.Context, string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.version, nil
}

// quickAT is the driver with a part beside the module.
func quickAT(m MCU) *Driver {
	d := quick()
	d.config.MCU = m
	return d
}

// TestATPromises runs the conformance suite: the module's firmware by its platform's
// plan, over AT commands.
func TestATPromises(t *testing.T) {
	t.Parallel()
	d := quickAT(nil)
	first := newATBench(t, atFirmware(t))
	_, offers, err := d.Offers(t.Context(), first.address, access(""))
	if err != nil || len(offers) != 1 {
		t.Fatalf("%d offers, %v", len(offers), err)
	}
	pkg := offers[0].Package
	if m := pkg.Manifest; m.Component != packages.FOTA || m.TargetVersion != atFirmware(t).Component.Version || m.MinBattery != 30 || pkg.Offer.SignalDBm != -113 {
		t.Errorf("%+v", pkg)
	}
	newAT := func(t testing.TB, orders ...string) devicetest.Device { return newATBench(t, atFirmware(t), orders...) }
	suite := devicetest.Suite{
		Driver:  reaching{d, access("").Platform},
		New:     newAT,
		Package: func(testing.TB) *packages.Package { return pkg },
		Method:  devices.Plan,
		Return:  8 * time.Second,
		Faults: []devicetest.Fault{
			{Name: "N5 download fails", Order: "download-end=702", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "D5 lines in the middle of answers", Order: "storm", Fails: devicetest.StepNever},
			{Name: "D5 split reads", Order: "split=3", Fails: devicetest.StepNever},
			{Name: "D5 noise", Order: "noise=100ms", Fails: devicetest.StepNever},
			{Name: "D9 no START", Order: "no-start", Fails: devicetest.StepNever},
			{Name: "D11 power cut while it fetches", Order: "die-at=9000", Fails: devicetest.StepInstalled},
			{Name: "D12 boots the old version", Order: "old-version", Fails: devicetest.StepInstalled},
			{Name: "D12 END 505", Order: "end=505", Fails: devicetest.StepInstalled},
			{Name: "D2 never returns", Order: "never-returns", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
			{Name: "D3 another module returns", Order: "other-imei", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
		},
		Engine: onCables("AT", newAT),
	}
	suite.Run(t)
}

// TestATPart: an MCU's firmware is read block by block, proved, passed on and reported.
func TestATPart(t *testing.T) {
	t.Parallel()
	beside := &mcu{version: oldPart}
	d, b := quickAT(beside), newATBench(t, partPlan())
	d.budgets.result = time.Minute // it does come
	id, offers, err := d.Offers(t.Context(), b.address, access(""))
	if err != nil || len(offers) != 1 || offers[0].Package.Manifest.Component != packages.SOTA || id.Extra[devices.ExtraComponent+part] != oldPart {
		t.Fatalf("%+v, %+v, %v", id, offers, err)
	}
	s, err := d.Open(t.Context(), b.address, access(""))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	job, report := &devices.Job{Package: offers[0].Package, Method: devices.Plan}, &journal{}
	if _, err := s.Deliver(t.Context(), job, report); err != nil {
		t.Fatal(err)
	}
	if verdict, err := s.Verify(t.Context(), job, report); err != nil || !strings.Contains(verdict.Answer, "SHA-256") {
		t.Fatalf("%+v, %v", verdict, err)
	}
	if err := s.Install(t.Context(), job, report); err != nil {
		t.Fatal(err)
	}
	if string(beside.got) != string(partPlan().Data) || report.has(NoteNoResult) || report.has(NoteResultBad) {
		t.Errorf("%d bytes arrived, %v", len(beside.got), report.notes)
	}
	if proof, err := s.Installed(t.Context(), job); err != nil || !proof.Installed || proof.Version != newPart {
		t.Errorf("%+v, %v", proof, err)
	}
	if st := b.platform.Status(productKey, b.State().IMEI); st.Stage != quecplatform.Succeeded {
		t.Errorf("%+v", st)
	}
}

// TestATInstalling: a module that comes back in the middle of its update is followed,
// and says how far it is.
func TestATInstalling(t *testing.T) {
	t.Parallel()
	d := quickAT(nil)
	b := newATBench(t, atFirmware(t), "install=10s")
	_, offers, err := d.Offers(t.Context(), b.address, access(""))
	if err != nil || len(offers) != 1 {
		t.Fatalf("%v, %v", offers, err)
	}
	s, err := d.Open(t.Context(), b.address, access(""))
	if err != nil {
		t.Fatal(err)
	}
	delivery, err := s.Deliver(t.Context(), &devices.Job{Package: offers[0].Package, Method: devices.Plan}, &journal{})
	if err != nil || !delivery.Installing {
		t.Fatalf("%+v, %v", delivery, err)
	}
	_ = s.Close()
	wait(t, func() bool { return b.State().Mode == atmodem.Updating && b.State().Present })
	var percents []int
	a := access("")
	a.Installing = func(percent int) { percents = append(percents, percent) }
	if s, err := d.Open(t.Context(), b.address, a); err == nil {
		_ = s.Close()
		t.Error("opened a module that installs")
	} else if !errors.Is(err, devices.Lost) && !errors.Is(err, devices.Absent) {
		t.Errorf("%v", err)
	}
	if len(percents) < 2 || percents[0] >= percents[len(percents)-1] {
		t.Errorf("%v", percents)
	}
	wait(t, func() bool { return b.State().Mode == atmodem.Normal && b.State().Present })
	if b.Running() != offers[0].Package.Manifest.TargetVersion {
		t.Errorf("it runs %s", b.Running())
	}
}

// TestPercent reads the lines of an update as modules write them.
func TestPercent(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		`+QIND: "FOTA","UPDATING",7%`: 7, `+QIND: "FOTA","UPDATING",7`: 7, `+QIND: "FOTA","UPDATING", 96 %`: 96, `+QIND: "FOTA","START"`: -1,
		`+QIND: "FOTA","END",0`: -1, `+QIND: "FOTA","UPDATING",`: -1, `+QIND: "FOTA","UPDATING",196`: -1,
	} {
		if got, ok := percentOf(line); !ok || got != want {
			t.Errorf("%s: %d, %v", line, got, ok)
		}
	}
	if _, ok := percentOf("+QIND: SMS DONE"); ok {
		t.Error("took another line")
	}
}

// TestEnd: how an update ended badly is kept in the module's own words.
func TestEnd(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		`+QIND: "FOTA","END",504`: 504, `+QIND: "FOTA", "END", 552`: 552, `+QIND: "FOTA","END",0`: 0, `+QIND: "FOTA","END",`: 0,
		`+QIND: "FOTA","UPDATING",7`: 0, "RDY": 0,
	} {
		if got, ok := endOf(line); ok != (want != 0) || got.Code != want || ok && got.Words != line {
			t.Errorf("%s: %+v, %v", line, got, ok)
		}
	}
}

// TestATFails: what cannot be passed on, or is damaged on the way, is not installed.
func TestATFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		part   *mcu
		orders []string
		at     string
		note   devices.Code
	}{
		"nothing passes it on": {nil, nil, "deliver", NoteNoMCU},
		"the part fails":       {&mcu{version: oldPart, broken: true}, nil, "install", NoteMCU},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newATBench(t, partPlan(), c.orders...)
			_, offers, err := quickAT(&mcu{version: oldPart}).Offers(t.Context(), b.address, access(""))
			if err != nil || len(offers) != 1 {
				t.Fatalf("%v, %v", offers, err)
			}
			d := quickAT(nil)
			if c.part != nil {
				d = quickAT(c.part)
			}
			at, proof, err := run(t, d, b.address, access(""), offers[0].Package)
			if at != c.at || !refusedAs(err, c.note) || proof.Installed {
				t.Errorf("stopped at %q: %v", at, err)
			}
		})
	}
	b := newATBench(t, partPlan())
	a := access("")
	a.Platform.ProductSecret = "wrong-wrong-wrong"
	_, _, err := quickAT(&mcu{version: oldPart}).Offers(t.Context(), b.address, a)
	if !refusedAs(err, NoteCode5893) || strings.Contains(err.Error(), "wrong-wrong") {
		t.Errorf("%v", err)
	}
}
