package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/quectel"
	"fotabench/devices/sim"
	"fotabench/packages/library"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/ui/lab"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
	"fotabench/updater/rollout/roster"
)

// newPlanDesk is a window over the real engine and simulated AT modules, on the page of
// the plans, with the package that they take in its library.
func newPlanDesk(t *testing.T, lang string) (*desk, *library.Entry) {
	t.Helper()
	shelf, folder := &demo.Shelf{}, t.TempDir()
	ways := []devices.Way{{Family: quectel.Family, Role: devices.RoleAT}}
	engine, err := updater.New(updater.Config{
		Drivers: []devices.Driver{quectel.New(quectel.Config{})}, Discoverers: []devices.Discoverer{shelf}, Ways: ways, DataDir: folder,
		Budgets: updater.Budgets{StableFor: 300 * time.Millisecond, Poll: 100 * time.Millisecond},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, engine.Close()) })
	b := newBench(t, engine, lang, cli.Window{Folder: folder})
	b.cfg.Simulate = shelf.Run
	path := folder + "/demo.bin"
	require.NoError(t, demo.WritePackage(path, demo.AT, ""))
	got, err := b.lab.Library.Import(t.Context(), []string{path}, library.ImportOptions{})
	require.NoError(t, err)
	b.goTo(placePlans)
	return b, got.Entry
}

// plug runs a simulated module at full speed.
func (b *desk) plug(faults ...string) {
	b.t.Helper()
	orders, err := sim.ParseFaults(faults, demo.Faults(demo.AT))
	require.NoError(b.t, err)
	n := len(b.state.sightings)
	b.simulate(demo.Order{Kind: demo.AT, TCP: vacant.TCP(b.t), Faults: orders}, false)
	b.until("the module", func() bool { return len(b.state.sightings) == n+1 })
}

// totals counts the devices of the chosen plan.
func (b *desk) totals() rollout.Totals {
	if o := b.state.plans.overview(); o != nil {
		return o.Totals
	}
	return rollout.Totals{}
}

// form is the open form of a plan.
func openedForm(b *desk, p rollout.Plan) *planForm {
	b.t.Helper()
	f := &planForm{w: b.window, plan: p, faults: map[string]*widgets.Prose{}}
	f.fill()
	f.state = widgets.NewProse("", "")
	f.leaving = newPlanLeaving(f)
	f.content()
	return f
}

// TestAPlanWithoutItsPackage: the page says why nothing is known of a package that is gone.
func TestAPlanWithoutItsPackage(t *testing.T) {
	b, pkg := newPlanDesk(t, words.Chinese)
	f := openedForm(b, lab.NewPlan())
	f.name.SetText("Autumn")
	f.parts.add(pkg)
	f.save()
	b.until("the draft", func() bool { return len(b.state.plans.standings) == 1 })
	b.close()
	gone := b.book.Say(rollout.CodePackage, pkg.Name())
	assert.NotContains(t, b.text(), gone)
	require.NoError(t, b.lab.Library.Remove(t.Context(), pkg.ID))
	require.NoError(t, b.lab.Library.Empty(t.Context(), pkg.ID))
	b.state.plans.read = "" // as when somebody looks at it anew
	b.render()
	b.until("the reason", func() bool { return strings.Contains(b.text(), gone) })
	assert.Contains(t, b.text(), b.book.Say(rollout.CodePackage+".remedy"))
	_, err := b.lab.Library.Import(t.Context(), []string{b.folder + "/demo.bin"}, library.ImportOptions{})
	require.NoError(t, err)
	b.state.plans.read = ""
	b.render()
	b.until("its return", func() bool { return !strings.Contains(b.text(), gone) })
}

