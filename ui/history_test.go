package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/cli"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
)

// rowTexts are the lines of the history's row i.
func rowTexts(h *historyPage, i int) []string {
	row := newHistoryRow()
	h.fill(i, row)
	var texts []string
	for _, l := range row.(*fyne.Container).Objects[0].(*fyne.Container).Objects[0].(*fyne.Container).Objects {
		texts = append(texts, l.(*widgets.Line).Text())
	}
	return texts
}

// TestHistoryRows: two devices of one model are told apart, each with its versions, its end
// and whether it was simulated.
func TestHistoryRows(t *testing.T) {
	e := remembered()
	e.records[0].Device = &devices.Identity{Model: "EC25", IMEI: "869339000000010", Firmware: "EC25EFAR06A01M4G_01.001"}
	e.records[0].Plan.Target, e.records[0].Plan.Simulated = "EC25EFAR06A02M4G_01.002", true
	e.records[1].Device = &devices.Identity{Model: "EC25", IMEI: "869339000000028", Firmware: "EC25EFAR06A01M4G_01.001"}
	e.records[1].Plan.Target = "EC25EFAR06A02M4G_01.002"
	b := newBench(t, e, words.English, cli.Window{})
	b.goTo(placeHistory)
	h := b.pages[placeHistory].(*historyPage)
	b.until("the records", func() bool { return len(h.records) == 3 })
	one, other := rowTexts(h, 0), rowTexts(h, 1)
	assert.Equal(t, "EC25 · 869339000000010", one[0])
	assert.Equal(t, "EC25 · 869339000000028", other[0])
	assert.Equal(t, "…R06A01M4G_01.001 → …R06A02M4G_01.002", one[1])
	assert.Equal(t, "…R06A01M4G_01.001, not …R06A02M4G_01.002", other[1])
	assert.Contains(t, one[2], "Verified · SIMULATED · ")
	assert.Contains(t, other[2], "Failed, old version · 2")
}

// TestHistoryByModelAndDate: the window looks for both, and for two dates that are typed.
func TestHistoryByModelAndDate(t *testing.T) {
	e := remembered()
	now := time.Now()
	for i, ago := range []int{0, 3, 20} {
		e.records[i].Started = now.AddDate(0, 0, -ago)
	}
	b := newBench(t, e, words.English, cli.Window{})
	b.goTo(placeHistory)
	h := b.pages[placeHistory].(*historyPage)
	b.until("the records", func() bool { return len(h.records) == 3 })
	assert.Equal(t, []string{"any model", "BG96", "EC25", "EC600U"}, h.model.Options)
	h.model.SetSelectedIndex(3)
	require.Len(t, h.records, 1)
	assert.Equal(t, "EC600U", h.records[0].Device.Model)
	h.clear()
	for i, want := range []int{3, 1, 2, 3} {
		h.at.SetSelectedIndex(i)
		assert.Len(t, h.records, want, h.at.Selected)
	}
	h.at.SetSelectedIndex(len(spans))
	assert.Contains(t, b.text(), "Not before")
	day := func(ago int) string { return now.AddDate(0, 0, -ago).Format(time.DateOnly) }
	assert.False(t, h.between("yesterday", ""))
	require.True(t, h.between(day(20), day(3)))
	assert.Len(t, h.records, 2, "both days count")
	require.True(t, h.between("", day(1)))
	assert.Len(t, h.records, 2)
}

