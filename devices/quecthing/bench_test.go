package quecthing

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim"
	"fotabench/devices/sim/micropython"
	"fotabench/devices/sim/quecplatform"
	"fotabench/packages"
)

// TestMain lets more tests run at once than there are processors: they wait for
// devices nearly all of their time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const (
	productKey    = "p111xt"
	productSecret = "hunter2hunter2"
	model         = "EC600UCNLB"
	oldFirmware   = model + "R01A01M16_OCPU_QPY_V01"
	newFirmware   = model + "R01A02M16_OCPU_QPY_V01"
	part          = "MCU1"
	oldPart       = "1.0.0"
	newPart       = "1.1.0"
)

// customer is a customer's function as the guide describes it: the first word of the
// image is the version that the MCU then runs.
const customer = `
def pass_on(path):
    try:
        import uos
        if path is not None:
            with open(path, 'rb') as f:
                version = f.read(16).split(b' ')[0].decode()
            with open('/usr/mcu.txt', 'w') as f:
                f.write(version)
            return None
        with open('/usr/mcu.txt') as f:
            return f.read()
    except OSError:
        return None


def broken(path):
    if path is None:
        return '1.0.0'
    raise ValueError('the MCU does not answer')


def stubborn(path):
    return '1.0.0'
`

// bench is a module with QuecThing and its platform.
type bench struct {
	*micropython.Module
	platform *quecplatform.Platform
	address  devices.Address
	imei     string
	plan     int
}

func (b *bench) Address() devices.Address {
	if !b.State().Present {
		return ""
	}
	return b.address
}

func (b *bench) Running() string { return b.State().Firmware }

// partBench is the part beside a module: it runs what the part runs.
type partBench struct{ *bench }

func (b partBench) Running() string {
	version, _ := b.File("/usr/mcu.txt")
	return string(version)
}

// partDriver shows the part's version as the firmware, so that the suite, which knows
// of one version only, can hold the driver to it.
type partDriver struct{ reaching }

func (d partDriver) Open(ctx context.Context, address devices.Address, access devices.Access) (devices.Session, error) {
	s, err := d.reaching.Open(ctx, address, access)
	if err != nil {
		return nil, err
	}
	return partSession{s}, nil
}

type partSession struct{ devices.Session }

func (s partSession) Identify(ctx context.Context) (devices.Identity, error) {
	id, err := s.Session.Identify(ctx)
	id.Firmware = id.Extra[devices.ExtraComponent+part]
	return id, err
}

// newBench starts a module, with orders for faults, whose platform has plans.
func newBench(t testing.TB, plans []quecplatform.Plan, orders ...string) *bench {
	t.Helper()
	if err := micropython.Available(); err != nil {
		t.Skip(err)
	}
	faults, err := sim.ParseFaults(orders, micropython.QuecThingFaultKinds())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{imei: "869339000000018"}
	if b.platform, err = quecplatform.New(); err != nil {
		t.Fatal(err)
	}
	b.platform.AddProduct(productKey, productSecret)
	for _, one := range plans {
		if b.plan, err = b.platform.Add(one); err != nil {
			t.Fatal(err)
		}
	}
	b.Module, err = micropython.New(context.Background(), micropython.Options{
		Model: model, Platform: b.platform, Faults: faults,
		Files: map[string][]byte{"/usr/mcu_link.py": []byte(customer), "/usr/mcu.txt": []byte(oldPart)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.Close()
		_ = b.platform.Close()
	})
	b.address = vacant.Listen(t, b.ListenTCP)
	program := faults.Has("program")
	wait(t, func() bool { return b.State().Present && (!program || b.State().ProgramRuns) })
	return b
}

// wait waits until something is so.
func wait(t testing.TB, so func() bool) {
	t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatal("it did not happen")
		}
	}
}

// firmwarePlan is new firmware for the module.
func firmwarePlan() quecplatform.Plan {
	return quecplatform.Plan{
		Product: productKey, Component: quecplatform.Component{Kind: quecplatform.Module, Name: "EC600U", Version: newFirmware},
		Source: oldFirmware, MinBattery: 30, MinSignal: -113, Space: 60000,
		Data: micropython.DemoPackage(oldFirmware, newFirmware, 60000, 1),
	}
}

// partPlan is new firmware for what is beside the module.
func partPlan() quecplatform.Plan {
	return quecplatform.Plan{
		Product: productKey, Component: quecplatform.Component{Kind: quecplatform.MCU, Name: part, Version: newPart},
		MinBattery: 30, MinSignal: -97, Space: 90000, Data: []byte(newPart + " " + strings.Repeat("firmware of the part, ", 4000)),
	}
}

// access is how the device reaches the platform.
func access(function string) devices.Access {
	return devices.Access{StopProgram: true, Platform: &devices.Platform{
		ProductKey: productKey, ProductSecret: productSecret, Server: "mqtts://platform.example:8883",
		MCU: []devices.MCU{{Component: part, Handover: function}},
	}}
}

// quick is the driver with shorter waits for what may not come, and longer ones for what
// a slow computer only brings late: a script takes it seconds.
func quick() *Driver {
	d := New(Config{})
	d.budgets.poll = 50 * time.Millisecond
	d.budgets.connect, d.budgets.plan, d.budgets.more = time.Minute, 10*time.Second, 100*time.Millisecond
	d.budgets.info, d.budgets.result = time.Minute, 3*time.Second
	d.budgets.grace, d.budgets.cleanUp = 20*time.Second, 40*time.Second
	return d
}

// reaching is the driver with the platform that its user has set.
type reaching struct {
	*Driver
	platform *devices.Platform
}

func (r reaching) Open(ctx context.Context, address devices.Address, access devices.Access) (devices.Session, error) {
	access.Platform = r.platform
	return r.Driver.Open(ctx, address, access)
}

// offered is the only package that the platform has for the device.
func offered(t testing.TB, d *Driver, b *bench) *packages.Package {
	t.Helper()
	_, offers, err := d.Offers(t.Context(), b.address, access("mcu_link:pass_on"))
	if err != nil || len(offers) != 1 {
		t.Fatalf("%d offers, %v", len(offers), err)
	}
	return offers[0].Package
}
