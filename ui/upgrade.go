package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater"
	"fotabench/updater/origin"
)

// upgradePage does the whole job: choices and checks before, the stages during,
// the device's own word after it.
type upgradePage struct {
	w               *window
	title, subtitle *widgets.Line
	cases           *caseBanner
	before          *beforeView
	during          *duringView
	after           *fyne.Container
	afterRun        *run
	afterReport     *updater.Report
	views, root     *fyne.Container
}

func newUpgradePage(w *window) *upgradePage {
	p := &upgradePage{
		w:        w,
		title:    widgets.NewLine("", widgets.Size(base.SizeNameHeadingText), widgets.Bold()),
		subtitle: widgets.NewLine("", widgets.Color(theme.Dim)),
		cases:    newCaseBanner(w),
		before:   newBeforeView(w),
		during:   newDuringView(w),
		after:    container.NewStack(),
	}
	p.during.root.Hide()
	p.after.Hide()
	p.views = container.New(front{}, p.before.root, p.during.root, p.after)
	top := column(10, column(1, p.title, p.subtitle), p.cases.root)
	p.root = pad(14, 14, 22, 22, border(pad(0, 12, 0, 0, top), nil, nil, nil, p.views))
	return p
}

func (p *upgradePage) object() fyne.CanvasObject { return p.root }

func (p *upgradePage) render() {
	s, b := &p.w.state, p.w.book
	p.cases.render()
	title, subtitle := b.Say(noteUpgradeTitle), b.Say(noteUpgradeHow)
	if r := s.run; r != nil {
		title = b.Say(devices.Code("ui.title.running"), r.device)
		if r.outcome != updater.Running {
			title = b.Say(devices.Code("ui.title."+string(r.outcome)), r.device)
		}
		subtitle = r.about(p.w)
	}
	p.title.Set(title)
	p.subtitle.Set(subtitle)
	switch {
	case s.run == nil:
		p.turn(p.before.root)
		p.before.render()
	case s.run.outcome == updater.Running:
		p.turn(p.during.root)
		p.during.render(s.run)
	default:
		p.turn(p.after)
		if p.afterRun != s.run || p.afterReport != s.run.report {
			p.afterRun, p.afterReport = s.run, s.run.report
			p.after.Objects = []fyne.CanvasObject{newAfterView(p.w, s.run)}
			p.after.Refresh()
		}
	}
}

// turn shows one of the views alone.
func (p *upgradePage) turn(to fyne.CanvasObject) {
	if to.Visible() {
		return
	}
	for _, view := range p.views.Objects {
		hide(view, view != to)
	}
	p.views.Refresh()
}

// front lays out what is shown, over each other. A stack would lay out also what is hidden,
// for which its fonts must be there: the first window waited for that.
type front struct{}

// Layout implements fyne.Layout.
func (front) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		if o.Visible() {
			o.Resize(size)
			o.Move(fyne.Position{})
		}
	}
}

// MinSize implements fyne.Layout.
func (front) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return layout.NewStackLayout().MinSize(objects)
}

// about says which device, from what to what, and how.
func (r *run) about(w *window) string {
	parts := []string{string(r.address)}
	if r.identity != nil && r.identity.IMEI != "" {
		parts = append(parts, "IMEI "+r.identity.IMEI)
	}
	if r.target != "" {
		parts = append(parts, shortVersion(r.from)+" → "+shortVersion(r.target))
	}
	return strings.Join(append(parts, w.book.Say(devices.Code("ui.method."+string(r.method)))), " · ")
}

// beforeView is the page before an upgrade.
type beforeView struct {
	w                    *window
	root                 *fyne.Container
	device, pkg, way     *widgets.Choice
	summary, first, then *widgets.Line
	rows                 *fyne.Container
	shown                string
	start                *widgets.Button
}

