package ui

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater/origin"
)

// methods in the order in which they are offered for a device: those of which it is
// known whether it can do them.
func (d deviceState) methods() []devices.Method {
	if d.identity == nil {
		return []devices.Method{devices.Local, devices.HTTP, devices.FTP}
	}
	return slices.DeleteFunc(devices.Methods(), func(m devices.Method) bool {
		_, known := d.caps.Methods[m]
		return !known
	})
}

// waySheet is where it is chosen how the package travels.
type waySheet struct {
	w     *window
	draft wayState

	methods  map[devices.Method]*widget.RadioGroup
	own      *widget.RadioGroup
	from     *fyne.Container
	host     *widgets.SelectEntry
	urls     []*widgets.Entry
	user     *widgets.Entry
	password *widgets.Entry
	originCA *widgets.Entry
	plain    *widget.Check

	apn, apnUser, apnPassword *widgets.Entry
	apnIP                     *widget.Select
	ca, cert, key             *widgets.Entry
	version, level            *widget.Select
	hold, byURL               *widget.Check
	target                    *widgets.Entry
	wrong                     *widgets.Prose
}

// chooseWay opens the choice of the method.
func (w *window) chooseWay() {
	if w.state.busy() {
		return
	}
	w.page = placeUpgrade
	s := &waySheet{w: w, draft: w.state.way}
	s.wrong = widgets.NewProse("", base.ColorNameError)
	s.wrong.Hide()
	s.target = w.field(noteExpect, w.state.way.expect)
	content := column(12,
		s.methodChoice(), s.originChoice(), s.optionChoice(),
		w.labelled(labelExpect, s.target), s.wrong)
	s.sort()
	w.open(w.book.Say(noteDelivery), widgets.NewVScroll(pad(0, 0, 0, 10, content)), fyne.NewSize(760, 600), nil,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actDone, tapped: s.apply, primary: true})
}

// field is an entry with what it held before.
func (w *window) field(hint devices.Code, text string) *widgets.Entry {
	hintText := ""
	if hint != "" {
		hintText = w.book.Say(hint)
	}
	e := widgets.NewEntry(hintText, w.leave)
	e.Text = text
	return e
}

// methodChoice offers all methods; one that the device cannot do is grey and says
// why.
func (s *waySheet) methodChoice() fyne.CanvasObject {
	b := s.w.book
	s.methods = map[devices.Method]*widget.RadioGroup{}
	box := column(2)
	for _, m := range s.w.state.device.methods() {
		// One group for each: only so can one of them be grey.
		c := widget.NewRadioGroup([]string{b.Say(devices.Code("ui.method." + string(m)))}, nil)
		c.OnChanged = func(string) { s.choose(m) }
		s.methods[m] = c
		box.Add(c)
		ability, known := s.w.state.device.caps.Methods[m]
		if known && !ability.OK {
			c.Disable()
		}
		if ability.Why != "" {
			box.Add(pad(0, 4, 30, 0, widgets.NewProse(b.Say(ability.Why, ability.Args...), theme.Dim)))
		}
	}
	return box
}

func (s *waySheet) choose(m devices.Method) {
	s.draft.method = m
	s.sort()
}

// sort shows what belongs to the chosen method.
func (s *waySheet) sort() {
	for m, c := range s.methods {
		chosen := ""
		if m == s.draft.method {
			chosen = c.Options[0]
		}
		if c.Selected != chosen {
			c.Selected = chosen
			c.Refresh()
		}
	}
	s.from.Hidden = !s.draft.method.Fetched()
	byURL := !s.draft.own
	for i, o := range s.from.Objects {
		switch i {
		case 0:
		case 1:
			hide(o, byURL)
		default:
			hide(o, !byURL)
		}
	}
	s.from.Refresh()
}

func hide(o fyne.CanvasObject, hidden bool) {
	if hidden {
		o.Hide()
	} else {
		o.Show()
	}
}

