package ui

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/secrets"
)

// thread stands for Fyne's: what do was given runs when the test pumps, on the
// test's own goroutine, so that the race detector sees what a real window would
// race on.
type thread struct {
	mu    sync.Mutex
	queue []func()
	more  chan struct{}
}

func newThread() *thread { return &thread{more: make(chan struct{}, 1)} }

func (q *thread) do(f func()) {
	q.mu.Lock()
	q.queue = append(q.queue, f)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// pump runs what is queued until seen holds.
func (q *thread) pump(t testing.TB, what string, seen func() bool) {
	t.Helper()
	limit := time.After(60 * time.Second)
	for {
		q.mu.Lock()
		queue := q.queue
		q.queue = nil
		q.mu.Unlock()
		for _, f := range queue {
			f()
		}
		if seen() {
			return
		}
		select {
		case <-q.more:
		case <-limit:
			t.Fatalf("waited for %s", what)
		}
	}
}

// fakeEngine answers as it is told.
type fakeEngine struct {
	mu        sync.Mutex
	sightings []devices.Sighting
	identity  devices.Identity
	caps      devices.Capabilities
	refusal   error // of Identify
	held      bool  // the port, by this program
	looked    int   // whether it is
	access    []devices.Access
	checks    func(updater.Plan) []updater.CheckResult
	started   []updater.Plan
	startErr  error
	events    chan updater.Event
	cancelled int
	answer    updater.CancelAnswer
	cases     []updater.Case
	dismissed []string
	records   []updater.Record
	torn      error // why the journal cannot be read
	tornOnce  bool  // only once
	reports   int   // how many were read
	report    updater.Report
	closed    bool
	notices   []updater.Note
	asked     []updater.Plan              // of Identify
	answers   map[string]devices.Identity // by family that was asked for
	offers    []devices.Offer
	offerErr  error
	offered   []updater.Plan
	refused   []devices.Offer
	house     updater.Settings
	houseErr  error // of Settings
	full      error // of Configure
}

func newFakeEngine() *fakeEngine {
	battery, signal, free := 3870, 24, int64(1<<20)
	return &fakeEngine{
		identity: devices.Identity{
			Family: "quecpython", Model: "EC600UCNLB", IMEI: "867890012345678", Serial: "D1Q20GM05",
			Firmware: "EC600UCNLBR01A01M16_OCPU_QPY_V01", Runtime: "V0002",
			BatteryMV: &battery, SignalCSQ: &signal, FreeBytes: &free,
		},
		caps: devices.Capabilities{Methods: map[devices.Method]devices.Capability{
			devices.Local: {OK: true}, devices.HTTP: {OK: true}, devices.FTP: {Why: "qpy.cap.lacks", Args: []any{"EC600U", "ftpDownload"}},
		}},
		checks: func(updater.Plan) []updater.CheckResult {
			return []updater.CheckResult{{Name: "model", State: updater.CheckOK, Fact: updater.Note{Code: "check.model.ok", Args: []any{"EC600U"}}}}
		},
		events: make(chan updater.Event, 100),
		answer: updater.CancelAccepted,
	}
}

func (e *fakeEngine) Identify(_ context.Context, p updater.Plan) (devices.Identity, devices.Capabilities, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.access, e.asked = append(e.access, p.Access), append(e.asked, p)
	if id, known := e.answers[p.Family]; known {
		return id, e.caps, nil
	}
	if e.refusal != nil && !p.Access.StopProgram && p.Access.Password == "" {
		return devices.Identity{}, devices.Capabilities{}, e.refusal
	}
	return e.identity, e.caps, nil
}

func (e *fakeEngine) Free(updater.Plan) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.looked++
	return !e.held
}

func (e *fakeEngine) Sightings(ctx context.Context, see func([]devices.Sighting)) error {
	see(e.sightings)
	<-ctx.Done()
	return context.Cause(ctx)
}

