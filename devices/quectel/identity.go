package quectel

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
)

// The names in Identity.Extra.
const (
	extraEdition = "CSUB"    // SubEdition
	extraMain    = "CGMR"    // the version without its sub-version
	extraICCID   = "QCCID"   // masked
	extraUpgrade = "QFOTADL" // "yes" or "no"
)

// Bounds of what is plausible; beyond them a value is unknown.
const (
	maxMillivolts = 60000
	maxCSQ        = 31 // 99 means unknown
)

// askTime is how long one question of Identify may take: a module that boots answers
// late, and one that does not know a command at once.
const askTime = 3 * time.Second

// question is one command of Identify and what its answer fills in.
type question struct {
	command, prefix string
	fill            func(*devices.Identity, []string)
	// needless, if not nil, tells that the answer is known already.
	needless func(*devices.Identity) bool
}

var questions = []question{
	{"ATI", "", fillProduct, nil},
	{"AT+CGMM", "", fillProduct, func(id *devices.Identity) bool { return id.Model != "" }},
	{"AT+CGMR", "", fillMain, nil},
	{"AT+QGMR", "", fillFirmware, nil},
	{"AT+GSN", "", fillIMEI, nil},
	{"AT+CGSN", "", fillIMEI, func(id *devices.Identity) bool { return id.IMEI != "" }},
	{"AT+CSUB", "", fillEdition, nil},
	{"AT+CSQ", "+CSQ:", fillSignal, nil},
	{"AT+CBC", "+CBC:", fillSupply, nil},
	{"AT+QCCID", "+QCCID:", fillICCID, nil},
	{`AT+QFLDS="UFS"`, "+QFLDS:", fillSpace, nil},
}

// Identify implements devices.Session.
func (s *session) Identify(ctx context.Context) (devices.Identity, error) {
	ctx, leave, err := s.enter(ctx, "identify")
	if err != nil {
		return devices.Identity{}, err
	}
	defer leave()
	return s.identify(ctx)
}

// known is the identity as it was last told, asked for if it never was.
func (s *session) known(ctx context.Context) (devices.Identity, error) {
	if s.identity != nil {
		return *s.identity, nil
	}
	return s.identify(ctx)
}

func (s *session) identify(ctx context.Context) (devices.Identity, error) {
	id := devices.Identity{Family: Family, Vendor: "Quectel", Extra: map[string]string{}}
	silent := 0
	for _, q := range questions {
		if q.needless != nil && q.needless(&id) {
			continue
		}
		r, err := s.client.Do(ctx, at.Command{Text: q.command, Prefix: q.prefix, Plain: q.prefix == "", Query: true, Wait: askTime})
		switch {
		case err == nil:
			silent = 0
			q.fill(&id, r.Lines)
		case ctx.Err() != nil || errors.Is(err, devices.Lost):
			return devices.Identity{}, err
		case errors.Is(err, devices.Timeout):
			// A module that has gone would be asked for a minute.
			if silent++; silent == 2 {
				return devices.Identity{}, err
			}
		}
	}
	if err := s.fillUpgrade(ctx, &id); err != nil {
		return devices.Identity{}, err
	}
	if id.Firmware == "" {
		id.Firmware = id.Extra[extraMain]
	}
	id.At = time.Now()
	s.identity = &id
	return id, nil
}

// fillUpgrade asks whether AT+QFOTADL is there: its test form answers OK, with or
// without its parameters.
func (s *session) fillUpgrade(ctx context.Context, id *devices.Identity) error {
	_, err := s.client.Do(ctx, at.Command{Text: "AT+QFOTADL=?", Wait: askTime})
	switch {
	case err == nil:
		id.Extra[extraUpgrade] = "yes"
	case ctx.Err() != nil || errors.Is(err, devices.Lost):
		return err
	case errors.Is(err, devices.Refused):
		id.Extra[extraUpgrade] = "no"
	}
	return nil
}

