package ui

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/packages/library"
	"fotabench/ui/cli"
	"fotabench/ui/lab"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
	"fotabench/updater/settings"
)

// TestPlansElsewhere: while another program has the plans the page says so, and takes them
// over once they are free.
func TestPlansElsewhere(t *testing.T) {
	fake, folder := newFakeEngine(), t.TempDir()
	other := lab.Open(t.Context(), lab.Options{Folder: folder, Engine: fake, Who: "fotabench plan"})
	require.NoError(t, other.PlansErr)
	_, err := other.Plans.Save(rollout.Plan{Name: "Theirs"}, "bo")
	require.NoError(t, err)
	b := newBench(t, fake, words.English, cli.Window{Folder: folder})
	b.goTo(placePlans)
	assert.Contains(t, b.text(), b.book.Say(notePlansElsewhere))
	assert.Contains(t, b.text(), "fotabench plan", "who has them")
	assert.True(t, b.button(actNewPlan).Disabled())
	b.tap(actTryAgain)
	assert.True(t, b.button(actTryAgain).Disabled(), "it is being tried")
	b.until("the answer", func() bool { return !b.button(actTryAgain).Disabled() })
	assert.Contains(t, b.text(), b.book.Say(notePlansElsewhere))
	require.NoError(t, other.Close())
	b.tap(actTryAgain)
	b.until("the plan", func() bool { return b.state.plans.overview() != nil })
	assert.Contains(t, b.text(), "Theirs")
	assert.NotContains(t, b.text(), b.book.Say(notePlansElsewhere))
}

// TestPlansOfALibraryThatIsAway: as long as the drive of the library is out, "Try again"
// says so again and has nothing; once it is back it brings the plans, and what was wrong
// with their files is told on the page until it was read.
func TestPlansOfALibraryThatIsAway(t *testing.T) {
	fake, folder := newFakeEngine(), t.TempDir()
	drive := filepath.Join(t.TempDir(), "lib")
	_, err := library.Open(t.Context(), drive, library.Options{})
	require.NoError(t, err)
	_, err = settings.Change(t.Context(), folder, func(s *settings.Settings) { s.Library = drive })
	require.NoError(t, err)
	before := lab.Open(t.Context(), lab.Options{Folder: folder, Engine: fake, Who: "fotabench plan"})
	require.NoError(t, before.PlansErr)
	_, err = before.Plans.Save(rollout.Plan{Name: "Autumn"}, "bo")
	require.NoError(t, err)
	require.NoError(t, before.Close())
	require.NoError(t, os.Rename(drive, drive+" out"))

	b := newBench(t, fake, words.English, cli.Window{Folder: folder})
	b.goTo(placePlans)
	gone := b.book.Say("library.gone", drive)
	require.Contains(t, b.text(), gone)
	page := b.pages[placePlans].(*plansPage)
	top := func() float32 { return b.app.Driver().AbsolutePositionForObject(page.plans).Y }
	pushed := top()
	b.tap(actTryAgain)
	b.claimPlans() // by its key once more
	b.until("the answer", func() bool { return !b.button(actTryAgain).Disabled() })
	assert.Contains(t, b.text(), gone)
	assert.True(t, b.button(actNewPlan).Disabled())

	require.NoError(t, os.WriteFile(filepath.Join(folder, "plans", "tornplan1.plan.json"), []byte("{"), 0o600))
	require.NoError(t, os.Rename(drive+" out", drive))
	b.tap(actTryAgain)
	b.until("the plan", func() bool { return b.state.plans.overview() != nil })
	assert.Contains(t, b.text(), "Autumn")
	assert.NotContains(t, b.text(), gone)
	assert.False(t, b.button(actNewPlan).Disabled())
	assert.Contains(t, b.text(), "tornplan1.plan.json")
	b.tap(actRead)
	assert.Less(t, top(), pushed-20, "the room of what is gone is used")
	assert.NotContains(t, b.text(), "tornplan1.plan.json")
}
