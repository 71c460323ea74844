package devicetest

import (
	"context"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// Why nobody can know what a device runs.
const (
	unknownGone    = "the device is out of reach"
	unknownSilent  = "the device does not answer"
	unknownOther   = "another device answers"
	unknownStopped = "the person stopped watching"
	unknownArmed   = "it may have approved the package, and would install it at its next start"
)

// afterwards is how long a device that is said to have kept its old version is
// watched for doing otherwise.
const afterwards = time.Second

// judge holds what the engine told against what is.
func (r *run) judge(ctx context.Context) {
	r.t.Helper()
	end := r.events[len(r.events)-1]
	r.tell(end)
	if end.Outcome == updater.Uncertain {
		r.row.Unknown = r.excuse(ctx)
		if r.row.Unknown == "" {
			r.t.Errorf("no claim is made, but the device answers and runs %q: %+v", r.device.Running(), r.row.Note)
		}
	}
	r.row.Same = r.claims(end.Outcome) && (end.Outcome != updater.Uncertain || r.row.Unknown != "")
	waits := r.row.Unknown == unknownStopped || r.row.Unknown == unknownArmed && r.trial.fault == nil
	if r.bringBack() || end.Outcome != updater.Uncertain && !r.mute() || waits {
		r.s.back(ctx, r.t, r.device)
		r.row.Answers = true
		r.settle(ctx)
	}
	r.look(ctx)
	r.expected(end)
	if !r.row.Same {
		r.t.Errorf("told %s (%+v), the device runs %q, %s", end.Outcome, r.row.Note, r.row.Version, r.row.Runs)
	}
}

// mute tells whether the device is ordered not to answer at all.
func (r *run) mute() bool { return r.trial.fault != nil && r.trial.fault.Fails == StepOpen }

// excuse is why an outcome may make no claim, "" if it should have made one.
func (r *run) excuse(ctx context.Context) string {
	r.mu.Lock()
	unplugged := r.replug != nil
	r.mu.Unlock()
	switch {
	case unplugged && r.trial.name == swapped:
		return unknownOther
	case unplugged:
		return unknownGone
	case r.trial.fault != nil && r.trial.fault.Doubt != "":
		return r.trial.fault.Doubt
	case r.armed() && r.row.Note != nil && r.row.Note.Code == updater.NoteArmed:
		return unknownArmed
	}
	id, err := r.identify(ctx)
	switch {
	case err != nil:
		return unknownSilent
	case id.ID() != r.identity.ID():
		return unknownOther
	case r.row.Cancel == updater.CancelAccepted:
		return unknownStopped
	}
	return ""
}

// identify asks the device directly who it is.
func (r *run) identify(ctx context.Context) (devices.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, prompt)
	defer cancel()
	session, err := r.s.Driver.Open(ctx, r.device.Address(), devices.Access{StopProgram: true})
	if err != nil {
		return devices.Identity{}, err
	}
	defer session.Close()
	return session.Identify(ctx)
}

// bringBack ends what was done to the device; it tells whether it was away.
func (r *run) bringBack() bool {
	r.mu.Lock()
	replug := r.replug
	r.replug = nil
	r.mu.Unlock()
	if replug != nil {
		replug(false)
	}
	return replug != nil
}

// settle has an open case settled by the device that is back.
func (r *run) settle(ctx context.Context) {
	r.t.Helper()
	if r.row.Told != updater.Uncertain {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, slack*r.s.Return)
	defer cancel()
	if r.armed() && r.runs() == Source {
		r.startAnew(ctx)
	}
	for ctx.Err() == nil {
		// An error is that it is not quite back.
		_, _, _ = r.engine.Identify(ctx, r.question())
		if r.row.Later = r.result(); r.row.Later != updater.Uncertain {
			break
		}
		pause(ctx)
	}
	if r.row.Later == updater.Uncertain || !r.claims(r.row.Later) {
		r.row.Same = false
		r.t.Errorf("the device is back and runs %q, the case is settled as %s", r.device.Running(), r.row.Later)
	}
}

// result is how the upgrade ended as far as is known now.
func (r *run) result() updater.Outcome {
	r.t.Helper()
	records, err := r.engine.Records(1)
	if err != nil {
		r.t.Fatal(err)
	}
	return records[0].Result()
}

// question is a plan that asks the device who it is.
func (r *run) question() updater.Plan {
	return updater.Plan{Family: r.plan.Family, Address: r.device.Address(), Access: r.plan.Access}
}

// startAnew restarts a device that may have approved the package, while the engine
// watches. Before that, its old version settles nothing.
func (r *run) startAnew(ctx context.Context) {
	r.t.Helper()
	if r.s.Engine.Restart == nil {
		r.t.Errorf("the device approves, and the suite cannot restart it: Engine.Restart")
		return
	}
	watch, stop := context.WithCancel(ctx)
	r.work.Go(func() { _ = r.engine.Settle(watch) }) // ends with watch
	defer r.work.Wait()
	defer stop()
	rest, cancel := context.WithTimeout(ctx, afterwards)
	<-rest.Done()
	cancel()
	if _, _, err := r.engine.Identify(ctx, r.question()); err == nil && !r.open() {
		r.t.Errorf("the device has not started anew, and the case is settled as %s", r.result())
	}
	r.s.Engine.Restart(r.t, r.device)
	for ctx.Err() == nil && r.open() {
		pause(ctx)
	}
}