// originChoice says where a device that fetches gets the bytes.
func (s *waySheet) originChoice() fyne.CanvasObject {
	w, b := s.w, s.w.book
	mine, other := b.Say(noteOwnHost), b.Say(noteOtherHost)
	s.own = widget.NewRadioGroup([]string{mine, other}, nil)
	s.own.Horizontal, s.own.Required = true, true
	s.own.Selected = other
	if s.draft.own {
		s.own.Selected = mine
	}
	s.own.OnChanged = func(chosen string) {
		s.draft.own = chosen == mine
		s.sort()
	}
	s.host = widgets.NewSelectEntry(listenChoices())
	s.host.Text = s.draft.listen
	if s.host.Text == "" {
		s.host.Text = usualListen(w.state.device.sighting.Simulated)
	}
	urls := column(4)
	for i := range max(1, len(s.draft.urls)) {
		text := ""
		if i < len(s.draft.urls) {
			text = s.draft.urls[i]
		}
		e := w.field(noteURL, text)
		s.urls = append(s.urls, e)
		urls.Add(e)
	}
	s.user, s.password = w.field("", s.draft.user), widgets.NewPassword("", w.close)
	s.password.Text = s.draft.password
	s.originCA = w.field(notePEM, s.draft.originFile)
	s.plain = widget.NewCheck(b.Say(notePlain), nil)
	s.plain.Checked = s.draft.allowDowngrade
	s.from = column(8, s.own,
		w.labelled(labelListen, s.host),
		w.labelled(labelURLs, urls),
		container.New(beside{12}, w.labelled(labelUser, s.user), w.labelled(labelPassword, s.password)),
		w.labelled(labelOriginCA, s.originCA), s.plain)
	return s.from
}

// listenChoices are the addresses of this computer, the widest reach first.
func listenChoices() []string {
	var all []string
	for _, a := range origin.Addresses() {
		all = append(all, netip.AddrPortFrom(a.IP, 0).String())
	}
	return all
}

// optionChoice offers what only some models can do when they fetch.
func (s *waySheet) optionChoice() fyne.CanvasObject {
	w, b := s.w, s.w.book
	apn, tls := devices.APN{}, devices.TLS{Version: 4}
	if s.draft.apn != nil {
		apn = *s.draft.apn
	}
	if s.draft.tls != nil {
		tls = *s.draft.tls
	}
	s.apn, s.apnUser, s.apnPassword = w.field("", apn.Name), w.field("", apn.User), widgets.NewPassword("", w.close)
	s.apnPassword.Text = apn.Password
	s.apnIP = numbered(ipTypes, apn.IPType)
	s.ca, s.cert, s.key = w.field(notePEM, s.draft.caFile), w.field(notePEM, s.draft.certFile), w.field(notePEM, s.draft.keyFile)
	s.version = numbered([]string{"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", b.Say(noteAllVersions)}, tls.Version)
	s.level = numbered([]string{b.Say(noteTLSNone), b.Say(noteTLSServer), b.Say(noteTLSBoth)}, tls.Level)
	s.hold, s.byURL = widget.NewCheck(b.Say(noteHold), nil), widget.NewCheck(b.Say(noteByURL), nil)
	s.hold.Checked, s.byURL.Checked = s.draft.holdRestart, s.draft.ftpByURL
	points := w.pointChoice(s.fillPoint, func(err error) { s.wrong.Set(w.reason(err)) })
	four := func(objects ...fyne.CanvasObject) fyne.CanvasObject {
		return container.New(beside{12}, objects...)
	}
	apnFields := []fyne.Disableable{s.apn, s.apnIP, s.apnUser, s.apnPassword}
	apnShown := column(4, four(w.labelled(labelAPN, s.apn), w.labelled(labelAPNType, s.apnIP), w.labelled(labelUser, s.apnUser), w.labelled(labelPassword, s.apnPassword)))
	if points != nil {
		apnFields = append(apnFields, points)
		apnShown.Objects = append([]fyne.CanvasObject{w.labelled(labelPointSet, narrow(points))}, apnShown.Objects...)
	}
	tlsFields := []fyne.Disableable{s.ca, s.cert, s.key, s.version, s.level}
	tlsShown := column(4, w.labelled(labelCA, s.ca), four(w.labelled(labelCert, s.cert), w.labelled(labelKey, s.key), w.labelled(labelTLSVersion, s.version), w.labelled(labelTLSLevel, s.level)))
	if files := w.tlsButton(s.ca, s.cert, s.key); files != nil {
		tlsFields = append(tlsFields, files)
		tlsShown.Add(container.NewHBox(files))
	}
	return widget.NewAccordion(widget.NewAccordionItem(b.Say(noteOptions), column(10,
		s.option("apn", apnShown, apnFields...),
		s.option("tls", tlsShown, tlsFields...),
		s.option("holdRestart", s.hold, s.hold),
		s.option("ftpByURL", s.byURL, s.byURL))))
}

