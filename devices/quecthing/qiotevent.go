package quecthing

import (
	"strconv"
	"strings"

	"fotabench/devices/repl/script"
)

// eventHead begins the events of QuecThing over AT.
const eventHead = "+QIOTEVT:"

// The types of event, and the codes of the type OTA (QuecThing AT guide, events).
const (
	typeLogin     = 1
	typeAccess    = 2
	typeSubscribe = 3
	typeOTA       = 7
	typePlatform  = 8

	codeGood     = 10200
	codePlan     = 10700
	codeStart    = 10701
	codeLoading  = 10702
	codeBlock    = 10703
	codeUpdating = 10704
	codeDone     = 10705
	codeFailed   = 10706
)

// atEvent is one event over AT.
type atEvent struct {
	// connected is true for the end of a login that succeeded; failed is the code of
	// one that did not.
	connected bool
	failed    int
	// upgrade is what concerns an upgrade; its kind is 0 if nothing does.
	upgrade event
	// block is true for a piece of an MCU's firmware that can be read.
	block         bool
	total         int64
	start, length int64
}

// atEventOf reads a line; false for what is no event, or makes no sense.
func atEventOf(line string, sota func(component string) bool) (atEvent, bool) {
	rest, ok := strings.CutPrefix(line, eventHead)
	if !ok {
		return atEvent{}, false
	}
	values, ok := splitValues(rest)
	if !ok || len(values) < 2 || !values[0].numeric || !values[1].numeric {
		return atEvent{}, false
	}
	kind, code := values[0].number, values[1].number
	if kind == typeOTA {
		return upgradeOf(code, values[2:], sota)
	}
	return connectionOf(kind, code)
}

// connectionOf reads an event of the connection; other types say nothing of interest.
func connectionOf(kind, code int64) (atEvent, bool) {
	switch kind {
	case typeLogin, typeAccess, typeSubscribe, typePlatform:
	default:
		return atEvent{}, true
	}
	if code == codeGood {
		return atEvent{connected: kind == typeSubscribe}, true
	}
	return atEvent{failed: int(code)}, code > 0 && code <= 99999
}

// upgradeOf reads an event of the type OTA.
func upgradeOf(code int64, values []value, sota func(component string) bool) (atEvent, bool) {
	e := event{}
	if len(values) > 0 {
		e.component = script.Printable(values[0].text)
	}
	ok := true
	switch code {
	case codePlan:
		e = planEvent(values, sota)
	case codeStart:
		e.kind = described
		e.image, ok = startOf(values)
	case codeBlock:
		return blockOf(values, e)
	case codeLoading:
		e.kind = loading
	case codeUpdating:
		e.kind = updating
	case codeDone, codeFailed:
		e.kind, e.ok, e.code = settled, code == codeDone, int(code)
	}
	return atEvent{upgrade: e}, ok
}

// planEvent is a plan, or one that cannot be read.
func planEvent(values []value, sota func(component string) bool) event {
	p, ok := planOf(values, sota)
	if !ok {
		return event{kind: odd, plan: plan{raw: rawOf(values)}}
	}
	return event{kind: planned, plan: p, component: p.component}
}

// blockOf reads component, length of all, and beginning and length of what can be read.
func blockOf(values []value, e event) (atEvent, bool) {
	if len(values) < 4 || !values[1].isNumber() || !values[2].isNumber() || !values[3].isNumber() {
		return atEvent{}, false
	}
	e.kind = loading
	b := atEvent{block: true, total: values[1].number, start: values[2].number, length: values[3].number, upgrade: e}
	return b, b.total <= maxImage && b.start >= 0 && b.length > 0 && b.start <= b.total && b.length <= b.total-b.start
}

// maxImage is the largest firmware of an MCU that is read, in bytes (QuecThing guide:
// 100 MB a file).
const maxImage = 100 << 20

// startOf reads component, length, MD5, CRC and perhaps a SHA-256.
func startOf(values []value) (image, bool) {
	if len(values) < 4 {
		return image{}, false
	}
	return imageOf(append([]value{values[0], {}}, values[1:]...)) // the version is not told
}

// splitValues cuts a list of values: texts in quotes, in which commas may stand, and
// numbers.
func splitValues(text string) ([]value, bool) {
	var values []value
	for rest := strings.TrimSpace(text); ; {
		var v value
		if strings.HasPrefix(rest, `"`) {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				return nil, false
			}
			v.text, rest = rest[1:1+end], rest[2+end:]
		} else {
			word, _, _ := strings.Cut(rest, ",")
			rest = rest[len(word):]
			v.text = strings.TrimSpace(word)
			n, err := strconv.ParseInt(v.text, 10, 64)
			v.number, v.numeric = n, err == nil
		}
		values = append(values, v)
		switch rest = strings.TrimSpace(rest); {
		case rest == "":
			return values, len(values) <= maxFields
		case rest[0] != ',' || len(values) > maxFields:
			return nil, false
		}
		rest = strings.TrimSpace(rest[1:])
	}
}
