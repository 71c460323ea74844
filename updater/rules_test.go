package updater

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
)

// TestHashes: what nobody states a hash for is believed where a trusted key signed all of
// it, and where a hash contradicts nothing helps.
func TestHashes(t *testing.T) {
	t.Parallel()
	good, expired := signature.Verdict{State: signature.Good}, signature.Verdict{State: signature.Expired}
	silent := packages.File{Name: "a.bin", Digests: packages.Digests{packages.SHA256: "aa", packages.MD5: "bb"}}
	weak, stated, wrong := silent, silent, silent
	weak.Expected = []packages.Expected{{Algorithm: packages.MD5, Hex: "bb", Source: "a.md5"}}
	stated.Expected = []packages.Expected{{Algorithm: packages.SHA256, Hex: "aa", Source: "a.sha256"}}
	wrong.Expected = []packages.Expected{{Algorithm: packages.SHA256, Hex: "cc", Source: "a.sha256"}}
	for name, c := range map[string]struct {
		files    []packages.File
		verdicts []signature.Verdict
		state    CheckState
		want     devices.Code
	}{
		"nobody":          {[]packages.File{silent}, nil, CheckWarn, devices.Code(packages.TrustNone)},
		"signed":          {[]packages.File{silent}, []signature.Verdict{good}, CheckOK, CheckHashesSigned},
		"weak, signed":    {[]packages.File{weak}, []signature.Verdict{good}, CheckOK, CheckHashesSigned},
		"stated, signed":  {[]packages.File{stated}, []signature.Verdict{good}, CheckOK, devices.Code(packages.TrustProved)},
		"wrong, signed":   {[]packages.File{wrong}, []signature.Verdict{good}, CheckFailed, devices.Code(packages.Mismatch)},
		"not good":        {[]packages.File{silent}, []signature.Verdict{expired}, CheckWarn, devices.Code(packages.TrustNone)},
		"one of two":      {[]packages.File{silent, silent}, []signature.Verdict{good, expired}, CheckWarn, devices.Code(packages.TrustNone)},
		"both of two":     {[]packages.File{silent, silent}, []signature.Verdict{good, good}, CheckOK, CheckHashesSigned},
		"fewer than both": {[]packages.File{silent, silent}, []signature.Verdict{good}, CheckWarn, devices.Code(packages.TrustNone)},
	} {
		q := inquiry{plan: Plan{Package: &packages.Package{Files: c.files}}}
		q.signed = func() signature.Result { return signature.Result{Verdicts: c.verdicts} }
		if got := askHashes(q); got.State != c.state || got.Fact.Code != c.want {
			t.Errorf("%s: %s %s, not %s %s", name, got.State, got.Fact.Code, c.state, c.want)
		}
		q.signed = nil
		if got := askHashes(q); got.Fact.Code == CheckHashesSigned {
			t.Errorf("%s: signed, though nobody was asked", name)
		}
	}
}

// TestOfferRules: the rules about what a vendor's platform offers, whose bytes nobody
// has here.
func TestOfferRules(t *testing.T) {
	t.Parallel()
	free := int64(1000)
	offer := func(change func(*packages.Manifest, *packages.Offer)) inquiry {
		pkg := &packages.Package{
			Name: "MCU1 2.0.0", Offer: &packages.Offer{Component: "MCU1", Space: 1000},
			Manifest: packages.Manifest{Component: packages.SOTA, Module: "MCU1", SourceVersion: "1.0.0", TargetVersion: "2.0.0"},
		}
		if change != nil {
			change(&pkg.Manifest, pkg.Offer)
		}
		return inquiry{
			plan: Plan{Package: pkg, Method: devices.Plan},
			identity: devices.Identity{
				IMEI: "860000000000001", Model: "EC600U", Firmware: "9.0.0", FreeBytes: &free,
				Extra: map[string]string{devices.ExtraComponent + "MCU1": "1.0.0"},
			},
			now: time.Now(),
		}
	}
	for name, c := range map[string]struct {
		ask  func(inquiry) CheckResult
		q    inquiry
		want devices.Code
	}{
		"model":             {askModel, offer(nil), CheckModelOffer},
		"files":             {askFiles, offer(nil), CheckFilesOffer},
		"size":              {askSize, offer(nil), CheckSizeOffer},
		"hashes":            {askHashes, offer(nil), CheckHashesOffer},
		"space":             {askSpace, offer(nil), CheckSpaceOK},
		"no space":          {askSpace, offer(func(_ *packages.Manifest, o *packages.Offer) { o.Space++ }), CheckSpaceShort},
		"module firmware":   {askSpace, offer(func(m *packages.Manifest, o *packages.Offer) { m.Component, o.Space = packages.FOTA, 1<<30 }), CheckSpaceStreamed},
		"the part's source": {askSource, offer(nil), CheckSourceOK},
		"another source":    {askSource, offer(func(m *packages.Manifest, _ *packages.Offer) { m.SourceVersion = "0.9.0" }), CheckSourceOther},
		"the part is newer": {askVersion, offer(nil), CheckVersionUp},
		"the part is older": {askVersion, offer(func(m *packages.Manifest, _ *packages.Offer) { m.TargetVersion = "0.5.0" }), CheckVersionDown},
		"of the module":     {askVersion, offer(func(m *packages.Manifest, _ *packages.Offer) { m.Component = packages.FOTA }), CheckVersionDown},
		"an unknown part":   {askVersion, offer(func(m *packages.Manifest, _ *packages.Offer) { m.Module = "MCU2" }), CheckVersionUnknown},
		"not yet":           {askRepeat, offer(nil), CheckRepeatOK},
	} {
		if got := c.ask(c.q); got.Fact.Code != c.want {
			t.Errorf("%s: %s, not %s", name, got.Fact.Code, c.want)
		}
	}
	q := offer(nil)
	q.before = []Record{{Job: "j", Started: q.now.Add(-time.Minute), Stage: Deliver, Plan: recordPlan(q.plan), Device: &q.identity}}
	if got := askRepeat(q); got.Fact.Code != CheckRepeatSoon {
		t.Errorf("the same offer again: %s", got.Fact.Code)
	}
	q.before[0].Started = q.now.Add(time.Hour)
	if got := askRepeat(q); got.Fact.Code != CheckRepeatClock || !got.Blocks() {
		t.Errorf("the same offer again, and the clock was set back: %+v", got)
	}
	q.plan.ExpectVersion = "3.0.0"
	if got := askRepeat(q); got.Fact.Code != CheckRepeatOK {
		t.Errorf("another offer: %s", got.Fact.Code)
	}
}
