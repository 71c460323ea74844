package ui

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"

	"fotabench/devices"
	"fotabench/packages/signature"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/ui/lab"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// window is the frame: what is shown, where, and the intents. All of it belongs
// to Fyne's thread.
type window struct {
	app    fyne.App
	win    fyne.Window
	cfg    Config
	engine Engine
	lab    *lab.Lab
	rest   *rest
	folder string
	home   homeState
	book   *words.Book
	look   theme.Look
	due    turnout
	feed   *feed
	state  state
	sheet  *sheet
	picked string // the folder in which a person picked last
	// savingTold is after how long a drive that does not answer is told; unsaved are files
	// that were given up at the end.
	savingTold time.Duration
	unsaved    unsaved
	// Questions of which only the newest counts.
	asking, reading, checking, preparing slot
	watched                              slot // the folder from which packages are taken
	judging                              slot // who signed what is looked at
	deciding                             slot // what decides on the bench
	desk                                 *signature.Desk
	// Of the settings page; the keyring may keep all but the first waiting.
	setting, filling, unlocking, unlockingProxy slot
	recalling                                   slot                   // secrets of a platform's products
	altering                                    int                    // changes of what is kept that are under way
	proxy                                       atomic.Pointer[string] // as origin.Request.Proxy
	simulated, fleet                            int
	wished                                      demo.Order    // kind and model of the simulated devices added last
	journalDue                                  chan struct{} // the journal is to be looked at now; see remember
	page                                        place
	tabs                                        map[place]*widgets.Tab
	pages                                       map[place]page
	body                                        *fyne.Container
}

// place is one page's name.
type place string

const (
	placeUpgrade  place = "upgrade"
	placePlans    place = "plans"
	placeLibrary  place = "library"
	placeBench    place = "bench"
	placeHistory  place = "history"
	placeSettings place = "settings"
)

// page is one of the pages.
type page interface {
	object() fyne.CanvasObject
	render()
}

// newWindow makes the window and begins to watch; do runs things on Fyne's
// thread.
func newWindow(ctx context.Context, a fyne.App, cfg Config, engine Engine, wanted cli.Window, do func(func())) (*window, error) {
	s := settingsState{houseOK: true}
	if wanted.Kept != nil {
		s.house, s.houseErr = wanted.Kept.Settings, wanted.Kept.Err
	} else {
		s.house, s.houseErr = engine.Settings()
	}
	var leftover *updater.Note
	if s.houseErr == nil {
		s.house, leftover = takeOver(ctx, a.Preferences(), engine, wanted.Usual, s.house)
	}
	b, err := book(wanted.Lang, s.house.Language)
	if err != nil {
		return nil, err
	}
	w := &window{
		app: a, win: cfg.made(a), cfg: cfg, folder: wanted.Folder, book: b,
		home: homeState{usual: wanted.Home, named: wanted.Named},
		look: lookOf(s.house),
		rest: newRest(), feed: newFeed(ctx, do), state: newState(cfg.Ways, cfg.Platforms), page: placeUpgrade,
		journalDue: make(chan struct{}, 1), picked: s.house.Picked, savingTold: savingTold,
	}
	w.state.settings = s
	dress(a, w.look)
	w.engine = proxied{engine, &w.proxy}
	w.desk = signature.NewDesk(w.folder)
	w.lab = lab.Open(ctx, lab.Options{Folder: w.folder, Engine: w.engine, Ways: cfg.Ways, Who: string(rollout.WhoWindow)})
	w.build()
	w.win.Resize(fyne.NewSize(1120, 740))
	w.win.SetCloseIntercept(w.quit)
	// Fyne runs what comes after its loop where it came from.
	w.win.SetOnClosed(func() { w.feed.stop(errClosed) })
	w.win.SetOnDropped(func(_ fyne.Position, dropped []fyne.URI) { w.drop(dropped) })
	w.win.Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) {
		if k.Name == fyne.KeyEscape {
			w.escape()
		}
	})
	widgets.FollowTab(w.win.Canvas())
	w.watch()
	if leftover != nil {
		w.state.notices = append(w.state.notices, *leftover)
	}
	w.begin(wanted)
	w.render()
	return w, nil
}

