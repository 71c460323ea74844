package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/skip2/go-qrcode"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/ui/bench"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
)

// benchPage is where devices come by themselves: the services that they ask, and
// who was here.
type benchPage struct {
	w        *window
	root     *fyne.Container
	services *widgets.List
	details  *serviceView
	plan     *widgets.Line
	counts   *widgets.Line
	// unwritten is what keeps records of what rules give from being written, in below.
	unwritten *widgets.Prose
	below     *fyne.Container
	list      *widgets.List
	empty     *widgets.Prose
	upgrade   *widgets.Button
	shown     []checkin.Guest
	now       time.Time
}

// benchLook is how often the page is looked at anew: people see no more of it, and
// thirty devices at once must not keep the computer busy with drawing.
const benchLook = 500 * time.Millisecond

func newBenchPage(w *window) *benchPage {
	b := w.book
	p := &benchPage{w: w, details: newServiceView(w)}
	p.services = widgets.NewList(func() int { return len(w.state.bench.services) }, newServiceRow, p.fillService, w.escape)
	p.services.HideSeparators = true
	p.services.OnSelected = func(i widget.ListItemID) {
		if all := w.state.bench.services; i < len(all) && all[i].Service != w.state.bench.chosen {
			w.state.bench.chosen = all[i].Service
			w.render()
		}
	}
	p.list = widgets.NewList(func() int { return len(p.shown) }, newGuestRow, p.fillGuest, w.escape)
	p.list.OnSelected = func(i widget.ListItemID) {
		if i < len(p.shown) {
			w.state.bench.marked = p.shown[i].Address
			p.upgrade.Allow(true)
		}
	}
	p.empty = widgets.NewProse(b.Say(noteNoGuests), theme.Dim)
	p.plan = widgets.NewLine("", widgets.Color(theme.Dim))
	p.counts = widgets.NewLine("", widgets.Color(theme.Dim), widgets.Trailing(), widgets.Stiff())
	p.unwritten = widgets.NewProse("", base.ColorNameError)
	p.upgrade = widgets.NewButton(b.Say(actUpgradeThis), w.upgradeMarked, w.escape)
	top := pad(0, 12, 0, 0, column(1,
		widgets.NewLine(b.Say(noteBench), widgets.Size(base.SizeNameHeadingText), widgets.Bold()),
		widgets.NewLine(b.Say(noteBenchHow), widgets.Color(theme.Dim))))
	buttons := line(6,
		widgets.NewButton(b.Say(actPlan), w.choosePlan, w.escape).Quiet(),
		widgets.NewButton(b.Say(actFleet), w.addFleet, w.escape).Quiet(),
		p.upgrade)
	head := border(nil, nil, nil, buttons, border(nil, nil,
		widgets.NewLine(b.Say(noteGuests), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold(), widgets.Stiff()), nil,
		pad(0, 0, 12, 12, p.plan)))
	p.below = border(pad(0, 4, 0, 0, column(2, head, p.unwritten)), p.counts, nil, nil, container.NewStack(p.list, p.empty))
	guests := widgets.NewPanel(p.below)
	left := container.New(&fixedWidth{250}, widgets.NewPanel(container.NewStack(smallest(0, 196), p.services)))
	p.root = pad(14, 14, 22, 22, border(column(12, top, border(nil, nil, left, nil, pad(0, 0, 12, 0, widgets.NewPanel(p.details.root)))),
		nil, nil, nil, pad(12, 0, 0, 0, guests)))
	return p
}

func (p *benchPage) object() fyne.CanvasObject { return p.root }

// look reads how the bench stands.
func (w *window) lookAtBench() {
	if w.cfg.Bench == nil {
		return
	}
	w.state.bench.services = w.cfg.Bench.Status()
	w.state.bench.guests = w.cfg.Bench.Desk().Guests(benchListed)
	w.state.bench.counts = w.cfg.Bench.Desk().Counts()
	w.state.bench.unwritten = w.cfg.Bench.Unwritten()
}

// benchListed bounds the list of devices.
const benchListed = 500

