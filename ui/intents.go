package ui

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/packages"
	"fotabench/ui/demo"
	"fotabench/updater"
)

// seen takes in which devices are present.
func (w *window) seen(list []devices.Sighting) {
	if w.state.seen(list) {
		w.askAgain()
	}
	w.render()
}

// pick chooses a present device and asks it who it is.
func (w *window) pick(s devices.Sighting) {
	if w.state.busy() {
		return
	}
	w.state.run = nil
	w.state.choose(s, "")
	if s.DownloadMode {
		w.asking.clear()
		w.check()
		return
	}
	w.identify(devices.Access{})
}

// typeAddress chooses a port by its name. It tells whether the name makes sense.
func (w *window) typeAddress(text string) error {
	address, err := link.ParseAddress(strings.TrimSpace(text))
	if err != nil || w.state.busy() {
		return err
	}
	w.state.run = nil
	w.state.choose(devices.Sighting{}, address)
	w.identify(devices.Access{})
	return nil
}

// askAgain asks the chosen device once more, with what was allowed before.
func (w *window) askAgain() {
	if w.state.device.chosen() && !w.state.device.sighting.DownloadMode && !w.state.busy() {
		w.identify(w.state.device.access)
	}
}

// stopProgram asks again and allows the device's program to be interrupted.
func (w *window) stopProgram() {
	access := w.state.device.access
	access.StopProgram = true
	w.identify(access)
}

// speakBy asks the device another way.
func (w *window) speakBy(way devices.Way) {
	if w.state.busy() || way == w.state.device.way {
		return
	}
	w.state.run = nil
	w.state.speak(way)
	w.identify(devices.Access{})
}

// identify asks the chosen device who it is.
func (w *window) identify(access devices.Access) {
	w.state.ask(access)
	w.checking.clear()
	w.inquire(func(updater.Plan) bool { return true })
	w.render()
}

// knock asks a device again whose port was in use: it may be free by now. What is wrong
// stays on the page until the answer is there.
func (w *window) knock() {
	if !w.state.shut() {
		return
	}
	w.state.device.knocking = true
	w.inquire(w.engine.Free)
}

// inquire asks the chosen device who it is, if it may.
func (w *window) inquire(may func(updater.Plan) bool) {
	plan := w.state.plan()
	if w.state.device.way.Family == "" {
		plan.Role = devices.RoleUnknown // names may mean other ports since
		if plan.Sighting.Family == "" && plan.Address == "" {
			plan.Family = ""
		}
	}
	w.feed.replace(&w.asking, func(ctx context.Context) func() {
		if !may(plan) {
			return func() { w.state.device.knocking = false }
		}
		if !plain(plan.Sighting) {
			probed, err := w.probe(ctx, plan.Sighting)
			if err != nil {
				return nil
			}
			plan.Sighting = probed
		}
		id, caps, err := w.engine.Identify(ctx, plan)
		if ctx.Err() != nil {
			return nil
		}
		return func() {
			if err != nil && w.state.stillShut(err) {
				return // a window with nothing new to show may rest
			}
			w.state.device.sighting = plan.Sighting
			if err != nil {
				w.state.silent(err)
			} else {
				w.state.answered(id, caps)
			}
			w.check()
		}
	})
}

// probe asks ports what they are, at the speed that is set.
func (w *window) probe(ctx context.Context, s devices.Sighting) (devices.Sighting, error) {
	house, err := w.engine.Settings()
	if err != nil {
		return s, nil // no port may be opened; the engine says so
	}
	return w.cfg.Probe(link.AtSpeed(ctx, house.Baud), s)
}

// plain tells whether it is known beforehand who speaks where: the ports need not be
// asked what they are.
func plain(s devices.Sighting) bool {
	return len(s.Ports) == 0 || len(s.Ports) == 1 && s.Ports[0].Role != devices.RoleUnknown
}