// TestAPlanFromDraftToEnd: written in the form, activated with a reason, carried out over
// three modules, of which one says no; it is tried again, and its report can be read.
func TestAPlanFromDraftToEnd(t *testing.T) {
	b, pkg := newPlanDesk(t, words.English)
	assert.Contains(t, b.text(), b.book.Say(noteNoPlans))
	for _, fault := range []string{"", "", "end=504"} {
		b.plug(strings.Fields(fault)...)
	}
	f := openedForm(b, lab.NewPlan())
	f.name.SetText("Autumn")
	f.save()
	b.until("the draft", func() bool { return b.state.plans.plan.Name == "Autumn" })
	assert.Contains(t, f.place("components").Text(), b.book.Say(rollout.FaultComponents, rollout.MaxComponents))
	assert.Contains(t, f.state.Text(), b.book.Say(noteDraftSaved, 1))

	f = openedForm(b, b.state.plans.plan)
	f.parts.add(pkg)
	f.stopAfter.SetText("0")
	f.atOnce.SetText("three")
	f.save()
	assert.Contains(t, f.place("parallel").Text(), b.book.Say(noteNoNumber, "three"))
	f.atOnce.SetText("3")
	f.save()
	b.until("the package in the plan", func() bool { return len(b.state.plans.standings) == 1 })
	assert.Contains(t, b.text(), b.book.Say(lab.SaysUntested))

	b.tap(actActivate)
	b.until("the question", func() bool { return b.sheet != nil })
	assert.Contains(t, b.text(), b.book.Say(lab.SaysUntested), "why a reason is needed")
	b.tap(actActivateNow)
	assert.Contains(t, b.text(), b.book.Say(noteNeeded), "nothing without a reason")
	b.close()
	b.doPlanNow(func() error { return b.lab.Plans.Activate(t.Context(), b.state.plans.chosen, "ann", "simulators only") })
	b.until("the end of all three", func() bool { n := b.totals(); return n.By[rollout.Verified] == 2 && n.By[rollout.Failed] == 1 })
	assert.Contains(t, b.text(), b.book.Say(notePlanTotals, 2, 3, 66))
	first := b.state.plans.shown[0]
	assert.Equal(t, rollout.Failed, first.Status, "failures come first")
	assert.Contains(t, b.text(), b.book.Note(first.Reason))

	b.tap(actDeletePlan)
	b.until("the refusal", func() bool { return b.sheet != nil })
	assert.Contains(t, b.text(), b.book.Say(rollout.CodeAtWorkRemedy), "an active plan cannot be deleted")
	assert.NotContains(t, b.text(), b.book.Say(noteTrouble))
	b.close()
	b.state.plans.marked = first.ID
	b.render()
	b.tap(actRetry)
	b.until("another try", func() bool { return b.totals().By[rollout.Failed] == 0 })
	b.until("its end", func() bool { return b.totals().By[rollout.Failed] == 1 })
	b.render()
	b.tap(actReport)
	b.until("its report", func() bool { return strings.Contains(b.text(), strings.TrimPrefix(first.ID, "imei:")) })
	b.goTo(placePlans)
	b.tap(actPausePlan)
	b.until("the pause", func() bool { return b.state.plans.overview().Plan.State == rollout.Paused })
	b.tap(actResumePlan)
	b.until("it goes on", func() bool { return b.state.plans.overview().Plan.State == rollout.Active })
}

// TestAnOlderPictureOfThePlans: what waited for its turn while a plan was saved takes the
// choice from nobody; where the plan is gone, what was being read for it is forgotten.
func TestAnOlderPictureOfThePlans(t *testing.T) {
	at := time.Unix(1, 0)
	plan := func(id string) rollout.Overview { return rollout.Overview{Plan: rollout.Plan{ID: id}} }
	s := plansState{chosen: "new", read: "new"}
	s.look(rollout.Snapshot{At: at, Plans: []rollout.Overview{plan("old"), plan("new")}})
	s.look(rollout.Snapshot{At: at.Add(-1), Plans: []rollout.Overview{plan("old")}})
	assert.Equal(t, "new", s.chosen)
	assert.Equal(t, "new", s.read)
	s.look(rollout.Snapshot{At: at, Plans: []rollout.Overview{plan("old")}})
	assert.Equal(t, "old", s.chosen)
	assert.Empty(t, s.read)
}

// TestAPlanThatIsNotStopped: the sheet stays with the reason that was typed, and says why.
func TestAPlanThatIsNotStopped(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			b, pkg := newPlanDesk(t, lang)
			f := openedForm(b, lab.NewPlan())
			f.name.SetText("Autumn")
			f.parts.add(pkg)
			f.save()
			b.until("the draft", func() bool { return b.state.plans.plan.Name == "Autumn" })
			b.stopPlan() // a draft is not stopped
			reason := find[*widgets.Entry](b)[0]
			reason.SetText("no module left")
			test.Tap(b.last(actStopNow))
			b.until("the refusal", func() bool { return b.state.plans.doing == "" })
			require.NotNil(t, b.sheet)
			assert.Contains(t, b.text(), b.book.Say(rollout.CodeStateRemedy))
			assert.Equal(t, "no module left", find[*widgets.Entry](b)[0].Text, "it must be typed again")

			test.Tap(b.last(actStopNow))
			b.close()
			b.until("what is told of it", func() bool { return b.sheet != nil })
			assert.Contains(t, b.text(), b.book.Say(rollout.CodeStateRemedy))
			b.close()

			b.until("the package in the plan", func() bool { return len(b.state.plans.standings) == 1 })
			b.tap(actActivate)
			// What the packages have to show is looked up until a moment after the sheet is there.
			b.until("the question", func() bool { return b.sheet != nil && b.state.plans.doing == "" })
			find[*widgets.Entry](b)[0].SetText("simulators only")
			test.Tap(b.last(actActivateNow))
			b.until("it works", func() bool { return b.sheet == nil && b.state.plans.overview().Plan.State == rollout.Active })
		})
	}
}

