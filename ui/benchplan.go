package ui

import (
	"context"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices/checkin"
	"fotabench/packages"
	"fotabench/ui/bench"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater"
)

// choosePlan asks what devices are given that nobody chose.
func (w *window) choosePlan() {
	if w.cfg.Bench == nil {
		return
	}
	b := w.book
	nobody, file := b.Say(notePlanNobody), b.Say(notePlanFromFile)
	options := []string{nobody}
	all := ""
	if pkg := w.state.pkg.pkg; pkg != nil && w.state.pkgTarget() != "" {
		all = b.Say(notePlanPackage, pkg.Name+" · "+w.state.pkgTarget())
		options = append(options, all)
	}
	choice := widget.NewRadioGroup(append(options, file), nil)
	choice.Required = true
	choice.Selected = map[planKind]string{planNobody: nobody, planPackage: all, planFile: file}[w.state.bench.plan.kind]
	apply := func() {
		w.close()
		switch choice.Selected {
		case nobody:
			w.deciding.clear()
			w.cfg.Bench.SetRules(nil)
			w.state.bench.plan = planState{kind: planNobody}
		case all:
			w.giveEverybody()
		case file:
			w.choosePlanFile()
		}
		w.render()
	}
	content := column(10, widgets.NewProse(b.Say(notePlanHow), theme.Dim), choice)
	w.open(b.Say(actPlan), content, fyne.NewSize(600, 300), nil,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actDone, tapped: apply, primary: true})
}

// pkgTarget is the version that the chosen package leads to.
func (s *state) pkgTarget() string {
	return updater.Plan{Package: s.pkg.pkg, ExpectVersion: strings.TrimSpace(s.way.expect)}.TargetVersion()
}

// giveEverybody gives the chosen package to every device that runs something older, if
// the policy for signatures lets nobody object.
func (w *window) giveEverybody() {
	pkg := *w.state.pkg.pkg
	if t := pkg.Trust(); t.Level == packages.Red {
		w.trouble(&packages.Error{Op: "plan", Code: t.Code, Args: t.Args})
		return
	}
	pkg.Manifest.TargetVersion = w.state.pkgTarget()
	module := pkg.Manifest.Module
	if module == "default" {
		module = ""
	}
	w.decide(planState{kind: planPackage, name: pkg.Name}, func(ctx context.Context) (func(), *checkin.Rules, error) {
		offer, err := bench.Judge(w.desk.Judge).Guarded(ctx, checkin.Offer{Package: &pkg, Module: module})
		rules := &checkin.Rules{Register: true, Rules: []checkin.Rule{{Offer: offer}}}
		return func() { w.cfg.Bench.SetRules(rules) }, rules, err
	})
}

// decide prepares rules and lets them decide, unless a person chose otherwise meanwhile;
// what the policy for signatures has to say of their packages is told.
func (w *window) decide(to planState, prepare func(context.Context) (apply func(), rules *checkin.Rules, err error)) {
	w.feed.replace(&w.deciding, func(ctx context.Context) func() {
		apply, rules, err := prepare(ctx)
		if err != nil {
			return func() { w.trouble(err) }
		}
		vouched := bench.Judge(w.desk.Judge).Vouched(ctx, rules)
		return func() {
			apply()
			w.state.bench.plan = to
			w.render()
			w.doubt(vouched)
		}
	})
}

// doubt tells of packages that are handed out although the policy for signatures warns.
func (w *window) doubt(vouched []bench.Vouched) {
	var lines []string
	for _, v := range vouched {
		if v.Level == packages.Green {
			continue
		}
		lines = append(lines, v.Package+": "+w.book.Signature(v.Result))
	}
	if len(lines) > 0 {
		w.tell(w.book.Say(actPlan), strings.Join(lines, "\n\n"))
	}
}

// choosePlanFile asks for a plan file and takes it over.
func (w *window) choosePlanFile() {
	w.choosePath(picking{title: actPlan, act: actTakeFile}, w.applyPlan)
}

// applyPlan reads a plan file and makes it what decides.
func (w *window) applyPlan(path string) {
	name := filepath.Base(path)
	w.decide(planState{kind: planFile, name: name}, func(ctx context.Context) (func(), *checkin.Rules, error) {
		plan, err := bench.ReadPlan(path)
		if err != nil {
			return nil, nil, err
		}
		rules, err := w.cfg.Bench.Open(ctx, plan, name, filepath.Dir(path), w.desk.Judge)
		return func() { w.cfg.Bench.Decide(plan, rules) }, rules, err
	})
}
