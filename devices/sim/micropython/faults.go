package micropython

import (
	"fotabench/devices"
	"fotabench/devices/sim"
)

// The faults that can be ordered.
const (
	faultDieAt        = "die-at"
	faultWriteFails   = "write-fails"
	faultFlushFails   = "flush-fails"
	faultVerifyFails  = "verify-fails"
	faultRestartTakes = "restart-takes"
	faultNeverReturns = "never-returns"
	faultOtherPort    = "other-port"
	faultOtherIMEI    = "other-imei"
	faultOldVersion   = "old-version"
	faultVersionTail  = "version-tail"
	faultBootLoop     = "boot-loop"
	faultRestarts     = "restarts"
	faultNoise        = "noise"
	faultLose         = "lose"
	faultFlip         = "flip"
	faultDouble       = "double"
	faultRefuse       = "refuse"
	faultPassword     = "password"
	faultProgram      = "program"
	faultStubborn     = "stubborn-program"
	faultSilent       = "silent"
	faultNoRaw        = "no-raw"
	faultNoPaste      = "no-raw-paste"
	faultNoStdin      = "no-stdin"
	faultNoSpace      = "no-space"
	faultSpaceLie     = "space-lie"
	faultNoMemory     = "no-memory"
	faultDownload     = "download-error"
	faultStall        = "download-stalls"
	faultOddCallback  = "odd-callback"
	faultNoCallback   = "no-callback"
	faultBattery      = "battery"
	faultBatteryFalls = "battery-falls"
	faultSignal       = "signal"
	faultUnzipFails   = "unzip-fails"
	faultResetIgnored = "reset-ignored"
	faultPlatform     = "platform-error"
	faultEventStorm   = "event-storm"
	faultPlanShape    = "plan-shape"
	faultActionFails  = "action-fails"
	faultResultFalse  = "result-false"
)

// Codes of package words: what each fault does.
const (
	NoteNoInterpreter devices.Code = "sim.no.interpreter"

	HelpDieAt        devices.Code = "sim.fault.die-at"
	HelpWriteFails   devices.Code = "sim.fault.write-fails"
	HelpFlushFails   devices.Code = "sim.fault.flush-fails"
	HelpVerifyFails  devices.Code = "sim.fault.verify-fails"
	HelpRestartTakes devices.Code = "sim.fault.restart-takes"
	HelpNeverReturns devices.Code = "sim.fault.never-returns"
	HelpOtherPort    devices.Code = "sim.fault.other-port"
	HelpOtherIMEI    devices.Code = "sim.fault.other-imei"
	HelpOldVersion   devices.Code = "sim.fault.old-version"
	HelpVersionTail  devices.Code = "sim.fault.version-tail"
	HelpBootLoop     devices.Code = "sim.fault.boot-loop"
	HelpRestarts     devices.Code = "sim.fault.restarts"
	HelpNoise        devices.Code = "sim.fault.noise"
	HelpLose         devices.Code = "sim.fault.lose"
	HelpFlip         devices.Code = "sim.fault.flip"
	HelpDouble       devices.Code = "sim.fault.double"
	HelpRefuse       devices.Code = "sim.fault.refuse"
	HelpPassword     devices.Code = "sim.fault.password"
	HelpProgram      devices.Code = "sim.fault.program"
	HelpStubborn     devices.Code = "sim.fault.stubborn-program"
	HelpSilent       devices.Code = "sim.fault.silent"
	HelpNoRaw        devices.Code = "sim.fault.no-raw"
	HelpNoPaste      devices.Code = "sim.fault.no-raw-paste"
	HelpNoStdin      devices.Code = "sim.fault.no-stdin"
	HelpNoSpace      devices.Code = "sim.fault.no-space"
	HelpSpaceLie     devices.Code = "sim.fault.space-lie"
	HelpNoMemory     devices.Code = "sim.fault.no-memory"
	HelpDownload     devices.Code = "sim.fault.download-error"
	HelpStall        devices.Code = "sim.fault.download-stalls"
	HelpOddCallback  devices.Code = "sim.fault.odd-callback"
	HelpNoCallback   devices.Code = "sim.fault.no-callback"
	HelpBattery      devices.Code = "sim.fault.battery"
	HelpBatteryFalls devices.Code = "sim.fault.battery-falls"
	HelpSignal       devices.Code = "sim.fault.signal"
	HelpUnzipFails   devices.Code = "sim.fault.unzip-fails"
	HelpResetIgnored devices.Code = "sim.fault.reset-ignored"
	HelpPlatform     devices.Code = "sim.fault.platform-error"
	HelpEventStorm   devices.Code = "sim.fault.event-storm"
	HelpPlanShape    devices.Code = "sim.fault.plan-shape"
	HelpActionFails  devices.Code = "sim.fault.action-fails"
	HelpResultFalse  devices.Code = "sim.fault.result-false"
)

