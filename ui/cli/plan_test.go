package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/quectel"
	"fotabench/devices/sim"
	"fotabench/packages/plaintext"
	"fotabench/ui/demo"
	"fotabench/ui/lab"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// Sightings implements lookout: nobody is present.
func (e *engine) Sightings(ctx context.Context, see func([]devices.Sighting)) error {
	see(nil)
	<-ctx.Done()
	return context.Cause(ctx)
}

// plans runs a plan verb and gives what was printed.
func (b *call) plans(t testing.TB, want int, args ...string) string {
	t.Helper()
	b.out.Reset()
	b.err.Reset()
	got := b.run(t, append([]string{"plan"}, args...)...)
	require.Equal(t, want, got, "%v\n%s%s", args, &b.out, &b.err)
	return b.out.String() + b.err.String()
}

// plan is what a plan's document says.
func (b *call) plan(t testing.TB, id string) rollout.Plan {
	t.Helper()
	plan, err := rollout.Parse([]byte(b.plans(t, ExitVerified, "show", id, "--document")))
	require.NoError(t, err)
	return plan
}

// stocked is a call with a package in its library, and the package's id.
func stocked(t testing.TB) (*call, string) {
	t.Helper()
	b := newCall(t)
	fw := b.file(t, "fw.bin", "firmware")
	b.file(t, "fw.bin.json", `{"name":"Modem","targetVersion":"1.1","models":["EC600N"]}`)
	b.shelf(t, ExitVerified, "import", fw)
	return b, hash("firmware")
}

// created makes a draft and gives its id.
func (b *call) created(t testing.TB, document string) string {
	t.Helper()
	b.plans(t, ExitVerified, "create", b.file(t, "plan.json", document), "--json")
	id, _ := b.objects(t)[0]["plan"].(string)
	require.NotEmpty(t, id)
	return id
}

