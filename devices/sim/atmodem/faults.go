package atmodem

import (
	"fotabench/devices"
	"fotabench/devices/sim"
)

// The faults that can be ordered.
const (
	faultSilent        = "silent"
	faultNoSIM         = "no-sim"
	faultNoFOTA        = "no-fota"
	faultLostOK        = "lost-ok"
	faultHangs         = "hangs"
	faultBusy          = "busy"
	faultLate          = "late"
	faultStorm         = "storm"
	faultURCFirst      = "urc-first"
	faultURCElsewhere  = "urc-elsewhere"
	faultNoise         = "noise"
	faultSplit         = "split"
	faultMerge         = "merge"
	faultLose          = "lose"
	faultFlip          = "flip"
	faultDouble        = "double"
	faultInsert        = "insert"
	faultBattery       = "battery"
	faultBatteryFalls  = "battery-falls"
	faultSignal        = "signal"
	faultSignalFalls   = "signal-falls"
	faultNoConnect     = "no-connect"
	faultNoSpace       = "no-space"
	faultSpaceLie      = "space-lie"
	faultUploadStalls  = "upload-stalls"
	faultNoAcks        = "no-acks"
	faultWrongSum      = "wrong-sum"
	faultDieAt         = "die-at"
	faultStall         = "download-stalls"
	faultDownloadEnd   = "download-end"
	faultRetry         = "retry"
	faultEnd           = "end"
	faultNoStart       = "no-start"
	faultEarlyReady    = "early-ready"
	faultUpdatePID     = "update-pid"
	faultOddPercent    = "odd-percent"
	faultBrokenURC     = "broken-urc"
	faultDiesAtPercent = "dies-at-percent"
	faultRestartTakes  = "restart-takes"
	faultRestarts      = "restarts"
	faultBootLoop      = "boot-loop"
	faultNeverReturns  = "never-returns"
	faultDownloadMode  = "download-mode"
	faultOtherPort     = "other-port"
	faultOtherIMEI     = "other-imei"
	faultOldVersion    = "old-version"
	faultVersionTail   = "version-tail"
)

// Codes of package words: what each fault does.
const (
	HelpSilent        devices.Code = "sim.at.silent"
	HelpNoSIM         devices.Code = "sim.at.no-sim"
	HelpNoFOTA        devices.Code = "sim.at.no-fota"
	HelpLostOK        devices.Code = "sim.at.lost-ok"
	HelpHangs         devices.Code = "sim.at.hangs"
	HelpBusy          devices.Code = "sim.at.busy"
	HelpLate          devices.Code = "sim.at.late"
	HelpStorm         devices.Code = "sim.at.storm"
	HelpURCFirst      devices.Code = "sim.at.urc-first"
	HelpURCElsewhere  devices.Code = "sim.at.urc-elsewhere"
	HelpNoise         devices.Code = "sim.at.noise"
	HelpSplit         devices.Code = "sim.at.split"
	HelpMerge         devices.Code = "sim.at.merge"
	HelpLose          devices.Code = "sim.at.lose"
	HelpFlip          devices.Code = "sim.at.flip"
	HelpDouble        devices.Code = "sim.at.double"
	HelpInsert        devices.Code = "sim.at.insert"
	HelpBattery       devices.Code = "sim.at.battery"
	HelpBatteryFalls  devices.Code = "sim.at.battery-falls"
	HelpSignal        devices.Code = "sim.at.signal"
	HelpSignalFalls   devices.Code = "sim.at.signal-falls"
	HelpNoConnect     devices.Code = "sim.at.no-connect"
	HelpNoSpace       devices.Code = "sim.at.no-space"
	HelpSpaceLie      devices.Code = "sim.at.space-lie"
	HelpUploadStalls  devices.Code = "sim.at.upload-stalls"
	HelpNoAcks        devices.Code = "sim.at.no-acks"
	HelpWrongSum      devices.Code = "sim.at.wrong-sum"
	HelpDieAt         devices.Code = "sim.at.die-at"
	HelpStall         devices.Code = "sim.at.download-stalls"
	HelpDownloadEnd   devices.Code = "sim.at.download-end"
	HelpRetry         devices.Code = "sim.at.retry"
	HelpEnd           devices.Code = "sim.at.end"
	HelpNoStart       devices.Code = "sim.at.no-start"
	HelpEarlyReady    devices.Code = "sim.at.early-ready"
	HelpUpdatePID     devices.Code = "sim.at.update-pid"
	HelpOddPercent    devices.Code = "sim.at.odd-percent"
	HelpBrokenURC     devices.Code = "sim.at.broken-urc"
	HelpDiesAtPercent devices.Code = "sim.at.dies-at-percent"
	HelpRestartTakes  devices.Code = "sim.at.restart-takes"
	HelpRestarts      devices.Code = "sim.at.restarts"
	HelpBootLoop      devices.Code = "sim.at.boot-loop"
	HelpNeverReturns  devices.Code = "sim.at.never-returns"
	HelpDownloadMode  devices.Code = "sim.at.download-mode"
	HelpOtherPort     devices.Code = "sim.at.other-port"
	HelpOtherIMEI     devices.Code = "sim.at.other-imei"
	HelpOldVersion    devices.Code = "sim.at.old-version"
	HelpVersionTail   devices.Code = "sim.at.version-tail"
)

