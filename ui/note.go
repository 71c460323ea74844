package ui

import "fotabench/devices"

// The pages and what they are about.
const (
	noteUpgrade      devices.Code = "ui.upgrade"
	noteHistory      devices.Code = "ui.history"
	noteSettings     devices.Code = "ui.settings"
	noteUpgradeTitle devices.Code = "ui.upgrade.title"
	noteUpgradeHow   devices.Code = "ui.upgrade.how"
	noteHistoryHow   devices.Code = "ui.history.how"
	noteNoHistory    devices.Code = "ui.history.none"
	noteUnderWay     devices.Code = "ui.history.underway"
	noteAltered      devices.Code = "ui.history.altered"
	noteTrouble      devices.Code = "ui.trouble"
	noteUnknown      devices.Code = "ui.unknown"
	noteUnstated     devices.Code = "ui.unstated"
	noteNeeded       devices.Code = "ui.needed"
)

// Why there is no window.
const (
	noteNoOpenGL devices.Code = "ui.noopengl"
)

// The three choices.
const (
	noteReady        devices.Code = "ui.ready"
	noteDevice       devices.Code = "ui.device"
	notePackage      devices.Code = "ui.package"
	noteDelivery     devices.Code = "ui.delivery"
	noteNoneChosen   devices.Code = "ui.none"
	noteHowMany      devices.Code = "ui.present"
	noteRuns         devices.Code = "ui.runs"
	noteSimulated    devices.Code = "ui.simulated"
	notePorts        devices.Code = "ui.ports"
	noteDownloadMode devices.Code = "ui.downloadmode"
	noteDropHere     devices.Code = "ui.drop"
	noteFiles        devices.Code = "ui.files"
	noteAlso         devices.Code = "ui.also"
	noteNoURL        devices.Code = "ui.nourl"
)

// What stands before an upgrade.
const (
	noteBefore           devices.Code = "ui.before"
	noteSumHeld          devices.Code = "ui.sum.held"
	noteSumLooks         devices.Code = "ui.sum.looks"
	noteSumStops         devices.Code = "ui.sum.stops"
	noteJournal          devices.Code = "ui.row.journal"
	noteNotBooted        devices.Code = "ui.row.notbooted"
	noteChooseDevice     devices.Code = "ui.row.device"
	noteChooseDeviceHow  devices.Code = "ui.row.device.how"
	noteGone             devices.Code = "ui.row.gone"
	noteGoneHow          devices.Code = "ui.row.gone.how"
	noteAsking           devices.Code = "ui.row.asking"
	noteNoDevice         devices.Code = "ui.row.nodevice"
	noteLocked           devices.Code = "ui.row.locked"
	noteOccupied         devices.Code = "ui.row.occupied"
	noteBusy             devices.Code = "ui.row.busy"
	noteDenied           devices.Code = "ui.row.denied"
	noteReading          devices.Code = "ui.row.reading"
	noteNoPackage        devices.Code = "ui.row.nopackage"
	noteChoosePackage    devices.Code = "ui.row.package"
	noteChoosePackageHow devices.Code = "ui.row.package.how"
	noteChecking         devices.Code = "ui.row.checking"
	noteAccepted         devices.Code = "ui.row.accepted"
	noteAcceptedSince    devices.Code = "ui.row.accepted.since"
	noteReason           devices.Code = "ui.reason"
	noteUntilInstall     devices.Code = "ui.untilinstall"
	noteNoStop           devices.Code = "ui.nostop"
	noteStopByRestart    devices.Code = "ui.stopbyrestart"
	noteNothingSent      devices.Code = "ui.nothingsent"
	noteForecast         devices.Code = "ui.forecast"
)

