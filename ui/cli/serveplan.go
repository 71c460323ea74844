package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/packages/signature"
	"fotabench/ui/bench"
)

// What is told of a plan file that changed while services run. The comment gives the Args
// of each.
const (
	ServePlan devices.Code = "cli.serve.plan" // file, packages, devices, rules
	ServeKept devices.Code = "cli.serve.kept" // file, what is wrong with it
	ServeOff  devices.Code = "cli.serve.off"  // service
	ServeNot  devices.Code = "cli.serve.not"  // service, address, why
	ServeURLs devices.Code = "cli.serve.urls" // file, why its packages cannot be fetched by hand
	ServeTLS  devices.Code = "cli.serve.tls"  // files
	ServeOld  devices.Code = "cli.serve.old"  // file
	// ServeTLSKept: files, what is wrong with them.
	ServeTLSKept devices.Code = "cli.serve.tls.kept"
	// ServeTLSOff: files that the HTTPS host will show once it is on.
	ServeTLSOff devices.Code = "cli.serve.tls.off"
)

// planLook is how often it is looked whether files changed. A change counts when a file
// looks the same twice, so that one that is just being written is left alone.
const planLook = time.Second

// stand is what is offered to devices: by flags, and by a plan file that may change
// meanwhile. One goroutine has it.
type stand struct {
	*app
	serving
	outfit
	// say tells what changed, as --json and for people.
	say func(n note, text string)
	// fixed are the services that flags name, on those that are on, by address.
	fixed, on map[bench.Service]string
	// watched are the files that may change meanwhile.
	watched []*watched
	// desk judges who signed packages.
	desk *signature.Desk
	// amiss is true if the plan file was not taken up when it was read last, and held is
	// what decides.
	amiss bool
	held  draft
	// shown are the URLs that were told, vouched what was told of the packages' signatures.
	shown   map[string]bool
	vouched map[string]string
}

// prepareStand reads what was asked for, and switches nothing on.
func (a *app) prepareStand(ctx context.Context, s serving, say func(n note, text string)) (o *stand, next draft, err error) {
	o = &stand{app: a, serving: s, say: say, desk: signature.NewDesk(a.folder), on: map[bench.Service]string{}, shown: map[string]bool{}}
	if o.fixed, err = s.addresses(); err != nil {
		return nil, next, err
	}
	o.watch()
	if o.outfit, err = s.outfit(); err != nil {
		return nil, next, err
	}
	next.services = o.fixed
	if s.gives() {
		if next, err = o.read(ctx); err != nil {
			if (errors.Is(err, bench.ErrSignature) || s.library != "" && !errors.Is(err, bench.ErrNoVersion)) && ctx.Err() == nil {
				a.complain(err)
				return nil, next, status(ExitRefused)
			}
			return nil, next, cmp.Or(context.Cause(ctx), error(usageError{err})) // who interrupts made no mistake
		}
	}
	if len(o.fixed) == 0 && (next.plan == nil || next.plan.Services == nil) {
		return nil, next, misuse("say which service is to run: --luat-http, --luat-udp, --mqtt, --mqtt-broker, --http, --https or --ftp")
	}
	return o, next, nil
}

// open switches on what was prepared, and tells of it. After an error the caller closes the
// bench.
func (o *stand) open(ctx context.Context, next draft) error {
	fresh, failed := o.turn(ctx, next.services)
	if len(failed) > 0 {
		return failed[0].err
	}
	return o.decide(ctx, next, fresh)
}

