package updater

import (
	"context"
	"errors"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater/origin"
)

// Remarks of the stages before the restart.
const (
	// NoteSentAs: file {0} left this program with SHA-256 {1:hash}, by way {2}.
	NoteSentAs devices.Code = "engine.sentAs"
	// NoteVerdict: the device's own word: {0} is {1:hash}; it answered {2}.
	NoteVerdict devices.Code = "engine.verdict"
	// NoteVerdictWord: the same of a device that computes no digest: {0}.
	NoteVerdictWord devices.Code = "engine.verdict.word"
	// NoteInstalling: the device has begun to install by itself.
	NoteInstalling devices.Code = "engine.installing"
	// NoteSleepy: nothing keeps this computer awake.
	NoteSleepy devices.Code = "engine.sleepy"
	// NoteHosting: our own host serves file {0} at {1}.
	NoteHosting devices.Code = "engine.hosting"
	// NoteChanged: another device answers than before: {0}, not {1}.
	NoteChanged devices.Code = "engine.identity.changed"
)

// workOf is what the driver gets: the package with the version that must be
// reported in the end.
func workOf(p Plan) *devices.Job {
	pkg := *p.Package
	pkg.Manifest.TargetVersion = p.TargetVersion()
	return &devices.Job{Package: &pkg, Method: p.Method, Options: p.Options}
}

// identify opens the device and hears who it is and what runs on it.
func (j *job) identify(ctx context.Context) (Stage, error) {
	ctx, cancel := j.within(ctx)
	defer cancel()
	session, err := j.driver.Open(ctx, j.address, j.plan.Access)
	if err != nil {
		return "", err
	}
	j.session = session
	identity, err := session.Identify(ctx)
	if err != nil {
		return "", err
	}
	j.before, j.caps = identity, j.driver.Capabilities(identity)
	j.box.put(Event{Identity: &identity, Address: j.address})
	if id := identity.ID(); id != "" {
		return "", j.hold(id)
	}
	return "", nil
}

// within bounds a short question to the device.
func (j *job) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, j.e.cfg.Budgets.Ask,
		refusal("ask "+string(j.address), devices.Timeout, "kind.timeout", string(j.address), ""))
}

// deliver brings the package to the device, or lets it fetch.
func (j *job) deliver(ctx context.Context) (Stage, error) {
	j.places.mark()
	j.keepAwake(ctx)
	shut, err := j.sources(ctx)
	if err != nil {
		return "", err
	}
	delivery, err := j.session.Deliver(ctx, j.work, report{j.box})
	// What our own host says goes first: it is the cause of what the device saw. A
	// host that ended with this stage says nothing about why the stage ended.
	over := ctx.Err() != nil
	hosted := shut()
	if over {
		hosted = nil
	}
	if err = errors.Join(hosted, err); err != nil {
		return "", err
	}
	if err := j.compareSent(delivery); err != nil {
		return "", err
	}
	if !delivery.Installing {
		return "", nil
	}
	j.mu.Lock()
	j.installing, j.begun = true, time.Now()
	j.meaning = CancelRefused
	late := j.asked
	j.mu.Unlock()
	if late {
		j.say(Warn, NoteCancelLate)
	}
	j.say(Info, NoteInstalling)
	return Restart, nil
}

