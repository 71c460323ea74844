package ui

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/devices/sim"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// toggleService switches the chosen service on or off.
func (w *window) toggleService() {
	s := &w.state.bench
	st := s.status()
	if s.turning[st.Service] || w.cfg.Bench == nil {
		return
	}
	o := bench.Options{Listen: strings.TrimSpace(s.address(st))}
	if st.Service == bench.MQTTClient {
		o.User, o.Password = strings.TrimSpace(s.user), s.password
	}
	s.turning[st.Service] = true
	delete(s.trouble, st.Service)
	secure := s.tls
	w.feed.work(func(ctx context.Context) func() {
		var err error
		wrong := false // what is chosen for TLS
		switch {
		case st.On:
			err = w.cfg.Bench.Off(st.Service)
		case st.Service == bench.HTTPS:
			o.TLS, err = secure.host()
			wrong = err != nil
			fallthrough
		default:
			if err == nil {
				err = w.cfg.Bench.On(ctx, st.Service, o)
			}
		}
		return func() {
			if err != nil {
				s.trouble[st.Service] = words.Explain(err)
			}
			if st.Service == bench.HTTPS {
				s.tlsWrong = wrong
			}
			w.turned(st.Service)
		}
	})
	w.render()
}

// chooseTLS asks what the HTTPS host shows, and what it asks for.
func (w *window) chooseTLS() {
	b, t := w.book, w.state.bench.tls
	var names []string
	for _, v := range tlsVersions {
		names = append(names, v.name)
	}
	least, most := numbered(names, t.least), numbered(names, t.most)
	cert, key, ca := w.field(notePEM, t.cert), w.field(notePEM, t.key), w.field(notePEM, t.ca)
	apply := func() {
		w.close()
		w.state.bench.tls = tlsState{least.SelectedIndex(), most.SelectedIndex(), trimmed(cert), trimmed(key), trimmed(ca)}
		w.secure()
	}
	content := column(10, widgets.NewProse(b.Say(noteTLSHow), theme.Dim),
		container.New(beside{12}, w.labelled(labelTLSLeast, least), w.labelled(labelTLSMost, most)),
		container.New(beside{12}, w.labelled(labelServerCert, cert), w.labelled(labelServerKey, key)),
		w.labelled(labelClientCA, ca))
	w.open(b.Say(actTLS), content, fyne.NewSize(600, 360), nil,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actDone, tapped: apply, primary: true})
}

// upgradeMarked chooses the marked device on the Upgrade page.
func (w *window) upgradeMarked() {
	at := w.state.bench.marked
	i := slices.IndexFunc(w.state.bench.guests, func(g checkin.Guest) bool { return g.Address == at })
	if i < 0 || w.state.busy() {
		return
	}
	g := w.state.bench.guests[i]
	w.goTo(placeUpgrade)
	w.pick(devices.Sighting{
		Key: string(g.Address), Name: g.Identity.Model, Family: g.Identity.Family,
		Ports:     []devices.Port{{Address: g.Address, Role: devices.RoleCheckIn, Proved: true, Interface: -1}},
		Simulated: g.Simulated, Within: g.Within,
	})
}

// fleetKinds are offered, each with the service that it asks.
var fleetKinds = []struct {
	kind    demo.Kind
	service bench.Service
}{{demo.LuatHTTP, bench.LuatHTTP}, {demo.LuatUDP, bench.LuatUDP}, {demo.Aliyun, bench.MQTT}}

// addFleet asks which simulated devices are to check in.
func (w *window) addFleet() {
	if w.cfg.Bench == nil {
		return
	}
	b := w.book
	var names []string
	for _, k := range fleetKinds {
		names = append(names, b.Say(devices.Code("ui.service."+string(k.service))))
	}
	kind := widget.NewSelect(names, nil)
	kind.SetSelectedIndex(max(0, slices.IndexFunc(fleetKinds, func(k struct {
		kind    demo.Kind
		service bench.Service
	},
	) bool {
		return k.service == w.state.bench.chosen
	})))
	count, order := widgets.NewEntry("30", w.close), widgets.NewEntry(b.Say(noteNoFaults), w.close)
	count.Text = "30"
	wrong := widgets.NewProse("", base.ColorNameError)
	wrong.Hide()
	add := func() {
		k := fleetKinds[kind.SelectedIndex()]
		faults, err := sim.ParseFaults(strings.Fields(order.Text), demo.FleetKinds(k.kind))
		if err != nil {
			wrong.Set(w.reason(err))
			return
		}
		n, err := strconv.Atoi(strings.TrimSpace(count.Text))
		if err != nil || n < 1 || n > fleetMost {
			wrong.Set(b.Say(noteFleetCount, fleetMost))
			return
		}
		if err := w.startFleet(k.kind, k.service, n, faults); err != nil {
			what, remedy := b.Trouble(words.Explain(err))
			wrong.Set(strings.TrimSpace(what + " " + remedy))
			return
		}
		w.close()
	}
	count.OnSubmitted, order.OnSubmitted = func(string) { add() }, func(string) { add() }
	content := column(10, widgets.NewProse(b.Say(noteFleetHow), theme.Dim),
		w.labelled(labelFleetKind, kind), w.labelled(labelFleetCount, count), w.labelled(labelFaults, order), wrong)
	w.open(b.Say(actFleet), content, fyne.NewSize(560, 400), count,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actAdd, tapped: add, primary: true})
}

// fleetMost bounds how many simulated devices a window runs; more go to the command
// line.
const fleetMost = 500

// firstFleet is the number of the first device of a window, so that it is none of those
// that the command line runs.
const firstFleet = 500_001

// fleetPace makes a simulated device's minute half a second of the window's.
const fleetPace = 0.1

// simulatedKey and simulatedSecret are those of simulated Aliyun devices: they are
// no secret.
const (
	simulatedKey    = "simulated"
	simulatedSecret = "simulated"
)

// startFleet runs simulated devices as long as the window, against a service that
// is on, and opens a package for them if there is none.
func (w *window) startFleet(kind demo.Kind, service bench.Service, n int, faults sim.Faults) error {
	w.lookAtBench()
	i := slices.IndexFunc(w.state.bench.services, func(s bench.Status) bool { return s.Service == service })
	if i < 0 || !w.state.bench.services[i].On {
		return &devices.Error{Op: "ui: fleet", Kind: devices.Absent, Note: noteFleetOff}
	}
	f := demo.Fleet{
		Kind: kind, Server: w.state.bench.services[i].Address, Count: n, First: firstFleet + w.fleet, Faults: faults, Pace: fleetPace,
		Login: func(i int) (string, string, string) {
			name := "device" + strconv.Itoa(i)
			w.cfg.Bench.Register(simulatedKey, name, simulatedSecret)
			return simulatedKey, name, simulatedSecret
		},
	}
	w.fleet += n
	w.cfg.Bench.Desk().Simulate(f.Names()...)
	path := filepath.Join(w.folder, "demo", "fleet-"+string(kind)+".bin")
	if err := demo.WriteFleetPackage(path, kind); err != nil {
		return err
	}
	if w.state.pkg.pkg == nil {
		w.openPackage([]string{path})
	}
	w.feed.work(func(ctx context.Context) func() {
		if err := f.Run(ctx, nil); err != nil && ctx.Err() == nil {
			return func() { w.trouble(err) }
		}
		return nil
	})
	return nil
}