// TestPlanVerbs walks a plan through its life.
func TestPlanVerbs(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	require.Contains(t, b.plans(t, ExitVerified, "list"), "no plans yet")
	id := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg[:8]+`"}],"zone":"Asia/Shanghai","window":{"from":22,"to":6}}`)
	shown := b.plans(t, ExitVerified, "show", "Autumn")
	for _, text := range []string{"Autumn  (" + id + ")", "draft since", "Modem", "Untested", "From 22:00 to 06:00 (Asia/Shanghai)", "Every device", "pauses when 1 device has", "Nobody is asked"} {
		require.Contains(t, shown, text)
	}
	require.NotContains(t, shown, "must still be filled in")

	table := b.file(t, "list.csv", "imei,list\n860000000000001,\n860000000000002,deny\n8.6E+14,\n860000000000001,\n")
	out := b.plans(t, ExitFailed, "import-devices", id, table)
	for _, text := range []string{"1 entry for the allow list, 1 for the deny list; 1 row said", "Line 4", "8.6E+14"} {
		require.Contains(t, out, text)
	}
	require.Contains(t, b.plans(t, ExitVerified, "show", id[:4]), "1 on the allow list: imei:860000000000001")

	// What the program prints can be edited and given back.
	document := b.plans(t, ExitVerified, "show", id, "--document")
	edited := b.file(t, "edited.json", strings.Replace(document, `"name": "Autumn"`, `"name": "Winter"`, 1))
	require.Contains(t, b.plans(t, ExitVerified, "edit", id, edited), "Winter")
	require.Equal(t, strings.Replace(document, "Autumn", "Winter", 1), b.plans(t, ExitVerified, "show", id, "--document"))

	require.Contains(t, b.plans(t, ExitRefused, "activate", id), "was not proved on any real device")
	require.Contains(t, b.plans(t, ExitRefused, "run"), "No plan is active")
	require.Contains(t, b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only", "--by", "ann"), "is active")
	shown = b.plans(t, ExitVerified, "show", id)
	require.Contains(t, shown, "ann let it run all the same")
	require.Contains(t, b.plans(t, ExitRefused, "edit", id, edited), "only a draft can be changed")
	require.Contains(t, b.plans(t, ExitRefused, "delete", id), "is active; a plan at work is not deleted.")
	require.Contains(t, b.plans(t, ExitRefused, "retry", id, "860000000000001"), "has nothing to be tried again")
	require.Contains(t, b.plans(t, ExitVerified, "pause", id, "--reason", "lunch"), "is paused")
	require.Contains(t, b.plans(t, ExitVerified, "show", id), "Reason: lunch")
	require.Contains(t, b.plans(t, ExitVerified, "resume", id), "goes on")
	require.Contains(t, b.plans(t, ExitRefused, "retry", id), "No device of this plan")
	require.Contains(t, b.plans(t, ExitVerified, "stop", id), "for good")
	csv := filepath.Join(b.dir, "out.csv")
	require.Contains(t, b.plans(t, ExitVerified, "export", id, csv), "1 device was written")
	written, err := os.ReadFile(csv)
	require.NoError(t, err)
	require.Contains(t, string(written), "\r\nimei:860000000000001,,,unseen,", "who is named and never came")
	report := filepath.Join(b.dir, "the plan.pdf")
	b.out.Reset()
	require.Equal(t, ExitVerified, b.run(t, "report", "--plan", "Winter", "--out", report, "--sign"), b.err.String())
	require.Contains(t, b.out.String(), "The report of plan “Winter” with 0 devices is "+report)
	require.Contains(t, b.out.String(), "fotabench report check "+plaintext.Argument(report)+" --key", "it can be copied")
	require.Equal(t, ExitVerified, b.run(t, "report", "check", report), b.out.String())
	require.Contains(t, b.out.String(), "Upgrade plan Winter ("+id+")")
	require.Equal(t, ExitRefused, b.run(t, "report", "--plan", "Spring", "--out", filepath.Join(b.dir, "x.pdf")))
	require.Equal(t, ExitUsage, b.run(t, "report", "job-1", "--plan", "Winter", "--out", filepath.Join(b.dir, "x.pdf")))
	b.plans(t, ExitVerified, "list", "--json")
	require.Equal(t, "stopped", b.objects(t)[0]["state"])
	require.Contains(t, b.plans(t, ExitVerified, "delete", id), "was deleted")
	require.Contains(t, b.plans(t, ExitRefused, "show", id), "There is no plan")
}

// TestPlanShowWithoutPackage: where a package is gone, words and JSON say why nothing is
// known of how it stands.
func TestPlanShowWithoutPackage(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	id := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg+`"}],"zone":"Asia/Shanghai"}`)
	b.plans(t, ExitVerified, "show", id, "--json")
	require.NotContains(t, b.objects(t)[0], "trouble")
	b.shelf(t, ExitVerified, "remove", pkg)
	b.shelf(t, ExitVerified, "empty", "--yes")
	require.Contains(t, b.plans(t, ExitVerified, "show", id), "Modem is not in the library")
	b.plans(t, ExitVerified, "show", id, "--json")
	shown := b.objects(t)[0]
	require.NotContains(t, shown, "standings")
	trouble, _ := shown["trouble"].(map[string]any)
	require.Equal(t, "rollout.package", trouble["code"])
	require.Contains(t, trouble["text"], "Modem is not in the library")
	require.NotEmpty(t, trouble["remedy"])
}

