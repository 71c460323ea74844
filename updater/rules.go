package updater

import (
	"cmp"
	"net"
	"os"
	"slices"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/updater/origin"
)

// The facts that checks find and the remedies they name.
const (
	CheckIdentityOK          devices.Code = "check.identity.ok"           // {0} ID
	CheckIdentityOther       devices.Code = "check.identity.other"        // {0} found, {1} chosen
	CheckIdentityOtherRemedy devices.Code = "check.identity.other.remedy" // –
	CheckIdentityNone        devices.Code = "check.identity.none"         // –
	CheckIdentityNoneRemedy  devices.Code = "check.identity.none.remedy"  // –

	CheckModelOK            devices.Code = "check.model.ok"             // {0} model
	CheckModelAny           devices.Code = "check.model.any"            // {0} model
	CheckModelAnyRemedy     devices.Code = "check.model.any.remedy"     // {0} model
	CheckModelOther         devices.Code = "check.model.other"          // {0} model, {1} allowed
	CheckModelOtherRemedy   devices.Code = "check.model.other.remedy"   // –
	CheckModelUnknown       devices.Code = "check.model.unknown"        // {0} allowed
	CheckModelUnknownRemedy devices.Code = "check.model.unknown.remedy" // –
	CheckModelOffer         devices.Code = "check.model.offer"          // {0} model

	CheckMethodOK     devices.Code = "check.method.ok"     // {0} method
	CheckMethodNo     devices.Code = "check.method.no"     // {0} method, {1} model
	CheckMethodRemedy devices.Code = "check.method.remedy" // –

	CheckVersionUp               devices.Code = "check.version.up"                // {0} running, {1} target
	CheckVersionFiles            devices.Code = "check.version.files"             // –
	CheckVersionNone             devices.Code = "check.version.none"              // –
	CheckVersionNoneRemedy       devices.Code = "check.version.none.remedy"       // –
	CheckVersionUnknown          devices.Code = "check.version.unknown"           // {0} target
	CheckVersionUnknownRemedy    devices.Code = "check.version.unknown.remedy"    // –
	CheckVersionSame             devices.Code = "check.version.same"              // {0} version
	CheckVersionSameRemedy       devices.Code = "check.version.same.remedy"       // –
	CheckVersionDown             devices.Code = "check.version.down"              // {0} running, {1} target
	CheckVersionDownRemedy       devices.Code = "check.version.down.remedy"       // –
	CheckVersionIncomparable     devices.Code = "check.version.incomparable"      // {0} running, {1} target
	CheckVersionIncomparableHelp devices.Code = "check.version.incomparable.help" // –

	CheckSourceOK            devices.Code = "check.source.ok"             // {0} version
	CheckSourceFull          devices.Code = "check.source.full"           // –
	CheckSourceOther         devices.Code = "check.source.other"          // {0} running, {1} needed
	CheckSourceOtherRemedy   devices.Code = "check.source.other.remedy"   // {0} needed
	CheckSourceUnknown       devices.Code = "check.source.unknown"        // {0} needed
	CheckSourceUnknownRemedy devices.Code = "check.source.unknown.remedy" // –
	CheckSourceUnstated      devices.Code = "check.source.unstated"       // –
	CheckSourceUnstatedHelp  devices.Code = "check.source.unstated.help"  // –
	// CheckSourceUnstatedRemedy is for packages that a person can complete.
	CheckSourceUnstatedRemedy devices.Code = "check.source.unstated.remedy" // –

	CheckFilesOK     devices.Code = "check.files.ok"     // {0} count
	CheckFilesMany   devices.Code = "check.files.many"   // {0} count, {1} limit
	CheckFilesMini   devices.Code = "check.files.mini"   // {0} count
	CheckFilesRemedy devices.Code = "check.files.remedy" // –
	CheckFilesGone   devices.Code = "check.files.gone"   // {0} name
	CheckFilesFind   devices.Code = "check.files.find"   // –
	CheckFilesOffer  devices.Code = "check.files.offer"  // –

	CheckSizeOK     devices.Code = "check.size.ok"     // {0:bytes}
	CheckSizeEmpty  devices.Code = "check.size.empty"  // {0} name
	CheckSizeOver   devices.Code = "check.size.over"   // {0} name, {1:bytes}, {2:bytes} limit
	CheckSizeRemedy devices.Code = "check.size.remedy" // –
	CheckSizeOffer  devices.Code = "check.size.offer"  // –

	CheckSpaceOK            devices.Code = "check.space.ok"             // {0:bytes} free
	CheckSpaceStreamed      devices.Code = "check.space.streamed"       // –
	CheckSpaceUnknown       devices.Code = "check.space.unknown"        // {0:bytes} needed
	CheckSpaceUnknownRemedy devices.Code = "check.space.unknown.remedy" // –
	CheckSpaceShort         devices.Code = "check.space.short"          // {0:bytes} free, {1:bytes} needed
	CheckSpaceRemedy        devices.Code = "check.space.remedy"         // –

	CheckHashesRemedy     devices.Code = "check.hashes.remedy"      // –
	CheckHashesWeakRemedy devices.Code = "check.hashes.weak.remedy" // –
	CheckHashesOffer      devices.Code = "check.hashes.offer"       // –
	CheckHashesSigned     devices.Code = "check.hashes.signed"      // –

	CheckBatteryOK            devices.Code = "check.battery.ok"             // {0} percent, {1} minimum
	CheckBatteryNone          devices.Code = "check.battery.none"           // –
	CheckBatteryLow           devices.Code = "check.battery.low"            // {0} percent, {1} minimum
	CheckBatteryRemedy        devices.Code = "check.battery.remedy"         // –
	CheckBatteryUnknown       devices.Code = "check.battery.unknown"        // {0} minimum
	CheckBatteryUnknownRemedy devices.Code = "check.battery.unknown.remedy" // –

	CheckSignalOK            devices.Code = "check.signal.ok"             // {0} CSQ, {1} minimum
	CheckSignalNone          devices.Code = "check.signal.none"           // –
	CheckSignalLow           devices.Code = "check.signal.low"            // {0} CSQ, {1} minimum
	CheckSignalRemedy        devices.Code = "check.signal.remedy"         // –
	CheckSignalUnknown       devices.Code = "check.signal.unknown"        // {0} minimum
	CheckSignalUnknownRemedy devices.Code = "check.signal.unknown.remedy" // –

	CheckReachOK        devices.Code = "check.reach.ok"        // –
	CheckReachCable     devices.Code = "check.reach.cable"     // –
	CheckReachService   devices.Code = "check.reach.service"   // –
	CheckReachPlatform  devices.Code = "check.reach.platform"  // –
	CheckReachSimulated devices.Code = "check.reach.simulated" // –
	CheckReachPrivate   devices.Code = "check.reach.private"   // {0} address
	CheckReachLoopback  devices.Code = "check.reach.loopback"  // {0} address
	CheckReachNone      devices.Code = "check.reach.none"      // {0} address
	CheckReachRemedy    devices.Code = "check.reach.remedy"    // –

	CheckURLNone        devices.Code = "check.url.none"         // –
	CheckURLOwn         devices.Code = "check.url.own"          // –
	CheckURLLater       devices.Code = "check.url.later"        // –
	CheckURLProved      devices.Code = "check.url.proved"       // {0} count
	CheckURLRemedy      devices.Code = "check.url.remedy"       // {0} URL
	CheckURLCount       devices.Code = "check.url.count"        // {0} files, {1} URLs
	CheckURLCountRemedy devices.Code = "check.url.count.remedy" // –

	CheckRepeatOK     devices.Code = "check.repeat.ok"     // –
	CheckRepeatSoon   devices.Code = "check.repeat.soon"   // {0:seconds} ago
	CheckRepeatClock  devices.Code = "check.repeat.clock"  // –
	CheckRepeatRemedy devices.Code = "check.repeat.remedy" // –

	CheckRepeatUnread       devices.Code = "check.repeat.unread"        // –
	CheckRepeatUnreadRemedy devices.Code = "check.repeat.unread.remedy" // –
)