func newBeforeView(w *window) *beforeView {
	b := w.book
	v := &beforeView{
		w:       w,
		device:  widgets.NewChoice("1", b.Say(noteDevice), w.chooseDevice, w.escape).Ends(),
		pkg:     widgets.NewChoice("2", b.Say(notePackage), w.choosePackage, w.escape),
		way:     widgets.NewChoice("3", b.Say(noteDelivery), w.chooseWay, w.escape),
		summary: widgets.NewLine("", widgets.Color(theme.Dim), widgets.Trailing(), widgets.Stiff()),
		first:   widgets.NewLine("", widgets.Color(theme.Dim)),
		then:    widgets.NewLine("", widgets.Color(theme.Dim)),
		rows:    column(0),
		start:   widgets.NewButton(b.Say(menuStart), w.start, w.escape).Primary(),
	}
	choices := container.New(beside{12}, v.device, v.pkg, v.way)
	head := border(nil, nil, nil, v.summary, widgets.NewLine(b.Say(noteBefore), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold()))
	checks := widgets.NewPanel(border(pad(0, 6, 0, 0, head), nil, nil, nil, container.NewVScroll(pad(0, 0, 0, 10, v.rows))))
	foot := border(nil, nil, nil, container.NewCenter(pad(0, 0, 16, 0, container.NewGridWrap(fyne.NewSize(150, 38), v.start))), column(2, v.first, v.then))
	v.root = border(choices, pad(12, 0, 0, 0, foot), nil, nil, pad(12, 0, 0, 0, checks))
	return v
}

func (v *beforeView) render() {
	v.renderDevice()
	v.renderPackage()
	v.renderWay()
	s, b := &v.w.state, v.w.book
	v.summary.Set(s.summary(b))
	rows := s.rows(b)
	// The rows are made anew only when they say something else: who reads one
	// must not lose it, nor the focus on its button.
	if key := fmt.Sprintf("%v", describe(rows)); key != v.shown {
		v.shown = key
		v.rows.Objects = nil
		for i, r := range rows {
			if i > 0 {
				v.rows.Add(widget.NewSeparator())
			}
			v.rows.Add(v.w.rowView(r))
		}
		v.rows.Refresh()
	}
	v.start.Allow(s.ready())
	v.first.Set(v.w.forecast())
	v.then.Set(b.Say(s.stopping()))
}

// stopping says beforehand what stopping will mean for this device and method.
func (s *state) stopping() devices.Code {
	switch s.device.caps.Cancel[s.way.method] {
	case devices.CancelNever:
		return noteNoStop
	case devices.CancelRestart:
		return noteStopByRestart
	}
	return noteUntilInstall
}

// describe is what rows say, for comparing.
func describe(rows []row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, string(r.mood), r.title, r.fact, r.remedy)
		for _, a := range r.actions {
			all = append(all, string(a.label))
		}
	}
	return all
}

// rowView is one row of the checks.
func (w *window) rowView(r row) fyne.CanvasObject {
	name := container.New(&fixedWidth{196}, widgets.NewProse(r.title, base.ColorNameForeground))
	left := line(10, container.NewCenter(widgets.NewBadge(r.mood, "", 20)), name)
	text := column(3)
	if r.fact != "" {
		text.Add(widgets.NewProse(r.fact, theme.Dim))
	}
	if r.remedy != "" {
		color := r.mood.Strong()
		if r.mood == widgets.Good {
			color = theme.Dim
		}
		text.Add(widgets.NewProse(r.remedy, color))
	}
	buttons := line(6)
	for _, a := range r.actions {
		buttons.Add(widgets.NewButton(w.book.Say(a.label), func() { a.do(w) }, w.escape))
	}
	if r.detail != "" {
		buttons.Add(widgets.NewButton(w.book.Say(actDetails), func() { w.tell(r.title, r.detail) }, w.escape).Quiet())
	}
	var right fyne.CanvasObject
	if len(buttons.Objects) > 0 {
		right = container.NewVBox(buttons)
	}
	return pad(8, 8, 0, 0, border(nil, nil, container.NewVBox(left), right, pad(2, 0, 12, 8, text)))
}

