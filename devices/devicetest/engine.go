package devicetest

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// Engine says how the engine is run over the driver of a Suite. The zero value
// runs it over the devices of Suite.New, with every fault of the suite and with a
// cancel in every stage.
type Engine struct {
	// Off runs the engine not at all, where another suite stands for this one.
	Off bool
	// Variant tells two suites of one driver and method apart; may be empty.
	Variant string
	// New, if not nil, starts the devices of the engine's rows in place of
	// Suite.New: behind a Cable, say.
	New func(t testing.TB, orders ...string) Device
	// Unplug makes the device unreachable at once; what it returns makes it
	// reachable again, at another address if that is asked for. nil where this
	// device cannot be unplugged.
	Unplug func(t testing.TB, d Device) (replug func(elsewhere bool))
	// Moves is true when replug can give another address.
	Moves bool
	// Loss says how it is made unreachable; "" is "the port is lost".
	Loss string
	// Swap puts another device of the same kind in the place of d; what it returns
	// brings d back. nil where that cannot be.
	Swap func(t testing.TB, d Device) (back func())
	// Restart has d start anew, as a person does who cuts its power. It is needed for
	// devices that install at their next start once they approve.
	Restart func(t testing.TB, d Device)
	// Left tells what of a package lies on the device, "" for nothing, and whether
	// the device will install that at its next start without being told. nil where
	// that cannot be seen.
	Left func(d Device) (what string, installs bool)
}

// Instant is a moment of an upgrade at which something happens to it.
type Instant struct {
	// Stage is the stage under way, "" for what lasts from the beginning.
	Stage updater.Stage `json:"stage,omitempty"`
	// When is the moment within the stage, "" where there is one only.
	When string `json:"when,omitempty"`
}

// The moments of a delivery, and of the device's verdict.
const (
	atFirst  = "before the first byte"
	atSome   = "after the first bytes"
	atHalf   = "half-way"
	unjudged = "before the verdict"
	judged   = "after the verdict"
)

// instants are those at which a person cancels, in order.
func instants() []Instant {
	return []Instant{
		{updater.Identify, ""},
		{updater.Check, ""},
		{updater.Deliver, atFirst},
		{updater.Deliver, atSome},
		{updater.Deliver, atHalf},
		{updater.Verify, unjudged},
		{updater.Verify, judged},
		{updater.Install, ""},
		{updater.Restart, ""},
		{updater.Confirm, ""},
	}
}

// What happens to an upgrade, beside the faults of the device.
const (
	nothing   = "nothing goes wrong"
	cancelled = "a person cancels"
	sameBack  = "and comes back"
	otherBack = "and comes back at another address"
	goneBack  = "and stays away"
	swapped   = "another device is in its place"
	portLost  = "the port is lost"
)

// trial is one row to be: what happens, and when.
type trial struct {
	at    Instant
	name  string
	fault *Fault
	act   func(*run)
	// gone: the device does not return while the job runs.
	gone bool
	// cancels: a person asks to cancel.
	cancels bool
}

// succeeds tells whether the upgrade must end with the target.
func (x trial) succeeds() bool {
	if f := x.fault; f != nil {
		return f.Fails == StepNever && !f.Chance && !f.endless()
	}
	return x.name == nothing
}

// full is the trial's name as a test.
func (x trial) full() string {
	name := string(x.at.Stage)
	if x.at.When != "" {
		name += " " + x.at.When
	}
	if name != "" {
		name += "/"
	}
	return name + x.name
}

// trials are all rows of this suite.
func (s *Suite) trials() []trial {
	list := []trial{{name: nothing}}
	for i := range s.Faults {
		f := &s.Faults[i]
		list = append(list, trial{name: f.Name, fault: f, gone: f.Fails == StepReturn})
	}
	for _, at := range instants() {
		list = append(list, trial{at: at, name: cancelled, act: (*run).cancel, cancels: true})
	}
	for _, at := range instants() {
		if at.When == "" || at.When == atHalf || at.When == unjudged {
			list = append(list, s.losses(at)...)
		}
	}
	return list
}

