package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/devices/quecthing/rule"
	"fotabench/ui/demo"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// offerState is what the device's platform has for it.
type offerState struct {
	// turn is that of the question in window.asking, 0 for none.
	turn     int
	asked    bool
	offers   []devices.Offer
	identity devices.Identity
	trouble  *words.Trouble
	refused  bool // the last one was refused by the person
}

// offerSheet asks the device's vendor's platform, through the device, what is planned
// for it, and shows that beside what the device has.
type offerSheet struct {
	w                        *window
	key, secret, server, apn *widgets.Entry
	mcu, handover            *widgets.Entry
	wrong                    string      // why the password of an access point is missing
	point                    devices.APN // all of the access point whose name stands in apn
	keeping                  *productSecret
	ask                      *widgets.Button
	state                    *widgets.Prose
	which                    *widget.RadioGroup
	about                    *fyne.Container
	shown                    string
	chosen                   int
}

// chooseOffer opens the platform's plan.
func (w *window) chooseOffer() {
	s := &offerSheet{w: w, about: container.NewStack()}
	at := devices.Platform{}
	switch p := w.state.device.access.Platform; {
	case p != nil:
		at = *p
	case w.state.device.sighting.Simulated:
		at = *demo.Login(demo.QuecThing)
	}
	s.key, s.secret = w.field("", at.ProductKey), widgets.NewPassword("", w.close)
	s.secret.Text = at.ProductSecret
	s.server, s.apn = w.field(noteOfferServer, at.Server), w.field("", "")
	if at.APN != nil {
		s.apn.Text, s.point = at.APN.Name, *at.APN
	}
	s.mcu, s.handover = w.field(noteOfferMCU, ""), w.field(noteHandover, "")
	if len(at.MCU) > 0 {
		s.mcu.Text, s.handover.Text = at.MCU[0].Component, at.MCU[0].Handover
	}
	s.secret.OnSubmitted = func(string) { s.request() }
	s.ask = widgets.NewButton(w.book.Say(actOffers), s.request, w.close)
	s.state = widgets.NewProse("", theme.Dim)
	s.which = widget.NewRadioGroup(nil, nil)
	s.which.Required = true
	s.which.OnChanged = func(text string) {
		s.chosen = max(0, slices.Index(s.which.Options, text))
		s.render()
	}
	network := container.New(beside{12}, w.labelled(labelServer, s.server), w.labelled(labelAPN, s.apn))
	fill := func(at devices.APN) {
		s.point, s.wrong = at, ""
		s.apn.SetText(at.Name)
	}
	if points := w.pointChoice(fill, func(err error) { s.wrong = w.reason(err); s.render() }); points != nil {
		network.Add(w.labelled(labelPointSet, points))
	}
	s.keeping = newProductSecret(w, s.key, s.secret)
	top := column(8, widgets.NewProse(w.book.Say(noteOfferHow), theme.Dim),
		container.New(beside{12}, w.labelled(labelKeyOf, s.key), w.labelled(labelSecret, s.secret)),
		s.keeping.root, network,
		border(nil, nil, nil, pad(18, 0, 12, 0, s.ask),
			container.New(beside{12}, w.labelled(labelMCU, s.mcu), w.labelled(labelHandover, s.handover))),
		s.state, s.which)
	sheet := w.open(w.book.Say(noteOffer), border(top, nil, nil, nil, container.NewVScroll(pad(8, 0, 0, 8, s.about))),
		fyne.NewSize(820, 620), s.key,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actRefuseOffer, tapped: s.refuse},
		sheetButton{label: actTakeOffer, tapped: s.take, primary: true})
	sheet.render = s.render
	s.render()
}

// access is how the device is opened with what was typed.
func (s *offerSheet) access() devices.Access {
	access := s.w.state.device.access
	p := devices.Platform{ProductKey: trimmed(s.key), ProductSecret: s.secret.Text, Server: trimmed(s.server)}
	if name := trimmed(s.apn); name != "" {
		p.APN = &devices.APN{Name: name}
		if name == s.point.Name {
			*p.APN = s.point
		}
	}
	if part := trimmed(s.mcu); part != "" {
		p.MCU = []devices.MCU{{Component: part, Handover: trimmed(s.handover)}}
	}
	access.Platform = &p
	return access
}

