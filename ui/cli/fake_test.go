package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/updater"
	"fotabench/updater/secrets"
)

const secretText = "hunter2-correct-horse"

// began is when the fake's jobs begin.
var began = time.Date(2026, 11, 20, 12, 0, 0, 500e6, time.UTC)

// engine is a fake: it plays a script and keeps what it was asked.
type engine struct {
	mu       sync.Mutex
	plan     updater.Plan
	started  int
	closed   int
	cancels  []updater.CancelAnswer // the answers it has given
	identity devices.Identity
	caps     devices.Capabilities
	failure  error
	ending   error // of Close
	checks   []updater.CheckResult
	answer   updater.CancelAnswer
	offers   []devices.Offer
	refused  []devices.Offer
	// remembered takes the place of the three upgrades of the past.
	remembered []updater.Record
	bundled    []string      // "job path"
	bundle     chan struct{} // if not nil, the drive of a bundle does not answer until it is closed
	cases      []updater.Case
	notices    []updater.Note
	dismissed  []string
	// settle, if not nil, is what Settle does.
	settle func(ctx context.Context) error
	// ask, if not nil, does what Identify does on the port.
	ask func(ctx context.Context) error
	// play is the job; see must not be called after it returned.
	play func(ctx context.Context, e *engine, see func(updater.Event)) error
}

func (e *engine) Identify(ctx context.Context, p updater.Plan) (devices.Identity, devices.Capabilities, error) {
	e.plan = p
	if ctx.Err() != nil {
		return devices.Identity{}, devices.Capabilities{}, context.Cause(ctx)
	}
	if e.ask != nil {
		return e.identity, e.caps, e.ask(ctx)
	}
	return e.identity, e.caps, e.failure
}

func (e *engine) Offers(_ context.Context, p updater.Plan) (devices.Identity, []devices.Offer, error) {
	e.plan = p
	return e.identity, e.offers, e.failure
}

func (e *engine) Refuse(_ context.Context, p updater.Plan, offer devices.Offer) error {
	e.plan, e.refused = p, append(e.refused, offer)
	return e.failure
}

func (e *engine) Check(context.Context, updater.Plan, devices.Identity) []updater.CheckResult {
	return e.checks
}

func (e *engine) Start(p updater.Plan) (string, error) {
	e.plan = p
	e.started++
	return "job-1", e.failure
}

func (e *engine) Cancel(string) updater.CancelAnswer {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cancels = append(e.cancels, e.answer)
	return e.answer
}

func (e *engine) asked() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.cancels)
}

func (e *engine) Watch(ctx context.Context, _ string, see func(updater.Event)) error {
	return e.play(ctx, e, see)
}

func (e *engine) BundleFile(_ context.Context, job, path string) (string, error) {
	if e.bundle != nil {
		e.bundle <- struct{}{}
		<-e.bundle // its drive does not answer
	}
	e.bundled = append(e.bundled, job+" "+path)
	return "job-1", e.failure
}

func (e *engine) Notices() []updater.Note { return e.notices }

func (e *engine) OpenCases() []updater.Case {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.cases)
}

func (e *engine) Dismiss(job string) error { e.dismissed = append(e.dismissed, job); return e.failure }

func (e *engine) Settle(ctx context.Context) error {
	if e.settle != nil {
		return e.settle(ctx)
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

func (e *engine) Close() error { e.closed++; return e.ending }

// story plays events in order, numbered and a second apart.
func story(events ...updater.Event) func(context.Context, *engine, func(updater.Event)) error {
	return func(_ context.Context, _ *engine, see func(updater.Event)) error {
		for i, e := range events {
			e.Job, e.Seq, e.At = "job-1", int64(i+1), began.Add(time.Duration(i)*time.Second)
			see(e)
		}
		return nil
	}
}

// discoverer is a fake that knows a list.
type discoverer []devices.Sighting

func (d discoverer) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	see(d)
	<-ctx.Done()
	return context.Cause(ctx)
}

var module = devices.Sighting{
	Key: "usb-1.2", Name: "Quectel EC600N", Ports: []devices.Port{
		{Address: "/dev/ttyUSB3", Role: devices.RoleREPL}, {Address: "/dev/ttyUSB1", Role: devices.RoleDiag},
	},
}

// call is one call of the program with fakes around it.
type call struct {
	engine     *engine
	interrupts chan os.Signal
	out, err   bytes.Buffer
	config     Config
	dir        string
}

func newCall(t testing.TB) *call {
	t.Helper()
	b := &call{
		engine: &engine{
			identity: devices.Identity{Family: "quecpython", Model: "EC600N", Firmware: "R01", IMEI: "860000000000001"},
			answer:   updater.CancelAccepted,
		},
		interrupts: make(chan os.Signal, 4), dir: t.TempDir(),
	}
	b.config = Config{
		Open:       func(context.Context, string) (Engine, error) { return b.engine, nil },
		Discoverer: discoverer{module},
		Platform:   "quecthing",
		Ways:       []devices.Way{{Family: "quecpython", Role: devices.RoleREPL}, {Family: "quectel", Role: devices.RoleAT}},
		Secrets: func(ctx context.Context, folder string) (*secrets.Store, error) {
			return secrets.Open(ctx, secrets.Options{Folder: folder, FileOnly: true})
		},
		Interrupts: b.interrupts, In: strings.NewReader(""), Out: &b.out, Err: &b.err, Version: "1.2.3",
	}
	return b
}

func (b *call) run(t testing.TB, args ...string) int {
	t.Helper()
	return Run(t.Context(), b.config, append(args, "--lang", "en", "--data-dir", b.dir))
}

// file writes a package and gives its path.
func (b *call) file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// upgrade runs the verb with what it needs and more.
func (b *call) upgrade(t testing.TB, more ...string) int {
	t.Helper()
	file := b.file(t, "fw.bin", "firmware")
	return b.run(t, append([]string{"upgrade", "--port", "/dev/ttyUSB3", "--package", file, "--yes"}, more...)...)
}

// objects reads the output as JSON lines.
func (b *call) objects(t testing.TB) []map[string]any {
	t.Helper()
	var all []map[string]any
	for l := range strings.Lines(b.out.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		all = append(all, m)
	}
	return all
}

// shows fails unless the outputs hold all texts.
func (b *call) shows(t testing.TB, texts ...string) {
	t.Helper()
	both := b.out.String() + b.err.String()
	for _, s := range texts {
		if !strings.Contains(both, s) {
			t.Errorf("%q is not in:\n%s", s, both)
		}
	}
}
