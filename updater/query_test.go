package updater

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// pastRecord is a record as a busy desk keeps thousands of.
func pastRecord(i int) Record {
	started := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * 20 * time.Minute)
	outcomes := []Outcome{Verified, Verified, Verified, FailedOld, Cancelled, RefusedBefore, Uncertain}
	digest := func(n int) string { return fmt.Sprintf("%0*x", n, uint64(i)*0x9E3779B97F4A7C15) }
	r := Record{
		Job: fmt.Sprintf("%s-%08x", started.Format("20060102T150405.000"), i), Started: started, Ended: started.Add(3 * time.Minute),
		Where:  &Where{User: "lab", Host: fmt.Sprintf("desk-%d", i%7), Program: "1.2.3", OS: "linux", Arch: "amd64", Release: "6.1"},
		Device: &devices.Identity{Family: "quecpython", Vendor: "Quectel", Model: []string{"EC600N", "EC800M", "BG95"}[i%3], IMEI: fmt.Sprintf("86%013d", i), Firmware: "EC600NCNLCR01A01M02_OCPU_QPY", At: started},
		Plan: PlanRecord{
			Family: "quecpython", Address: "/dev/ttyUSB3", Place: "usb-1.2", Package: fmt.Sprintf("maintenance %d.bin", i%40), Method: devices.Local,
			Files: []packages.File{{
				Name: "maintenance.bin", Size: 319532,
				Digests:  packages.Digests{packages.MD5: digest(32), packages.SHA1: digest(40), packages.SHA256: digest(64), packages.CRC32: digest(8)[:8]},
				Expected: []packages.Expected{{Algorithm: packages.SHA256, Hex: digest(64), Source: "maintenance.bin.sha256"}},
			}},
			Manifest: packages.Manifest{Name: "maintenance", Kind: packages.Delta, SourceVersion: "EC600NCNLCR01A01M02_OCPU_QPY", TargetVersion: "EC600NCNLCR01A02M01_OCPU_QPY"},
			Target:   "EC600NCNLCR01A02M01_OCPU_QPY",
		},
		Stage: Confirm, Resume: ResumeSettle, Seq: 60, Outcome: outcomes[i%len(outcomes)],
	}
	if r.Outcome == FailedOld {
		r.Failure = &Failure{Kind: devices.Refused, Note: Note{Level: Fault, Code: NoteOld}, Text: "the device reports its old version"}
	}
	if r.Outcome == Uncertain {
		r.Settled = &Settlement{At: r.Ended, Outcome: Verified, Note: Note{Code: NoteVerified}}
	}
	return r
}

// stock writes n closed upgrades.
func stock(t testing.TB, f *file, n int) {
	t.Helper()
	tx, err := f.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		body, err := json.Marshal(pastRecord(i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO jobs VALUES (?,?,?)", pastRecord(i).Job, f.instance, string(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkHistory: a page opens and filters over 10,000 upgrades in the journal on
// disk, within 100 ms.
func BenchmarkHistory(b *testing.B) {
	dir := b.TempDir()
	j, _, err := OpenJournal(dir)
	if err != nil {
		b.Fatal(err)
	}
	f := j.(*file)
	b.Cleanup(func() { _ = f.Close() })
	stock(b, f, 10000)
	f.shelf = shelf{} // it was not told of these
	all, err := f.Jobs(0)
	if err != nil || len(all) != 10000 {
		b.Fatalf("%d records, %v", len(all), err)
	}
	milliseconds := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms")
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			f.shelf = shelf{}
			if _, err := f.Jobs(0); err != nil {
				b.Fatal(err)
			}
		}
		milliseconds(b)
	})
	for name, q := range map[string]Query{
		"open":    {},
		"text":    {Text: "ec600n desk-3 maintenance"},
		"nothing": {Text: "there is no such text"},
		"digest":  {Digest: "00000009e37"},
		"outcome": {Outcomes: []Outcome{FailedOld}, Model: "BG"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				records, err := f.Jobs(0)
				if err != nil {
					b.Fatal(err)
				}
				q.Filter(records)
			}
			milliseconds(b)
		})
	}
	b.Run("while written", func(b *testing.B) {
		r := pastRecord(20000)
		r.Outcome, r.Settled = Running, nil
		if err := f.Begin(r); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			f.shelf.touch([]string{r.Job})
			if _, err := f.Jobs(0); err != nil {
				b.Fatal(err)
			}
		}
		milliseconds(b)
	})
}

