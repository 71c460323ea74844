package ui

import "fotabench/devices"

// The pages and what they are about.
const (
	NoteUpgrade      devices.Code = "ui.upgrade"
	NoteHistory      devices.Code = "ui.history"
	NoteSettings     devices.Code = "ui.settings"
	NoteUpgradeTitle devices.Code = "ui.upgrade.title"
	NoteUpgradeHow   devices.Code = "ui.upgrade.how"
	NoteHistoryHow   devices.Code = "ui.history.how"
	NoteNoHistory    devices.Code = "ui.history.none"
	NoteUnderWay     devices.Code = "ui.history.underway"
	NoteAltered      devices.Code = "ui.history.altered"
	NoteTrouble      devices.Code = "ui.trouble"
	NoteUnknown      devices.Code = "ui.unknown"
	NoteUnstated     devices.Code = "ui.unstated"
	NoteNeeded       devices.Code = "ui.needed"
)

// The three choices.
const (
	NoteReady        devices.Code = "ui.ready"
	NoteDevice       devices.Code = "ui.device"
	NotePackage      devices.Code = "ui.package"
	NoteDelivery     devices.Code = "ui.delivery"
	NoteNoneChosen   devices.Code = "ui.none"
	NoteHowMany      devices.Code = "ui.present"
	NoteRuns         devices.Code = "ui.runs"
	NoteSimulated    devices.Code = "ui.simulated"
	NotePorts        devices.Code = "ui.ports"
	NoteDownloadMode devices.Code = "ui.downloadmode"
	NoteDropHere     devices.Code = "ui.drop"
	NoteFiles        devices.Code = "ui.files"
	NoteAlso         devices.Code = "ui.also"
	NoteNoURL        devices.Code = "ui.nourl"
)

// How a package travels; the last part is the engine's name.
const (
	NoteLocal      devices.Code = "ui.method.local"
	NoteHTTP       devices.Code = "ui.method.http"
	NoteFTP        devices.Code = "ui.method.ftp"
	NoteLocalShort devices.Code = "ui.method.local.short"
	NoteHTTPShort  devices.Code = "ui.method.http.short"
	NoteFTPShort   devices.Code = "ui.method.ftp.short"
	NoteLocalHow   devices.Code = "ui.method.local.how"
	NoteHTTPHow    devices.Code = "ui.method.http.how"
	NoteFTPHow     devices.Code = "ui.method.ftp.how"
)

// What stands before an upgrade.
const (
	NoteBefore           devices.Code = "ui.before"
	NoteSumHeld          devices.Code = "ui.sum.held"
	NoteSumLooks         devices.Code = "ui.sum.looks"
	NoteSumStops         devices.Code = "ui.sum.stops"
	NoteChooseDevice     devices.Code = "ui.row.device"
	NoteChooseDeviceHow  devices.Code = "ui.row.device.how"
	NoteGone             devices.Code = "ui.row.gone"
	NoteGoneHow          devices.Code = "ui.row.gone.how"
	NoteAsking           devices.Code = "ui.row.asking"
	NoteNoDevice         devices.Code = "ui.row.nodevice"
	NoteReading          devices.Code = "ui.row.reading"
	NoteNoPackage        devices.Code = "ui.row.nopackage"
	NoteChoosePackage    devices.Code = "ui.row.package"
	NoteChoosePackageHow devices.Code = "ui.row.package.how"
	NoteChecking         devices.Code = "ui.row.checking"
	NoteAccepted         devices.Code = "ui.row.accepted"
	NoteAcceptedSince    devices.Code = "ui.row.accepted.since"
	NoteReason           devices.Code = "ui.reason"
	NoteUntilInstall     devices.Code = "ui.untilinstall"
	NoteNothingSent      devices.Code = "ui.nothingsent"
	NoteForecast         devices.Code = "ui.forecast"
)

// The checks; the last part is the engine's name.
const (
	CheckIdentity  devices.Code = "ui.check.identity"
	CheckModel     devices.Code = "ui.check.model"
	CheckSource    devices.Code = "ui.check.source"
	CheckVersion   devices.Code = "ui.check.version"
	CheckMethod    devices.Code = "ui.check.method"
	CheckReach     devices.Code = "ui.check.reach"
	CheckSize      devices.Code = "ui.check.size"
	CheckSpace     devices.Code = "ui.check.space"
	CheckFiles     devices.Code = "ui.check.files"
	CheckHashes    devices.Code = "ui.check.hashes"
	CheckSignature devices.Code = "ui.check.signature"
	CheckBattery   devices.Code = "ui.check.battery"
	CheckSignal    devices.Code = "ui.check.signal"
	CheckUrl       devices.Code = "ui.check.url"
	CheckRepeat    devices.Code = "ui.check.repeat"
)

