package ui

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/lab"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// tornJournal is why a journal cannot be read.
var tornJournal = &devices.Error{Op: "updater: history", Kind: devices.Denied, Note: updater.NoteJournalUnread, Err: errors.New("disk I/O error")}

// TestJournalHealsByItself: one failed reading is told, and taken back with the next one.
func TestJournalHealsByItself(t *testing.T) {
	b, e := shelved(t, words.English)
	e.now(func() { e.torn, e.tornOnce = tornJournal, true })
	b.remember()
	told := false
	b.until("the trouble, and its end", func() bool {
		told = told || b.state.journalErr != nil
		return told && b.state.journalErr == nil
	})
	assert.NotContains(t, b.text(), b.book.Say(updater.NoteJournalUnread))
	b.goTo(placeHistory)
	assert.Contains(t, b.text(), b.book.Say(noteNoHistory))
}

// TestOpenCaseOfTornJournal: a case does not go away because the journal cannot be read, and
// the report on the page is not taken for one that was settled.
func TestOpenCaseOfTornJournal(t *testing.T) {
	e := newFakeEngine()
	e.sightings = []devices.Sighting{module()}
	b := newBench(t, e, words.English, cli.Window{})
	b.choose()
	b.start()
	e.now(func() {
		e.cases = []updater.Case{{Open: true, Record: updater.Record{Job: "job-1", Plan: updater.PlanRecord{Package: "fw.bin"}}}}
		e.report = updater.Report{Job: "job-1", Outcome: updater.Uncertain}
	})
	e.events <- updater.Event{At: noon, Outcome: updater.Uncertain, Stage: updater.Confirm, Cancel: updater.CancelNothing}
	b.until("the report and its case", func() bool { return b.state.run.report != nil && len(b.state.cases) == 1 })
	e.now(func() { e.torn = tornJournal })
	b.remember()
	b.until("the trouble", func() bool { return b.state.journalErr != nil })
	assert.Len(t, b.state.cases, 1)
	b.state.cases = nil // it was not known yet
	read := 0
	e.now(func() { read = e.reports })
	b.resettle()
	still := errors.New("still")
	e.now(func() { e.torn = still })
	b.until("the next look", func() bool { return errors.Is(b.state.journalErr, still) })
	assert.True(t, e.asks(func() bool { return e.reports == read }))
	e.now(func() { e.torn, e.cases = nil, nil })
	b.remember()
	b.until("the end of the trouble", func() bool { return b.state.journalErr == nil })
	b.resettle()
	b.until("the report anew", func() bool { return e.asks(func() bool { return e.reports > read }) })
}

// TestLibraryLearnsOfFallBack: what a plan of another program notes of a device takes its
// proof away, on the open page.
func TestLibraryLearnsOfFallBack(t *testing.T) {
	b, e := shelved(t, words.English)
	began := time.Now().Add(-time.Hour)
	who := devices.Identity{IMEI: "860000000000001", Model: "EC600U", Firmware: "R01"}
	record := updater.Record{
		Job: "j", Started: began, Ended: began.Add(time.Minute), Outcome: updater.Verified, Device: &who,
		Plan: updater.PlanRecord{Files: lab.FilesOf(b.state.library.entry()), Target: "R02"},
	}
	e.now(func() { e.records = []updater.Record{record} })
	proved := b.book.Say(lab.SaysProved, 1, "EC600U", 1)
	b.until("the proof", func() bool { return strings.Contains(b.text(), proved) })
	met, err := json.Marshal(map[string]rollout.Met{who.ID(): {At: time.Now(), Identity: who}})
	require.NoError(t, err)
	plans := filepath.Join(b.folder, "plans")
	require.NoError(t, os.MkdirAll(plans, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(plans, "6mxz5mdsdbxq2uv4.met.json"), met, 0o600))
	b.until("its end", func() bool { return !strings.Contains(b.text(), proved) })
	assert.Empty(t, b.state.library.proofs.Of(record.Plan.Files).Jobs)
}