// maxMini is how many files can go in one job as module firmware: the two
// packages of a mini FOTA (docs/protocols/quecpython.md).
const maxMini = 2

func askIdentity(q inquiry) CheckResult {
	id := q.identity.ID()
	switch {
	case q.plan.ID != "" && id != q.plan.ID:
		return failed(CheckIdentityOther, []any{id, q.plan.ID}, CheckIdentityOtherRemedy)
	case id == "":
		return needsYes(warned(CheckIdentityNone, nil, CheckIdentityNoneRemedy))
	}
	return fine(CheckIdentityOK, id)
}

func askModel(q inquiry) CheckResult {
	model, allowed := q.identity.Model, q.plan.Package.Manifest.Models
	switch {
	case q.plan.Package.Offer != nil && len(allowed) == 0:
		return fine(CheckModelOffer, model)
	case len(allowed) == 0:
		return warned(CheckModelAny, []any{model}, CheckModelAnyRemedy, model)
	case model == "":
		return needsYes(warned(CheckModelUnknown, []any{list(allowed)}, CheckModelUnknownRemedy))
	case !packages.MatchModel(model, allowed):
		return failed(CheckModelOther, []any{model, list(allowed)}, CheckModelOtherRemedy)
	}
	return fine(CheckModelOK, model)
}

