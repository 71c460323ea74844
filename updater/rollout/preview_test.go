package rollout

import (
	"context"
	"errors"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/updater"
)

// TestPreview: a draft says whom it would upgrade now, whom not and why, by the words with
// which it decides when it is active; and touches nobody.
func TestPreview(t *testing.T) {
	units := unitN(4)
	units[1].runs = v2
	units[2].model = "EC200A"
	units[3].strange = true
	play(t, units, func(t *testing.T, s *stage) {
		p, err := s.Save(usualPlan(), "ann")
		if err != nil {
			t.Error(err)
		}
		pass(time.Minute)
		if len(s.overview(p.ID).Devices) != 0 {
			t.Error("a draft asked by itself")
		}
		list, err := s.Preview(t.Context(), p.ID)
		if err != nil || len(list) != 3 {
			t.Errorf("%+v, %v", list, err)
		}
		s.want(p.ID, map[Status]int{Ready: 1, Current: 1, Excluded: 1})
		if row := s.row(p.ID, units[0]); row.Reason.Code != WhyWould {
			t.Errorf("%+v", row)
		}
		if row := s.row(p.ID, units[2]); row.Reason.Code != WhyModel {
			t.Errorf("%+v", row)
		}
		if a, err := s.Account(p.ID); err != nil || len(a.Devices) != 0 {
			t.Errorf("in a report of the draft: %+v, %v", a.Devices, err)
		}
		pass(time.Hour)
		if s.n != 0 || len(s.Snapshot().Places) != 1 {
			t.Errorf("%d upgrades, %+v", s.n, s.Snapshot().Places)
		}
		if err := s.Activate(t.Context(), p.ID, "ann", "no bench"); err != nil {
			t.Error(err)
		}
		pass(5 * time.Minute)
		s.want(p.ID, map[Status]int{Verified: 1, Current: 1, Excluded: 1})
		var refused *Error
		if _, err := s.Preview(t.Context(), p.ID); !errors.As(err, &refused) || refused.Code != CodeState {
			t.Error(err)
		}
	})
}

// TestPreviewOfADelta: whom the package does not fit is not promised to be upgraded; one that
// the allow list names is refused, with a record, and another is not meant.
func TestPreviewOfADelta(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		s.cfg.Shelf.(rack)[idOf(1)].Manifest.SourceVersion = "EC600NCNLCR03A09M16_OCPU_QPY"
		p := usualPlan()
		p.Targets.Allow = []string{"imei:" + units[0].id}
		p.Targets.Ranges = [][2]uint64{{0, maxIMEI}}
		p, err := s.Save(p, "ann")
		if err != nil {
			t.Error(err)
		}
		if _, err := s.Preview(t.Context(), p.ID); err != nil {
			t.Error(err)
		}
		for i, want := range []Status{Failed, Excluded} {
			if row := s.row(p.ID, units[i]); row.Status != want || row.Reason.Code != WhyBase {
				t.Errorf("%d: %+v", i, row)
			}
		}
		if err := s.Activate(t.Context(), p.ID, "ann", "no bench"); err != nil {
			t.Error(err)
		}
		pass(30 * time.Second)
		if s.n != 1 || s.row(p.ID, units[1]).Status != Excluded {
			t.Errorf("%d upgrades, %+v", s.n, s.row(p.ID, units[1]))
		}
	})
}

// TestUnsigned: a package that the policy refuses on every device is refused when the plan
// is activated or resumed; no reason helps.
func TestUnsigned(t *testing.T) {
	play(t, unitN(1), func(t *testing.T, s *stage) {
		policy := signature.None
		s.cfg.Signatures = func(context.Context, *packages.Package) signature.Result {
			r := signature.Result{Level: packages.Red, Code: signature.CodeRequired, Args: []any{"a.bin"}}
			switch policy {
			case signature.None:
				r.Level = packages.Green
			case signature.Warn:
				r.MustAccept = true
			}
			return r
		}
		p := usualPlan()
		p.Window = Window{From: 5, To: 6} // so that nothing begins
		id := s.active(p)
		if err := s.Pause(id, "ann", ""); err != nil {
			t.Error(err)
		}
		policy = signature.Require
		draft, err := s.Save(usualPlan(), "ann")
		if err != nil {
			t.Error(err)
		}
		for name, err := range map[string]error{
			"activate": s.Activate(t.Context(), draft.ID, "ann", "all the same"), "resume": s.Resume(t.Context(), id, "ann", ""),
		} {
			var refused *Error
			if !errors.As(err, &refused) || refused.Code != devices.Code(signature.CodeRequired) || refused.Op != name {
				t.Errorf("%s: %v", name, err)
			}
		}
		policy = signature.Warn
		if err := s.Activate(t.Context(), draft.ID, "ann", "all the same"); err == nil {
			t.Error("what somebody must accept was accepted by nobody")
		}
		draft.Accept = map[string]string{"signature": "made here"}
		if _, err := s.Save(draft, "ann"); err != nil {
			t.Error(err)
		}
		if err := s.Activate(t.Context(), draft.ID, "ann", "all the same"); err != nil {
			t.Error(err)
		}
	})
}