// build makes all words and widgets anew: at the start and in another language.
func (w *window) build() {
	for w.sheet != nil { // its words are of the language before
		w.close()
	}
	if err := speakFyne(w.book); err != nil {
		w.trouble(err)
	}
	w.pages = map[place]page{}
	w.tabs = map[place]*widgets.Tab{}
	tab := func(p place, icon fyne.Resource, name devices.Code) *widgets.Tab {
		w.tabs[p] = widgets.NewTab(icon, w.book.Say(name), func() { w.goTo(p) })
		return w.tabs[p]
	}
	rail := widgets.NewRail(container.New(layout.NewCustomPaddedVBoxLayout(6),
		tab(placeUpgrade, base.UploadIcon(), noteUpgrade),
		tab(placePlans, base.ListIcon(), notePlans),
		tab(placeBench, base.ComputerIcon(), noteBench),
		tab(placeLibrary, base.StorageIcon(), noteLibrary),
		tab(placeHistory, base.HistoryIcon(), noteHistory),
		layout.NewSpacer(),
		tab(placeSettings, base.SettingsIcon(), noteSettings)))
	w.body = container.NewStack()
	w.win.SetMainMenu(w.menu())
	w.win.SetPadded(false)
	w.win.SetContent(newWakeful(container.New(layout.NewBorderLayout(nil, nil, rail, nil), rail, w.body), w.rest.wake, func() *sheet { return w.sheet }))
	w.render()
}

// menu holds every intent with its key, so that the keyboard reaches all of them
// wherever the focus is.
func (w *window) menu() *fyne.MainMenu {
	stays := func(label devices.Code, do func(), key fyne.KeyName) *fyne.MenuItem {
		i := fyne.NewMenuItem(w.book.Say(label), do)
		if key != "" {
			i.Shortcut = &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
		}
		return i
	}
	item := func(label devices.Code, do func(), key fyne.KeyName) *fyne.MenuItem {
		return stays(label, func() { w.parting(do) }, key)
	}
	quit := stays(menuQuit, w.quit, fyne.KeyQ)
	quit.IsQuit = true
	return fyne.NewMainMenu(
		fyne.NewMenu(w.book.Say(menuFile),
			item(menuPackage, w.choosePackage, fyne.KeyO),
			item(menuSave, w.saveReport, fyne.KeyS),
			stays(actClose, w.dismissFront, fyne.KeyW),
			fyne.NewMenuItemSeparator(), quit),
		fyne.NewMenu(w.book.Say(menuDevice),
			item(menuChoose, w.chooseDevice, fyne.KeyD),
			item(menuAgain, w.askAgain, fyne.KeyR),
			item(menuSimulate, w.addSimulated, "")),
		fyne.NewMenu(w.book.Say(menuUpgrade),
			item(menuMethod, w.chooseWay, fyne.KeyM),
			item(menuStart, w.start, fyne.KeyReturn),
			stays(menuCancel, w.cancel, fyne.KeyPeriod),
			item(menuAnother, w.another, fyne.KeyN)),
		fyne.NewMenu(w.book.Say(menuView),
			item(noteUpgrade, func() { w.goTo(placeUpgrade) }, fyne.Key1),
			item(notePlans, func() { w.goTo(placePlans) }, fyne.Key2),
			item(noteBench, func() { w.goTo(placeBench) }, fyne.Key3),
			item(noteLibrary, func() { w.goTo(placeLibrary) }, fyne.Key4),
			item(noteHistory, func() { w.goTo(placeHistory) }, fyne.Key5),
			item(noteSettings, func() { w.goTo(placeSettings) }, fyne.Key6)),
		fyne.NewMenu(w.book.Say(menuHelp), item(menuKeys, w.showKeys, "")),
	)
}