// What buttons do.
const (
	actDevice      devices.Code = "ui.act.device"
	actPackage     devices.Code = "ui.act.package"
	actSimulate    devices.Code = "ui.act.simulate"
	actAdd         devices.Code = "ui.act.add"
	actAgain       devices.Code = "ui.act.again"
	actStopProgram devices.Code = "ui.act.stopprogram"
	actPassword    devices.Code = "ui.act.password"
	actUnlock      devices.Code = "ui.act.unlock"
	actCopyRule    devices.Code = "ui.act.copyrule"
	actCopyCommand devices.Code = "ui.act.copycommand"
	actAgree       devices.Code = "ui.act.agree"
	actDisagree    devices.Code = "ui.act.disagree"
	actDetails     devices.Code = "ui.act.details"
	actCopy        devices.Code = "ui.act.copy"
	actSave        devices.Code = "ui.act.save"
	actSaveReport  devices.Code = "ui.act.savereport"
	actLog         devices.Code = "ui.act.log"
	actAnother     devices.Code = "ui.act.another"
	actTryAgain    devices.Code = "ui.act.tryagain"
	actRead        devices.Code = "ui.act.read"
	actClose       devices.Code = "ui.act.close"
	actDone        devices.Code = "ui.act.done"
	actUse         devices.Code = "ui.act.use"
	actBrowse      devices.Code = "ui.act.browse"
	actMore        devices.Code = "ui.act.more"
	actCompare     devices.Code = "ui.act.compare"
	actStay        devices.Code = "ui.act.stay"
	actQuit        devices.Code = "ui.act.quit"
	actCloseCase   devices.Code = "ui.act.closecase"
	actOpenFolder  devices.Code = "ui.act.openfolder"
)

// The menu.
const (
	menuFile     devices.Code = "ui.menu.file"
	menuDevice   devices.Code = "ui.menu.device"
	menuUpgrade  devices.Code = "ui.menu.upgrade"
	menuView     devices.Code = "ui.menu.view"
	menuHelp     devices.Code = "ui.menu.help"
	menuPackage  devices.Code = "ui.menu.package"
	menuSave     devices.Code = "ui.menu.save"
	menuQuit     devices.Code = "ui.menu.quit"
	menuChoose   devices.Code = "ui.menu.choose"
	menuAgain    devices.Code = "ui.menu.again"
	menuSimulate devices.Code = "ui.menu.simulate"
	menuMethod   devices.Code = "ui.menu.method"
	menuStart    devices.Code = "ui.menu.start"
	menuCancel   devices.Code = "ui.menu.cancel"
	menuAnother  devices.Code = "ui.menu.another"
	menuKeys     devices.Code = "ui.menu.keys"
)

// The device sheet.
const (
	noteNoneHere    devices.Code = "ui.device.none"
	noteTyped       devices.Code = "ui.device.typed"
	noteItSays      devices.Code = "ui.device.says"
	noteItsPorts    devices.Code = "ui.device.ports"
	noteItCan       devices.Code = "ui.device.can"
	noteCan         devices.Code = "ui.device.possible"
	noteProved      devices.Code = "ui.device.proved"
	notePassword    devices.Code = "ui.device.password"
	noteSimulateHow devices.Code = "ui.simulate.how"
	noteNoFaults    devices.Code = "ui.simulate.none"
	noteMillivolts  devices.Code = "ui.millivolts"
	notePercent     devices.Code = "ui.percent"
	noteSignal      devices.Code = "ui.signal"
	noteBytes       devices.Code = "ui.bytes"
)

// The package sheet.
const (
	notePath        devices.Code = "ui.package.path"
	noteDigest      devices.Code = "ui.package.digest"
	noteSaysToo     devices.Code = "ui.package.same"
	noteSaysOther   devices.Code = "ui.package.other"
	noteTypedDigest devices.Code = "ui.package.typed"
	componentFOTA   devices.Code = "ui.component.FOTA"
	componentSOTA   devices.Code = "ui.component.SOTA"
	componentApp    devices.Code = "ui.component.app"
	kindFull        devices.Code = "ui.kind.full"
	kindDelta       devices.Code = "ui.kind.delta"
)

// The sheet of the delivery.
const (
	noteOwnHost     devices.Code = "ui.way.own"
	noteOtherHost   devices.Code = "ui.way.other"
	noteURL         devices.Code = "ui.way.url"
	notePEM         devices.Code = "ui.way.pem"
	notePlain       devices.Code = "ui.way.plain"
	noteBadListen   devices.Code = "ui.way.listen"
	noteOptions     devices.Code = "ui.way.options"
	noteHold        devices.Code = "ui.way.hold"
	noteByURL       devices.Code = "ui.way.byurl"
	noteExpect      devices.Code = "ui.way.expect"
	noteAllVersions devices.Code = "ui.tls.all"
	noteTLSNone     devices.Code = "ui.tls.none"
	noteTLSServer   devices.Code = "ui.tls.server"
	noteTLSBoth     devices.Code = "ui.tls.both"
)

