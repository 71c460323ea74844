package updater

import (
	"fmt"
	"reflect"

	"fotabench/devices"
)

// Remarks with the device's own reason. An argument that is a Note is said in its place.
const (
	// NoteHeard: the device says {0}, in its own words.
	NoteHeard devices.Code = "engine.heard"
	// NoteHeardMeaning: it says {0}, which means {1}.
	NoteHeardMeaning devices.Code = "engine.heard.meaning"
	// NoteSaid: {0} is how it ended; the device said {1}, which means {2}.
	NoteSaid devices.Code = "engine.said"
	// NoteSaidOnly: {0} is how it ended; the device said {1}.
	NoteSaidOnly devices.Code = "engine.said.only"
	// NoteSaidWhy: {0} is how it ended, {1} why, by what the device holds.
	NoteSaidWhy devices.Code = "engine.said.why"
)

// because adds to a note how an upgrade ended the reason that the device gave.
func because(n Note, s devices.Said) Note {
	meaning := Note{Level: n.Level, Code: s.Why, Args: s.WhyArgs}
	switch {
	case s.Words != "" && s.Why != "":
		n = Note{Level: n.Level, Code: NoteSaid, Args: []any{n, s.Words, meaning}}
	case s.Words != "":
		n = Note{Level: n.Level, Code: NoteSaidOnly, Args: []any{n, s.Words}}
	case s.Why != "":
		n = Note{Level: n.Level, Code: NoteSaidWhy, Args: []any{n, meaning}}
	}
	return n
}

// blame is the failure of an upgrade whose device gave a reason.
func blame(n Note, s devices.Said, text string) *Failure {
	if s.Words != "" {
		text += fmt.Sprintf("; it said %q", s.Words)
	}
	return &Failure{
		Kind: devices.Refused, Code: s.Code, HasCode: s.HasCode, Note: because(n, s), Text: text, Said: s.Words,
	}
}

// overheard takes in what is said at an address where nobody was asked yet who is there.
func (j *job) overheard(at devices.Address, s devices.Said) {
	if j.places.ours(at, j.plan.Sighting.Key) {
		j.heed(s)
	}
}

// heed keeps the device's reason: it says it once, and may restart before it is asked what
// it runs. It reaches the journal at once, for the same reason.
func (j *job) heed(s devices.Said) {
	if secrets := j.secrets(); len(secrets) > 0 {
		s.Words = hide(s.Words, secrets)
	}
	if s.Nothing() || j.said != nil && reflect.DeepEqual(*j.said, s) {
		return
	}
	j.said = &s
	j.box.put(Event{Said: &s, Note: heard(s)})
}

// heard is the remark that the device gave that reason, nil if it can only be counted.
func heard(s devices.Said) *Note {
	switch meaning := (Note{Level: Warn, Code: s.Why, Args: s.WhyArgs}); {
	case s.Words != "" && s.Why != "":
		return &Note{Level: Warn, Code: NoteHeardMeaning, Args: []any{s.Words, meaning}}
	case s.Words != "":
		return &Note{Level: Warn, Code: NoteHeard, Args: []any{s.Words}}
	case s.Why != "":
		return &meaning
	}
	return nil
}

// reason is why the device does not run what it was given: what it says now, else what it
// said before.
func reason(now devices.Said, before *devices.Said) devices.Said {
	if now.Nothing() && before != nil {
		return *before
	}
	return now
}
