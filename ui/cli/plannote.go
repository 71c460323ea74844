package cli

import "fotabench/devices"

// What the plan verbs tell. The comment gives the Args of each.
const (
	PlanNone      devices.Code = "cli.plan.none"      // –
	PlanCreated   devices.Code = "cli.plan.created"   // name, id
	PlanEdited    devices.Code = "cli.plan.edited"    // name, id
	PlanDeleted   devices.Code = "cli.plan.deleted"   // name, id
	PlanActivated devices.Code = "cli.plan.activated" // name, id
	PlanPaused    devices.Code = "cli.plan.paused"    // name, id
	PlanResumed   devices.Code = "cli.plan.resumed"   // name, id
	PlanStopped   devices.Code = "cli.plan.stopped"   // name, id
	PlanRetried   devices.Code = "cli.plan.retried"   // name, id
	PlanAnswered  devices.Code = "cli.plan.answered"  // name, id
	PlanUnready   devices.Code = "cli.plan.unready"   // number of fields
	PlanImported  devices.Code = "cli.plan.imported"  // allow, deny, twice
	PlanBadRows   devices.Code = "cli.plan.badrows"   // number
	PlanBadRow    devices.Code = "cli.plan.badrow"    // line, why
	PlanExported  devices.Code = "cli.plan.exported"  // number, path
	PlanTotals    devices.Code = "cli.plan.totals"    // done, all, percent
	PlanUnseen    devices.Code = "cli.plan.unseen"    // number
	PlanRuns      devices.Code = "cli.plan.runs"      // number of plans
	PlanNothing   devices.Code = "cli.plan.nothing"   // –
	PlanAsks      devices.Code = "cli.plan.asks"      // the question, plan, device
	PlanUnknown   devices.Code = "cli.plan.unknown"   // address, why
	PlanEnding    devices.Code = "cli.plan.ending"    // –
	PlanLines     devices.Code = "cli.plan.lines"     // what was typed
	PlanPreview   devices.Code = "cli.plan.preview"   // would be upgraded, all
	PlanTrial     devices.Code = "cli.plan.trial"     // device
	PlanWaits     devices.Code = "cli.plan.waits"     // seconds
)
