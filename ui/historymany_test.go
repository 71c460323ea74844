package ui

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/cli"
	"fotabench/ui/words"
	"fotabench/updater"
)

// crammed is an engine with n upgrades in its journal, newest first.
func crammed(n int) *fakeEngine {
	e := remembered()
	last := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	e.records = make([]updater.Record, n)
	for i := range e.records {
		began := last.Add(-time.Duration(i) * 20 * time.Minute)
		e.records[i] = updater.Record{
			Job: fmt.Sprintf("job-%05d", i), Started: began, Ended: began.Add(time.Minute), Outcome: outcomes[i%len(outcomes)],
			Device: &devices.Identity{Model: []string{"EC25", "EC600U", "BG96"}[i%3], IMEI: fmt.Sprintf("86%013d", i), Firmware: "EC25EFAR06A01M4G_01.001"},
			Plan: updater.PlanRecord{
				Package: fmt.Sprintf("maintenance %d.bin", i%40), Target: "EC25EFAR06A02M4G_01.002",
				Files: []packages.File{{Name: "delta.bin", Digests: packages.Digests{packages.SHA256: fmt.Sprintf("%064x", i)}}},
			},
		}
	}
	return e
}

// labour counts what a list builds, and what it writes into rows.
type labour struct{ built, filled int }

// watched is a window on its page of the history, which has n records, and the work of the
// page's list since before it had any.
func watched(t testing.TB, n int) (*desk, *historyPage, *labour) {
	t.Helper()
	b := newBench(t, crammed(n), words.English, cli.Window{})
	b.goTo(placeHistory)
	h, work := b.pages[placeHistory].(*historyPage), &labour{}
	require.Empty(t, h.records, "they are read beside the window")
	build, fill := h.list.CreateItem, h.list.UpdateItem
	h.list.CreateItem = func() fyne.CanvasObject { work.built++; return build() }
	h.list.UpdateItem = func(i int, o fyne.CanvasObject) { work.filled++; fill(i, o) }
	b.until("the records", func() bool { return len(h.records) == n })
	return b, h, work
}

// TestHistoryBuildsWhatIsSeen: with 10,000 records no more rows are built and filled than
// with a hundred, when the page opens, while somebody looks for something, and at the end of
// the list.
func TestHistoryBuildsWhatIsSeen(t *testing.T) {
	const many = 10_000
	_, few, less := watched(t, 100)
	_, h, work := watched(t, many)
	screenful := int(h.list.Size().Height/newHistoryRow().MinSize().Height) + 2
	require.Less(t, screenful, 20)
	for _, s := range []struct {
		name string
		do   func(h *historyPage)
		left int // of the many
	}{
		{"the page opens", func(*historyPage) {}, many},
		{"a word", func(h *historyPage) { h.text.SetText("ec600u") }, 3333},
		{"two words", func(h *historyPage) { h.text.SetText("ec600u 7.bin") }, 334},
		{"no match", func(h *historyPage) { h.text.SetText("there is no such device") }, 0},
		{"all again", func(h *historyPage) { h.clear() }, many},
		{"an outcome", func(h *historyPage) { h.outcome.SetSelectedIndex(1) }, many / len(outcomes)},
		{"the end of the list", func(h *historyPage) { h.list.ScrollToBottom() }, many / len(outcomes)},
	} {
		s.do(few)
		s.do(h)
		assert.Equal(t, s.left, len(h.records), s.name)
		assert.LessOrEqual(t, work.built, 3*screenful, "%s: rows that were built", s.name)
		assert.LessOrEqual(t, work.filled, less.filled+2*screenful, "%s: rows that were filled; %d with a hundred records", s.name, less.filled)
		assert.LessOrEqual(t, work.filled, 12*screenful, s.name)
		*work, *less = labour{}, labour{}
	}
}

// BenchmarkHistoryPage is the page over 10,000 records as they come from the journal (its
// own share is updater's BenchmarkHistory): until it shows them, and a letter in the field
// or a choice. Both may take 100 ms.
func BenchmarkHistoryPage(b *testing.B) {
	d, h, _ := watched(b, 10_000)
	milliseconds := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms")
		b.ReportMetric(0, "ns/op")
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			d.goTo(placeUpgrade)
			delete(d.pages, placeHistory)
			d.goTo(placeHistory)
			h = d.pages[placeHistory].(*historyPage)
			d.until("the records", func() bool { return len(h.records) == 10_000 })
		}
		milliseconds(b)
	})
	for name, look := range map[string]func(){
		"text":    func() { h.text.SetText(h.text.Text + "e") },
		"nothing": func() { h.text.SetText("there is no such text " + h.text.Text) },
		"outcome": func() { h.outcome.SetSelectedIndex(1 + (h.outcome.SelectedIndex()+1)%3) },
		"all":     func() { h.clear() },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				look()
			}
			milliseconds(b)
		})
	}
}