// TestPlanDrafts: a draft may be half-done, and what is missing is named by its field; what
// cannot be read at all is a mistake in the call.
func TestPlanDrafts(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	out := b.plans(t, ExitVerified, "create", b.file(t, "p.json", `{"name":"Half","confirm":"confirmed","delivery":{"method":"http"},"parallel":99}`))
	for _, text := range []string{"components:", "texts.en:", "texts.zh-Hans:", "parallel: 99 is not between 1 and 64", "Choose 1 to 8 packages"} {
		require.Contains(t, out, text)
	}
	b.plans(t, ExitRefused, "activate", "Half", "--json")
	all := b.objects(t)
	require.Len(t, all, 1+4, "the complaint and each fault")
	require.Contains(t, all[1]["fault"], "remedy")
	for _, bad := range []string{`{"name":"x","colour":"red"}`, `{}{}`, `nonsense`, `{"version":9,"name":"x"}`} {
		b.plans(t, ExitUsage, "create", b.file(t, "bad.json", bad))
	}
	b.plans(t, ExitUsage, "create", filepath.Join(b.dir, "gone.json"))
	b.created(t, `{"name":"Half","components":[{"package":"`+pkg+`"}]}`)
	require.Contains(t, b.plans(t, ExitUsage, "show", "Half"), "is several plans")
	require.Contains(t, b.plans(t, ExitRefused, "import-devices", "Half", b.file(t, "t.csv", "colour\nred\n")), "does not name the columns")
	for _, args := range []string{"run --port nowhere", "trial Half", "answer Half x maybe", "answer Half", "show", "create", "run --password-env FOTABENCH_NONE"} {
		b.plans(t, ExitUsage, strings.Fields(args)...)
	}
}

