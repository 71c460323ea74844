package rollout

import (
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// stranger asks of a device that the plan never upgraded, and which has every component,
// whether it belongs to the plan at all: else it is none of those that are done.
func (t *Terms) stranger(s *sheet, c Candidate) (Decision, bool) {
	if len(s.attempts) > 0 {
		return Decision{}, false
	}
	last := len(t.packages) - 1
	if d, over := t.meant(s, c, last); over {
		return d, true
	}
	for i := range t.packages {
		if !t.made(c.Identity.Model, i) {
			return t.otherModel(c.Identity.Model, i, last), true
		}
	}
	return Decision{}, false
}

// Which rule a model does not fit.
const (
	// ruleModels: the plan's own list, with the first of its models.
	ruleModels devices.Code = "rollout.rule.models"
	// rulePackage: that of a package; its name, and the first of its models.
	rulePackage devices.Code = "rollout.rule.package"
)

// otherModel is how a device of a model stands that the plan, or component i, is not for: with
// the rule, so that whoever wrote the lists knows which one to look at.
func (t *Terms) otherModel(model string, i, next int) Decision {
	rule := updater.Note{Level: updater.Info, Code: ruleModels, Args: []any{some(t.plan.Targets.Models)}}
	if own := t.plan.Targets.Models; len(own) == 0 || packages.MatchModel(model, own) {
		rule.Code, rule.Args = rulePackage, []any{t.packages[i].Name, some(t.packages[i].Manifest.Models)}
	}
	return decided(Excluded, next, WhyModel, model, rule)
}

// some are the first of a list in one line.
func some(list []string) string {
	const most = 5
	text := strings.Join(list[:min(most, len(list))], ", ")
	if len(list) > most {
		text += " …"
	}
	return text
}

// meant asks whether the plan is meant for the device.
func (t *Terms) meant(_ *sheet, c Candidate, next int) (Decision, bool) {
	list := names(c.Identity)
	switch {
	case c.Identity.ID() == "":
		return decided(Excluded, next, WhyNameless), true
	case t.circle.denies(list):
		return decided(Excluded, next, WhyDenied), true
	case !c.Trial && !t.circle.allows(list):
		return decided(Excluded, next, WhyUnlisted), true
	}
	return Decision{}, false
}

// made tells whether the plan, and component i, are for a model.
func (t *Terms) made(model string, i int) bool {
	return !slices.ContainsFunc([][]string{t.plan.Targets.Models, t.packages[i].Manifest.Models}, func(allowed []string) bool {
		return len(allowed) > 0 && !packages.MatchModel(model, allowed)
	})
}

// fit asks whether the packages are for such a device.
func (t *Terms) fit(s *sheet, c Candidate, next int) (Decision, bool) {
	model, untouched := c.Identity.Model, !slices.ContainsFunc(s.attempts, func(a Attempt) bool { return a.Result == updater.Verified && !a.Lapsed })
	if !t.made(model, next) {
		return t.otherModel(model, next, next), true
	}
	from := func(v string) bool { return packages.SameVersion(c.Identity.Firmware, v) }
	if l := t.plan.Targets.Sources; len(l) > 0 && untouched && !slices.ContainsFunc(l, from) {
		return decided(Excluded, next, WhySource, c.Identity.Firmware), true
	}
	if d, over := t.onto(c.Identity, next); over && len(s.attempts) == 0 && !t.circle.names(names(c.Identity)) {
		return d, true
	}
	if _, ok := t.method(c.Methods, next); !ok {
		return decided(Excluded, next, WhyMethod, model), true
	}
	return Decision{}, false
}

// onto asks whether component next can be installed on what runs there; the engine would
// refuse it. Who merely happens to be here is none that failed then, and pauses no plan. Of one
// that the allow list names, the refusal has its record.
func (t *Terms) onto(identity devices.Identity, next int) (Decision, bool) {
	m, target, now := t.packages[next].Manifest, t.target(next), running(identity, t.packages[next])
	order, known := packages.CompareVersions(now, target)
	switch {
	case now == "":
		return Decision{}, false // the engine asks for a person's word, if for any
	case m.Component != packages.App && known && order > 0 && t.plan.Accept["version"] == "":
		return decided(Excluded, next, WhyNewer, now, target), true
	case m.SourceVersion != "" && !packages.SameVersion(now, m.SourceVersion):
		return decided(Excluded, next, WhyBase, now, m.SourceVersion), true
	}
	return Decision{}, false
}

// method is how component next travels to a device that can do methods.
func (t *Terms) method(can map[devices.Method]devices.Capability, next int) (devices.Method, bool) {
	if m := t.plan.Delivery.Method; m != "" {
		return m, can[m].OK
	}
	hosted := t.plan.Delivery.Listen != "" || len(t.plan.Components[next].URLs) > 0
	for _, m := range travels[1:] {
		if can[m].OK && (!m.Fetched() || hosted) {
			return m, true
		}
	}
	return "", false
}
