package quectel

import (
	"regexp"
	"strconv"
	"strings"
)

// event is one word of a module about an upgrade: +QIND: "FOTA","UPDATING",7
type event struct {
	name string
	// code is the number behind it: a percent or a result.
	code  int
	coded bool
	// line is the module's own, printable.
	line string
}

// The names of events. The last two are ours.
const (
	eventHTTPStart   = "HTTPSTART"
	eventHTTPEnd     = "HTTPEND"
	eventFTPStart    = "FTPSTART"
	eventFTPEnd      = "FTPEND"
	eventFileStart   = "FILESTART"
	eventFileEnd     = "FILEEND"
	eventDownloading = "DOWNLOADING"
	eventStart       = "START"
	eventUpdating    = "UPDATING"
	eventRestore     = "RESTORE"
	eventEnd         = "END"
	eventContinue    = "continue" // Last upgrade was not finished, continue upgrade
	eventReady       = "ready"    // RDY
)

// indication is a whole line; the percent may have its sign, blanks may stand anywhere.
var indication = regexp.MustCompile(`^\+QIND:\s*"FOTA"\s*,\s*"([A-Z]+)"\s*(?:,\s*(\d{1,5})\s*%?\s*)?$`)

// parseEvent reads a line; one that is torn or of another kind gives false.
func parseEvent(line string) (event, bool) {
	switch {
	case line == "RDY":
		return event{name: eventReady}, true
	case strings.HasPrefix(line, "Last upgrade was not finished"):
		return event{name: eventContinue}, true
	}
	m := indication.FindStringSubmatch(line)
	if m == nil {
		return event{}, false
	}
	e := event{name: m[1]}
	if m[2] != "" {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return event{}, false
		}
		e.code, e.coded = n, true
	}
	return e, e.whole()
}

// whole tells whether an event has the number that it must have: "END" without one is
// half a line.
func (e event) whole() bool {
	switch e.name {
	case eventHTTPEnd, eventFTPEnd, eventFileEnd, eventEnd, eventUpdating, eventDownloading, eventRestore:
		return e.coded
	}
	return true
}

// concerns tells whether a line is about upgrades; the rest is not kept.
func concerns(line string) bool {
	_, ok := parseEvent(line)
	return ok
}

// fetched tells the result of a fetch.
func (e event) fetched() bool {
	return e.name == eventHTTPEnd || e.name == eventFTPEnd || e.name == eventFileEnd
}

// installs tells that the module has begun to install.
func (e event) installs() bool {
	switch e.name {
	case eventStart, eventUpdating, eventRestore, eventContinue:
		return true
	}
	return false
}

// percent is a plausible percent; some firmware counts beyond or says nonsense.
func (e event) percent() (int, bool) {
	return e.code, (e.name == eventUpdating || e.name == eventDownloading) && e.code <= 100
}
