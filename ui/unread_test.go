package ui

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"fotabench/devices"
	"fotabench/ui/lab"
	"fotabench/updater"
)

// TestJournalUnread: where the journal cannot be read, the pages say so with a way to try
// again, and none says that nothing was upgraded or that a package is untested.
func TestJournalUnread(t *testing.T) {
	unread := &devices.Error{Op: "updater: history", Kind: devices.Denied, Note: updater.NoteJournalUnread, Err: errors.New("disk I/O error")}
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			b, e := shelved(t, lang)
			b.goTo(placeHistory)
			b.until("an empty journal", func() bool { return strings.Contains(b.text(), b.book.Say(noteNoHistory)) })
			e.now(func() { e.torn = unread })
			b.remember()
			b.stale()
			b.render()
			why := b.book.Say(updater.NoteJournalUnread)
			b.until("the trouble", func() bool {
				return strings.Contains(b.text(), why) && !strings.Contains(b.text(), b.book.Say(noteNoHistory))
			})
			assert.Contains(t, b.text(), b.book.Say(updater.NoteJournalUnread+".remedy"))
			b.goTo(placeLibrary)
			b.until("the library", func() bool { return strings.Contains(b.text(), why) })
			assert.Contains(t, b.text(), b.book.Say(lab.StandingUnread))
			assert.NotContains(t, b.text(), b.book.Say(lab.SaysUntested))
			assert.NotContains(t, b.text(), " · "+b.book.Say("ui.standing.untested"))
			e.now(func() { e.torn, e.records = nil, remembered().records })
			b.tap(actTryAgain)
			b.until("the records", func() bool { return len(b.state.records) == 3 && !strings.Contains(b.text(), why) })
			assert.Contains(t, b.text(), b.book.Say(lab.SaysUntested))
			b.goTo(placeHistory)
			h := b.pages[placeHistory].(*historyPage)
			b.until("the history", func() bool { return len(h.records) == 3 })
			assert.False(t, h.unread.root.Visible())
			// What was read before stays, with the trouble above it; no dialog interrupts.
			e.now(func() { e.torn = unread })
			b.stale()
			b.render()
			b.until("the trouble again", func() bool { return strings.Contains(b.text(), why) })
			assert.Len(t, h.records, 3)
			assert.Nil(t, b.sheet)
		})
	}
}
