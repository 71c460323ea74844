package ui

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// packageSheet is where the files are chosen and looked at.
type packageSheet struct {
	w      *window
	paths  *widgets.Entry
	digest *widgets.Entry
	file   *widget.Select // which file the digest is of
	wrong  *widgets.Prose
	state  *widgets.Prose
	about  *fyne.Container
	shown  *packages.Package
}

// choosePackage opens the choice of the package.
func (w *window) choosePackage() {
	if w.state.busy() {
		return
	}
	w.page = placeUpgrade
	if w.state.fromPlatform() {
		w.chooseOffer()
		return
	}
	p := &packageSheet{w: w, about: container.NewStack()}
	p.paths = widgets.NewEntry(w.book.Say(notePath), w.close)
	p.paths.OnSubmitted = func(string) { p.use() }
	p.digest = widgets.NewEntry(w.book.Say(noteDigest), w.close)
	p.digest.OnSubmitted = func(string) { p.expect() }
	p.file = widget.NewSelect(nil, nil)
	p.wrong = widgets.NewProse("", base.ColorNameError)
	p.wrong.Hide()
	p.state = widgets.NewProse("", theme.Dim)
	browse := widgets.NewButton(w.book.Say(actBrowse), func() { p.browse(nil) }, w.close)
	more := widgets.NewButton(w.book.Say(actMore), func() { p.browse(w.state.pkg.paths) }, w.close)
	use := widgets.NewButton(w.book.Say(actUse), p.use, w.close)
	check := widgets.NewButton(w.book.Say(actCompare), p.expect, w.close)
	top := column(8,
		border(nil, nil, nil, line(6, use, browse, more), p.paths),
		border(nil, nil, p.file, check, p.digest), p.wrong, p.state)
	s := w.open(w.book.Say(notePackage), border(top, nil, nil, nil, container.NewVScroll(pad(8, 0, 0, 8, p.about))),
		fyne.NewSize(860, 580), p.paths,
		sheetButton{label: actDone, tapped: w.close, primary: true})
	s.render = p.render
	p.render()
}

// use opens what was typed: one path, or several with a semicolon between them.
func (p *packageSheet) use() {
	var paths []string
	for _, path := range strings.Split(p.paths.Text, ";") {
		if path = strings.Trim(strings.TrimSpace(path), `"`); path != "" {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return
	}
	p.w.openPackage(paths)
}

// browse lets the person pick a file; others that are chosen already stay or go.
func (p *packageSheet) browse(others []string) {
	w := p.w
	w.choosePath(picking{title: noteOneFile, act: actTakeFile}, func(path string) {
		w.openPackage(append(slices.Clone(others), path))
		w.choosePackage()
	})
}

// expect compares the digest that was typed with the chosen file.
func (p *packageSheet) expect() {
	if p.w.state.pkg.pkg == nil || strings.TrimSpace(p.digest.Text) == "" {
		return
	}
	if err := p.w.expectDigest(max(0, p.file.SelectedIndex()), p.digest.Text); err != nil {
		what, remedy := p.w.book.Trouble(words.Explain(err))
		p.wrong.Set(strings.TrimSpace(what + " " + remedy))
		return
	}
	p.wrong.Set("")
	p.digest.SetText("")
}

func (p *packageSheet) render() {
	st := &p.w.state.pkg
	var what []string
	for _, r := range p.w.state.packageRows(p.w.book) {
		what = append(what, strings.TrimSpace(r.title+"\n"+r.fact+"\n"+r.remedy))
	}
	p.state.Set(strings.Join(what, "\n"))
	if p.shown == st.pkg && len(p.about.Objects) > 0 {
		return
	}
	p.shown = st.pkg
	p.file.Options = nil
	if st.pkg != nil {
		for _, f := range st.pkg.Files {
			p.file.Options = append(p.file.Options, f.Name)
		}
		p.file.SetSelectedIndex(0)
	}
	// One file needs no choice.
	hide(p.file, len(p.file.Options) < 2)
	p.about.Objects = []fyne.CanvasObject{packageDetails(p.w.book, st.pkg)}
	p.about.Refresh()
}

// packageDetails are the claims about a package and, for each file, its digests
// with what others state.
func packageDetails(b *words.Book, p *packages.Package) fyne.CanvasObject {
	if p == nil {
		return container.NewStack()
	}
	parts := []fyne.CanvasObject{section(p.Name, facts(manifestFacts(b, p.Manifest)))}
	if len(p.GBK) > 0 {
		parts = append(parts, widgets.NewProse(b.Say(devices.Code(library.NoticeGBK), p.Name, strings.Join(p.GBK, ", ")), theme.Dim))
	}
	trust := p.Trust()
	for i, f := range p.Files {
		parts = append(parts, section(f.Name+" · "+b.Say(noteBytes, f.Size), facts(fileFacts(b, f, trust.Files[i]))))
	}
	return column(12, parts...)
}

// manifestFacts are what somebody claims about a package, and who.
func manifestFacts(b *words.Book, m packages.Manifest) [][2]string {
	text := func(s string) string {
		if s == "" {
			return b.Say(noteUnstated)
		}
		return s
	}
	number := func(n int) string {
		if n == 0 {
			return b.Say(noteUnstated)
		}
		return strconv.Itoa(n)
	}
	component := b.Say(noteUnstated)
	if m.Component != "" {
		component = b.Say(devices.Code("ui.component." + string(m.Component)))
	}
	kind := b.Say(noteUnstated)
	if m.Kind != packages.KindUnknown {
		kind = b.Say(devices.Code("ui.kind." + string(m.Kind)))
	}
	claims := text(m.Source)
	if m.Source == packages.SourceTyped {
		claims = b.Say(noteTypedClaims)
	}
	return [][2]string{
		{b.Say(labelClaims), claims},
		{b.Say(labelComponent), component},
		{b.Say(labelKind), kind},
		{b.Say(labelFrom), text(m.SourceVersion)},
		{b.Say(labelTo), text(m.TargetVersion)},
		{b.Say(labelModels), text(strings.Join(m.Models, ", "))},
		{b.Say(labelMinBattery), number(m.MinBattery)},
		{b.Say(labelMinSignal), number(m.MinSignal)},
	}
}

// fileFacts are the digests of a file, each with who states the same or another.
func fileFacts(b *words.Book, f packages.File, trust packages.FileTrust) [][2]string {
	rows := [][2]string{{b.Say(labelTrust), b.Say(devices.Code(trust.Code), trust.Args...)}}
	for _, a := range []packages.Algorithm{packages.SHA256, packages.SHA1, packages.MD5, packages.CRC32} {
		text := f.Digests[a]
		for _, c := range trust.Rows {
			switch {
			case c.Algorithm != a:
			case c.OK:
				text += "\n" + b.Say(noteSaysToo, source(b, c.Source))
			default:
				text += "\n" + b.Say(noteSaysOther, source(b, c.Source), c.Expected)
			}
		}
		rows = append(rows, [2]string{strings.ToUpper(string(a)), text})
	}
	return rows
}

// source says where an expected digest comes from.
func source(b *words.Book, s string) string {
	if s == packages.SourceTyped {
		return b.Say(noteTypedDigest)
	}
	return s
}
