package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/settings"
)

// settingsPage holds what a person sets once.
type settingsPage struct {
	w          *window
	root       *fyne.Container
	fresh      bool // what it shows was read since it was last opened
	lang, look *widget.Select
	watch      *mirror
	data       *dataField
	shelf      *shelfField
	fault      *widgets.Prose // why the settings cannot be read
	trust      *trustSection
	ports      *portsSection
	points     *pointsSection
	proxy      *proxySection
	retention  *retentionSection
	wait       *waitSection
	tls        []*mirror
	// What became of the last change, by section.
	watchSaid, tlsSaid *widgets.Prose
}

// The choices, in the order of the lists; "" and System follow the system.
var (
	langs = append([]string{""}, settings.Languages()...)
	looks = []theme.Look{theme.System, theme.Light, theme.Dark}
)

func newSettingsPage(w *window) *settingsPage {
	b, s := w.book, &settingsPage{w: w}
	s.trust, s.ports, s.points = newTrustSection(w), newPortsSection(w), newPointsSection(w)
	s.proxy, s.retention = newProxySection(w), newRetentionSection(w)
	s.wait = newWaitSection(w)
	s.fault = newSaid()
	sections := column(14, s.fault,
		s.part(noteSettingsLook, "", s.appearance()),
		s.part(noteSettingsFolders, noteFoldersHow, s.folders()),
		s.part(noteSettingsTrust, noteTrustHow, s.trust.root),
		s.part(noteSettingsPorts, notePortsHow, s.ports.root),
		s.part(noteSettingsPoints, notePointsHow, s.points.root),
		s.part(noteSettingsTLS, noteTLSFilesHow, s.tlsFiles()),
		s.part(noteSettingsProxy, noteProxyHow, s.proxy.root),
		s.part(noteSettingsWait, noteWaitHow, s.wait.root),
		s.part(noteSettingsKept, noteKeptHow, s.retention.root),
		s.part(noteSettingsAbout, "", w.labelled(labelVersion, widgets.NewLine("Fotabench "+w.cfg.Version))))
	s.root = pad(14, 14, 22, 10, border(
		pad(0, 12, 0, 0, widgets.NewLine(b.Say(noteSettings), widgets.Size(base.SizeNameHeadingText), widgets.Bold())),
		nil, nil, nil, widgets.NewVScroll(pad(0, 0, 0, 12, container.New(atMost{settingsWidth}, sections)))))
	return s
}

func (s *settingsPage) object() fyne.CanvasObject { return s.root }

// part is one section with its heading and what it is for.
func (s *settingsPage) part(title, how devices.Code, content fyne.CanvasObject) fyne.CanvasObject {
	head := column(1, widgets.NewLine(s.w.book.Say(title), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold()))
	if how != "" {
		head.Add(widgets.NewProse(s.w.book.Say(how), theme.Dim))
	}
	return widgets.NewPanel(column(12, head, content))
}

// render shows what was read. Returning to the page reads it again: other programs may
// have changed it.
func (s *settingsPage) render() {
	if !s.fresh || !s.root.Visible() {
		s.fresh = true
		s.w.readSettings()
	}
	s.renderFault()
	s.renderPaths()
	s.trust.render()
	s.ports.render()
	s.points.render()
	s.proxy.render()
	s.wait.render()
	s.retention.render()
}

// renderFault says why the settings cannot be read.
func (s *settingsPage) renderFault() {
	text := ""
	if err := s.w.state.settings.houseErr; err != nil {
		text = s.w.reason(err)
	}
	if text != s.fault.Text() {
		s.fault.SetColor(widgets.Bad.Strong())
		s.fault.Set(text)
	}
}

// renderPaths shows the paths that hold.
func (s *settingsPage) renderPaths() {
	house := s.w.state.settings.house
	s.watch.show(house.Watch)
	s.data.render()
	s.shelf.render()
	for i, path := range []string{house.TLS.CA, house.TLS.Cert, house.TLS.Key} {
		s.tls[i].show(path)
	}
}

// mirror is a field that shows what is kept when that changes; what a person types
// meanwhile stays.
type mirror struct {
	*widgets.Entry
	last string
}

func (m *mirror) show(text string) {
	if text != m.last {
		m.last = text
		m.SetText(text)
	}
}

// settingsWidth is where lines get too long to be read with ease.
const settingsWidth = 780

// atMost is a layout for one object that is not to be wider.
type atMost struct{ width float32 }

// Layout implements fyne.Layout.
func (l atMost) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(fyne.NewSize(min(l.width, size.Width), size.Height))
	}
}

// MinSize implements fyne.Layout.
func (l atMost) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var least fyne.Size
	for _, o := range objects {
		least = least.Max(o.MinSize())
	}
	return least
}

// choiceWidth is that of a list of short names.
const choiceWidth = 260

// narrow gives a field the width of a list of names.
func narrow(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewHBox(container.NewGridWrap(fyne.NewSize(choiceWidth, o.MinSize().Height), o))
}