func TestQuery(t *testing.T) {
	var records []Record
	for i := range 42 {
		records = append(records, pastRecord(i))
	}
	chinese := pastRecord(100)
	chinese.Plan.Package, chinese.Device, chinese.Where = "固件 ÄRGER.bin", nil, nil
	records = append(records, chinese)
	records[3].Plan.Rollout = &RolloutPart{Plan: "t5dcb3zqzpnq46q4", Name: "Ten modules"}
	records[4].Plan.Rule = &RulePart{File: "plan-7.json", Place: "rules[0]"}
	for name, c := range map[string]struct {
		query Query
		want  int
	}{
		"all":               {Query{}, 43},
		"limit":             {Query{Limit: 5}, 5},
		"model":             {Query{Model: "bg9"}, 14},
		"outcome":           {Query{Outcomes: []Outcome{FailedOld}}, 6},
		"two outcomes":      {Query{Outcomes: []Outcome{FailedOld, Cancelled}}, 12},
		"settled since":     {Query{Outcomes: []Outcome{Uncertain}}, 0},
		"words of fields":   {Query{Text: "  EC800m   DESK-3 "}, 2},
		"IMEI":              {Query{Text: "860000000000007"}, 1},
		"digest":            {Query{Digest: pastRecord(7).Plan.Files[0].Digests[packages.SHA256][:60]}, 1},
		"digest of others":  {Query{Digest: "ffffffff"}, 0},
		"failure":           {Query{Text: "engine.old"}, 6},
		"Chinese":           {Query{Text: "固件"}, 1},
		"umlauts, any case": {Query{Text: "ärger"}, 1},
		"plan's name":       {Query{Text: "ten Modules"}, 1},
		"plan's id":         {Query{Text: "t5dcb3zqzpnq46q4"}, 1},
		"plan file":         {Query{Text: "plan-7.json"}, 1},
		"nothing":           {Query{Text: "nowhere"}, 0},
		"since":             {Query{Since: pastRecord(40).Started}, 3},
		"until":             {Query{Until: pastRecord(2).Started}, 2},
	} {
		if got := c.query.Filter(records); len(got) != c.want {
			t.Errorf("%s: %d records, want %d", name, len(got), c.want)
		}
	}
}

// TestShelf: what is kept in memory is what is on the disk, whoever wrote it.
func TestShelf(t *testing.T) {
	dir := t.TempDir()
	here, _ := open(t, dir)
	other, _ := open(t, dir)
	jobs := func(j *file) (list []string) {
		t.Helper()
		records, err := j.Jobs(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			list = append(list, fmt.Sprintf("%s/%d/%s/%v", r.Job, r.Seq, r.Result(), r.Live))
		}
		return list
	}
	agree := func(want ...string) {
		t.Helper()
		for _, j := range []*file{here, other} {
			if got := jobs(j); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
	agree()
	begin(t, here, "b", 1)
	agree("b/1//true")
	begin(t, other, "a", 2) // an earlier name that is written later: the clock was put back
	agree("a/2//true", "b/1//true")
	end := Event{Job: "a", Seq: 3, At: time.Now(), Stage: Confirm, Outcome: Uncertain}
	if err := other.Append(end); err != nil {
		t.Fatal(err)
	}
	agree("a/3/uncertain/false", "b/1//true")
	if err := here.Settle("a", Settlement{At: time.Now(), Outcome: Verified}); err != nil {
		t.Fatal(err)
	}
	agree("a/3/verified/false", "b/1//true")
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if got := jobs(here); !slices.Equal(got, []string{"a/3/verified/false", "b/1//true"}) {
		t.Errorf("%q", got)
	}
	if _, err := here.db.Exec("INSERT INTO jobs VALUES ('z','x','no json')"); err != nil {
		t.Fatal(err)
	}
	here.shelf.touch([]string{"z"})
	if got := jobs(here); len(got) != 2 {
		t.Errorf("a row that cannot be read is shown: %q", got)
	}
	// A row as version 0.1 wrote it, which did not say who ran it where.
	const old = `{"job":"0","started":"2026-01-02T03:04:05Z","plan":{"family":"fake","address":"COM1","package":"fw","files":null,"manifest":{},"method":"local"},"seq":4,"outcome":"verified"}`
	if _, err := here.db.Exec("INSERT INTO jobs VALUES ('0','x',?)", old); err != nil {
		t.Fatal(err)
	}
	here.shelf.touch([]string{"0"})
	if got := jobs(here); len(got) != 3 || got[0] != "0/4/verified/false" {
		t.Errorf("%q", got)
	}
}

// TestShelfShared: readers and writers do not wait for each other for ever, and in the
// end all is there.
func TestShelfShared(t *testing.T) {
	j, _ := open(t, t.TempDir())
	var all sync.WaitGroup
	for i := range 4 {
		job := fmt.Sprintf("job%d", i)
		begin(t, j, job, 1)
		all.Go(func() {
			for seq := int64(2); seq <= 20; seq++ {
				if err := j.Append(Event{Job: job, Seq: seq, At: time.Now(), Stage: Deliver, Progress: true, Done: seq}); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 50 {
				if _, err := j.Jobs(0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	records, err := j.Jobs(0)
	if err != nil || len(records) != 4 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, r := range records {
		if r.Seq != 20 || !r.Live {
			t.Errorf("%s: %d events, live %v", r.Job, r.Seq, r.Live)
		}
	}
}

// TestQueryFinds: an upgrade is found by who said that he ran it, and by what the device said
// of itself before, after, and when its case was settled.
func TestQueryFinds(t *testing.T) {
	r := pastRecord(0)
	r.Where.By = "Wang Fang"
	r.Device.Extra = map[string]string{"mcu": "m-1.7"}
	r.Ending = &Note{Code: NoteOther, Args: []any{"EC600NX9", "a", 7}}
	r.Settled = &Settlement{Device: &devices.Identity{Firmware: "EC600NZ3", IMEI: "869339"}, Note: Note{Code: NoteOld, Args: []any{"EC600NY1"}}}
	for _, word := range []string{"wang fang", "M-1.7", "ec600nx9", "EC600NZ3", "869339", "ec600ny1"} {
		if len((Query{Text: word}).Filter([]Record{r})) != 1 {
			t.Errorf("%q is not found", word)
		}
	}
	if len((Query{Text: "ec600nw"}).Filter([]Record{r})) != 0 {
		t.Error("what is not there is found")
	}
}
