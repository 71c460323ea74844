package rollout

import (
	"cmp"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// Attempt is one upgrade of one device by a plan, as the journal tells it.
type Attempt struct {
	Job       string
	Component int
	Trial     bool
	// Running is true until it has ended; Result is how, as far as is known now.
	Running bool
	Result  updater.Outcome
	// Open is true while the device must still say what it runs.
	Open bool
	// Cut is true when the program ended, not the upgrade: it says nothing about the
	// device or the package, and the plan goes on as if it had not been tried, once the
	// device has said what it runs.
	Cut bool
	// Note is why it ended so, the zero Note if there was nothing to say.
	Note updater.Note
	// Live is true while a running program works on it.
	Live bool
	// Files are the SHA-256 of what was sent: a draft may have had another package.
	Files []string
	// Target is the version that was to be reported afterwards, Said the one with which the
	// device proved itself, "" if it did not.
	// Was is what it ran before.
	Target, Said, Was string
	// App is true for a package of files, which no version tells of; Part is what of the
	// device was upgraded.
	App  bool
	Part Part
	// Ended is when it ended or was settled, on the clock on the wall.
	Ended time.Time
	// Lapsed is true where the device proved it and runs something else now. It is computed
	// from what the device says (judged), never kept.
	Lapsed bool
}

// attemptOf is the attempt of a record.
func attemptOf(r updater.Record) Attempt {
	a := Attempt{
		Job: r.Job, Files: sumsOf(r.Plan.Files), Running: r.Outcome == updater.Running, Result: r.Result(), Live: r.Live,
		Open: r.Outcome == updater.Uncertain && r.Settled == nil, Cut: cut(r), Ended: r.Ended, Target: r.Plan.Target,
		App: r.Plan.Manifest.Component == packages.App,
	}
	a.Part = partOf(r.Plan.Manifest)
	if p := r.Plan.Rollout; p != nil {
		a.Component, a.Trial = p.Component, p.Trial
	}
	if why := r.Why(); why != nil {
		a.Note = *why
	}
	if r.Settled != nil {
		a.Ended = r.Settled.At
	}
	if r.Device != nil {
		a.Was = a.Part.runs(*r.Device)
	}
	if a.Result == updater.Verified && a.Note.Code == updater.NoteVerified && len(a.Note.Args) > 0 {
		a.Said, _ = a.Note.Args[0].(string)
	}
	return a
}

// cut tells whether it was the program that ended. Where the device had already been
// given its orders, an old version is the device's answer and not the program's fault.
func cut(r updater.Record) bool {
	died := r.Failure.Unended()
	closed := r.Ending != nil && r.Ending.Code == updater.NoteClosing
	other := r.Failure != nil && r.Failure.Note.Code == updater.CheckIdentityOther
	ordered := r.Stage == updater.Restart || r.Stage == updater.Confirm
	switch r.Result() {
	case updater.RefusedBefore:
		return died || other // another device had been plugged in in the meantime
	case updater.Cancelled:
		return closed
	case updater.FailedOld:
		return died && !ordered
	case updater.Uncertain:
		return (died || closed) && r.Settled == nil
	}
	return false
}

// failed tells whether the attempt counts as a failure.
func (a Attempt) failed() bool {
	if a.Lapsed {
		return true
	}
	switch a.Result {
	case updater.FailedOld, updater.RefusedBefore, updater.Uncertain:
		return !a.Cut
	}
	return false
}

// sheet is what one plan knows of one device.
type sheet struct {
	attempts []Attempt // in the order in which they were begun
	// identity and address are the last that were heard of it, at heard.
	identity  devices.Identity
	address   devices.Address
	heard     time.Time
	simulated bool
	within    bool // it asked from this computer itself
	// after is the last attempt before the device itself said identity, "" if it has not
	// been asked since its last upgrade: then that one's end is its last word.
	after string
	// current is true where it needed nothing when it said so, as far as that was kept.
	current bool
	// excluded is why the plan is not meant for it although its allow list names it, when that
	// was decided last; nil if it is meant.
	excluded *updater.Note
}

// put adds an attempt as the last, or replaces what was known of it. A job's name has the
// time in it, by a clock that may have been put back, and says nothing about the order.
func (s *sheet) put(a Attempt) {
	i := slices.IndexFunc(s.attempts, func(b Attempt) bool { return b.Job == a.Job })
	if i < 0 {
		s.attempts = append(s.attempts, a)
		return
	}
	s.attempts[i] = a
}

// find gives the newest attempt for which is holds.
func (s *sheet) find(is func(Attempt) bool) (Attempt, bool) {
	for _, a := range slices.Backward(s.attempts) {
		if is(a) {
			return a, true
		}
	}
	return Attempt{}, false
}

// ledger are the sheets of one plan, by Identity.ID.
type ledger map[string]*sheet

// sheet is the device's, a new one if there is none.
func (l ledger) sheet(id string) *sheet {
	s := l[id]
	if s == nil {
		s = &sheet{}
		l[id] = s
	}
	return s
}

// enter takes a record of the plan into the ledger. It stands for the device for which
// it was meant, whoever answered.
func (l ledger) enter(r updater.Record) {
	id := cmp.Or(r.Plan.ID, r.ID())
	if id == "" {
		return
	}
	s := l.sheet(id)
	s.put(attemptOf(r))
	s.simulated, s.within = s.simulated || r.Plan.Simulated, r.Plan.Here
	s.address, s.heard = r.Plan.Address, r.Started
	if !r.Ended.IsZero() {
		s.heard = r.Ended
	}
	if r.Device != nil && r.Device.ID() == id {
		s.identity = *r.Device
		if v := proved(r); v != "" {
			s.identity.Firmware = v
		}
	}
	if r.Settled != nil && r.Settled.Device != nil {
		s.identity, s.heard = *r.Settled.Device, r.Settled.At
	}
}

// proved is the version with which a device proved module firmware, as it said it; "" for
// anything else.
func proved(r updater.Record) string {
	m := r.Plan.Manifest
	firmware := (m.Component == "" || m.Component == packages.FOTA) && m.Module == ""
	if !firmware || r.Outcome != updater.Verified || r.Ending == nil || len(r.Ending.Args) == 0 {
		return ""
	}
	version, _ := r.Ending.Args[0].(string)
	return version
}

// ledgers sorts the journal's records, the last begun first, by the plan that they belong to.
func ledgers(records []updater.Record) map[string]ledger {
	all := make(map[string]ledger)
	for _, r := range slices.Backward(records) {
		if r.Plan.Rollout == nil {
			continue
		}
		id := r.Plan.Rollout.Plan
		if all[id] == nil {
			all[id] = make(ledger)
		}
		all[id].enter(r)
	}
	return all
}
