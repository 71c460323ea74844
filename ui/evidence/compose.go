package evidence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/words"
	"fotabench/updater"
)

// How a moment is shown: in the zone of the computer that ran the upgrade.
const (
	dateForm = "2006-01-02 15:04:05 -07:00"
	timeForm = "15:04:05.000"
)

// Compose says in words what a report holds.
func Compose(r updater.Report, b *words.Book) Document {
	c := composer{r, b}
	d := Document{
		Lang: b.Lang(), Title: b.Say(noteTitle), Subtitle: b.Say(noteJob, shown(r.Job)),
		Verdict: c.verdict(), Mood: moodOf(r.Outcome), Timeline: TimelineOf(r),
	}
	for _, part := range []func() Section{
		c.summary, c.device, c.pack, c.hashes, c.checks, c.stages, c.answers, c.log, c.proof,
	} {
		if s := part(); len(s.Facts) > 0 || len(s.Remarks) > 0 || s.Table != nil && len(s.Table.Rows) > 0 {
			d.Sections = append(d.Sections, c.bounded(s))
		}
	}
	return d
}

// moodOf is the colour of an outcome.
func moodOf(o updater.Outcome) Mood {
	switch o {
	case updater.Verified:
		return Good
	case updater.FailedOld, updater.RefusedBefore:
		return Bad
	case updater.Running, updater.Cancelled:
		return Neutral
	}
	return Unsure
}

type composer struct {
	r updater.Report
	b *words.Book
}

func (c composer) say(code devices.Code, args ...any) string { return shown(c.b.Say(code, args...)) }

// word says the sentence of a value's code, else the value itself.
func (c composer) word(prefix, value string) string {
	if code := devices.Code(prefix + value); value != "" && c.b.Has(code) {
		return c.b.Say(code)
	}
	return shown(value)
}

// bounded keeps a section printable and its table within rowsShown; the end of a long
// log tells more than its middle.
func (c composer) bounded(s Section) Section {
	for i := range s.Facts {
		s.Facts[i].Value = shown(s.Facts[i].Value)
	}
	if s.Table == nil {
		return s
	}
	if left := len(s.Table.Rows) - rowsShown; left > 0 {
		s.Table.Rows = slices.Delete(s.Table.Rows, rowsShown/2, rowsShown/2+left)
		s.Remarks = append(s.Remarks, c.say(noteMore, left))
	}
	for _, row := range s.Table.Rows {
		for i := range row.Cells {
			row.Cells[i] = shown(row.Cells[i])
		}
	}
	return s
}

func (c composer) verdict() string {
	if c.r.Outcome == updater.Running {
		return c.b.Say(noteRunning)
	}
	return c.word("outcome.", string(c.r.Outcome))
}

// facts drops what is not known.
func (c composer) facts(list ...Fact) []Fact {
	return slices.DeleteFunc(list, func(f Fact) bool { return f.Value == "" })
}

func (c composer) fact(label devices.Code, value string) Fact { return Fact{c.b.Say(label), value} }

func (c composer) summary() Section {
	r := c.r
	s := Section{Title: c.b.Say(partSummary)}
	where := cmp.Or(r.Where, &updater.Where{})
	name, from, to := shown(string(r.Plan.Address)), "", ""
	if d := r.Before; d != nil {
		name, from = strings.Join(present(d.Vendor, d.Model, d.ID()), " · "), d.Firmware
	}
	if r.After != nil {
		to = r.After.Firmware
	}
	ended, took := "", ""
	if !r.Ended.IsZero() {
		ended, took = r.Ended.Format(dateForm), c.span(r.Ended.Sub(r.Started))
	}
	s.Facts = c.facts(
		c.fact(labelDevice, name), c.fact(labelFrom, from), c.fact(labelTo, r.Plan.Target), c.fact(labelReports, to),
		c.fact(labelPackage, r.Plan.Package), c.fact(labelMethod, c.word("ui.method.", string(r.Plan.Method))),
		c.fact(labelStarted, r.Started.Format(dateForm)), c.fact(labelEnded, ended), c.fact(labelTook, took),
		c.fact(labelUser, where.User), c.fact(labelHost, where.Host), c.fact(labelProgram, where.Program),
		c.fact(labelSystem, strings.Join(present(where.OS, where.Arch, where.Release), " ")),
	)
	if r.Plan.Simulated {
		s.Remarks = append(s.Remarks, c.b.Say(noteSimulated))
	}
	if f := r.Failure; f != nil {
		s.Facts = append(s.Facts, c.failure(*f)...)
	}
	if t := r.Settled; t != nil {
		s.Remarks = append(s.Remarks, c.say(noteSettled, t.At.Format(dateForm), c.b.Note(t.Note)))
	}
	return s
}

func (c composer) failure(f updater.Failure) []Fact {
	code := ""
	if f.HasCode {
		code = fmt.Sprint(f.Code)
	}
	return c.facts(c.fact(labelFailure, c.b.Note(f.Note)), c.fact(labelCode, code), c.fact(labelDetail, f.Text))
}

// present are the texts that are not empty.
func present(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

func (c composer) span(d time.Duration) string { return c.b.Say(noteSpan, d.Seconds()) }

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
		Head: []string{c.b.Say(labelFile), c.b.Say(labelSource), c.b.Say(labelAlgorithm), c.b.Say(labelValue)}, Weights: []float64{3, 3, 1.2, 6},
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
		m := Neutral
		for _, f := range c.r.Plan.Files {
			if strings.EqualFold(f.Digests[algorithm], h.Hex) {
				m = Good
			}
		}
		add(c.b.Say(labelHeld), c.b.Say(sourceHeld), algorithm, h.Hex, m)
	}
	return s
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
			c.word("ui.check.", k.Name), c.word("evidence.state.", string(k.State)), c.b.Note(k.Fact), accepted,
		}, moods[k.State]})
	}
	return s
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
	s := Section{Title: c.b.Say(partProof), Remarks: []string{c.b.Say(noteChain)}}
	if c.r.Altered {
		s.Remarks[0] = c.b.Say(noteBroken)
	}
	s.Remarks = append(s.Remarks, c.b.Say(noteData), c.b.Say(noteHowCheck))
	return s
}