// render shows the state.
func (w *window) render() {
	w.rest.wake()
	for p, t := range w.tabs {
		t.SetHere(p == w.page)
	}
	w.at(w.page)
	for p, page := range w.pages {
		if o := page.object(); p == w.page {
			page.render()
			o.Show()
		} else {
			o.Hide()
		}
	}
	if w.sheet != nil && w.sheet.render != nil {
		w.sheet.render()
	}
	if title := w.state.title(w.book); w.win.Title() != title {
		w.win.SetTitle(title)
	}
}

// goTo shows a page.
func (w *window) goTo(p place) {
	w.close()
	if p != w.page {
		w.win.Canvas().Unfocus() // keys are not for what is hidden
	}
	w.page = p
	w.state.plans.read = "" // proofs and signatures may have changed since
	w.stale()
	w.remember() // at once what else would come with the next look
	w.render()
}

// at is a page, which is made when it is first wanted: that of the upgrade must be there
// at once, and most people never see all of them.
func (w *window) at(p place) page {
	if made := w.pages[p]; made != nil {
		return made
	}
	var made page
	switch p {
	case placePlans:
		made = newPlansPage(w)
	case placeLibrary:
		made = newLibraryPage(w)
	case placeBench:
		made = newBenchPage(w)
	case placeHistory:
		made = newHistoryPage(w)
	case placeSettings:
		made = newSettingsPage(w)
	default:
		made = newUpgradePage(w)
	}
	w.pages[p] = made
	w.body.Add(made.object())
	return made
}

// tick moves what changes with time alone.
const tick = 500 * time.Millisecond

// watch begins all that runs as long as the window.
func (w *window) watch() {
	w.feed.work(func(ctx context.Context) func() {
		err := w.engine.Sightings(ctx, func(list []devices.Sighting) {
			w.feed.wait(func() { w.seen(list) })
		})
		if ctx.Err() != nil {
			return nil
		}
		return func() { w.trouble(err) }
	})
	w.feed.work(func(ctx context.Context) func() {
		if err := w.engine.Settle(ctx); err != nil && ctx.Err() == nil {
			return func() { w.trouble(err) }
		}
		return nil
	})
	w.state.plans.tried = time.Now()
	if w.lab.Plans != nil {
		w.carryOut()
	}
	w.watchSettings()
	w.watchLibrary()
	w.takeProxy()
	w.followJournal()
	w.state.notices = slices.Concat(w.engine.Notices(), w.lab.Notices)
	w.feed.every(tick, func() {
		if w.state.busy() && w.page == placeUpgrade {
			w.render()
		}
	})
	w.feed.every(benchLook, func() {
		if w.page == placeBench && w.cfg.Bench != nil {
			w.lookAtBench()
			w.render()
		}
	})
	w.feed.every(portLook, w.knock)
}

// portLook is how often a port that was in use is tried again: a person who has closed
// the other program should not have to say so.
const portLook = 2 * time.Second

// begin chooses what the command line asked for.
func (w *window) begin(wanted cli.Window) {
	if len(wanted.Packages) > 0 {
		w.openPackage(wanted.Packages)
	}
	switch {
	case wanted.Port != "":
		w.typeAddress(wanted.Port)
		for _, way := range w.cfg.Ways {
			if way.Family == wanted.Family && w.state.device.chosen() && w.state.device.way.Family == "" {
				w.speakBy(way)
			}
		}
	case wanted.Demo:
		o := demoOrder(w.folder, demo.QuecPython, "", w.simulated)
		if len(wanted.Packages) > 0 {
			o.Package = ""
		}
		w.simulate(o, true)
	}
}

// trouble tells an error that belongs to no row.
func (w *window) trouble(err error) {
	t := words.Explain(err)
	what, remedy := w.book.Trouble(t)
	text := what
	if remedy != "" {
		text += "\n\n" + remedy
	}
	if detail := w.book.Raw(t.Detail); detail != what {
		text += "\n\n" + detail
	}
	w.tell(w.book.Say(noteTrouble), text)
}

