package quecpython

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/link"
	"fotabench/devices/sim"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

// module is a simulated module: a true MicroPython behind a TCP port, spoken to
// through the real REPL client.
type module struct {
	*micropython.Module
	address devices.Address
}

// Address is where it is now: it may return at another.
func (m module) Address() devices.Address {
	now := m.Addresses()
	switch {
	case len(now) == 0:
		return ""
	case strings.HasPrefix(string(m.address), "tcp://"):
		return now[0]
	}
	return now[len(now)-1]
}

func (m module) Running() string { return m.State().Firmware }

const (
	moduleSource = "EC600UCNLBR01A01M16_OCPU_QPY_V01"
	moduleTarget = "EC600UCNLBR01A02M16_OCPU_QPY_V01"
)

func newModule(t testing.TB, options micropython.Options, faults ...string) module {
	t.Helper()
	parsed, err := sim.ParseFaults(faults, micropython.FaultKinds())
	if err != nil {
		t.Fatal(err)
	}
	options.Faults = parsed
	if options.Seed = seed(t); parsed.Has("lose") || parsed.Has("flip") || parsed.Has("double") {
		t.Logf("%s with FOTABENCH_SEED=%d", strings.Join(faults, " "), options.Seed)
	}
	m, err := micropython.New(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	address := vacant.Listen(t, m.ListenTCP)
	return booted(t, module{Module: m, address: address}, parsed.Has("program") || parsed.Has("stubborn-program"))
}

// seed decides which bytes a bad line hurts; FOTABENCH_SEED hurts those of an earlier run.
func seed(t testing.TB) uint64 {
	t.Helper()
	text := os.Getenv("FOTABENCH_SEED")
	if text == "" {
		return link.NewSeed()
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// booted waits until the module has its ports and, where one is ordered, runs its
// user program.
func booted(t testing.TB, m module, program bool) module {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !m.State().Present || program && !m.State().ProgramRuns; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the simulated module did not boot")
		}
	}
	return m
}

// realDriver is the driver as the program makes it, but for other budgets.
func realDriver(t testing.TB) devices.Driver {
	t.Helper()
	models, err := assets.LoadModels()
	if err != nil {
		t.Fatal(err)
	}
	d := New(Config{Models: models}).(*driver)
	d.budgets.poll = 50 * time.Millisecond
	d.budgets.silence = time.Minute
	// A slow computer runs a script of such a module for seconds.
	d.budgets.command, d.budgets.grace, d.budgets.cleanUp = time.Minute, 20*time.Second, 40*time.Second
	return d
}

func demo(t testing.TB, size int) *packages.Package {
	t.Helper()
	path := filepath.Join(t.TempDir(), "delta.bin")
	if err := os.WriteFile(path, micropython.DemoPackage(moduleSource, moduleTarget, size, 7), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Manifest.TargetVersion = moduleTarget
	return p
}

// TestModuleModels: models that answer differently, each to the proof.
func TestModuleModels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		model   string
		options devices.Options
	}{
		{"EC600NCNLC", devices.Options{}},
		{"EC800MCNGA", devices.Options{}},
		{"EC600UCNLB", devices.Options{HoldRestart: true}},
		{"BG95M3", devices.Options{HoldRestart: true, APN: &devices.APN{Name: "iot.example"}}},
	} {
		t.Run(c.model, func(t *testing.T) {
			t.Parallel()
			m := newModule(t, micropython.Options{Model: c.model, Firmware: moduleSource})
			p := demo(t, 9000)
			job := &devices.Job{Package: p, Method: devices.HTTP, Sources: ranged(t, p), Options: c.options}
			d := realDriver(t)
			if err := whole(t, d, m, job); err != nil {
				t.Fatal(err)
			}
			if proof := again(t, d, m, job); !proof.Installed || m.Running() != moduleTarget {
				t.Errorf("%+v, it runs %s", proof, m.Running())
			}
		})
	}
}

// TestModuleCancelRequest: the one family that can be asked to stop.
func TestModuleCancelRequest(t *testing.T) {
	t.Parallel()
	m := newModule(t, micropython.Options{Model: "BG95M3", Firmware: moduleSource}, "download-stalls=4000")
	s, err := realDriver(t).Open(t.Context(), m.address, devices.Access{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("a person cancelled")
	report := &log{t: t, see: func(int64) { cancel(why) }}
	p := demo(t, 20000)
	_, err = s.Deliver(ctx, &devices.Job{Package: p, Method: devices.HTTP, Sources: ranged(t, p)}, report)
	if !errors.Is(err, why) || !report.has(NoteCancelAsked) {
		t.Errorf("%v, notes %v", err, report.notes)
	}
	if state := m.State(); state.Restarts != 0 || state.Accepted {
		t.Errorf("%+v", state)
	}
}

// ranged hosts files as the program's own host does: with lengths and ranges.
func ranged(t testing.TB, p *packages.Package) []devices.Source {
	t.Helper()
	var sources []devices.Source
	for _, f := range p.Files {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, f.Path)
		}))
		t.Cleanup(server.Close)
		sources = append(sources, devices.Source{URL: server.URL + "/" + f.Name})
	}
	return sources
}