// TestHistoryOfADevice: one press shows all upgrades of the device that is shown, whatever was
// looked for; and where nothing is found nothing is shown beside.
func TestHistoryOfADevice(t *testing.T) {
	e := remembered()
	for i := range e.records {
		e.records[i].Device = &devices.Identity{Model: "EC25", IMEI: "869339000000010", Firmware: "1"}
	}
	e.records[1].Device.IMEI = "869339000000028"
	e.records[2].Plan.Family, e.records[2].Plan.Address = "luat", "luat:imei:869339000000010"
	e.report.Before = e.records[0].Device
	b := newBench(t, e, words.English, cli.Window{})
	b.goTo(placeHistory)
	h := b.pages[placeHistory].(*historyPage)
	b.until("the report", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
	h.outcome.SetSelectedIndex(1)
	b.tap(actWholeDevice)
	assert.Equal(t, "869339000000010", h.text.Text)
	assert.Zero(t, h.outcome.SelectedIndex())
	assert.Len(t, h.records, 2)
	h.text.SetText("there is no such device")
	assert.Empty(t, h.records)
	assert.Empty(t, h.about.Objects)
	h.clear()
	b.until("the report again", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
}

// TestHistoryDetail: the plan with its reason, every hash with who states it, and what the
// device said.
func TestHistoryDetail(t *testing.T) {
	e := remembered()
	e.report.Plan.Rollout = &updater.RolloutPart{Plan: "6mxz5mdsdbxq2uv4", Name: "Maintenance", Override: "proved in Hefei"}
	e.report.Plan.Rule = &updater.RulePart{File: "plan.json", Place: "rules[0]"}
	e.report.Plan.Files[0].Expected = []packages.Expected{{Algorithm: packages.SHA256, Hex: "d0bf46a4", Source: "delta.bin.sha256"}}
	e.report.Sent = []updater.SentFile{{Name: "delta.bin", SHA256: "d0bf46a4", Way: "local"}}
	e.report.Held = &updater.DeviceWord{Algorithm: "sha256", Hex: "d0bf46a4"}
	e.report.Reasons = []updater.Reason{{Said: devices.Said{Words: `+QIND: "FOTA","END",504`}}}
	e.report.Subject = updater.Simulated
	b := newBench(t, e, words.English, cli.Window{})
	b.goTo(placeHistory)
	b.until("the report", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
	text := b.text()
	for _, want := range []string{
		"Maintenance", "proved in Hefei", "Given by rule", "plan.json · rules[0]", "computed when it was opened", "expected, from delta.bin.sha256", "as it was sent (local)", "the device's own word",
		`"END",504`, "Simulated device: this proves nothing",
	} {
		assert.Contains(t, text, want)
	}
}

// BenchmarkHistoryRow is one row of thousands while a person scrolls.
func BenchmarkHistoryRow(b *testing.B) {
	book, err := words.New(words.English)
	require.NoError(b, err)
	h := &historyPage{w: &window{book: book}, records: []updater.Record{{
		Device: &devices.Identity{Model: "EC25", IMEI: "869339000000010", Firmware: "EC25EFAR06A01M4G_01.001"}, Outcome: updater.Verified,
		Plan: updater.PlanRecord{Target: "EC25EFAR06A02M4G_01.002", Package: "delta.bin"},
	}}}
	row := newHistoryRow()
	for b.Loop() {
		h.fill(0, row)
	}
}

// TestHistoryFitsTheSmallWindow: names of files and plans do not make the window wider than
// the smallest that people have.
func TestHistoryFitsTheSmallWindow(t *testing.T) {
	for _, lang := range []string{words.English, words.Chinese} {
		e := remembered()
		e.report.Plan.Files[0].Expected = []packages.Expected{{Algorithm: packages.SHA256, Hex: "d0bf46a4", Source: strings.Repeat("a-long-name", 12)}}
		e.report.Plan.Rollout = &updater.RolloutPart{Name: strings.Repeat("a long name ", 12), Override: strings.Repeat("because ", 30)}
		b := newBench(t, e, lang, cli.Window{})
		b.goTo(placeHistory)
		b.until("the report", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
		if wide := b.win.Content().MinSize().Width; wide > 900 {
			t.Errorf("%s: it needs %g pixels", lang, wide)
		}
	}
}

// TestHistoryFollowsOtherPrograms: what another program of the data folder does comes onto
// the open page by itself, and with its end; the report that is read stays.
func TestHistoryFollowsOtherPrograms(t *testing.T) {
	e := newFakeEngine()
	b := newBench(t, e, words.English, cli.Window{})
	b.goTo(placeHistory)
	h := b.pages[placeHistory].(*historyPage)
	b.until("an empty page", func() bool { return strings.Contains(b.text(), b.book.Say(noteNoHistory)) })
	began := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	first := updater.Record{Job: "1", Started: began, Live: true}
	e.now(func() { e.records, e.report = []updater.Record{first}, updater.Report{Job: "1", Started: began} })
	b.until("the upgrade", func() bool { return len(h.records) == 1 && h.job == "1" })
	assert.Contains(t, rowTexts(h, 0)[2], b.book.Say(noteUnderWay))
	first.Live, first.Outcome, first.Ended = false, updater.Verified, began.Add(time.Minute)
	e.now(func() { e.records = []updater.Record{{Job: "2", Started: began.Add(time.Hour), Live: true}, first} })
	b.until("its end", func() bool { return len(h.records) == 2 && h.records[1].Outcome == updater.Verified })
	assert.Equal(t, "1", h.job)
	assert.Len(t, b.state.records, 2, "the proofs of packages go by them")
}
