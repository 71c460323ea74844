package aliyun

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/devices/devicetest"
	"fotabench/devices/sim"
	"fotabench/devices/sim/alinkdevice"
	"fotabench/packages"
	"fotabench/updater/origin"
)

const (
	productKey = "a1Fotabench"
	secret     = "the device's secret"
	oldVersion = "1.0.0"
	newVersion = "1.0.1"
	// pace makes 10 s of the protocol 50 ms.
	pace = 0.005
)

// site is a desk with a broker.
type site struct {
	desk     *checkin.Desk
	platform *Platform
	broker   *Broker
	driver   *Driver
}

func secrets(key, _ string) (string, bool) { return secret, key == productKey }

func newSite(t testing.TB) *site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// What was served may still be on its way to the device for all that time.
	s := &site{desk: checkin.New(checkin.Config{Reboot: 2 * time.Second, Leave: 3 * time.Second})}
	s.platform = NewPlatform(s.desk, nil)
	s.driver = New(s.desk, s.platform)
	s.broker, err = ServeBroker(l, s.platform, secrets)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.broker.Close() })
	return s
}

// visitor is a simulated device that has reported at the desk.
type visitor struct {
	*alinkdevice.Device
	desk   *checkin.Desk
	at     devices.Address
	module string
	stop   context.CancelFunc
	done   chan struct{}
}

// power switches it on.
func (v *visitor) power() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	v.stop, v.done = stop, done
	go func() {
		defer close(done)
		_ = v.Run(ctx) // its context's end
	}()
}

// off switches it off.
func (v *visitor) off() {
	v.stop()
	<-v.done
}

func (v *visitor) Address() devices.Address { return v.at }
func (v *visitor) Running() string          { return v.State().Versions[v.module] }

func (v *visitor) Close() error {
	v.off()
	v.desk.Forget(v.at)
	return nil
}

var names atomic.Int64

// visit switches a device on and waits until it has reported its module.
func (s *site) visit(t testing.TB, server string, o alinkdevice.Options, orders ...string) *visitor {
	t.Helper()
	faults, err := sim.ParseFaults(orders, alinkdevice.FaultKinds())
	if err != nil {
		t.Fatal(err)
	}
	o.Server, o.ProductKey, o.DeviceSecret = server, productKey, secret
	o.DeviceName = fmt.Sprintf("device%d", names.Add(1))
	o.Faults, o.Pace = faults, pace
	v := &visitor{
		Device: alinkdevice.New(o), desk: s.desk, at: address(productKey, o.DeviceName), module: "default",
	}
	if o.Flavour == alinkdevice.Quectel {
		v.module = "FIRMWARE_NAME"
	}
	v.power()
	wait(t, func() bool {
		g, ok := s.desk.Guest(v.at)
		return ok && (v.module == "default" || g.Identity.Extra[v.module] != "")
	})
	return v
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

// newPackage is a package of one file.
func newPackage(t testing.TB, module string, body []byte) *packages.Package {
	t.Helper()
	path := filepath.Join(t.TempDir(), "update.bin")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Manifest.TargetVersion, p.Manifest.Module = newVersion, module
	return p
}

// host gives a job its sources: the host that the engine has for it.
func host(t testing.TB, job *devices.Job) {
	t.Helper()
	h, err := origin.Serve(t.Context(), "127.0.0.1:0", job.Package.Files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	for i, u := range h.URLs() {
		job.Sources = append(job.Sources, devices.Source{
			URL: u, Served: func() int64 { return h.Served(i) }, Received: func() bool { return h.Received(i) },
			Cut: func() { _ = h.Close() },
		})
	}
}

// switched is how the engine's rows have devices, whose power can be cut. One flavour
// stands for the others, over either method.
func switched(flavour string) devicetest.Engine {
	return devicetest.Engine{
		Off: flavour != alinkdevice.LinkSDK, Variant: flavour, Loss: "the power is cut",
		Unplug: func(_ testing.TB, d devicetest.Device) func(bool) {
			v := d.(*visitor)
			v.off()
			return func(bool) { v.power() }
		},
	}
}

// chancy are faults of a device that fetches from the engine's own host: all of a
// small file has gone out before the device restarts half-way. One that is back before it
// can have installed is told again, and finds no host: it takes longer than that.
func chancy(faults []devicetest.Fault) []devicetest.Fault {
	list := slices.Clone(faults)
	for i := range list {
		list[i].Chance = strings.HasPrefix(list[i].Order, "restart-at")
		if list[i].Order == "keeps-old" {
			list[i].Order += ",inform-late=2500ms"
		}
	}
	return list
}

// TestPromises runs the conformance suite on simulated devices of each flavour, over
// HTTP and over MQTT.
func TestPromises(t *testing.T) {
	t.Parallel()
	all := []devicetest.Fault{
		{Name: "P2 a byte is wrong when it is stored", Order: "wrong-hash", Fails: devicetest.StepInstalled},
		{Name: "D12 boots the old version", Order: "keeps-old", Fails: devicetest.StepInstalled},
		{Name: "D2 never returns", Order: "never-returns", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
		{Name: "D2 reports late", Order: "inform-late=300ms", Fails: devicetest.StepNever},
		{Name: "D11 restarts half-way", Order: "restart-at=50000", Fails: devicetest.StepNever},
		{Name: "D1 is gone when it is told", Order: "offline-at-push=200ms", Fails: devicetest.StepNever},
		{Name: "D9 too much progress", Order: "progress-storm=200", Fails: devicetest.StepNever},
		{Name: "D2 never reports", Order: "no-inform", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
		{Name: "N2 stalls", Order: "stall=300ms", Fails: devicetest.StepNever},
		{Name: "N2 is slow", Order: "slow=60000", Fails: devicetest.StepNever},
	}
	for _, c := range []struct {
		flavour, module string
		method          devices.Method
		image           []byte
		faults          []devicetest.Fault
	}{
		{alinkdevice.LinkSDK, "", devices.MQTT, alinkdevice.Image(newVersion, 100_000, 1), append(all[:len(all):len(all)], devicetest.Fault{
			Name: "D4 a piece is damaged", Order: "wrong-crc-once", Fails: devicetest.StepNever,
		})},
		{alinkdevice.LinkSDK, "", devices.HTTP, alinkdevice.Image(newVersion, 100_000, 2), append(chancy(all[1:]), devicetest.Fault{
			Name: "N6 the connection is cut", Order: "cuts=2", Fails: devicetest.StepNever,
		})},
		{alinkdevice.AliOS, "", devices.HTTP, alinkdevice.SystemImage(newVersion, 100_000, 3), nil},
		{alinkdevice.Quectel, "FIRMWARE_NAME", devices.HTTP, alinkdevice.Image(newVersion, 100_000, 4), nil},
		{alinkdevice.Lenient, "", devices.MQTT, alinkdevice.Image(newVersion, 100_000, 5), nil},
	} {
		t.Run(c.flavour+"-"+string(c.method), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			pkg := newPackage(t, c.module, c.image)
			suite := devicetest.Suite{
				Driver: s.driver,
				New: func(t testing.TB, orders ...string) devicetest.Device {
					return s.visit(t, "tcp://"+s.broker.Addr().String(), alinkdevice.Options{Flavour: c.flavour}, orders...)
				},
				Package: func(testing.TB) *packages.Package { return pkg },
				Method:  c.method,
				Faults:  c.faults,
				Return:  4 * time.Second,
				Engine:  switched(c.flavour),
			}
			if c.method == devices.HTTP {
				suite.Prepare = host
			}
			suite.Run(t)
		})
	}
}