// look sees what the device runs in the end.
func (r *run) look(ctx context.Context) {
	final := r.row.Told
	if r.row.Later != "" {
		final = r.row.Later
	}
	if final != updater.Verified && final != updater.Uncertain {
		rest, cancel := context.WithTimeout(ctx, afterwards)
		<-rest.Done()
		cancel()
	}
	r.row.Same = r.row.Same && r.claims(final)
	r.row.Version, r.row.Runs = r.device.Running(), r.runs()
	if r.s.Engine.Left == nil {
		return
	}
	r.row.Left, r.row.Pending = r.s.Engine.Left(r.device)
	if r.row.Pending && final != updater.Uncertain {
		r.row.Same = false
		r.t.Errorf("told %s, but the device will install at its next start: %s", final, r.row.Left)
	}
}

// armed tells whether the device was asked for a verdict after which it may install at
// its next start, or may have fetched what it approves by that, as the engine told.
func (r *run) armed() bool {
	told := r.row.Note != nil && r.row.Note.Code == updater.NoteArmed
	fetched := told && r.s.Method.Fetched() && r.met[Instant{updater.Deliver, atFirst}]
	return r.approves() && (fetched || r.met[Instant{updater.Verify, unjudged}])
}

// approves tells whether the device installs at its next start once it has approved.
func (r *run) approves() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.caps.Approves[r.s.Method]
}

// runs puts what the device runs into one word.
func (r *run) runs() Running {
	switch running := r.device.Running(); {
	case running == r.before:
		return Source
	case packages.SameVersion(running, r.plan.TargetVersion()):
		return Target
	}
	return Other
}

// claims tells whether an outcome says what is so.
func (r *run) claims(told updater.Outcome) bool {
	switch told {
	case updater.Verified:
		return r.runs() == Target
	case updater.FailedOld, updater.Cancelled, updater.RefusedBefore:
		return r.runs() == Source
	}
	return true
}

// expected holds the story against what the row is for.
func (r *run) expected(end updater.Event) {
	r.t.Helper()
	switch f := r.trial.fault; {
	case r.trial.cancels:
		r.expectedOfCancel(end.Outcome)
	case f != nil && !f.Chance && !f.endless():
		r.expectedOfFault(f, end)
	case r.trial.name == nothing && end.Outcome != updater.Verified:
		r.t.Errorf("told %s: %+v, though nothing goes wrong", end.Outcome, end.Failure)
	}
	told, silent := end.Outcome, r.row.Note == nil || r.row.Note.Code == ""
	if silent && (told == updater.FailedOld || told == updater.RefusedBefore) {
		r.t.Errorf("told %s without a reason", told)
	}
	if told == updater.Cancelled && end.Failure != nil {
		r.t.Errorf("a cancel is told as a failure: %+v", end.Failure)
	}
	if open := r.open(); (told == updater.Uncertain && r.row.Later == "") != open {
		r.t.Errorf("told %s, later %q, and the case is open: %v", told, r.row.Later, open)
	}
}

// expectedOfFault holds the outcome to what the fault says about the driver. A check
// of the engine may refuse, in other words, what the driver would have refused.
func (r *run) expectedOfFault(f *Fault, end updater.Event) {
	r.t.Helper()
	told := end.Outcome
	if f.Fails == StepNever && told != updater.Verified {
		r.t.Errorf("told %s: %+v %+v; it should have been overcome", told, end.Failure, end.Note)
	}
	if f.Fails != StepNever && f.Fails != StepAny && told == updater.Verified {
		r.t.Errorf("told %s in spite of the fault", told)
	}
	failed := told == updater.FailedOld && end.Failure != nil && len(f.Kinds) > 0
	if failed && !slices.Contains(f.Kinds, end.Failure.Kind) {
		r.t.Errorf("told as %s, which is none of %v: %+v", end.Failure.Kind, f.Kinds, end.Failure)
	}
}

// expectedOfCancel holds the answer to a cancel and its outcome to the stage's
// promise. A device that fetches by itself may have gone beyond recall.
func (r *run) expectedOfCancel(told updater.Outcome) {
	r.t.Helper()
	want, ends := updater.CancelAccepted, []updater.Outcome{updater.Cancelled}
	stage := r.trial.at.Stage
	if stage == updater.Verify && r.approves() {
		stage = updater.Install // as much beyond recall
	}
	switch stage {
	case updater.Install, updater.Restart:
		want, ends = updater.CancelDenied, []updater.Outcome{updater.Verified}
	case updater.Confirm:
		ends = []updater.Outcome{updater.Uncertain}
	case updater.Deliver:
		if r.caps.Cancel[r.s.Method] == devices.CancelNever && r.s.Method != devices.Local {
			want, ends = updater.CancelDenied, []updater.Outcome{updater.Verified}
		} else if r.s.Method != devices.Local {
			ends = append(ends, updater.Verified)
		}
	}
	if r.row.Cancel != want {
		r.t.Errorf("the answer to a cancel is %q, not %q", r.row.Cancel, want)
	}
	if !slices.Contains(ends, told) {
		r.t.Errorf("told %s after a cancel, not %v", told, ends)
	}
}

// open tells whether the engine still has an open case.
func (r *run) open() bool {
	return slices.ContainsFunc(r.engine.OpenCases(), func(c updater.Case) bool { return c.Open })
}
