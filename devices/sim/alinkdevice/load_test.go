package alinkdevice

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices/devicetest/vacant"
)

// crowd starts devices of the flavour Load at a broker and waits until all have
// told their version. They are off when the test ends.
func crowd(t testing.TB, b *bench, n int, onPush func(time.Time, []byte)) []*Device {
	t.Helper()
	ctx, off := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(func() { off(); all.Wait() })
	devices := make([]*Device, n)
	for i := range devices {
		devices[i] = New(Options{
			Server: "tcp://" + b.address, ProductKey: product, DeviceName: fmt.Sprintf("d%d", i),
			DeviceSecret: secret, Flavour: Load, OnPush: onPush, Pace: 0.1,
		})
		all.Go(func() { _ = devices[i].Run(ctx) }) // it ends with ctx
	}
	for range devices {
		b.next("inform")
	}
	return devices
}

// pushTo sends the same push to each of n devices, one after another.
func (b *bench) pushTo(n int) {
	b.Helper()
	for i := range n {
		b.publish(fmt.Sprintf("/ota/device/upgrade/pk/d%d", i), []byte(`{"code":"1000","id":1,"message":"success","data":{"version":"2","module":"MCU"}}`))
	}
}

// TestLoad: devices of load tests hand over each push and send their steps, and
// never download.
func TestLoad(t *testing.T) {
	b := join(t, startBroker(t, nil))
	const n = 50
	var received atomic.Int32
	devices := crowd(t, b, n, func(at time.Time, payload []byte) {
		if time.Since(at) < patience && len(payload) > 50 {
			received.Add(1)
		}
	})
	b.pushTo(n)
	perDevice := map[string][]string{}
	for range 10 * n {
		m := b.next("progress")
		require.Equal(t, "MCU", m.params("module"))
		perDevice[m.topic] = append(perDevice[m.topic], m.params("step"))
	}
	require.Len(t, perDevice, n)
	for _, steps := range perDevice {
		require.Equal(t, []string{"10", "20", "30", "40", "50", "60", "70", "80", "90", "100"}, steps)
	}
	require.EqualValues(t, n, received.Load())
	for _, d := range devices {
		b.eventually(d, "idle after its steps", func(s State) bool { return s.Phase == Idle && s.LastStep == 100 })
		require.Equal(t, map[string]string{"default": "1.0.0"}, d.State().Versions)
		require.Zero(t, d.State().Restarts)
	}
}

// TestLeavesNothing: devices that are off have left no goroutine behind, whether
// they were connected, refused or restarting.
func TestLeavesNothing(t *testing.T) {
	b := newBench(t, passwordOf(t, Lenient))
	img := Image("2", 5000, 1)
	s := newStore(t, map[string][]byte{"fw": img})
	before := runtime.NumGoroutine()
	t.Run("devices", func(t *testing.T) {
		inner := &bench{TB: t, address: b.address, client: b.client, queues: b.queues}
		inner.start(Options{})
		b.next("inform")
		for range 10 {
			inner.start(Options{ID: "other"}, "bad-password")
		}
		b.push(single(s.URL+"/fw", "2", img))
		b.steps("100")
	})
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before+2; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// BenchmarkIdleDevices measures what a connected device costs this process that
// does nothing, and how long a push takes to reach it.
func BenchmarkIdleDevices(b *testing.B) {
	bench := join(b, startBroker(b, nil))
	const n = 2000
	for b.Loop() {
		var arrived sync.WaitGroup
		arrived.Add(n)
		before := memory()
		goroutines := runtime.NumGoroutine()
		since := time.Now()
		crowd(b, bench, n, func(time.Time, []byte) { arrived.Done() })
		b.ReportMetric(time.Since(since).Seconds(), "connect-s")
		b.ReportMetric(float64(memory()-before)/n/1024, "KiB/device")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/n, "goroutines/device")
		since = time.Now()
		bench.pushTo(n)
		arrived.Wait()
		b.ReportMetric(time.Since(since).Seconds(), "push-s")
		since = time.Now()
		for range 10 * n {
			bench.next("progress")
		}
		b.ReportMetric(time.Since(since).Seconds(), "steps-s")
	}
}

// memory is what this process holds, after a collection.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// TestTLS: the broker and the file server show certificates of an authority
// that the device was given, and of none that it was not.
func TestTLS(t *testing.T) {
	img := Image("2", 5000, 6)
	s := &store{}
	server := httptest.NewUnstartedServer(s.handler(map[string][]byte{"fw": img}))
	server.StartTLS()
	t.Cleanup(server.Close)
	dir := t.TempDir()
	ca := writePair(t, dir, server.TLS.Certificates[0])
	secure := vacant.TCP(t)
	_, port, err := net.SplitHostPort(secure)
	require.NoError(t, err)
	d := New(Options{ProductKey: product, DeviceName: name, DeviceSecret: secret, Server: "ssl://127.0.0.1:1"})
	require.Contains(t, d.login.clientID, "securemode=2")
	b := newBench(t, d.login.password, "listener "+port+" 127.0.0.1",
		"certfile "+filepath.Join(dir, "cert.pem"), "keyfile "+filepath.Join(dir, "key.pem"))
	address := "ssl://" + secure

	stranger := b.start(Options{Server: address})
	refused := b.eventually(stranger, "refused", func(s State) bool { return s.Refusals > 0 })
	require.Contains(t, refused.LastError, "certificate")

	b.start(Options{Server: address, CA: ca})
	require.Equal(t, "1.0.0", b.next("inform").params("version"))
	b.push(single(server.URL+"/fw", "2", img))
	require.Equal(t, "2", b.next("inform").params("version"))
}

// TestSilentBroker: a server that takes the connection and says nothing does not
// keep the device from being switched off.
func TestSilentBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	ctx, off := context.WithCancelCause(context.Background())
	ended := make(chan error, 1)
	d := New(Options{ProductKey: product, DeviceName: name, Server: "tcp://" + l.Addr().String(), Pace: 100})
	go func() { ended <- d.Run(ctx) }()
	conn, err := l.Accept()
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	off(errPowerOff)
	select {
	case err := <-ended:
		require.ErrorIs(t, err, errPowerOff)
	case <-time.After(patience):
		t.Fatal("it hangs")
	}
}

func TestBadOptions(t *testing.T) {
	good := Options{Server: "tcp://127.0.0.1:1883"}
	for want, change := range map[string]func(*Options){
		"no flavour":     func(o *Options) { o.Flavour = "freertos" },
		"no sign method": func(o *Options) { o.Sign = "hmacsha512" },
		"neither tcp":    func(o *Options) { o.Server = "udp://127.0.0.1:1883" },
		"names no port":  func(o *Options) { o.Server = "tcp://127.0.0.1" },
		"no certificate": func(o *Options) { o.CA = []byte("PEM") },
		"server":         func(o *Options) { o.Server = "tcp://%zz" },
	} {
		o := good
		change(&o)
		require.ErrorContains(t, New(o).Run(t.Context()), want)
	}
}

// TestRunsOnce: a device that runs cannot be started again beside itself.
func TestRunsOnce(t *testing.T) {
	b := newBench(t, passwordOf(t, Lenient))
	d := b.start(Options{})
	b.next("inform")
	require.ErrorContains(t, d.Run(t.Context()), "already")
}

// writePair writes the certificate and key of a server as files, and gives the
// certificate, which is its own authority.
func writePair(t testing.TB, dir string, pair tls.Certificate) []byte {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cert.pem"), cert, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	return cert
}
