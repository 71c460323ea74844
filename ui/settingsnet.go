package ui

import (
	"context"
	"encoding/pem"
	"net/url"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/widgets"
	"fotabench/updater"
	"fotabench/updater/origin"
)

// tlsPrefs are the names of the paths that are kept, in the order of their fields.
var tlsPrefs = []string{prefCA, prefCert, prefKey}

// tlsFiles holds the paths that the delivery sheet offers.
func (s *settingsPage) tlsFiles() fyne.CanvasObject {
	w, b := s.w, s.w.book
	parts := column(10)
	for i, label := range []devices.Code{labelCA, labelCert, labelKey} {
		e := w.pathField(notePEM, w.app.Preferences().String(tlsPrefs[i]))
		s.tls = append(s.tls, e)
		parts.Add(w.labelled(label, border(nil, nil, nil, pad(0, 0, 6, 0, widgets.NewButton(b.Say(actBrowse), func() { w.browseFile(e) }, w.escape)), e)))
	}
	s.tlsSaid = newSaid()
	parts.Add(container.NewHBox(widgets.NewButton(b.Say(actKeep), s.keepTLS, w.escape)))
	parts.Add(s.tlsSaid)
	return parts
}

// keepTLS keeps the paths, if there are such files now.
func (s *settingsPage) keepTLS() {
	w, said := s.w, s.tlsSaid
	var paths []string
	for _, e := range s.tls {
		paths = append(paths, trimmed(e))
	}
	w.alter(func(context.Context) func() {
		var err error
		for _, path := range paths {
			if err == nil {
				err = readablePEM(path)
			}
		}
		return func() {
			for i, path := range paths {
				if err == nil {
					w.app.Preferences().SetString(tlsPrefs[i], path)
				}
			}
			w.tellSaved(said, err)
		}
	})
}

// readablePEM tells whether a path, if there is one, leads to a PEM file.
func readablePEM(path string) error {
	text, err := origin.ReadPEM(path)
	if block, _ := pem.Decode([]byte(text)); path == "" || err == nil && block != nil {
		return nil
	}
	return &devices.Error{Op: "ui: certificate", At: path, Kind: devices.Absent, Note: noteNoPEM, Args: []any{path}, Err: err}
}

// tlsButton fills fields with the paths that are kept; nil if there are none.
func (w *window) tlsButton(fields ...*widgets.Entry) *widgets.Button {
	any := false
	for _, name := range tlsPrefs {
		any = any || w.app.Preferences().String(name) != ""
	}
	if !any {
		return nil
	}
	return widgets.NewButton(w.book.Say(actTLSFiles), func() {
		for i, e := range fields {
			e.SetText(w.app.Preferences().String(tlsPrefs[i]))
		}
	}, w.close)
}

// proxySecret is the name of the proxy's password.
const proxySecret = "proxy-password"

// proxySection is about how this computer reaches other hosts.
type proxySection struct {
	w                       *window
	root                    *fyne.Container
	how                     *widget.RadioGroup
	address, user, password *widgets.Entry
	own                     *fyne.Container
	said                    *widgets.Prose
}

func newProxySection(w *window) *proxySection {
	b, s, prefs := w.book, &proxySection{w: w, said: newSaid()}, w.app.Preferences()
	names := []string{b.Say(noteProxySystem), b.Say(noteProxyNone), b.Say(noteProxyOwn)}
	s.how = widget.NewRadioGroup(names, nil)
	s.how.Required = true
	at := prefs.String(prefProxy)
	s.how.Selected = names[2]
	switch at {
	case "":
		s.how.Selected = names[0]
	case origin.ProxyNone:
		s.how.Selected, at = names[1], ""
	}
	s.address, s.user = w.pathField(noteProxyHint, at), w.field("", prefs.String(prefProxyUser))
	hint := ""
	if s.user.Text != "" {
		hint = b.Say(notePointKeep)
	}
	s.password = widgets.NewPassword(hint, w.escape)
	s.own = column(10, w.labelled(labelProxy, s.address),
		container.New(beside{12}, w.labelled(labelUser, s.user), w.labelled(labelPassword, s.password)))
	s.how.OnChanged = func(string) { s.sort() }
	s.sort()
	s.root = column(10, s.how, s.own, container.NewHBox(widgets.NewButton(b.Say(actKeep), s.keep, w.escape)), s.said)
	return s
}

// sort shows the fields that belong to the choice.
func (s *proxySection) sort() {
	hide(s.own, s.how.Selected != s.how.Options[2])
	if s.root != nil {
		s.root.Refresh()
	}
}

// wanted is what the fields say: an address without its login, and that.
func (s *proxySection) wanted() (address, user, password string, err error) {
	switch s.how.Selected {
	case s.how.Options[0]:
		return "", "", "", nil
	case s.how.Options[1]:
		return origin.ProxyNone, "", "", nil
	}
	u, err := url.Parse(trimmed(s.address))
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		// What was typed may hold a password: it is not repeated.
		return "", "", "", &devices.Error{Op: "ui: proxy", Kind: devices.Unsupported, Note: noteProxyBad}
	}
	user, password = trimmed(s.user), s.password.Text
	if u.User != nil { // nobody keeps a password in an address
		user = u.User.Username()
		if typed, is := u.User.Password(); is {
			password = typed
		}
		u.User = nil
	}
	return u.String(), user, password, nil
}

// keep makes the choice hold.
func (s *proxySection) keep() {
	w := s.w
	address, user, password, err := s.wanted()
	if err != nil {
		w.tellSaved(s.said, err)
		return
	}
	before := w.app.Preferences().String(prefProxyUser)
	w.alter(func(ctx context.Context) func() {
		var err error
		switch {
		case user == "" && before != "":
			err = w.keepSecret(ctx, proxySecret, "")
		case user != "" && (password != "" || user != before):
			err = w.keepSecret(ctx, proxySecret, password)
		}
		return func() {
			if err == nil {
				w.app.Preferences().SetString(prefProxy, address)
				w.app.Preferences().SetString(prefProxyUser, user)
				s.user.SetText(user)
				s.password.SetText("")
				if address != origin.ProxyNone {
					s.address.SetText(address)
				}
				w.takeProxy()
			}
			w.tellSaved(s.said, err)
		}
	})
}

// takeProxy makes the proxy that was kept hold for what the window fetches and proves.
func (w *window) takeProxy() {
	address, user := w.app.Preferences().String(prefProxy), w.app.Preferences().String(prefProxyUser)
	w.proxy.Store(&address)
	w.unlockingProxy.clear()
	if user == "" {
		return
	}
	w.feed.replace(&w.unlockingProxy, func(ctx context.Context) func() {
		store, err := w.secrets(ctx)
		password := ""
		if err == nil {
			// Without its password the proxy itself says what it wants.
			password, err = store.Get(ctx, proxySecret)
		}
		whole := withLogin(address, user, password)
		return func() {
			w.proxy.Store(&whole)
			if err != nil {
				w.tellSaved(w.pages[placeSettings].(*settingsPage).proxy.said, err)
			}
		}
	})
}

// withLogin is an address with user and password.
func withLogin(address, user, password string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.User = url.UserPassword(user, password)
	return u.String()
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
