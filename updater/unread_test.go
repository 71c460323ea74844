package updater

import (
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"

	"fotabench/devices"
)

// TestJournalUnread: a journal that cannot be read is told as that, and never as one in which
// nothing happened.
func TestJournalUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := newBook(), newWorld(t)
		e := engine(t, w, b)
		defer close2(t, e)
		events := story(t, e, w.plan())
		job := last(events).Job
		identity, _, err := e.Identify(t.Context(), w.plan())
		if err != nil {
			t.Fatal(err)
		}
		repeat := func() CheckResult {
			all := e.Check(t.Context(), w.plan(), identity)
			return all[slices.IndexFunc(all, func(r CheckResult) bool { return r.Name == "repeat" })]
		}
		if got := repeat(); got.Fact.Code != CheckRepeatSoon {
			t.Errorf("%+v", got)
		}
		b.tear(errors.New("disk I/O error"))
		for name, ask := range map[string]func() error{
			"records": func() error { _, err := e.Records(0); return err },
			"report":  func() error { _, err := e.Report(job); return err },
			"bundle":  func() error { return e.Bundle(t.Context(), "", io.Discard) },
		} {
			var told *devices.Error
			if err := ask(); !errors.As(err, &told) || told.Note != NoteJournalUnread || !errors.Is(err, b.torn) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := repeat(); got.Fact.Code != CheckRepeatUnread || !got.Blocks() {
			t.Errorf("%+v", got)
		}
		b.tear(nil)
		if r, err := e.Report(job); err != nil || r.Outcome != Verified {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