func list(items []string) string {
	text := ""
	for i, s := range items {
		if i > 0 {
			text += ", "
		}
		text += s
	}
	return text
}

func askMethod(q inquiry) CheckResult {
	c := q.caps.Methods[q.plan.Method]
	if app, known := q.caps.Options["app"]; known && c.OK && q.plan.component() == packages.App {
		c = app
	}
	switch {
	case c.OK:
		return fine(CheckMethodOK, "engine.method."+string(q.plan.Method))
	case c.Why != "":
		return failed(c.Why, c.Args, CheckMethodRemedy)
	}
	return failed(CheckMethodNo, []any{string(q.plan.Method), q.identity.Model}, CheckMethodRemedy)
}

// running is the version that the package replaces: the module's firmware, or that of
// the part beside it that the package names.
func (q inquiry) running() string { return Runs(q.identity, q.plan.Package.Manifest) }

// Runs is the version of what m replaces on the device that has identity id: of the whole
// firmware, of the part beside it that m names, or of a module with a firmware of its own,
// of which such a device tells by its name. "" is unknown.
func Runs(id devices.Identity, m packages.Manifest) string {
	switch module, part := id.Extra[m.Module], id.Extra[devices.ExtraComponent+m.Module]; {
	case m.Module == "":
		return id.Firmware
	case m.Component == packages.SOTA:
		return cmp.Or(part, module)
	default:
		return cmp.Or(module, id.Firmware)
	}
}

func askVersion(q inquiry) CheckResult {
	running, target := q.running(), q.plan.TargetVersion()
	if q.plan.component() == packages.App {
		return fine(CheckVersionFiles)
	}
	if target == "" {
		return failed(CheckVersionNone, nil, CheckVersionNoneRemedy)
	}
	if running == "" {
		return warned(CheckVersionUnknown, []any{target}, CheckVersionUnknownRemedy)
	}
	order, known := packages.CompareVersions(running, target)
	switch {
	case packages.SameVersion(running, target), known && order == 0:
		return needsYes(warned(CheckVersionSame, []any{running}, CheckVersionSameRemedy))
	case !known:
		return warned(CheckVersionIncomparable, []any{running, target}, CheckVersionIncomparableHelp)
	case order > 0:
		return needsYes(failed(CheckVersionDown, []any{running, target}, CheckVersionDownRemedy))
	}
	return fine(CheckVersionUp, running, target)
}

func askSource(q inquiry) CheckResult {
	running, source := q.running(), q.plan.Package.Manifest.SourceVersion
	switch {
	case q.plan.Package.Manifest.Kind != packages.Delta && source == "":
		return skipped(CheckSourceFull)
	case source == "" && q.plan.Package.Offer != nil: // the platform knows what it offers
		return needsYes(warned(CheckSourceUnstated, nil, CheckSourceUnstatedHelp))
	case source == "":
		return failed(CheckSourceUnstated, nil, CheckSourceUnstatedRemedy)
	case running == "":
		return needsYes(warned(CheckSourceUnknown, []any{source}, CheckSourceUnknownRemedy))
	case !packages.SameVersion(running, source):
		return failed(CheckSourceOther, []any{running, source}, CheckSourceOtherRemedy, source)
	}
	return fine(CheckSourceOK, source)
}