// TestPreviewOfAQuestion: in the preview of a draft nobody is asked anything yet.
func TestPreviewOfAQuestion(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Confirm, p.Texts = Confirmed, map[string]string{English: "Now?", Chinese: "现在？"}
		p, err := s.Save(p, "ann")
		if err != nil {
			t.Fatal(err)
		}
		if list, err := s.Preview(t.Context(), p.ID); err != nil || len(list) != 1 || list[0].Status != Asking || list[0].Reason.Code != WhyWouldAsk {
			t.Errorf("%+v, %v", list, err)
		}
		if err := s.Activate(t.Context(), p.ID, "ann", "no bench"); err != nil {
			t.Fatal(err)
		}
		if d := s.row(p.ID, units[0]); d.Status != Asking || d.Reason.Code != WhyAsk {
			t.Errorf("%+v", d)
		}
	})
}

// TestPreviewOfABusyPort: a port that somebody else uses is asked again once it is free.
func TestPreviewOfABusyPort(t *testing.T) {
	units := unitN(1)
	units[0].busy = true
	play(t, units, func(t *testing.T, s *stage) {
		p, err := s.Save(usualPlan(), "ann")
		if err != nil {
			t.Error(err)
		}
		if list, err := s.Preview(t.Context(), p.ID); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		s.change(func() { units[0].busy = false })
		pass(time.Minute)
		s.want(p.ID, map[Status]int{Ready: 1})
	})
}

// TestPreviewAsksTheRules: what the engine's rules would refuse fails in the preview of a draft,
// and what they would warn of is told; what merely waits may pass until it begins. A word of the
// device makes what was found about it void, and so does another draft.
func TestPreviewAsksTheRules(t *testing.T) {
	units := unitN(3)
	play(t, units, func(t *testing.T, s *stage) {
		var asked []updater.Plan
		state := updater.CheckFailed
		s.cfg.Check = func(_ context.Context, p updater.Plan, identity devices.Identity) []updater.CheckResult {
			asked = append(asked, p)
			list := []updater.CheckResult{{Name: "identity", State: updater.CheckOK}, {Name: "url", State: updater.CheckSkipped, Fact: updater.Note{Code: updater.CheckURLLater}}}
			switch identity.IMEI {
			case units[0].id:
				list = append(list, updater.CheckResult{Name: "space", State: state, Fact: updater.Note{Code: updater.CheckSpaceShort}})
			case units[1].id:
				list = append(list, updater.CheckResult{Name: "repeat", State: updater.CheckWarn, Override: true, Fact: updater.Note{Code: updater.CheckRepeatSoon}})
			}
			return list
		}
		p, err := s.Save(usualPlan(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.Preview(t.Context(), p.ID)
		if err != nil || len(asked) != 3 || asked[0].Family == "" || asked[0].Package == nil || asked[0].Rollout.Plan != p.ID {
			t.Fatalf("%+v, %v: %+v", list, err, asked)
		}
		s.want(p.ID, map[Status]int{Failed: 2, Ready: 1})
		if d := s.row(p.ID, units[0]); d.Reason.Code != updater.CheckSpaceShort || len(d.Checks) != 2 {
			t.Errorf("%+v", d)
		}
		if d := s.row(p.ID, units[2]); d.Reason.Code != WhyWould || len(d.Checks) != 1 {
			t.Errorf("%+v", d)
		}
		state = updater.CheckWarn
		p.Window = Window{From: 5, To: 6} // and it is midnight
		if p, err = s.Save(p, "ann"); err != nil {
			t.Fatal(err)
		}
		if len(s.overview(p.ID).Devices) != 0 {
			t.Error("it still shows what the draft before was for")
		}
		if _, err := s.Preview(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
		s.want(p.ID, map[Status]int{Waiting: 3})
		s.plug(units[0], false)
		pass(time.Second)
		s.plug(units[0], true)
		pass(time.Minute)
		if _, err := s.Preview(t.Context(), p.ID); err != nil || s.n != 0 {
			t.Fatal(err, s.n)
		}
		if err := s.Activate(t.Context(), p.ID, "ann", "no bench"); err != nil {
			t.Fatal(err)
		}
		if d := s.row(p.ID, units[0]); len(d.Checks) != 0 {
			t.Errorf("an active plan has its own say: %+v", d)
		}
	})
}
