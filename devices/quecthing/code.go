package quecthing

import "fotabench/devices"

// The codes with which a device says why it does not reach its platform
// (docs/protocols/quecthing.md, error codes). NoteCode is any other; the number is the
// argument of each.
const (
	NoteCode      devices.Code = "quecthing.code" // number
	NoteCode5888  devices.Code = "quecthing.code.5888"
	NoteCode5889  devices.Code = "quecthing.code.5889"
	NoteCode5890  devices.Code = "quecthing.code.5890"
	NoteCode5891  devices.Code = "quecthing.code.5891"
	NoteCode5892  devices.Code = "quecthing.code.5892"
	NoteCode5893  devices.Code = "quecthing.code.5893"
	NoteCode5894  devices.Code = "quecthing.code.5894"
	NoteCode5895  devices.Code = "quecthing.code.5895"
	NoteCode5896  devices.Code = "quecthing.code.5896"
	NoteCode5897  devices.Code = "quecthing.code.5897"
	NoteCode5898  devices.Code = "quecthing.code.5898"
	NoteCode5899  devices.Code = "quecthing.code.5899"
	NoteCode5900  devices.Code = "quecthing.code.5900"
	NoteCode5901  devices.Code = "quecthing.code.5901"
	NoteCode5902  devices.Code = "quecthing.code.5902"
	NoteCode5903  devices.Code = "quecthing.code.5903"
	NoteCode5904  devices.Code = "quecthing.code.5904"
	NoteCode5905  devices.Code = "quecthing.code.5905"
	NoteCode5906  devices.Code = "quecthing.code.5906"
	NoteCode5907  devices.Code = "quecthing.code.5907"
	NoteCode5908  devices.Code = "quecthing.code.5908"
	NoteCode4352  devices.Code = "quecthing.code.4352"
	NoteCode4353  devices.Code = "quecthing.code.4353"
	NoteCode4354  devices.Code = "quecthing.code.4354"
	NoteCode4355  devices.Code = "quecthing.code.4355"
	NoteCode4356  devices.Code = "quecthing.code.4356"
	NoteCode4357  devices.Code = "quecthing.code.4357"
	NoteCode4358  devices.Code = "quecthing.code.4358"
	NoteCode17920 devices.Code = "quecthing.code.17920"
	NoteCode17921 devices.Code = "quecthing.code.17921"
	NoteCode17922 devices.Code = "quecthing.code.17922"
	NoteCode17923 devices.Code = "quecthing.code.17923"
	NoteCode17924 devices.Code = "quecthing.code.17924"
	NoteCode17925 devices.Code = "quecthing.code.17925"
	NoteCode17926 devices.Code = "quecthing.code.17926"
	NoteCode17927 devices.Code = "quecthing.code.17927"
	NoteCode17928 devices.Code = "quecthing.code.17928"
	NoteCode17929 devices.Code = "quecthing.code.17929"
	NoteCode17930 devices.Code = "quecthing.code.17930"
	NoteCode17931 devices.Code = "quecthing.code.17931"
	NoteCode17932 devices.Code = "quecthing.code.17932"
	NoteCode17933 devices.Code = "quecthing.code.17933"
)

// meaning is what a code says and what kind of failure it is. Timeout is what another
// try may overcome.
type meaning struct {
	note devices.Code
	kind devices.Kind
}

// meanings by the number without its sign.
var meanings = map[int]meaning{
	5888:  {NoteCode5888, devices.Timeout},
	5889:  {NoteCode5889, devices.Timeout},
	5890:  {NoteCode5890, devices.Refused},
	5891:  {NoteCode5891, devices.Refused},
	5892:  {NoteCode5892, devices.Refused},
	5893:  {NoteCode5893, devices.Refused},
	5894:  {NoteCode5894, devices.Refused},
	5895:  {NoteCode5895, devices.Refused},
	5896:  {NoteCode5896, devices.Refused},
	5897:  {NoteCode5897, devices.Refused},
	5898:  {NoteCode5898, devices.Refused},
	5899:  {NoteCode5899, devices.Refused},
	5900:  {NoteCode5900, devices.Refused},
	5901:  {NoteCode5901, devices.Refused},
	5902:  {NoteCode5902, devices.Refused},
	5903:  {NoteCode5903, devices.Refused},
	5904:  {NoteCode5904, devices.Timeout},
	5905:  {NoteCode5905, devices.Refused},
	5906:  {NoteCode5906, devices.Refused},
	5907:  {NoteCode5907, devices.Timeout},
	5908:  {NoteCode5908, devices.Timeout},
	4352:  {NoteCode4352, devices.Timeout},
	4353:  {NoteCode4353, devices.Refused},
	4354:  {NoteCode4354, devices.Timeout},
	4355:  {NoteCode4355, devices.Refused},
	4356:  {NoteCode4356, devices.Refused},
	4357:  {NoteCode4357, devices.Refused},
	4358:  {NoteCode4358, devices.Refused},
	17920: {NoteCode17920, devices.Timeout},
	17921: {NoteCode17921, devices.Timeout},
	17922: {NoteCode17922, devices.Timeout},
	17923: {NoteCode17923, devices.Timeout},
	17924: {NoteCode17924, devices.Timeout},
	17925: {NoteCode17925, devices.Refused},
	17926: {NoteCode17926, devices.Refused},
	17927: {NoteCode17927, devices.Timeout},
	17928: {NoteCode17928, devices.Refused},
	17929: {NoteCode17929, devices.Refused},
	17930: {NoteCode17930, devices.Refused},
	17931: {NoteCode17931, devices.Timeout},
	17932: {NoteCode17932, devices.Timeout},
	17933: {NoteCode17933, devices.Timeout},
}

// events are the codes of the AT form's events, by the number of the same meaning.
var events = map[int]int{
	10404: 5888, 10421: 5906, 10422: 5891, 10423: 5892, 10424: 5893, 10425: 5894, 10427: 5895, 10428: 5889, 10429: 5890,
	10430: 5900, 10431: 5897, 10433: 5898, 10434: 5899, 10437: 5900, 10438: 5901, 10440: 5902, 10450: 17921, 10471: 17925,
	10473: 17922, 10474: 17921, 10476: 17924, 10477: 17929, 10478: 4355, 10500: 5905, 10300: 17923,
}

// meaningOf is what a code says: a negative one of Qth, a positive one of an event.
func meaningOf(code int) meaning {
	number := -code
	if code > 0 {
		number = events[code]
	}
	if m, ok := meanings[number]; ok {
		return m
	}
	return meaning{NoteCode, devices.Timeout}
}

// coded is the error for a code.
func coded(op string, code int) *devices.Error {
	m := meaningOf(code)
	e := fail(op, m.kind, m.note, code)
	e.Code, e.HasCode = code, true
	return e
}
