package ui

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/lab"
	"fotabench/ui/widgets"
	"fotabench/updater/rollout"
	"fotabench/updater/rollout/roster"
)

// followPlans shows how the plans stand as long as the window is open.
func (w *window) followPlans() {
	if w.state.plans.following || w.lab.Plans == nil {
		return
	}
	w.state.plans.following = true
	runner := w.lab.Plans
	w.feed.work(func(ctx context.Context) func() {
		_ = runner.Watch(ctx, func(s rollout.Snapshot) { // ends with ctx
			w.feed.wait(func() {
				w.state.plans.look(s)
				switch {
				case w.page == placePlans:
					w.render()
				case w.sheet != nil && w.sheet.render != nil:
					w.sheet.render() // it may ask what closing would end
				}
			})
		})
		return nil
	})
}

// lookAt chooses a plan.
func (w *window) lookAt(id string) {
	s := &w.state.plans
	s.chosen, s.marked = id, ""
	s.narrow()
	w.render()
}

// readPlan reads what is long of the chosen plan, and what its packages have to show,
// when that may have changed.
func (w *window) readPlan() {
	s := &w.state.plans
	o := s.overview()
	if o == nil || w.lab.Plans == nil || !s.stale(*o) {
		return
	}
	s.read, s.proofs, s.readAt = asOf(*o), proofsOf(*o), s.snapshot.At
	id, runner := o.Plan.ID, w.lab.Plans
	w.feed.work(func(ctx context.Context) func() {
		plan, err := runner.Plan(id)
		if err != nil {
			return nil // it was deleted meanwhile
		}
		standings, unproved := runner.Standings(ctx, id)
		if ctx.Err() != nil || plan.Validate() != nil { // a half-done draft has none
			unproved = nil
		}
		return func() {
			if s.chosen == id {
				s.plan, s.standings, s.unproved = plan, standings, unproved
				w.render()
			}
		}
	})
}

// withPlans does something with the plans in the background; what is its name for people.
func (w *window) withPlans(what string, do func(ctx context.Context, r *rollout.Runner) error) {
	if w.state.plans.doing == "" {
		w.withPlansUntil(what, do, func(err error) {
			if err != nil {
				w.trouble(err)
			}
		})
	}
}

// withPlansUntil is withPlans where end hears how it went; where something is done with
// them already, at once.
func (w *window) withPlansUntil(what string, do func(ctx context.Context, r *rollout.Runner) error, end func(error)) {
	s, runner := &w.state.plans, w.lab.Plans
	if runner == nil || s.doing != "" {
		end(errElsewhere)
		return
	}
	s.doing = what
	w.feed.work(func(ctx context.Context) func() {
		err := do(ctx, runner)
		return func() {
			s.doing, s.read = "", ""
			s.look(runner.Snapshot())
			w.render()
			end(err)
		}
	})
	w.render()
}

// doPlan is withPlans for the chosen plan.
func (w *window) doPlan(what devices.Code, do func(ctx context.Context, r *rollout.Runner, id string) error) {
	id := w.state.plans.chosen
	w.withPlans(w.book.Say(what), func(ctx context.Context, r *rollout.Runner) error { return do(ctx, r, id) })
}

// askPlan asks why before it does something with the chosen plan; the sheet stays until
// that went well.
func (w *window) askPlan(what, act devices.Code, text string, needed bool, do func(ctx context.Context, r *rollout.Runner, id, reason string) error) {
	id := w.state.plans.chosen
	q := question{title: what, act: act, text: text, hint: w.book.Say(noteActivateReason), needed: needed, late: w.trouble}
	w.askUntil(q, func(reason string, end func(error)) {
		w.withPlansUntil(w.book.Say(what), func(ctx context.Context, r *rollout.Runner) error { return do(ctx, r, id, reason) }, end)
	})
}

func (w *window) pausePlan() {
	w.doPlan(actPausePlan, func(_ context.Context, r *rollout.Runner, id string) error { return r.Pause(id, person(), "") })
}