// fixedWidth gives its one object a width and as much height as it then needs.
type fixedWidth struct{ width float32 }

// Layout implements fyne.Layout.
func (f *fixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSize(f.width, size.Height))
		o.Move(fyne.NewPos(0, 2))
	}
}

// MinSize implements fyne.Layout.
func (f *fixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var high float32
	for _, o := range objects {
		high = max(high, o.MinSize().Height)
	}
	return fyne.NewSize(f.width, high+2)
}

func (v *beforeView) renderDevice() {
	d, b := &v.w.state.device, v.w.book
	if !d.chosen() {
		v.device.Set(b.Say(noteNoneChosen), b.Say(noteHowMany, len(v.w.state.sightings)), "", widgets.Plain)
		return
	}
	first, second, mood := string(d.address()), "", widgets.Plain
	switch rows := v.w.state.deviceRows(b); {
	case d.asking:
		second = b.Say(noteAsking, string(d.address()))
		mood = widgets.Wait
	case len(rows) > 0:
		first, second, mood = rows[0].title, first, widgets.Bad
	case d.identity != nil:
		mood = widgets.Good
		// Who it is matters more than where: the choice of the device says both.
		if d.identity.IMEI != "" {
			first = "IMEI " + d.identity.IMEI
		}
		if d.sighting.Simulated {
			first = b.Say(noteSimulated, first)
		}
		if second = d.identity.Firmware; second == "" {
			second = b.Say(noteRuns, b.Say(noteUnknown))
		}
	}
	v.device.Set(d.name(), first, second, mood)
}

func (v *beforeView) renderPackage() {
	p, b := &v.w.state.pkg, v.w.book
	switch {
	case p.reading:
		v.pkg.Set(b.Say(notePackage), b.Say(noteReading, p.done, p.total), "", widgets.Wait)
	case p.trouble != nil:
		what, _ := b.Trouble(*p.trouble)
		v.pkg.Set(b.Say(noteNoPackage), what, "", widgets.Bad)
	case p.pkg == nil && v.w.state.fromPlatform():
		v.pkg.Set(b.Say(noteNoneChosen), b.Say(noteAskPlatform), "", widgets.Plain)
	case p.pkg == nil:
		v.pkg.Set(b.Say(noteNoneChosen), b.Say(noteDropHere), "", widgets.Plain)
	case p.pkg.Offer != nil:
		v.pkg.Set(packageTitle(p.pkg), v.packageLine(p.pkg), b.Say(noteWithPlatform), widgets.Good)
	default:
		v.w.lookAtSignatures()
		said, level := v.w.state.library.signed.card(b, p.pkg)
		v.pkg.Set(packageTitle(p.pkg), v.packageLine(p.pkg), said, levelMood(level))
	}
}

// titleVersions is how long two versions may be, in bytes, to be shown side by side: of
// longer ones the target matters.
const titleVersions = 56

// packageTitle is where the package leads to, else its name.
func packageTitle(p *packages.Package) string {
	m := p.Manifest
	switch {
	case m.TargetVersion == "":
		return p.Name
	case m.SourceVersion != "" && len(m.SourceVersion+m.TargetVersion) <= titleVersions:
		return shortVersion(m.SourceVersion) + " → " + shortVersion(m.TargetVersion)
	}
	return "→ " + shortVersion(m.TargetVersion)
}

func (v *beforeView) packageLine(p *packages.Package) string {
	b := v.w.book
	var parts []string
	switch n := len(p.Files); {
	case p.Offer != nil && p.Offer.Space > 0:
		parts = []string{p.Name, b.Say(noteBytes, p.Offer.Space)}
	case n == 0:
		parts = []string{p.Name}
	case n == 1:
		parts = []string{p.Files[0].Name, b.Say(noteBytes, p.Size())}
	default:
		parts = []string{b.Say(noteFiles, n), b.Say(noteBytes, p.Size())}
	}
	if k := p.Manifest.Kind; k != packages.KindUnknown {
		parts = append(parts, b.Say(devices.Code("ui.kind."+string(k))))
	}
	return strings.Join(parts, " · ")
}