func (p *benchPage) render() {
	s, b := &p.w.state.bench, p.w.book
	if s.services == nil {
		p.w.lookAtBench()
	}
	p.now = time.Now()
	// Whoever came first stays where it is: a list that is sorted by the last word
	// jumps under the hand.
	p.shown = slices.SortedStableFunc(slices.Values(s.guests), func(x, y checkin.Guest) int { return x.First.Compare(y.First) })
	p.services.Refresh()
	if i := slices.IndexFunc(s.services, func(st bench.Status) bool { return st.Service == s.chosen }); i >= 0 {
		p.services.Select(i)
	}
	p.details.render()
	p.plan.Set(s.planLine(b))
	told := p.unwritten.Visible()
	if p.unwritten.Set(s.unwrittenLine(b)); told != p.unwritten.Visible() {
		p.below.Refresh() // the list makes room
	}
	p.counts.Set(b.Say(noteDeskCounts, s.counts.Devices, s.counts.Delivered, s.counts.Verified, s.counts.Failed))
	hide(p.empty, len(p.shown) > 0)
	p.list.Refresh()
	p.upgrade.Allow(s.marked != "" && !p.w.state.busy())
}

func newServiceRow() fyne.CanvasObject {
	state := widgets.NewLine("", widgets.Color(theme.Dim), widgets.Size(base.SizeNameCaptionText), widgets.Stiff(), widgets.Trailing())
	text := border(nil, nil, nil, pad(2, 0, 6, 0, state), widgets.NewLine(""))
	return pad(3, 3, 2, 2, border(nil, nil, pad(0, 0, 0, 8, container.NewCenter(widgets.NewBadge(widgets.Plain, "", 16))), nil, text))
}

// rowParts are the badge and the lines of a row.
func rowParts(o fyne.CanvasObject) (badge *widgets.Badge, lines []fyne.CanvasObject, rest []fyne.CanvasObject) {
	parts := o.(*fyne.Container).Objects[0].(*fyne.Container).Objects
	center := parts[1].(*fyne.Container).Objects[0].(*fyne.Container)
	return center.Objects[0].(*widgets.Badge), parts[0].(*fyne.Container).Objects, parts[2:]
}

func (p *benchPage) fillService(i int, o fyne.CanvasObject) {
	s, b := &p.w.state.bench, p.w.book
	if i >= len(s.services) {
		return
	}
	badge, lines, _ := rowParts(o)
	text, mood := s.serviceLine(b, s.services[i])
	badge.Set(mood)
	lines[0].(*widgets.Line).Set(b.Say(devices.Code("ui.service." + string(s.services[i].Service))))
	lines[1].(*fyne.Container).Objects[0].(*widgets.Line).Set(text)
}

func newGuestRow() fyne.CanvasObject {
	text := column(2, widgets.NewLine("", widgets.Bold()), widgets.NewLine("", widgets.Color(theme.Dim), widgets.Size(base.SizeNameCaptionText)))
	bar := container.New(&fixedWidth{120}, container.NewVBox(pad(12, 0, 0, 0, widgets.NewBar())))
	return pad(3, 3, 2, 4, border(nil, nil, pad(0, 0, 0, 10, container.NewCenter(widgets.NewBadge(widgets.Plain, "", 18))), pad(0, 0, 10, 0, bar), text))
}

func (p *benchPage) fillGuest(i int, o fyne.CanvasObject) {
	if i >= len(p.shown) {
		return
	}
	badge, lines, rest := rowParts(o)
	g := p.shown[i]
	badge.Set(guestMood(g.Phase))
	lines[0].(*widgets.Line).Set(guestTitle(g))
	lines[1].(*widgets.Line).Set(guestLine(p.w.book, g, p.now))
	narrow := rest[0].(*fyne.Container).Objects[0].(*fyne.Container)
	bar := narrow.Objects[0].(*fyne.Container).Objects[0].(*fyne.Container).Objects[0].(*widgets.Bar)
	share, worth := guestShare(g)
	hide(bar, !worth)
	if worth {
		bar.Set(share)
	}
}

// serviceView shows one service: its switch, what devices must be given, what it
// counts, and what stands in the way.
type serviceView struct {
	w       *window
	root    *fyne.Container
	title   *widgets.Line
	toggle  *widgets.Button
	place   *widgets.Line
	listen  *widgets.Entry
	login   *fyne.Container
	user    *widgets.Entry
	secret  *widgets.Entry
	address *widgets.Line
	copying *widgets.Button
	tls     *widgets.Button
	counts  *widgets.Prose
	remarks *widgets.Prose
	qr      *canvas.Image
	shown   bench.Service
	coded   string
}