// appearance holds language and look.
func (s *settingsPage) appearance() fyne.CanvasObject {
	w, b := s.w, s.w.book
	// Each language is named in itself: who cannot read this one must find theirs.
	s.lang = widget.NewSelect([]string{b.Say(noteSystem), "English", "简体中文"}, nil)
	s.lang.SetSelectedIndex(max(0, slices.Index(langs, w.state.settings.house.Language)))
	s.lang.OnChanged = func(string) { w.speak(langs[s.lang.SelectedIndex()]) }
	var names []string
	for _, l := range looks {
		names = append(names, b.Say(devices.Code("ui.look."+string(l))))
	}
	s.look = widget.NewSelect(names, nil)
	s.look.SetSelectedIndex(max(0, slices.Index(looks, w.look)))
	s.look.OnChanged = func(string) { w.dress(looks[s.look.SelectedIndex()]) }
	return line(14, w.labelled(labelLanguage, narrow(s.lang)), w.labelled(labelLook, narrow(s.look)))
}

// folders shows where things are, and from where packages are taken in.
func (s *settingsPage) folders() fyne.CanvasObject {
	w, b := s.w, s.w.book
	s.data, s.shelf = newDataField(w), newShelfField(w)
	parts := column(10, s.data.root, s.shelf.root)
	s.watch = w.pathField(noteWatchHint, w.state.settings.house.Watch)
	s.watchSaid = newSaid()
	s.watch.OnSubmitted = func(string) { s.keepWatch() }
	parts.Add(w.labelled(labelWatchFolder, border(nil, nil, nil, pad(0, 0, 6, 0, line(6,
		widgets.NewButton(b.Say(actBrowse), func() { w.browseFolder(s.watch.Entry) }, w.escape),
		widgets.NewButton(b.Say(actKeep), s.keepWatch, w.escape))), s.watch.Entry)))
	parts.Add(s.watchSaid)
	return parts
}

// folderLine shows a folder that is in use.
func (w *window) folderLine(label devices.Code, path string, open func()) fyne.CanvasObject {
	return w.labelled(label, border(nil, nil, nil, widgets.NewButton(w.book.Say(actOpenFolder), open, w.escape), container.NewVBox(pad(6, 0, 0, 8, widgets.NewLine(path)))))
}

// pathField is a field on the page for what is kept.
func (w *window) pathField(hint devices.Code, text string) *mirror {
	e := widgets.NewEntry(w.book.Say(hint), w.escape)
	e.Text = text
	return &mirror{e, text}
}

// keepWatch takes packages from another folder from now on; "" from none.
func (s *settingsPage) keepWatch() {
	w, folder := s.w, strings.TrimSpace(s.watch.Text)
	w.keepBy(s.watchSaid, func(ctx context.Context) (updater.Settings, error) {
		folder, err := settings.Absolute(folder)
		if err == nil {
			err = settings.CheckWatch(folder, w.folder)
		}
		if err != nil {
			return updater.Settings{}, err
		}
		return w.engine.Configure(ctx, func(house *updater.Settings) { house.Watch = folder })
	}, func() { s.watch.SetText(w.state.settings.house.Watch) })
}

// browseFolder lets the person pick a folder for a field.
func (w *window) browseFolder(into *widgets.Entry) {
	w.choosePath(picking{title: noteOneFolder, act: actTakeFile, folder: true}, into.SetText)
}

// browseFile lets the person pick a file for a field.
func (w *window) browseFile(into *widgets.Entry) {
	w.choosePath(picking{title: noteOneFile, act: actTakeFile}, into.SetText)
}

// newSaid is where a section says what became of a change.
func newSaid() *widgets.Prose {
	p := widgets.NewProse("", theme.Dim)
	p.Hide()
	return p
}

// tellSaved says in a section what became of a change.
func (w *window) tellSaved(said *widgets.Prose, err error) {
	if err == nil {
		said.SetColor(base.ColorNameSuccess)
		said.Set(w.book.Say(noteSaved))
		return
	}
	said.SetColor(base.ColorNameError)
	said.Set(w.reason(err))
}

// reason is what an error means and what to do, in one text.
func (w *window) reason(err error) string {
	what, remedy := w.book.Trouble(words.Explain(err))
	return w.book.Join(what, remedy)
}

// speak changes the language, now and for the next time.
func (w *window) speak(lang string) {
	w.appear(func(house *updater.Settings) { house.Language = lang })
}

// dress changes the look, now and for the next time.
func (w *window) dress(look theme.Look) {
	w.appear(func(house *updater.Settings) {
		if house.Look = string(look); look == theme.System {
			house.Look = ""
		}
	})
}

// appear changes how the window looks, at once, whether or not that can be kept.
func (w *window) appear(change func(*updater.Settings)) {
	house, err := w.state.settings.house.Clone(), w.state.settings.houseErr
	change(&house)
	w.heed(house, nil)
	w.state.settings.houseErr = err
	w.alter(func(ctx context.Context) func() {
		_, err := w.engine.Configure(ctx, change)
		return func() {
			if err != nil {
				w.trouble(err)
			}
		}
	})
}