func askFiles(q inquiry) CheckResult {
	if q.plan.Package.Offer != nil {
		return skipped(CheckFilesOffer)
	}
	for _, f := range q.plan.Package.Files {
		if info, err := os.Stat(f.Path); f.Path != "" && (err != nil || info.Size() != f.Size) {
			return failed(CheckFilesGone, []any{f.Name}, CheckFilesFind)
		}
	}
	n := len(q.plan.Package.Files)
	mini := q.caps.Options["mini"]
	switch {
	case n > packages.MaxFiles:
		return failed(CheckFilesMany, []any{n, packages.MaxFiles}, CheckFilesRemedy)
	case n == 1 || q.plan.component() == packages.App:
		return fine(CheckFilesOK, n)
	case mini.OK && n <= maxMini:
		return fine(CheckFilesOK, n)
	case mini.Why != "" && n <= maxMini:
		return failed(mini.Why, mini.Args, CheckFilesRemedy)
	}
	return failed(CheckFilesMini, []any{n}, CheckFilesRemedy)
}

func askSize(q inquiry) CheckResult {
	if q.plan.Package.Offer != nil {
		return skipped(CheckSizeOffer)
	}
	for _, f := range q.plan.Package.Files {
		switch {
		case f.Size <= 0:
			return failed(CheckSizeEmpty, []any{f.Name}, CheckSizeRemedy)
		case f.Size > packages.MaxBytes:
			return failed(CheckSizeOver, []any{f.Name, f.Size, int64(packages.MaxBytes)}, CheckSizeRemedy)
		}
	}
	return fine(CheckSizeOK, q.plan.Package.Size())
}

// askSpace concerns what is stored: files, and packages that the device keeps before it
// installs them. Other module firmware goes straight to its own partition, whose size
// no module reports before it refuses.
func askSpace(q inquiry) CheckResult {
	need, free := q.plan.Package.Size(), q.identity.FreeBytes
	stored := q.plan.component() == packages.App || q.caps.Stored[q.plan.Method]
	if o := q.plan.Package.Offer; o != nil {
		need, stored = o.Space, q.plan.component() != packages.FOTA
	}
	switch {
	case !stored:
		return skipped(CheckSpaceStreamed)
	case free == nil:
		return warned(CheckSpaceUnknown, []any{need}, CheckSpaceUnknownRemedy)
	case *free < need:
		return failed(CheckSpaceShort, []any{*free, need}, CheckSpaceRemedy)
	}
	return fine(CheckSpaceOK, *free)
}

func askHashes(q inquiry) CheckResult {
	if q.plan.Package.Offer != nil {
		return skipped(CheckHashesOffer)
	}
	t := q.plan.Package.Trust()
	switch t.Level {
	case packages.Green:
		return fine(devices.Code(t.Code), t.Args...)
	case packages.Amber:
		if q.vouched() {
			return fine(CheckHashesSigned)
		}
		return warned(devices.Code(t.Code), t.Args, CheckHashesWeakRemedy)
	}
	return failed(devices.Code(t.Code), t.Args, CheckHashesRemedy)
}

// vouched tells whether a trusted key signed each file of the package: a signature over
// the bytes says all that a stated digest would, and who says so.
func (q inquiry) vouched() bool {
	if q.signed == nil {
		return false
	}
	verdicts := q.signed().Verdicts
	other := func(v signature.Verdict) bool { return v.State != signature.Good }
	return len(verdicts) > 0 && len(verdicts) == len(q.plan.Package.Files) && !slices.ContainsFunc(verdicts, other)
}

// askSignature asks who signed the package, and what this installation makes of that.
func askSignature(q inquiry) CheckResult {
	if q.signed == nil {
		return CheckResult{}
	}
	r := q.signed()
	code, remedy := devices.Code(r.Code), devices.Code(r.Remedy)
	switch {
	case r.Quiet:
		return skipped(code, r.Args...)
	case r.Level == packages.Green:
		return fine(code, r.Args...)
	}
	answer := failed(code, r.Args, remedy)
	if r.Level == packages.Amber {
		answer = warned(code, r.Args, remedy)
	}
	answer.Override = r.MustAccept
	return answer
}

func askBattery(p Plan, identity devices.Identity) CheckResult {
	least, have := p.Package.Manifest.MinBattery, identity.BatteryPercent
	switch {
	case least == 0:
		return skipped(CheckBatteryNone)
	case have == nil:
		return warned(CheckBatteryUnknown, []any{least}, CheckBatteryUnknownRemedy)
	case *have < least:
		return needsYes(failed(CheckBatteryLow, []any{*have, least}, CheckBatteryRemedy))
	}
	return fine(CheckBatteryOK, *have, least)
}

