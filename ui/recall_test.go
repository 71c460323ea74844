package ui

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/cli"
	"fotabench/ui/words"
	"fotabench/updater"
)

// torn is an engine whose journal cannot be read while err is not nil.
type torn struct {
	Engine
	err error
}

// Records implements Engine.
func (e *torn) Records(limit int) ([]updater.Record, error) {
	if e.err != nil {
		return nil, e.err
	}
	return e.Engine.Records(limit)
}

// TestRecall: of the journal on the disk, which another program writes, the window sees
// what is new, and what changed in a record that it knows; where nothing is new it does
// not go through the records. A journal that cannot be read is told, and heals.
func TestRecall(t *testing.T) {
	dir := t.TempDir()
	engine, err := updater.New(updater.Config{DataDir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	theirs, _, err := updater.OpenJournal(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, theirs.Close()) }()
	e := &torn{Engine: engine}
	w := &window{engine: e, folder: dir}
	last := w.recall(journalled{})
	event := func(seq int64, o updater.Outcome) updater.Event {
		return updater.Event{Job: "a", Seq: seq, At: time.Now(), Stage: updater.Confirm, Outcome: o}
	}
	for _, c := range []struct {
		name  string
		do    func() error
		cases int
		shows func(k journalled) bool
	}{
		{"a new one", func() error { return theirs.Begin(updater.Record{Job: "a", Started: time.Now()}) }, 0, func(k journalled) bool { return k.records[0].Live }},
		{"its result", func() error { return theirs.Append(event(1, updater.Uncertain)) }, 1, func(k journalled) bool { return k.records[0].Outcome == updater.Uncertain }},
		{"the journal is torn", func() error { e.err = tornJournal; return nil }, 1, func(k journalled) bool { return k.err != nil && len(k.records) == 1 }},
		{"it heals", func() error { e.err = nil; return nil }, 1, func(k journalled) bool { return k.err == nil }},
		{"settled", func() error {
			return theirs.Settle("a", updater.Settlement{At: time.Now(), Outcome: updater.FailedOld})
		}, 0, func(k journalled) bool { return k.records[0].Result() == updater.FailedOld }},
		{"torn again", func() error { e.err = tornJournal; return nil }, 0, func(k journalled) bool { return k.err != nil }},
		{"meanwhile another one", func() error {
			e.err = nil
			return theirs.Begin(updater.Record{Job: "b", Started: time.Now()})
		}, 0, func(k journalled) bool { return k.err == nil && len(k.records) == 2 && k.records[0].Job == "b" }},
	} {
		require.NoError(t, c.do(), c.name)
		now := w.recall(last)
		assert.False(t, now.lists(last), "%s: not seen", c.name)
		assert.True(t, c.shows(now), c.name)
		assert.Len(t, now.cases, c.cases, c.name)
		again := w.recall(now)
		assert.True(t, again.lists(now), "%s: seen twice", c.name)
		assert.True(t, sameList(again.read, now.read), "%s: read once more, though nothing is new", c.name)
		assert.Len(t, again.cases, c.cases, c.name)
		last = again
	}
}

// BenchmarkRecall: the window's look at a history of 10,000 upgrades in which nothing is
// new, beside taking it all in. The journal's share is updater's BenchmarkLook.
func BenchmarkRecall(b *testing.B) {
	d := newBench(b, crammed(10_000), words.English, cli.Window{})
	const looks = 1000
	var full, nothing time.Duration
	for b.Loop() {
		for range 3 {
			began := time.Now()
			all := d.recall(journalled{})
			full = least(full, time.Since(began))
			began = time.Now()
			for range looks {
				if !d.recall(all).lists(all) {
					b.Fatal("something new")
				}
			}
			nothing = least(nothing, time.Since(began)/looks)
		}
	}
	b.ReportMetric(nothing.Seconds()/full.Seconds(), "look/reading")
	b.ReportMetric(nothing.Seconds()*1e6, "look-µs")
	b.ReportMetric(full.Seconds()*1000, "reading-ms")
	b.ReportMetric(0, "ns/op")
}

// least is the shorter of two times; 0 is none yet.
func least(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}