// What buttons do.
const (
	ActDevice      devices.Code = "ui.act.device"
	ActPackage     devices.Code = "ui.act.package"
	ActSimulate    devices.Code = "ui.act.simulate"
	ActAdd         devices.Code = "ui.act.add"
	ActAgain       devices.Code = "ui.act.again"
	ActStopProgram devices.Code = "ui.act.stopprogram"
	ActPassword    devices.Code = "ui.act.password"
	ActUnlock      devices.Code = "ui.act.unlock"
	ActCopyRule    devices.Code = "ui.act.copyrule"
	ActCopyCommand devices.Code = "ui.act.copycommand"
	ActAgree       devices.Code = "ui.act.agree"
	ActDisagree    devices.Code = "ui.act.disagree"
	ActDetails     devices.Code = "ui.act.details"
	ActCopy        devices.Code = "ui.act.copy"
	ActSave        devices.Code = "ui.act.save"
	ActSaveReport  devices.Code = "ui.act.savereport"
	ActLog         devices.Code = "ui.act.log"
	ActAnother     devices.Code = "ui.act.another"
	ActTryAgain    devices.Code = "ui.act.tryagain"
	ActClose       devices.Code = "ui.act.close"
	ActDone        devices.Code = "ui.act.done"
	ActUse         devices.Code = "ui.act.use"
	ActBrowse      devices.Code = "ui.act.browse"
	ActMore        devices.Code = "ui.act.more"
	ActCompare     devices.Code = "ui.act.compare"
	ActStay        devices.Code = "ui.act.stay"
	ActQuit        devices.Code = "ui.act.quit"
	ActCloseCase   devices.Code = "ui.act.closecase"
	ActOpenFolder  devices.Code = "ui.act.openfolder"
)

// The menu.
const (
	MenuFile     devices.Code = "ui.menu.file"
	MenuDevice   devices.Code = "ui.menu.device"
	MenuUpgrade  devices.Code = "ui.menu.upgrade"
	MenuView     devices.Code = "ui.menu.view"
	MenuHelp     devices.Code = "ui.menu.help"
	MenuPackage  devices.Code = "ui.menu.package"
	MenuSave     devices.Code = "ui.menu.save"
	MenuQuit     devices.Code = "ui.menu.quit"
	MenuChoose   devices.Code = "ui.menu.choose"
	MenuAgain    devices.Code = "ui.menu.again"
	MenuSimulate devices.Code = "ui.menu.simulate"
	MenuMethod   devices.Code = "ui.menu.method"
	MenuStart    devices.Code = "ui.menu.start"
	MenuCancel   devices.Code = "ui.menu.cancel"
	MenuAnother  devices.Code = "ui.menu.another"
	MenuKeys     devices.Code = "ui.menu.keys"
)

// The device sheet.
const (
	NoteNoneHere    devices.Code = "ui.device.none"
	NoteTyped       devices.Code = "ui.device.typed"
	NoteItSays      devices.Code = "ui.device.says"
	NoteItsPorts    devices.Code = "ui.device.ports"
	NoteItCan       devices.Code = "ui.device.can"
	NoteCan         devices.Code = "ui.device.possible"
	NoteProved      devices.Code = "ui.device.proved"
	NotePassword    devices.Code = "ui.device.password"
	NoteSimulateHow devices.Code = "ui.simulate.how"
	NoteNoFaults    devices.Code = "ui.simulate.none"
	NoteMillivolts  devices.Code = "ui.millivolts"
	NotePercent     devices.Code = "ui.percent"
	NoteSignal      devices.Code = "ui.signal"
	NoteBytes       devices.Code = "ui.bytes"
)

// What a port is for; the last part is the role's name.
const (
	RoleREPL     devices.Code = "ui.role.repl"
	RoleAT       devices.Code = "ui.role.at"
	RoleDiag     devices.Code = "ui.role.diag"
	RoleNMEA     devices.Code = "ui.role.nmea"
	RoleModem    devices.Code = "ui.role.modem"
	RoleDownload devices.Code = "ui.role.download"
)

