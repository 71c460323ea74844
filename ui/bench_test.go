package ui

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/devices/sim"
	"fotabench/devices/sim/luatmodule"
	"fotabench/packages/signature"
	"fotabench/ui/bench"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/ui/words"
	"fotabench/updater"
)

// newTable is a window over the real engine and a real bench, on its page.
func newTable(t *testing.T, lang string) *desk {
	t.Helper()
	table, folder := bench.New(), t.TempDir()
	engine, err := updater.New(updater.Config{
		Drivers: table.Drivers(), Discoverers: []devices.Discoverer{table.Desk()}, DataDir: folder, Share: table.Host, Giver: table,
		Budgets: updater.Budgets{Poll: 50 * time.Millisecond},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, engine.Close()) })
	t.Cleanup(func() { assert.NoError(t, table.Close()) })
	d := newBench(t, engine, lang, cli.Window{Folder: folder})
	d.cfg.Bench = table
	d.goTo(placeBench)
	return d
}

// switchOn switches a service on at a free port of this computer.
func (b *desk) switchOn(s bench.Service) {
	b.t.Helper()
	b.state.bench.chosen = s
	b.state.bench.listen[s] = "127.0.0.1:0"
	b.render()
	b.tap(actOn)
	b.until("the service", func() bool { return b.state.bench.status().On })
}

// TestBenchUpgradesOneDevice: a device that asked is chosen like one on a cable, is
// armed, fetches when it asks next, and says in the end what it runs.
func TestBenchUpgradesOneDevice(t *testing.T) {
	b := newTable(t, words.Chinese)
	assert.Contains(t, b.text(), b.book.Say(noteNoGuests))
	b.switchOn(bench.LuatUDP)
	assert.Contains(t, b.text(), b.state.bench.status().Address)
	assert.Contains(t, b.text(), b.book.Say(bench.NoteLoopback, "127.0.0.1"))
	require.NoError(t, b.startFleet(demo.LuatUDP, bench.LuatUDP, 2, nil))
	b.until("both devices and the package", func() bool { return len(b.state.bench.guests) == 2 && b.state.pkg.pkg != nil })
	g := b.state.bench.guests[0]
	assert.Contains(t, b.text(), g.Identity.IMEI)
	b.state.bench.marked = g.Address
	b.render()
	b.tap(actUpgradeThis)
	b.until("everything ready", b.state.ready)
	assert.Equal(t, devices.Answer, b.state.way.method)
	b.tap(menuStart)
	b.until("the report", func() bool { return b.state.run.report != nil })
	assert.Equal(t, updater.Verified, b.state.run.outcome)
	assert.Equal(t, b.state.run.target, b.state.run.report.After.Firmware)
	assert.True(t, b.state.run.report.Plan.Simulated, "a fleet of this window proves nothing about real devices")
	b.goTo(placeBench)
	b.until("its row", func() bool {
		for _, one := range b.state.bench.guests {
			if one.Address == g.Address {
				return one.Phase == checkin.Verified
			}
		}
		return false
	})
	// The other one asked too, and was given nothing: nobody chose it.
	assert.EqualValues(t, 1, b.state.bench.counts.Verified)
}

// TestBenchCancels: what is armed can be taken away, and nothing is installed.
func TestBenchCancels(t *testing.T) {
	b := newTable(t, words.English)
	b.switchOn(bench.LuatHTTP)
	faults, err := sim.ParseFaults([]string{"slow=20000"}, demo.FleetKinds(demo.LuatHTTP))
	require.NoError(t, err)
	require.NoError(t, b.startFleet(demo.LuatHTTP, bench.LuatHTTP, 1, faults))
	b.until("the device and the package", func() bool { return len(b.state.bench.guests) == 1 && b.state.pkg.pkg != nil })
	b.state.bench.marked = b.state.bench.guests[0].Address
	b.upgradeMarked()
	b.until("everything ready", b.state.ready)
	b.start()
	b.until("it fetches", func() bool { return b.state.run.stage == updater.Deliver && b.state.run.done > 0 })
	assert.Equal(t, updater.CancelDisarm, b.state.run.cancel)
	assert.Contains(t, b.text(), b.book.Say("cancel.disarm"))
	b.cancel()
	b.until("the report", func() bool { return b.state.run.report != nil })
	assert.Equal(t, updater.Cancelled, b.state.run.outcome)
}