func (w *window) resumePlan() {
	w.doPlan(actResumePlan, func(ctx context.Context, r *rollout.Runner, id string) error { return r.Resume(ctx, id, person(), "") })
}

// stopPlan asks first: it is for good.
func (w *window) stopPlan() {
	w.askPlan(actStopPlan, actStopNow, w.book.Say(noteStopHow), false, func(_ context.Context, r *rollout.Runner, id, reason string) error {
		return r.Stop(id, person(), reason)
	})
}

// previewPlan asks everybody present who it is, and shows how each would stand.
func (w *window) previewPlan() {
	s := &w.state.plans
	if s.plan.ID == s.chosen && s.plan.Validate() != nil {
		w.openForm(s.plan, true)
		return
	}
	w.doPlan(actPreview, func(ctx context.Context, r *rollout.Runner, id string) error {
		_, err := r.Preview(ctx, id)
		return err
	})
}

// deletePlan asks first; for a plan that works it says what to do before.
func (w *window) deletePlan() {
	o := w.state.plans.overview()
	if o == nil {
		return
	}
	remove := func() {
		w.close()
		w.doPlan(actDeletePlan, func(_ context.Context, r *rollout.Runner, id string) error { return r.Delete(id) })
	}
	if o.Plan.State == rollout.Active || o.Plan.State == rollout.Paused {
		args := []any{o.Plan.Name, devices.Code("rollout.state." + string(o.Plan.State))}
		w.ask(w.book.Say(actDeletePlan), w.book.Say(rollout.CodeAtWork, args...)+" "+w.book.Say(rollout.CodeAtWorkRemedy, args...),
			sheetButton{label: actClose, tapped: w.close, primary: true})
		return
	}
	w.ask(w.book.Say(actDeletePlan), w.book.Say(noteDeletePlanHow, o.Plan.Name),
		sheetButton{label: actClose, tapped: w.close, primary: true}, sheetButton{label: actDeletePlan, tapped: remove})
}

// activatePlan finds out what the packages have to show now, and asks: they may have been
// proved since the page was shown, also without this plan.
func (w *window) activatePlan() {
	s := &w.state.plans
	if s.plan.ID != s.chosen || s.plan.State != rollout.Draft {
		return
	}
	if err := s.plan.Validate(); err != nil {
		w.openForm(s.plan, true)
		return
	}
	w.doPlan(actActivate, func(ctx context.Context, r *rollout.Runner, id string) error {
		standings, err := r.Standings(ctx, id)
		if err == nil {
			w.feed.show(func() {
				// The person may have gone elsewhere meanwhile.
				if s.plan.ID == id && s.plan.State == rollout.Draft && w.page == placePlans && w.sheet == nil {
					s.standings, s.unproved = standings, nil
					w.askActivate()
				}
			})
		}
		return err
	})
}

// askActivate asks for the reason where a package was not proved here.
func (w *window) askActivate() {
	s := &w.state.plans
	unproved := len(s.standings) < len(s.plan.Components) ||
		slices.ContainsFunc(s.standings, func(x rollout.Standing) bool { return len(x.Jobs) == 0 })
	text := w.book.Say(noteActivateHow)
	if unproved {
		text = w.book.Say(noteActivateWhy)
	}
	for i, x := range s.standings {
		text += "\n" + w.book.Say(lab.LabelComponent, i+1) + ": " + lab.StandingLine(w.book, x)
	}
	if o := s.overview(); o != nil && len(o.Devices) > 0 {
		text += "\n" + w.book.Say(notePlanPreview, o.Totals.By[rollout.Ready], len(o.Devices))
		if n := o.Totals.By[rollout.Asking]; n > 0 {
			text = w.book.Join(text, w.book.Say(rollout.PreviewAsked, n))
		}
	}
	w.askPlan(actActivate, actActivateNow, text, unproved, func(ctx context.Context, r *rollout.Runner, id, reason string) error {
		return r.Activate(ctx, id, person(), reason)
	})
}

