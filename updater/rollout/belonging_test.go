package rollout

import (
	"encoding/json"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// TestNamedOfAnotherModel: a device that the allow list names and that is of another model was
// seen, and is told with the rule that leaves it out: while it is here, when it is gone, for the
// next program and for one that only looks. It is counted, and the plan is not finished.
func TestNamedOfAnotherModel(t *testing.T) {
	for name, c := range map[string]struct {
		models []string
		rule   devices.Code
		says   string
	}{
		"by the package": {nil, rulePackage, "EC600N"},
		"by the plan":    {[]string{"BG95", "EC600N"}, ruleModels, "BG95, EC600N"},
	} {
		t.Run(name, func(t *testing.T) {
			units := unitN(3)
			units[1].model = "EC25"
			units[2].model = "EC25" // which nobody named
			play(t, units, func(t *testing.T, s *stage) {
				p := usualPlan()
				p.Targets.Models = c.models
				p.Targets.Allow = []string{"imei:" + units[0].id, "imei:" + units[1].id}
				id := s.active(p)
				want := func(when string, r *Runner) {
					t.Helper()
					o := overviewIn(r, id)
					if o.Totals.Unseen != 0 || o.Totals.All != 2 || o.Totals.Done != 1 || o.Plan.State != Active {
						t.Errorf("%s: %+v", when, o)
					}
					told := false
					for _, d := range o.Devices {
						if d.ID != "imei:"+units[1].id {
							continue
						}
						told = true
						rule := noted(t, d.Reason.Args[1])
						if d.Status != Excluded || !d.Named || d.Reason.Code != WhyModel || d.Reason.Args[0] != "EC25" || rule.Code != c.rule || rule.Args[len(rule.Args)-1] != c.says {
							t.Errorf("%s: %+v", when, d)
						}
					}
					a, err := r.Account(id)
					if !told || err != nil || len(a.Unseen) != 0 {
						t.Errorf("%s: %+v, %v", when, a, err)
					}
				}
				pass(5 * time.Minute)
				want("here", s.Runner)
				s.plug(units[1], false)
				pass(time.Minute)
				want("unplugged", s.Runner)
				looking := func() *Runner {
					return New(Config{Engine: s.floor, Shelf: rack{}, Dir: s.dir, Met: func(id string) map[string]Met { return ReadMet(s.dir, id) }, Plans: s.Plans(), Now: s.wall})
				}
				want("for who only looks", looking())
				s.close()
				s.open()
				pass(time.Minute)
				want("in the next program", s.Runner)
				if d := s.row(id, units[2]); d.Status != Excluded || d.Named {
					t.Errorf("%+v", d)
				}
				if met := ReadMet(s.dir, id); len(met) != 2 {
					t.Errorf("whom nobody named is kept: %+v", met)
				}
			})
		})
	}
}

// noted is a note within another one, which a file may have held meanwhile.
func noted(t *testing.T, arg any) updater.Note {
	t.Helper()
	var n updater.Note
	text, err := json.Marshal(arg)
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// overviewIn is how the plan with that id stands for a runner.
func overviewIn(r *Runner, id string) Overview {
	for _, o := range r.Snapshot().Plans {
		if o.Plan.ID == id {
			return o
		}
	}
	return Overview{}
}