// The package sheet.
const (
	NotePath        devices.Code = "ui.package.path"
	NoteDigest      devices.Code = "ui.package.digest"
	NoteSaysToo     devices.Code = "ui.package.same"
	NoteSaysOther   devices.Code = "ui.package.other"
	NoteTypedDigest devices.Code = "ui.package.typed"
	ComponentFOTA   devices.Code = "ui.component.FOTA"
	ComponentSOTA   devices.Code = "ui.component.SOTA"
	ComponentApp    devices.Code = "ui.component.app"
	KindFull        devices.Code = "ui.kind.full"
	KindDelta       devices.Code = "ui.kind.delta"
)

// The sheet of the delivery.
const (
	NoteOwnHost     devices.Code = "ui.way.own"
	NoteOtherHost   devices.Code = "ui.way.other"
	NoteURL         devices.Code = "ui.way.url"
	NotePEM         devices.Code = "ui.way.pem"
	NotePlain       devices.Code = "ui.way.plain"
	NoteBadListen   devices.Code = "ui.way.listen"
	NoteOptions     devices.Code = "ui.way.options"
	NoteHold        devices.Code = "ui.way.hold"
	NoteByURL       devices.Code = "ui.way.byurl"
	NoteExpect      devices.Code = "ui.way.expect"
	NoteAllVersions devices.Code = "ui.tls.all"
	NoteTLSNone     devices.Code = "ui.tls.none"
	NoteTLSServer   devices.Code = "ui.tls.server"
	NoteTLSBoth     devices.Code = "ui.tls.both"
)

// While an upgrade runs.
const (
	TitleRunning     devices.Code = "ui.title.running"
	NoteAmount       devices.Code = "ui.amount"
	NoteSoFar        devices.Code = "ui.sofar"
	NoteSpeed        devices.Code = "ui.speed"
	NoteLeft         devices.Code = "ui.left"
	NoteSince        devices.Code = "ui.since"
	NoteRate         devices.Code = "ui.rate"
	NoteHappened     devices.Code = "ui.happened"
	NoteFilter       devices.Code = "ui.filter"
	NoteOnlyTrouble  devices.Code = "ui.onlytrouble"
	NoteAfterInstall devices.Code = "ui.afterinstall"
	NoteKeepPower    devices.Code = "ui.keeppower"
	NoteCancelling   devices.Code = "ui.cancelling"
	NoteCancelDenied devices.Code = "ui.canceldenied"
	NoteCancelLate   devices.Code = "ui.cancellate"
)

// What each stage is about; the last part is the engine's name.
const (
	StageIdentify devices.Code = "ui.stage.identify"
	StageCheck    devices.Code = "ui.stage.check"
	StageDeliver  devices.Code = "ui.stage.deliver"
	StageVerify   devices.Code = "ui.stage.verify"
	StageInstall  devices.Code = "ui.stage.install"
	StageRestart  devices.Code = "ui.stage.restart"
	StageConfirm  devices.Code = "ui.stage.confirm"
)

// What is true of the device meanwhile.
const (
	SafetyUntouched devices.Code = "ui.safety.untouched"
	SafetyNothing   devices.Code = "ui.safety.nothing"
	SafetyAlone     devices.Code = "ui.safety.alone"
	SafetyAnswering devices.Code = "ui.safety.answering"
	SafetyWriting   devices.Code = "ui.safety.writing"
)

// How it ended; the last part is the engine's name.
const (
	TitleVerified       devices.Code = "ui.title.verified"
	TitleFailed         devices.Code = "ui.title.failed-old-version"
	TitleUncertain      devices.Code = "ui.title.uncertain"
	TitleCancelled      devices.Code = "ui.title.cancelled"
	TitleRefused        devices.Code = "ui.title.refused"
	EndedVerified       devices.Code = "ui.ended.verified"
	EndedFailed         devices.Code = "ui.ended.failed-old-version"
	EndedUncertain      devices.Code = "ui.ended.uncertain"
	EndedCancelled      devices.Code = "ui.ended.cancelled"
	EndedRefused        devices.Code = "ui.ended.refused"
	NextVerified        devices.Code = "ui.next.verified"
	NextFailed          devices.Code = "ui.next.failed-old-version"
	NextUncertain       devices.Code = "ui.next.uncertain"
	NextCancelled       devices.Code = "ui.next.cancelled"
	NextRefused         devices.Code = "ui.next.refused"
	NoteNext            devices.Code = "ui.next"
	NoteNowRuns         devices.Code = "ui.nowruns"
	NoteSaidSo          devices.Code = "ui.saidso"
	NoteSaidSoElsewhere devices.Code = "ui.saidso.elsewhere"
	NoteSame            devices.Code = "ui.same"
	NoteHashStated      devices.Code = "ui.hash.stated"
	NoteHashOpened      devices.Code = "ui.hash.opened"
	NoteHashSent        devices.Code = "ui.hash.sent"
	NoteHashHeld        devices.Code = "ui.hash.held"
	NoteTimes           devices.Code = "ui.times"
	NoteTook            devices.Code = "ui.took"
	NoteKept            devices.Code = "ui.kept"
	NoteNoReport        devices.Code = "ui.noreport"
)

