package haas

import (
	"archive/zip"
	"bytes"
	"context"
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

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

const (
	oldVersion = "1.0.0"
	newVersion = "1.1.0"
)

// board is a simulated HaaS board behind a TCP port.
type board struct {
	*micropython.Module
	address devices.Address
}

func (b board) Address() devices.Address {
	if !b.State().Present {
		return ""
	}
	return b.address
}

func (b board) Running() string { return b.State().Firmware }

func newBoard(t testing.TB, options micropython.Options, faults ...string) board {
	t.Helper()
	if err := micropython.Available(); err != nil {
		t.Skip(err)
	}
	parsed, err := sim.ParseFaults(faults, micropython.HaaSFaultKinds())
	if err != nil {
		t.Fatal(err)
	}
	options.Faults, options.Retry = parsed, 50*time.Millisecond
	if options.Model == "" {
		options.Model = "HaaS EDU K1"
	}
	m, err := micropython.New(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	address := vacant.Listen(t, m.ListenTCP)
	b := board{m, address}
	program := parsed.Has("program")
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

// quick is the driver with a shorter poll, and more patience with a slow computer.
func quick() *driver {
	d := New(Config{}).(*driver)
	d.budgets.poll = 50 * time.Millisecond
	d.budgets.stays = 20 * time.Second
	d.budgets.grace, d.budgets.cleanUp = 20*time.Second, 40*time.Second
	return d
}

// entry is one file of a light app.
type entry struct{ name, text string }

// app is a light app of a version, as its makers pack it.
func app(version string) []entry {
	return []entry{
		{"manifest.json", `{"appName":"demo","appid":"8800100099991000","version":"` + version + `"}`},
		{"lib/", ""},
		{"lib/deep.py", "deep = '" + version + "'\n"},
		{"app.py", "version = '" + version + "'\n"},
		{"data.bin", noise(20000)},
	}
}

// noise does not get smaller when it is packed.
func noise(n int) string {
	p, x := make([]byte, n), uint32(1)
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return string(p)
}

func pack(t testing.TB, entries ...entry) *packages.Package {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		out, err := w.Create(e.name)
		if err == nil {
			_, err = out.Write([]byte(e.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, "app.zip", b.Bytes())
}

func open(t testing.TB, name string, data []byte) *packages.Package {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// host serves the file of a package.
func host(t testing.TB, p *packages.Package) []devices.Source {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, p.Files[0].Path)
	}))
	t.Cleanup(server.Close)
	return []devices.Source{{URL: server.URL + "/app.zip"}}
}

// slowHosts serve the file of a job piece by piece, so that there is a middle to
// stop in, and can be frozen.
type slowHosts struct{ gates sync.Map } // *devices.Job to chan struct{}

// The pieces of a file that takes three seconds to fetch.
const (
	piece = 1 << 10
	rest  = 150 * time.Millisecond
)

func (o *slowHosts) serve(t testing.TB, job *devices.Job) []devices.Source {
	t.Helper()
	gate := make(chan struct{})
	o.gates.Store(job, gate)
	f := job.Package.Files[0]
	body, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.Header.Get("Range"), "bytes="), "-"))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)-from))
		for part := range slices.Chunk(body[from:], piece) {
			select {
			case <-gate:
				<-r.Context().Done()
				return
			case <-r.Context().Done():
				return
			case <-time.After(rest):
			}
			if _, err := w.Write(part); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return []devices.Source{{URL: server.URL + "/app.zip"}}
}

func (o *slowHosts) freeze(job *devices.Job) {
	if gate, ok := o.gates.LoadAndDelete(job); ok {
		close(gate.(chan struct{}))
	}
}

// journal records what a driver reports.
type journal struct {
	mu    sync.Mutex
	done  int64
	notes []devices.Code
	see   func(done int64)
}

func (j *journal) Progress(done, _ int64) {
	j.mu.Lock()
	j.done = done
	j.mu.Unlock()
	if j.see != nil {
		j.see(done)
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