// openPackage reads the files.
func (w *window) openPackage(paths []string) {
	if w.state.busy() {
		return
	}
	if w.state.run != nil {
		// Another package for the same device: what it runs now may be new.
		w.again()
	}
	w.state.read(paths)
	w.feed.replace(&w.reading, func(ctx context.Context) func() {
		shown := make(chan struct{}, 1)
		p, err := packages.Open(ctx, paths, packages.OpenOptions{Progress: func(done, total int64) {
			select {
			case shown <- struct{}{}:
				w.feed.show(func() {
					if w.state.pkg.reading {
						w.state.pkg.done, w.state.pkg.total = done, total
						w.render()
					}
					<-shown
				})
			default: // the last figure is not on the screen yet
			}
		}})
		if ctx.Err() != nil {
			return nil
		}
		return func() {
			if err != nil {
				w.state.unread(err)
			} else {
				w.state.opened(p)
			}
			w.check()
		}
	})
	w.render()
}

// expectDigest adds a digest that the person typed for a file of the package.
func (w *window) expectDigest(file int, text string) error {
	expected, err := packages.Typed(text)
	if err != nil {
		return err
	}
	w.state.opened(w.state.pkg.pkg.WithExpected(file, expected))
	w.check()
	return nil
}

// travel sets how the package travels.
func (w *window) travel(way wayState) {
	w.state.travel(way)
	w.check()
}

// check asks the checks of the plan as it is now.
func (w *window) check() {
	w.checking.clear()
	if w.state.askable() && w.state.run == nil {
		plan, id := w.state.plan(), *w.state.device.identity
		w.feed.replace(&w.checking, func(ctx context.Context) func() {
			results := w.engine.Check(ctx, plan, id)
			if ctx.Err() != nil {
				return nil
			}
			return func() {
				w.state.checks = results
				w.render()
			}
		})
	}
	w.render()
}

// agree accepts what a check found.
func (w *window) agree(check, reason string) {
	w.state.agree(check, reason)
	w.check()
}

// disagree takes that back.
func (w *window) disagree(check string) {
	w.state.disagree(check)
	w.check()
}

// start begins the upgrade.
func (w *window) start() {
	if !w.state.ready() || w.page != placeUpgrade || w.win.Canvas().Overlays().Top() != nil {
		return
	}
	w.asking.clear()
	job, err := w.engine.Start(w.state.plan())
	if err != nil {
		w.trouble(err)
		return
	}
	r := newRun(job, &w.state)
	w.state.run = r
	w.win.Canvas().Unfocus()
	w.feed.follow(
		func(ctx context.Context, see func(updater.Event)) error { return w.engine.Watch(ctx, job, see) },
		func(e updater.Event) {
			r.take(e)
			w.render()
		},
		func(err error) { w.ended(r, err) },
	)
	w.render()
}

// ended reads the report of an upgrade that has ended.
func (w *window) ended(r *run, err error) {
	if err != nil {
		w.trouble(err)
	}
	w.feed.work(func(context.Context) func() {
		report, err := w.engine.Report(r.job)
		return func() {
			w.stale()
			w.remember()
			if err != nil {
				r.reportMissing = err.Error()
			} else {
				r.report = &report
				if report.Settled != nil {
					r.outcome, r.found = report.Outcome, report.Settled.Address
				}
			}
			w.render()
		}
	})
}

// cancel asks to cancel, as the stage allows.
func (w *window) cancel() {
	if !w.state.busy() {
		return
	}
	w.state.run.answer = w.engine.Cancel(w.state.run.job)
	w.render()
}

// another goes back to the choices for the next device: package and way stay.
func (w *window) another() {
	if w.state.run == nil || w.state.busy() {
		return
	}
	w.state.run = nil
	w.state.choose(devices.Sighting{}, "")
	w.page = placeUpgrade
	w.check()
}

// again goes back to the choices for the same device, which is asked anew.
func (w *window) again() {
	if w.state.run == nil || w.state.busy() {
		return
	}
	found, access := w.state.run.found, w.state.device.access
	w.state.run = nil
	w.state.follow(found)
	w.state.changed()
	w.identify(access)
}