func (v *beforeView) renderWay() {
	s, b := &v.w.state, v.w.book
	way := s.way
	first := b.Say(devices.Code("ui.method." + string(way.method) + ".how"))
	if s.device.caps.Stored[way.method] {
		first = b.Say(noteStored)
	}
	if way.method.Fetched() && !way.own {
		first = b.Say(noteNoURL)
		if i := slices.IndexFunc(way.urls, func(u string) bool { return u != "" }); i >= 0 {
			first = origin.Mask(way.urls[i])
		}
	}
	var others []string
	for _, m := range s.device.methods() {
		if m != way.method && s.device.caps.Methods[m].OK {
			others = append(others, b.Say(devices.Code("ui.method."+string(m)+".short")))
		}
	}
	second := ""
	if len(others) > 0 {
		second = b.Say(noteAlso, strings.Join(others, ", "))
	}
	v.way.Set(b.Say(devices.Code("ui.method."+string(way.method))), first, second, widgets.Plain)
}

// duringView is the page while an upgrade runs.
type duringView struct {
	w                             *window
	root                          *fyne.Container
	strip                         *widgets.Strip
	percent, amount, speed, stage *widgets.Line
	bar                           *widgets.Bar
	word, safety                  *widgets.Prose
	plotTitle                     *widgets.Line
	plot                          *widgets.Plot
	log                           *logView
	why, after                    *widgets.Line
	cancel                        *widgets.Button
}

// stageNames are the names of the stages.
func (w *window) stageNames() []string {
	var names []string
	for _, st := range updater.Stages() {
		names = append(names, w.book.Say(devices.Code("stage."+string(st))))
	}
	return names
}

func newDuringView(w *window) *duringView {
	v := &duringView{
		w:         w,
		strip:     widgets.NewStrip(w.stageNames()),
		percent:   widgets.NewLine("", widgets.Size(theme.SizeBig), widgets.Bold()),
		amount:    widgets.NewLine(""),
		speed:     widgets.NewLine("", widgets.Color(theme.Dim)),
		stage:     widgets.NewLine("", widgets.Color(theme.Dim)),
		bar:       widgets.NewBar(),
		word:      widgets.NewProse(" ", theme.Dim),
		safety:    widgets.NewProse(" ", base.ColorNameSuccess).Bold(),
		plotTitle: widgets.NewLine(w.book.Say(noteRate), widgets.Color(theme.Dim), widgets.Size(base.SizeNameCaptionText)),
		plot:      widgets.NewPlot(plotPieces),
		log:       newLogView(w),
		why:       widgets.NewLine("", widgets.Color(theme.Dim)),
		after:     widgets.NewLine("", widgets.Color(theme.Dim)),
		cancel:    widgets.NewButton("", w.cancel, w.escape),
	}
	numbers := border(nil, nil, container.New(&fixedWidth{104}, v.percent), nil, column(2, v.amount, v.speed))
	left := column(9, numbers, v.bar, v.word, v.safety)
	picture := container.New(&fixedWidth{230}, border(v.plotTitle, nil, nil, nil, pad(4, 0, 0, 0, container.NewStack(smallest(0, 64), v.plot))))
	progress := widgets.NewPanel(border(nil, nil, nil, pad(0, 0, 22, 0, picture), left))
	foot := border(nil, nil, nil, container.NewCenter(pad(0, 0, 16, 0, container.NewGridWrap(fyne.NewSize(200, 38), v.cancel))), column(2, v.why, v.after))
	v.root = border(column(12, widgets.NewPanel(v.strip), progress), pad(12, 0, 0, 0, foot), nil, nil,
		pad(12, 0, 0, 0, widgets.NewPanel(v.log.root)))
	return v
}

// smallest is nothing that takes room.
func smallest(width, height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(nil)
	r.SetMinSize(fyne.NewSize(width, height))
	return r
}

