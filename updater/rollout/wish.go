package rollout

import (
	"context"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// Retry gives a device that failed, was cancelled or declined another try, because by wants
// it; an empty device means all that failed. Where there is nobody to be tried again that is
// an Error.
func (r *Runner) Retry(id, device, by string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("retry", id, Active, Paused)
	if err != nil {
		return err
	}
	p, found := ro.plan.clone(), false
	for name, s := range ro.ledger {
		if device == "" || device == name {
			found = p.forgive(s, Pardon{By: by, At: r.cfg.Now()}) || found
		}
	}
	if a, given := p.Answers[device]; given && !a.Yes {
		delete(p.Answers, device)
		found = true
	}
	switch {
	case found:
		return r.keep(ro, p, nil)
	case device == "":
		return &Error{Op: "retry", Plan: id, Code: CodeNoRetry}
	}
	return &Error{Op: "retry", Plan: id, Code: CodeNoDevice, Args: []any{device}}
}

// forgive lets a device be tried again that failed or was cancelled, by the word of one.
// While it must still say what it runs, there is nothing to forgive.
func (p *Plan) forgive(s *sheet, one Pardon) bool {
	found := false
	for _, a := range s.judged() {
		over := !a.Running && !a.Open && (a.failed() || a.Result == updater.Cancelled)
		if over && !p.pardoned(a.Job) {
			one.Job = a.Job
			p.Forgiven = append(p.Forgiven, one)
			found = true
		}
	}
	return found
}

// Answer is the yes or no of a person, by, for a device of a plan that asks; lang is the
// language in which it was asked (English or Chinese).
func (r *Runner) Answer(id, device string, yes bool, by, lang string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("answer", id, Active, Paused)
	if err != nil {
		return err
	}
	if r.decide(ro, device, ro.ledger[device]).Status != Asking {
		return &Error{Op: "answer", Plan: id, Code: CodeNotAsked, Args: []any{device}}
	}
	p := ro.plan.clone()
	if p.Answers == nil {
		p.Answers = make(map[string]Answer)
	}
	p.Answers[device] = Answer{Yes: yes, By: by, At: r.cfg.Now(), Lang: lang}
	r.enrol(ro) // the program may end before it decides again
	return r.keep(ro, p, nil)
}

// Look asks again who is at the place with that Sighting.Key, where nobody answered.
func (r *Runner) Look(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.places {
		if p.sighting.Key == key && p.trouble != nil {
			p.asked, p.again = false, time.Time{}
		}
	}
	r.stir()
}

// Trial verifies a draft on one device, which is present as s: its packages are
// installed there one after another, whatever lists and windows say; deny, model,
// battery and signal count. It returns who the device is once it was asked; how it goes
// is told as for every other device. What failed there before is tried again, because by
// wants it. Run must be at work.
func (r *Runner) Trial(ctx context.Context, id string, s devices.Sighting, by string) (string, error) {
	r.mu.Lock()
	on := r.on
	ro, err := r.find("trial", id, Draft)
	var p Plan
	if err == nil {
		p = ro.plan.clone()
	}
	r.mu.Unlock()
	switch {
	case err != nil:
		return "", err
	case !on:
		return "", &Error{Op: "trial", Plan: id, Code: CodeOff}
	}
	terms, err := r.open(ctx, p)
	if err != nil {
		return "", err
	}
	device, err := r.identify(ctx, keyOf(s), s)
	if err != nil {
		return "", err
	}
	return device, r.try(p, device, terms, by)
}

// try puts a device on trial with a draft that was opened as terms.
func (r *Runner) try(opened Plan, device string, terms *Terms, by string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := opened.ID
	ro, err := r.find("trial", id, Draft)
	if err != nil {
		return err
	}
	if !sameWork(ro.plan, opened) {
		return &Error{Op: "trial", Plan: id, Code: CodeState, Args: stateArgs("trial", ro.plan.State)}
	}
	if terms, err = NewTerms(ro.plan, terms.packages); err != nil { // it may have been saved since
		return err
	}
	p := ro.plan.clone()
	if s := ro.ledger[device]; s != nil && p.forgive(s, Pardon{By: by, At: r.cfg.Now()}) {
		if err := r.cfg.Store.Put(p); err != nil {
			return err
		}
	}
	ro.trials[device] = true
	ro.terms = terms
	r.adopt(ro, p)
	d := r.decide(ro, device, ro.ledger[device])
	if d.Status == Ready || d.Status == Waiting || d.Status == Running {
		return nil
	}
	delete(ro.trials, device)
	return &Error{Op: "trial", Plan: id, Code: d.Reason.Code, Args: d.Reason.Args}
}
