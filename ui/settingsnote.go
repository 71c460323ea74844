package ui

import "fotabench/devices"

// The settings page.
const (
	noteSettingsLook    devices.Code = "ui.settings.look"
	noteSettingsFolders devices.Code = "ui.settings.folders"
	noteSettingsTrust   devices.Code = "ui.settings.trust"
	noteSettingsPorts   devices.Code = "ui.settings.ports"
	noteSettingsPoints  devices.Code = "ui.settings.points"
	noteSettingsTLS     devices.Code = "ui.settings.tls"
	noteSettingsProxy   devices.Code = "ui.settings.proxy"
	noteSettingsWait    devices.Code = "ui.settings.wait"
	noteWaitHow         devices.Code = "ui.settings.wait.how"
	// noteWaitTime: a choice of {0:long}.
	noteWaitTime        devices.Code = "ui.settings.wait.time"
	noteSettingsKept    devices.Code = "ui.settings.kept"
	noteSettingsAbout   devices.Code = "ui.settings.about"
	noteFoldersHow      devices.Code = "ui.settings.folders.how"
	noteTrustHow        devices.Code = "ui.settings.trust.how"
	notePortsHow        devices.Code = "ui.settings.ports.how"
	notePointsHow       devices.Code = "ui.settings.points.how"
	noteTLSFilesHow     devices.Code = "ui.settings.tls.how"
	noteProxyHow        devices.Code = "ui.settings.proxy.how"
	noteKeptHow         devices.Code = "ui.settings.kept.how"
	noteNotTaken        devices.Code = "ui.settings.nottaken" // what went wrong
	noteLeftOver        devices.Code = "ui.settings.left"     // how many
	noteSaved           devices.Code = "ui.settings.saved"
	noteWatchHint       devices.Code = "ui.settings.watch.hint"
	noteDataHint        devices.Code = "ui.settings.data.hint"    // usual folder
	noteDataNext        devices.Code = "ui.settings.data.next"    // folder, folder until then
	noteDataNamed       devices.Code = "ui.settings.data.named"   // folder of other starts
	noteDataEarlier     devices.Code = "ui.settings.data.earlier" // folders
	noteShelfHint       devices.Code = "ui.settings.library.hint"
	noteShelfNext       devices.Code = "ui.settings.library.next" // folder, folder until then
	noteNoKeys          devices.Code = "ui.settings.keys.none"
	noteKeyText         devices.Code = "ui.settings.key.text"
	noteKeyHow          devices.Code = "ui.settings.key.how"
	noteKeyDay          devices.Code = "ui.settings.key.day"
	noteKeyBadDay       devices.Code = "ui.settings.key.badday" // what was typed
	noteKeyGood         devices.Code = "ui.settings.key.good"
	noteKeyRevoked      devices.Code = "ui.settings.key.revoked" // day
	noteKeyEarly        devices.Code = "ui.settings.key.early"
	noteKeyExpired      devices.Code = "ui.settings.key.expired"
	noteKeyAdded        devices.Code = "ui.settings.key.added" // day
	noteKeyFrom         devices.Code = "ui.settings.key.from"  // day
	noteKeyUntil        devices.Code = "ui.settings.key.until" // day
	noteKeyCompare      devices.Code = "ui.settings.key.compare"
	noteRevokeHow       devices.Code = "ui.settings.key.revoke.how" // key
	noteForgetHow       devices.Code = "ui.settings.key.remove.how" // key
	noteNoOwnKey        devices.Code = "ui.settings.ownkey.none"
	noteUsualSpeed      devices.Code = "ui.settings.speed.usual"
	noteAvoidHint       devices.Code = "ui.settings.avoid.hint"
	noteNoPoints        devices.Code = "ui.settings.points.none"
	notePointSecret     devices.Code = "ui.settings.point.secret"
	notePointKeep       devices.Code = "ui.settings.point.keep"
	notePointChoose     devices.Code = "ui.settings.point.choose"
	noteProxySystem     devices.Code = "ui.settings.proxy.system"
	noteProxyNone       devices.Code = "ui.settings.proxy.none"
	noteProxyOwn        devices.Code = "ui.settings.proxy.own"
	noteProxyHint       devices.Code = "ui.settings.proxy.hint"
	noteKeptCount       devices.Code = "ui.settings.kept.count" // how many
	noteKeptSize        devices.Code = "ui.settings.kept.size"  // {0:bytes}
	labelDataNext       devices.Code = "ui.settings.label.datanext"
	labelLibraryNext    devices.Code = "ui.settings.label.librarynext"
	labelLibraryFolder  devices.Code = "ui.settings.label.library"
	labelWatchFolder    devices.Code = "ui.settings.label.watch"
	labelPolicy         devices.Code = "ui.settings.label.policy"
	labelTrustedKeys    devices.Code = "ui.settings.label.keys"
	labelOwnKey         devices.Code = "ui.settings.label.ownkey"
	labelSecretsAt      devices.Code = "ui.settings.label.secrets"
	labelKeyName        devices.Code = "ui.settings.label.keyname"
	labelKeyText        devices.Code = "ui.settings.label.keytext"
	labelFirstDay       devices.Code = "ui.settings.label.firstday"
	labelLastDay        devices.Code = "ui.settings.label.lastday"
	labelFingerprint    devices.Code = "ui.settings.label.fingerprint"
	labelSpeed          devices.Code = "ui.settings.label.speed"
	labelAvoid          devices.Code = "ui.settings.label.avoid"
	labelPointName      devices.Code = "ui.settings.label.point"
	labelPointSet       devices.Code = "ui.settings.label.pointset"
	labelProxy          devices.Code = "ui.settings.label.proxy"
	labelWait           devices.Code = "ui.settings.label.wait"
	labelRecordings     devices.Code = "ui.settings.label.recordings"
	labelRecordingBytes devices.Code = "ui.settings.label.recordingbytes"
	actKeep             devices.Code = "ui.settings.act.save"
	actTrustKey         devices.Code = "ui.settings.act.trustkey"
	actTrust            devices.Code = "ui.settings.act.trust"
	actRevoke           devices.Code = "ui.settings.act.revoke"
	actForget           devices.Code = "ui.settings.act.remove"
	actCopyPublic       devices.Code = "ui.settings.act.copypublic"
	actCopyFingerprint  devices.Code = "ui.settings.act.copyfingerprint"
	actMakeKey          devices.Code = "ui.settings.act.makekey"
	actAddPoint         devices.Code = "ui.settings.act.addpoint"
	actTLSFiles         devices.Code = "ui.settings.act.tlsfiles"
	policyNone          devices.Code = "ui.settings.policy.none"
	policyWarn          devices.Code = "ui.settings.policy.warn"
	policyRequire       devices.Code = "ui.settings.policy.require"
)

// What is asked while the data folder cannot be used.
const (
	noteAwayTitle   devices.Code = "ui.away.title"
	noteAwayOpening devices.Code = "ui.away.opening"
	noteAwayLooking devices.Code = "ui.away.looking"
	noteAwayTried   devices.Code = "ui.away.tried" // time
	noteAwayUsual   devices.Code = "ui.away.usual" // usual folder
	actAwayAgain    devices.Code = "ui.away.act.again"
	actAwayUsual    devices.Code = "ui.away.act.usual"
	actAwayQuit     devices.Code = "ui.away.act.quit"
)