// While an upgrade runs.
const (
	titleRunning     devices.Code = "ui.title.running"
	noteAmount       devices.Code = "ui.amount"
	noteSoFar        devices.Code = "ui.sofar"
	noteSpeed        devices.Code = "ui.speed"
	noteLeft         devices.Code = "ui.left"
	noteSince        devices.Code = "ui.since"
	noteRate         devices.Code = "ui.rate"
	noteHappened     devices.Code = "ui.happened"
	noteFilter       devices.Code = "ui.filter"
	noteOnlyTrouble  devices.Code = "ui.onlytrouble"
	noteAfterInstall devices.Code = "ui.afterinstall"
	noteKeepPower    devices.Code = "ui.keeppower"
	noteCancelling   devices.Code = "ui.cancelling"
	noteCancelDenied devices.Code = "ui.canceldenied"
	noteCancelLate   devices.Code = "ui.cancellate"
)

// What is true of the device meanwhile.
const (
	safetyUntouched devices.Code = "ui.safety.untouched"
	safetyNothing   devices.Code = "ui.safety.nothing"
	safetyAlone     devices.Code = "ui.safety.alone"
	safetyAnswering devices.Code = "ui.safety.answering"
	safetyWriting   devices.Code = "ui.safety.writing"
)

// How it ended; the last part is the engine's name.
const (
	titleVerified       devices.Code = "ui.title.verified"
	titleFailed         devices.Code = "ui.title.failed-old-version"
	titleUncertain      devices.Code = "ui.title.uncertain"
	titleCancelled      devices.Code = "ui.title.cancelled"
	titleRefused        devices.Code = "ui.title.refused"
	endedVerified       devices.Code = "ui.ended.verified"
	endedFailed         devices.Code = "ui.ended.failed-old-version"
	endedUncertain      devices.Code = "ui.ended.uncertain"
	endedCancelled      devices.Code = "ui.ended.cancelled"
	endedRefused        devices.Code = "ui.ended.refused"
	nextVerified        devices.Code = "ui.next.verified"
	nextFailed          devices.Code = "ui.next.failed-old-version"
	nextUncertain       devices.Code = "ui.next.uncertain"
	nextCancelled       devices.Code = "ui.next.cancelled"
	nextRefused         devices.Code = "ui.next.refused"
	noteNext            devices.Code = "ui.next"
	noteNowRuns         devices.Code = "ui.nowruns"
	noteSaidSo          devices.Code = "ui.saidso"
	noteSaidSoElsewhere devices.Code = "ui.saidso.elsewhere"
	noteSame            devices.Code = "ui.same"
	noteHashStated      devices.Code = "ui.hash.stated"
	noteHashOpened      devices.Code = "ui.hash.opened"
	noteHashSent        devices.Code = "ui.hash.sent"
	noteHashHeld        devices.Code = "ui.hash.held"
	noteTimes           devices.Code = "ui.times"
	noteTook            devices.Code = "ui.took"
	noteKept            devices.Code = "ui.kept"
	noteNoReport        devices.Code = "ui.noreport"
)

// What closing the window means while an upgrade runs; the last part is the engine's name.
const (
	noteNotNow    devices.Code = "ui.notnow"
	noteQuit      devices.Code = "ui.quit"
	quitSafe      devices.Code = "ui.quit.safe"
	quitCleanUp   devices.Code = "ui.quit.cleanUp"
	quitAsk       devices.Code = "ui.quit.ask"
	quitByRestart devices.Code = "ui.quit.byRestart"
	quitRefused   devices.Code = "ui.quit.refused"
	quitWatching  devices.Code = "ui.quit.watching"
	quitNothing   devices.Code = "ui.quit.nothing"
)

// Open cases.
const (
	noteCase    devices.Code = "ui.case"
	noteCases   devices.Code = "ui.cases"
	noteDismiss devices.Code = "ui.case.dismiss"
)

// Settings and keys.
const (
	noteSystem devices.Code = "ui.look.lang.system"
	lookSystem devices.Code = "ui.look.system"
	lookLight  devices.Code = "ui.look.light"
	lookDark   devices.Code = "ui.look.dark"
	noteKeys   devices.Code = "ui.keys"
)