// slowOrigins host the file of a job piece by piece, so that there is a middle to
// stop in, and can be frozen.
type slowOrigins struct{ gates sync.Map } // *devices.Job to chan struct{}

// The pieces of a file that takes three seconds to fetch.
const (
	piece = 1 << 10
	pause = 150 * time.Millisecond
)

func (o *slowOrigins) serve(t testing.TB, job *devices.Job) []devices.Source {
	t.Helper()
	gate := make(chan struct{})
	o.gates.Store(job, gate)
	f := job.Package.Files[0]
	body, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		for part := range slices.Chunk(body, piece) {
			select {
			case <-gate:
				<-r.Context().Done()
				return
			case <-r.Context().Done():
				return
			case <-time.After(pause):
			}
			if _, err := w.Write(part); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return []devices.Source{{URL: server.URL + "/" + f.Name}}
}

func (o *slowOrigins) freeze(job *devices.Job) {
	if gate, ok := o.gates.LoadAndDelete(job); ok {
		close(gate.(chan struct{}))
	}
}

// TestModuleIdentity: the scripts on a true MicroPython, through the real REPL.
func TestModuleIdentity(t *testing.T) {
	t.Parallel()
	m := newModule(t, micropython.Options{})
	s, err := realDriver(t).Open(t.Context(), m.address, devices.Access{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id, err := s.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.Firmware != moduleSource || id.IMEI != "869339000000018" || id.Runtime != "V0002" || id.Serial == "" {
		t.Errorf("%+v", id)
	}
	if id.BatteryMV == nil || id.SignalCSQ == nil || id.FreeBytes == nil || *id.FreeBytes <= 0 {
		t.Errorf("%v %v %v", id.BatteryMV, id.SignalCSQ, id.FreeBytes)
	}
	if id.Extra["fota.write"] != "yes" || id.Extra["app_fota"] != "yes" {
		t.Errorf("%v", id.Extra)
	}
}

// TestModuleWriteErrors: what ended the writing is told with its place.
func TestModuleWriteErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault string
		kind  devices.Kind
		note  devices.Code
	}{
		{"write-fails=3", devices.Refused, NoteWrite},
		{"no-memory", devices.Space, NoteWriteMemory},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			m := newModule(t, micropython.Options{}, c.fault)
			err := whole(t, realDriver(t), m, &devices.Job{Package: demo(t, 9000), Method: devices.Local})
			var e *devices.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Note != c.note || len(e.Args) == 0 {
				t.Fatalf("got %v", err)
			}
			t.Logf("%s %v", e.Note, e.Args)
			if m.State().Restarts != 0 {
				t.Error("the module was restarted")
			}
		})
	}
}

// TestModuleAppFiles: user files on a true MicroPython, both ways.
func TestModuleAppFiles(t *testing.T) {
	t.Parallel()
	for _, method := range []devices.Method{devices.Local, devices.HTTP} {
		t.Run(string(method), func(t *testing.T) {
			m := newModule(t, micropython.Options{})
			p := pack(t, 5000, "first.py", "second.py")
			p.Manifest.Component = packages.App
			job := &devices.Job{Package: p, Method: method}
			if method == devices.HTTP {
				job.Sources = ranged(t, p)
			}
			d := realDriver(t)
			if err := whole(t, d, m, job); err != nil {
				t.Fatal(err)
			}
			if proof := again(t, d, m, job); !proof.Installed {
				t.Errorf("%+v", proof)
			}
		})
	}
}

func whole(t *testing.T, d devices.Driver, m module, job *devices.Job) error {
	t.Helper()
	s, err := d.Open(t.Context(), m.address, devices.Access{})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer s.Close()
	if delivery, err := s.Deliver(t.Context(), job, &log{t: t}); err != nil || delivery.Installing {
		return err
	}
	if _, err := s.Verify(t.Context(), job, &log{t: t}); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return s.Install(t.Context(), job, &log{t: t})
}

// again asks the module once it is back.
func again(t *testing.T, d devices.Driver, m module, job *devices.Job) devices.Proof {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("it did not come back"))
	defer cancel()
	var last error
	var proof devices.Proof
	for ctx.Err() == nil && !proof.Installed {
		s, err := d.Open(ctx, m.address, devices.Access{StopProgram: true})
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		proof, last = s.Installed(ctx, job)
		_ = s.Close()
	}
	if last != nil {
		t.Error(last)
	}
	return proof
}