// request asks for the plan.
func (s *offerSheet) request() {
	if trimmed(s.key) == "" || s.secret.Text == "" {
		s.state.Set(s.w.book.Say(noteNeeded))
		return
	}
	s.wrong = ""
	s.keeping.save()
	s.w.askOffers(s.access())
}

// offer is the chosen one, nil if there is none.
func (s *offerSheet) offer() *devices.Offer {
	o := s.w.state.offer
	if s.w.offering() || s.chosen >= len(o.offers) {
		return nil
	}
	return &o.offers[s.chosen]
}

// take makes the plan the package of the upgrade.
func (s *offerSheet) take() {
	if o := s.offer(); o != nil {
		s.w.close()
		s.w.takeOffer(*o)
	}
}

// refuse tells the platform no.
func (s *offerSheet) refuse() {
	if o := s.offer(); o != nil {
		s.w.refuseOffer(*o)
	}
}

func (s *offerSheet) render() {
	o, b := &s.w.state.offer, s.w.book
	s.ask.Allow(!s.w.offering())
	text := s.says()
	s.state.Set(text)
	names := make([]string, len(o.offers))
	for i, offer := range o.offers {
		names[i] = strconv.Itoa(i+1) + " · " + offer.Package.Name + " · " + offer.Package.Manifest.TargetVersion
	}
	if !slices.Equal(names, s.which.Options) {
		s.chosen, s.which.Options = 0, names
		if len(names) > 0 {
			s.which.Selected = names[0]
		}
		s.which.Refresh()
	}
	hide(s.which, len(names) < 2)
	key := text + strconv.Itoa(s.chosen) + strings.Join(names, "\n") + o.identity.At.String()
	if key == s.shown {
		return
	}
	s.shown = key
	s.about.Objects = nil
	if offer := s.offer(); offer != nil {
		s.about.Add(offerTable(b, *offer, o.identity))
	}
	s.about.Refresh()
}

// says tells how it stands with the question.
func (s *offerSheet) says() string {
	o, b := &s.w.state.offer, s.w.book
	switch {
	case s.wrong != "":
		return s.wrong
	case s.w.offering():
		return b.Say(noteOfferAsking)
	case o.trouble != nil:
		what, remedy := b.Trouble(*o.trouble)
		return strings.TrimSpace(what + " " + remedy)
	case o.refused:
		return b.Say(noteOfferRefused)
	case o.asked && len(o.offers) == 0:
		return b.Say(noteOfferNone)
	case o.asked:
		return b.Say(noteOfferSome, len(o.offers))
	}
	return b.Say(noteOfferKept)
}

// offerTable shows what the plan asks for beside what the device has.
func offerTable(b *words.Book, o devices.Offer, id devices.Identity) fyne.CanvasObject {
	text := func(s string, otherwise devices.Code) string {
		if s == "" {
			return b.Say(otherwise)
		}
		return s
	}
	m, p := o.Package.Manifest, o.Package.Offer
	least := func(n int, code devices.Code) string {
		if n == 0 {
			return b.Say(noteNothingAsked)
		}
		return b.Say(code, n)
	}
	space := b.Say(noteUnstated)
	if p.Space > 0 {
		space = b.Say(noteBytes, p.Space)
	}
	signal := least(m.MinSignal, noteSignal)
	if p.SignalDBm != 0 {
		signal = b.Say(noteDBm, p.SignalDBm)
	}
	kind := b.Say(devices.Code("ui.component." + string(m.Component)))
	rows := [][3]string{
		{"", b.Say(noteOfferAsks), b.Say(noteOfferHas)},
		{b.Say(labelComponent), strings.TrimSpace(p.Component + " · " + kind), text(id.Model, noteUnknown)},
		{b.Say(labelFrom), text(m.SourceVersion, noteUnstated), text(rule.Running(id, o.Package), noteUnknown)},
		{b.Say(labelTo), text(m.TargetVersion, noteUnstated), ""},
		{b.Say(labelSupply), least(m.MinBattery, notePercent), text(strings.TrimSpace(quantity(b, notePercent, id.BatteryPercent)+" "+quantity(b, noteMillivolts, id.BatteryMV)), noteUnknown)},
		{b.Say(labelSignal), signal, text(signalOf(b, id.SignalCSQ), noteUnknown)},
		{b.Say(labelSpace), space, text(quantity(b, noteBytes, id.FreeBytes), noteUnknown)},
	}
	verdict := b.Say(noteRuleYes)
	if v := (rule.Rule{}).Judge(o, id); !v.Accept {
		verdict = b.Say(v.Why, v.Args...)
	}
	table := column(4)
	for i, r := range rows {
		var plan, module fyne.CanvasObject = widgets.NewLine(r[1], widgets.Bold()), widgets.NewLine(r[2], widgets.Bold())
		if i > 0 {
			plan, module = widgets.NewProse(r[1], base.ColorNameForeground), widgets.NewProse(r[2], base.ColorNameForeground)
			table.Add(widget.NewSeparator())
		}
		name := container.New(&fixedWidth{130}, widgets.NewProse(r[0], theme.Dim))
		table.Add(border(nil, nil, name, nil, container.New(beside{12}, plan, module)))
	}
	return column(10, widgets.NewPanel(pad(4, 4, 6, 6, table)), facts([][2]string{{b.Say(labelRule), verdict}, {b.Say(labelRaw), o.Raw}}))
}

