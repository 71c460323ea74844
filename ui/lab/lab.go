// Package lab puts together what one data folder holds beside the engine's journal:
// the library of packages and the plans that use them. It has no window and decides
// nothing; the window and the command line open it alike.
package lab

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/packages/signature"
	"fotabench/updater"
	"fotabench/updater/rollout"
	"fotabench/updater/settings"
)

// Lab is what a data folder holds.
type Lab struct {
	// Library keeps packages; nil where LibraryErr says why not, and then there are no
	// plans either.
	Library    *library.Library
	LibraryErr error
	// Plans carries out upgrade plans; nil where PlansErr says why not.
	Plans *rollout.Runner
	// PlansErr is of kind devices.Busy where another program has the plans.
	PlansErr error
	// Notices are remarks about the plans' files.
	Notices []updater.Note
	options Options
	// running is Plans for whoever asks from another goroutine.
	running atomic.Pointer[rollout.Runner]
	mu      sync.Mutex // held by who claims or closes
	store   *rollout.Store
}

// Options say how a lab is opened.
type Options struct {
	// Folder is the data folder.
	Folder string
	// Engine carries out the upgrades of plans.
	Engine rollout.Engine
	// Ways are the engine's.
	Ways []devices.Way
	// Who is how another program is told who has the plans.
	Who string
	// Access gives what a device needs to be opened; nil gives nothing.
	Access func(devices.Sighting) devices.Access
	// Only are the ids of the plans that are carried out; none means all of them.
	Only []string
}

// Open opens the lab. What cannot be opened is told in it: a single device can be
// upgraded without library and plans. The caller closes it.
func Open(ctx context.Context, o Options) *Lab {
	l := &Lab{options: o}
	dir, err := LibraryIn(o.Folder)
	if err != nil {
		l.LibraryErr, l.PlansErr = err, err
		return l
	}
	if l.Library, err = library.Open(ctx, dir, library.Options{InUse: l.uses, Look: !New(dir, o.Folder)}); err != nil {
		l.Library, l.LibraryErr, l.PlansErr = nil, err, err
		return l
	}
	if l.PlansErr = Away(l.Library, o.Folder); l.PlansErr != nil {
		return l // the library is told when its drive is back; Claim then has the plans
	}
	l.Plans, l.Notices, l.PlansErr = l.claim()
	return l
}

// Claim tries once more to have the plans, where another program had them or the library's
// drive was out. It reads files and locks, from any goroutine; take then makes what came of
// it hold: it sets Plans, PlansErr and Notices, which only one goroutine may use.
func (l *Lab) Claim(ctx context.Context) (take func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Library == nil || l.store != nil {
		return func() {}
	}
	_ = l.Library.Refresh(ctx) // Away says what is wrong with it
	err := Away(l.Library, l.options.Folder)
	if err != nil {
		return func() { l.PlansErr = err }
	}
	plans, notices, err := l.claim()
	return func() { l.Plans, l.Notices, l.PlansErr = plans, notices, err }
}

// claim keeps other programs out of the plans, and reads them; l.mu is held, or nobody else
// has l yet.
func (l *Lab) claim() (*rollout.Runner, []updater.Note, error) {
	store, plans, notices, err := rollout.OpenStore(l.options.plans(), l.options.Who)
	if err != nil {
		return nil, nil, err
	}
	if only := l.options.Only; len(only) > 0 {
		plans = slices.DeleteFunc(plans, func(p rollout.Plan) bool { return !slices.Contains(only, p.ID) })
	}
	r := l.runner(store, plans)
	l.store = store
	l.running.Store(r)
	return r, notices, nil
}

func (l *Lab) runner(store *rollout.Store, plans []rollout.Plan) *rollout.Runner {
	c := rollout.Config{
		Dir:    l.options.plans(),
		Met:    func(id string) map[string]rollout.Met { return rollout.ReadMet(l.options.plans(), id) },
		Engine: prober{l.options.Engine}, Shelf: shelf{l.Library}, Releases: releases{l.Library}, Store: store, Plans: plans,
		Ways: l.options.Ways, Access: l.options.Access, Signatures: signature.NewDesk(l.options.Folder).Judge,
	}
	if e, can := l.options.Engine.(checker); can {
		c.Check = e.Check
	}
	return rollout.New(c)
}

// checker is an engine that tells beforehand what its rules would say of an upgrade.
type checker interface {
	Check(ctx context.Context, plan updater.Plan, identity devices.Identity) []updater.CheckResult
}

// LibraryIn is the folder of packages that goes with a data folder. Where its settings
// cannot be read nobody knows that.
func LibraryIn(folder string) (string, error) {
	s, err := settings.Read(folder)
	return s.LibraryIn(folder), err
}

// plans is the folder of plans.
func (o Options) plans() string { return filepath.Join(o.Folder, "plans") }

// LastMet is what each device said last to a plan of a data folder, by Identity.ID, as the
// plans' files have it; records are the journal's, newest first.
func LastMet(folder string, records []updater.Record) map[string]rollout.Met {
	return rollout.LastMet(Options{Folder: folder}.plans(), records)
}

// MetMark changes when LastMet of a data folder may have changed. It is cheap.
func MetMark(folder string) string { return rollout.MetMark(Options{Folder: folder}.plans()) }

// Close lets other programs have the plans.
func (l *Lab) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.store == nil {
		return nil
	}
	return l.store.Close()
}

// uses tells whether a plan that is under way needs the package, or one of which only its
// file is known: another program may have the plans, and a file may be unreadable.
func (l *Lab) uses(id string) bool {
	r := l.running.Load()
	return r != nil && needed(r.Plans(), id) || InUse(l.options)(id)
}

// needed tells whether one of plans is under way and has the package.
func needed(plans []rollout.Plan, id string) bool {
	return slices.ContainsFunc(plans, func(p rollout.Plan) bool {
		has := func(c rollout.Component) bool { return c.Package == id }
		return (p.State == rollout.Active || p.State == rollout.Paused) && slices.ContainsFunc(p.Components, has)
	})
}

// shelf is the library for plans, which are carried out for days: what other programs
// changed in it counts, also where nobody watches it.
type shelf struct{ *library.Library }

// Package implements rollout.Shelf.
func (s shelf) Package(ctx context.Context, id string) (*packages.Package, error) {
	if !s.Has(id) {
		if err := s.Refresh(ctx); err != nil {
			return nil, err
		}
	}
	return s.Library.Package(ctx, id)
}

// releases are the library's marks.
type releases struct{ library *library.Library }

// Released implements rollout.Releases.
func (r releases) Released(_ context.Context, id string) (bool, error) {
	e, err := r.library.Find(id)
	if err != nil {
		return false, err
	}
	return e.Allowed(), nil
}

// prober asks a port of which nobody knows what it is, such as that of a serial adapter,
// before a driver does: what one driver sends may look like a program's output to the
// other.
type prober struct{ rollout.Engine }

// Identify implements rollout.Engine.
func (e prober) Identify(ctx context.Context, p updater.Plan) (devices.Identity, devices.Capabilities, error) {
	if ports := p.Sighting.Ports; p.Family == "" && p.Address == "" && len(ports) == 1 && ports[0].Role == devices.RoleUnknown {
		p.Address = ports[0].Address
	}
	return e.Engine.Identify(ctx, p)
}
