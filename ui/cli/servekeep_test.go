package cli

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim/alinkdevice"
	"fotabench/packages"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
	"fotabench/updater"
)

// TestServeOpensTheJournal: where rules decide, the journal is opened before any service is
// on, and one that cannot be opened refuses as it refuses an upgrade. Where nobody is given
// anything it is not opened.
func TestServeOpensTheJournal(t *testing.T) {
	t.Parallel()
	for _, note := range []devices.Code{updater.NoteJournalNewer, updater.NoteJournalDenied, updater.NoteJournalSpace, updater.NoteJournalBusy} {
		b := newCall(t)
		b.config.Bench = bench.New()
		b.config.Open = func(_ context.Context, folder string) (Engine, error) {
			off(t, b.config.Bench)
			return nil, &devices.Error{Op: "journal", At: folder, Kind: devices.Unsupported, Note: note, Args: []any{folder}}
		}
		code := b.run(t, "serve", "--json", "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere)
		assert.Equal(t, b.upgrade(t), code, note)
		assert.Contains(t, b.out.String(), `"code":"`+string(note)+`"`)
		assert.NotContains(t, b.out.String(), `"event":"on"`)
	}
	waits := newCall(t)
	waits.config.Open = func(ctx context.Context, _ string) (Engine, error) {
		waits.interrupts <- os.Interrupt
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	waits.config.Bench = bench.New()
	assert.Equal(t, ExitCancelled, waits.run(t, "serve", "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere))
	off(t, waits.config.Bench)

	b := newCall(t)
	b.config.Open = func(context.Context, string) (Engine, error) {
		t.Error("nobody is given anything, and the journal is opened")
		return b.engine, nil
	}
	r := b.begins(t, "serve", "--json", "--http", anywhere)
	r.where(bench.HTTP)
	assert.Equal(t, ExitVerified, r.interrupt())
}

// TestServeSettles: open cases are looked after as long as it serves, and no longer.
func TestServeSettles(t *testing.T) {
	t.Parallel()
	b := newCall(t)
	began, ended := make(chan struct{}), make(chan struct{})
	b.engine.settle = func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		assert.Zero(t, b.engine.closed)
		close(ended)
		return context.Cause(ctx)
	}
	r := b.begins(t, "serve", "--json", "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere)
	<-began
	r.where(bench.LuatHTTP)
	assert.Equal(t, ExitVerified, r.interrupt())
	<-ended
	assert.Equal(t, 1, b.engine.closed)
}

// TestServeTellsTrouble: that the journal cannot be written is told when it is so, for
// programs and for people; what it lacks in the end is the result.
func TestServeTellsTrouble(t *testing.T) {
	t.Parallel()
	b := newCall(t)
	serves := func(format string) *runs {
		r := b.begins(t, "serve", format, "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere)
		until(t, "the service", func() bool { return strings.Contains(r.out.String(), "http://") })
		return r
	}
	r := serves("--json")
	r.config.Bench.Trouble(updater.Note{Level: updater.Warn, Code: updater.NoteJournalLater})
	later := r.saw("journal", 1)
	r.config.Bench.Trouble(updater.Note{Level: updater.Info, Code: updater.NoteJournalAgain})
	again := r.saw("journal", 2)
	assert.Equal(t, updater.NoteJournalLater, later.Why.Code)
	assert.Contains(t, later.Text, "cannot be written at the moment")
	assert.Contains(t, again.Text, "can be written again")
	assert.Equal(t, ExitVerified, r.interrupt(), "in the end it has all")

	for _, format := range []string{"--json", "--json=false"} {
		r = serves(format)
		r.config.Bench.Trouble(updater.Note{Level: updater.Fault, Code: updater.NoteJournalUnkept, Args: []any{2}})
		r.config.Bench.Trouble(updater.Note{Level: updater.Info, Code: updater.NoteJournalAgain})
		assert.Equal(t, ExitUncertain, r.interrupt())
		const says = "Upgrades of which the journal does not say how they ended, because it could not be written: 2."
		assert.Equal(t, 2, strings.Count(r.out.String()+r.err.String(), says), "when it is so, and in the end")
		if format == "--json" {
			assert.Contains(t, r.out.String(), `"why":{"code":"bench.unkept","args":[2]}`)
		} else {
			assert.Contains(t, r.err.String(), "fotabench: "+says)
		}
	}
}

// TestServeTellsLackingOnce: what the engine says of records that are lacking, when it ends,
// and what was told of them before are one complaint; it is an end of its own even where
// nothing was told before.
func TestServeTellsLackingOnce(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} {
		b := newCall(t)
		b.engine.ending = &devices.Error{Op: "test", Kind: devices.Space, Note: updater.NoteGiftsUnkept, Args: []any{2}, Err: updater.ErrUnkept}
		r := b.begins(t, "serve", "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere)
		until(t, "the service", func() bool { return strings.Contains(r.out.String(), "http://") })
		if before {
			r.config.Bench.Trouble(updater.Note{Level: updater.Fault, Code: updater.NoteJournalUnkept, Args: []any{2}})
		}
		assert.Equal(t, ExitUncertain, r.interrupt())
		assert.Equal(t, 1, strings.Count(r.err.String(), "fotabench: "), "%s", &r.err)
		assert.Contains(t, r.err.String(), "does not say how they ended, because it could not be written: 2.")
		assert.Contains(t, r.err.String(), "look at what the other devices run", "the remedy")
	}
}

// asksHTTP is a Luat module that asks for what is newer than version and takes all of it.
func asksHTTP(t testing.TB, at, imei, version string) {
	t.Helper()
	answer, err := http.Get(at + "api/site/firmware_upgrade?project_key=PK1&imei=" + imei + "&firmware_name=DEMO_Luat_V0033_RDA8910&version=" + version)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, errors.Join(err, answer.Body.Close()))
}

// recordsOf are the records of a folder, the newest first.
func recordsOf(t testing.TB, folder string) (all []pastUpgrade) {
	t.Helper()
	r := atBench(t, folder, "history", "--json")
	require.Equal(t, ExitVerified, r.ends(), "%s", &r.err)
	for _, line := range r.out.lines() {
		var one pastUpgrade
		require.NoError(t, json.Unmarshal([]byte(line), &one))
		all = append(all, one)
	}
	return all
}

// TestServeKeepsRecords: what rules give is in the history, can be shown, and has a report
// that proves it, over each way in which it is given; a device that began and did not come back
// is an open case; one that never asked has nothing.
func TestServeKeepsRecords(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := atBench(t, folder, "serve", "--json", "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere, "--luat-udp", anywhere)
	at := r.where(bench.LuatHTTP, bench.LuatUDP)
	background(t, func(ctx context.Context) error {
		return demo.Fleet{Kind: demo.LuatHTTP, Server: at[0], Count: 1, Pace: pace}.Run(ctx, nil)
	})
	background(t, func(ctx context.Context) error {
		return demo.Fleet{Kind: demo.LuatUDP, Server: at[1], Count: 1, Pace: pace}.Run(ctx, nil)
	})
	r.saw("verified", 2)
	asksHTTP(t, at[0], "860000000000017", "1.0.0")
	r.saw("waiting", 3)
	require.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)

	all := recordsOf(t, folder)
	require.Len(t, all, 3)
	verified := 0
	for _, one := range all {
		assert.Equal(t, &updater.RulePart{File: "plan.json", Place: "rules[0]"}, one.Plan.Rule)
		assert.Equal(t, []any{"fw", "1.0.1", devices.Answer}, []any{one.Plan.Package, one.Plan.Target, one.Plan.Method})
		assert.False(t, one.Altered)
		if one.ID() == "imei:860000000000017" {
			assert.Equal(t, []any{updater.Uncertain, true}, []any{one.Result, one.Open})
			continue
		}
		verified++
		assert.Equal(t, []any{updater.Verified, false}, []any{one.Result, one.Open})
		assert.Equal(t, "1.0.0", one.Device.Firmware)
		reported(t, folder, one.Job)
	}
	assert.Equal(t, 2, verified)
	open := atBench(t, folder, "cases", "list")
	require.Equal(t, ExitVerified, open.ends(), "%s", &open.err)
	assert.Contains(t, open.out.String(), "imei:860000000000017")
	assert.Equal(t, 1, strings.Count(open.out.String(), "plan.json"), "%s", &open.out)
}

// TestServeOnePackage: a package without a plan is given to every device that runs something
// older, and its records say that no file of rules did it.
func TestServeOnePackage(t *testing.T) {
	t.Parallel()
	folder, file := t.TempDir(), filepath.Join(filepath.Dir(planned(t, demo.LuatHTTP, forAll)), "fw.bin")
	r := atBench(t, folder, "serve", "--json", "--package", file, "--expect-version", "1.0.2", "--luat-http", anywhere)
	at := r.where(bench.LuatHTTP)[0]
	asksHTTP(t, at, "860000000000017", "1.0.1")
	asksHTTP(t, at, "860000000000017", "1.0.2")
	r.saw("verified", 1)
	asksHTTP(t, at, "860000000000025", "1.0.2")
	require.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
	all := recordsOf(t, folder)
	require.Len(t, all, 1, "who runs it already is given nothing")
	assert.Equal(t, []any{"imei:860000000000017", updater.Verified}, []any{all[0].ID(), all[0].Result})
	assert.Equal(t, updater.PerhapsSimulated, all[0].Subject, "it asked from this computer, where simulators do")
	assert.Equal(t, []any{"Demo package for luat-http", "1.0.2", &updater.RulePart{}}, []any{all[0].Plan.Package, all[0].Plan.Target, all[0].Plan.Rule})
}

// TestServeFromLibrary: a package of the library is given to everybody as one of files is, and
// one that is not there is refused before a service is on.
func TestServeFromLibrary(t *testing.T) {
	t.Parallel()
	folder, file := t.TempDir(), filepath.Join(filepath.Dir(planned(t, demo.LuatHTTP, forAll)), "fw.bin")
	took := atBench(t, folder, "library", "import", file, "--json")
	require.Equal(t, ExitVerified, took.ends(), "%s", &took.err)
	unknown := atBench(t, folder, "serve", "--from-library", "ffffff", "--luat-http", anywhere)
	require.Equal(t, ExitRefused, unknown.ends(), "%s", &unknown.err)
	assert.Contains(t, unknown.err.String(), "There is no package ffffff in the library")
	bytes, err := os.ReadFile(file)
	require.NoError(t, err)
	id := fmt.Sprintf("%x", sha256.Sum256(bytes))
	r := atBench(t, folder, "serve", "--json", "--from-library", id[:6], "--expect-version", "1.0.2", "--luat-http", anywhere)
	at := r.where(bench.LuatHTTP)[0]
	asksHTTP(t, at, "860000000000017", "1.0.1")
	asksHTTP(t, at, "860000000000017", "1.0.2")
	r.saw("verified", 1)
	require.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
	all := recordsOf(t, folder)
	require.Len(t, all, 1)
	assert.Equal(t, []any{updater.Verified, "1.0.2", id}, []any{all[0].Result, all[0].Plan.Target, all[0].Plan.Files[0].Digests[packages.SHA256]})
}

// reported shows an upgrade and writes a report of it, which proves it.
func reported(t testing.TB, folder, job string) {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report.json")
	shown := atBench(t, folder, "history", "show", job)
	require.Equal(t, ExitVerified, shown.ends(), "%s", &shown.err)
	assert.Contains(t, shown.out.String(), "1.0.1")
	assert.Contains(t, shown.out.String(), "plan.json")
	for _, args := range [][]string{{"report", job, "--out", report, "--sign"}, {"report", "check", report}} {
		verb := atBench(t, folder, args...)
		require.Equal(t, ExitVerified, verb.ends(), "%s%s", &verb.out, &verb.err)
	}
}

// TestServeRecordsAliyun: a device that is told where to fetch has its record too, without
// its secret and the path on our own host that nobody can guess.
func TestServeRecordsAliyun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := atBench(t, folder, "serve", "--json", "--mqtt", anywhere, "--http", anywhere, "--plan", planned(t, demo.Aliyun,
		`{"packages":[{"name":"fw","files":["fw.bin"]}],"devices":[{`+deviceIs+`,"package":"fw"}]}`))
	d := alinkdevice.New(alinkdevice.Options{Server: r.where(bench.MQTT)[0], ProductKey: "a1Fotabench", DeviceName: "lamp7", DeviceSecret: secretText, Pace: pace})
	background(t, d.Run)
	r.saw("verified", 1)
	require.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
	all := recordsOf(t, folder)
	require.Len(t, all, 1)
	assert.Equal(t, updater.Verified, all[0].Result)
	assert.Equal(t, []any{"sn:a1Fotabench/lamp7", devices.HTTP}, []any{all[0].ID(), all[0].Plan.Method})
	assert.Equal(t, &updater.RulePart{File: "plan.json", Place: "devices[0]"}, all[0].Plan.Rule)
	assert.Empty(t, all[0].Plan.URLs)
	shown := atBench(t, folder, "history", "--json")
	require.Equal(t, ExitVerified, shown.ends())
	assert.NotContains(t, shown.out.String(), secretText)
}

// TestServeBesideAnother: another program that opens the journal meanwhile sees what is under
// way as such, and closes no case of it.
func TestServeBesideAnother(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := atBench(t, folder, "serve", "--json", "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere)
	at := r.where(bench.LuatHTTP)[0]
	asksHTTP(t, at, "860000000000017", "1.0.0")
	var all []pastUpgrade
	until(t, "the record", func() bool {
		all = recordsOf(t, folder)
		return len(all) == 1 && all[0].Stage == updater.Restart
	})
	assert.Equal(t, []any{updater.Running, true, false}, []any{all[0].Result, all[0].Live, all[0].Open})
	asksHTTP(t, at, "860000000000017", "1.0.1")
	until(t, "its end", func() bool {
		all = recordsOf(t, folder)
		return all[0].Result == updater.Verified
	})
	assert.Len(t, all, 1)
	assert.Nil(t, all[0].Settled, "its own program saw it end")
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
}

// TestServeRecordsFailures: a device that comes back with its old version has failed, in its
// record as in the lines. Over UDP it asks only when it has restarted, so it has failed soon.
func TestServeRecordsFailures(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := atBench(t, folder, "serve", "--json", "--plan", planned(t, demo.LuatUDP, forAll), "--luat-udp", anywhere)
	modules := begin(t, "simulate", "luat-udp", "--server", r.where(bench.LuatUDP)[0], "--count", "1", "--pace", fmt.Sprint(pace), "--fault", "keeps-old")
	r.saw("failed", 1) // who asks too soon has not got it all, and gets it again
	modules.interrupt()
	require.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
	all := recordsOf(t, folder)
	require.NotEmpty(t, all)
	first := all[len(all)-1] // who asks once more is given it once more
	assert.Equal(t, []any{updater.FailedOld, false}, []any{first.Result, first.Open})
	assert.Equal(t, "1.0.0", first.Device.Firmware)
}

// TestServeJournalLocked: while another program keeps the journal to itself, devices are
// served, it is told, and afterwards the journal has all.
func TestServeJournalLocked(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := atBench(t, folder, "serve", "--json", "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere)
	at := r.where(bench.LuatHTTP)[0]
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "journal.db")+"?_pragma=busy_timeout(60000)&_txlock=immediate")
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	tx, err := db.Begin()
	require.NoError(t, err)
	asksHTTP(t, at, "860000000000017", "1.0.0")
	asksHTTP(t, at, "860000000000017", "1.0.1")
	r.saw("verified", 1)
	assert.Equal(t, updater.NoteJournalLater, r.saw("journal", 1).Why.Code)
	require.NoError(t, tx.Rollback())
	assert.Equal(t, updater.NoteJournalAgain, r.saw("journal", 2).Why.Code)
	require.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
	all := recordsOf(t, folder)
	require.Len(t, all, 1)
	assert.Equal(t, updater.Verified, all[0].Result)
}

// TestServeSettlesCases: what a serve that was killed left open is closed by the device's own
// word at the next.
func TestServeSettlesCases(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	args := []string{"serve", "--json", "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere}
	r := atBench(t, folder, args...)
	asksHTTP(t, r.where(bench.LuatHTTP)[0], "860000000000017", "1.0.0")
	r.saw("waiting", 1)
	require.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
	require.True(t, recordsOf(t, folder)[0].Open)

	r = atBench(t, folder, args...)
	at := r.where(bench.LuatHTTP)[0]
	deadline := time.Now().Add(patience)
	for asksHTTP(t, at, "860000000000017", "1.0.1"); ; {
		if all := recordsOf(t, folder); !all[0].Open {
			assert.Len(t, all, 1)
			assert.Equal(t, updater.Verified, all[0].Result)
			break
		}
		require.True(t, time.Now().Before(deadline), "it stays open")
	}
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
}