// tryPlan asks on which present device the draft is to be proved.
func (w *window) tryPlan() {
	s := &w.state.plans
	if s.plan.ID == s.chosen && s.plan.Validate() != nil {
		w.openForm(s.plan, true)
		return
	}
	var here []devices.Sighting
	var names []string
	for _, d := range w.state.sightings {
		if !d.DownloadMode && d.Control() != "" {
			here = append(here, d)
			names = append(names, sightingName(d)+" · "+w.where(d))
		}
	}
	if len(here) == 0 {
		w.ask(w.book.Say(actTryPlan), w.book.Say(noteTrialNobody), sheetButton{label: actClose, tapped: w.close, primary: true})
		return
	}
	choice := widget.NewRadioGroup(names, nil)
	choice.Required = true
	choice.SetSelected(names[max(0, slices.IndexFunc(here, known))])
	try := func() {
		w.close()
		i := max(0, slices.Index(names, choice.Selected))
		w.tryOn(here[i])
	}
	w.open(w.book.Say(actTryPlan), border(widgets.NewProse(w.book.Say(noteTrialHow), base.ColorNameForeground), nil, nil, nil, container.NewVScroll(choice)),
		fyne.NewSize(600, 420), nil, sheetButton{label: actClose, tapped: w.close}, sheetButton{label: actTryNow, tapped: try, primary: true})
}

// known tells whether anything is known of what is at the ports of a device: a port of
// this computer itself is seldom what a person means.
func known(d devices.Sighting) bool {
	return slices.ContainsFunc(d.Ports, func(p devices.Port) bool { return p.Role != devices.RoleUnknown })
}

// askedElsewhere is how long a device is waited for that is in use: the Upgrade page may
// just be asking it who it is, which takes a module some seconds.
const askedElsewhere = 10 * time.Second

// tryOn proves the draft on one device.
func (w *window) tryOn(at devices.Sighting) {
	id := w.state.plans.chosen
	w.withPlans(w.book.Say(notePlanTrying, sightingName(at)), func(ctx context.Context, r *rollout.Runner) error {
		device, err := r.Trial(ctx, id, at, person())
		for limit := time.Now().Add(askedElsewhere); errors.Is(err, devices.Busy) && time.Now().Before(limit) && ctx.Err() == nil; {
			pause := time.NewTimer(tick)
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
			pause.Stop()
			device, err = r.Trial(ctx, id, at, person())
		}
		if err == nil {
			w.feed.show(func() { w.state.plans.marked = device })
		}
		return err
	})
}

// retryDevice gives a device another try, "" all that failed.
func (w *window) retryDevice(device string) {
	w.doPlan(actRetry, func(_ context.Context, r *rollout.Runner, id string) error { return r.Retry(id, device, person()) })
}

// answerDevice is the person's yes or no for a device.
func (w *window) answerDevice(device string, yes bool) {
	w.doPlan(actYes, func(_ context.Context, r *rollout.Runner, id string) error {
		return r.Answer(id, device, yes, person(), w.book.Lang())
	})
}

// showReport opens an upgrade in the history.
func (w *window) showReport(job string) {
	h := w.at(placeHistory).(*historyPage)
	h.job = job
	h.clear()
	w.goTo(placeHistory)
}

// exportPlan writes how the devices of the plan stand as a table.
func (w *window) exportPlan() {
	o := w.state.plans.overview()
	if o == nil {
		return
	}
	now, book, plans := *o, w.book, w.lab.Plans
	w.saveAs(fileName(now.Plan.Name)+".csv", func(_ context.Context, out io.Writer) error {
		account, err := plans.Account(now.Plan.ID)
		if err != nil {
			return err
		}
		return roster.Export(out, now, account.Unseen, book.Note)
	})
}

// fileName is a name that every system takes for a file.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, name)
}

// newPlan opens the form of a new draft.
func (w *window) newPlan() {
	if w.lab.Plans != nil {
		w.openForm(lab.NewPlan(), false)
	}
}

// editPlan opens the form of the chosen draft.
func (w *window) editPlan() {
	if s := &w.state.plans; s.plan.ID == s.chosen && s.plan.State == rollout.Draft {
		w.openForm(s.plan, false)
	}
}
