package packages

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const whole = `{
  "name": "EC600N May release", "component": "fota", "kind": "Delta", "remark": "for the lab",
  "sourceVersion": "EC600NCNLCR03A10M16_OCPU_QPY", "targetVersion": "EC600NCNLCR03A11M16_OCPU_QPY",
  "models": ["EC600N-CNLC"], "minBattery": 30, "minSignal": 12,
  "files": [{"name": "f.bin", "size": 12, "sha256": %q, "md5": %q}]
}`

func TestManifest(t *testing.T) {
	good := fmt.Sprintf(whole, sum256(text), strings.ToUpper(sumMD5(text)))
	for _, name := range []string{"f.bin.json", "f.json", "manifest.json"} {
		dir := folder(t, map[string]string{"f.bin": text, name: "\xef\xbb\xbf" + good})
		p := mustOpen(t, dir, "f.bin")
		m := p.Manifest
		if m.Source != name || m.Component != FOTA || m.Kind != Delta || m.MinBattery != 30 || m.MinSignal != 12 ||
			m.SourceVersion != "EC600NCNLCR03A10M16_OCPU_QPY" || m.Models[0] != "EC600N-CNLC" {
			t.Errorf("%s: %+v", name, m)
		}
		if p.Name != "EC600N May release" || p.Trust().Level != Green || len(p.Files[0].Expected) != 2 {
			t.Errorf("%s: %q, %+v", name, p.Name, p.Trust())
		}
	}
}

