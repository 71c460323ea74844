package cli

import (
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// withPlan is a call where the platform has a plan.
func withPlan(t *testing.T) *call {
	t.Helper()
	b := newCall(t)
	t.Setenv(productSecretEnv, secretText)
	b.engine.identity.Family = "quecthing"
	b.engine.offers = []devices.Offer{{
		Raw: `(0, 'EC600N', 'R01', 'R02', 40, 698000, -101)`,
		Package: &packages.Package{
			Name: "EC600N", Manifest: packages.Manifest{Component: packages.FOTA, SourceVersion: "R01", TargetVersion: "R02", MinBattery: 40},
			Offer: &packages.Offer{Component: "EC600N", Space: 698000, SignalDBm: -101},
		},
	}}
	b.engine.play = story(updater.Event{Stage: updater.Confirm, Outcome: updater.Verified})
	return b
}

func (b *call) offers(t testing.TB, more ...string) int {
	t.Helper()
	return b.run(t, append([]string{"offers", "--port", "/dev/ttyUSB3", "--product-key", "p11"}, more...)...)
}

func TestOffersAreShown(t *testing.T) {
	b := withPlan(t)
	if got := b.offers(t, "--server", "mqtts://127.0.0.1:8883", "--apn", "iot"); got != 0 {
		t.Fatalf("%d: %s", got, &b.err)
	}
	b.shows(t, "EC600N", "R01", "R02", "40", "-101", "698000, -101)", "682 KiB")
	if b.engine.started > 0 || len(b.engine.refused) > 0 {
		t.Error("something was decided unasked")
	}
	p := b.engine.plan
	at := p.Access.Platform
	if p.Family != "quecthing" || at.ProductKey != "p11" || at.ProductSecret != secretText || at.Server != "mqtts://127.0.0.1:8883" || at.APN.Name != "iot" {
		t.Errorf("%+v, %+v", p, at)
	}
	if strings.Contains(b.out.String()+b.err.String(), secretText) {
		t.Error("the secret is printed")
	}
	b = withPlan(t)
	b.offers(t, "--json")
	if o := b.objects(t); len(o) != 1 || o[0]["targetVersion"] != "R02" || o[0]["minSignalDBm"] != -101.0 || o[0]["number"] != 1.0 {
		t.Errorf("%v", o)
	}
	b = withPlan(t)
	b.engine.offers = nil
	if got := b.offers(t); got != 0 {
		t.Errorf("%d", got)
	}
	b.shows(t, "no plan")
}

func TestOfferIsAccepted(t *testing.T) {
	b := withPlan(t)
	if got := b.offers(t, "--accept", "1", "--yes", "--accept-check", "battery=on mains"); got != ExitVerified {
		t.Fatalf("%d: %s", got, &b.err)
	}
	p := b.engine.plan
	if b.engine.started != 1 || p.Method != devices.Plan || p.Package != b.engine.offers[0].Package || p.ID != b.engine.identity.ID() || p.Accept["battery"] != "on mains" {
		t.Errorf("%+v", p)
	}
}

// TestOfferByRule: the strict rule wants a battery above the minimum; without one it
// says so and accepts nothing.
func TestOfferByRule(t *testing.T) {
	b := withPlan(t)
	percent, signal, free := 55, 20, int64(1<<20)
	versions := func(b *call) {
		m := &b.engine.offers[0].Package.Manifest
		m.SourceVersion, m.TargetVersion = "EC600NCNLCR03A10M16_OCPU_QPY", "EC600NCNLCR03A11M16_OCPU_QPY"
		b.engine.identity.Firmware = m.SourceVersion
	}
	versions(b)
	b.engine.identity.BatteryPercent, b.engine.identity.SignalCSQ, b.engine.identity.FreeBytes = &percent, &signal, &free
	if got := b.offers(t, "--rule", "fota", "--yes"); got != ExitVerified || b.engine.started != 1 {
		t.Fatalf("%d, %d started: %s", got, b.engine.started, &b.err)
	}
	b = withPlan(t)
	versions(b)
	b.engine.identity.SignalCSQ, b.engine.identity.FreeBytes = &signal, &free
	if got := b.offers(t, "--rule", "", "--yes"); got != 0 || b.engine.started != 0 || len(b.engine.refused) != 0 {
		t.Fatalf("%d, %d started: %s", got, b.engine.started, &b.err)
	}
	b.shows(t, "Plan 1")
}

func TestOfferIsRefused(t *testing.T) {
	b := withPlan(t)
	if got := b.offers(t, "--refuse", "1"); got != 0 {
		t.Fatalf("%d: %s", got, &b.err)
	}
	if len(b.engine.refused) != 1 || b.engine.started != 0 {
		t.Errorf("%d refused, %d started", len(b.engine.refused), b.engine.started)
	}
	b.shows(t, "refused")
}

func TestOffersMisuse(t *testing.T) {
	for name, args := range map[string][]string{
		"no such plan":    {"--accept", "2", "--yes"},
		"both":            {"--accept", "1", "--refuse", "1", "--yes"},
		"negative":        {"--refuse", "-1"},
		"nobody to ask":   {"--accept", "1"},
		"rule and number": {"--rule", "", "--accept", "1", "--yes"},
		"no such rule":    {"--rule", "perhaps", "--yes"},
		"rule, nobody":    {"--rule", "fota"},
		"no secret":       {"--product-secret-env", "FOTABENCH_TEST_UNSET"},
		"no terminal":     {"--ask-secret"},
		"no key, no plan": {"--product-key", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := withPlan(t)
			if got := b.offers(t, args...); got != ExitUsage {
				t.Errorf("%d: %s", got, &b.err)
			}
			if b.engine.started > 0 || len(b.engine.refused) > 0 {
				t.Error("something was decided")
			}
		})
	}
}
