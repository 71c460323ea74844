package quecthing

import (
	"strings"
	"testing"

	"fotabench/packages"
)

func nobody(string) bool { return false }

// TestPlanShapes: seven values in the reference's order, six in the guide's, more than
// seven, and numbers as text.
func TestPlanShapes(t *testing.T) {
	t.Parallel()
	const crc = "3579911158"
	for name, c := range map[string]struct {
		text string
		kind packages.Component
		ok   bool
	}{
		"seven":             {"plan\ni1\ni0\nsEC600U\nsA\nsB\ni30\ni698000\ni-113", packages.FOTA, true},
		"a part":            {"plan\ni1\ni1\nsEC600U\nsA\nsB\ni30\ni698000\ni-113", packages.SOTA, true},
		"eight":             {"plan\ni1\ni0\nsEC600U\nsA\nsB\ni30\ni698000\ni-113\nslater", packages.FOTA, true},
		"texts":             {"plan\ni1\ns0\nsEC600U\nsA\nsB\ns30\ns698000\ns-113", packages.FOTA, true},
		"the guide's order": {"plan\ni1\nsEC600U\nsA\nsB\ni30\ni-113\ni698000", packages.FOTA, true},
		"six of seven":      {"plan\ni1\nsEC600U\nsA\nsB\ni30\ni698000\ni-113", packages.FOTA, true},
		"another kind":      {"plan\ni1\ni7\nsEC600U\nsA\nsB\ni30\ni698000\ni-113", "", false},
		"no target":         {"plan\ni1\ni0\nsEC600U\nsA\ns\ni30\ni698000\ni-113", "", false},
		"a quote in it":     {"plan\ni1\ni0\nsEC\"600U\nsA\nsB\ni30\ni698000\ni-113", "", false},
		"too long":          {"plan\ni1\ni0\ns" + strings.Repeat("x", 33) + "\nsA\nsB\ni30\ni698000\ni-113", "", false},
		"five":              {"plan\ni1\ni0\nsEC600U\nsA\nsB\ni30", "", false},
		"a text":            {"plan\ni1\nsno plan at all", "", false},
	} {
		e, ok := eventOf(c.text, nobody)
		if !ok || (e.kind == planned) != c.ok {
			t.Errorf("%s: %+v, %v", name, e, ok)
			continue
		}
		if p := e.plan; c.ok && (p.kind != c.kind || p.component != "EC600U" || p.source != "A" || p.target != "B" || p.battery != 30 || p.space != 698000 || p.signal != -113) {
			t.Errorf("%s: %+v", name, p.raw)
		}
	}
	e, ok := eventOf("info\nsMCU1\nsV2\ni90000\ns"+strings.Repeat("AB", 16)+"\ni"+crc+"\ns"+strings.Repeat("0f", 32), nobody)
	if im := e.image; !ok || im.size != 90000 || im.md5 != strings.Repeat("ab", 16) || im.crc == nil || *im.crc != 3579911158 || im.sha256 == "" {
		t.Errorf("%+v, %v", e.image, ok)
	}
	e, ok = eventOf("info\nsMCU1\nsV2\ns"+strings.Repeat("ab", 16)+"\ns"+crc, nobody)
	if im := e.image; !ok || im.size != 0 || im.crc == nil || *im.crc != 3579911158 {
		t.Errorf("%+v, %v", e.image, ok)
	}
}

// TestSignal: a signal in dBm as CSQ, and back.
func TestSignal(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64][2]int{-113: {-113, 0}, -200: {-113, 0}, -112: {-112, 1}, -111: {-111, 1}, -97: {-97, 8}, -51: {-51, 31}, -1: {-1, 31}, 0: {0, 0}, 15: {-83, 15}, 99: {-51, 31}} {
		if dbm, csq := signalOf(n); dbm != want[0] || csq != want[1] {
			t.Errorf("%d: %d dBm, CSQ %d", n, dbm, csq)
		}
	}
}

// FuzzEvent: no text of a device breaks the parser, and what it takes for a plan is
// bounded and harmless.
func FuzzEvent(f *testing.F) {
	f.Add("plan\ni1\ni0\nsEC600U\nsA\nsB\ni30\ni698000\ni-113")
	f.Add("info\nsMCU1\nsV2\nsd41d8cd98f00b204e9800998ecf8427e\ni1")
	f.Add("fota\nsEC600U\nb1")
	f.Add("mcu\nsMCU1\nb0")
	f.Fuzz(func(t *testing.T, text string) {
		e, ok := eventOf(text, nobody)
		if !ok {
			return
		}
		if e.kind == planned {
			p := e.plan
			if !p.sane() || p.battery < 0 || p.battery > 100 || p.csq < 0 || p.csq > 31 || p.space < 0 {
				t.Errorf("%+v", p)
			}
			if !p.is(p.offer().Package) {
				t.Errorf("%+v does not know its own package", p)
			}
		}
	})
}
