package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"

	"fotabench/ui/lab"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

// TestPlanFormAsksNobody: what people are asked has fields only where somebody is asked;
// what was typed there is kept meanwhile, also in the draft, and what is wrong with it shows.
func TestPlanFormAsksNobody(t *testing.T) {
	b, _ := newPlanDesk(t, words.English)
	b.openForm(lab.NewPlan(), false)
	english, chinese := b.book.Say(labelTextEnglish), b.book.Say(labelTextChinese)
	asks := func(choice int) { under[*widget.Select](b, labelConfirm).SetSelectedIndex(choice) }
	assert.NotContains(t, b.text(), english)
	assert.NotContains(t, b.text(), chinese)
	asks(1)
	b.write(labelPlanName, "Autumn")
	b.write(labelTextEnglish, "Upgrade now?")
	b.write(labelTextChinese, "现在升级?")
	asks(0)
	assert.NotContains(t, b.text(), english)
	assert.NotContains(t, b.text(), "Upgrade now?")
	b.tap(actSaveDraft)
	p := b.lab.Plans.Plans()[0]
	assert.Equal(t, rollout.Silent, p.Confirm)
	assert.Equal(t, map[string]string{rollout.English: "Upgrade now?", rollout.Chinese: "现在升级?"}, p.Texts)
	asks(1)
	assert.Contains(t, b.text(), english)
	assert.Contains(t, b.text(), "Upgrade now?")
	b.write(labelTextEnglish, strings.Repeat("long ", rollout.MaxText))
	asks(0)
	assert.NotContains(t, b.text(), english)
	b.tap(actSaveDraft)
	assert.Contains(t, b.text(), english, "that is what keeps the draft from being complete")
}