func (e *fakeEngine) Settle(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (e *fakeEngine) Offers(_ context.Context, p updater.Plan) (devices.Identity, []devices.Offer, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.offered = append(e.offered, p)
	return e.answers[p.Family], e.offers, e.offerErr
}

func (e *fakeEngine) Refuse(_ context.Context, _ updater.Plan, offer devices.Offer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refused = append(e.refused, offer)
	return e.offerErr
}

func (e *fakeEngine) Check(_ context.Context, p updater.Plan, _ devices.Identity) []updater.CheckResult {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.checks(p)
}

func (e *fakeEngine) Start(p updater.Plan) (string, error) {
	e.started = append(e.started, p)
	return "job-1", e.startErr
}

func (e *fakeEngine) Cancel(string) updater.CancelAnswer {
	e.cancelled++
	return e.answer
}

func (e *fakeEngine) Watch(ctx context.Context, _ string, see func(updater.Event)) error {
	for {
		select {
		case ev := <-e.events:
			see(ev)
			if ev.Outcome != updater.Running {
				return nil
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (e *fakeEngine) CasesOf([]updater.Record) []updater.Case {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cases
}

func (e *fakeEngine) Dismiss(job string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dismissed, e.cases = append(e.dismissed, job), nil
	return nil
}

func (e *fakeEngine) Records(int) ([]updater.Record, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.torn
	if e.tornOnce {
		e.torn, e.tornOnce = nil, false
	}
	if err != nil {
		return nil, err
	}
	return e.records, nil
}

func (e *fakeEngine) Settings() (updater.Settings, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.house.Clone(), e.houseErr
}

func (e *fakeEngine) Configure(_ context.Context, change func(*updater.Settings)) (updater.Settings, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.full != nil {
		return updater.Settings{}, e.full
	}
	e.houseErr = nil
	next := e.house.Clone()
	change(&next)
	e.house = next
	return next.Clone(), nil
}

func (e *fakeEngine) Renew(ctx context.Context, change func(*updater.Settings)) (updater.Settings, error) {
	return e.Configure(ctx, change)
}

func (e *fakeEngine) WatchSettings(ctx context.Context, _ updater.Settings, _ error, _ func(updater.Settings, error)) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (e *fakeEngine) Report(string) (updater.Report, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reports++
	return e.report, nil
}

func (e *fakeEngine) Log(job string) (updater.Log, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return updater.Log{Job: job, Altered: e.report.Altered, Lines: []updater.Happening{{Stage: updater.Deliver, Begins: true}}}, nil
}

func (e *fakeEngine) Bundle(_ context.Context, job string, out io.Writer) error {
	_, err := io.WriteString(out, "bundle of "+job)
	return err
}

// now changes what the engine remembers while the window looks.
func (e *fakeEngine) now(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

// asks looks at what the engine remembers.
func (e *fakeEngine) asks(whether func() bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return whether()
}

func (e *fakeEngine) Notices() []updater.Note { return e.notices }
func (e *fakeEngine) Close() error            { e.closed = true; return nil }

// fileOnly keeps the secrets of a test out of the system's keyring.
func fileOnly(ctx context.Context, folder string) (*secrets.Store, error) {
	return secrets.Open(ctx, secrets.Options{Folder: folder, FileOnly: true})
}

// waysHere are those that the window of a test knows.
var waysHere = []devices.Way{
	{Family: "quecpython", Role: devices.RoleREPL},
	{Family: "haas", Role: devices.RoleREPL},
	{Family: "quectel", Role: devices.RoleAT},
	{Family: "quecthing", Role: devices.RoleREPL},
	{Family: "quecthing", Role: devices.RoleAT},
}

// module is a device that is present.
func module() devices.Sighting {
	return devices.Sighting{Key: "usb:1-1", Name: "Quectel EC600U", Ports: []devices.Port{{Address: "/dev/ttyUSB5", Role: devices.RoleREPL, Interface: 5}}}
}

// desk is a window with an engine, driven by a test.
type desk struct {
	*window
	t      testing.TB
	thread *thread
}

// newBench opens a window in a language.
func newBench(t testing.TB, engine Engine, lang string, wanted cli.Window) *desk {
	t.Helper()
	return newBenchAs(t, engine, lang, wanted, func(fyne.App) {})
}

// newBenchAs is newBench in an app that was prepared.
func newBenchAs(t testing.TB, engine Engine, lang string, wanted cli.Window, prepare func(fyne.App)) *desk {
	t.Helper()
	a := test.NewTempApp(t)
	prepare(a)
	q := newThread()
	wanted.Lang = lang
	if wanted.Folder == "" {
		wanted.Folder = t.TempDir()
	}
	shelf := &demo.Shelf{}
	cfg := Config{
		Probe:    func(_ context.Context, s devices.Sighting) (devices.Sighting, error) { return s, nil },
		Simulate: shelf.Run, Version: "test", Secrets: fileOnly, Ways: waysHere, Platforms: []string{"quecthing"},
	}
	w, err := newWindow(t.Context(), a, cfg, engine, wanted, q.do)
	require.NoError(t, err)
	w.win.Resize(fyne.NewSize(900, 600))
	b := &desk{window: w, t: t, thread: q}
	t.Cleanup(func() {
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			w.feed.close(errClosed)
		}()
		<-closed
	})
	return b
}

// until pumps until seen holds.
func (b *desk) until(what string, seen func() bool) {
	b.t.Helper()
	b.thread.pump(b.t, what, seen)
}

// packageFile writes a package that a simulated module could take.
func packageFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "demo.bin")
	require.NoError(t, demo.WritePackage(path, demo.QuecPython, "EC600UCNLB"))
	return path
}

// plainFile writes a package about which nobody says anything.
func plainFile(t testing.TB, name string, size int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, make([]byte, size), 0o600))
	return path
}

func english(t *testing.T) *words.Book {
	t.Helper()
	b, err := words.New(words.English)
	require.NoError(t, err)
	return b
}
