package quecthing

import "fotabench/devices"

// What this driver remarks, and why it refuses. The comments name the arguments of the
// sentences.
const (
	NoteNotQuectel devices.Code = "quecthing.notquectel"
	NoteGarbled    devices.Code = "quecthing.garbled"
	NoteException  devices.Code = "quecthing.exception" // type, text
	NoteSpace      devices.Code = "quecthing.space"
	NoteSilent     devices.Code = "quecthing.silent" // seconds
	NoteOver       devices.Code = "quecthing.over"
	NoteUnproved   devices.Code = "quecthing.unproved"

	NoteNoQth    devices.Code = "quecthing.cap.qth"
	NoteNoQIOT   devices.Code = "quecthing.cap.qiot"
	NoteByPlan   devices.Code = "quecthing.cap.plan"
	NoteApp      devices.Code = "quecthing.cap.app"
	NoteNoOption devices.Code = "quecthing.cap.option"
	NoteLacks    devices.Code = "quecthing.cap.lacks" // what

	NoteMethod      devices.Code = "quecthing.method" // method
	NoteNoOffer     devices.Code = "quecthing.offer"
	NoteNoHandover  devices.Code = "quecthing.handover.none"    // component
	NoteNoVersion   devices.Code = "quecthing.handover.version" // component
	NoteHandover    devices.Code = "quecthing.handover.raised"  // type, text
	NoteVersionText devices.Code = "quecthing.handover.text"    // component, text

	NoteNoMCU devices.Code = "quecthing.mcu.none"   // component
	NoteMCU   devices.Code = "quecthing.mcu.failed" // component, text

	NoteAPN       devices.Code = "quecthing.connect.apn"
	NotePart      devices.Code = "quecthing.connect.part"
	NoteInit      devices.Code = "quecthing.connect.init"
	NoteProduct   devices.Code = "quecthing.connect.product"
	NoteServer    devices.Code = "quecthing.connect.server"
	NoteStart     devices.Code = "quecthing.connect.start"
	NoteUnreached devices.Code = "quecthing.connect.silent" // seconds
	NoteGone      devices.Code = "quecthing.gone"

	NoteRefused   devices.Code = "quecthing.refused"      // call
	NoteOddPlan   devices.Code = "quecthing.plan.odd"     // the device's words
	NoteSeveral   devices.Code = "quecthing.plan.several" // number, the others
	NoteWithdrawn devices.Code = "quecthing.plan.withdrawn"
	NoteChanged   devices.Code = "quecthing.plan.changed"  // what it is now
	NoteAccepted  devices.Code = "quecthing.plan.accepted" // name

	NoteLoading      devices.Code = "quecthing.fetch.started"
	NoteUpdating     devices.Code = "quecthing.fetch.updating"
	NoteVanished     devices.Code = "quecthing.fetch.vanished"
	NoteNoAddress    devices.Code = "quecthing.fetch.address" // seconds
	NoteStatus       devices.Code = "quecthing.fetch.status"  // HTTP status
	NoteDiffers      devices.Code = "quecthing.fetch.differs" // algorithm, computed, expected
	NoteBlock        devices.Code = "quecthing.fetch.block"   // offset told, offset awaited
	NoteResultBefore devices.Code = "quecthing.fetch.failed"  // component

	NoteCancelLate    devices.Code = "quecthing.cancel.late"
	NoteCancelDeaf    devices.Code = "quecthing.cancel.deaf"
	NoteCancelRestart devices.Code = "quecthing.cancel.restart"
	NoteStays         devices.Code = "quecthing.restart.stays"

	NoteHanding      devices.Code = "quecthing.hand.begun"    // component
	NoteHanded       devices.Code = "quecthing.hand.done"     // component, version
	NoteNoResult     devices.Code = "quecthing.result.none"   // seconds
	NoteResultBad    devices.Code = "quecthing.result.bad"    // component
	NoteResultFailed devices.Code = "quecthing.result.failed" // component
)
