package evidence

import "fotabench/devices"

// The words of a page.
const (
	noteTitle     devices.Code = "evidence.title"
	noteJob       devices.Code = "evidence.job"
	noteRunning   devices.Code = "evidence.running"
	noteMore      devices.Code = "evidence.more"
	noteSettled   devices.Code = "evidence.settled"
	noteSimulated devices.Code = "evidence.simulated"
	notePerhaps   devices.Code = "evidence.simulated.perhaps"
	noteTrial     devices.Code = "evidence.trial"
	noteData      devices.Code = "evidence.data"
	noteHowCheck  devices.Code = "evidence.howCheck"
	noteChain     devices.Code = "evidence.chain.whole"
	noteBroken    devices.Code = "evidence.chain.broken"
	notePage      devices.Code = "evidence.page"
	noteSpan      devices.Code = "evidence.span"
	noteBytes     devices.Code = "evidence.bytes"
	noteExact     devices.Code = "evidence.exact"
	noteRate      devices.Code = "evidence.rate"
	notePercent   devices.Code = "evidence.percent"
	noteVolts     devices.Code = "evidence.volts"
	noteEvents    devices.Code = "evidence.events"
	noteProgress  devices.Code = "evidence.progress"
)

// The titles of the sections.
const (
	partSummary devices.Code = "evidence.part.summary"
	partTime    devices.Code = "evidence.part.time"
	partDevice  devices.Code = "evidence.part.device"
	partPackage devices.Code = "evidence.part.package"
	partHashes  devices.Code = "evidence.part.hashes"
	partChecks  devices.Code = "evidence.part.checks"
	partStages  devices.Code = "evidence.part.stages"
	partAnswers devices.Code = "evidence.part.answers"
	partLog     devices.Code = "evidence.part.log"
	partProof   devices.Code = "evidence.part.proof"
)

// The labels of facts and columns.
const (
	labelDevice    devices.Code = "evidence.label.device"
	labelFrom      devices.Code = "evidence.label.from"
	labelTo        devices.Code = "evidence.label.to"
	labelReports   devices.Code = "evidence.label.reports"
	labelMethod    devices.Code = "evidence.label.method"
	labelStarted   devices.Code = "evidence.label.started"
	labelEnded     devices.Code = "evidence.label.ended"
	labelTook      devices.Code = "evidence.label.took"
	labelUser      devices.Code = "evidence.label.user"
	labelHost      devices.Code = "evidence.label.host"
	labelProgram   devices.Code = "evidence.label.program"
	labelSystem    devices.Code = "evidence.label.system"
	labelFailure   devices.Code = "evidence.label.failure"
	labelSaid      devices.Code = "evidence.label.said"
	labelPlan      devices.Code = "evidence.label.plan"
	labelOverride  devices.Code = "evidence.label.override"
	labelTrial     devices.Code = "evidence.label.trial"
	labelCode      devices.Code = "evidence.label.code"
	labelDetail    devices.Code = "evidence.label.detail"
	labelAddresses devices.Code = "evidence.label.addresses"
	labelField     devices.Code = "evidence.label.field"
	labelBefore    devices.Code = "evidence.label.before"
	labelAfter     devices.Code = "evidence.label.after"
	labelVendor    devices.Code = "evidence.label.vendor"
	labelModel     devices.Code = "evidence.label.model"
	labelIMEI      devices.Code = "evidence.label.imei"
	labelSerial    devices.Code = "evidence.label.serial"
	labelFirmware  devices.Code = "evidence.label.firmware"
	labelRuntime   devices.Code = "evidence.label.runtime"
	labelSupply    devices.Code = "evidence.label.supply"
	labelBattery   devices.Code = "evidence.label.battery"
	labelSignal    devices.Code = "evidence.label.signal"
	labelFree      devices.Code = "evidence.label.free"
	labelPackage   devices.Code = "evidence.label.package"
	labelKind      devices.Code = "evidence.label.kind"
	labelComponent devices.Code = "evidence.label.component"
	labelManifest  devices.Code = "evidence.label.manifest"
	labelModels    devices.Code = "evidence.label.models"
	labelURLs      devices.Code = "evidence.label.urls"
	labelFile      devices.Code = "evidence.label.file"
	labelSource    devices.Code = "evidence.label.source"
	labelAlgorithm devices.Code = "evidence.label.algorithm"
	labelValue     devices.Code = "evidence.label.value"
	labelCheck     devices.Code = "evidence.label.check"
	labelResult    devices.Code = "evidence.label.result"
	labelFact      devices.Code = "evidence.label.fact"
	labelAccepted  devices.Code = "evidence.label.accepted"
	labelStage     devices.Code = "evidence.label.stage"
	labelBegan     devices.Code = "evidence.label.began"
	labelAmount    devices.Code = "evidence.label.amount"
	labelRate      devices.Code = "evidence.label.rate"
	labelTime      devices.Code = "evidence.label.time"
	labelAddress   devices.Code = "evidence.label.address"
	labelAnswer    devices.Code = "evidence.label.answer"
	labelEvent     devices.Code = "evidence.label.event"
	labelHeld      devices.Code = "evidence.label.held"
)

// Where a digest comes from; {0} names who stated it, or the way.
const (
	sourceOpened devices.Code = "evidence.source.opened"
	sourceStated devices.Code = "evidence.source.stated"
	sourceTyped  devices.Code = "evidence.source.typed"
	sourceSent   devices.Code = "evidence.source.sent"
	sourceHeld   devices.Code = "evidence.source.held"
)

// The states of a check; the last part is the engine's name.
const (
	StateOK      devices.Code = "evidence.state.ok"
	StateWarn    devices.Code = "evidence.state.warn"
	StateFailed  devices.Code = "evidence.state.failed"
	StateSkipped devices.Code = "evidence.state.skipped"
	// StateUnasked: there is no signature, and nobody asks for one.
	StateUnasked devices.Code = "evidence.state.unasked"
	// StateUnproved: there is a signature, and nobody trusts its key.
	StateUnproved devices.Code = "evidence.state.unproved"
)
