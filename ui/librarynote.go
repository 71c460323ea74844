package ui

import "fotabench/devices"

// The library page.
const (
	noteLibraryHow     devices.Code = "ui.library.how"
	noteLibraryNone    devices.Code = "ui.library.none"
	noteLibraryTrashed devices.Code = "shelf.trashed" // how many
	labelLacks         devices.Code = "shelf.label.lacks"
	noteTrashNone      devices.Code = "ui.library.trashnone"
	noteAsManifest     devices.Code = "ui.library.asmanifest" // what it says
	noteLibraryNoMatch devices.Code = "ui.library.nomatch"
	noteLibraryFilter  devices.Code = "ui.library.filter"
	noteAnyComponent   devices.Code = "ui.library.anycomponent"
	noteAnyStanding    devices.Code = "ui.library.anystanding"
	noteLibraryTrash   devices.Code = "ui.library.trash"
	noteLibraryDoing   devices.Code = "ui.library.doing"
	noteLibraryCount   devices.Code = "ui.library.count"
	noteCameFrom       devices.Code = "ui.library.camefrom"
	noteStatedBy       devices.Code = "ui.library.statedby"
	noteClaimBy        devices.Code = "ui.library.claimby"
	noteTypedBy        devices.Code = "ui.library.typedby"
	noteReleasedBy     devices.Code = "ui.library.releasedby"
	noteEditHow        devices.Code = "ui.library.edit.how"
	noteURLHow         devices.Code = "ui.library.url.how"
	noteReleaseHow     devices.Code = "ui.library.release.how"
	noteExportHow      devices.Code = "ui.library.export.how"
	noteRight          devices.Code = "ui.library.right"
	noteExported       devices.Code = "ui.library.exported"
	actImport          devices.Code = "ui.act.import"
	actFromURL         devices.Code = "ui.act.fromurl"
	actUseForUpgrade   devices.Code = "ui.act.useforupgrade"
	actVerifyAgain     devices.Code = "ui.act.verifyagain"
	actEdit            devices.Code = "ui.act.edit"
	actExport          devices.Code = "ui.act.export"
	actRelease         devices.Code = "ui.act.release"
	actWithdraw        devices.Code = "ui.act.withdraw"
	actRemove          devices.Code = "ui.act.remove"
	actUndo            devices.Code = "ui.act.undo"
	actOpenLibrary     devices.Code = "ui.act.openlibrary"
	labelStanding      devices.Code = "ui.label.standing"
	labelVerified      devices.Code = "ui.label.verified"
	labelAdded         devices.Code = "ui.label.added"
	labelName          devices.Code = "ui.label.name"
	noteElsewhere      devices.Code = "ui.elsewhere"
	noteSameBytes      devices.Code = "shelf.unchanged"      // when
	noteCountTrash     devices.Code = "shelf.count.trash"    // shown, all
	noteSignedLooking  devices.Code = "shelf.signed.looking" // –
	noteAddedHere      devices.Code = "shelf.told.added"     // name
	noteKnownHere      devices.Code = "shelf.told.known"     // name
	noteRemovedHere    devices.Code = "shelf.told.removed"   // name
	noteBackHere       devices.Code = "shelf.told.back"      // name
	noteLibraryUnread  devices.Code = "shelf.unread"         // –
	noteRefused        devices.Code = "shelf.refused"        // how many
	noteAddHow         devices.Code = "shelf.add.how"        // –
	noteAddApart       devices.Code = "shelf.add.apart"      // –
	noteAddWhole       devices.Code = "shelf.add.whole"      // –
	noteAddHalf        devices.Code = "shelf.add.half"       // file, what it lacks
	noteAddPerhaps     devices.Code = "shelf.add.perhaps"    // file, what it may lack
	noteAddNamed       devices.Code = "shelf.add.named"      // file, what its manifest names
	noteTypedHash      devices.Code = "shelf.edit.digest"    // –
	labelURLLines      devices.Code = "shelf.label.urls"
	labelDigest        devices.Code = "shelf.label.digest"
	labelModule        devices.Code = "shelf.label.module"
	labelSigned        devices.Code = "shelf.label.signed"
	actDropFile        devices.Code = "shelf.act.dropfile"
	actDownload        devices.Code = "shelf.act.download"
	actExportNow       devices.Code = "shelf.act.export"
	actReleaseNow      devices.Code = "shelf.act.release"
	actSaveEntry       devices.Code = "shelf.act.save"
	actDismiss         devices.Code = "shelf.act.dismiss"
)
