package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// settingsPage holds what a person sets once: language and look.
type settingsPage struct {
	w    *window
	root *fyne.Container
	lang *widget.Select
	look *widget.Select
}

// The choices, in the order of the lists; "" and System follow the system.
var (
	langs = []string{"", words.English, words.Chinese}
	looks = []theme.Look{theme.System, theme.Light, theme.Dark}
)

func newSettingsPage(w *window) *settingsPage {
	b := w.book
	s := &settingsPage{w: w}
	// Each language is named in itself: who cannot read this one must find theirs.
	s.lang = widget.NewSelect([]string{b.Say(noteSystem), "English", "简体中文"}, nil)
	s.lang.SetSelectedIndex(max(0, slices.Index(langs, w.app.Preferences().String(prefLang))))
	s.lang.OnChanged = func(string) { w.speak(langs[s.lang.SelectedIndex()]) }
	var names []string
	for _, l := range looks {
		names = append(names, b.Say(devices.Code("ui.look."+string(l))))
	}
	s.look = widget.NewSelect(names, nil)
	s.look.SetSelectedIndex(max(0, slices.Index(looks, w.look)))
	s.look.OnChanged = func(string) { w.dress(looks[s.look.SelectedIndex()]) }
	folder := widgets.NewButton(b.Say(actOpenFolder), func() { w.openFolder(w.folder) }, w.escape)
	wide := func(o fyne.CanvasObject) fyne.CanvasObject {
		return container.NewHBox(container.NewGridWrap(fyne.NewSize(260, o.MinSize().Height), o))
	}
	form := column(14,
		w.labelled(labelLanguage, wide(s.lang)),
		w.labelled(labelLook, wide(s.look)),
		w.labelled(labelFolder, column(4, widgets.NewLine(w.folder), container.NewHBox(folder))),
		w.labelled(labelVersion, widgets.NewLine("Fotabench "+w.cfg.Version)))
	s.root = pad(14, 14, 22, 22, border(
		pad(0, 12, 0, 0, widgets.NewLine(b.Say(noteSettings), widgets.Size(base.SizeNameHeadingText), widgets.Bold())),
		nil, nil, nil, container.NewVBox(widgets.NewPanel(form))))
	return s
}

func (s *settingsPage) object() fyne.CanvasObject { return s.root }

func (s *settingsPage) render() {}

// speak changes the language, now and for the next time.
func (w *window) speak(lang string) {
	w.app.Preferences().SetString(prefLang, lang)
	b, err := book(w.app, "")
	if err != nil {
		w.trouble(err)
		return
	}
	w.book = b
	w.build()
}

// dress changes the look, now and for the next time.
func (w *window) dress(look theme.Look) {
	w.look = look
	w.app.Preferences().SetString(prefLook, string(look))
	dress(w.app, look)
	w.build()
}