// What closing the window means while an upgrade runs; the last part is the engine's name.
const (
	NoteQuit      devices.Code = "ui.quit"
	QuitSafe      devices.Code = "ui.quit.safe"
	QuitCleanUp   devices.Code = "ui.quit.cleanUp"
	QuitAsk       devices.Code = "ui.quit.ask"
	QuitByRestart devices.Code = "ui.quit.byRestart"
	QuitRefused   devices.Code = "ui.quit.refused"
	QuitWatching  devices.Code = "ui.quit.watching"
	QuitNothing   devices.Code = "ui.quit.nothing"
)

// Open cases.
const (
	NoteCase    devices.Code = "ui.case"
	NoteDismiss devices.Code = "ui.case.dismiss"
)

// Settings and keys.
const (
	NoteSystem devices.Code = "ui.look.lang.system"
	LookSystem devices.Code = "ui.look.system"
	LookLight  devices.Code = "ui.look.light"
	LookDark   devices.Code = "ui.look.dark"
	NoteKeys   devices.Code = "ui.keys"
)

// Names of values.
const (
	LabelModel      devices.Code = "ui.label.model"
	LabelIMEI       devices.Code = "ui.label.imei"
	LabelSerial     devices.Code = "ui.label.serial"
	LabelFirmware   devices.Code = "ui.label.firmware"
	LabelRuntime    devices.Code = "ui.label.runtime"
	LabelSupply     devices.Code = "ui.label.supply"
	LabelSignal     devices.Code = "ui.label.signal"
	LabelFree       devices.Code = "ui.label.free"
	LabelFaults     devices.Code = "ui.label.faults"
	LabelClaims     devices.Code = "ui.label.claims"
	LabelComponent  devices.Code = "ui.label.component"
	LabelKind       devices.Code = "ui.label.kind"
	LabelFrom       devices.Code = "ui.label.from"
	LabelTo         devices.Code = "ui.label.to"
	LabelModels     devices.Code = "ui.label.models"
	LabelMinBattery devices.Code = "ui.label.minbattery"
	LabelMinSignal  devices.Code = "ui.label.minsignal"
	LabelTrust      devices.Code = "ui.label.trust"
	LabelExpect     devices.Code = "ui.label.expect"
	LabelListen     devices.Code = "ui.label.listen"
	LabelURLs       devices.Code = "ui.label.urls"
	LabelUser       devices.Code = "ui.label.user"
	LabelPassword   devices.Code = "ui.label.password"
	LabelOriginCA   devices.Code = "ui.label.originca"
	LabelAPN        devices.Code = "ui.label.apn"
	LabelAPNType    devices.Code = "ui.label.apntype"
	LabelCA         devices.Code = "ui.label.ca"
	LabelCert       devices.Code = "ui.label.cert"
	LabelKey        devices.Code = "ui.label.key"
	LabelTLSVersion devices.Code = "ui.label.tlsversion"
	LabelTLSLevel   devices.Code = "ui.label.tlslevel"
	LabelOutcome    devices.Code = "ui.label.outcome"
	LabelStarted    devices.Code = "ui.label.started"
	LabelPackage    devices.Code = "ui.label.package"
	LabelMethod     devices.Code = "ui.label.method"
	LabelBefore     devices.Code = "ui.label.before"
	LabelAfter      devices.Code = "ui.label.after"
	LabelFailure    devices.Code = "ui.label.failure"
	LabelSettled    devices.Code = "ui.label.settled"
	LabelLanguage   devices.Code = "ui.label.language"
	LabelLook       devices.Code = "ui.label.look"
	LabelFolder     devices.Code = "ui.label.folder"
	LabelVersion    devices.Code = "ui.label.version"
)
