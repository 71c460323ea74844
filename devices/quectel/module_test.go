package quectel

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/devices/sim/atmodem"
	"fotabench/packages"
)

// module is a simulated module as the conformance suite sees it.
type module struct {
	*atmodem.Module
	address devices.Address
}

func (m module) Address() devices.Address {
	if all := m.Addresses(); len(all) > 0 {
		return all[0]
	}
	return ""
}

func (m module) Running() string { return m.State().Version() }

func newModule(t testing.TB, options atmodem.Options, faults ...string) module {
	t.Helper()
	parsed, err := sim.ParseFaults(faults, atmodem.FaultKinds())
	if err != nil {
		t.Fatal(err)
	}
	options.Faults = parsed
	m, err := atmodem.New(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	address, err := listen(t, m)
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the module is there", func() bool { return m.State().Present })
	return module{m, address}
}

// until waits for a condition.
func until(t testing.TB, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !true(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// quick is the driver as the program makes it, but for shorter budgets.
func quick(t testing.TB) devices.Driver {
	t.Helper()
	d := New(Config{}).(*driver)
	d.budgets.poll = 20 * time.Millisecond
	d.budgets.gap = 3 * time.Second
	d.budgets.order = 5 * time.Second
	d.budgets.recant = 500 * time.Millisecond
	d.budgets.linger = 8 * time.Second
	d.budgets.fetch = 20 * time.Second
	d.budgets.install = 10 * time.Second
	d.budgets.ask = 100 * time.Millisecond
	d.budgets.hear = 5 * time.Second
	for _, f := range d.families.Families {
		f.GraceSeconds = min(f.GraceSeconds, 3)
	}
	return d
}

// demo is a package of the given size for a family of simulated modules.
func demo(t testing.TB, name string, size int) *packages.Package {
	t.Helper()
	f, ok := atmodem.FamilyOf(name)
	if !ok {
		t.Fatalf("no family %q", name)
	}
	return packed(t, atmodem.DemoPackage("", f.Next, size, 7), f.Next)
}

func packed(t testing.TB, data []byte, target string) *packages.Package {
	t.Helper()
	path := filepath.Join(t.TempDir(), "delta.bin")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Manifest.TargetVersion = target
	return p
}

// origins host the file of a job piece by piece, so that there is a middle to stop in,
// and can be frozen.
type origins struct {
	pause time.Duration
	gates sync.Map // *devices.Job to chan struct{}
}

// piece is what an origin writes at a time, in bytes.
const piece = 1 << 10

func (o *origins) http(t testing.TB, job *devices.Job) devices.Source {
	t.Helper()
	gate := make(chan struct{})
	o.gates.Store(job, gate)
	f := job.Package.Files[0]
	body, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		for part := range slices.Chunk(body, piece) {
			if !o.wait(r.Context().Done(), gate) {
				return
			}
			if _, err := w.Write(part); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			served.Add(int64(len(part)))
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return devices.Source{URL: server.URL + "/" + f.Name, Served: served.Load}
}

// wait is the pause before a piece; false if no more may go out.
func (o *origins) wait(done, gate <-chan struct{}) bool {
	select {
	case <-gate:
		<-done
		return false
	case <-done:
		return false
	case <-time.After(o.pause):
		return true
	}
}

func (o *origins) freeze(job *devices.Job) {
	if gate, ok := o.gates.LoadAndDelete(job); ok {
		close(gate.(chan struct{}))
	}
}

// remarks is a devices.Report that keeps what it hears.
type remarks struct {
	codes []devices.Code
	top   int64
}

func (r *remarks) Progress(done, _ int64)           { r.top = max(r.top, done) }
func (r *remarks) Note(code devices.Code, _ ...any) { r.codes = append(r.codes, code) }

// whole runs a job as the engine does, and gives what the module says afterwards.
func whole(t testing.TB, d devices.Driver, m module, job *devices.Job, r *remarks) (devices.Proof, error) {
	t.Helper()
	s, err := d.Open(t.Context(), m.Address(), devices.Access{})
	if err != nil {
		return devices.Proof{}, err
	}
	defer s.Close()
	delivery, err := s.Deliver(t.Context(), job, r)
	if err != nil {
		return devices.Proof{}, err
	}
	if !delivery.Installing {
		if _, err := s.Verify(t.Context(), job, r); err != nil {
			return devices.Proof{}, err
		}
		if err := s.Install(t.Context(), job, r); err != nil {
			return devices.Proof{}, err
		}
	}
	_ = s.Close()
	return proved(t, d, m, job), nil
}

// proved asks the module once it is back, until it has the target or said for a while
// that it has not.
func proved(t testing.TB, d devices.Driver, m module, job *devices.Job) devices.Proof {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("it did not come back"))
	defer cancel()
	var proof devices.Proof
	for answers := 0; ctx.Err() == nil && !proof.Installed && answers < 20; {
		s, err := d.Open(ctx, m.Address(), devices.Access{Installing: func(int) {}})
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if got, err := s.Installed(ctx, job); err == nil {
			proof = got
			answers++
		}
		_ = s.Close()
		time.Sleep(50 * time.Millisecond)
	}
	return proof
}
