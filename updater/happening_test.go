package updater

import (
	"errors"
	"reflect"
	"testing"
	"testing/synctest"

	"fotabench/devices"
)

// TestHappenings: everything notable makes a line, in order; progress and a check that does
// not object make none.
func TestHappenings(t *testing.T) {
	note := func(level Level, code devices.Code) Note { return Note{Level: level, Code: code} }
	remark := note(Info, "a")
	e := Event{
		Stage: Check, Begins: true, Note: &remark, Checks: []CheckResult{
			{State: CheckOK, Fact: note(Info, "b")},
			{State: CheckWarn, Fact: note(Warn, "c"), Accepted: true},
			{State: CheckSkipped, Fact: note(Info, "d")},
			{State: CheckFailed, Fact: note(Fault, "e")},
		},
		Failure: &Failure{Note: note(Fault, "f")}, Outcome: RefusedBefore,
	}
	want := []Happening{
		{Stage: Check, Begins: true},
		{Stage: Check, Note: remark},
		{Stage: Check, Note: note(Warn, "c")},
		{Stage: Check, Note: note(Fault, "e")},
		{Stage: Check, Note: note(Fault, "f")},
		{Stage: Check, Note: note(Fault, "outcome.refused")},
	}
	if got := e.Happenings(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for i, warns := range []bool{false, false, true, true, true, true} {
		if want[i].Warns() != warns {
			t.Errorf("%+v warns: %v", want[i], !warns)
		}
	}
	if got := (Event{Stage: Deliver, Progress: true, Done: 1, Total: 2}).Happenings(); got != nil {
		t.Errorf("progress: %+v", got)
	}
}

// TestLog: the log of an upgrade is what was seen of it; the newest is the usual one.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := engine(t, w, newBook())
		defer close2(t, e)
		if _, err := e.Log(""); !errors.Is(err, devices.Absent) {
			t.Errorf("no upgrade yet: %v", err)
		}
		first := story(t, e, w.plan())
		w.running = oldVersion
		second := story(t, e, w.plan())
		for job, events := range map[string][]Event{first[0].Job: first, second[0].Job: second, "": second} {
			var want []Happening
			for _, one := range events {
				want = append(want, one.Happenings()...)
			}
			log, err := e.Log(job)
			if err != nil || log.Job != events[0].Job || log.Altered || !reflect.DeepEqual(log.Lines, want) {
				t.Errorf("%q: %v %+v, want %+v", job, err, log, want)
			}
		}
		if _, err := e.Log("x"); !errors.Is(err, devices.Absent) {
			t.Errorf("no such job: %v", err)
		}
	})
}
