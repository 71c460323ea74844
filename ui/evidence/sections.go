package evidence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/updater"
)

// device sets the device's words before beside those after.
func (c composer) device() Section {
	before, after := c.r.Before, c.r.After
	s := Section{Title: c.b.Say(partDevice), Table: &Table{
		Head: []string{c.b.Say(labelField), c.b.Say(labelBefore), c.b.Say(labelAfter)}, Weights: []float64{1, 2, 2},
	}}
	one, other := c.identity(before), c.identity(after)
	labels := slices.Concat(one.order, other.order)
	seen := map[string]bool{}
	for _, label := range labels {
		if seen[label] {
			continue
		}
		seen[label] = true
		s.Table.Rows = append(s.Table.Rows, Row{Cells: []string{label, cmp.Or(one.values[label], "–"), cmp.Or(other.values[label], "–")}})
	}
	var at []string
	for _, a := range c.r.Addresses {
		at = append(at, string(a))
	}
	s.Facts = c.facts(c.fact(labelAddresses, strings.Join(at, ", ")))
	return s
}

// said is what a device says of itself, by label, in order.
type said struct {
	order  []string
	values map[string]string
}

func (c composer) identity(d *devices.Identity) said {
	s := said{values: map[string]string{}}
	if d == nil {
		return s
	}
	add := func(label, value string) {
		if value != "" {
			s.order, s.values[label] = append(s.order, label), value
		}
	}
	for _, f := range []Fact{
		c.fact(labelVendor, d.Vendor), c.fact(labelModel, d.Model), c.fact(labelIMEI, d.IMEI), c.fact(labelSerial, d.Serial),
		c.fact(labelFirmware, d.Firmware), c.fact(labelRuntime, d.Runtime),
	} {
		add(f.Label, f.Value)
	}
	if d.BatteryMV != nil {
		add(c.b.Say(labelSupply), c.b.Say(noteVolts, *d.BatteryMV))
	}
	if d.BatteryPercent != nil {
		add(c.b.Say(labelBattery), c.b.Say(notePercent, *d.BatteryPercent))
	}
	if d.SignalCSQ != nil {
		add(c.b.Say(labelSignal), fmt.Sprint(*d.SignalCSQ))
	}
	if d.FreeBytes != nil {
		add(c.b.Say(labelFree), c.b.Say(noteBytes, *d.FreeBytes))
	}
	for _, key := range slices.Sorted(maps.Keys(d.Extra)) {
		add(shown(key), d.Extra[key])
	}
	return s
}

func (c composer) pack() Section {
	p := c.r.Plan
	component := p.Manifest.Component
	if component == "" {
		component = packages.FOTA
	}
	return Section{Title: c.b.Say(partPackage), Facts: c.facts(
		c.fact(labelPackage, p.Package), c.fact(labelComponent, c.word("ui.component.", string(component))),
		c.fact(labelKind, c.word("ui.kind.", string(p.Manifest.Kind))), c.fact(labelFrom, p.Manifest.SourceVersion), c.fact(labelTo, p.Target),
		c.fact(labelModels, strings.Join(p.Manifest.Models, ", ")), c.fact(labelManifest, c.claims(p.Claims)), c.fact(labelURLs, strings.Join(p.URLs, ", ")),
	)}
}

func (c composer) claims(source string) string {
	if source == packages.SourceTyped {
		return c.b.Say(sourceTyped)
	}
	return source
}

// hashes tells for every file who says what its digest is: before, at and after the
// sending. A row that contradicts is bad.
func (c composer) hashes() Section {
	s := Section{Title: c.b.Say(partHashes), Table: &Table{
		Head: []string{c.b.Say(labelFile), c.b.Say(labelSource), c.b.Say(labelAlgorithm), c.b.Say(labelValue)}, Weights: []float64{3, 3, 1.6, 6},
	}}
	add := func(file, source string, algorithm packages.Algorithm, hex string, m Mood) {
		s.Table.Rows = append(s.Table.Rows, Row{[]string{file, source, strings.ToUpper(string(algorithm)), hex}, m})
	}
	for _, f := range c.r.Plan.Files {
		name := f.Name + " · " + c.b.Say(noteExact, f.Size)
		for _, algorithm := range slices.Sorted(maps.Keys(f.Digests)) {
			add(name, c.b.Say(sourceOpened), algorithm, f.Digests[algorithm], Neutral)
		}
		for _, e := range f.Expected {
			source := c.b.Say(sourceStated, e.Source)
			if e.Source == packages.SourceTyped {
				source = c.b.Say(sourceTyped)
			}
			add(name, source, e.Algorithm, e.Hex, agrees(f.Digests[e.Algorithm], e.Hex))
		}
		for _, sent := range c.r.Sent {
			if sent.Name == f.Name {
				add(name, c.b.Say(sourceSent, sent.Way), packages.SHA256, sent.SHA256, agrees(f.Digests[packages.SHA256], sent.SHA256))
			}
		}
	}
	if h := c.r.Held; h != nil && h.Hex != "" {
		algorithm := packages.Algorithm(strings.ToLower(h.Algorithm))
		add(c.b.Say(labelHeld), c.b.Say(sourceHeld), algorithm, h.Hex, held(c.r.Plan.Files, algorithm, h.Hex))
	}
	return s
}