// fillProduct reads ATI: maker, model, revision, each in a line.
func fillProduct(id *devices.Identity, lines []string) {
	for _, line := range lines {
		revision, ok := strings.CutPrefix(line, "Revision:")
		switch {
		case ok:
			fillMain(id, []string{strings.TrimSpace(revision)})
		case strings.EqualFold(line, "quectel"), strings.Contains(line, ":"), strings.ContainsFunc(line, odd):
		case id.Model == "":
			id.Model = printable(line)
		}
	}
}

func odd(r rune) bool { return r < 0x20 || r > 0x7e }

// version is what firmware versions of these modules look like.
var version = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]{4,79}$`)

func fillMain(id *devices.Identity, lines []string) {
	if text, ok := first(lines, version); ok {
		id.Extra[extraMain] = text
	}
}

// fillFirmware takes QGMR's string, since the main version may be equal before and
// after an upgrade.
func fillFirmware(id *devices.Identity, lines []string) {
	if text, ok := first(lines, version); ok {
		id.Firmware = text
	}
}

var digits = regexp.MustCompile(`^"?(\d{14,16})"?$`)

// fillIMEI accepts 14 to 16 digits that are not all zero: a module without one must
// not be taken for another module without one.
func fillIMEI(id *devices.Identity, lines []string) {
	text, ok := first(lines, digits)
	if text = strings.Trim(text, `"`); ok && strings.Trim(text, "0") != "" {
		id.IMEI = text
	}
}

// first is the first line that looks as expected.
func first(lines []string, form *regexp.Regexp) (string, bool) {
	for _, line := range lines {
		if form.MatchString(line) {
			return line, true
		}
	}
	return "", false
}

var edition = regexp.MustCompile(`^SubEdition:\s*([A-Za-z0-9_.-]{1,32})$`)

func fillEdition(id *devices.Identity, lines []string) {
	for _, line := range lines {
		if m := edition.FindStringSubmatch(line); m != nil {
			id.Extra[extraEdition] = m[1]
		}
	}
}

func fillSignal(id *devices.Identity, lines []string) {
	id.SignalCSQ = number(lines[0], 0, 0, maxCSQ)
}

func fillSupply(id *devices.Identity, lines []string) {
	id.BatteryMV = number(lines[0], 2, 1, maxMillivolts)
	id.BatteryPercent = number(lines[0], 1, 0, 100)
	// Modules without a gauge say 0 percent at a good voltage.
	if id.BatteryPercent != nil && *id.BatteryPercent == 0 {
		id.BatteryPercent = nil
	}
}

var iccid = regexp.MustCompile(`^\+QCCID:\s*"?([0-9A-Fa-f]{10,22})"?$`)

// fillICCID keeps the last four digits: the number is its owner's.
func fillICCID(id *devices.Identity, lines []string) {
	for _, line := range lines {
		if m := iccid.FindStringSubmatch(line); m != nil {
			id.Extra[extraICCID] = strings.Repeat("*", len(m[1])-4) + m[1][len(m[1])-4:]
		}
	}
}

func fillSpace(id *devices.Identity, lines []string) {
	fields := fieldsOf(lines[0])
	if n, err := strconv.ParseInt(fields[0], 10, 64); err == nil && n >= 0 && len(fields) == 2 {
		id.FreeBytes = &n
	}
}

// fieldsOf cuts "+CSQ: 20,99" into its parameters.
func fieldsOf(line string) []string {
	_, rest, _ := strings.Cut(line, ":")
	fields := strings.Split(rest, ",")
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	return fields
}

// number is the i-th parameter if it is between the bounds, else unknown.
func number(line string, i, low, high int) *int {
	fields := fieldsOf(line)
	if i >= len(fields) {
		return nil
	}
	n, err := strconv.Atoi(fields[i])
	if err != nil || n < low || n > high {
		return nil
	}
	return &n
}
