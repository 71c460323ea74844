package rollout

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// TestValidate: each field that is wrong is named, with a remedy.
func TestValidate(t *testing.T) {
	for field, c := range map[string]struct {
		change func(*Plan)
		code   devices.Code
	}{
		"name":                  {func(p *Plan) { p.Name = " " }, FaultName},
		"components":            {func(p *Plan) { p.Components = nil }, FaultComponents},
		"components[0].package": {func(p *Plan) { p.Components[0].Package = "../../etc/passwd" }, FaultPackage},
		"components[1].package": {func(p *Plan) { p.Components = append(p.Components, p.Components[0]) }, FaultTwice},
		"components[0].urls[0]": {func(p *Plan) { p.Components[0].URLs = []string{"http://ann:secret@h/x"} }, FaultURL},
		"components[0].expect":  {func(p *Plan) { p.Components[0].Expect = "v\x00" }, FaultText},
		"targets.models":        {func(p *Plan) { p.Targets.Models = make([]string, MaxModels+1) }, FaultMany},
		"targets.sources[0]":    {func(p *Plan) { p.Targets.Sources = []string{""} }, FaultText},
		"targets.allow[1]":      {func(p *Plan) { p.Targets.Allow = []string{"sn:A", "86"} }, FaultEntry},
		"targets.deny[0]":       {func(p *Plan) { p.Targets.Deny = []string{"sn:0000"} }, FaultEntry},
		"targets.ranges[0]":     {func(p *Plan) { p.Targets.Ranges = [][2]uint64{{9, 1}} }, FaultRange},
		"targets.deny":          {func(p *Plan) { p.Targets.Allow, p.Targets.Deny = []string{"SN:A", "sn:B"}, []string{"sn:b", "sn:a"} }, FaultNobody},
		"minBattery":            {func(p *Plan) { p.MinBattery = 101 }, FaultNumber},
		"minSignal":             {func(p *Plan) { p.MinSignal = -1 }, FaultNumber},
		"zone":                  {func(p *Plan) { p.Zone = "" }, FaultZone},
		"window.from":           {func(p *Plan) { p.Window.From = 24 }, FaultNumber},
		"confirm":               {func(p *Plan) { p.Confirm = "maybe" }, FaultChoice},
		"texts.zh-Hans":         {func(p *Plan) { p.Confirm, p.Texts = Confirmed, map[string]string{English: "go?"} }, FaultWords},
		"parallel":              {func(p *Plan) { p.Parallel = 65 }, FaultNumber},
		"stopAfter":             {func(p *Plan) { p.StopAfter = -1 }, FaultNumber},
		"delivery.method":       {func(p *Plan) { p.Delivery.Method = "plan" }, FaultChoice},
		"delivery.listen":       {func(p *Plan) { p.Delivery.Method = devices.HTTP }, FaultListen},
		"accept.version":        {func(p *Plan) { p.Accept = map[string]string{"version": ""} }, FaultReason},
	} {
		p := usualPlan()
		c.change(&p)
		err := p.Validate()
		var e *Error
		if !errors.As(err, &e) || !slices.ContainsFunc(e.Faults, func(f Fault) bool {
			return f.Field == field && f.Code == c.code && f.Remedy() == c.code+".remedy"
		}) {
			t.Errorf("%s: %v", field, err)
		}
		if strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%s tells a secret: %v", field, err)
		}
	}
	for _, name := range []string{"Local", "Mars/Olympus", "../../etc/passwd"} {
		p := usualPlan()
		if p.Zone = name; p.Validate() == nil {
			t.Errorf("zone %q is taken", name)
		}
	}
	if err := usualPlan().Validate(); err != nil {
		t.Error(err)
	}
}