// doPlanNow does something on the test's own goroutine, while the window goes on.
func (b *desk) doPlanNow(do func() error) {
	b.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- do() }()
	var err error
	b.until("it was done", func() bool {
		select {
		case err = <-ended:
			return true
		default:
			b.render()
			return false
		}
	})
	require.NoError(b.t, err)
}

// TestAPlanThatAsks: the question is put in the window's language, and no means no.
func TestAPlanThatAsks(t *testing.T) {
	b, pkg := newPlanDesk(t, words.Chinese)
	b.plug()
	p := lab.NewPlan()
	p.Name, p.Components = "秋季", []rollout.Component{{Package: pkg.ID, Name: pkg.Name()}}
	p.Confirm, p.Texts = rollout.Confirmed, map[string]string{rollout.English: "Now?", rollout.Chinese: "现在升级吗？"}
	kept, err := b.lab.Plans.Save(p, "ann")
	require.NoError(t, err)
	b.doPlanNow(func() error { return b.lab.Plans.Activate(t.Context(), kept.ID, "ann", "simulators only") })
	b.until("the question", func() bool { return b.totals().By[rollout.Asking] == 1 })
	b.state.plans.marked = b.state.plans.shown[0].ID
	b.render()
	assert.Contains(t, b.text(), "现在升级吗？")
	b.tap(actNo)
	b.until("the no", func() bool { return b.totals().By[rollout.Declined] == 1 })
	b.retryDevice(b.state.plans.marked)
	b.until("the question again", func() bool { return b.totals().By[rollout.Asking] == 1 })
	b.render()
	b.tap(actYes)
	b.until("the upgrade", func() bool { return b.totals().By[rollout.Running] == 1 })
	b.goTo(placeHistory)
	own := &run{outcome: updater.Running, cancel: updater.CancelSafe}
	b.state.run = own
	b.quit()
	require.NotNil(t, b.sheet, "closed while a plan upgrades a device")
	assert.Contains(t, b.text(), b.book.Say(quitSafe))
	own.outcome = updater.Verified
	b.render()
	assert.NotContains(t, b.text(), b.book.Say(quitSafe), "what the person upgraded has ended, the plan goes on")
	assert.Contains(t, b.text(), b.book.Say(noteQuit))
	assert.Contains(t, b.text(), b.book.Say(noteQuitPlans, 1))
	b.until("the end", func() bool { return b.totals().By[rollout.Verified] == 1 })
	b.until("what the question says now", func() bool { return !strings.Contains(b.text(), b.book.Say(noteQuit)) })
	assert.Contains(t, b.text(), b.book.Say(noteQuitEnded))
	assert.Contains(t, b.text(), b.book.Say(quitNothing))
	b.tap(actStay)
}

// TestActivatingLooksAnew: what was proved since the page was shown needs no reason.
func TestActivatingLooksAnew(t *testing.T) {
	b, pkg := newPlanDesk(t, words.English)
	p := lab.NewPlan()
	p.Name, p.Components = "Autumn", []rollout.Component{{Package: pkg.ID}}
	_, err := b.lab.Plans.Save(p, "ann")
	require.NoError(t, err)
	b.until("the plan", func() bool { return len(b.state.plans.standings) == 1 })
	b.state.plans.standings[0].Jobs = []string{"what was true a minute ago"}
	b.tap(actActivate)
	assert.True(t, b.button(actActivate).Disabled(), "it looks first")
	b.until("the question", func() bool { return b.sheet != nil })
	assert.Contains(t, b.text(), b.book.Say(lab.SaysUntested))
	assert.Contains(t, b.text(), b.book.Say(noteActivateWhy))
}

