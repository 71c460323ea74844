package quecpython

import (
	"fotabench/devices"
)

// phase is where a fetch is, by the device's own words.
type phase int

const (
	running phase = iota
	accepted
	refused
	gone // the module restarted: nothing of the fetch is left on it
)

// The statuses of the callback; every other one is a failure.
const (
	statusBegun       = 0
	statusDownloading = 1
	statusAccepted    = 2
)

// judge reads the state of a fetch by the rules of the model: where the call
// only starts the download, the callback decides; else what the call returned.
func (s *session) judge(a answer, r rules) (phase, error) {
	if _, ok := a["gone"]; ok {
		return gone, nil
	}
	if n, ok := a.Number("apn"); ok && n != 0 {
		return refused, coded(fail("apn_set", devices.Refused, NoteAPN, n), n)
	}
	if a["type"] != "" {
		return refused, s.raisedError("fetch", a["type"], a["text"], errnoOf(a["text"]))
	}
	if end, ok := a.Number("end"); ok && end != statusAccepted {
		return refused, failure(end, a, r)
	}
	if odd, ok := a.Number("odd"); ok && r.codeInValue && meanings[odd].note != "" {
		return refused, explained(odd, r)
	}
	return s.judgeReturn(a, r)
}

func (s *session) judgeReturn(a answer, r rules) (phase, error) {
	end, ended := a.Number("end")
	returned, ok := a["ret"]
	n, numeric := a.Number("ret")
	switch {
	case ok && (!numeric || n != 0):
		e := fail("fetch", devices.Refused, NoteRefused, s.redact(printable(returned)))
		e.Code, e.HasCode = n, numeric
		return refused, e
	case ended && end == statusAccepted:
		return accepted, nil
	case ok && !r.async:
		return accepted, nil
	}
	return running, nil
}

// failure finds the code: in the second value where the model documents it
// there or where only a code can stand, else in the status itself.
func failure(status int, a answer, r rules) error {
	value, ok := a.Number("code")
	if ok && (r.codeInValue || meanings[value].note != "") {
		return explained(value, r)
	}
	return explained(status, r)
}

func explained(code int, r rules) error {
	m, ok := meanings[code]
	if !ok {
		return coded(fail("fetch", devices.Refused, NoteCode, code, r.model), code)
	}
	return coded(fail("fetch", m.kind, m.note, r.model), code)
}

func coded(e *devices.Error, code int) *devices.Error {
	e.Code, e.HasCode = code, true
	return e
}