// steps says how the stages stand.
func (r *run) steps() []widgets.Step {
	stages := updater.Stages()
	here := slices.Index(stages, r.stage)
	steps := make([]widgets.Step, len(stages))
	for i := range steps {
		switch {
		case i < here || r.outcome == updater.Verified:
			steps[i] = widgets.Passed
		case i > here:
			steps[i] = widgets.Ahead
		case r.outcome == updater.Running:
			steps[i] = widgets.Here
		case r.outcome == updater.Uncertain:
			steps[i] = widgets.Asking
		default:
			steps[i] = widgets.Broken
		}
	}
	return steps
}

func (v *duringView) render(r *run) {
	b := v.w.book
	v.strip.Set(r.steps())
	share, known := r.share()
	if percent, _ := r.percent(); known {
		v.bar.Set(share)
		v.percent.Set(fmt.Sprintf("%d %%", percent))
	} else {
		v.bar.Unknown()
		v.percent.Set("…")
	}
	v.amount.Set(v.amountOf(r, known))
	v.speed.Set(v.speedOf(r))
	word := b.Say(devices.Code("ui.stage." + string(r.stage)))
	if r.lastWord != nil {
		word = b.Note(*r.lastWord)
	}
	v.word.Set(word)
	v.safety.Set(b.Say(devices.Code("ui.safety." + safety(r))))
	v.safety.SetColor(safetyColor(r))
	if r.inBytes() && len(r.samples) > 1 {
		v.plot.Set(r.rates(time.Now()))
	} else {
		v.plot.Set(nil)
	}
	v.log.render(r)
	v.cancel.SetText(b.Say(devices.Code("cancel." + string(r.cancel))))
	v.cancel.Allow(r.cancel != updater.CancelRefused && r.cancel != updater.CancelNothing && r.answer != updater.CancelAccepted)
	v.why.Set(b.Say(devices.Code("cancel." + string(r.cancel) + ".why")))
	v.after.Set(v.answerTo(r))
}

// amountOf says how much of the stage is done.
func (v *duringView) amountOf(r *run, known bool) string {
	b := v.w.book
	switch {
	case known && r.inBytes():
		return b.Say(noteAmount, r.done, r.total)
	case r.done > 0 && r.inBytes():
		return b.Say(noteSoFar, r.done)
	}
	return b.Say(devices.Code("stage." + string(r.stage)))
}

// speedOf says how fast it goes and how long it still takes, or how long the
// stage has taken.
func (v *duringView) speedOf(r *run) string {
	b := v.w.book
	if rate := r.rate(); rate > 0 && !r.stalled && r.inBytes() {
		text := b.Say(noteSpeed, int64(rate))
		if left, known := r.left(); known {
			text += " · " + b.Say(noteLeft, left.Seconds())
		}
		return text
	}
	if r.stageBegan.IsZero() {
		return ""
	}
	return b.Say(noteSince, time.Since(r.stageBegan).Seconds())
}

// safety names what is true of the device at this stage.
func safety(r *run) string {
	switch r.stage {
	case updater.Identify, updater.Check:
		return "untouched"
	case updater.Deliver, updater.Verify:
		if r.cancel == updater.CancelRefused {
			return "alone"
		}
		return "nothing"
	case updater.Confirm:
		return "answering"
	}
	return "writing"
}

func safetyColor(r *run) fyne.ThemeColorName {
	if s := safety(r); s == "untouched" || s == "nothing" {
		return base.ColorNameSuccess
	}
	return base.ColorNameWarning
}

// answerTo says what a request to cancel was answered, else what comes.
func (v *duringView) answerTo(r *run) string {
	b := v.w.book
	switch r.answer {
	case updater.CancelAccepted:
		return b.Say(noteCancelling)
	case updater.CancelDenied:
		return b.Say(noteCancelDenied)
	case updater.CancelTooLate:
		return b.Say(noteCancelLate)
	}
	if s := safety(r); s == "untouched" || s == "nothing" {
		return b.Say(noteAfterInstall)
	}
	return b.Say(noteKeepPower)
}