// serves switches on the services that were named, as long as beginning does not end, and
// takes up changes of their file until ctx ends; off ends that and switches all of them off.
func (a *app) serves(ctx, beginning context.Context, s serving) (off func() error, err error) {
	if !s.named() && s.plan == "" {
		return func() error { return nil }, nil
	}
	o, next, err := a.prepareStand(beginning, s, func(n note, text string) {
		n.Time = time.Now()
		a.line(n, text)
	})
	if err != nil {
		return nil, err
	}
	if err := o.open(beginning, next); err != nil {
		return nil, errors.Join(err, a.Bench.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() { o.follow(ctx, nil) })
	return func() error {
		stop()
		work.Wait()
		return a.Bench.Close()
	}, nil
}

// draft is a plan file that was read and has no mistake.
type draft struct {
	plan     *bench.Plan
	rules    *checkin.Rules
	services map[bench.Service]string // those of flags too
}

// read reads the plan file and opens its packages. It changes nothing.
func (o *stand) read(ctx context.Context) (d draft, err error) {
	if o.single() {
		d.plan, err = o.everybody(ctx)
	} else {
		d.plan, err = bench.ReadPlan(o.plan)
	}
	if err != nil {
		return d, err
	}
	if o.nothing {
		d.plan.Packages, d.plan.Rules = nil, nil
		for i := range d.plan.Devices {
			d.plan.Devices[i].Package = ""
		}
	}
	if d.services, err = o.services(d.plan); err != nil {
		return d, err
	}
	var share bench.ShareFunc
	if d.services[bench.HTTP] != "" || d.services[bench.HTTPS] != "" {
		share = o.Bench.Share
	}
	d.rules, err = d.plan.Open(ctx, filepath.Base(o.source()), filepath.Dir(o.source()), share, o.desk.Judge)
	if !o.single() {
		return d, err
	}
	var mistake *bench.PlanError
	switch {
	case errors.Is(err, bench.ErrNoVersion):
		err = misuse("%s: its manifest states no version; say with --expect-version what devices must report", o.called())
	case errors.As(err, &mistake):
		err = fmt.Errorf("%s: %w", o.called(), mistake.Err) // nobody wrote a plan
	case err == nil:
		d.rules.Name = "" // it is no file with rules
	}
	return d, err
}

// services are those that are to be on. What a flag names stays as it is, so the file must
// not name it too.
func (o *stand) services(p *bench.Plan) (map[bench.Service]string, error) {
	all := map[bench.Service]string{}
	for _, one := range inOrder {
		at := strings.TrimSpace(p.Services[one])
		mistake := &bench.PlanError{File: filepath.Base(o.source()), Where: "services." + string(one)}
		switch fixed := o.fixed[one]; {
		case fixed != "" && at != "":
			mistake.Want = "nothing: it was named on the command line"
			return nil, mistake
		case one == bench.MQTTClient && at != "" && !brokerURL(at):
			mistake.Want = "tcp://host:port or ssl://host:port"
			return nil, mistake
		case fixed+at != "":
			all[one] = fixed + at
		}
	}
	return all, nil
}

// not is a service that could not be switched.
type not struct {
	service bench.Service
	at      string
	err     error
}

// turn switches services off and on until those of to are on. What stays is not touched.
func (o *stand) turn(ctx context.Context, to map[bench.Service]string) (fresh []bench.Service, failed []not) {
	for _, one := range inOrder {
		if at := o.on[one]; at != "" && at != to[one] {
			delete(o.on, one)
			if err := o.Bench.Off(one); err != nil {
				failed = append(failed, not{one, at, err})
				continue
			}
			if to[one] == "" {
				o.say(note{Event: "off", Service: string(one)}, o.now(o.book.Say(ServeOff, string(one))))
			}
		}
	}
	for _, one := range inOrder {
		at := to[one]
		if at == "" || o.on[one] == at {
			continue
		}
		if err := o.Bench.On(ctx, one, o.at(one, at).options); err != nil {
			failed = append(failed, not{one, at, err})
			continue
		}
		o.on[one] = at
		fresh = append(fresh, one)
	}
	return fresh, failed
}

// decide lets a draft decide from now on, and tells which services are on now and where its
// packages can be fetched by hand, if that is wanted; the error is why not all of them can,
// and changes nothing of the rest. Whoever starts the services is told: a
// device that is given the URL by hand needs all of it.
func (o *stand) decide(ctx context.Context, d draft, fresh []bench.Service) error {
	if o.held = d; d.plan != nil {
		o.Bench.Decide(d.plan, d.rules)
	}
	o.tell(fresh)
	o.vouch(ctx, d.rules)
	if d.plan == nil || !o.urls {
		return nil
	}
	all, err := o.Bench.ShareAll(ctx, d.rules)
	for _, s := range all {
		for _, u := range s.URLs {
			if !o.shown[u] {
				o.shown[u] = true
				o.say(note{Event: "shared", Service: string(s.Service), Package: s.Package, Address: u}, fmt.Sprintf("  %-10s %s", s.Package, u))
			}
		}
	}
	return err
}

// again takes up the plan file as it is now. One with a mistake is told, and changes
// nothing; a service that cannot be switched on is told and left off, and so are URLs that
// cannot be made: the rest of the file holds.
func (o *stand) again(ctx context.Context) {
	file := filepath.Base(o.source())
	next, err := o.read(ctx)
	o.amiss = err != nil
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		o.kept(file, err)
		return
	}
	fresh, failed := o.turn(ctx, next.services)
	for _, n := range failed {
		why := o.why(n.err)
		o.say(note{Event: "trouble", Service: string(n.service), Address: n.at, Text: why}, o.now(o.book.Say(ServeNot, string(n.service), n.at, why)))
	}
	err = o.decide(ctx, next, fresh)
	text := o.book.Say(ServePlan, file, len(next.plan.Packages), len(next.plan.Devices), len(next.plan.Rules))
	o.say(note{Event: "plan", Plan: file, Text: text}, o.now(text))
	o.unshared(ctx, file, err)
}