// TestPlansAreHeld: while a program has the plans they can be looked at, and whoever wants
// to change them is told who has them.
func TestPlansAreHeld(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	id := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg+`"}]}`)
	l := lab.Open(t.Context(), lab.Options{Folder: b.dir, Engine: b.engine, Who: "the window of ann"})
	require.NoError(t, l.PlansErr)
	require.Contains(t, b.plans(t, ExitFailed, "activate", id, "--reason", "x"), "the window of ann")
	require.Contains(t, b.plans(t, ExitVerified, "list"), "Autumn")
	require.Contains(t, b.plans(t, ExitVerified, "show", id), "Autumn")
	_, err := l.Plans.Plan(id)
	require.NoError(t, err)
	require.NoError(t, l.Plans.Activate(t.Context(), id, "ann", "x"))
	require.Contains(t, b.plans(t, ExitFailed, "run"), "the window of ann")
	require.NoError(t, l.Close())
	b.plans(t, ExitVerified, "pause", id)
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"tcp://127.0.0.1:7100-7109": 10, "tcp://[::1]:1-1": 1, "tcp://h:9-8": 1, "COM5": 1, "tcp://h:1-60000": 1, "/dev/tty-1-2": 1,
	} {
		if got := spread(text); len(got) != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if got := spread("tcp://h:8-10")[2]; got != "tcp://h:10" {
		t.Error(got)
	}
	for in, want := range map[string]string{"860000000000001": "imei:860000000000001", "sn:X1": "sn:X1", "odd": "odd"} {
		if got := deviceID(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestSeveral(t *testing.T) {
	t.Parallel()
	orders, err := several(demo.Order{TCP: "127.0.0.1:7100", Package: "p"}, 3)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:7102", orders[2].TCP)
	require.Empty(t, orders[1].Package)
	orders, err = several(demo.Order{PTY: "/tmp/x"}, 2)
	require.NoError(t, err)
	require.Equal(t, "/tmp/x2", orders[1].PTY)
	for _, c := range []struct {
		at string
		n  int
	}{{"127.0.0.1:65535", 2}, {"nonsense", 2}, {"127.0.0.1:1", 0}, {"127.0.0.1:1", 101}} {
		_, err := several(demo.Order{TCP: c.at}, c.n)
		require.Error(t, err, "%v", c)
	}
}

// fleetOf starts AT modules on TCP ports of this computer, one after another, and gives
// their addresses as flags. The last has the faults.
func fleetOf(t *testing.T, n, baud int, faults ...string) (ports []string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	shelf, ended := &demo.Shelf{}, make(chan error, n)
	orders, err := sim.ParseFaults(faults, demo.Faults(demo.AT))
	require.NoError(t, err)
	t.Cleanup(func() {
		stop()
		for range n {
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	})
	for i := range n {
		o := demo.Order{Kind: demo.AT, TCP: vacant.TCP(t), Baud: baud}
		if i == n-1 {
			o.Faults = orders
		}
		at := make(chan devices.Address, 100) // as often as it restarts
		go func() { ended <- shelf.Run(ctx, o, func(a devices.Address) { at <- a }) }()
		ports = append(ports, "--port", string(<-at))
	}
	return ports
}

// real is a call over the real engine and driver.
func real(t *testing.T) *call {
	t.Helper()
	b := newCall(t)
	b.config.Ways = []devices.Way{{Family: quectel.Family, Role: devices.RoleAT}}
	b.config.Open = func(ctx context.Context, folder string) (Engine, error) {
		return updater.Open(ctx, updater.Config{
			Drivers: []devices.Driver{quectel.New(quectel.Config{})}, Discoverers: []devices.Discoverer{discoverer(nil)}, DataDir: folder,
			Ways:    b.config.Ways,
			Budgets: updater.Budgets{StableFor: 300 * time.Millisecond, Poll: 100 * time.Millisecond},
		})
	}
	fw := filepath.Join(b.dir, "demo.bin")
	require.NoError(t, demo.WritePackage(fw, demo.AT, ""))
	b.shelf(t, ExitVerified, "import", fw, "--json")
	return b
}

// id is that of the first object printed last.
func (b *call) id(t testing.TB) string {
	t.Helper()
	id, _ := b.objects(t)[0]["id"].(string)
	return id
}

// TestPlanRun carries out a plan over simulated modules, which answer at ports that were
// named by hand, to the end: one says no, the others prove what they run.
func TestPlanRun(t *testing.T) {
	t.Parallel()
	b := real(t)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+b.id(t)+`"}],"parallel":2,"stopAfter":0}`)
	ports := fleetOf(t, 3, 0, "end=504")
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	b.plans(t, ExitFailed, append([]string{"run", "--until-done", "--json"}, ports...)...)
	all := b.objects(t)
	require.Equal(t, "begins", all[0]["event"])
	ends, stages := map[string]int{}, map[string]bool{}
	last := map[string]any{}
	for _, o := range all {
		if d, ok := o["device"].(map[string]any); ok {
			last[d["device"].(string)] = d["status"]
			if s, ok := d["stage"].(string); ok {
				stages[s] = true
			}
		}
	}
	for _, s := range last {
		ends[s.(string)]++
	}
	require.Equal(t, map[string]int{"verified": 2, "failed": 1}, ends, "%s", &b.out)
	require.True(t, stages["deliver"] && stages["restart"], stages)
	shown := b.plans(t, ExitVerified, "show", id)
	for _, text := range []string{"2 of 3 done", "failed 1", "Untested", "imei:869339000000010"} {
		require.Contains(t, shown, text)
	}
	// The plan that stops at the first failure ends its run, whoever was not asked yet.
	strict := b.created(t, `{"name":"Strict","components":[{"package":"`+b.plan(t, id).Components[0].Package+`"}]}`)
	b.plans(t, ExitVerified, "activate", strict, "--reason", "simulators only")
	require.Contains(t, b.plans(t, ExitFailed, append([]string{"run", strict, "--until-done"}, ports...)...), "paused")
	// Everybody is through: a second run ends at once, and a trial is for drafts.
	require.Contains(t, b.plans(t, ExitFailed, append([]string{"run", id, "--until-done"}, ports...)...), "2 of 3 done")
	require.Contains(t, b.plans(t, ExitRefused, "trial", id, "--port", ports[1]), "only a draft can be changed")
}

// TestPlanTrial: a draft is tried on one device; a simulator proves nothing.
func TestPlanTrial(t *testing.T) {
	t.Parallel()
	b := real(t)
	pkg := b.id(t)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+pkg+`"}],"targets":{"allow":["imei:860000000000009"]}}`)
	ports := fleetOf(t, 2, 0, "end=504")
	require.Contains(t, b.plans(t, ExitVerified, "trial", id, "--port", ports[1]), "It has every package")
	require.Contains(t, b.plans(t, ExitRefused, "trial", id, "--port", ports[1]), "It has every package")
	require.Contains(t, b.plans(t, ExitFailed, "trial", id, "--port", ports[3]), "old version")
	require.Contains(t, b.plans(t, ExitRefused, "activate", id), "was not proved on any real device")
	require.Contains(t, b.plans(t, ExitVerified, "show", id), "verified")
}

// TestPlanAnswers: a plan that asks goes on once somebody said yes, from another call of
// the program or where it runs.
func TestPlanAnswers(t *testing.T) {
	t.Parallel()
	b := real(t)
	id := b.created(t, `{"name":"My desk","components":[{"package":"`+b.id(t)+`"}],"confirm":"confirmed","parallel":2,
		"texts":{"en":"Ready to be upgraded?","zh-Hans":"可以升级了吗？"}}`)
	ports := fleetOf(t, 2, 0)
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	const first, second = "869339000000010", "869339000000028"
	require.Contains(t, b.plans(t, ExitVerified, append([]string{"answer", id, first, "yes"}, ports...)...), "the answer is kept")
	require.Contains(t, b.plans(t, ExitRefused, append([]string{"answer", id, first, "no"}, ports...)...), "Nobody is asked")

	typed, typing := io.Pipe()
	b.config.In = typed
	out := &transcript{}
	b.config.Out = out
	exit := make(chan int, 1)
	go func() {
		exit <- b.run(t, append([]string{"plan", "run", "--until-done"}, ports...)...)
	}()
	until(t, "the question", func() bool { return strings.Contains(out.String(), "Ready to be upgraded?") })
	for _, line := range []string{"what", "pause nothing", "answer " + id + " " + second + " perhaps", "retry My desk", `answer "My desk" ` + second + " yes"} {
		_, err := io.WriteString(typing, line+"\n")
		require.NoError(t, err)
	}
	require.Equal(t, ExitVerified, <-exit, out.String())
	require.NoError(t, typing.Close())
	require.Contains(t, out.String(), "2 of 2 done")
	for _, text := range []string{"Not understood: what", "There is no plan nothing", "neither yes nor no"} {
		require.Contains(t, b.err.String(), text)
	}
	require.NotContains(t, b.err.String(), "There is no plan My", "a name may have blanks")
}

// TestPlanRunEnds: Ctrl-C ends a run; what began is taken up by the next one.
func TestPlanRunEnds(t *testing.T) {
	t.Parallel()
	b := real(t)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+b.id(t)+`"}],"targets":{"allow":["imei:869339000000010"]}}`)
	ports := fleetOf(t, 1, 921600)
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	out := &transcript{}
	b.config.Out = out
	exit := make(chan int, 1)
	go func() { exit <- b.run(t, append([]string{"plan", "run"}, ports...)...) }()
	until(t, "the upgrade", func() bool { return strings.Contains(out.String(), "Deliver") })
	b.interrupts <- os.Interrupt
	require.Equal(t, ExitVerified, <-exit, out.String())
	require.Contains(t, b.err.String(), "the next run goes on")
	b.config.Out = &b.out
	require.Contains(t, b.plans(t, ExitVerified, append([]string{"run", "--until-done"}, ports...)...), "finished")
}

// TestUntilDone: a run ends when nothing more can happen to the devices that were named,
// and its exit code is the worst of what became of them.
func TestUntilDone(t *testing.T) {
	t.Parallel()
	hand := devices.Sighting{Key: "COM5", Ports: []devices.Port{{Address: "COM5"}}}
	device := func(s rollout.Status) rollout.Overview {
		return rollout.Overview{
			Plan: rollout.Plan{State: rollout.Active}, Totals: rollout.Totals{All: 1, By: map[rollout.Status]int{s: 1}},
			Devices: []rollout.Device{{ID: "imei:1", Status: s, Address: "COM5", Here: true}},
		}
	}
	with := func(o rollout.Overview, change func(*rollout.Overview)) rollout.Overview { change(&o); return o }
	trouble := &updater.Note{Code: "kind.timeout"}
	open := func(here bool) rollout.Overview {
		return with(device(rollout.Uncertain), func(o *rollout.Overview) {
			o.Devices[0].Here, o.Devices[0].Reason.Code = here, rollout.WhyOpen
		})
	}
	for name, c := range map[string]struct {
		snapshot rollout.Snapshot
		hands    []devices.Sighting
		ends     bool
		code     int
	}{
		"open, and it was asked":    {rollout.Snapshot{Plans: []rollout.Overview{open(true)}}, nil, true, ExitUncertain},
		"open, and nobody is there": {rollout.Snapshot{Plans: []rollout.Overview{open(false)}}, nil, true, ExitUncertain},
		"open, and its port is silent": {rollout.Snapshot{
			Plans: []rollout.Overview{open(false)}, Places: []rollout.Place{{Sighting: hand, Trouble: trouble}},
		}, []devices.Sighting{hand}, true, ExitUncertain},
		"open, and somebody was not asked yet": {rollout.Snapshot{
			Plans: []rollout.Overview{open(false)}, Places: []rollout.Place{{Sighting: hand}},
		}, nil, false, 0},
		"verified":           {rollout.Snapshot{Plans: []rollout.Overview{device(rollout.Verified)}}, nil, true, ExitVerified},
		"failed":             {rollout.Snapshot{Plans: []rollout.Overview{device(rollout.Failed)}}, nil, true, ExitFailed},
		"uncertain":          {rollout.Snapshot{Plans: []rollout.Overview{device(rollout.Uncertain)}}, nil, true, ExitUncertain},
		"declined":           {rollout.Snapshot{Plans: []rollout.Overview{device(rollout.Declined)}}, nil, true, ExitCancelled},
		"current":            {rollout.Snapshot{Plans: []rollout.Overview{device(rollout.Current)}}, []devices.Sighting{hand}, true, ExitVerified},
		"running":            {rollout.Snapshot{Plans: []rollout.Overview{device(rollout.Running)}}, nil, false, 0},
		"asking":             {rollout.Snapshot{Plans: []rollout.Overview{device(rollout.Asking)}}, nil, false, 0},
		"waiting":            {rollout.Snapshot{Plans: []rollout.Overview{device(rollout.Waiting)}}, nil, false, 0},
		"nobody yet":         {rollout.Snapshot{Plans: []rollout.Overview{{Plan: rollout.Plan{State: rollout.Active}}}}, nil, false, 0},
		"finished":           {rollout.Snapshot{Plans: []rollout.Overview{{Plan: rollout.Plan{State: rollout.Finished}}}}, nil, true, ExitVerified},
		"somebody not asked": {rollout.Snapshot{Plans: []rollout.Overview{device(rollout.Verified)}}, []devices.Sighting{{Key: "COM6", Ports: []devices.Port{{Address: "COM6"}}}}, false, 0},
		"silent": {rollout.Snapshot{
			Plans: []rollout.Overview{{Plan: rollout.Plan{State: rollout.Active}}}, Places: []rollout.Place{{Sighting: hand, Trouble: trouble}},
		}, []devices.Sighting{hand}, true, ExitFailed},
		"being asked": {rollout.Snapshot{
			Plans: []rollout.Overview{device(rollout.Verified)}, Places: []rollout.Place{{Sighting: hand, Asking: true, Trouble: trouble}},
		}, nil, false, 0},
		"not seen":   {rollout.Snapshot{Plans: []rollout.Overview{with(device(rollout.Verified), func(o *rollout.Overview) { o.Totals.Unseen = 1 })}}, nil, false, 0},
		"cannot run": {rollout.Snapshot{Plans: []rollout.Overview{with(device(rollout.Waiting), func(o *rollout.Overview) { o.Fault = trouble })}}, nil, true, ExitRefused},
		"verified, says the journal": {rollout.Snapshot{Plans: []rollout.Overview{with(device(rollout.Verified), func(o *rollout.Overview) {
			o.Devices[0].Here = false
		})}}, []devices.Sighting{hand}, false, 0},
		"fell back, so that it paused": {rollout.Snapshot{Plans: []rollout.Overview{with(device(rollout.Waiting), func(o *rollout.Overview) {
			o.Plan.State, o.Plan.History = rollout.Paused, []rollout.Change{{Note: trouble}}
		})}}, nil, true, ExitFailed},
		"paused by a person": {rollout.Snapshot{Plans: []rollout.Overview{with(device(rollout.Failed), func(o *rollout.Overview) {
			o.Plan.State = rollout.Paused
		})}}, nil, false, 0},
		"paused by the program": {rollout.Snapshot{Plans: []rollout.Overview{with(device(rollout.Failed), func(o *rollout.Overview) {
			o.Plan.State, o.Plan.History = rollout.Paused, []rollout.Change{{Note: trouble}}
		})}}, []devices.Sighting{hand, {Key: "COM7"}}, true, ExitFailed},
	} {
		tell := &teller{hands: c.hands, last: c.snapshot}
		if got := tell.through(c.snapshot); got != c.ends {
			t.Errorf("%s: ends %v, want %v", name, got, c.ends)
		}
		if !c.ends {
			continue
		}
		code := ExitVerified
		if s, ok := errors.AsType[status](tell.end()); ok {
			code = int(s)
		}
		if code != c.code {
			t.Errorf("%s: exit %d, want %d", name, code, c.code)
		}
	}
}

// TestUntilDoneIsPatient: where a case is open and its device has not answered yet, a run that
// just began does not end; a device that is here was asked, and is not waited for.
func TestUntilDoneIsPatient(t *testing.T) {
	t.Parallel()
	for here, ends := range map[bool]bool{false: false, true: true} {
		one := rollout.Device{ID: "imei:1", Status: rollout.Uncertain, Here: here, Reason: updater.Note{Code: rollout.WhyOpen}}
		s := rollout.Snapshot{Plans: []rollout.Overview{{Plan: rollout.Plan{State: rollout.Active}, Devices: []rollout.Device{one}}}}
		tell := &teller{patient: time.Now().Add(time.Hour), last: s}
		if got := tell.through(s); got != ends {
			t.Errorf("here %v: ends %v", here, got)
		}
		tell.patient = time.Now()
		if !tell.through(s) {
			t.Errorf("here %v: it is waited for without an end", here)
		}
	}
}

// TestOldLookIsLeftOut: a look that was taken earlier and told later changes nothing.
func TestOldLookIsLeftOut(t *testing.T) {
	t.Parallel()
	tell := &teller{}
	for _, at := range []time.Time{began.Add(time.Second), began} {
		tell.see(rollout.Snapshot{At: at})
	}
	if !tell.last.At.After(began) {
		t.Error("the older look was taken for the last")
	}
}

// TestPlansInChinese: what a plan says is told in the other language too, and nothing is
// left without its words.
func TestPlansInChinese(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	id := b.created(t, `{"name":"秋季","components":[{"package":"`+pkg+`"}],"zone":"Asia/Shanghai","targets":{"deny":["sn:9"]}}`)
	b.out.Reset()
	require.Equal(t, ExitVerified, Run(t.Context(), b.config, []string{"plan", "show", id, "--lang", "zh-Hans", "--data-dir", b.dir}))
	for _, text := range []string{"草稿", "未验证", "全天（Asia/Shanghai）", "拒绝名单 1 台", "不询问"} {
		require.Contains(t, b.out.String(), text)
	}
	for _, half := range []string{"plan.", "rollout.", "{0}"} {
		require.NotContains(t, b.out.String(), half)
	}
}

// TestPlanLists: --deny takes a whole table for the deny list, and nobody stands twice.
func TestPlanLists(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	id := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg+`"}],"targets":{"deny":["imei:860000000000001"]}}`)
	table := b.file(t, "list.csv", "imei;serial\n860000000000001;\n;ABC123\n")
	b.plans(t, ExitVerified, "import-devices", id, table, "--deny", "--json")
	require.EqualValues(t, 2, b.objects(t)[0]["deny"])
	plan := b.plan(t, id)
	require.Empty(t, plan.Targets.Allow)
	require.Len(t, plan.Targets.Deny, 2, plan.Targets.Deny)
	b.plans(t, ExitUsage, "import-devices", id, table+".gone")
	said := b.plans(t, ExitRefused, "import-devices", id, b.file(t, "head.csv", "imei,list\n"))
	require.Contains(t, said, "has no row below its first line")
	require.Equal(t, plan, b.plan(t, id))
	b.plans(t, ExitVerified, "import-devices", id, b.file(t, "cr.csv", "imei,list\r860000000000002,deny\r"))
	require.Len(t, b.plan(t, id).Targets.Deny, 3)
}