// keepAwake keeps this computer awake until the job has ended. That it cannot is
// worth a word, and no reason to refuse.
func (j *job) keepAwake(ctx context.Context) {
	if j.e.cfg.KeepAwake == nil {
		return
	}
	release, err := j.e.cfg.KeepAwake(ctx)
	if err != nil {
		j.e.cfg.Log.Info("this computer may go to sleep", "job", j.id, "err", err)
		j.say(Info, NoteSleepy)
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.releases = append(j.releases, release)
}

// sources fills in where a fetching device gets the files; shut ends our host.
func (j *job) sources(ctx context.Context) (shut func() error, err error) {
	shut = func() error { return nil }
	if !j.plan.Method.Fetched() {
		return shut, nil
	}
	o := j.plan.Origin
	j.work.Sources = nil
	if len(o.URLs) > 0 {
		for _, u := range o.URLs {
			clean, user, password, err := origin.Split(u)
			if err != nil {
				return shut, err
			}
			if o.User != "" {
				user, password = o.User, o.Password
			}
			j.work.Sources = append(j.work.Sources, devices.Source{URL: clean, User: user, Password: password})
		}
		return shut, nil
	}
	h, err := j.e.tools.serve(ctx, j.plan.Method, o.Listen, j.plan.Package.Files)
	if err != nil {
		return shut, err
	}
	for i, u := range h.URLs() {
		clean, user, password, err := origin.Split(u)
		if err != nil {
			return func() error { return errors.Join(h.Err(), h.Close()) }, err
		}
		j.hide(password)
		j.work.Sources = append(j.work.Sources, devices.Source{
			URL: clean, User: user, Password: password, Served: func() int64 { return h.Served(i) },
			Received: func() bool { return h.Received(i) },
			Cut:      func() { _ = h.Close() }, // told when the delivery ends
		})
		j.say(Info, NoteHosting, j.plan.Package.Files[i].Name, publicHost(u))
	}
	return func() error { return errors.Join(h.Err(), h.Close()) }, nil
}

// compareSent proves that what left this program is what was opened, though the
// file may have been changed on disk since.
func (j *job) compareSent(d devices.Delivery) error {
	for i, f := range j.plan.Package.Files {
		if i >= len(d.Sent) {
			break
		}
		j.say(Info, NoteSentAs, f.Name, d.Sent[i], d.How)
		if d.Sent[i] != f.Digests[packages.SHA256] {
			return refusal("send", devices.Integrity, NoteSent, f.Name)
		}
	}
	return nil
}

// verify hears the device's own verdict, and asks battery and signal again:
// this is the last moment at which nothing is lost.
func (j *job) verify(ctx context.Context) (Stage, error) {
	approves := j.approves()
	if approves {
		// What is refused afterwards would be installed all the same.
		if err := j.lastLook(ctx); err != nil {
			return "", &unasked{err}
		}
	}
	verdict, err := j.session.Verify(ctx, j.work, report{j.box})
	if err != nil {
		return "", err
	}
	if verdict.Hex == "" {
		j.say(Info, NoteVerdictWord, verdict.Answer)
	} else {
		j.say(Info, NoteVerdict, string(verdict.Algorithm), verdict.Hex, verdict.Answer)
	}
	if err := j.compareHeld(verdict); err != nil {
		return "", &approved{err}
	}
	if approves {
		return "", nil
	}
	return "", j.lastLook(ctx)
}

// compareHeld compares the device's digest with the package's. Of several files
// the driver alone knows how the device adds them up.
func (j *job) compareHeld(v devices.Verdict) error {
	files := j.plan.Package.Files
	if v.Hex == "" || len(files) != 1 {
		return nil
	}
	if want := files[0].Digests[v.Algorithm]; want != "" && want != v.Hex {
		return refusal("verify", devices.Integrity, NoteHeld, want, v.Hex)
	}
	return nil
}

// lastLook asks the rules again that may have changed since the check, if the package has
// any.
func (j *job) lastLook(ctx context.Context) error {
	if m := j.plan.Package.Manifest; m.MinBattery == 0 && m.MinSignal == 0 {
		return nil
	}
	ctx, cancel := j.within(ctx)
	defer cancel()
	identity, err := j.session.Identify(ctx)
	if err != nil {
		return err
	}
	j.box.put(Event{Identity: &identity, Address: j.address})
	if identity.ID() != j.before.ID() {
		return refusal("verify", devices.Integrity, NoteChanged, identity.ID(), j.before.ID())
	}
	for _, r := range accept(lastRules(j.plan, identity), j.plan.Accept) {
		if r.Blocks() {
			return refusal("verify", devices.Refused, r.Fact.Code, r.Fact.Args...)
		}
	}
	return nil
}

// install tells the device to install. Whether it did is asked later.
func (j *job) install(ctx context.Context) (Stage, error) {
	j.places.mark()
	err := j.session.Install(ctx, j.work, report{j.box})
	j.begun = time.Now()
	return "", err
}