// Names of values.
const (
	labelModel      devices.Code = "ui.label.model"
	labelIMEI       devices.Code = "ui.label.imei"
	labelSerial     devices.Code = "ui.label.serial"
	labelFirmware   devices.Code = "ui.label.firmware"
	labelRuntime    devices.Code = "ui.label.runtime"
	labelSupply     devices.Code = "ui.label.supply"
	labelSignal     devices.Code = "ui.label.signal"
	labelFree       devices.Code = "ui.label.free"
	labelFaults     devices.Code = "ui.label.faults"
	labelClaims     devices.Code = "ui.label.claims"
	labelComponent  devices.Code = "ui.label.component"
	labelKind       devices.Code = "ui.label.kind"
	labelFrom       devices.Code = "ui.label.from"
	labelTo         devices.Code = "ui.label.to"
	labelModels     devices.Code = "ui.label.models"
	labelMinBattery devices.Code = "ui.label.minbattery"
	labelMinSignal  devices.Code = "ui.label.minsignal"
	labelTrust      devices.Code = "ui.label.trust"
	labelExpect     devices.Code = "ui.label.expect"
	labelListen     devices.Code = "ui.label.listen"
	labelURLs       devices.Code = "ui.label.urls"
	labelUser       devices.Code = "ui.label.user"
	labelPassword   devices.Code = "ui.label.password"
	labelOriginCA   devices.Code = "ui.label.originca"
	labelAPN        devices.Code = "ui.label.apn"
	labelAPNType    devices.Code = "ui.label.apntype"
	labelCA         devices.Code = "ui.label.ca"
	labelCert       devices.Code = "ui.label.cert"
	labelKey        devices.Code = "ui.label.key"
	labelTLSVersion devices.Code = "ui.label.tlsversion"
	labelTLSLevel   devices.Code = "ui.label.tlslevel"
	labelOutcome    devices.Code = "ui.label.outcome"
	labelStarted    devices.Code = "ui.label.started"
	labelPackage    devices.Code = "ui.label.package"
	labelMethod     devices.Code = "ui.label.method"
	labelBefore     devices.Code = "ui.label.before"
	labelAfter      devices.Code = "ui.label.after"
	labelFailure    devices.Code = "ui.label.failure"
	labelSettled    devices.Code = "ui.label.settled"
	labelLanguage   devices.Code = "ui.label.language"
	labelLook       devices.Code = "ui.label.look"
	labelFolder     devices.Code = "ui.label.folder"
	labelVersion    devices.Code = "ui.label.version"
)

// The bench page.
const (
	noteBench          devices.Code = "ui.bench"
	noteBenchHow       devices.Code = "ui.bench.how"
	noteGuests         devices.Code = "ui.bench.guests"
	noteNoGuests       devices.Code = "ui.bench.none"
	noteDeskCounts     devices.Code = "ui.bench.counts"
	noteTurning        devices.Code = "ui.bench.turning"
	noteNotOn          devices.Code = "ui.bench.noton"
	noteServiceOff     devices.Code = "ui.bench.off"
	noteServiceOn      devices.Code = "ui.bench.on"
	noteGiveAddress    devices.Code = "ui.bench.give"
	noteAgo            devices.Code = "ui.bench.ago"
	notePlanHow        devices.Code = "ui.bench.plan.how"
	notePlanNobody     devices.Code = "ui.bench.plan.nobody"
	notePlanPackage    devices.Code = "ui.bench.plan.package"
	notePlanFile       devices.Code = "ui.bench.plan.file"
	notePlanFromFile   devices.Code = "ui.bench.plan.fromfile"
	noteFleetHow       devices.Code = "ui.bench.fleet.how"
	noteFleetOff       devices.Code = "ui.bench.fleet.off"
	noteFleetCount     devices.Code = "ui.bench.fleet.count"
	actOn              devices.Code = "ui.act.on"
	actOff             devices.Code = "ui.act.off"
	actPlan            devices.Code = "ui.act.plan"
	actFleet           devices.Code = "ui.act.fleet"
	actUpgradeThis     devices.Code = "ui.act.upgradethis"
	actCopyAddress     devices.Code = "ui.act.copyaddress"
	labelServiceListen devices.Code = "ui.label.service.listen"
	labelBroker        devices.Code = "ui.label.service.broker"
	labelFleetKind     devices.Code = "ui.label.fleet.kind"
	labelFleetCount    devices.Code = "ui.label.fleet.count"
)
