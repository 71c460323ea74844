package quecthing

import (
	"context"
	"embed"
	"errors"
	"slices"
	"strconv"
	"strings"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/repl"
	"fotabench/devices/repl/script"
)

//go:embed scripts/*.py
var scripts embed.FS

// arguments are handed to a script as the dictionary _fb_a.
type arguments = script.Arguments

// storePath is where firmware for an MCU is kept on the module until it is passed on.
const storePath = "/usr/fotabench.mcu"

// harmless are the scripts that may run again because their answer was damaged.
var harmless = map[string]bool{"probe.py": true, "identify.py": true, "poll.py": true, "leave.py": true, "drop.py": true}

// qth is the form over the module Qth on a REPL.
type qth struct {
	driver   *Driver
	conn     *repl.Conn
	link     link.Link
	scripts  script.Runner
	platform *devices.Platform

	versions map[string]string // of the parts beside the module, by component
	first    int               // the number of the next event
	ours     bool              // the connection to the platform was made here
	fetched  bool              // something may lie at storePath
}

func newQth(d *Driver, c *repl.Conn, l link.Link, p *devices.Platform) *qth {
	q := &qth{driver: d, conn: c, link: l, platform: p, versions: map[string]string{}}
	q.scripts = script.Runner{Files: scripts, Harmless: harmless, Exec: q.exec, Explain: q.explain, Garbled: q.garbled}
	return q
}

// exec runs code that must answer within a budget; the customer's function may take
// as long as it needs.
func (q *qth) exec(ctx context.Context, op, code string) ([]byte, error) {
	limit := q.driver.budgets.script
	if op == opHand {
		limit = q.driver.budgets.hand
	}
	inner, cancel := context.WithTimeoutCause(ctx, limit, fail(op, devices.Timeout, NoteSilent, int(limit.Seconds())))
	defer cancel()
	return q.conn.Exec(inner, code)
}

func (q *qth) ask(ctx context.Context, op, name string, args arguments) (script.Answer, error) {
	return q.scripts.Ask(ctx, op, name, args)
}

func (q *qth) prove(ctx context.Context) error {
	a, err := q.scripts.Probe(ctx, "open", "probe.py")
	if err != nil {
		return err
	}
	if a["modem"] != "yes" && a["Qth"] != "yes" {
		return fail("open", devices.Unsupported, NoteNotQuectel)
	}
	return nil
}

// parts are the parts beside the module of which a function is known, as a script
// takes them.
func (q *qth) parts() (names []string, list []arguments) {
	if q.platform == nil {
		return nil, nil
	}
	for _, part := range q.platform.MCU {
		if module, function, ok := handover(part); ok {
			names = append(names, part.Component)
			list = append(list, arguments{"component": part.Component, "module": module, "function": function, "version": q.versions[part.Component]})
		}
	}
	return names, list
}

// handover splits the name of the customer's function.
func handover(part devices.MCU) (module, function string, ok bool) {
	module, function, ok = strings.Cut(part.Handover, ":")
	return module, function, ok && module != "" && function != ""
}

func (q *qth) identify(ctx context.Context) (devices.Identity, error) {
	names, list := q.parts()
	a, err := q.ask(ctx, "identify", "identify.py", arguments{"mcu": list})
	if err != nil {
		return devices.Identity{}, err
	}
	id := identityOf(a)
	for i, name := range names {
		key := "mcu." + strconv.Itoa(i)
		if v := a.Text(key); v != "" && len(v) <= maxVersion && plainText(v) {
			q.versions[name], id.Extra[devices.ExtraComponent+name] = v, v
		} else if why := a.Text(key + ".why"); why != "" {
			id.Extra[devices.ExtraComponent+name+".error"] = why
		}
	}
	return id, nil
}

func (q *qth) connect(ctx context.Context) error {
	if _, list := q.parts(); len(list) > len(q.versions) {
		if _, err := q.identify(ctx); err != nil { // the versions are part of what is told
			return err
		}
	}
	_, list := q.parts()
	args := arguments{"product": nil, "server": nil, "apn": nil, "mcu": list}
	if p := q.platform; p != nil {
		if p.ProductKey != "" {
			args["product"] = []string{p.ProductKey, p.ProductSecret}
		}
		if p.Server != "" {
			args["server"] = p.Server
		}
		if p.APN != nil {
			args["apn"] = []string{p.APN.Name, p.APN.User, p.APN.Password}
		}
	}
	q.first = 0
	a, err := q.ask(ctx, "connect", "connect.py", args)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		note devices.Code
	}{{"init", NoteInit}, {"product", NoteProduct}, {"server", NoteServer}, {"start", NoteStart}} {
		if a[step.name] == "no" {
			return fail("connect", devices.Refused, step.note)
		}
	}
	q.ours = a["was"] == ""
	return nil
}

func (q *qth) act(ctx context.Context, what action) error {
	name, args, call := "action.py", arguments{"action": int(what)}, "Qth.otaAction"
	if what == ask {
		name, args, call = "request.py", nil, "Qth.otaRequest"
	}
	a, err := q.ask(ctx, "plan", name, args)
	if err != nil {
		return err
	}
	if a["ret"] != "yes" {
		return fail("plan", devices.Refused, NoteRefused, call)
	}
	return nil
}

func (q *qth) events(ctx context.Context) (heard, error) {
	a, err := q.ask(ctx, "plan", "poll.py", arguments{"first": q.first})
	if err != nil {
		return heard{}, err
	}
	h := heard{gone: a["gone"] != "", up: a["up"] == "1"}
	for name := range a {
		if n, ok := a.Number(name); ok && n < 0 && strings.HasPrefix(name, "dev.") {
			h.failed = n
		}
	}
	for i := 0; ; i++ {
		text, ok := a["e"+strconv.Itoa(i)]
		if !ok {
			return h, nil
		}
		q.first++
		if e, ok := eventOf(text, q.isPart); ok {
			if e.kind == settled {
				e.words = script.Printable(strings.ReplaceAll(text, "\n", " "))
			}
			h.events = append(h.events, e)
		}
	}
}

// isPart tells whether a component is one that we told the platform of.
func (q *qth) isPart(component string) bool { return named(q.platform, component) }

// named tells whether a part of this name is beside the module.
func named(p *devices.Platform, component string) bool {
	return p != nil && slices.ContainsFunc(p.MCU, func(m devices.MCU) bool { return m.Component == component })
}

func (q *qth) restart(ctx context.Context) error {
	inner, cancel := context.WithTimeout(ctx, q.driver.budgets.grace)
	defer cancel()
	a, err := q.ask(inner, "cancel", "restart.py", nil)
	n, told := a.Number("restart")
	switch {
	case err == nil && told && n != 0:
		return fail("cancel", devices.Refused, NoteStays)
	case err == nil: // it goes in a moment
		return nil
	case errors.Is(err, devices.Lost), errors.Is(err, devices.Protocol), errors.Is(err, devices.Timeout), inner.Err() != nil && ctx.Err() == nil:
		return nil // it went in the middle of its answer
	}
	return err
}

// close takes back what was fetched and a connection that was made here, and lets a
// program run again that was stopped.
func (q *qth) close(ctx context.Context, restarting bool) error {
	if restarting {
		return q.link.Close()
	}
	if q.fetched {
		q.drop(ctx)
	}
	if q.ours {
		inner, cancel := context.WithTimeout(ctx, q.driver.budgets.grace)
		_, _ = q.ask(inner, "close", "leave.py", nil) // it leaves by itself when it is off
		cancel()
	}
	return q.conn.Close(ctx)
}