// TestATrial: a draft is carried out on the device that was chosen, and on no other.
func TestATrial(t *testing.T) {
	b, pkg := newPlanDesk(t, words.English)
	p := lab.NewPlan()
	p.Name, p.Components = "Autumn", []rollout.Component{{Package: pkg.ID}}
	p.Targets.Allow = []string{"imei:860000000000001"}
	_, err := b.lab.Plans.Save(p, "ann")
	require.NoError(t, err)
	b.until("the plan", func() bool { return b.state.plans.plan.Name == "Autumn" })
	b.tap(actTryPlan)
	assert.Contains(t, b.text(), b.book.Say(noteTrialNobody))
	b.close()
	b.plug()
	b.plug()
	here := b.state.sightings
	unknown := devices.Sighting{Key: "port", Name: "ttyS0", Ports: []devices.Port{{Address: "/dev/ttyS0"}}}
	b.state.sightings = append([]devices.Sighting{unknown}, here...)
	b.keysReach()
	b.tap(actTryPlan)
	b.keysReach()
	assert.Equal(t, sightingName(here[0])+" · "+b.where(here[0]), find[*widget.RadioGroup](b)[0].Selected, "a port of this computer is seldom meant")
	assert.Contains(t, b.text(), b.book.Say(noteTrialHow))
	b.tap(actTryNow)
	b.until("the proof", func() bool {
		require.Nil(t, b.sheet, b.text())
		return b.totals().By[rollout.Verified] == 1
	})
	assert.Len(t, b.state.plans.overview().Devices, 1)
	assert.Equal(t, 2, b.totals().All, "the one on the list was never here")
	b.tap(actDeletePlan)
	b.tap(actDeletePlan)
	b.until("nothing", func() bool { return b.state.plans.overview() == nil })
}

// crowd is a snapshot of a plan in a state with devices of each status.
func crowd(state rollout.State, n int) rollout.Snapshot {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	o := rollout.Overview{
		Plan:   rollout.Plan{ID: "plan0001", Name: "Autumn", State: state, History: []rollout.Change{{At: at, State: state, By: "ann", Reason: "why not"}}},
		Totals: rollout.Totals{By: map[rollout.Status]int{}},
	}
	all := rollout.Statuses()
	for i := range n {
		d := rollout.Device{
			ID: fmt.Sprintf("imei:86000000%07d", i), Model: "EC25", Version: "R01", Status: all[i%len(all)], Job: "job", Stage: updater.Deliver,
			Reason: updater.Note{Code: rollout.WhyRunning}, Part: 0.5,
		}
		o.Devices = append(o.Devices, d)
		o.Totals.By[d.Status]++
		o.Totals.All++
	}
	return rollout.Snapshot{At: at, Plans: []rollout.Overview{o}}
}

// TestPlanStates: each state offers what can be done in it and no more, and each status is
// said in both languages.
func TestPlanStates(t *testing.T) {
	offers := map[rollout.State][]devices.Code{
		rollout.Draft: {actEditPlan, actPreview, actTryPlan, actActivate}, rollout.Active: {actPausePlan, actStopPlan, actRetryAll},
		rollout.Paused: {actResumePlan, actStopPlan, actRetryAll}, rollout.Stopped: nil, rollout.Finished: nil,
	}
	for _, lang := range bothLanguages {
		b := newBench(t, newFakeEngine(), lang, cli.Window{})
		b.goTo(placePlans)
		for state, acts := range offers {
			b.state.plans.look(crowd(state, 22))
			b.render()
			text := b.text()
			assert.Contains(t, text, stateName(b.book, state))
			assert.Contains(t, text, "why not")
			for _, every := range offers {
				for _, act := range every {
					assert.Equal(t, slices.Contains(acts, act), strings.Contains(text, "["+b.book.Say(act)+"]"), "%s %s: %s", lang, state, act)
				}
			}
			for _, d := range b.state.plans.shown {
				line := planDeviceLine(b.book, d)
				assert.NotContains(t, line, "rollout.", lang)
				b.state.plans.marked = d.ID
				b.render()
				assert.Contains(t, b.text(), b.book.Say(actReport))
				asks := (state == rollout.Active || state == rollout.Paused) && d.Status == rollout.Asking
				assert.Equal(t, asks, strings.Contains(b.text(), b.book.Say(actYes)), "%s %s", state, d.Status)
			}
		}
	}
}