// TestBenchPlan: the chosen package for everybody, a plan file, and nobody.
func TestBenchPlan(t *testing.T) {
	b := newTable(t, words.English)
	b.switchOn(bench.LuatUDP)
	require.NoError(t, b.startFleet(demo.LuatUDP, bench.LuatUDP, 30, nil))
	b.until("the package", func() bool { return b.state.pkg.pkg != nil })
	b.giveEverybody()
	b.until("all thirty", func() bool { return b.state.bench.counts.Verified == 30 })
	assert.Contains(t, b.text(), b.state.pkg.pkg.Name)
	path := filepath.Join(t.TempDir(), "plan.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"unknown":"register","packages":[{"name":"p","files":["nothing.bin"]}]}`), 0o600))
	b.applyPlan(path)
	b.until("the complaint", func() bool { return b.sheet != nil })
	assert.Contains(t, b.text(), "nothing.bin")
	b.close()
	require.NoError(t, os.WriteFile(path, []byte(fmt.Sprintf(
		`{"unknown":"register","packages":[{"name":"p","files":[%q]}],"rules":[{"package":"p"}]}`, b.state.pkg.pkg.Files[0].Path)), 0o600))
	b.applyPlan(path)
	b.until("the plan", func() bool { return b.state.bench.plan.kind == planFile })
	assert.Contains(t, b.text(), "plan.json")
}

// TestBenchSignatures: what the policy of the installation refuses is given to nobody, by
// no choice of what decides; what it warns of is told, and given until the policy changes.
func TestBenchSignatures(t *testing.T) {
	b := newTable(t, words.English)
	policy := func(p signature.Policy) {
		require.NoError(t, signature.NewStore(b.folder).Change(t.Context(), func(r *signature.Ring) error {
			r.Policy = p
			return nil
		}))
	}
	b.switchOn(bench.LuatUDP)
	require.NoError(t, b.startFleet(demo.LuatUDP, bench.LuatUDP, 1, nil))
	b.until("the package", func() bool { return b.state.pkg.pkg != nil })
	path := filepath.Join(t.TempDir(), "plan.json")
	require.NoError(t, os.WriteFile(path, []byte(fmt.Sprintf(
		`{"unknown":"register","packages":[{"name":"p","files":[%q]}],"rules":[{"package":"p"}]}`, b.state.pkg.pkg.Files[0].Path)), 0o600))
	policy(signature.Require)
	for _, choose := range []func(){b.giveEverybody, func() { b.applyPlan(path) }} {
		choose()
		b.until("the refusal", func() bool { return b.sheet != nil })
		assert.Contains(t, b.text(), "takes signed packages only")
		assert.Contains(t, b.text(), "Ask the publisher")
		b.close()
		assert.Equal(t, planNobody, b.state.bench.plan.kind)
	}
	assert.Zero(t, b.state.bench.counts.Verified)

	policy(signature.Warn)
	b.giveEverybody()
	b.until("the warning", func() bool { return b.sheet != nil })
	assert.Contains(t, b.text(), "nobody vouches for where it comes from")
	b.close()
	assert.Equal(t, planPackage, b.state.bench.plan.kind)
	b.until("the device", func() bool { return b.state.bench.counts.Verified == 1 })

	policy(signature.Require)
	require.NoError(t, b.startFleet(demo.LuatUDP, bench.LuatUDP, 1, nil))
	b.until("its refusal", func() bool {
		return slices.ContainsFunc(b.state.bench.guests, func(g checkin.Guest) bool {
			return g.Phase == checkin.Refused && g.Why.Code == devices.Code(signature.CodeRequired)
		})
	})
}

// TestBenchTrouble: what stands in the way is told where the switch is.
func TestBenchTrouble(t *testing.T) {
	b := newTable(t, words.English)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	for _, c := range []struct{ listen, says string }{
		{taken.Addr().String(), "origin.listen.taken"},
		{"0.0.0.0:0", "bench.everywhere"},
		{"192.0.2.1:0", "origin.listen.nowhere"},
		{"nonsense", "origin.listen.bad"},
	} {
		b.state.bench.chosen = bench.LuatHTTP
		b.state.bench.listen[bench.LuatHTTP] = c.listen
		b.toggleService()
		b.until(c.says, func() bool { return !b.state.bench.turning[bench.LuatHTTP] })
		trouble, failed := b.state.bench.trouble[bench.LuatHTTP]
		assert.True(t, failed, c.listen)
		assert.EqualValues(t, c.says, trouble.Code)
		what, _ := b.book.Trouble(trouble)
		assert.Contains(t, b.text(), what)
		assert.False(t, b.state.bench.status().On)
	}
	b.switchOn(bench.LuatHTTP)
	b.tap(actOff)
	b.until("it is off", func() bool { return !b.state.bench.status().On })
}

// TestBenchFits: the page has room in the smallest window, in both languages.
func TestBenchFits(t *testing.T) {
	for _, lang := range []string{words.English, words.Chinese} {
		b := newTable(t, lang)
		b.switchOn(bench.FTP)
		least := b.pages[placeBench].object().MinSize()
		assert.LessOrEqual(t, least.Width, float32(900-84), lang)
		assert.LessOrEqual(t, least.Height, float32(600), lang)
		b.win.Resize(fyne.NewSize(900, 600))
	}
}

// TestBenchSettlesLater: who stops waiting for a device that has everything keeps an
// open case, which the device itself closes when it asks again, on any day.
func TestBenchSettlesLater(t *testing.T) {
	b := newTable(t, words.English)
	b.switchOn(bench.LuatHTTP)
	_, at, _ := strings.Cut(strings.TrimSuffix(b.state.bench.status().Address, "/"), "://")
	m := luatmodule.New(luatmodule.Options{
		Dialect: luatmodule.RDA8910, Server: at, IMEI: "860000000000017", Project: "DEMO", Core: "Luat_V0033_RDA8910",
		ProjectKey: "K", Version: "1.0.0", Pace: 0.01,
	})
	once := func() luatmodule.Result {
		r, err := m.Once(t.Context())
		require.NoError(t, err)
		return r
	}
	require.Equal(t, luatmodule.None, once().Outcome)
	path := filepath.Join(t.TempDir(), "fw.bin")
	require.NoError(t, demo.WriteFleetPackage(path, demo.LuatHTTP))
	b.openPackage([]string{path})
	b.until("the device", func() bool { return len(b.state.bench.guests) == 1 })
	b.state.bench.marked = b.state.bench.guests[0].Address
	b.upgradeMarked()
	b.until("everything ready", b.state.ready)
	b.start()
	// The stage begins before the device is armed: one that asked in between got nothing.
	b.until("it is armed", func() bool {
		return slices.ContainsFunc(b.state.run.log, func(e updater.Happening) bool { return e.Code == checkin.NoteArmed })
	})
	require.Equal(t, luatmodule.Installed, once().Outcome)
	b.until("it is waited for", func() bool { return b.state.run.cancel == updater.CancelWatching })
	assert.Equal(t, updater.Restart, b.state.run.stage)
	assert.Contains(t, b.text(), b.book.Say(updater.NoteDelivered))
	b.cancel()
	b.until("the report", func() bool { return b.state.run.report != nil })
	assert.Equal(t, updater.Uncertain, b.state.run.outcome)
	b.until("an open case", func() bool { return len(b.state.cases) == 1 && b.state.cases[0].Open })
	require.Equal(t, luatmodule.None, once().Outcome)
	b.until("the case is settled", func() bool { return b.state.run.outcome == updater.Verified })
	assert.Equal(t, "1.0.1", b.state.run.report.After.Firmware)
}

// comesBackOld upgrades a module of that kind that comes back with its old version.
func comesBackOld(t *testing.T, lang string, kind demo.Kind, service bench.Service) *desk {
	t.Helper()
	b := newTable(t, lang)
	b.switchOn(service)
	faults, err := sim.ParseFaults([]string{"keeps-old"}, demo.FleetKinds(kind))
	require.NoError(t, err)
	require.NoError(t, b.startFleet(kind, service, 1, faults))
	b.until("the device and the package", func() bool { return len(b.state.bench.guests) == 1 && b.state.pkg.pkg != nil })
	b.state.bench.marked = b.state.bench.guests[0].Address
	b.upgradeMarked()
	b.until("everything ready", b.state.ready)
	b.start()
	return b
}

// TestBenchComesBackOld: a device that comes back with its old version has failed.
func TestBenchComesBackOld(t *testing.T) {
	b := comesBackOld(t, words.Chinese, demo.LuatUDP, bench.LuatUDP)
	b.until("the report", func() bool { return b.state.run.report != nil })
	assert.Equal(t, updater.FailedOld, b.state.run.outcome)
	assert.Contains(t, b.text(), "1.0.0")
}

// TestBenchStillOld: of one that may yet restart it is said that it still runs the old
// version, where it is upgraded and where it is listed, and it is waited for.
func TestBenchStillOld(t *testing.T) {
	b := comesBackOld(t, words.English, demo.LuatHTTP, bench.LuatHTTP)
	says := b.book.Say(checkin.WhyStill, "1.0.0", "1.0.1", 120.0)
	b.until("its word", func() bool { return strings.Contains(b.text(), says) })
	assert.Equal(t, updater.Restart, b.state.run.stage)
	b.goTo(placeBench)
	b.until("its line", func() bool { return strings.Contains(b.text(), says) })
	b.goTo(placeUpgrade)
	b.cancel()
	b.until("the report", func() bool { return b.state.run.report != nil })
	assert.Equal(t, updater.Uncertain, b.state.run.outcome)
}

// TestBenchUpgradesOverMQTT: an Aliyun device is pushed, fetches from our own host or
// through the broker, and what it says of a failure is shown.
func TestBenchUpgradesOverMQTT(t *testing.T) {
	for _, c := range []struct {
		method devices.Method
		fault  string
		want   updater.Outcome
	}{
		{devices.HTTP, "", updater.Verified},
		{devices.MQTT, "", updater.Verified},
		{devices.MQTT, "wrong-hash", updater.FailedOld},
	} {
		b := newTable(t, words.English)
		b.switchOn(bench.MQTT)
		var faults sim.Faults
		if c.fault != "" {
			var err error
			faults, err = sim.ParseFaults([]string{c.fault}, demo.FleetKinds(demo.Aliyun))
			require.NoError(t, err)
		}
		require.NoError(t, b.startFleet(demo.Aliyun, bench.MQTT, 1, faults))
		b.until("the device and the package", func() bool { return len(b.state.bench.guests) == 1 && b.state.pkg.pkg != nil })
		b.state.bench.marked = b.state.bench.guests[0].Address
		b.upgradeMarked()
		b.until("the device", func() bool { return b.state.device.identity != nil })
		way := b.state.way
		way.method, way.listen = c.method, "127.0.0.1:0"
		b.travel(way)
		b.until("the checks", func() bool { return b.state.checks != nil })
		for _, check := range b.state.checks {
			if check.Override && check.Blocks() {
				b.agree(check.Name, "on this desk")
			}
		}
		b.until("everything ready", b.state.ready)
		b.start()
		b.until("the report", func() bool { return b.state.run.report != nil })
		assert.Equal(t, c.want, b.state.run.outcome, "%s %s: %s", c.method, c.fault, b.text())
		if c.fault != "" {
			assert.Contains(t, b.text(), "-3")
		}
	}
}

// TestBenchSomebodyElsesBroker: user and password are asked for where they are needed,
// and a broker that refuses them is told apart from one that is not there.
func TestBenchSomebodyElsesBroker(t *testing.T) {
	b := newTable(t, words.English)
	b.switchOn(bench.MQTT)
	assert.NotContains(t, b.text(), b.book.Say(labelUser))
	at := b.state.bench.status().Address
	b.state.bench.chosen = bench.MQTTClient
	b.state.bench.listen[bench.MQTTClient] = at
	b.state.bench.user, b.state.bench.password = "desk", "hunter2"
	b.render()
	assert.Contains(t, b.text(), b.book.Say(labelUser))
	b.toggleService()
	b.until("the refusal", func() bool { return !b.state.bench.turning[bench.MQTTClient] })
	assert.EqualValues(t, "aliyun.broker.login", b.state.bench.trouble[bench.MQTTClient].Code)
	assert.NotContains(t, b.text(), "hunter2")
}

// TestBenchTLS: what is chosen for the HTTPS host is what it does.
func TestBenchTLS(t *testing.T) {
	b := newTable(t, words.English)
	b.state.bench.chosen = bench.HTTPS
	b.render()
	b.tap(actTLS)
	assert.Contains(t, b.text(), b.book.Say(noteTLSHow))
	b.close()
	b.state.bench.tls.most = 1 // TLS 1.1
	b.switchOn(bench.HTTPS)
	at := strings.TrimSuffix(strings.TrimPrefix(b.state.bench.status().Address, "https://"), "/")
	for version, works := range map[uint16]bool{tls.VersionTLS11: true, tls.VersionTLS12: false} {
		c, err := tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		assert.Equal(t, works, err == nil, "%x: %v", version, err)
		if err == nil {
			require.NoError(t, c.Close())
		}
	}
	b.tap(actOff)
	b.until("it is off", func() bool { return !b.state.bench.status().On })
	b.state.bench.tls.cert = filepath.Join(t.TempDir(), "missing.pem")
	b.toggleService()
	b.until("the complaint", func() bool { return !b.state.bench.turning[bench.HTTPS] })
	assert.False(t, b.state.bench.status().On)
	assert.Contains(t, b.state.bench.trouble[bench.HTTPS].Detail, "missing.pem")
}

// TestBenchGivesNoBadPackage: what contradicts its sidecar is given to nobody, also
// when a person says "to every device".
func TestBenchGivesNoBadPackage(t *testing.T) {
	b := newTable(t, words.English)
	path := filepath.Join(t.TempDir(), "fw.bin")
	require.NoError(t, demo.WriteFleetPackage(path, demo.LuatUDP))
	require.NoError(t, os.Remove(path+".json"))
	require.NoError(t, os.WriteFile(path+".sha256", []byte(strings.Repeat("0", 64)+"  fw.bin\n"), 0o600))
	b.openPackage([]string{path})
	b.until("the package", func() bool { return b.state.pkg.pkg != nil })
	b.state.way.expect = "9.9.9"
	b.giveEverybody()
	assert.Equal(t, planNobody, b.state.bench.plan.kind)
	require.NotNil(t, b.sheet, "it is said why")
}
