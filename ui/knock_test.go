package ui

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/words"
	"fotabench/updater"
)

// TestAPortThatBecomesFree: nobody has to say that the program that had the port has
// ended.
func TestAPortThatBecomesFree(t *testing.T) {
	for _, lang := range []string{words.English, words.Chinese} {
		t.Run(lang, func(t *testing.T) {
			e := newFakeEngine()
			e.sightings = []devices.Sighting{module()}
			e.held, e.refusal = true, &devices.Error{Kind: devices.Busy, Note: updater.NoteRunning, Args: []any{"/dev/ttyUSB5"}}
			b := newBench(t, e, lang, cli.Window{})
			b.until("the device", func() bool { return len(b.state.sightings) == 1 })
			b.pick(module())
			b.until("the refusal", func() bool { return b.state.device.trouble != nil })
			assert.Contains(t, b.text(), b.book.Say(noteBusyAgain), "what the person waits for")

			b.until("a look", func() bool { return e.asks(func() bool { return e.looked > 1 }) })
			assert.Len(t, e.access, 1, "the device is left alone while the program itself works on it")
			assert.Contains(t, b.text(), b.book.Say(noteBusyAgain), "looking does not flicker")

			e.now(func() { e.held = false })
			b.until("a question", func() bool { return e.asks(func() bool { return len(e.access) > 2 }) })
			require.NotNil(t, b.state.device.trouble, "somebody else has it open still")

			e.now(func() { e.refusal = nil })
			b.until("the answer", func() bool { return b.state.device.identity != nil })
			assert.NotContains(t, b.text(), b.book.Say(noteBusyAgain))
		})
	}
}