// TestForeignManifest: a manifest.json that speaks of something else is nobody's
// business.
func TestForeignManifest(t *testing.T) {
	for _, foreign := range []string{`{"manifest_version": 3}`, `not JSON`, `{"files":[{"name":"g.bin"}]}`, strings.Repeat(" ", maxManifest+1)} {
		p := mustOpen(t, folder(t, map[string]string{"f.bin": text, "manifest.json": foreign, "f.json": foreign}), "f.bin")
		if p.Manifest.Source != "" || p.Trust().Code != TrustNone {
			t.Errorf("%.20q: %+v", foreign, p)
		}
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	h := sum256(text)
	for name, c := range map[string]struct {
		text string
		want Code
	}{
		"damaged":            {`{"files":[{"name":"f.bin"`, BadManifest},
		"trailing":           {`{"targetVersion":"1"} {}`, BadManifest},
		"unknown field":      {`{"minBatery": 50}`, BadManifest},
		"wrong type":         {`{"minBattery": "50"}`, BadField},
		"half a percent":     {`{"minBattery": 40.5}`, BadField},
		"array":              {`[]`, BadManifest},
		"deep":               {strings.Repeat("[", 20000), BadManifest},
		"too long":           {strings.Repeat(" ", maxManifest+1), BadManifest},
		"component":          {`{"component":"BIOS"}`, BadField},
		"kind":               {`{"kind":"partial"}`, BadField},
		"version":            {`{"targetVersion":"1\n2"}`, BadField},
		"long version":       {`{"targetVersion":"` + strings.Repeat("1", 65) + `"}`, BadField},
		"battery":            {`{"minBattery":101}`, BadField},
		"signal":             {`{"minSignal":99}`, BadField},
		"model":              {`{"models":[""]}`, BadField},
		"unknown algorithm":  {`{"files":[{"name":"f.bin","sha3":"` + h + `"}]}`, BadAlgorithm},
		"wrong length":       {`{"files":[{"name":"f.bin","sha256":"` + h[:62] + `"}]}`, BadField},
		"no text":            {`{"files":[{"name":"f.bin","sha256":7}]}`, BadField},
		"no name":            {`{"files":[{"sha256":"` + h + `"}]}`, BadField},
		"negative size":      {`{"files":[{"name":"f.bin","size":-1}]}`, BadField},
		"out of the folder":  {`{"files":[{"name":"../f.bin"}]}`, BadPath},
		"into a folder":      {`{"files":[{"name":"x\\f.bin"}]}`, BadPath},
		"absolute":           {`{"files":[{"name":"/f.bin"}]}`, BadPath},
		"twice":              {`{"files":[{"name":"f.bin"},{"name":"f.bin"}]}`, BadField},
		"cut short (P1, P3)": {`{"files":[{"name":"f.bin","size":13}]}`, WrongSize},
		"a file left out":    {`{"files":[{"name":"f.bin"},{"name":"g.bin"}]}`, Incomplete},
		"field twice":        {`{"targetVersion":"1","targetVersion":"2"}`, TwoFields},
		"twice by case":      {`{"targetVersion":"1","targetversion":"2"}`, TwoFields},
		"twice by sign":      {`{"minSignal":1,"min\u017fignal":2}`, TwoFields},
		"twice in a file":    {`{"files":[{"name":"g.bin","size":1,"name":"f.bin"}]}`, TwoFields},
		"another file":       {`{"files":[]}` + "\x00", BadManifest},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, folder(t, map[string]string{"f.bin": text, "f.bin.json": c.text}), "f.bin")
			if err == nil {
				t.Fatal("accepted")
			}
			if got := codeOf(t, err); got != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// TestLacks: what nobody stated is no reason to refuse a manifest, and is told; a delta of
// which nobody knows for which version it is installs nothing.
func TestLacks(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                      "targetVersion models",
		`{"kind":"delta"}`:                        "sourceVersion targetVersion models",
		`{"kind":"full","targetVersion":"2"}`:     "models",
		`{"component":"app"}`:                     "",
		`{"component":"APP","kind":"delta"}`:      "sourceVersion",
		`{"targetVersion":"2","models":["EC25"]}`: "",
		`{"kind":"Delta","sourceVersion":" ","targetVersion":"2","models":["*"]}`: "sourceVersion",
	} {
		p := mustOpen(t, folder(t, map[string]string{"f.bin": text, "f.bin.json": text}), "f.bin")
		if got := strings.Join(p.Manifest.Lacks(), " "); got != want {
			t.Errorf("%s lacks %q, want %q", text, got, want)
		}
		err := p.Complete()
		if (err != nil) != strings.Contains(want, FieldSource) || err != nil && codeOf(t, err) != NoSource {
			t.Errorf("%s: %v", text, err)
		}
		p.Offer = &Offer{}
		if err := p.Complete(); err != nil {
			t.Errorf("offered by a platform, %s: %v", text, err)
		}
	}
}

func TestRepeated(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":"a","b":["a","a",{"a":1}],"c":{"a":"b","b":{}}}`: "",
		`{"a":[],"b":{"x":1,"y":[{"z":1,"z":2}]}}`:             "z",
		`{"a":{"b":1},"c":"d","A":1}`:                          "A",
		`[{"a":1},{"a":1}]`:                                    "",
		`{"a":"b","b":"a","a":null}`:                           "a",
	} {
		if got := repeated([]byte(text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestSeveralManifests(t *testing.T) {
	claim := func(name string) string {
		return fmt.Sprintf(`{"targetVersion":"2","files":[{"name":%q,"sha256":%q}]}`, name, sum256(text))
	}
	dir := folder(t, map[string]string{"a.bin": text, "b.bin": text, "c.bin": text, "a.bin.json": claim("a.bin"), "b.bin.json": claim("b.bin")})
	if p := mustOpen(t, dir, "a.bin", "b.bin"); p.Trust().Level != Green {
		t.Errorf("%+v", p.Trust())
	}
	if _, err := open(t, dir, "a.bin", "c.bin"); err == nil || codeOf(t, err) != Stranger {
		t.Errorf("a file that no manifest names: %v", err)
	}
	write(t, dir, "b.bin.json", `{"targetVersion":"3"}`)
	if _, err := open(t, dir, "a.bin", "b.bin"); err == nil || codeOf(t, err) != Contradict {
		t.Errorf("two target versions: %v", err)
	}
	two := fmt.Sprintf(`{"targetVersion":"2","files":[{"name":"a.bin","sha256":%q},{"name":"b.bin","sha256":%q}]}`,
		sum256(text), strings.Repeat("0", 64))
	q := mustOpen(t, folder(t, map[string]string{"a.bin": text, "b.bin": text, "manifest.json": two}), "a.bin", "b.bin")
	trust := q.Trust()
	if trust.Level != Red || trust.Files[0].Level != Green || trust.Files[1].Code != Mismatch {
		t.Errorf("%+v", trust)
	}
	var e *Error
	if err := q.Check(); !errors.As(err, &e) || e.File != "b.bin" || len(e.Args) != 5 {
		t.Errorf("%v", err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(whole, sum256(text), sumMD5(text))))
	f.Add([]byte(`{"files":[{"name":"../f.bin","size":1e3}]}`))
	f.Add([]byte(`{"models":["*"],"minSignal":31}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := parseManifest(in, "f.json")
		if err != nil {
			return
		}
		for _, c := range d.claims {
			if !GoodBase(c.name) || strings.ContainsAny(c.name, `/\`) || c.size < 0 || c.size > MaxBytes {
				t.Errorf("%+v was accepted", c)
			}
		}
		if m := d.manifest; m.MinBattery < 0 || m.MinBattery > 100 {
			t.Errorf("%+v was accepted", m)
		}
	})
}
