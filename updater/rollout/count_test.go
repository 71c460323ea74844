package rollout

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// TestCount: there is one way to add up: what belongs counts, what was proved is done, and
// nothing is 100 % before that.
func TestCount(t *testing.T) {
	of := func(n int, s Status, component int, part float64) (list []Device) {
		for range n {
			list = append(list, Device{Status: s, Component: component, Part: part})
		}
		return list
	}
	join := func(lists ...[]Device) (all []Device) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for name, c := range map[string]struct {
		list                     []Device
		components, unseen       int
		all, done, percent, some int
	}{
		"nobody":               {nil, 1, 0, 0, 0, 0, 0},
		"two that are nearly":  {join(of(8, Verified, 0, 1), of(2, Running, 0, 0.98)), 1, 0, 10, 8, 80, 2},
		"the same two failed":  {join(of(8, Verified, 0, 1), of(2, Failed, 0, 0)), 1, 0, 10, 8, 80, 0},
		"nearly 1000":          {join(of(999, Verified, 0, 1), of(1, Running, 0, 0.99)), 1, 0, 1000, 999, 99, 1},
		"all":                  {join(of(9, Verified, 0, 1), of(1, Current, 0, 1)), 1, 0, 10, 10, 100, 0},
		"not meant":            {join(of(1, Verified, 0, 1), of(9, Excluded, 0, 0)), 1, 0, 1, 1, 100, 0},
		"some never seen":      {of(4, Verified, 0, 1), 1, 6, 10, 4, 40, 0},
		"one of two packages":  {join(of(1, Verified, 1, 1), of(1, Running, 1, 0.9)), 2, 0, 2, 1, 75, 1},
		"half done, then lost": {of(1, Failed, 1, 0.5), 2, 0, 1, 0, 50, 0},
		"a draft of nothing":   {of(1, Waiting, 0, 0), 0, 0, 1, 0, 0, 0},
	} {
		got := Count(c.list, c.components, c.unseen)
		if got.All != c.all || got.Done != c.done || got.Percent() != c.percent || got.By[Running] != c.some || got.Unseen != c.unseen {
			t.Errorf("%s: %+v, %d %%", name, got, got.Percent())
		}
		if got.Percent() == 100 && got.Done != got.All {
			t.Errorf("%s: 100 %% too early", name)
		}
	}
}

// TestProgress: a device that must still say what it runs is not nearly done.
func TestProgress(t *testing.T) {
	weights := updater.Weights(devices.Capabilities{Weights: map[string]float64{"confirm": 1}})
	if p := progress(weights, updater.Confirm, 0, 0); p > 1-lastWord || p < 0.8 {
		t.Errorf("%f", p)
	}
	if p := progress(weights, updater.Confirm, 1, 1); p > 1-lastWord {
		t.Errorf("%f", p)
	}
}

// TestSameSet: every program counts the same devices, whether they are here, were here, or
// only stand on the list; nothing that happens takes one away again.
func TestSameSet(t *testing.T) {
	units := unitN(10)
	for i := range units {
		units[i].fails = i % 3 / 2
	}
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Parallel = 2
		id := s.active(p)
		pass(2 * time.Second)
		all, part := s.overview(id).Totals.All, 0.0
		if all != 10 {
			t.Errorf("%d belong", all)
		}
		other := func() Totals { // a program that only looks
			plan, err := s.Plan(id)
			if err != nil {
				t.Fatal(err)
			}
			dir := s.dir
			r := New(Config{Engine: s.floor, Shelf: usualRack(), Plans: []Plan{plan}, Met: func(id string) map[string]Met { return ReadMet(dir, id) }})
			return r.Snapshot().Plans[0].Totals
		}
		for range 40 {
			pass(10 * time.Second)
			now := s.overview(id).Totals
			if now.All != all || now.Part < part || now.Percent() == 100 {
				t.Errorf("%+v after %f", now, part)
			}
			if seen := other(); seen.All != all || seen.Done != now.Done || seen.Percent() != now.Percent() {
				t.Errorf("%+v elsewhere, %+v here", seen, now)
			}
			part = now.Part
		}
		for _, u := range units {
			s.plug(u, false)
		}
		pass(time.Minute)
		if got := s.overview(id).Totals; got.All != all || got.Part < part {
			t.Errorf("%+v", got)
		}
		s.want(id, map[Status]int{Verified: 7, Failed: 3})
	})
}