// dismiss closes an open case by the person's word.
func (w *window) dismiss(job string) {
	if err := w.engine.Dismiss(job); err != nil {
		w.trouble(err)
	} else {
		w.state.cases = slices.DeleteFunc(slices.Clone(w.state.cases), func(c updater.Case) bool { return c.Record.Job == job })
	}
	w.stale()
	w.remember()
	w.render()
}

// saveReport asks where the report of the upgrade on the page is to be kept.
func (w *window) saveReport() {
	if r := w.state.run; r != nil && r.report != nil {
		w.keepReport(*r.report)
	}
}

// saveAs asks for a file, writes it and says where it is.
func (w *window) saveAs(name string, write func(ctx context.Context, out io.Writer) error) {
	w.saveTelling(name, func(ctx context.Context, _ string, out io.Writer) error { return write(ctx, out) }, nil,
		func(path string) string { return w.book.Say(noteKeptAt, path) })
}

// demoBaud is the pace of a simulated module in the window, in bits a second: as
// a USB serial port, so that there is something to watch.
const demoBaud = 460800

// demoOrder is the simulated module number n of a model ("" is the usual one) with
// its package.
func demoOrder(folder string, kind demo.Kind, model string, n int) demo.Order {
	return demo.Order{
		Kind: kind, TCP: "127.0.0.1:0", Window: true, Model: model, Baud: demoBaud, Package: filepath.Join(folder, "demo", demo.PackageName(model, n+1)),
	}
}

// simulate runs a simulated module as long as the window. The first of several is chosen
// when it is there, and its package if none is.
func (w *window) simulate(order demo.Order, first bool) {
	w.simulated++
	ready := false
	w.feed.work(func(ctx context.Context) func() {
		err := w.cfg.Simulate(ctx, order, func(at devices.Address) {
			if ready {
				return
			}
			ready = true
			if !first {
				return
			}
			w.feed.show(func() {
				if order.Package != "" && order.Kind != demo.QuecThing && w.state.pkg.pkg == nil {
					w.openPackage([]string{order.Package})
				}
				w.pickAt(at)
			})
		})
		if err == nil || ctx.Err() != nil {
			return nil
		}
		return func() { w.trouble(err) }
	})
}

// pickAt chooses the device at an address, as soon as it is in the list.
func (w *window) pickAt(at devices.Address) {
	for _, s := range w.state.sightings {
		if s.Control() == at {
			w.pick(s)
			return
		}
	}
	// The list comes by another way and may be a moment later.
	w.feed.replace(&w.preparing, func(ctx context.Context) func() {
		var found *devices.Sighting
		look, stop := context.WithCancel(ctx)
		defer stop()
		err := w.engine.Sightings(look, func(list []devices.Sighting) {
			for _, s := range list {
				if s.Control() == at && found == nil {
					found = &s
					stop()
				}
			}
		})
		if found == nil || ctx.Err() != nil {
			return func() { w.trouble(err) }
		}
		return func() { w.pick(*found) }
	})
}

// read takes a notice off the page.
func (w *window) read(i int) {
	w.state.notices = slices.Delete(w.state.notices, i, i+1)
	w.render()
}

// showKeys lists the keys.
func (w *window) showKeys() {
	w.tell(w.book.Say(menuKeys), w.book.Say(noteKeys))
}

// askAgree asks for the reason why a check's objection is accepted.
func (w *window) askAgree(c updater.CheckResult) {
	text := w.book.Note(c.Fact)
	if c.Remedy != nil {
		text += "\n" + w.book.Note(*c.Remedy)
	}
	w.askText(w.book.Say(devices.Code("ui.check."+c.Name)), text, w.book.Say(noteReason), false, c.State == updater.CheckFailed,
		actAgree, func(reason string) { w.agree(c.Name, reason) })
}

// askPassword asks for the password of a protected REPL.
func (w *window) askPassword() {
	w.askText(w.book.Say(actPassword), w.book.Say(notePassword, string(w.state.device.address())), "", true, true, actUnlock,
		func(password string) {
			access := w.state.device.access
			access.Password = password
			w.identify(access)
		})
}
