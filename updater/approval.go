package updater

import (
	"errors"
	"slices"

	"fotabench/devices"
)

// unasked is an error before the device was asked for its verdict.
type unasked struct{ error }

// Unwrap gives the error.
func (u *unasked) Unwrap() error { return u.error }

// approved is an error of this program's own, after the device approved.
type approved struct{ error }

// Unwrap gives the error.
func (a *approved) Unwrap() error { return a.error }

// mayHaveApproved tells after the delivery whether the device may have approved: it was asked
// for its verdict, or it fetched the package, which approves it (devices.Capabilities).
func (j *job) mayHaveApproved(asked bool) bool {
	return j.approves() && (asked || j.plan.Method.Fetched())
}

// afterVerdict tells a verdict against the package from every other error of a device that
// may have approved: that one must be asked what it runs. Only a device that says no, and
// a digest that is not the package's, are such a verdict.
func (j *job) afterVerdict(err error) (Stage, error) {
	var early *unasked
	var late *approved
	asked := j.mayHaveApproved(j.acting == Verify && !errors.As(err, &early))
	switch {
	case stopped(err) && asked:
		return "", j.unwatched(err)
	case stopped(err):
		return "", j.cancelled(err)
	}
	f := describe(err, string(j.address), j.secrets())
	verdict := slices.Contains([]devices.Kind{devices.Refused, devices.Integrity}, f.Kind)
	if !asked || verdict && early == nil && !errors.As(err, &late) {
		return "", &conclusion{outcome: FailedOld, failure: f}
	}
	return j.doubt(f)
}

// doubt has the device asked that may have approved, and may install at its next start.
func (j *job) doubt(f *Failure) (Stage, error) {
	j.failure, j.armed = f, true
	j.say(Warn, NoteDoubt)
	return Restart, nil
}
