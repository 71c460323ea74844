package quecthing

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/sim/quecplatform"
	"fotabench/packages"
)

// cabled is a device on a cable that can be pulled.
type cabled struct {
	devicetest.Device
	cable *devicetest.Cable
}

func (c cabled) Address() devices.Address { return c.cable.Address() }

// onCables is how the engine's rows have devices.
func onCables(variant string, start func(testing.TB, ...string) devicetest.Device) devicetest.Engine {
	return devicetest.Engine{
		Variant: variant, Moves: true,
		New: func(t testing.TB, orders ...string) devicetest.Device {
			d := start(t, orders...)
			return cabled{d, devicetest.NewCable(t, d.Address)}
		},
		Unplug: func(_ testing.TB, d devicetest.Device) func(bool) {
			cable := d.(cabled).cable
			cable.Pull()
			return cable.Plug
		},
	}
}

// TestPartPromises runs the conformance suite on what is beside the module.
func TestPartPromises(t *testing.T) {
	t.Parallel()
	d := quick()
	pkg := offered(t, d, newBench(t, []quecplatform.Plan{partPlan()}))
	newPart := func(t testing.TB, orders ...string) devicetest.Device {
		return partBench{newBench(t, []quecplatform.Plan{partPlan()}, orders...)}
	}
	suite := devicetest.Suite{
		Driver:       partDriver{reaching{d, access("mcu_link:pass_on").Platform}},
		New:          newPart,
		Package:      func(testing.TB) *packages.Package { return pkg },
		Method:       devices.Plan,
		Return:       6 * time.Second,
		Program:      func(d devicetest.Device) bool { return d.(partBench).State().ProgramRuns },
		Engine:       onCables("part", newPart),
		ProgramOrder: "program",
		Faults: []devicetest.Fault{
			{Name: "N1 no platform", Order: "platform-error=17928", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "C1 refuses to accept", Order: "action-fails", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "D7 no room", Order: "no-space", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Space, devices.Refused}},
			{Name: "D9 event storm", Order: "event-storm", Fails: devicetest.StepNever},
			{Name: "D9 plan in the guide's order", Order: "plan-shape=prose", Fails: devicetest.StepNever},
			{Name: "D9 the result never comes", Order: "no-callback", Fails: devicetest.StepNever},
			{Name: "D10 the result is false", Order: "result-false", Fails: devicetest.StepNever},
			{Name: "D5 noise", Order: "noise=100ms", Fails: devicetest.StepNever},
		},
	}
	suite.Run(t)
}

// TestPromises runs the conformance suite: the module's own firmware, by the plan of
// its platform, over the REPL.
func TestPromises(t *testing.T) {
	t.Parallel()
	d := quick()
	pkg := offered(t, d, newBench(t, []quecplatform.Plan{firmwarePlan()}))
	newModule := func(t testing.TB, orders ...string) devicetest.Device {
		return newBench(t, []quecplatform.Plan{firmwarePlan()}, orders...)
	}
	suite := devicetest.Suite{
		Driver:       reaching{d, access("mcu_link:pass_on").Platform},
		New:          newModule,
		Package:      func(testing.TB) *packages.Package { return pkg },
		Method:       devices.Plan,
		Return:       6 * time.Second,
		Program:      func(d devicetest.Device) bool { return d.(*bench).State().ProgramRuns },
		Engine:       onCables("module", newModule),
		ProgramOrder: "program",
		Faults: []devicetest.Fault{
			{Name: "N1 no platform", Order: "platform-error=17929", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "C1 refuses to accept", Order: "action-fails", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "N5 download fails five times", Order: "download-error", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "D8 the loader refuses", Order: "verify-fails", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "D9 event storm", Order: "event-storm", Fails: devicetest.StepNever},
			{Name: "D9 plan of eight values", Order: "plan-shape=eight", Fails: devicetest.StepNever},
			{Name: "D9 plan in the guide's order", Order: "plan-shape=prose", Fails: devicetest.StepNever},
			{Name: "D9 plan of texts", Order: "plan-shape=text", Fails: devicetest.StepNever},
			{Name: "D9 no plan at all", Order: "plan-shape=nonsense", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Protocol}},
			{Name: "D9 the result never comes", Order: "no-callback", Fails: devicetest.StepNever},
			{Name: "D10 the result is false", Order: "result-false", Fails: devicetest.StepNever},
			{Name: "D11 power cut while it fetches", Order: "die-at=9000", Fails: devicetest.StepInstalled},
			{Name: "D12 boots the old version", Order: "old-version", Fails: devicetest.StepInstalled},
			{Name: "D2 never returns", Order: "never-returns", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
			{Name: "D2 restarts three times", Order: "restarts=3", Fails: devicetest.StepNever},
			{Name: "D3 another module returns", Order: "other-imei", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
			{Name: "D5 noise", Order: "noise=100ms", Fails: devicetest.StepNever},
		},
	}
	suite.Run(t)
}