// TestManyPlanDevices: five thousand devices are shown, narrowed and updated without
// anybody waiting.
func TestManyPlanDevices(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	b.goTo(placePlans)
	snapshot := crowd(rollout.Active, 5000)
	var each time.Duration // in the round in which this computer did the least beside it
	for range 20 {
		began := time.Now()
		b.state.plans.look(snapshot)
		b.render()
		each = least(each, time.Since(began))
	}
	t.Logf("%s an update", each)
	assert.Less(t, each, 250*time.Millisecond, "a few times a second")
	require.Equal(t, 5000, len(b.state.plans.shown))
	p := b.pages[placePlans].(*plansPage)
	p.text.SetText("860000000000042")
	require.Equal(t, 1, len(b.state.plans.shown))
	p.text.SetText("")
	p.status.SetSelectedIndex(1 + slices.Index(urgent, rollout.Failed))
	for _, d := range b.state.plans.shown {
		assert.Equal(t, rollout.Failed, d.Status)
	}
	p.list.Select(3)
	marked := b.state.plans.marked
	require.NotEmpty(t, marked)
	snapshot.Plans[0].Devices = snapshot.Plans[0].Devices[:2000]
	slices.Reverse(snapshot.Plans[0].Devices)
	b.state.plans.look(snapshot)
	b.render()
	assert.Equal(t, marked, b.state.plans.marked, "the foot stays with the device")
	assert.Contains(t, p.who.Text(), strings.TrimPrefix(marked, "imei:"))
}

// TestPlanForm: what is typed is what the plan says, and the other way round.
func TestPlanForm(t *testing.T) {
	b, pkg := newPlanDesk(t, words.English)
	p := rollout.Plan{
		Name: "Autumn", Components: []rollout.Component{{Package: pkg.ID, Name: "fw", Expect: "R02", URLs: []string{"https://example.org/fw"}}},
		Targets: rollout.Targets{
			Models: []string{"EC25", "EC21"}, Sources: []string{"R01"}, Allow: []string{"imei:860000000000001", "sn:X1"},
			Deny: []string{"mac:001122334455"}, Ranges: [][2]uint64{{860000000000001, 860000000000099}},
		},
		MinBattery: 30, MinSignal: 12, Zone: "Asia/Shanghai", Window: rollout.Window{From: 22, To: 6}, Confirm: rollout.Confirmed,
		Texts: map[string]string{rollout.English: "Now?", rollout.Chinese: "现在？"}, Parallel: 4, StopAfter: 2,
		Delivery: rollout.Delivery{Method: devices.HTTP, Listen: "127.0.0.1:8080", StopProgram: true, HoldRestart: true},
	}
	f := openedForm(b, p)
	said, bad := f.said()
	assert.Empty(t, bad)
	assert.Equal(t, p, said)
	f.ranges.SetText("860000000000001 – 860000000000099\n860000000000500\nhello")
	f.allow.field.SetText("860000000000001, sn:X1")
	said, bad = f.said()
	require.Len(t, bad, 1)
	assert.Contains(t, bad[0].text, "hello")
	assert.Equal(t, [2]uint64{860000000000500, 860000000000500}, said.Targets.Ranges[1])
	assert.Equal(t, p.Targets.Allow, said.Targets.Allow)

	long := make([]string, 5000)
	for i := range long {
		long[i] = fmt.Sprintf("imei:8600000%08d", i)
	}
	f.add(roster.Roster{Allow: long, Bad: 1, Problems: []roster.Problem{{Line: 7, Code: roster.ProblemNobody}}})
	assert.Equal(t, 5001, len(f.allow.said()), "one of them was there")
	assert.Contains(t, f.allow.count.Text(), "5001")
	assert.Contains(t, f.table.Text(), "Line 7")
	f.parts.add(pkg)
	f.parts.swap(0, 1)
	assert.Equal(t, "R02", f.parts.list[1].Expect)
	f.zone.SetText("berl")
	assert.Equal(t, []string{"Europe/Berlin"}, lab.Zones("berl"))
	f.complain(rollout.Plan{Targets: rollout.Targets{Allow: []string{"x"}}}.Validate())
	for _, field := range []string{"name", "components", "targets.allow", "zone", "confirm", "parallel"} {
		assert.NotEmpty(t, f.faults[field].Text(), field)
	}
}

// TestPlansFit: the page has room in the smallest window, in both languages.
func TestPlansFit(t *testing.T) {
	for _, lang := range bothLanguages {
		b := newBench(t, newFakeEngine(), lang, cli.Window{})
		b.goTo(placePlans)
		for _, state := range []rollout.State{rollout.Draft, rollout.Active} {
			b.state.plans.look(crowd(state, 30))
			b.state.plans.marked = b.state.plans.shown[0].ID
			b.render()
			least := b.pages[placePlans].object().MinSize()
			assert.LessOrEqual(t, least.Width, float32(900-84), lang)
			assert.LessOrEqual(t, least.Height, float32(600), lang)
			b.win.Resize(fyne.NewSize(900, 600))
		}
	}
}
