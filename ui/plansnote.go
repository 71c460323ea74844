package ui

import "fotabench/devices"

// The page of the plans. The comment gives the Args of each.
const (
	notePlansHow       devices.Code = "ui.plans.how"
	noteNoPlans        devices.Code = "ui.plans.none"
	notePlansElsewhere devices.Code = "ui.plans.elsewhere"
	notePlansTried     devices.Code = "ui.plans.tried"
	notePlanCount      devices.Code = "ui.plans.count"   // state, done, all
	notePlanTotals     devices.Code = "ui.plans.totals"  // done, all, percent
	notePlanUnseen     devices.Code = "ui.plans.unseen"  // number
	notePlanPlaces     devices.Code = "ui.plans.places"  // ports
	notePlanDevices    devices.Code = "ui.plans.devices" // number
	notePlanAbout      devices.Code = "ui.plans.about"
	notePlanFilter     devices.Code = "ui.plans.filter"
	noteAnyStatus      devices.Code = "ui.plans.anystatus"
	noteNoPlanDevices  devices.Code = "ui.plans.nodevices"
	noteNoPlanFound    devices.Code = "ui.plans.nonefound"
	notePlanRunning    devices.Code = "ui.plans.running" // stage, percent
	notePlanSim        devices.Code = "ui.plans.simulated"
	notePlanAway       devices.Code = "ui.plans.away"
	notePlanHeard      devices.Code = "ui.plans.heard"   // version, when
	notePlanPreview    devices.Code = "ui.plans.preview" // would be upgraded, all
	notePlanAsks       devices.Code = "ui.plans.asks"    // the question
	notePlanDoing      devices.Code = "ui.plans.doing"   // what
	notePlanTrying     devices.Code = "ui.plans.trying"  // device
	noteActivateHow    devices.Code = "ui.plans.activate.how"
	noteActivateWhy    devices.Code = "ui.plans.activate.why"
	noteActivateReason devices.Code = "ui.plans.activate.reason"
	noteStopHow        devices.Code = "ui.plans.stop.how"
	noteDeletePlanHow  devices.Code = "ui.plans.delete.how" // name
	noteTrialHow       devices.Code = "ui.plans.trial.how"
	noteTrialNobody    devices.Code = "ui.plans.trial.nobody"
)

// What can be done with plans.
const (
	actNewPlan     devices.Code = "ui.act.newplan"
	actEditPlan    devices.Code = "ui.act.editplan"
	actTryNow      devices.Code = "ui.act.trynow"
	actActivateNow devices.Code = "ui.act.activatenow"
	actStopNow     devices.Code = "ui.act.stopnow"
	actTryPlan     devices.Code = "ui.act.tryplan"
	actPreview     devices.Code = "ui.act.previewplan"
	actActivate    devices.Code = "ui.act.activate"
	actPausePlan   devices.Code = "ui.act.pauseplan"
	actResumePlan  devices.Code = "ui.act.resumeplan"
	actStopPlan    devices.Code = "ui.act.stopplan"
	actDeletePlan  devices.Code = "ui.act.deleteplan"
	actExportPlan  devices.Code = "ui.act.exportplan"
	actRetryAll    devices.Code = "ui.act.retryall"
	actRetry       devices.Code = "ui.act.retry"
	actYes         devices.Code = "ui.act.yes"
	actNo          devices.Code = "ui.act.no"
	actReport      devices.Code = "ui.act.report"
	actSaveDraft   devices.Code = "ui.act.savedraft"
	actImportCSV   devices.Code = "ui.act.importcsv"
	actClear       devices.Code = "ui.act.clear"
	actUp          devices.Code = "ui.act.up"
	actDown        devices.Code = "ui.act.down"
	actTakeOut     devices.Code = "ui.act.takeout"
	actDiscard     devices.Code = "ui.act.discard"
	actKeepEditing devices.Code = "ui.act.keepediting"
)

// The form of a plan.
const (
	noteNewPlan       devices.Code = "ui.plans.form.new"
	noteEditPlan      devices.Code = "ui.plans.form.edit" // name
	labelPlanName     devices.Code = "ui.plans.form.name"
	labelAddPackage   devices.Code = "ui.plans.form.add"
	labelPlanExpect   devices.Code = "ui.plans.form.expect"
	labelPlanModels   devices.Code = "ui.plans.form.models"
	labelSources      devices.Code = "ui.plans.form.sources"
	labelAllow        devices.Code = "ui.plans.form.allow"
	labelDeny         devices.Code = "ui.plans.form.deny"
	labelRanges       devices.Code = "ui.plans.form.ranges"
	labelLeastBattery devices.Code = "ui.plans.form.battery"
	labelLeastSignal  devices.Code = "ui.plans.form.signal"
	labelZone         devices.Code = "ui.plans.form.zone"
	labelFromHour     devices.Code = "ui.plans.form.from"
	labelToHour       devices.Code = "ui.plans.form.to"
	labelConfirm      devices.Code = "ui.plans.form.confirm"
	labelTextEnglish  devices.Code = "ui.plans.form.english"
	labelTextChinese  devices.Code = "ui.plans.form.chinese"
	labelAtOnce       devices.Code = "ui.plans.form.parallel"
	labelStopAfter    devices.Code = "ui.plans.form.stopafter"
	labelPlanMethod   devices.Code = "ui.plans.form.method"
	labelPlanListen   devices.Code = "ui.plans.form.listen"
	noteStopPrograms  devices.Code = "ui.plans.form.stopprograms"
	noteSilent        devices.Code = "ui.plans.form.silent"
	noteConfirmed     devices.Code = "ui.plans.form.confirmed"
	noteOwnMethod     devices.Code = "ui.plans.form.own"
	notePlanWhat      devices.Code = "ui.plans.form.what"
	notePlanWho       devices.Code = "ui.plans.form.who"
	notePlanWhen      devices.Code = "ui.plans.form.when"
	notePlanTravel    devices.Code = "ui.plans.form.travel"
	noteOnePerLine    devices.Code = "ui.plans.form.perline"
	noteCommaList     devices.Code = "ui.plans.form.commas"
	noteRangeHint     devices.Code = "ui.plans.form.rangehint"
	noteZoneHint      devices.Code = "ui.plans.form.zonehint"
	noteTableEntries  devices.Code = "ui.plans.form.table"     // number
	noteTableRead     devices.Code = "ui.plans.form.tableread" // allow, deny, twice
	noteTableBad      devices.Code = "ui.plans.form.tablebad"  // number
	noteTableLine     devices.Code = "ui.plans.form.tableline" // line, why
	noteDraftSaved    devices.Code = "ui.plans.form.saved"     // number of faults
	noteNoNumber      devices.Code = "ui.plans.form.number"    // what was typed
	noteNoRange       devices.Code = "ui.plans.form.range"     // what was typed
	noteEmptyLibrary  devices.Code = "ui.plans.form.empty"
	noteDiscard       devices.Code = "ui.plans.form.discard"
)