// losses are the ways in which a device is lost at one instant.
func (s *Suite) losses(at Instant) []trial {
	var list []trial
	loss := s.Engine.Loss
	if loss == "" {
		loss = portLost
	}
	add := func(name string, gone bool, act func(*run)) {
		list = append(list, trial{at: at, name: name, act: act, gone: gone})
	}
	if s.Engine.Unplug != nil {
		add(loss+" "+sameBack, false, func(r *run) { r.unplug(false) })
		if s.Engine.Moves && !over(at.Stage) {
			add(loss+" "+otherBack, false, func(r *run) { r.unplug(true) })
		}
		add(loss+" "+goneBack, true, (*run).unplugForGood)
	}
	if s.Engine.Swap != nil && (at.Stage == updater.Restart || at.Stage == updater.Confirm) {
		add(swapped, true, (*run).swap)
	}
	return list
}

// over tells whether the loss of a device in this stage ends the job, so that where it
// comes back does not matter.
func over(stage updater.Stage) bool {
	return stage == updater.Identify || stage == updater.Check || stage == updater.Verify
}

// TestEngine runs the engine over the driver, once for every row, and writes the
// rows down if that was asked for. A stage that the undisturbed upgrade does not
// have, since the device installs by itself, has no rows.
func (s *Suite) TestEngine(t *testing.T) {
	if s.Engine.Off {
		t.Skip("another suite of this driver stands for this one")
	}
	trials := s.trials()
	rows := make([]*Row, len(trials))
	quiet := s.attempt(t, trials[0])
	rows[0] = &quiet.row
	t.Cleanup(func() { s.write(t, rows) })
	for i, x := range trials {
		if i == 0 || x.at.Stage != "" && !quiet.met[x.at] {
			continue
		}
		t.Run(x.full(), func(t *testing.T) {
			t.Parallel()
			rows[i] = s.row(t, x)
		})
	}
}

// TestRow runs the engine for the one row of that name.
func (s *Suite) TestRow(t testing.TB, name string) {
	for _, x := range s.trials() {
		if x.full() == name {
			s.row(t, x)
			return
		}
	}
	t.Fatalf("no row %q", name)
}

// attempts is how often an upgrade is begun to meet an instant that a device which
// fetches by itself may rush past.
const attempts = 5

// row runs one trial until what is to happen has happened.
func (s *Suite) row(t testing.TB, x trial) *Row {
	t.Helper()
	for range attempts {
		if r := s.attempt(t, x); r.judged {
			return &r.row
		}
	}
	t.Fatalf("the instant did not come in %d upgrades", attempts)
	return nil
}

// budgets are the engine's, as short as this device allows.
func (s *Suite) budgets(x trial) updater.Budgets {
	b := updater.Budgets{
		Stall: patience, Silence: patience, Ask: prompt, Poll: 50 * time.Millisecond, Leave: s.Return,
		Usual: patience, Limit: slack * s.Return, StableFor: stable, Settle: stable, Record: time.Second,
	}
	if x.succeeds() {
		b.Leave = slack * s.Return // it does leave
	}
	switch {
	case x.gone && x.at.Stage == updater.Confirm:
		b.Limit = 2 * s.Return // it must have come back first
	case x.gone || x.fault != nil && x.fault.endless():
		b.Limit = s.Return
	}
	switch {
	case x.fault != nil && x.fault.Silence > 0:
		b.Silence = x.fault.Silence
	case x.fault != nil && x.fault.Fails == StepAny:
		b.Silence = patience / 4 // the word that it waits for may have been damaged
	}
	return b
}

// stable is how long a device must stay up between two equal answers.
const stable = 300 * time.Millisecond

// rules are all checks, which a person in a hurry accepts without a reason.
func rules() map[string]string {
	all := map[string]string{}
	for _, name := range []string{
		"identity", "model", "method", "version", "source", "files", "size", "space", "hashes",
		"battery", "signal", "reach", "repeat", "url",
	} {
		all[name] = ""
	}
	return all
}

// plan is what a person asks for.
func (s *Suite) plan(t testing.TB, d Device) updater.Plan {
	role := devices.RoleREPL
	if s.Method == devices.Answer || s.Method == devices.MQTT {
		role = devices.RoleCheckIn
	}
	p := updater.Plan{
		Family: s.Driver.Family(),
		Sighting: devices.Sighting{
			Key: place, Simulated: true, Ports: []devices.Port{{Address: d.Address(), Role: role}},
		},
		Access: devices.Access{StopProgram: true}, Package: s.Package(t), Method: s.Method, Accept: rules(),
	}
	if s.Method.Fetched() {
		p.Origin = &updater.OriginPlan{Listen: "127.0.0.1:0"}
	}
	return p
}