// fillPoint takes over an access point of the settings.
func (s *waySheet) fillPoint(at devices.APN) {
	s.apn.SetText(at.Name)
	s.apnIP.SetSelectedIndex(at.IPType)
	s.apnUser.SetText(at.User)
	s.apnPassword.SetText(at.Password)
}

// option makes fields grey, with the reason, where the device cannot do it.
func (s *waySheet) option(name string, shown fyne.CanvasObject, fields ...fyne.Disableable) fyne.CanvasObject {
	ability, known := s.w.state.device.caps.Options[name]
	if known && !ability.OK {
		for _, f := range fields {
			f.Disable()
		}
	}
	if ability.Why == "" {
		return shown
	}
	return column(2, shown, widgets.NewProse(s.w.book.Say(ability.Why, ability.Args...), theme.Dim))
}

// numbered is a choice of texts whose place is the number that counts.
func numbered(texts []string, chosen int) *widget.Select {
	c := widget.NewSelect(texts, nil)
	c.SetSelectedIndex(chosen)
	return c
}

// apply takes the draft over, after it has read the files that it names.
func (s *waySheet) apply() {
	d := s.draft
	d.listen, d.user, d.password = strings.TrimSpace(s.host.Text), strings.TrimSpace(s.user.Text), s.password.Text
	d.allowDowngrade, d.holdRestart, d.ftpByURL, d.expect = s.plain.Checked, s.hold.Checked, s.byURL.Checked, s.target.Text
	d.originFile, d.caFile, d.certFile, d.keyFile = trimmed(s.originCA), trimmed(s.ca), trimmed(s.cert), trimmed(s.key)
	d.urls = nil
	for _, u := range s.urls {
		d.urls = append(d.urls, trimmed(u))
	}
	d.apn = nil
	if name := trimmed(s.apn); name != "" {
		d.apn = &devices.APN{Name: name, IPType: s.apnIP.SelectedIndex(), User: trimmed(s.apnUser), Password: s.apnPassword.Text}
	}
	if d.own && d.method.Fetched() {
		if err := listenable(d.listen); err != nil {
			s.wrong.Set(s.w.book.Say(noteBadListen, d.listen))
			return
		}
	}
	version, level := s.version.SelectedIndex(), s.level.SelectedIndex()
	s.w.feed.replace(&s.w.preparing, func(context.Context) func() {
		err := d.readPEM(version, level)
		return func() {
			if err != nil {
				s.wrong.Set(s.w.explained(err))
				return
			}
			s.w.close()
			s.w.travel(d)
		}
	})
}

func trimmed(e *widgets.Entry) string { return strings.TrimSpace(e.Text) }

// listenable tells whether text is an address and a port.
func listenable(text string) error {
	_, err := netip.ParseAddrPort(text)
	return err
}

// readPEM reads the certificates and the key that are named.
func (d *wayState) readPEM(version, level int) error {
	var tls devices.TLS
	for _, f := range []struct {
		path string
		text *string
	}{{d.originFile, &d.originCA}, {d.caFile, &tls.CA}, {d.certFile, &tls.Cert}, {d.keyFile, &tls.Key}} {
		text, err := origin.ReadPEM(f.path)
		if err != nil {
			return err
		}
		*f.text = text
	}
	d.tls = nil
	if d.caFile != "" || d.certFile != "" || d.keyFile != "" {
		tls.Version, tls.Level = version, level
		d.tls = &tls
	}
	return nil
}
