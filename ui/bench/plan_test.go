package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/packages"
)

// shared stands for a host of our own that is on.
func shared(context.Context, []packages.File) ([]devices.Source, func(), error) {
	return []devices.Source{{URL: "http://127.0.0.1:1/x"}}, func() {}, nil
}

// written writes a file into a folder and gives its path.
func written(t testing.TB, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// folderOf has two packages, one without and one with a manifest.
func folderOf(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	written(t, folder, "a.bin", "package a")
	written(t, folder, "b.bin", "package b")
	written(t, folder, "sub/c.bin", "package c")
	written(t, folder, "sub/c.bin.json", `{"targetVersion":"3.0.0"}`)
	written(t, folder, "wrong.bin", "package d")
	written(t, folder, "wrong.bin.sha256", strings.Repeat("00", 32)+"  wrong.bin\n")
	written(t, folder, "delta.bin", "package e")
	written(t, folder, "delta.bin.json", `{"kind":"delta","targetVersion":"3.0.0"}`)
	written(t, folder, "empty.bin", "")
	return folder
}

// opened reads a plan and opens it.
func opened(t testing.TB, folder, text string, share ShareFunc) (*checkin.Rules, error) {
	t.Helper()
	p, err := ReadPlan(written(t, folder, "plan.json", text))
	if err != nil {
		return nil, err
	}
	return p.Open(t.Context(), "plan.json", folder, share, nil)
}

const one = `"packages":[{"name":"p","files":["a.bin"],"version":"2.0.0"}]`

// TestPlanMistakes: each mistake is refused, and the message names the file, the
// place, and what is wrong there.
func TestPlanMistakes(t *testing.T) {
	folder := folderOf(t)
	pkg := func(more string) string { return `{"packages":[{"name":"p","files":["a.bin"]` + more + `}]}` }
	device := func(d string) string { return `{` + one + `,"devices":[{"imei":"860000000000001"},` + d + `]}` }
	rule := func(r string) string { return `{` + one + `,"rules":[{"package":"p"},` + r + `]}` }
	for name, c := range map[string]struct{ text, where, says string }{
		"empty":               {``, "near byte 0", "EOF"},
		"not JSON":            {`packages: []`, "near byte", "invalid character"},
		"cut off":             {`{"packages":[`, "near byte", "unexpected EOF"},
		"an array":            {`[]`, "near byte", "array"},
		"unknown field":       {`{"package":[]}`, "near byte", `"package"`},
		"unknown inside":      {`{"packages":[{"nam":"p"}]}`, "near byte", `"nam"`},
		"wrong type":          {`{"devices":[{"imei":860000000000001}]}`, "near byte", "imei"},
		"simulated nobody":    {`{"simulated":["860000000000001",""]}`, "simulated[1]", "range"},
		"range backwards":     {`{"simulated":["860000000000002-860000000000001"]}`, "simulated[0]", "range"},
		"half a range":        {`{"simulated":["860000000000001-8600"]}`, "simulated[0]", "range"},
		"text after":          {`{} {}`, "near byte", "one JSON object and nothing after it"},
		"comment after":       {"{}\n# done", "near byte", "one JSON object and nothing after it"},
		"unknown who":         {`{"unknown":"allow"}`, "unknown", `"refuse" or "register"`},
		"unknown service":     {`{"services":{"gopher":"127.0.0.1:70"}}`, `services."gopher"`, "one of [luat-http"},
		"service of numbers":  {`{"services":{"http":8080}}`, "near byte", "services"},
		"unknown in capitals": {`{"unknown":"Register"}`, "unknown", `"refuse" or "register"`},

		"no name":         {`{"packages":[{"files":["a.bin"],"version":"2"}]}`, "packages[0].name", "a name that no other package has"},
		"the same name":   {`{"packages":[{"name":"p","files":["a.bin"],"version":"2"},{"name":"p","files":["b.bin"],"version":"2"}]}`, "packages[1].name", "no other package"},
		"no files":        {`{"packages":[{"name":"p","version":"2"}]}`, "packages[0]", "pkg.noFiles"},
		"no such file":    {`{"packages":[{"name":"p","files":["gone.bin"],"version":"2"}]}`, "packages[0]", "gone.bin"},
		"a folder":        {`{"packages":[{"name":"p","files":["sub"],"version":"2"}]}`, "packages[0]", "sub"},
		"an empty file":   {`{"packages":[{"name":"p","files":["empty.bin"],"version":"2"}]}`, "packages[0]", "empty.bin"},
		"second package":  {`{"packages":[{"name":"p","files":["a.bin"],"version":"2"},{"name":"q","files":["gone.bin"]}]}`, "packages[1]", "gone.bin"},
		"no version":      {pkg(``), "packages[0]", "version: neither the plan nor a manifest"},
		"other digest":    {pkg(`,"version":"2","sha256":"` + strings.Repeat("ab", 32) + `"`), "packages[0]", strings.Repeat("ab", 32)},
		"digest of two":   {`{"packages":[{"name":"p","files":["a.bin","b.bin"],"version":"2","sha256":"` + digest("package a") + `"}]}`, "packages[0]", "sha256"},
		"incomplete":      {`{"packages":[{"name":"p","files":["delta.bin"],"version":"2"}]}`, "packages[0]", "pkg.manifest.delta"},
		"wrong sidecar":   {`{"packages":[{"name":"p","files":["wrong.bin"],"version":"2"}]}`, "packages[0]", `pkg.mismatch "wrong.bin" "sha256"`},
		"unknown way":     {pkg(`,"version":"2","over":"ftp"`), "packages[0]", `over is "http" or "mqtt", not "ftp"`},
		"too many urls":   {pkg(`,"version":"2","urls":["http://a/1","http://a/2"]`), "packages[0]", "2 urls for 1 files"},
		"nowhere to send": {pkg(`,"version":"2","redirect":true`), "packages[0]", "--http"},
		"over nothing":    {pkg(`,"version":"2","over":"http"`), "packages[0]", "--http"},

		"nobody":           {device(`{"package":"p"}`), "devices[1]", "exactly one of imei"},
		"two names":        {device(`{"imei":"860000000000002","mac":"aa:bb"}`), "devices[1]", "exactly one of imei"},
		"name and pair":    {device(`{"uid":"u","productKey":"k","deviceName":"d"}`), "devices[1]", "exactly one of imei"},
		"short imei":       {device(`{"imei":"86000000000001"}`), "devices[1]", `"86000000000001" is not 15 digits`},
		"imei of letters":  {device(`{"imei":"86000000000000x"}`), "devices[1]", "not 15 digits"},
		"half a pair":      {device(`{"productKey":"k","secret":"s"}`), "devices[1]", "productKey and deviceName go together"},
		"other half":       {device(`{"deviceName":"d"}`), "devices[1]", "productKey and deviceName go together"},
		"slash in a name":  {device(`{"productKey":"k","deviceName":"a/b"}`), "devices[1]", "productKey and deviceName"},
		"package of none":  {device(`{"imei":"860000000000002","package":"q"}`), "devices[1]", `there is no package "q"`},
		"rule of none":     {rule(`{"package":"q"}`), "rules[1]", `there is no package "q"`},
		"rule for nothing": {rule(`{}`), "rules[1]", `there is no package ""`},
		"unknown family":   {rule(`{"package":"p","family":"quectel"}`), "rules[1]", `not "quectel"`},
	} {
		t.Run(name, func(t *testing.T) {
			rules, err := opened(t, folder, c.text, nil)
			assert.Nil(t, rules)
			var mistake *PlanError
			require.ErrorAs(t, err, &mistake)
			assert.Equal(t, "plan.json", mistake.File)
			assert.True(t, strings.HasPrefix(err.Error(), "plan plan.json: "+c.where), "%v", err)
			assert.Contains(t, err.Error(), c.says)
		})
	}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestPlanFileTrouble: a file that cannot be read, or is too much, is no plan.
func TestPlanFileTrouble(t *testing.T) {
	folder := t.TempDir()
	_, err := ReadPlan(filepath.Join(folder, "gone.json"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "plan gone.json: cannot be read")
	_, err = ReadPlan(folder)
	assert.ErrorContains(t, err, "cannot be read")

	huge := written(t, folder, "huge.json", "{}")
	require.NoError(t, os.Truncate(huge, maxPlan+1))
	_, err = ReadPlan(huge)
	assert.ErrorContains(t, err, fmt.Sprintf("plan huge.json: is too large: at most %d bytes", maxPlan))
	// All of its bytes count, but blanks at the end are no text.
	require.NoError(t, os.WriteFile(huge, []byte("{}"+strings.Repeat(" ", maxPlan-2)), 0o600))
	_, err = ReadPlan(huge)
	assert.NoError(t, err)

	many := `{"devices":[` + strings.Repeat(`{},`, maxPlanEntries) + `{}]}`
	_, err = ReadPlan(written(t, folder, "many.json", many))
	assert.ErrorContains(t, err, "plan many.json: too many entries: at most 100000")
}

// TestPlanCancelled: a large package is not read on when nobody waits for it.
func TestPlanCancelled(t *testing.T) {
	enough := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(enough)
	folder := folderOf(t)
	p, err := ReadPlan(written(t, folder, "plan.json", `{`+one+`}`))
	require.NoError(t, err)
	_, err = p.Open(ctx, "plan.json", folder, nil, nil)
	assert.ErrorIs(t, err, enough)
}

// TestPlan: what a plan says arrives in the rules, word for word.
func TestPlan(t *testing.T) {
	folder := folderOf(t)
	elsewhere := written(t, t.TempDir(), "e.bin", "package e")
	text := "\xef\xbb\xbf" + fmt.Sprintf(`{
  "unknown": "register",
  "packages": [
    {"name": "a", "files": ["a.bin"], "version": "2.0.0", "sha256": %q},
    {"name": "c", "files": ["sub/c.bin"], "module": "default", "over": "mqtt"},
    {"name": "e", "files": [%q], "version": "5", "module": "mcu", "over": "http", "urls": ["http://a/e.bin"]},
    {"name": "r", "files": ["b.bin"], "version": "6", "redirect": true}
  ],
  "devices": [
    {"imei": "860000000000001", "package": "a"},
    {"mac": "aa:bb:cc", "package": "c"}, {"uid": "u-1"}, {"deviceKey": "k-1"},
    {"productKey": "pk", "deviceName": "dn", "secret": "s", "package": "e"}
  ],
  "rules": [
    {"package": "c", "family": "luat", "projectKeys": ["K"], "firmwareNames": ["F"], "from": ["1.0.0"],
     "least": "1", "below": "2", "allow": ["860000000000001-860000000000009"], "deny": ["860000000000005"]},
    {"package": "r", "family": "aliyun"}, {"package": "a"}
  ],
  "simulated": ["pk/dn", "860000000000001-860000000000009"]
}`, strings.ToUpper(digest("package a")), elsewhere)
	r, err := opened(t, folder, text, shared)
	require.NoError(t, err)
	assert.True(t, r.Register)
	assert.Equal(t, []string{"pk/dn", "860000000000001-860000000000009"}, r.Simulated)
	var names []string
	for _, d := range r.Devices {
		names = append(names, d.Name)
	}
	assert.Equal(t, []string{"860000000000001", "aa:bb:cc", "u-1", "k-1", "pk/dn"}, names)
	assert.Nil(t, r.Devices[2].Package)
	assert.Nil(t, r.Devices[3].Package)

	a, c, e := r.Devices[0].Package, r.Devices[1].Package, r.Devices[4].Package
	assert.Equal(t, "a", a.Package.Name)
	assert.Equal(t, "2.0.0", a.Package.Manifest.TargetVersion)
	assert.Equal(t, filepath.Join(folder, "a.bin"), a.Package.Files[0].Path)
	assert.Empty(t, a.Method)
	assert.NotNil(t, a.Share)
	assert.Equal(t, "3.0.0", c.Package.Manifest.TargetVersion, "its manifest's")
	assert.Empty(t, c.Module, "default is all of the device")
	assert.Equal(t, devices.MQTT, c.Method)
	assert.Equal(t, elsewhere, e.Package.Files[0].Path)
	assert.Equal(t, "mcu", e.Module)
	assert.Equal(t, devices.HTTP, e.Method)
	assert.Equal(t, "http://a/e.bin", e.Sources[0].URL)

	require.Len(t, r.Rules, 3)
	got := r.Rules[0]
	assert.Equal(t, "c", got.Offer.Package.Name)
	got.Offer = checkin.Offer{}
	assert.Equal(t, checkin.Rule{
		Family: "luat", ProjectKeys: []string{"K"}, FirmwareNames: []string{"F"}, From: []string{"1.0.0"},
		Least: "1", Below: "2", Allow: []string{"860000000000001-860000000000009"}, Deny: []string{"860000000000005"},
	}, got)
	assert.Equal(t, devices.HTTP, r.Rules[1].Offer.Method)
	assert.Empty(t, r.Rules[1].Offer.Sources)
	sources, shut, err := r.Rules[1].Offer.Share(t.Context())
	require.NoError(t, err)
	shut()
	assert.Len(t, sources, 1)
}

// TestPlanWithoutWords: refusing is what a plan does that does not say otherwise.
func TestPlanWithoutWords(t *testing.T) {
	for _, text := range []string{`{}`, `{"unknown":""}`, `{"unknown":"refuse"}`} {
		r, err := opened(t, t.TempDir(), text, nil)
		require.NoError(t, err, text)
		assert.False(t, r.Register, text)
		assert.Empty(t, r.Devices)
		assert.Empty(t, r.Rules)
	}
}

// FuzzPlan: whatever a file holds, it is a plan or a mistake with a place, and what
// the reader makes of it is no larger than the file allows.
func FuzzPlan(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", "\xef\xbb\xbf{}", `{"unknown":"register"}`, `{} {}`, `{"x":1}`,
		`{` + one + `,"devices":[{"imei":"860000000000001","package":"p"}],"rules":[{"package":"p","from":["1"],"below":"2"}]}`,
		`{"devices":[{"productKey":"k","deviceName":"d","secret":"s"}]}`, `{"packages":[{"name":"p","files":[null]}]}`,
		strings.Repeat(`[`, 20_000), `{"devices":` + strings.Repeat(`[`, 500), `{"unknown":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parsePlan("plan.json", text)
		if err != nil {
			var mistake *PlanError
			if p != nil || !errors.As(err, &mistake) || mistake.Where == "" || !strings.Contains(err.Error(), "plan.json") {
				t.Fatalf("%v, %v", p, err)
			}
			return
		}
		if n := len(p.Packages) + len(p.Devices) + len(p.Rules); n > maxPlanEntries || n > len(text) {
			t.Fatalf("%d entries of %d bytes", n, len(text))
		}
		for i := range p.Packages {
			// A fuzzed path must not lead out of the folder to something of this
			// computer, such as a terminal.
			p.Packages[i].Files = nil
		}
		if r, err := p.Open(t.Context(), "plan.json", folder, nil, nil); err == nil && (len(r.Devices) != len(p.Devices) || len(r.Rules) != len(p.Rules)) {
			t.Fatalf("%+v became %+v", p, r)
		}
	})
}
