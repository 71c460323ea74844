package alinkdevice

import (
	"fotabench/devices"
	"fotabench/devices/sim"
)

// The faults that can be ordered.
const (
	faultBadPassword   = "bad-password"
	faultNonJSONInform = "non-json-inform"
	faultOfflineAtPush = "offline-at-push"
	faultProgressStorm = "progress-storm"
	faultStall         = "stall"
	faultSlow          = "slow"
	faultCuts          = "cuts"
	faultWrongCRCOnce  = "wrong-crc-once"
	faultRestartAt     = "restart-at"
	faultWrongHash     = "wrong-hash"
	faultKeepsOld      = "keeps-old"
	faultNeverReturns  = "never-returns"
	faultNoInform      = "no-inform"
	faultInformLate    = "inform-late"
)

// What each fault does, as codes of package words.
const (
	HelpBadPassword   devices.Code = "sim.alink.bad-password"
	HelpNonJSONInform devices.Code = "sim.alink.non-json-inform"
	HelpOfflineAtPush devices.Code = "sim.alink.offline-at-push"
	HelpProgressStorm devices.Code = "sim.alink.progress-storm"
	HelpStall         devices.Code = "sim.alink.stall"
	HelpSlow          devices.Code = "sim.alink.slow"
	HelpCuts          devices.Code = "sim.alink.cuts"
	HelpWrongCRCOnce  devices.Code = "sim.alink.wrong-crc-once"
	HelpRestartAt     devices.Code = "sim.alink.restart-at"
	HelpWrongHash     devices.Code = "sim.alink.wrong-hash"
	HelpKeepsOld      devices.Code = "sim.alink.keeps-old"
	HelpNeverReturns  devices.Code = "sim.alink.never-returns"
	HelpNoInform      devices.Code = "sim.alink.no-inform"
	HelpInformLate    devices.Code = "sim.alink.inform-late"
)

// FaultKinds lists what can be ordered from a device, in the order in which an
// upgrade meets it. The times of faults are taken as they are: Options.Pace
// does not scale them.
func FaultKinds() []sim.Kind {
	return []sim.Kind{
		{Name: faultBadPassword, Help: HelpBadPassword},
		{Name: faultNonJSONInform, Help: HelpNonJSONInform},
		{Name: faultOfflineAtPush, Measure: sim.Duration, Default: "30s", Help: HelpOfflineAtPush},
		{Name: faultProgressStorm, Measure: sim.Count, Default: "1000", Help: HelpProgressStorm},
		{Name: faultStall, Measure: sim.Duration, Default: "1m", Help: HelpStall},
		{Name: faultSlow, Measure: sim.Bytes, Default: "2048", Help: HelpSlow},
		{Name: faultCuts, Measure: sim.Count, Default: "3", Help: HelpCuts},
		{Name: faultWrongCRCOnce, Help: HelpWrongCRCOnce},
		{Name: faultRestartAt, Measure: sim.Bytes, Default: "40960", Help: HelpRestartAt},
		{Name: faultWrongHash, Help: HelpWrongHash},
		{Name: faultKeepsOld, Help: HelpKeepsOld},
		{Name: faultNeverReturns, Help: HelpNeverReturns},
		{Name: faultNoInform, Help: HelpNoInform},
		{Name: faultInformLate, Measure: sim.Duration, Default: "1m", Help: HelpInformLate},
	}
}