// TestPlanExportKeepsWhatIsThere: a table replaces a file only with --force, as a report does;
// what is no file is never replaced.
func TestPlanExportKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	id := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg+`"}]}`)
	table := b.file(t, "kept.csv", "mine")
	holds := func(want string) {
		t.Helper()
		text, err := os.ReadFile(table)
		require.NoError(t, err)
		require.Contains(t, string(text), want)
	}
	out := b.plans(t, ExitRefused, "export", id, table)
	require.Contains(t, out, "is there already; nothing was written")
	holds("mine")
	b.plans(t, ExitVerified, "export", id, table, "--force")
	holds("status")
	for _, args := range [][]string{{}, {"--force"}} {
		folder := t.TempDir()
		want := ExitRefused
		if len(args) > 0 {
			want = ExitFailed
		}
		out := b.plans(t, want, append([]string{"export", id, folder}, args...)...)
		require.Contains(t, out, "nothing was written")
	}
}

// TestPlanPassword: a draft too is not kept with a password in an address.
func TestPlanPassword(t *testing.T) {
	b, id := stocked(t)
	said := b.plans(t, ExitRefused, "create", b.file(t, "plan.json", `{"name":"a","components":[{"package":"`+id+`","urls":["http://u:geheim@h/x"]}]}`))
	require.Contains(t, said, "components[0].urls[0]")
	require.NotContains(t, said, "geheim")
	kept := b.created(t, `{"name":"a","components":[{"package":"`+id+`","urls":["http://h/x"]}]}`)
	said = b.plans(t, ExitRefused, "edit", kept, b.file(t, "plan.json", `{"name":"a","components":[{"package":"`+id+`","urls":["http://u:geheim@h:x y/"]}]}`))
	require.NotContains(t, said, "geheim")
	files, err := filepath.Glob(filepath.Join(b.dir, "plans", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil {
			require.NotContains(t, string(text), "geheim")
		}
	}
}

// TestPlanFiles: files that hold no plan that can be read are told, the answer is not the
// whole one, and the packages that they may need stay.
func TestPlanFiles(t *testing.T) {
	b, id := stocked(t)
	plan := b.created(t, `{"name":"a","components":[{"package":"`+id+`"}]}`)
	file := filepath.Join(b.dir, "plans", plan+".plan.json")
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	newer := strings.Replace(string(whole), `"version": 1`, `"version": 3`, 1)
	require.NotEqual(t, string(whole), newer)
	elsewhere := strings.ReplaceAll(newer, id, strings.Repeat("0", 64))
	for _, c := range []struct {
		text, said string
		removed    int
	}{
		{string(whole[:len(whole)/2]), "is damaged and was passed over", ExitRefused},
		{newer, "is from a newer version", ExitRefused},
		{elsewhere, "is from a newer version", ExitVerified},
	} {
		require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
		said := b.plans(t, ExitFailed, "list")
		require.Contains(t, said, c.said)
		require.Contains(t, said, plan)
		require.NotContains(t, said, "no plans yet")
		require.Contains(t, b.plans(t, ExitRefused, "show", plan), c.said)
		b.shelf(t, c.removed, "remove", id)
		after, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, c.text, string(after), "whoever only looks changes nothing")
	}
}
