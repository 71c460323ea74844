package ui

import (
	"encoding/json"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"fotabench/devices"
	"fotabench/ui/words"
)

// Words that Fyne's widgets show: the menu of a field and of a text.
const (
	fyneCut       devices.Code = "ui.fyne.cut"
	fynePaste     devices.Code = "ui.fyne.paste"
	fyneSelectAll devices.Code = "ui.fyne.selectall"
	fyneUndo      devices.Code = "ui.fyne.undo"
	fyneRedo      devices.Code = "ui.fyne.redo"
)

// spoken is the key under which Fyne knows whose words it has.
const spoken = "fotabench.language"

// speakFyne gives Fyne's widgets the words of b. Fyne itself takes those of the system's
// language, also where a person chose another one, and cannot be told which: it gets them
// for the language that it has taken. It must run on Fyne's thread.
func speakFyne(b *words.Book) error {
	text, err := json.Marshal(map[string]string{
		spoken: b.Lang(), "Copy": b.Say(actCopy), "Cut": b.Say(fyneCut), "Paste": b.Say(fynePaste),
		"Select all": b.Say(fyneSelectAll), "Undo": b.Say(fyneUndo), "Redo": b.Say(fyneRedo),
	})
	if err != nil {
		return err
	}
	// What Fyne takes is most often the first, and else one that it has words for.
	for _, locale := range []fyne.Locale{
		lang.SystemLocale(), "en", "zh-Hans", "cs", "de", "el", "es", "fr", "ja", "pl", "pt", "pt-BR", "ru", "sv", "ta", "uk",
	} {
		if err := lang.AddTranslationsForLocale(text, locale); err != nil {
			return err
		}
		if lang.X(spoken, "") == b.Lang() {
			break
		}
	}
	return nil
}
