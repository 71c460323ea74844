package ui

import (
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
)

// deviceSheet is where a device is chosen and looked at.
type deviceSheet struct {
	w       *window
	shown   []devices.Sighting
	list    *widgets.List
	empty   *widgets.Prose
	address *widgets.Entry
	wrong   *widgets.Prose
	title   *widgets.Line
	state   *widgets.Prose
	about   *fyne.Container
	marked  int    // the row of the chosen device, -1 for none
	key     string // what about shows
}

// chooseDevice opens the choice of the device.
func (w *window) chooseDevice() {
	if w.state.busy() {
		return
	}
	w.page = placeUpgrade
	d := &deviceSheet{w: w, about: container.NewStack(), marked: -1}
	d.list = widgets.NewList(func() int { return len(d.shown) }, newSightingRow, d.fill, w.close)
	d.list.OnSelected = func(i widget.ListItemID) {
		if i < len(d.shown) && d.shown[i].Key != w.state.device.sighting.Key {
			w.pick(d.shown[i])
		}
	}
	d.empty = widgets.NewProse(w.book.Say(noteNoneHere), theme.Dim)
	d.address = widgets.NewEntry(w.book.Say(noteTyped), w.close)
	d.address.Text = string(w.state.device.typed)
	d.address.OnSubmitted = func(string) { d.use() }
	d.wrong = widgets.NewProse("", base.ColorNameError)
	d.wrong.Hide()
	d.title = widgets.NewLine("", widgets.Size(base.SizeNameSubHeadingText), widgets.Bold())
	d.state = widgets.NewProse("", theme.Dim)
	use := widgets.NewButton(w.book.Say(actUse), d.use, w.close)
	simulated := widgets.NewButton(w.book.Say(actSimulate), w.addSimulated, w.close)
	left := border(nil, column(8, border(nil, nil, nil, use, d.address), d.wrong, simulated), nil, nil,
		container.NewStack(widgets.NewPanel(container.NewStack(d.list, d.empty))))
	right := container.NewVScroll(pad(0, 0, 14, 8, column(8, d.title, d.state, d.about)))
	content := container.New(beside{12}, pad(0, 0, 0, 4, left), right)
	s := w.open(w.book.Say(noteDevice), content, fyne.NewSize(900, 560), d.list,
		sheetButton{label: actAgain, tapped: w.askAgain},
		sheetButton{label: actDone, tapped: w.close, primary: true})
	s.render = d.render
	d.render()
}

// use chooses the typed address.
func (d *deviceSheet) use() {
	err := d.w.typeAddress(d.address.Text)
	if err == nil {
		d.wrong.Set("")
		return
	}
	what, remedy := d.w.book.Trouble(words.Explain(err))
	d.wrong.Set(strings.TrimSpace(what + " " + remedy))
}

// newSightingRow is one device in the list.
func newSightingRow() fyne.CanvasObject {
	return pad(7, 7, 4, 4, column(2, widgets.NewLine("", widgets.Bold()), widgets.NewLine("", widgets.Color(theme.Dim))))
}

func (d *deviceSheet) fill(i int, o fyne.CanvasObject) {
	if i >= len(d.shown) {
		return
	}
	lines := o.(*fyne.Container).Objects[0].(*fyne.Container).Objects
	s := d.shown[i]
	lines[0].(*widgets.Line).Set(sightingName(s))
	lines[1].(*widgets.Line).Set(d.w.where(s))
}

// sightingName is what a device is called before it was asked.
func sightingName(s devices.Sighting) string {
	if s.Name != "" {
		return s.Name
	}
	return string(s.Control())
}

// where says at which ports a device is.
func (w *window) where(s devices.Sighting) string {
	switch {
	case s.DownloadMode:
		return w.book.Say(noteDownloadMode)
	case len(s.Ports) > 1:
		return w.book.Say(notePorts, string(s.Control()), len(s.Ports))
	case s.Simulated:
		return w.book.Say(noteSimulated, string(s.Control()))
	}
	return string(s.Control())
}

// render shows what is present and who was chosen.
func (d *deviceSheet) render() {
	st := &d.w.state
	d.shown = st.sightings
	d.empty.Set(d.w.book.Say(noteNoneHere))
	d.empty.Hidden = len(d.shown) > 0
	d.empty.Refresh()
	d.list.Refresh()
	// Rows move when devices come and go; the mark stays with the device.
	i := slices.IndexFunc(d.shown, func(s devices.Sighting) bool { return s.Key == st.device.sighting.Key })
	if i != d.marked {
		d.list.UnselectAll()
	}
	if d.marked = i; i >= 0 {
		d.list.Select(i)
	}
	title, what := d.w.standing()
	d.title.Set(title)
	d.state.Set(what)
	key := title + what + st.device.way.Family
	if st.device.identity != nil {
		key += st.device.identity.At.String()
	}
	if d.key != key {
		d.key = key
		d.about.Objects = []fyne.CanvasObject{d.details()}
		d.about.Refresh()
	}
}