func newServiceView(w *window) *serviceView {
	v := &serviceView{
		w:       w,
		title:   widgets.NewLine("", widgets.Size(base.SizeNameSubHeadingText), widgets.Bold()),
		address: widgets.NewLine("", widgets.Bold()),
		place:   widgets.NewLine("", widgets.Color(theme.Dim), widgets.Size(base.SizeNameCaptionText)),
		counts:  widgets.NewProse("", theme.Dim),
		remarks: widgets.NewProse("", base.ColorNameWarning),
		qr:      canvas.NewImageFromImage(nil),
	}
	v.listen = widgets.NewEntry("", w.escape)
	v.listen.OnChanged = func(text string) { w.state.bench.listen[v.shown] = text }
	v.listen.OnSubmitted = func(string) { w.toggleService() }
	v.user, v.secret = widgets.NewEntry("", w.escape), widgets.NewPassword("", w.escape)
	v.user.Text, v.secret.Text = w.state.bench.user, w.state.bench.password
	v.user.OnChanged = func(text string) { w.state.bench.user = text }
	v.secret.OnChanged = func(text string) { w.state.bench.password = text }
	v.login = container.New(beside{12}, w.labelled(labelUser, v.user), w.labelled(labelPassword, v.secret))
	v.toggle = widgets.NewButton("", w.toggleService, w.escape)
	v.copying = widgets.NewButton(w.book.Say(actCopyAddress), func() { w.copy(v.address.Text()) }, w.escape).Quiet()
	v.tls = widgets.NewButton(w.book.Say(actTLS), w.chooseTLS, w.escape).Quiet()
	v.qr.FillMode, v.qr.ScaleMode = canvas.ImageFillContain, canvas.ImageScalePixels
	v.qr.SetMinSize(fyne.NewSize(112, 112))
	v.qr.Hide()
	where := border(nil, nil, nil, container.NewGridWrap(fyne.NewSize(110, 36), v.toggle), pad(0, 0, 0, 8, v.listen))
	given := border(nil, nil, nil, line(6, v.tls, v.copying), v.address)
	text := column(6, v.title, column(3, v.place, where), v.login, given, v.counts, v.remarks)
	v.root = border(nil, nil, nil, container.NewVBox(pad(0, 0, 14, 0, v.qr)), widgets.NewVScroll(text))
	return v
}

func (v *serviceView) render() {
	s, b := &v.w.state.bench, v.w.book
	st := s.status()
	v.title.Set(b.Say(devices.Code("ui.service." + string(st.Service) + ".how")))
	label := actOn
	if st.On {
		label = actOff
	}
	v.toggle.SetText(b.Say(label))
	v.toggle.Allow(!s.turning[st.Service])
	if at := s.address(st); v.shown != st.Service || st.On && v.listen.Text != at {
		v.shown = st.Service
		v.listen.SetText(at)
	}
	if st.On {
		v.listen.Disable()
		v.address.Set(st.Address)
	} else {
		v.listen.Enable()
		v.address.Set(b.Say(noteGiveAddress))
	}
	// Only somebody else's broker wants to know who we are.
	place := labelServiceListen
	if st.Service == bench.MQTTClient {
		place = labelBroker
	}
	v.place.Set(b.Say(place))
	hide(v.login, st.Service != bench.MQTTClient || st.On)
	hide(v.tls, st.Service != bench.HTTPS)
	v.copying.Allow(st.On)
	v.counts.Set(counterLine(b, st))
	v.remarks.Set(s.remarkText(b, st))
	v.picture(st)
}

// picture is the address as a QR picture, for a phone that sets the device up.
func (v *serviceView) picture(st bench.Status) {
	if v.coded == st.Address {
		return
	}
	v.coded = st.Address
	if st.Address == "" {
		v.qr.Hide()
		return
	}
	code, err := qrcode.New(st.Address, qrcode.Medium)
	if err != nil {
		v.qr.Hide() // too long for a picture: it can be copied
		return
	}
	v.qr.Image = code.Image(256)
	v.qr.Show()
	v.qr.Refresh()
}
