// Package devicetest is the conformance suite: what every driver promises
// (devices/driver.go), run against a device that executes what it is sent, with
// faults, cancelled at each moment, gone, and back as something else. It knows
// no protocol and no simulator; a family wires it in its own test file, in a test
// whose name contains Promises.
//
// Suite.Run holds the driver alone to its contract, and then runs the engine over it
// (TestEngine): one upgrade for each fault, for a cancel in each stage, and, where
// Engine.Unplug is given, for a device that is lost in each stage. Each upgrade is a
// Row: what was told, what is true, whether that is the same. A row that differs is a
// failed test. `make faults` prints the rows of all suites as docs/faults.md.
//
// To wire a family: Driver, New, Package, Method and Return; Faults, each with an order
// that the simulator knows, where the driver must stop, and by which kinds of error;
// Engine.Unplug, by a Cable for what listens on TCP, else by switching the device off;
// Engine.Left, where the simulator can tell what lies on it. Functions of Engine are
// called from the engine's goroutines and report with Errorf. The package must pass all
// checks of the engine but those that a person may accept. Tests of one suite wait
// nearly all of their time, so that a TestMain should let more of them run at once than
// there are processors.
//
// The suite is for tests alone, and so may know the engine, which no driver does.
package devicetest

import (
	"context"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Device is a device to test against. What it says about itself is the truth
// that the driver's words are held to.
type Device interface {
	// Address is where it answers now, "" while it is away.
	Address() devices.Address
	// Running is the version that really runs.
	Running() string
	// Close takes it away for good.
	Close() error
}

// Fault is a fault to order from a device, and what the driver must then do.
type Fault struct {
	// Name is the row's name, such as "D8 verify says no".
	Name string
	// Order is handed to Suite.New.
	Order string
	// Fails is where the upgrade must stop with an error: one of the Step
	// values. StepNever means that the driver must overcome the fault, StepAny that
	// it may or may not, as chance has it.
	Fails Step
	// Kinds are the kinds of error that tell this fault truthfully.
	Kinds []devices.Kind
	// Doubt, if not empty, is why nobody can know what the device runs although it
	// answers, so that the engine may make no claim. With StepNever the fault is the
	// engine's alone: the driver is not tried with it by itself.
	Doubt string
	// Chance is true when the engine, other than the driver alone, may or may not
	// overcome it, because its own host may have served all and ended.
	Chance bool
	// Silence, if not 0, is how long the engine lets the device make no progress;
	// for faults of which nothing else tells.
	Silence time.Duration
}

// endless tells whether the device never comes to rest.
func (f Fault) endless() bool { return f.Doubt != "" && f.Fails == StepNever }

// Step is a step of an upgrade as a driver sees it.
type Step string

// The steps.
const (
	StepNever     Step = ""
	StepAny       Step = "any"
	StepOpen      Step = "open"
	StepDeliver   Step = "deliver"
	StepVerify    Step = "verify"
	StepInstall   Step = "install"
	StepReturn    Step = "return"
	StepInstalled Step = "installed"
)

// Suite holds one driver to its promises. All fields are needed, except Prepare,
// Freeze, Faults, Hold, Program, ProgramOrder and Engine.
type Suite struct {
	Driver devices.Driver
	// New starts a device that runs the package's source version, with the
	// faults ordered.
	New func(t testing.TB, orders ...string) Device
	// Package opens the package that the device of New can take.
	Package func(t testing.TB) *packages.Package
	// Method is how it travels.
	Method devices.Method
	// Prepare completes the job, for methods that need a source; may be nil.
	Prepare func(t testing.TB, job *devices.Job)
	// Freeze stops the source of a job that Prepare made, once the delivery's
	// context has ended: a device that fetches then gets no further, however slow
	// this computer is to stop it. nil where nothing is fetched.
	Freeze func(job *devices.Job)
	// Faults of this device and method.
	Faults []Fault
	// Return is how long a device is waited for that must not return, and one that
	// returned for what it must not have. It is several times what a return usually
	// takes; a device that must return, or take what it got, gets much longer.
	Return time.Duration
	// Hold takes the device's port as another program on this computer would, until
	// it is released; nil where a port cannot be held (TCP).
	Hold func(t testing.TB, d Device) (release func())
	// Program tells whether the device's user program runs; nil where there is none.
	// New starts a device on which it does when ProgramOrder is ordered.
	Program      func(d Device) bool
	ProgramOrder string
	// Engine says how the engine is run over the driver, see TestEngine.
	Engine Engine
}

// patience bounds one call of a driver in the suite; a slow machine needs the
// room, a driver that hangs must not.
const patience = 2 * time.Minute

// prompt is how soon a call must return after its context ended, on a slow machine too:
// what a driver still asks of its device then may be many scripts.
const prompt = time.Minute

// Run runs every test of the suite as a subtest, each with a device of its own
// and side by side with the others.
func (s *Suite) Run(t *testing.T) {
	tests := []struct {
		name string
		run  func(testing.TB)
	}{
		{"identify", s.TestIdentify},
		{"absent", s.TestAbsent},
		{"capabilities", s.TestCapabilities},
		{"upgrade", s.TestUpgrade},
		{"again", s.TestDeliverAgain},
		{"busy", s.TestBusy},
		{"unsupported", s.TestUnsupported},
		{"deadline", s.TestDeadline},
		{"program", s.TestProgram},
		{"close", s.TestClose},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
	for _, m := range moments {
		t.Run("cancel/"+m.name, func(t *testing.T) {
			t.Parallel()
			s.TestCancel(t, m.name)
		})
	}
	t.Run("engine", func(t *testing.T) {
		t.Parallel()
		s.TestEngine(t)
	})
	for _, f := range s.Faults {
		if f.endless() || f.Silence != 0 {
			continue
		}
		t.Run("fault/"+f.Name, func(t *testing.T) {
			t.Parallel()
			s.TestFault(t, f)
		})
	}
}

func (s *Suite) open(ctx context.Context, t testing.TB, d Device) devices.Session {
	t.Helper()
	session, err := s.Driver.Open(ctx, d.Address(), devices.Access{StopProgram: true})
	if err != nil {
		t.Fatalf("open %s: %v", d.Address(), err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

func (s *Suite) job(t testing.TB) *devices.Job {
	t.Helper()
	job := &devices.Job{Package: s.Package(t), Method: s.Method}
	if s.Prepare != nil {
		s.Prepare(t, job)
	}
	return job
}

func (s *Suite) device(t testing.TB, orders ...string) Device {
	t.Helper()
	d := s.New(t, orders...)
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func within(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), patience)
}
