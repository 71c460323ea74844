package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
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
		Lang: b.Lang(), Made: r.Started, Title: b.Say(noteTitle), Subtitle: b.Say(noteJob, shown(r.Job)),
		Verdict: c.verdict(), Mood: moodOf(r.Outcome), Timeline: TimelineOf(r),
	}
	d.Warnings = c.warnings()
	if r.Altered {
		d.Mood = Bad
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

// Grounds are the sections on which the verdict rests: hashes with who states them, stages,
// and the device's own answers. One that is empty is left out. The first column of a hash
// is who states it.
func Grounds(r updater.Report, b *words.Book) []Section {
	c := composer{r, b}
	var list []Section
	for _, part := range []func() Section{c.hashes, c.stages, c.answers} {
		s := c.bounded(part())
		if s.Table == nil || len(s.Table.Rows) == 0 {
			continue
		}
		list = append(list, s)
	}
	if len(list) > 0 && list[0].Title == b.Say(partHashes) {
		for _, row := range list[0].Table.Rows {
			row.Cells[0], row.Cells[1] = row.Cells[1], row.Cells[0]
		}
	}
	return list
}

// moodOf is the colour of an outcome.
func moodOf(o updater.Outcome) Mood {
	switch o {
	case updater.Verified, Current:
		return Good
	case updater.FailedOld, updater.RefusedBefore, Lapsed:
		return Bad
	case updater.Running, updater.Cancelled, Waiting, Parted, Declined:
		return Neutral
	}
	return Unsure
}

// warnings are what a reader must know before the verdict.
func (c composer) warnings() []string {
	var list []string
	if c.r.Altered {
		list = append(list, c.b.Say(noteBroken))
	}
	switch {
	case c.r.Plan.Simulated:
		list = append(list, c.b.Say(noteSimulated))
	case c.r.Subject == updater.PerhapsSimulated:
		list = append(list, c.b.Say(notePerhaps))
	}
	return list
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
	switch t := c.r.Settled; {
	case c.r.Outcome == updater.Running:
		return c.b.Say(noteRunning)
	case t != nil && c.r.Outcome == updater.Uncertain: // by a person, since the device did not say
		return shown(c.b.Note(t.Note))
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
		name, from = strings.Join(present(d.Vendor, d.Model, d.ID()), " · "), updater.Runs(*d, r.Plan.Manifest)
	}
	if r.After != nil {
		to = updater.Runs(*r.After, r.Plan.Manifest)
	}
	ended, took := "", ""
	if !r.Ended.IsZero() {
		ended, took = r.Ended.Format(dateForm), c.span(r.Ended.Sub(r.Started))
	}
	s.Facts = c.facts(
		c.fact(labelDevice, name), c.fact(labelFrom, from), c.fact(labelTo, r.Plan.Target), c.fact(labelReports, to),
		c.fact(labelPackage, r.Plan.Package), c.fact(labelMethod, c.word("ui.method.", string(r.Plan.Method))),
		c.fact(labelStarted, r.Started.Format(dateForm)), c.fact(labelEnded, ended), c.fact(labelTook, took),
		c.fact(labelUser, strings.Join(present(where.By, where.User), " · ")), c.fact(labelHost, where.Host), c.fact(labelProgram, where.Program),
		c.fact(labelSystem, system(where)),
	)
	s.Facts = append(s.Facts, c.planned()...)
	if rule := r.Plan.Rule; rule != nil {
		s.Facts = append(s.Facts, c.fact(labelRule, Rule(c.b, *rule)))
	}
	if f := r.Failure; f != nil {
		s.Facts = append(s.Facts, c.failure(*f)...)
	}
	if t := r.Settled; t != nil {
		s.Remarks = append(s.Remarks, c.say(noteSettled, t.At.Format(dateForm), c.b.Note(t.Note)))
	}
	return s
}

// system is what the upgrade ran on; some systems put their name before their release.
func system(w *updater.Where) string {
	if len(w.Release) >= len(w.OS) && strings.EqualFold(w.Release[:len(w.OS)], w.OS) {
		return strings.Join(present(w.Release, w.Arch), " ")
	}
	return strings.Join(present(w.OS, w.Release, w.Arch), " ")
}

func (c composer) failure(f updater.Failure) []Fact {
	code := ""
	if f.HasCode {
		code = fmt.Sprint(f.Code)
	}
	return c.facts(
		c.fact(labelFailure, c.b.Note(f.Note)), c.fact(labelSaid, f.Said), c.fact(labelCode, code), c.fact(labelDetail, f.Text),
	)
}

// planned says by which plan it was upgraded.
func (c composer) planned() []Fact {
	p := c.r.Plan.Rollout
	if p == nil {
		return nil
	}
	name, trial := p.Plan, ""
	if p.Name != "" {
		name = p.Name + " (" + p.Plan + ")"
	}
	if p.Trial {
		trial = c.b.Say(noteTrial)
	}
	return c.facts(
		c.fact(labelPlan, name), c.fact(labelOverride, p.Override), c.fact(labelTrial, trial),
		c.fact(labelAgreed, consent(p.Answer)), c.fact(labelAgain, consent(p.Again)),
	)
}

// Rule says which rule gave an upgrade: its file and where it stands in that, or that a
// person gave it to every device.
func Rule(b *words.Book, r updater.RulePart) string {
	if r.File == "" {
		return b.Say(noteEverybody)
	}
	return shown(strings.Join(present(r.File, r.Place), " · "))
}

// present are the texts that are not empty.
func present(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

func (c composer) span(d time.Duration) string { return c.b.Say(noteSpan, d.Seconds()) }
