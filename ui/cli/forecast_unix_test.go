//go:build unix

package cli

import (
	"io"
	"strings"
	"testing"
	"time"

	"fotabench/updater"
)

// TestForecastBeforeTheQuestion: who is asked knows how long it will take.
func TestForecastBeforeTheQuestion(t *testing.T) {
	b := newCall(t)
	b.engine.took(false, 70*time.Second)
	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	got, d := ask(t, b, func(d *desk) {
		screen := d.wait(t, "[y/N]")
		forecast, question := strings.Index(screen, "Here this model took about "), strings.Index(screen, "[y/N]")
		if forecast < 0 || forecast > question {
			t.Errorf("no forecast before the question:\n%s", screen)
		}
		if _, err := io.WriteString(d.person, "y\n"); err != nil {
			t.Error(err)
		}
	})
	if got != ExitVerified {
		t.Errorf("exit %d", got)
	}
	d.wait(t, "Done: the device itself reports")
}