// TestNobody: a plan that denies everybody whom it names is none; it would be finished at
// once, with nobody done.
func TestNobody(t *testing.T) {
	one, two := "imei:860000000000001", "imei:860000000000002"
	both := [][2]uint64{{860000000000001, 860000000000002}}
	for name, c := range map[string]struct {
		targets Targets
		want    bool
	}{
		"everybody":              {Targets{}, false},
		"everybody but one":      {Targets{Deny: []string{one}}, false},
		"one":                    {Targets{Allow: []string{one}}, false},
		"none of one":            {Targets{Allow: []string{one}, Deny: []string{one}}, true},
		"one of two":             {Targets{Allow: []string{one, two}, Deny: []string{one}}, false},
		"one of a range":         {Targets{Ranges: both, Deny: []string{one}}, false},
		"none of a range":        {Targets{Ranges: both, Deny: []string{two, one, "sn:x"}}, true},
		"none of list and range": {Targets{Allow: []string{one}, Ranges: both, Deny: []string{two, one}}, true},
		"a list beside a range":  {Targets{Allow: []string{"sn:x"}, Ranges: both, Deny: []string{two, one}}, false},
		"ranges that overlap":    {Targets{Ranges: append(both, both...), Deny: []string{two, one}}, true},
	} {
		p := usualPlan()
		p.Targets = c.targets
		if err := p.Validate(); (err != nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDocument: a plan comes back as it was; what is not a plan does not.
func TestDocument(t *testing.T) {
	p := usualPlan()
	p.Version, p.ID, p.State = DocumentVersion, newID(), Active
	p.Targets.Ranges = [][2]uint64{{1, maxIMEI}}
	p.History = []Change{{At: time.Unix(1, 0).UTC(), State: Active, By: "ann", Note: &updater.Note{Code: WhyStruck}}}
	p.Answers = map[string]Answer{"imei:1": {Yes: true}}
	p.Forgiven = []Pardon{{Job: "1", By: "ann", At: time.Unix(2, 0).UTC()}}
	text, err := p.Document()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(text)
	if a, _ := json.Marshal(got); err != nil || string(a) == "" {
		t.Fatal(err)
	}
	again, _ := got.Document()
	if string(again) != string(text) {
		t.Errorf("%s\n%s", text, again)
	}
	old := strings.NewReplacer("\n", "", " ", "").Replace(string(text))
	old = strings.Replace(old, `{"job":"1","by":"ann","at":"1970-01-01T00:00:02Z"}`, `"1"`, 1)
	if got, err := Parse([]byte(old)); err != nil || !slices.Equal(got.Forgiven, []Pardon{{Job: "1"}}) {
		t.Errorf("of an older program: %+v, %v", got.Forgiven, err)
	}
	for name, bad := range map[string]string{
		"empty": "", "torn": string(text[:len(text)/2]), "two": string(text) + string(text), "list": "[]",
		"unknown field": strings.Replace(string(text), `"name"`, `"nome"`, 1),
		"unknown state": strings.Replace(string(text), `"active"`, `"sleepy"`, 2),
		"version 0":     strings.Replace(string(text), `"version": 2`, `"version": 0`, 1),
		"id":            strings.Replace(string(text), p.ID, "../../etc", 1),
		"nested":        strings.Repeat("[", 200_000),
	} {
		_, err := Parse([]byte(bad))
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeTorn {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = Parse([]byte(`{"version": 3, "future": {}}`))
	wantCode(t, err, CodeNewer)
	for code, want := range map[devices.Code]devices.Code{CodeNewer: CodeNewerRemedy, WhyDenied: "", updater.NoteOld: ""} {
		if got := (&Error{Code: code}).Remedy(); got != want {
			t.Errorf("remedy of %s: %q", code, got)
		}
	}
}

// TestDocumentOfBefore: a plan in which nothing is new is written as older programs read it;
// one with more is of a version that they leave alone.
func TestDocumentOfBefore(t *testing.T) {
	var before struct {
		Version  int      `json:"version"`
		Forgiven []string `json:"forgiven"`
	}
	for name, c := range map[string]struct {
		change func(*Plan)
		want   int
	}{
		"as planned":                {func(*Plan) {}, 1},
		"answered before":           {func(p *Plan) { p.Answers = map[string]Answer{"imei:1": {Yes: true, By: "ann"}} }, 1},
		"forgiven before":           {func(p *Plan) { p.Forgiven = []Pardon{{Job: "1"}, {Job: "2"}} }, 1},
		"answered in a language":    {func(p *Plan) { p.Answers = map[string]Answer{"imei:1": {Yes: true, Lang: Chinese}} }, 2},
		"forgiven by somebody":      {func(p *Plan) { p.Forgiven = []Pardon{{Job: "1"}, {Job: "2", By: "ann"}} }, 2},
		"forgiven at a time":        {func(p *Plan) { p.Forgiven = []Pardon{{Job: "1", At: time.Unix(2, 0).UTC()}} }, 2},
		"read, and it is not new":   {func(p *Plan) { p.Version = DocumentVersion }, 1},
		"read as one of version 1,": {func(p *Plan) { p.Version, p.Forgiven = 1, []Pardon{{Job: "1", By: "ann"}} }, 2},
	} {
		p := usualPlan()
		p.ID, p.State = newID(), Paused
		c.change(&p)
		text, err := p.Document()
		if err != nil {
			t.Fatal(err)
		}
		err = json.Unmarshal(text, &before)
		if before.Version != c.want || c.want == 1 && err != nil {
			t.Errorf("%s: version %d, %v", name, before.Version, err)
		}
		got, err := Parse(text)
		if err != nil || !slices.Equal(got.Forgiven, p.Forgiven) || !maps.Equal(got.Answers, p.Answers) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	p := usualPlan()
	p.ID, p.State = "abcdefgh12345678", Draft
	text, _ := p.Document()
	f.Add(text)
	f.Add([]byte(`{"version": 3}`))
	f.Add([]byte(`{"version": 1, "id": "abcdefgh", "state": "draft", "targets": {"ranges": [[5, 1]]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		_ = p.Validate() // any plan that can be read can be looked at
		out, err := p.Document()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(out); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	})
}

// TestWindowClock: windows over midnight and over the days on which clocks are put.
func TestWindowClock(t *testing.T) {
	for _, c := range []struct {
		zone     string
		w        Window
		at, open string // UTC
	}{
		{"UTC", Window{0, 0}, "2026-03-01 07:30", "2026-03-01 07:30"},
		{"UTC", Window{0, 24}, "2026-03-01 07:30", "2026-03-01 07:30"},
		{"UTC", Window{22, 6}, "2026-03-01 06:00", "2026-03-01 22:00"},
		{"UTC", Window{22, 6}, "2026-03-01 05:59", "2026-03-01 05:59"},
		{"UTC", Window{20, 24}, "2026-03-01 00:00", "2026-03-01 20:00"},
		{"Asia/Shanghai", Window{1, 5}, "2026-03-01 10:00", "2026-03-01 17:00"},
		{"Asia/Kathmandu", Window{1, 5}, "2026-03-01 10:00", "2026-03-01 19:15"}, // +05:45
		// 2026-03-29: 2:00 becomes 3:00 in Berlin; the hour from 2 to 3 is not there.
		{"Europe/Berlin", Window{2, 3}, "2026-03-28 12:00", "2026-03-30 00:00"},
		{"Europe/Berlin", Window{2, 4}, "2026-03-29 00:59", "2026-03-29 01:00"},
		// 2026-10-25: 3:00 becomes 2:00; the hour from 2 to 3 is there twice.
		{"Europe/Berlin", Window{2, 3}, "2026-10-25 01:30", "2026-10-25 01:30"},
		{"Europe/Berlin", Window{3, 4}, "2026-10-25 00:30", "2026-10-25 02:00"},
		// Lord Howe puts its clocks by half an hour.
		{"Australia/Lord_Howe", Window{2, 3}, "2026-10-03 15:20", "2026-10-03 15:30"},
	} {
		where, err := zone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse("2006-01-02 15:04", c.at)
		if got := c.w.Opens(at, where).UTC().Format("2006-01-02 15:04"); got != c.open {
			t.Errorf("%s %v at %s opens %s, want %s", c.zone, c.w, c.at, got, c.open)
		}
	}
}

// TestCircle: ranges are numbers, deny goes before everything, and the merged ranges
// hold exactly what the given ones hold.
func TestCircle(t *testing.T) {
	id := func(imei string) devices.Identity { return devices.Identity{IMEI: imei, Serial: "D1Q20"} }
	c := newCircle(Targets{
		Ranges: [][2]uint64{{860000000000100, 860000000000199}, {35000000000001, 35000000000001}},
		Allow:  []string{"SN:other", "mac:AA-BB-CC-00-11-22"}, Deny: []string{"imei:860000000000150"},
	})
	for imei, want := range map[string]bool{
		"860000000000099": false, "860000000000100": true, "860000000000150": true, "860000000000199": true,
		"860000000000200": false, "035000000000001": true, "86000000000010": false, "": false,
	} {
		if got := c.allows(names(id(imei))); got != want {
			t.Errorf("%q allowed: %v", imei, got)
		}
	}
	if !c.denies(names(id("860000000000150"))) || c.denies(names(id("860000000000151"))) {
		t.Error("deny")
	}
	if !c.allows(names(devices.Identity{Serial: "Other"})) || !c.allows(names(devices.Identity{Serial: "aabbcc001122"})) {
		t.Error("a serial number or address that was named is not allowed")
	}
	if everybody := newCircle(Targets{}); !everybody.allows(nil) || everybody.denies(names(id("860000000000150"))) {
		t.Error("no list is everybody")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var ranges [][2]uint64
		for range r.IntN(8) {
			from := uint64(r.IntN(60))
			ranges = append(ranges, [2]uint64{from, from + uint64(r.IntN(12))})
		}
		c := newCircle(Targets{Ranges: ranges})
		for n := range uint64(80) {
			want := slices.ContainsFunc(ranges, func(r [2]uint64) bool { return r[0] <= n && n <= r[1] })
			if c.within(n) != want {
				t.Fatalf("%d in %v: %v", n, ranges, !want)
			}
		}
	}
}

// TestMatch: why a device is not upgraded.
func TestMatch(t *testing.T) {
	full := devices.Identity{Model: "EC600N-CNLC", IMEI: "860000000000001", Firmware: v1}
	can := map[devices.Method]devices.Capability{devices.Local: {OK: true}}
	num := func(n int) *int { return &n }
	runs := func(v string) func(*Candidate) { return func(c *Candidate) { c.Identity.Firmware = v } }
	for name, c := range map[string]struct {
		plan   func(*Plan)
		change func(*Candidate)
		status Status
		code   devices.Code
	}{
		"ready":                      {nil, nil, Ready, WhyReady},
		"model":                      {func(p *Plan) { p.Targets.Models = []string{"EC200A"} }, nil, Excluded, WhyModel},
		"its package":                {nil, func(c *Candidate) { c.Identity.Model = "EC200A" }, Excluded, WhyModel},
		"source":                     {func(p *Plan) { p.Targets.Sources = []string{v3} }, nil, Excluded, WhySource},
		"delta from another version": {func(p *Plan) { p.Name = "delta" }, nil, Excluded, WhyBase},
		"tried with such a delta": {func(p *Plan) { p.Name = "delta" }, func(c *Candidate) {
			c.Before = []Attempt{{Job: "1", Cut: true, Files: []string{idOf(1)}}}
		}, Ready, WhyReady},
		"named, and newer":        {func(p *Plan) { p.Targets.Allow = []string{"imei:860000000000001"} }, runs(v3), Ready, WhyReady},
		"newer":                   {nil, runs(v3), Excluded, WhyNewer},
		"newer, to be taken back": {func(p *Plan) { p.Accept = map[string]string{"version": "a test"} }, runs(v3), Ready, WhyReady},
		"denied": {func(p *Plan) {
			p.Targets.Deny = []string{"imei:860000000000001"}
			p.Targets.Allow = []string{"imei:860000000000001", "sn:x"}
		}, nil, Excluded, WhyDenied},
		"unlisted":  {func(p *Plan) { p.Targets.Allow = []string{"sn:x"} }, nil, Excluded, WhyUnlisted},
		"nameless":  {nil, func(c *Candidate) { c.Identity.IMEI = "" }, Excluded, WhyNameless},
		"method":    {func(p *Plan) { p.Delivery.Method = devices.FTP; p.Delivery.Listen = ":0" }, nil, Excluded, WhyMethod},
		"signal":    {func(p *Plan) { p.MinSignal = 12 }, func(c *Candidate) { c.Identity.SignalCSQ = num(9) }, Waiting, WhySignal},
		"no signal": {func(p *Plan) { p.MinSignal = 12 }, func(c *Candidate) { c.Identity.SignalCSQ = num(99) }, Ready, WhyReady},
		"battery":   {func(p *Plan) { p.MinBattery = 30 }, func(c *Candidate) { c.Identity.BatteryPercent = num(29) }, Waiting, WhyBattery},
		"current":   {nil, func(c *Candidate) { c.Identity.Firmware = v2 }, Current, WhyCurrent},
		"trial":     {func(p *Plan) { p.Targets.Allow = []string{"sn:x"}; p.Window = Window{3, 4} }, func(c *Candidate) { c.Trial = true }, Ready, WhyReady},
		"trial of a denied one": {
			func(p *Plan) { p.Targets.Deny = []string{"imei:860000000000001"} },
			func(c *Candidate) { c.Trial = true }, Excluded, WhyDenied,
		},
		"denied, and has it":   {func(p *Plan) { p.Targets.Deny = []string{"imei:860000000000001"} }, runs(v2), Excluded, WhyDenied},
		"unlisted, and has it": {func(p *Plan) { p.Targets.Allow = []string{"sn:x"} }, runs(v2), Excluded, WhyUnlisted},
		"out of range, and has it": {
			func(p *Plan) { p.Targets.Ranges = [][2]uint64{{860000000000002, 860000000000009}} },
			runs(v2), Excluded, WhyUnlisted,
		},
		"another model with that version":   {func(p *Plan) { p.Targets.Models = []string{"EC200A"} }, runs(v2), Excluded, WhyModel},
		"not the package's, same version":   {nil, func(c *Candidate) { c.Identity.Model, c.Identity.Firmware = "EC200A", v2 }, Excluded, WhyModel},
		"nameless, and has it":              {nil, func(c *Candidate) { c.Identity.IMEI, c.Identity.Firmware = "", v2 }, Excluded, WhyNameless},
		"trial of an unlisted that has it":  {func(p *Plan) { p.Targets.Allow = []string{"sn:x"} }, func(c *Candidate) { c.Trial, c.Identity.Firmware = true, v2 }, Current, WhyCurrent},
		"has it, though from no such state": {func(p *Plan) { p.Targets.Sources = []string{v1} }, runs(v2), Current, WhyCurrent},
		"upgraded by the plan, then denied": {
			func(p *Plan) { p.Targets.Deny = []string{"imei:860000000000001"} },
			func(c *Candidate) {
				c.Identity.Firmware, c.Before = v2, []Attempt{{Job: "1", Result: updater.Verified, Target: v2, Files: sumsOf(packageN(1, v2).Files)}}
			}, Verified, WhyVerified,
		},
		"later already": {func(p *Plan) { p.Components = append(p.Components, Component{Package: idOf(2)}) }, func(c *Candidate) { c.Identity.Firmware = v3 }, Current, WhyCurrent},
	} {
		p := usualPlan()
		if c.plan != nil {
			c.plan(&p)
		}
		terms, err := NewTerms(p, []*packages.Package{packageN(1, v2), packageN(2, v3)}[:len(p.Components)])
		if err != nil {
			t.Fatal(name, err)
		}
		if p.Name == "delta" {
			terms.packages[0].Manifest.SourceVersion = "EC600NCNLCR03A09M16_OCPU_QPY"
		}
		who := Candidate{Identity: full, Methods: can, Now: time.Unix(0, 0)}
		if c.change != nil {
			c.change(&who)
		}
		if d := terms.Match(who); d.Status != c.status || d.Reason.Code != c.code {
			t.Errorf("%s: %s %s", name, d.Status, d.Reason.Code)
		}
	}
}

func TestStanding(t *testing.T) {
	files := packageN(1, v2).Files
	record := func(job, imei string, outcome updater.Outcome, change ...func(*updater.Record)) updater.Record {
		r := updater.Record{Job: job, Outcome: outcome, Device: &devices.Identity{IMEI: imei, Model: "EC600N"}}
		r.Plan.Files = files
		for _, c := range change {
			c(&r)
		}
		return r
	}
	simulated := func(r *updater.Record) { r.Plan.Simulated = true }
	other := func(r *updater.Record) { r.Plan.Files = packageN(2, v2).Files }
	nothing := []updater.Record{
		record("1", "1", updater.Verified, simulated), record("2", "1", updater.Verified, other),
		record("9", "1", updater.Verified, func(r *updater.Record) { r.Plan.Here = true }),
		record("10", "1", updater.Verified, func(r *updater.Record) { r.Plan.Address = "tcp://127.0.0.1:7100" }), // as older programs wrote it
		record("3", "1", updater.FailedOld), record("4", "1", updater.Uncertain), record("5", "1", updater.Cancelled),
	}
	if s := StandingOf(nothing, files, nil); s.Level != Untested || s.Failed != 2 {
		t.Errorf("%+v", s)
	}
	later := func(r *updater.Record) { r.Settled = &updater.Settlement{Outcome: updater.Verified} }
	s := StandingOf(append(nothing, record("6", "2", updater.Verified), record("7", "2", updater.Verified), record("8", "3", updater.Uncertain, later)), files, nil)
	if s.Level != Proved || len(s.Devices) != 2 || len(s.Models) != 1 || len(s.Jobs) != 3 {
		t.Errorf("%+v", s)
	}
	if s := StandingOf(nothing, nil, nil); s.Level != Untested {
		t.Errorf("%+v", s)
	}
}

// TestFaultText: what a log has of a fault can be read, numbers too.
func TestFaultText(t *testing.T) {
	f := Fault{Field: "components", Code: "rollout.field.components", Args: []any{8, "a b"}}
	if got, want := f.Error(), `components: rollout.field.components [8 "a b"]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
