package updater

import (
	"context"
	"errors"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Remarks while the device is away.
const (
	// NoteRestarting: the device restarts, usually within {0:seconds}.
	NoteRestarting devices.Code = "engine.restart"
	// NoteDelivered: all of it was handed out; it is waited for until the device
	// asks again and says what it runs.
	NoteDelivered devices.Code = "engine.restart.delivered"
	// NoteLate: it is away for {0:seconds}, usually it takes {1:seconds}; from now
	// on watching can be stopped.
	NoteLate devices.Code = "engine.restart.late"
	// NoteStranger: another device answers at {0}: {1}, not {2}.
	NoteStranger devices.Code = "engine.restart.stranger"
	// NoteDownloadMode: {0} shows itself in download mode.
	NoteDownloadMode devices.Code = "engine.restart.download"
	// NoteFound: the same device answers again, at {0}.
	NoteFound devices.Code = "engine.restart.found"
	// NoteLoop: it answered and went away again within {0:seconds}.
	NoteLoop devices.Code = "engine.restart.loop"
	// NoteArmed: it may have approved the package and then installs it at its next start.
	NoteArmed devices.Code = "engine.armed"
	// NoteNever: it went on with its old version and never restarted.
	NoteNever devices.Code = "engine.restart.never"
)

// errLimit is the cause when the wait for a device is over.
var errLimit = &devices.Error{Op: "updater: wait for the restart", Kind: devices.Timeout, Note: NoteSilent}

// answer is what the right device said, over a session that is still open.
type answer struct {
	address  devices.Address
	session  devices.Session
	identity devices.Identity
	proof    devices.Proof
	words    devices.Said // while it was opened
	release  func()
}

func (a *answer) close() {
	_ = a.session.Close() // the port is released in any case
	a.release()
}

// equal tells whether two answers say the same.
func (a *answer) equal(b *answer) bool {
	return a.identity.ID() == b.identity.ID() && a.identity.Firmware == b.identity.Firmware &&
		a.proof.Installed == b.proof.Installed && a.proof.Version == b.proof.Version
}

// stranger is the error when another device answers.
type stranger struct{ identity devices.Identity }

func (s *stranger) Error() string { return "another device answers: " + s.identity.ID() }

// asker asks whether the right device is at an address, and what it runs.
type asker struct {
	driver devices.Driver
	access devices.Access
	want   devices.Identity
	work   *devices.Job
	limit  time.Duration
	claim  func(devices.Address) (func(), error)
	// installing, if not nil, hears how far a device is that installs at an address, in
	// percent; who it is comes out later.
	installing func(at devices.Address, percent int)
	// overheard, if not nil, hears why a device at an address did not install that was
	// gone before it was asked who it is. said hears the same of the right one.
	overheard func(at devices.Address, s devices.Said)
	said      func(devices.Said)
}

// ask opens address and hears who is there. Another device than the wanted one
// gives a *stranger.
func (q asker) ask(ctx context.Context, address devices.Address) (*answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(q.limit, func() {
		cancel(refusal("ask "+string(address), devices.Timeout, "kind.timeout", string(address), ""))
	})
	defer silent.Stop()
	release, err := q.claim(address)
	if err != nil {
		return nil, err
	}
	access := q.access
	access.Installing = func(percent int) {
		silent.Reset(q.limit) // it is slow, not silent
		if q.installing != nil {
			q.installing(address, percent)
		}
	}
	var words devices.Said
	access.Wanted, access.Said = &q.want, func(s devices.Said) { words = s }
	session, err := q.driver.Open(ctx, address, access)
	if err != nil {
		release()
		if q.overheard != nil {
			q.overheard(address, words)
		}
		return nil, err
	}
	a := &answer{address: address, session: session, release: release, words: words}
	if err := q.again(ctx, a); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// again asks the open session of a once more.
func (q asker) again(ctx context.Context, a *answer) error {
	identity, err := a.session.Identify(ctx)
	if err != nil {
		return err
	}
	if identity.ID() != q.want.ID() || identity.ID() == "" && identity.Model != q.want.Model {
		return &stranger{identity}
	}
	proof, err := a.session.Installed(ctx, q.work)
	if err != nil {
		return err
	}
	a.identity, a.proof = identity, proof
	if q.said != nil && !proof.Installed {
		q.said(reason(proof.Said, &a.words))
	}
	return nil
}

// twice asks a again after it stayed up for so long. An error means that it
// went away, or that the two answers differ.
func (q asker) twice(ctx context.Context, a *answer, up time.Duration) (*answer, error) {
	if err := pause(ctx, up); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, q.limit,
		refusal("ask "+string(a.address), devices.Timeout, "kind.timeout", string(a.address), ""))
	defer cancel()
	second := *a
	if err := q.again(ctx, &second); err != nil {
		return nil, err
	}
	if !a.equal(&second) {
		return nil, refusal("ask twice", devices.Protocol, "kind.protocol", string(a.address), "")
	}
	return &second, nil
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// asker is what finds this job's device again.
func (j *job) asker() asker {
	return asker{
		driver: j.driver, access: j.plan.Access, want: j.before, work: j.work,
		limit: j.e.cfg.Budgets.Ask, claim: j.claimAgain, installing: j.far,
		overheard: j.overheard, said: j.heed,
	}
}

// far takes in how far the device is, which says so while it installs. Some say
// less after each of their own restarts. Elsewhere another one may be speaking.
func (j *job) far(at devices.Address, percent int) {
	if !j.places.ours(at, j.plan.Sighting.Key) {
		return
	}
	j.vanished = true // one that still ran its old version would answer
	if percent = min(max(percent, 0), 100); percent > j.percent {
		j.percent = percent
		j.box.put(Event{Progress: true, Done: int64(percent), Total: 100})
	}
}

// claimAgain claims an address other than the job's own, which it holds.
func (j *job) claimAgain(a devices.Address) (func(), error) {
	if a == j.plan.control() {
		return func() {}, nil
	}
	return j.e.claim(string(a), j.id)
}

// seeker is one search for the job's device.
type seeker struct {
	j      *job
	q      asker
	start  time.Time
	usual  time.Duration
	late   bool
	rom    bool
	warned map[string]bool
}

// restart waits until the same device answers again and it is certain that it
// is not merely still up.
func (j *job) restart(ctx context.Context) (Stage, error) {
	j.closeSession()
	if j.begun.IsZero() {
		j.begun = time.Now()
	}
	ctx, cancel := j.bounded(ctx)
	defer cancel()
	s := j.newSeeker()
	if j.caps.ChecksIn {
		s.late = true // it asks when it asks; the driver says how long is too long
		j.mayStopWatching()
		j.say(Info, NoteDelivered)
	} else {
		j.say(Info, NoteRestarting, s.usual.Seconds())
	}
	for {
		a, err := s.find(ctx)
		if err != nil {
			return "", err
		}
		if s.settled(a) {
			j.answer = a
			j.say(Info, NoteFound, string(a.address))
			j.box.put(Event{Identity: &a.identity, Address: a.address})
			return "", nil
		}
		a.close()
		if err := s.rest(ctx); err != nil {
			return "", err
		}
	}
}

// bounded ends ctx when the whole wait, from the order to install on, is over.
func (j *job) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if j.caps.ChecksIn {
		return context.WithCancel(ctx)
	}
	b := j.e.cfg.Budgets
	limit := *errLimit
	limit.Args = []any{b.Limit.Seconds()}
	return context.WithDeadlineCause(ctx, j.begun.Add(b.Limit), &limit)
}

func (j *job) newSeeker() *seeker {
	s := &seeker{j: j, q: j.asker(), start: j.begun, usual: j.e.cfg.Budgets.Usual, warned: make(map[string]bool)}
	if w := j.caps.Weights[string(Restart)]; w > 0 {
		s.usual = time.Duration(w * float64(time.Second))
	}
	return s
}

// find asks all candidates in turn until the right device answers.
func (s *seeker) find(ctx context.Context) (*answer, error) {
	for {
		for _, address := range s.candidates() {
			a, err := s.q.ask(ctx, address)
			if err == nil {
				return a, nil
			}
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if s.j.caps.ChecksIn && unheard(err) {
				return nil, err
			}
			s.heard(address, err)
		}
		if err := s.rest(ctx); err != nil {
			return nil, err
		}
	}
}

// unheard tells whether that is a driver's word that a device which asks by itself has been
// silent for longer than it is waited for. An answer of our own program that took too long is
// none.
func unheard(err error) bool {
	e, is := errors.AsType[*devices.Error](err)
	return is && e.Kind == devices.Timeout && e.Note == devices.NoteUnheard
}

// candidates are where the device may be; one that asks by itself is wherever its
// name is.
func (s *seeker) candidates() []devices.Address {
	if s.j.caps.ChecksIn {
		return []devices.Address{s.j.plan.control()}
	}
	return s.j.places.candidates()
}

// heard takes note of why the right device did not answer at address.
func (s *seeker) heard(address devices.Address, err error) {
	var other *stranger
	if errors.As(err, &other) {
		s.j.vanished = s.j.vanished || address == s.j.plan.control()
		s.once(Warn, NoteStranger, string(address), other.identity.ID(), s.j.before.ID())
		return
	}
	if address != s.j.address {
		return
	}
	f := describe(err, string(s.j.address), s.j.secrets())
	switch f.Kind {
	case devices.Absent, devices.Lost, devices.Timeout, devices.Protocol, "":
		s.j.vanished = true
	default: // busy, denied, occupied, locked: a person can help
		s.once(Warn, f.Note.Code, f.Note.Args...)
	}
}

// once says something once for each place where it is true.
func (s *seeker) once(level Level, code devices.Code, args ...any) {
	key := string(code)
	if len(args) > 0 {
		if at, ok := args[0].(string); ok {
			key += at
		}
	}
	if !s.warned[key] {
		s.warned[key] = true
		s.j.say(level, code, args...)
	}
}

// rest waits for a change or for the next attempt, and says when it gets late.
func (s *seeker) rest(ctx context.Context) error {
	t := time.NewTimer(s.j.e.cfg.Budgets.Poll)
	defer t.Stop()
	select {
	case <-s.j.places.changed:
		// A new port answers only after a moment; going on at once would spin.
		if err := pause(ctx, s.j.e.cfg.Budgets.Poll/4); err != nil {
			return err
		}
	case <-t.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if name, yes := s.j.places.bootROM(); yes && !s.rom {
		s.rom = true
		s.j.say(Warn, NoteDownloadMode, name)
	}
	if away := time.Since(s.start); away >= s.usual && !s.late {
		s.late = true
		s.j.mayStopWatching()
		s.j.say(Warn, NoteLate, away.Seconds(), s.usual.Seconds())
	}
	return nil
}

// mayStopWatching: nobody can be made to wait without end.
func (j *job) mayStopWatching() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.meaning = CancelWatching
}

// settled tells whether the answer is that of a device which has restarted. A
// device that still answers with its old version may just not have left yet.
func (s *seeker) settled(a *answer) bool {
	j := s.j
	switch {
	case j.caps.ChecksIn: // the driver answers for it only when its words are new
		return true
	case j.vanished, j.places.left(), j.failure != nil && j.failure.Kind == devices.Refused:
		return true
	case a.proof.Installed && Runs(a.identity, j.plan.Package.Manifest) != Runs(j.before, j.plan.Package.Manifest):
		return true
	case time.Since(s.start) >= j.e.cfg.Budgets.Leave:
		j.armed, j.strays = j.approves(), j.fetchesAlone()
		j.say(Warn, NoteNever)
		return true
	}
	return false
}

// confirm takes the device's word once it stayed up between two equal answers.
func (j *job) confirm(ctx context.Context) (Stage, error) {
	ctx, cancel := j.bounded(ctx)
	defer cancel()
	s := j.newSeeker()
	s.late = true // watching can be stopped in this stage anyway
	for {
		if j.answer == nil {
			a, err := s.find(ctx)
			if err != nil {
				return "", err
			}
			j.answer = a
			j.box.put(Event{Identity: &a.identity, Address: a.address})
		}
		up := j.e.cfg.Budgets.StableFor
		switch {
		case j.caps.ChecksIn:
			up = 0 // it asked by itself, well after its start: there is nobody to ask twice
		case !j.answer.proof.Installed && !j.cancelling:
			// A device may come up once more before it installs.
			up *= 3
		}
		second, err := s.q.twice(ctx, j.answer, up)
		if err == nil {
			j.box.put(Event{Identity: &second.identity, Address: second.address})
			return "", j.verdict(second.identity, second.proof)
		}
		j.answer.close()
		j.answer = nil
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		j.vanished, j.strays = true, false
		j.say(Warn, NoteLoop, up.Seconds())
		if err := s.rest(ctx); err != nil {
			return "", err
		}
	}
}

// verdict is how the upgrade ends by the word of the device.
func (j *job) verdict(identity devices.Identity, proof devices.Proof) *conclusion {
	outcome, note := judge(j.before, identity, proof, j.plan.Package.Manifest, j.plan.TargetVersion())
	end := &conclusion{outcome: outcome, note: &note}
	switch {
	case outcome == FailedOld && j.strays && reason(proof.Said, j.said).Nothing():
		end.outcome, end.note, end.failure = Uncertain, &Note{Level: Warn, Code: NoteStrays}, j.failure
		return end
	case outcome == FailedOld && j.cancelling:
		end.outcome = Cancelled
		return end
	case outcome == FailedOld && j.armed:
		// That it runs the old version now says nothing about its next start.
		end.outcome, end.note, end.failure = Uncertain, &Note{Level: Warn, Code: NoteArmed}, j.failure
		return end
	}
	if outcome != Verified {
		end.failure = j.failure
		if why := reason(proof.Said, j.said); end.failure == nil || !why.Nothing() {
			end.failure = blame(note, why, "the device reports "+proof.Version)
			scrub(end.failure, j.secrets())
		}
	}
	return end
}

// judge compares what a device reports, after it could install, with what it
// ran before. Only a device that can be told from all others can be Verified.
func judge(before, now devices.Identity, proof devices.Proof, m packages.Manifest, target string) (Outcome, Note) {
	was, runs := Runs(before, m), Runs(now, m)
	version := proof.Version
	if version == "" {
		version = runs
	}
	switch {
	case now.ID() == "" || now.ID() != before.ID():
		return Uncertain, Note{Level: Warn, Code: NoteUnproved, Args: []any{version}}
	case proof.Installed && (target == "" || reports(now, proof, target)):
		return Verified, Note{Level: Info, Code: NoteVerified, Args: []any{version}}
	case was != "" && packages.SameVersion(runs, was):
		return FailedOld, Note{Level: Fault, Code: NoteOld, Args: []any{runs}}
	}
	if target != "" && reports(now, proof, target) {
		return Uncertain, Note{Level: Warn, Code: NoteUnfinished, Args: []any{version}}
	}
	return Uncertain, Note{Level: Warn, Code: NoteOther, Args: []any{version, was, target}}
}
