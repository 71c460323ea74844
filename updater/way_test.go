package updater

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"fotabench/devices"
)

// speaker is a driver that hears its own language at some addresses.
type speaker struct {
	devices.Driver
	family string
	at     map[devices.Address]bool
	kind   devices.Kind // of the error elsewhere
	asked  int
	world  *world
}

func (s *speaker) Family() string { return s.family }

func (s *speaker) Open(ctx context.Context, a devices.Address, access devices.Access) (devices.Session, error) {
	s.asked++
	if !s.at[a] {
		return nil, &devices.Error{Op: s.family + ": open", At: string(a), Kind: s.kind}
	}
	session, err := s.world.Open(ctx, home, access)
	return &spoken{session, s.family}, err
}

type spoken struct {
	devices.Session
	family string
}

func (s *spoken) Identify(ctx context.Context) (devices.Identity, error) {
	id, err := s.Session.Identify(ctx)
	id.Family = s.family
	return id, err
}

// both is a device with a REPL and a port for commands.
var both = devices.Sighting{Key: "1-1", Ports: []devices.Port{
	{Address: "repl", Role: devices.RoleREPL}, {Address: "at", Role: devices.RoleAT},
}}

func TestRecognise(t *testing.T) {
	proved := both
	proved.Ports = []devices.Port{both.Ports[0], {Address: "at", Role: devices.RoleAT, Proved: true}}
	for name, c := range map[string]struct {
		plan     Plan
		scripts  []devices.Address
		commands []devices.Address
		kind     devices.Kind // of what scripts finds elsewhere
		want     string       // who answers
		err      devices.Kind
		untried  bool         // commands is not asked
		probed   devices.Role // what the port says it is
	}{
		"first way":               {plan: Plan{Sighting: both}, scripts: []devices.Address{"repl"}, want: "scripts", untried: true},
		"something else there":    {plan: Plan{Sighting: both}, kind: devices.Unsupported, commands: []devices.Address{"at"}, want: "commands"},
		"silent there":            {plan: Plan{Sighting: both}, kind: devices.Timeout, commands: []devices.Address{"at"}, want: "commands"},
		"a program has it":        {plan: Plan{Sighting: both}, kind: devices.Occupied, commands: []devices.Address{"at"}, err: devices.Occupied, untried: true},
		"only commands answered":  {plan: Plan{Sighting: proved}, scripts: []devices.Address{"repl"}, commands: []devices.Address{"at"}, want: "commands"},
		"nobody":                  {plan: Plan{Sighting: both}, kind: devices.Unsupported, err: devices.Unsupported},
		"typed":                   {plan: Plan{Address: "tcp://x:1"}, kind: devices.Unsupported, commands: []devices.Address{"tcp://x:1"}, want: "commands"},
		"named, commands":         {plan: Plan{Sighting: both, Address: "at"}, scripts: []devices.Address{"at"}, commands: []devices.Address{"at"}, want: "commands"},
		"typed, it says AT":       {plan: Plan{Address: "tcp://x:1"}, probed: devices.RoleAT, scripts: []devices.Address{"tcp://x:1"}, commands: []devices.Address{"tcp://x:1"}, want: "commands"},
		"typed, it says REPL":     {plan: Plan{Address: "tcp://x:1"}, probed: devices.RoleREPL, kind: devices.Occupied, commands: []devices.Address{"tcp://x:1"}, err: devices.Occupied, untried: true},
		"diagnostics alone":       {plan: Plan{Sighting: devices.Sighting{Ports: []devices.Port{{Address: "d", Role: devices.RoleDiag}}}}, err: devices.Absent, untried: true},
		"the person chose a way":  {plan: Plan{Sighting: both, Family: "commands", Role: devices.RoleAT}, scripts: []devices.Address{"repl"}, commands: []devices.Address{"at"}, want: "commands"},
		"chosen and not possible": {plan: Plan{Sighting: both, Family: "scripts", Role: devices.RoleREPL}, kind: devices.Unsupported, commands: []devices.Address{"at"}, err: devices.Unsupported, untried: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				scripts := &speaker{Driver: w, family: "scripts", at: set(c.scripts), kind: c.kind, world: w}
				commands := &speaker{Driver: w, family: "commands", at: set(c.commands), kind: devices.Timeout, world: w}
				e, err := New(Config{
					Drivers: []devices.Driver{scripts, commands}, Journal: newBook(),
					Ways: []devices.Way{{Family: "scripts", Role: devices.RoleREPL}, {Family: "commands", Role: devices.RoleAT}},
				})
				if err != nil {
					t.Fatal(err)
				}
				defer close2(t, e)
				e.tools.probe = func(_ context.Context, s devices.Sighting) (devices.Sighting, error) {
					s.Ports[0].Role = c.probed
					return s, nil
				}
				id, _, err := e.Identify(t.Context(), c.plan)
				if c.err == "" && err != nil || c.err != "" && !errors.Is(err, c.err) {
					t.Fatalf("%v, want %q", err, c.err)
				}
				if id.Family != c.want {
					t.Errorf("%q answers, want %q", id.Family, c.want)
				}
				if c.untried && commands.asked > 0 {
					t.Errorf("commands were sent to a port without need")
				}
			})
		})
	}
}

func set(list []devices.Address) map[devices.Address]bool {
	m := map[devices.Address]bool{}
	for _, a := range list {
		m[a] = true
	}
	return m
}

// offerer is a platform that has one plan.
type offerer struct {
	refused []devices.Offer
	busy    func() // called while the device is asked
}

func (o *offerer) Offers(_ context.Context, at devices.Address, access devices.Access) (devices.Identity, []devices.Offer, error) {
	o.busy()
	return devices.Identity{IMEI: "1"}, []devices.Offer{{Raw: string(at) + " " + access.Platform.ProductKey}}, nil
}

func (o *offerer) Refuse(_ context.Context, _ devices.Address, _ devices.Access, offer devices.Offer) error {
	o.refused = append(o.refused, offer)
	return errors.New("no answer")
}

func TestOffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		o := &offerer{}
		e, err := New(Config{Drivers: []devices.Driver{w}, Journal: newBook(), Offerers: map[string]devices.Offerer{"fake": o}})
		if err != nil {
			t.Fatal(err)
		}
		defer close2(t, e)
		p := Plan{Family: "fake", Sighting: both, Role: devices.RoleAT, Access: devices.Access{Platform: &devices.Platform{ProductKey: "pk"}}}
		o.busy = func() {
			if _, _, err := e.Identify(t.Context(), p); !errors.Is(err, devices.Busy) {
				t.Errorf("the port was given away: %v", err)
			}
		}
		id, offers, err := e.Offers(t.Context(), p)
		if err != nil || id.IMEI != "1" || len(offers) != 1 || offers[0].Raw != "at pk" {
			t.Fatalf("%+v, %+v, %v", id, offers, err)
		}
		var told *devices.Error
		if err := e.Refuse(t.Context(), p, offers[0]); !errors.As(err, &told) || len(o.refused) != 1 {
			t.Errorf("refused %v, error %v", o.refused, err)
		}
		p.Family = "other"
		if _, _, err := e.Offers(t.Context(), p); !errors.Is(err, devices.Unsupported) {
			t.Errorf("a family without a platform: %v", err)
		}
		p.Family, p.Sighting = "fake", devices.Sighting{}
		if err := e.Refuse(t.Context(), p, devices.Offer{}); !errors.Is(err, devices.Absent) {
			t.Errorf("no port: %v", err)
		}
	})
}