// signalOf says a signal in both units (3GPP TS 27.007, 8.5), "" if it is unknown.
func signalOf(b *words.Book, csq *int) string {
	if csq == nil || *csq > 31 {
		return ""
	}
	return b.Say(noteDBm, 2**csq-113) + " (" + b.Say(noteSignal, *csq) + ")"
}

// offering tells whether the platform is being asked. Another question to the device, such
// as who it is after a plug, ends that.
func (w *window) offering() bool {
	return w.state.offer.turn != 0 && w.state.offer.turn == w.asking.turn
}

// askOffers asks the device's platform what is planned for it.
func (w *window) askOffers(access devices.Access) {
	if w.state.busy() || w.offering() {
		return
	}
	w.state.device.access = access
	w.state.offer = offerState{}
	plan := w.state.plan()
	w.feed.replace(&w.asking, func(ctx context.Context) func() {
		id, offers, err := w.engine.Offers(ctx, plan)
		if ctx.Err() != nil {
			return nil
		}
		return func() {
			w.state.offered(id, offers, err)
			w.render()
		}
	})
	w.state.offer.turn = w.asking.turn
	w.render()
}

// takeOffer makes an offer the package of the upgrade: it is accepted when the
// upgrade delivers.
func (w *window) takeOffer(o devices.Offer) {
	if w.state.busy() {
		return
	}
	if w.state.run != nil {
		w.again()
	}
	w.state.pkg = packageState{pkg: o.Package}
	w.state.way.method = devices.Plan
	w.state.changed()
	w.check()
}

// refuseOffer tells the platform that the plan is not wanted.
func (w *window) refuseOffer(o devices.Offer) {
	if w.state.busy() || w.offering() {
		return
	}
	plan := w.state.plan()
	w.feed.replace(&w.asking, func(ctx context.Context) func() {
		err := w.engine.Refuse(ctx, plan, o)
		if ctx.Err() != nil {
			return nil
		}
		return func() {
			w.state.offer = offerState{asked: true, refused: err == nil}
			if err != nil {
				t := words.Explain(err)
				w.state.offer.trouble = &t
			}
			if w.state.pkg.pkg == o.Package {
				w.state.pkg = packageState{}
				w.state.changed()
			}
			w.check()
		}
	})
	w.state.offer.turn = w.asking.turn
	w.render()
}

// fromPlatform tells whether packages for the chosen device are with its vendor's
// platform.
func (s *state) fromPlatform() bool { return slices.Contains(s.platforms, s.device.family()) }

// offered takes in what the platform has for the device.
func (s *state) offered(id devices.Identity, offers []devices.Offer, err error) {
	s.offer = offerState{asked: true, offers: offers, identity: id}
	if err != nil {
		t := words.Explain(err)
		s.offer.trouble = &t
		return
	}
	if s.device.identity != nil && s.device.identity.ID() == id.ID() {
		s.device.identity = &id
	}
}
