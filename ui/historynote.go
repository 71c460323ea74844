package ui

import "fotabench/devices"

// The words of the history's rows and filters.
const (
	noteAnyModel        devices.Code = "ui.history.anymodel"
	noteAnyTime         devices.Code = "ui.history.anytime"
	noteToday           devices.Code = "ui.history.today"
	noteWeek            devices.Code = "ui.history.week"
	noteMonth           devices.Code = "ui.history.month"
	noteDatesHow        devices.Code = "ui.history.dates"
	noteNoDate          devices.Code = "ui.history.nodate"
	noteChanging        devices.Code = "ui.history.changing"      // version before, target
	noteChangeUnknown   devices.Code = "ui.history.changeunknown" // the same
	noteUnchanged       devices.Code = "ui.history.unchanged"     // the same
	actWholeDevice      devices.Code = "ui.act.wholedevice"
	actBetween          devices.Code = "ui.act.between"
	actLookFor          devices.Code = "ui.act.lookfor"
	labelSince          devices.Code = "ui.label.since"
	labelUntil          devices.Code = "ui.label.until"
	labelPlanOf         devices.Code = "ui.label.planof"
	actReportPlan       devices.Code = "ui.act.reportplan"
	actReportOfPlan     devices.Code = "ui.act.reportofplan"
	labelReportLanguage devices.Code = "ui.label.reportlanguage"
	noteFileKept        devices.Code = "ui.filekept"
	noteKeptAt          devices.Code = "ui.filekept.at"    // path
	noteKeptCheck       devices.Code = "ui.filekept.check" // path
	noteKeptUnsigned    devices.Code = "ui.filekept.unsigned"
	labelRuleOf         devices.Code = "ui.label.ruleof"
	labelOverride       devices.Code = "ui.label.overridden"
)

// The marks of devices that were not surely real ones, and what that means.
const (
	noteSimulatedMark   devices.Code = "ui.history.simulated"
	notePerhapsMark     devices.Code = "ui.history.perhaps"
	noteSimulatedProves devices.Code = "ui.history.simulated.proves"
	notePerhapsProves   devices.Code = "ui.history.perhaps.proves"
)
