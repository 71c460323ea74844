package rollout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fotabench/updater"
)

// Pardon is a person's word that a device may be tried again after an upgrade that failed,
// was cancelled, or did not hold.
type Pardon struct {
	// Job is that upgrade.
	Job string `json:"job"`
	// By is who said so and At when, on the clock on the wall; both are empty where an older
	// program kept the plan.
	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
}

// told tells whether it is known who said so, or when.
func (p Pardon) told() bool { return p.By != "" || !p.At.IsZero() }

// MarshalJSON writes the upgrade alone where no more is known, as older programs keep it.
func (p Pardon) MarshalJSON() ([]byte, error) {
	type plain Pardon
	var what any = plain(p)
	if !p.told() {
		what = p.Job
	}
	text, err := json.Marshal(what)
	if err != nil {
		return nil, fmt.Errorf("rollout: who was given another try: %w", err)
	}
	return text, nil
}

// UnmarshalJSON takes the upgrade alone, too, as older programs kept it.
func (p *Pardon) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte(`"`)) {
		*p = Pardon{}
		return json.Unmarshal(text, &p.Job)
	}
	type plain Pardon
	if err := json.Unmarshal(text, (*plain)(p)); err != nil {
		return fmt.Errorf("rollout: who was given another try: %w", err)
	}
	return nil
}

// pardoned tells whether a person wanted another try after that upgrade.
func (p Plan) pardoned(job string) bool {
	return slices.ContainsFunc(p.Forgiven, func(one Pardon) bool { return one.Job == job })
}

// consents are what people said for a device before it is upgraded with a component: their
// yes to the question, and that it may be tried again; nil where nobody was asked or had to.
func (r *Runner) consents(ro *rollout, id string, component int) (yes, again *updater.Consent) {
	p := ro.plan
	if a, given := p.Answers[id]; given && a.Yes && !ro.trials[id] {
		yes = &updater.Consent{By: a.By, At: a.At, Text: p.Texts[a.Lang]}
	}
	s := ro.ledger[id]
	if s == nil {
		return yes, nil
	}
	for _, one := range p.Forgiven {
		_, his := s.find(func(a Attempt) bool { return a.Job == one.Job && a.Component == component })
		if his && (again == nil || one.At.After(again.At)) {
			again = &updater.Consent{By: one.By, At: one.At}
		}
	}
	return yes, again
}
