package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"

	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// plansHeld says why the window has not the plans, and else what was wrong with their
// files when they were read.
type plansHeld struct {
	w        *window
	root     *fyne.Container
	why      *widgets.Prose
	again    *widgets.Button
	refused  *fyne.Container // of why and again
	notices  *widgets.Prose
	remarked *fyne.Container // of notices and their button
}

func newPlansHeld(w *window) *plansHeld {
	h := &plansHeld{w: w, why: widgets.NewProse("", base.ColorNameError), notices: widgets.NewProse("", base.ColorNameWarning)}
	h.again = widgets.NewButton(w.book.Say(actTryAgain), w.claimPlans, w.escape)
	h.refused = column(10, h.why, container.NewHBox(h.again))
	h.remarked = column(10, h.notices, container.NewHBox(widgets.NewButton(w.book.Say(actRead), w.readPlanNotices, w.escape)))
	h.root = column(0, h.refused, h.remarked)
	return h
}

func (h *plansHeld) render() {
	w := h.w
	h.again.Allow(!w.state.plans.claiming)
	hide(h.refused, w.lab.Plans != nil)
	if err := w.lab.PlansErr; w.lab.Plans == nil && err != nil {
		what, remedy := w.book.Trouble(words.Explain(err))
		h.why.Set(w.book.Join(w.book.Say(notePlansElsewhere), what, remedy, w.book.Say(notePlansTried, w.state.plans.tried.Format(time.TimeOnly))))
	}
	var lines []string
	for _, n := range w.state.notices {
		if ofPlans(n) {
			lines = append(lines, w.book.Note(n))
		}
	}
	hide(h.remarked, len(lines) == 0)
	h.notices.Set(strings.Join(lines, "\n"))
}

// ofPlans tells whether a remark is about the files of plans.
func ofPlans(n updater.Note) bool {
	return n.Code == rollout.NoteKept || n.Code == rollout.NoteNewer || n.Code == rollout.NoteLocked
}

// readPlanNotices takes the remarks about the files of plans off the pages.
func (w *window) readPlanNotices() {
	w.state.notices = slices.DeleteFunc(w.state.notices, ofPlans)
	w.render()
}

// claimPlans tries once more to have the plans, and carries them out.
func (w *window) claimPlans() {
	s := &w.state.plans
	if s.claiming || w.lab.Plans != nil {
		return
	}
	s.claiming = true
	w.feed.work(func(ctx context.Context) func() {
		take := w.lab.Claim(ctx)
		return func() {
			s.claiming, s.tried = false, time.Now()
			if take(); w.lab.Plans != nil {
				w.state.notices = append(w.state.notices, w.lab.Notices...)
				w.carryOut()
				w.followPlans()
			}
			w.render()
		}
	})
	w.render()
}

// carryOut carries the plans out as long as the window is open.
func (w *window) carryOut() {
	runner := w.lab.Plans
	w.feed.work(func(ctx context.Context) func() {
		if err := runner.Run(ctx); err != nil && ctx.Err() == nil {
			return func() { w.trouble(err) }
		}
		return nil
	})
}
