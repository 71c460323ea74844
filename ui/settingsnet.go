package ui

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/widgets"
	"fotabench/updater"
	"fotabench/updater/settings"
)

// tlsFiles holds the paths that the delivery sheet offers.
func (s *settingsPage) tlsFiles() fyne.CanvasObject {
	w, b := s.w, s.w.book
	parts := column(10)
	for _, label := range []devices.Code{labelCA, labelCert, labelKey} {
		e := w.pathField(notePEM, "")
		s.tls = append(s.tls, e)
		parts.Add(w.labelled(label, border(nil, nil, nil, pad(0, 0, 6, 0, widgets.NewButton(b.Say(actBrowse), func() { w.browseFile(e.Entry) }, w.escape)), e.Entry)))
	}
	s.tlsSaid = newSaid()
	parts.Add(container.NewHBox(widgets.NewButton(b.Say(actKeep), s.keepTLS, w.escape)))
	parts.Add(s.tlsSaid)
	return parts
}

// keepTLS keeps the paths, if there are such files now.
func (s *settingsPage) keepTLS() {
	w := s.w
	var files settings.TLS
	typed := []string{trimmed(s.tls[0].Entry), trimmed(s.tls[1].Entry), trimmed(s.tls[2].Entry)}
	w.keepBy(s.tlsSaid, func(ctx context.Context) (updater.Settings, error) {
		for i, at := range []*string{&files.CA, &files.Cert, &files.Key} {
			path, err := settings.Absolute(typed[i])
			if err == nil {
				err = settings.CheckPEM(path)
			}
			if err != nil {
				return updater.Settings{}, err
			}
			*at = path
		}
		return w.engine.Configure(ctx, func(house *updater.Settings) { house.TLS = files })
	}, nil)
}

// tlsButton fills fields with the paths that are kept; nil if there are none.
func (w *window) tlsButton(ca, cert, key *widgets.Entry) *widgets.Button {
	files := w.state.settings.house.TLS
	if files == (settings.TLS{}) {
		return nil
	}
	return widgets.NewButton(w.book.Say(actTLSFiles), func() {
		ca.SetText(files.CA)
		cert.SetText(files.Cert)
		key.SetText(files.Key)
	}, w.close)
}

// proxySection is about how this computer reaches other hosts.
type proxySection struct {
	w                       *window
	root                    *fyne.Container
	how                     *widget.RadioGroup
	address, user, password *widgets.Entry
	own                     *fyne.Container
	said                    *widgets.Prose
	shown                   *settings.Proxy
}

// modes are the choices in the order of the list.
func modes() []settings.Mode {
	return []settings.Mode{settings.Environment, settings.Direct, settings.Own}
}

func newProxySection(w *window) *proxySection {
	b, s := w.book, &proxySection{w: w, said: newSaid()}
	s.how = widget.NewRadioGroup([]string{b.Say(noteProxySystem), b.Say(noteProxyNone), b.Say(noteProxyOwn)}, nil)
	s.how.Required = true
	s.address, s.user = w.pathField(noteProxyHint, "").Entry, w.field("", "")
	s.password = widgets.NewPassword("", w.escape)
	s.own = column(10, w.labelled(labelProxy, s.address),
		container.New(beside{12}, w.labelled(labelUser, s.user), w.labelled(labelPassword, s.password)))
	s.how.OnChanged = func(string) { s.sort() }
	s.address.OnChanged = func(string) { s.hint() }
	s.user.OnChanged = s.address.OnChanged
	s.root = column(10, s.how, s.own, container.NewHBox(widgets.NewButton(b.Say(actKeep), s.keep, w.escape)), s.said)
	return s
}

// render shows what holds; what a person has typed since stays.
func (s *proxySection) render() {
	at := s.w.state.settings.house.Proxy
	if s.shown != nil && *s.shown == at {
		return
	}
	s.shown = &at
	s.address.SetText(at.Address)
	s.user.SetText(at.User)
	s.password.SetText("")
	s.hint()
	s.how.SetSelected(s.how.Options[slices.Index(modes(), at.Mode)])
	s.sort()
}

// hint says at the field of the password that one is kept, for the proxy and the user that
// stand there: for others it must be entered.
func (s *proxySection) hint() {
	hint := ""
	typed, _, err := settings.ParseProxy(trimmed(s.address))
	typed.User = cmp.Or(typed.User, trimmed(s.user))
	if s.shown != nil && s.shown.User != "" && err == nil && typed.Secret() == s.shown.Secret() {
		hint = s.w.book.Say(notePointKeep)
	}
	s.password.SetPlaceHolder(hint)
}

// sort shows the fields that belong to the choice.
func (s *proxySection) sort() {
	hide(s.own, s.how.Selected != s.how.Options[2])
	s.root.Refresh()
}

// wanted is what the fields say; no password leaves the one that is kept.
func (s *proxySection) wanted() (p settings.Proxy, password *string, err error) {
	p.Mode = modes()[slices.Index(s.how.Options, s.how.Selected)]
	if p.Mode != settings.Own {
		return p, nil, nil
	}
	p, typed, err := settings.ParseProxy(trimmed(s.address))
	if p.User == "" {
		p.User = trimmed(s.user)
	}
	typed = cmp.Or(typed, s.password.Text)
	if typed != "" && p.User != "" {
		password = &typed
	}
	return p, password, err
}

// keep makes the choice hold.
func (s *proxySection) keep() {
	w := s.w
	p, password, err := s.wanted()
	if err != nil {
		w.tellSaved(s.said, err)
		return
	}
	w.keepAll(s.said, func(ctx context.Context) (settings.Kept, error) {
		return w.keeper().PutProxy(ctx, p, password)
	}, func() {
		s.shown = nil // the password and a login that was typed into the address leave the fields
		w.takeProxy()
	})
}

// takeProxy makes the proxy that is kept hold for what the window fetches and proves.
func (w *window) takeProxy() {
	p := w.state.settings.house.Proxy
	bare := p.Bare()
	w.proxy.Store(&bare)
	w.unlockingProxy.clear()
	if p.User == "" {
		return
	}
	w.feed.replace(&w.unlockingProxy, func(ctx context.Context) func() {
		// Without its password the proxy itself says what it wants.
		whole, err := p.Whole(ctx, w.safe)
		return func() {
			w.proxy.Store(&whole)
			if page, made := w.pages[placeSettings].(*settingsPage); made && err != nil {
				w.tellSaved(page.proxy.said, err)
			} else if err != nil {
				w.trouble(err)
			}
		}
	})
}

// proxied is an engine that reaches what others serve by way of the proxy that was set,
// also for plans.
type proxied struct {
	Engine
	proxy *atomic.Pointer[string]
}

// Start implements Engine.
func (p proxied) Start(plan updater.Plan) (string, error) {
	if at := p.proxy.Load(); plan.Origin != nil && plan.Origin.Proxy == "" && at != nil {
		o := *plan.Origin
		o.Proxy = *at
		plan.Origin = &o
	}
	return p.Engine.Start(plan)
}

// throughProxy is the Proxy of a request of the window.
func (w *window) throughProxy() string {
	if at := w.proxy.Load(); at != nil {
		return *at
	}
	return ""
}