// askSignal counts a CSQ of 99, "not known or not detectable" (3GPP TS 27.007,
// 8.5), as unknown.
func askSignal(p Plan, identity devices.Identity) CheckResult {
	least, have := p.Package.Manifest.MinSignal, identity.SignalCSQ
	switch {
	case least == 0:
		return skipped(CheckSignalNone)
	case have == nil || *have > 31:
		return warned(CheckSignalUnknown, []any{least}, CheckSignalUnknownRemedy)
	case *have < least:
		return needsYes(failed(CheckSignalLow, []any{*have, least}, CheckSignalRemedy))
	}
	return fine(CheckSignalOK, *have, least)
}

func askReach(q inquiry) CheckResult {
	o := q.plan.Origin
	switch m := q.plan.Method; {
	case m == devices.Answer || m == devices.MQTT:
		return skipped(CheckReachService)
	case m == devices.Plan:
		return skipped(CheckReachPlatform)
	case !m.Fetched() || o == nil:
		return skipped(CheckReachCable)
	case q.plan.Sighting.Simulated:
		return fine(CheckReachSimulated)
	}
	urls := o.URLs
	if len(urls) == 0 {
		urls = []string{"http://" + o.Listen + "/"}
	}
	for _, u := range urls {
		switch q.reach(u) {
		case origin.ReachNone:
			return failed(CheckReachNone, []any{hostOf(u)}, CheckReachRemedy)
		case origin.ReachLoopback:
			return needsYes(warned(CheckReachLoopback, []any{hostOf(u)}, CheckReachRemedy))
		case origin.ReachPrivate, origin.ReachLinkLocal, origin.ReachCGNAT:
			return needsYes(warned(CheckReachPrivate, []any{hostOf(u)}, CheckReachRemedy))
		}
	}
	return fine(CheckReachOK)
}

// hostOf is the part of u that people recognise.
func hostOf(u string) string {
	parsed := publicHost(u)
	if h, _, err := net.SplitHostPort(parsed); err == nil {
		return h
	}
	return parsed
}

func urlLater(p Plan) CheckResult {
	switch {
	case !p.Method.Fetched() || p.Origin == nil:
		return skipped(CheckURLNone)
	case len(p.Origin.URLs) == 0:
		return skipped(CheckURLOwn)
	}
	return skipped(CheckURLLater)
}

// askRepeat guards against a loop: the same bytes to the same device again. Where the
// clock was set back since, nobody can tell how long ago that was.
func askRepeat(q inquiry) CheckResult {
	if q.unread != nil {
		return needsYes(warned(CheckRepeatUnread, nil, CheckRepeatUnreadRemedy))
	}
	for _, r := range q.before {
		age := q.now.Sub(r.Started)
		if age > repeatWindow || r.ID() == "" || r.ID() != q.identity.ID() {
			continue
		}
		if !sentTo(r) || !sameWork(r.Plan, q.plan) {
			continue
		}
		if age < 0 {
			return needsYes(warned(CheckRepeatClock, nil, CheckRepeatRemedy))
		}
		return needsYes(warned(CheckRepeatSoon, []any{age.Seconds()}, CheckRepeatRemedy))
	}
	return fine(CheckRepeatOK)
}

// sentTo tells whether an earlier upgrade came as far as the device; one that
// was refused or cancelled before is no loop.
func sentTo(r Record) bool {
	return r.Stage != "" && r.Stage != Identify && r.Stage != Check && r.Outcome != Cancelled
}

// sameWork tells whether an earlier plan was for the same bytes. Of what a platform
// offers only its words are known.
func sameWork(r PlanRecord, p Plan) bool {
	if p.Package.Offer != nil {
		return r.Method == p.Method && r.Package == p.Package.Name && r.Target == p.TargetVersion()
	}
	return sameFiles(r.Files, p.Package.Files)
}

func sameFiles(a, b []packages.File) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if sum := a[i].Digests[packages.SHA256]; sum == "" || sum != b[i].Digests[packages.SHA256] {
			return false
		}
	}
	return true
}