// held judges the digest that a device told: another than that of the only file contradicts.
// Of several files a device may add them up as its driver alone knows.
func held(files []packages.File, algorithm packages.Algorithm, hex string) Mood {
	for _, f := range files {
		if m := agrees(f.Digests[algorithm], hex); m == Good || len(files) == 1 {
			return m
		}
	}
	return Neutral
}

func agrees(one, other string) Mood {
	switch {
	case one == "" || other == "":
		return Neutral
	case strings.EqualFold(one, other):
		return Good
	}
	return Bad
}

func (c composer) checks() Section {
	s := Section{Title: c.b.Say(partChecks), Table: &Table{
		Head: []string{c.b.Say(labelCheck), c.b.Say(labelResult), c.b.Say(labelFact), c.b.Say(labelAccepted)}, Weights: []float64{2.2, 1.2, 5, 1.8},
	}}
	moods := map[updater.CheckState]Mood{updater.CheckOK: Good, updater.CheckWarn: Unsure, updater.CheckFailed: Bad}
	for _, k := range c.r.Checks {
		accepted := ""
		if k.Accepted {
			accepted = cmp.Or(k.Reason, "✓")
		}
		s.Table.Rows = append(s.Table.Rows, Row{[]string{
			c.word("ui.check.", k.Name), c.state(k), c.b.Note(k.Fact), accepted,
		}, moods[k.State]})
	}
	return s
}

// state is the short answer of a check. A signature that nobody asked for is there all the
// same, or is not.
func (c composer) state(k updater.CheckResult) string {
	if k.State != updater.CheckSkipped || k.Name != "signature" {
		return c.word("evidence.state.", string(k.State))
	}
	switch packages.Code(k.Fact.Code) {
	case signature.CodeOffer:
		return c.b.Say(StateSkipped)
	case signature.CodeNotAsked:
		return c.b.Say(StateUnasked)
	}
	return c.b.Say(StateUnproved)
}

func (c composer) stages() Section {
	s := Section{Title: c.b.Say(partStages), Table: &Table{
		Head:    []string{c.b.Say(labelStage), c.b.Say(labelBegan), c.b.Say(labelTook), c.b.Say(labelAmount), c.b.Say(labelRate)},
		Weights: []float64{2, 2, 2, 2, 2},
	}}
	for _, g := range c.r.Stages {
		amount, rate := "", ""
		switch {
		case g.Total == 100:
			amount = c.b.Say(notePercent, g.Done)
		case g.Done > 0:
			amount = c.b.Say(noteBytes, g.Done)
		}
		if g.Rate > 0 {
			rate = c.b.Say(noteRate, g.Rate)
		}
		s.Table.Rows = append(s.Table.Rows, Row{Cells: []string{
			c.word("stage.", string(g.Stage)), g.Began.Format(timeForm), c.span(seconds(g.Seconds)), amount, rate,
		}})
	}
	return s
}

// answers are the device's own words.
func (c composer) answers() Section {
	s := Section{Title: c.b.Say(partAnswers), Table: &Table{
		Head: []string{c.b.Say(labelTime), c.b.Say(labelStage), c.b.Say(labelAddress), c.b.Say(labelAnswer)}, Weights: []float64{1.5, 1.5, 2, 4},
	}}
	for _, a := range c.r.Answers {
		d := a.Identity
		s.Table.Rows = append(s.Table.Rows, Row{Cells: []string{
			a.At.Format(timeForm), c.word("stage.", string(a.Stage)), string(a.Address),
			strings.Join(present(d.Model, d.ID(), d.Firmware, d.Runtime), " · "),
		}})
	}
	for _, w := range c.r.Reasons {
		meaning := ""
		if w.Why != "" {
			meaning = c.b.Say(w.Why, w.WhyArgs...)
		}
		s.Table.Rows = append(s.Table.Rows, Row{[]string{
			w.At.Format(timeForm), c.word("stage.", string(w.Stage)), "", strings.Join(present(w.Words, meaning), " · "),
		}, Bad})
	}
	if h := c.r.Held; h != nil {
		s.Facts = c.facts(c.fact(labelHeld, strings.Join(present(h.Algorithm, h.Hex, h.Answer), " · ")))
	}
	return s
}

func (c composer) log() Section {
	s := Section{Title: c.b.Say(partLog), Table: &Table{
		Head: []string{c.b.Say(labelTime), c.b.Say(labelStage), c.b.Say(labelEvent)}, Weights: []float64{1.5, 1.5, 7},
	}}
	for _, n := range c.r.Notes {
		s.Table.Rows = append(s.Table.Rows, Row{[]string{
			n.At.Format(timeForm), c.word("stage.", string(n.Stage)), c.b.Note(n.Note),
		}, moodOfLevel(n.Level)})
	}
	return s
}

func moodOfLevel(l updater.Level) Mood {
	switch l {
	case updater.Warn:
		return Unsure
	case updater.Fault:
		return Bad
	}
	return Neutral
}

func (c composer) proof() Section {
	s := Section{Title: c.b.Say(partProof), Remarks: []string{c.b.Say(chainNote(c.r.Bound))}}
	if c.r.Altered {
		s.Remarks[0] = c.b.Say(noteBroken)
	}
	s.Remarks = append(s.Remarks, c.b.Say(noteData), c.b.Say(noteHowCheck))
	return s
}