// drop opens the files that were dropped on the window.
func (w *window) drop(dropped []fyne.URI) {
	var paths []string
	for _, u := range dropped {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	switch {
	case len(paths) == 0:
	case w.state.busy():
		w.ask(w.book.Say(noteQuit), w.book.Say(noteNotNow), sheetButton{label: actClose, tapped: w.close, primary: true})
	case w.page == placeLibrary:
		w.dropPackage(paths)
	default:
		w.openPackage(paths)
	}
}

// dismissFront closes what is in front. Its key works everywhere; Escape does not
// reach those widgets of Fyne that keep it to themselves.
func (w *window) dismissFront() {
	if w.win.Canvas().Overlays().Top() != nil && !w.fold() {
		w.escape()
	}
}

// escape closes what is in front, or cancels the upgrade.
func (w *window) escape() {
	switch {
	case w.sheet != nil:
		w.leave()
	case w.win.Canvas().Overlays().Top() != nil:
		// Something else is in front: it was not the upgrade that was meant.
	case w.state.busy():
		w.cancel()
	}
}

// quit closes the window; where something was typed and not saved it asks first.
func (w *window) quit() { w.parting(w.quitUpgrades) }

// quitUpgrades closes the window; while something is upgraded it asks first, saying what
// closing would mean as it stands then.
func (w *window) quitUpgrades() {
	meaning := w.closingMeans()
	if meaning == "" {
		w.win.Close()
		return
	}
	s, text := w.ask(w.book.Say(noteQuit), meaning,
		sheetButton{label: actStay, tapped: w.close, primary: true},
		sheetButton{label: actQuit, tapped: w.win.Close})
	s.popup.Resize(fyne.NewSize(460, 270)) // for both sentences, whatever comes while it asks
	s.render = func() {
		heading, meaning := noteQuit, w.closingMeans()
		if meaning == "" {
			heading, meaning = noteQuitEnded, w.book.Say(quitNothing)
		}
		s.heading.Set(w.book.Say(heading))
		text.Set(meaning)
	}
}

// closingMeans says what closing would mean for the person's upgrade and for those of plans;
// "" while none runs.
func (w *window) closingMeans() string {
	var parts []string
	if w.state.busy() {
		parts = append(parts, w.book.Say(devices.Code("ui.quit."+string(w.state.run.cancel))))
	}
	if n := w.planned(); n > 0 {
		parts = append(parts, w.book.Say(noteQuitPlans, n))
	}
	return strings.Join(parts, "\n\n")
}

// planned counts the devices that plans are upgrading.
func (w *window) planned() (running int) {
	if w.lab.Plans == nil {
		return 0
	}
	for _, p := range w.lab.Plans.Snapshot().Plans {
		for _, d := range p.Devices {
			if d.Status == rollout.Running {
				running++
			}
		}
	}
	return running
}

// title is the window's: what a glance at the task bar should tell.
func (s *state) title(b *words.Book) string {
	switch r := s.run; {
	case r == nil && s.ready():
		return fmt.Sprintf("%s · %s · Fotabench", b.Say(noteReady), s.device.name())
	case r == nil && s.device.identity != nil:
		return fmt.Sprintf("%s · Fotabench", s.device.name())
	case r == nil:
		return "Fotabench"
	case r.outcome != updater.Running:
		return fmt.Sprintf("%s · %s · Fotabench", b.Say(devices.Code("ui.ended."+string(r.outcome))), r.device)
	default:
		now := b.Say(devices.Code("stage." + string(r.stage)))
		if percent, known := r.percent(); known {
			now = fmt.Sprintf("%d %% %s", percent, now)
		}
		return fmt.Sprintf("%s · %s · Fotabench", now, r.device)
	}
}

// openFolder shows a folder in the system's file manager.
func (w *window) openFolder(path string) {
	if err := w.app.OpenURL(fileURL(filepath.ToSlash(path))); err != nil {
		w.trouble(err)
	}
}

// fileURL is the URL of a path with slashes; a drive's letter is no host.
func fileURL(path string) *url.URL {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return &url.URL{Scheme: "file", Path: path}
}