// FaultKinds lists what can be ordered from a module, in the order in which an
// upgrade meets it.
func FaultKinds() []sim.Kind {
	return []sim.Kind{
		{Name: faultSilent, Help: HelpSilent},
		{Name: faultProgram, Help: HelpProgram},
		{Name: faultStubborn, Help: HelpStubborn},
		{Name: faultRefuse, Help: HelpRefuse},
		{Name: faultPassword, Measure: sim.Text, Default: "123456", Help: HelpPassword},
		{Name: faultNoRaw, Help: HelpNoRaw},
		{Name: faultNoPaste, Help: HelpNoPaste},
		{Name: faultNoStdin, Help: HelpNoStdin},
		{Name: faultBattery, Measure: sim.Count, Default: "3300", Help: HelpBattery},
		{Name: faultBatteryFalls, Measure: sim.Count, Default: "3300", Help: HelpBatteryFalls},
		{Name: faultSignal, Measure: sim.Count, Default: "99", Help: HelpSignal},
		{Name: faultNoise, Measure: sim.Duration, Default: "200ms", Help: HelpNoise},
		{Name: faultLose, Measure: sim.Share, Default: "0.001", Help: HelpLose},
		{Name: faultFlip, Measure: sim.Share, Default: "0.001", Help: HelpFlip},
		{Name: faultDouble, Measure: sim.Share, Default: "0.001", Help: HelpDouble},
		{Name: faultNoSpace, Help: HelpNoSpace},
		{Name: faultSpaceLie, Measure: sim.Bytes, Default: "1048576", Help: HelpSpaceLie},
		{Name: faultNoMemory, Help: HelpNoMemory},
		{Name: faultDieAt, Measure: sim.Bytes, Default: "40960", Help: HelpDieAt},
		{Name: faultWriteFails, Measure: sim.Count, Default: "3", Help: HelpWriteFails},
		{Name: faultFlushFails, Help: HelpFlushFails},
		{Name: faultVerifyFails, Help: HelpVerifyFails},
		{Name: faultDownload, Measure: sim.Count, Default: "1004", Help: HelpDownload},
		{Name: faultStall, Measure: sim.Bytes, Default: "40960", Help: HelpStall},
		{Name: faultOddCallback, Help: HelpOddCallback},
		{Name: faultNoCallback, Help: HelpNoCallback},
		{Name: faultRestartTakes, Measure: sim.Duration, Default: "20s", Help: HelpRestartTakes},
		{Name: faultRestarts, Measure: sim.Count, Default: "3", Help: HelpRestarts},
		{Name: faultBootLoop, Measure: sim.Duration, Default: "3s", Help: HelpBootLoop},
		{Name: faultNeverReturns, Help: HelpNeverReturns},
		{Name: faultOtherPort, Help: HelpOtherPort},
		{Name: faultOtherIMEI, Measure: sim.Text, Default: "869000000000017", Help: HelpOtherIMEI},
		{Name: faultOldVersion, Help: HelpOldVersion},
		{Name: faultVersionTail, Measure: sim.Text, Default: "_01.003.01.003", Help: HelpVersionTail},
	}
}

// HaaSFaultKinds lists what can be ordered from a board with HaaS Python: the
// faults of every module, those of a cellular module's own parts being without
// effect, and two more. The value of unzip-fails is how many entries are unpacked
// before it does; download-error is taken as a negative number.
func HaaSFaultKinds() []sim.Kind {
	return append(
		FaultKinds(),
		sim.Kind{Name: faultUnzipFails, Measure: sim.Count, Default: "0", Help: HelpUnzipFails},
		sim.Kind{Name: faultResetIgnored, Help: HelpResetIgnored},
	)
}

// QuecThingFaultKinds lists what can be ordered from a module with QuecThing: the
// faults of every module and its own. The value of platform-error is the code of the
// failed login without its sign, that of plan-shape is six, prose, eight, text or
// nonsense.
func QuecThingFaultKinds() []sim.Kind {
	return append(
		FaultKinds(),
		sim.Kind{Name: faultPlatform, Measure: sim.Count, Default: "17921", Help: HelpPlatform},
		sim.Kind{Name: faultEventStorm, Measure: sim.Count, Default: "200", Help: HelpEventStorm},
		sim.Kind{Name: faultPlanShape, Measure: sim.Text, Default: "prose", Help: HelpPlanShape},
		sim.Kind{Name: faultActionFails, Help: HelpActionFails},
		sim.Kind{Name: faultResultFalse, Help: HelpResultFalse},
	)
}