// standing says who is chosen and how it stands with that device.
func (w *window) standing() (title, what string) {
	d := &w.state.device
	if !d.chosen() {
		return w.book.Say(noteNoneChosen), w.book.Say(noteChooseDeviceHow)
	}
	if rows := w.state.deviceRows(w.book); len(rows) > 0 {
		r := rows[0]
		return d.name(), strings.TrimSpace(r.title + "\n" + r.fact + "\n" + r.remedy)
	}
	return d.name(), ""
}

// details are the answers of the device, its ports, and what it can do.
func (d *deviceSheet) details() fyne.CanvasObject {
	w := d.w
	dev := &w.state.device
	var parts []fyne.CanvasObject
	if dev.trouble != nil {
		buttons := line(8)
		for _, a := range troubleActions(*dev.trouble) {
			buttons.Add(widgets.NewButton(w.book.Say(a.label), func() { a.do(w) }, w.close))
		}
		parts = append(parts, buttons)
	}
	if dev.identity != nil {
		parts = append(parts, section(w.book.Say(noteItSays), facts(identityFacts(w.book, *dev.identity))))
	}
	if ways := w.state.waysIn(); len(ways) > 1 {
		parts = append(parts, section(w.book.Say(noteWays), d.wayChoice(ways)))
	}
	if len(dev.sighting.Ports) > 0 {
		parts = append(parts, section(w.book.Say(noteItsPorts), facts(portFacts(w.book, dev.sighting))))
	}
	if dev.identity != nil {
		parts = append(parts, section(w.book.Say(noteItCan), facts(abilityFacts(w.book, dev.caps))))
	}
	return column(12, parts...)
}

// wayChoice offers the ways in to one device.
func (d *deviceSheet) wayChoice(ways []devices.Way) fyne.CanvasObject {
	w := d.w
	texts, now := make([]string, len(ways)), ""
	for i, way := range ways {
		at := w.state.device.typed
		if at == "" {
			at = w.state.device.sighting.ControlAs(way.Role)
		}
		texts[i] = w.book.Say(devices.Code("ui.family."+way.Family), string(at))
		if way.Family == w.state.device.family() {
			now = texts[i]
		}
	}
	c := widget.NewRadioGroup(texts, nil)
	c.Selected = now
	c.OnChanged = func(text string) {
		if i := slices.Index(texts, text); i >= 0 {
			w.speakBy(ways[i])
		}
	}
	return c
}

// identityFacts are the device's answers, each with its unit or "unknown".
func identityFacts(b *words.Book, id devices.Identity) [][2]string {
	text := func(s string) string {
		if s == "" {
			return b.Say(noteUnknown)
		}
		return s
	}
	supply := strings.TrimSpace(quantity(b, notePercent, id.BatteryPercent) + " " + quantity(b, noteMillivolts, id.BatteryMV))
	rows := [][2]string{
		{b.Say(labelModel), text(id.Model)},
		{b.Say(labelIMEI), text(id.IMEI)},
		{b.Say(labelSerial), text(id.Serial)},
		{b.Say(labelFirmware), text(id.Firmware)},
		{b.Say(labelRuntime), text(id.Runtime)},
		{b.Say(labelSupply), text(supply)},
		{b.Say(labelSignal), text(quantity(b, noteSignal, id.SignalCSQ))},
		{b.Say(labelFree), text(quantity(b, noteBytes, id.FreeBytes))},
	}
	if id.Runtime == "" {
		rows = slices.Delete(rows, 4, 5) // no interpreter runs there
	}
	return rows
}

// quantity says a number with its unit, "" if it is unknown.
func quantity[N int | int64](b *words.Book, code devices.Code, n *N) string {
	if n == nil {
		return ""
	}
	return b.Say(code, *n)
}

func portFacts(b *words.Book, s devices.Sighting) [][2]string {
	var rows [][2]string
	for _, p := range s.Ports {
		role := b.Say(devices.Code("ui.role." + string(p.Role)))
		if p.Role == devices.RoleUnknown {
			role = b.Say(noteUnknown)
		}
		if p.Proved {
			role = b.Say(noteProved, role)
		}
		rows = append(rows, [2]string{string(p.Address), role})
	}
	return rows
}

func abilityFacts(b *words.Book, caps devices.Capabilities) [][2]string {
	var rows [][2]string
	for _, m := range devices.Methods() {
		if c, known := caps.Methods[m]; known {
			rows = append(rows, [2]string{b.Say(devices.Code("ui.method." + string(m))), ability(b, c)})
		}
	}
	return rows
}

// ability says whether something can be done, and why not.
func ability(b *words.Book, c devices.Capability) string {
	if c.Why == "" {
		return b.Say(noteCan)
	}
	return b.Say(c.Why, c.Args...)
}
