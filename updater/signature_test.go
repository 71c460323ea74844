package updater

import (
	"context"
	"testing"
	"testing/synctest"

	"fotabench/packages"
	"fotabench/packages/signature"
)

// TestSignature: what signatures are worth decides whether an upgrade begins.
func TestSignature(t *testing.T) {
	red := signature.Result{Level: packages.Red, Code: signature.CodeBad, Args: []any{"fw.bin"}, Remedy: signature.RemedyBad}
	amber := signature.Result{Level: packages.Amber, Code: signature.CodeUnsigned, Remedy: signature.RemedyUnsigned}
	ask := func(r signature.Result) signature.Result { r.MustAccept = true; return r }
	for name, c := range map[string]struct {
		result   signature.Result
		accepted bool
		state    CheckState
		want     Outcome
	}{
		"good":            {signature.Result{Level: packages.Green, Code: signature.CodeGood}, false, CheckOK, Verified},
		"quiet":           {signature.Result{Level: packages.Green, Quiet: true, Code: signature.CodeUnsigned}, false, CheckSkipped, Verified},
		"amber":           {amber, false, CheckWarn, Verified},
		"amber, not yes":  {ask(amber), false, CheckWarn, RefusedBefore},
		"amber, yes":      {ask(amber), true, CheckWarn, Verified},
		"red":             {red, false, CheckFailed, RefusedBefore},
		"red, no use":     {red, true, CheckFailed, RefusedBefore},
		"red, yes needed": {ask(red), false, CheckFailed, RefusedBefore},
		"red, yes":        {ask(red), true, CheckWarn, Verified},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				e := engine(t, w, newBook())
				defer close2(t, e)
				e.cfg.Signatures = func(context.Context, *packages.Package) signature.Result { return c.result }
				p := w.plan()
				if c.accepted {
					p.Accept = map[string]string{"signature": "tried"}
				}
				events := story(t, e, p)
				if got := last(events).Outcome; got != c.want {
					t.Errorf("outcome %s, want %s", got, c.want)
				}
				var told []CheckResult
				for _, r := range checksOf(events) {
					if r.Name == "signature" {
						told = append(told, r)
					}
				}
				if len(told) != 1 || told[0].State != c.state || string(told[0].Fact.Code) != string(c.result.Code) {
					t.Fatalf("%+v", told)
				}
			})
		})
	}
}

// TestSignatureCancelled: a cancel while signatures are looked at is a cancel.
func TestSignatureCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := engine(t, w, newBook())
		defer close2(t, e)
		e.cfg.Signatures = func(ctx context.Context, _ *packages.Package) signature.Result {
			<-ctx.Done()
			return signature.Result{Level: packages.Red, Code: signature.CodeUnfinished, Remedy: signature.RemedyUnfinished}
		}
		id, err := e.Start(w.plan())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if answer := e.Cancel(id); answer != CancelAccepted {
			t.Errorf("%v", answer)
		}
		var events []Event
		if err := e.Watch(t.Context(), id, func(e Event) { events = append(events, e) }); err != nil {
			t.Fatal(err)
		}
		if got := last(events).Outcome; got != Cancelled {
			t.Errorf("outcome %s", got)
		}
	})
}