// FaultKinds lists what can be ordered from a module, in the order in which an
// upgrade meets it.
func FaultKinds() []sim.Kind {
	return []sim.Kind{
		{Name: faultSilent, Help: HelpSilent},
		{Name: faultNoSIM, Help: HelpNoSIM},
		{Name: faultNoFOTA, Help: HelpNoFOTA},
		{Name: faultLostOK, Help: HelpLostOK},
		{Name: faultHangs, Measure: sim.Count, Default: "3", Help: HelpHangs},
		{Name: faultBusy, Measure: sim.Count, Default: "2", Help: HelpBusy},
		{Name: faultLate, Measure: sim.Duration, Default: "1s", Help: HelpLate},
		{Name: faultStorm, Help: HelpStorm},
		{Name: faultURCFirst, Help: HelpURCFirst},
		{Name: faultURCElsewhere, Help: HelpURCElsewhere},
		{Name: faultNoise, Measure: sim.Duration, Default: "200ms", Help: HelpNoise},
		{Name: faultSplit, Measure: sim.Bytes, Default: "1", Help: HelpSplit},
		{Name: faultMerge, Measure: sim.Duration, Default: "50ms", Help: HelpMerge},
		{Name: faultLose, Measure: sim.Share, Default: "0.001", Help: HelpLose},
		{Name: faultFlip, Measure: sim.Share, Default: "0.001", Help: HelpFlip},
		{Name: faultDouble, Measure: sim.Share, Default: "0.001", Help: HelpDouble},
		{Name: faultInsert, Measure: sim.Share, Default: "0.001", Help: HelpInsert},
		{Name: faultBattery, Measure: sim.Count, Default: "3300", Help: HelpBattery},
		{Name: faultBatteryFalls, Measure: sim.Count, Default: "3300", Help: HelpBatteryFalls},
		{Name: faultSignal, Measure: sim.Count, Default: "99", Help: HelpSignal},
		{Name: faultSignalFalls, Measure: sim.Count, Default: "99", Help: HelpSignalFalls},
		{Name: faultNoConnect, Help: HelpNoConnect},
		{Name: faultNoSpace, Measure: sim.Count, Default: "420", Help: HelpNoSpace},
		{Name: faultSpaceLie, Measure: sim.Bytes, Default: "1048576", Help: HelpSpaceLie},
		{Name: faultUploadStalls, Measure: sim.Bytes, Default: "4096", Help: HelpUploadStalls},
		{Name: faultNoAcks, Help: HelpNoAcks},
		{Name: faultWrongSum, Help: HelpWrongSum},
		{Name: faultDieAt, Measure: sim.Bytes, Default: "40960", Help: HelpDieAt},
		{Name: faultStall, Measure: sim.Bytes, Default: "40960", Help: HelpStall},
		{Name: faultDownloadEnd, Measure: sim.Count, Default: "702", Help: HelpDownloadEnd},
		{Name: faultRetry, Measure: sim.Duration, Default: "2s", Help: HelpRetry},
		{Name: faultEnd, Measure: sim.Count, Default: "505", Help: HelpEnd},
		{Name: faultNoStart, Help: HelpNoStart},
		{Name: faultEarlyReady, Help: HelpEarlyReady},
		{Name: faultUpdatePID, Measure: sim.Text, Default: "0620", Help: HelpUpdatePID},
		{Name: faultOddPercent, Help: HelpOddPercent},
		{Name: faultBrokenURC, Help: HelpBrokenURC},
		{Name: faultDiesAtPercent, Measure: sim.Count, Default: "40", Help: HelpDiesAtPercent},
		{Name: faultRestartTakes, Measure: sim.Duration, Default: "20s", Help: HelpRestartTakes},
		{Name: faultRestarts, Measure: sim.Count, Default: "3", Help: HelpRestarts},
		{Name: faultBootLoop, Measure: sim.Duration, Default: "3s", Help: HelpBootLoop},
		{Name: faultNeverReturns, Help: HelpNeverReturns},
		{Name: faultDownloadMode, Help: HelpDownloadMode},
		{Name: faultOtherPort, Help: HelpOtherPort},
		{Name: faultOtherIMEI, Measure: sim.Text, Default: "869000000000017", Help: HelpOtherIMEI},
		{Name: faultOldVersion, Help: HelpOldVersion},
		{Name: faultVersionTail, Measure: sim.Text, Default: "_QTH", Help: HelpVersionTail},
	}
}
