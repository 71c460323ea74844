package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/ui/lab"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

// plansState is what the page of the plans shows, as a value.
type plansState struct {
	// following is true once the plans are watched.
	following bool
	// claiming is true while it is tried to have them.
	claiming bool
	// tried is when it was tried last: what was said of it then may have changed since.
	tried    time.Time
	snapshot rollout.Snapshot
	// chosen is the id of the plan that is looked at, marked a device of it.
	chosen, marked string
	// text and status are what the list of devices is narrowed to.
	text   string
	status rollout.Status
	// shown are the devices of the chosen plan that are left.
	shown []rollout.Device
	// plan is the chosen one with all its lists, standings are those of its packages; read
	// is its version then, proofs how many devices were through, readAt when that was.
	plan      rollout.Plan
	standings []rollout.Standing
	// unproved is why standings are not known, where the plan itself is fit to run.
	unproved error
	read     string
	proofs   int
	readAt   time.Time
	// doing says what is under way, "" if nothing.
	doing string
}

// look takes in how the plans stand, unless something newer is known.
func (s *plansState) look(snapshot rollout.Snapshot) {
	if snapshot.At.Before(s.snapshot.At) {
		return // it waited for its turn while something was saved
	}
	s.snapshot = snapshot
	if s.overview() == nil {
		// What is being read of the one that is gone is no longer wanted.
		s.chosen, s.marked, s.read = "", "", ""
		if len(snapshot.Plans) > 0 {
			s.chosen = snapshot.Plans[0].Plan.ID
		}
	}
	s.narrow()
}

// overview is how the chosen plan stands, nil if there is none.
func (s *plansState) overview() *rollout.Overview {
	i := slices.IndexFunc(s.snapshot.Plans, func(o rollout.Overview) bool { return o.Plan.ID == s.chosen })
	if i < 0 {
		return nil
	}
	return &s.snapshot.Plans[i]
}

// urgent are the statuses in the order of the list: what needs a person first.
var urgent = []rollout.Status{
	rollout.Asking, rollout.Failed, rollout.Uncertain, rollout.Running, rollout.Ready, rollout.Waiting,
	rollout.Cancelled, rollout.Declined, rollout.Verified, rollout.Current, rollout.Excluded,
}

// narrow applies filter and order to the devices of the chosen plan.
func (s *plansState) narrow() {
	s.shown = s.shown[:0]
	o := s.overview()
	if o == nil {
		return
	}
	text := strings.ToLower(strings.TrimSpace(s.text))
	for _, status := range urgent {
		if s.status != "" && status != s.status {
			continue
		}
		for _, d := range o.Devices {
			if d.Status == status && (text == "" || strings.Contains(strings.ToLower(d.ID+" "+d.Model+" "+d.Version+" "+string(d.Address)), text)) {
				s.shown = append(s.shown, d)
			}
		}
	}
}

// device is the marked one, nil if it is gone.
func (s *plansState) device() *rollout.Device {
	o := s.overview()
	if o == nil {
		return nil
	}
	i := slices.IndexFunc(o.Devices, func(d rollout.Device) bool { return d.ID == s.marked })
	if i < 0 {
		return nil
	}
	return &o.Devices[i]
}

// asOf names the version of a plan.
func asOf(o rollout.Overview) string {
	last := time.Time{}
	if n := len(o.Plan.History); n > 0 {
		last = o.Plan.History[n-1].At
	}
	return strings.Join([]string{o.Plan.ID, string(o.Plan.State), last.String(), o.Plan.Name}, "\n")
}

// proofsOf counts the devices whose upgrades may say something new about the packages.
func proofsOf(o rollout.Overview) (n int) {
	for _, d := range o.Devices {
		if through(d.Status) {
			n++
		}
	}
	return n
}

// readEvery is how often the proofs of a plan at work are read anew: that goes through the
// whole journal.
const readEvery = 5 * time.Second

// stale tells whether the plan or what its packages have to show is to be read anew: at
// once for a draft, after whose trial nothing else may happen that could show it.
func (s *plansState) stale(o rollout.Overview) bool {
	due := o.Plan.State == rollout.Draft || s.snapshot.At.Sub(s.readAt) >= readEvery
	return s.read != asOf(o) || s.proofs != proofsOf(o) && due
}

// through tells whether a device has come to an end, whichever.
func through(s rollout.Status) bool {
	return slices.Contains([]rollout.Status{rollout.Verified, rollout.Failed, rollout.Uncertain, rollout.Cancelled}, s)
}

