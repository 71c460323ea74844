package updater

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// told makes a report of events that are numbered and timed by their seconds.
func told(r Record, events ...Event) Report {
	start := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	r.Started = start
	for i := range events {
		events[i].Seq, events[i].At = int64(i+1), start.Add(time.Duration(events[i].Done)*time.Second)
	}
	return reportOf(r, events, false)
}

// TestReportStages: a stage has its time, its bytes, its rate and how it grew.
func TestReportStages(t *testing.T) {
	events := []Event{{Stage: Identify, Begins: true}, {Stage: Deliver, Begins: true, Done: 2}}
	for s := int64(3); s <= 1002; s++ {
		events = append(events, Event{Stage: Deliver, Progress: true, Done: s, Total: 2000})
	}
	events = append(events, Event{Stage: Verify, Begins: true, Done: 1002}, Event{Stage: Verify, Progress: true, Done: 1003, Total: 100}, Event{Stage: Verify, Outcome: FailedOld, Done: 1004})
	r := told(Record{Job: "a", Where: &Where{User: "li.wei"}}, events...)
	if len(r.Stages) != 3 || r.Where == nil || r.Where.User != "li.wei" {
		t.Fatalf("%+v", r)
	}
	d := r.Stages[1]
	if d.Seconds != 1000 || d.Done != 1002 || d.Total != 2000 || d.Rate != 1 {
		t.Errorf("%+v", d)
	}
	grows(t, d.Curve, 1002)
	if v := r.Stages[2]; v.Rate != 0 {
		t.Errorf("percent have a rate: %+v", v)
	}
}

// grows fails unless a curve has points enough, rises, and ends at last.
func grows(t *testing.T, curve []CurvePoint, last int64) {
	t.Helper()
	if n := len(curve); n < curvePoints/2 || n > curvePoints || curve[n-1].Done != last {
		t.Errorf("%d points, the last %+v", n, curve[n-1])
	}
	for i, p := range curve {
		if i > 0 && (p.Seconds <= curve[i-1].Seconds || p.Done <= curve[i-1].Done) {
			t.Errorf("point %d: %+v after %+v", i, p, curve[i-1])
		}
	}
}

// TestReportAnswers: what the device said of itself is kept in order, the first always.
func TestReportAnswers(t *testing.T) {
	events := []Event{{Stage: Identify, Begins: true, Address: "COM5"}, {Stage: Identify, Identity: &devices.Identity{Firmware: "R01"}}}
	for i := range 2 * answersKept {
		events = append(events, Event{Stage: Confirm, Address: devices.Address(fmt.Sprintf("COM%d", i)), Identity: &devices.Identity{Firmware: fmt.Sprint(i)}})
	}
	r := told(Record{Job: "a"}, events...)
	if n := len(r.Answers); n != answersKept || r.Answers[0].Identity.Firmware != "R01" || r.Answers[0].Address != "COM5" {
		t.Fatalf("%d answers, the first %+v", n, r.Answers[0])
	}
	last := r.Answers[answersKept-1]
	if want := fmt.Sprint(2*answersKept - 1); last.Identity.Firmware != want || r.After.Firmware != want || string(last.Address) != "COM"+want {
		t.Errorf("%+v", last)
	}
}

// TestReportOfUpgrade: the report of a whole upgrade says who ran it where, all stages,
// and what the device said at both ends.
func TestReportOfUpgrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.config(newBook())
		c.Version = "1.2.3"
		e, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer close2(t, e)
		plan := w.plan()
		plan.By = "li.wei"
		events := story(t, e, plan)
		r, err := e.Report(events[0].Job)
		if err != nil || r.Outcome != Verified || len(r.Stages) != len(Stages()) {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.Where == nil || r.Where.By != "li.wei" || r.Where.User == "" || r.Where.Program != "1.2.3" || r.Where.OS == "" {
			t.Errorf("where: %+v", r.Where)
		}
		if n := len(r.Answers); n < 2 || r.Answers[0].Identity.Firmware == newVersion || r.Answers[n-1].Identity.Firmware != newVersion {
			t.Errorf("answers: %+v", r.Answers)
		}
	})
}

// TestReal: whoever answers at a port of this computer itself may be a simulator, and
// proves nothing; so does one that is known to be simulated.
func TestReal(t *testing.T) {
	for at, want := range map[devices.Address]bool{
		"tcp://127.0.0.1:7100": false, "tcp://localhost:7100": false, "tcp://192.0.2.7:7100": true, home: true, "COM5": true,
	} {
		p := newWorld(t).plan()
		p.Address = at
		if got := (Record{Plan: recordPlan(p)}).Real(); got != want {
			t.Errorf("%s: %v", at, got)
		}
		p.Sighting.Simulated = true
		if (Record{Plan: recordPlan(p)}).Real() {
			t.Errorf("%s: simulated, and real", at)
		}
	}
}

// TestRealOlder: of a record that older programs wrote, without whose port it was, the
// address tells that it is no proof; one that was simulated stays that.
func TestRealOlder(t *testing.T) {
	for body, want := range map[string]Subject{
		`{"address":"tcp://127.0.0.1:7100"}`:                  PerhapsSimulated,
		`{"address":"tcp://[::1]:7100"}`:                      PerhapsSimulated,
		`{"address":"/dev/pts/3"}`:                            PerhapsSimulated,
		`{"address":"tcp://127.0.0.1:7100","simulated":true}`: Simulated,
		`{"address":"tcp://192.0.2.7:7100","here":true}`:      PerhapsSimulated,
		`{"address":"tcp://192.0.2.7:7100"}`:                  Real,
		`{"address":"/dev/ttyUSB3"}`:                          Real,
		`{"address":"COM5"}`:                                  Real,
		`{}`:                                                  Real,
	} {
		var r Record
		if err := json.Unmarshal([]byte(`{"plan":`+body+`}`), &r); err != nil {
			t.Fatal(err)
		}
		if got := r.Subject(); got != want || r.Real() != (want == Real) || reportOf(r, nil, false).Subject != want {
			t.Errorf("%s: %s", body, got)
		}
	}
}

// TestWhere: an upgrade says who ran it where, in bounded and printable words.
func TestWhere(t *testing.T) {
	w := here("", "1.2.3")
	if w.User == "" || w.OS == "" || w.Arch == "" || w.Program != "1.2.3" {
		t.Errorf("%+v", w)
	}
	if w := here("李伟\x1b[2J\n"+strings.Repeat("很长", 200), ""); !strings.HasPrefix(w.By, "李伟[2J很长") || len(w.By) > whereBytes || w.User == "" {
		t.Errorf("%q", w.By)
	}
	for want, w := range map[string]Where{"ann, root@desk": {By: "ann", User: "root", Host: "desk"}, "root": {User: "root"}, "ann": {By: "ann"}, "": {}} {
		if got := w.Who(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