// planMood is the badge of a plan.
func planMood(o rollout.Overview) widgets.Mood {
	switch {
	case o.Fault != nil:
		return widgets.Bad
	case o.Plan.State == rollout.Active && o.Totals.By[rollout.Failed]+o.Totals.By[rollout.Uncertain] > 0:
		return widgets.Look
	case o.Plan.State == rollout.Active:
		return widgets.Wait
	case o.Plan.State == rollout.Paused && o.Plan.Why() != nil:
		return widgets.Bad
	case o.Plan.State == rollout.Paused:
		return widgets.Look
	case o.Plan.State == rollout.Finished:
		return widgets.Good
	}
	return widgets.Plain
}

// deviceMood is the badge of a device.
func deviceMood(s rollout.Status) widgets.Mood {
	switch s {
	case rollout.Verified, rollout.Current:
		return widgets.Good
	case rollout.Failed:
		return widgets.Bad
	case rollout.Asking, rollout.Uncertain:
		return widgets.Look
	case rollout.Running:
		return widgets.Wait
	}
	return widgets.Plain
}

func statusName(b *words.Book, s rollout.Status) string {
	return b.Say(devices.Code("rollout.status." + string(s)))
}

// totalsLine counts the devices of a plan in words.
func totalsLine(b *words.Book, t rollout.Totals) string {
	parts := []string{b.Say(notePlanTotals, t.Done, t.All, t.Percent())}
	for _, s := range urgent {
		if n := t.By[s]; n > 0 && s != rollout.Verified && s != rollout.Current {
			parts = append(parts, statusName(b, s)+" "+strconv.Itoa(n))
		}
	}
	if t.Unseen > 0 {
		parts = append(parts, b.Say(notePlanUnseen, t.Unseen))
	}
	return strings.Join(parts, " · ")
}

// strangersShown is how many ports are named at which nobody said who is there.
const strangersShown = 3

// strangers are the ports at which nobody has said who is there, "" unless that matters to
// the chosen plan.
func (s *plansState) strangers() string {
	o := s.overview()
	if o == nil || o.Plan.State != rollout.Active {
		return ""
	}
	var ports []string
	for _, p := range s.snapshot.Places {
		ports = append(ports, string(p.Sighting.Control()))
	}
	text := strings.Join(ports[:min(strangersShown, len(ports))], ", ")
	if len(ports) > strangersShown {
		text += " …"
	}
	return text
}

// facts are what the chosen plan says.
func (s *plansState) facts(b *words.Book) [][2]string {
	rows := lab.Facts(b, s.plan, s.standings, s.snapshot.At)
	if s.unproved != nil {
		what, remedy := b.Trouble(words.Explain(s.unproved))
		rows = slices.Insert(rows, 0, [2]string{b.Say(labelStanding), b.Join(what, remedy)})
	}
	if o := s.overview(); o != nil && o.Fault != nil {
		rows = slices.Insert(rows, 0, [2]string{b.Say(lab.LabelFault), lab.FaultLine(b, o.Fault)})
	}
	return rows
}

// planActs are what can be done with a plan in a state.
func planActs(s rollout.State, failed bool) []devices.Code {
	var acts []devices.Code
	switch s {
	case rollout.Draft:
		acts = []devices.Code{actEditPlan, actPreview, actTryPlan, actActivate}
	case rollout.Active:
		acts = []devices.Code{actPausePlan, actStopPlan}
	case rollout.Paused:
		acts = []devices.Code{actResumePlan, actStopPlan}
	}
	if failed && (s == rollout.Active || s == rollout.Paused) {
		acts = append(acts, actRetryAll)
	}
	return append(acts, keptActs...)
}

// keptActs are those of them that can be done in every state.
var keptActs = []devices.Code{actReportPlan, actExportPlan, actDeletePlan}

// deviceActs are what can be done for a device of a plan.
func deviceActs(s rollout.State, d rollout.Device) []devices.Code {
	var acts []devices.Code
	works := s == rollout.Active || s == rollout.Paused
	if works && d.Status == rollout.Asking {
		acts = append(acts, actYes, actNo)
	}
	if works && slices.Contains([]rollout.Status{rollout.Failed, rollout.Cancelled, rollout.Declined}, d.Status) {
		acts = append(acts, actRetry)
	}
	if d.Job != "" {
		acts = append(acts, actReport)
	}
	return acts
}
