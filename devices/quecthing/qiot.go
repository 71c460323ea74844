package quecthing

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
	"fotabench/devices/link"
	"fotabench/devices/repl/script"
)

// qiot is the form over AT commands. Firmware for a part beside the module comes to
// this computer, block by block.
type qiot struct {
	driver   *Driver
	client   *at.Client
	tap      *tap
	feed     *at.Feed
	platform *devices.Platform

	before   string          // AT+QIOTREG as it was found, "" if it was not changed
	stored   map[string]bool // the parts that the module was told of before
	up       bool
	failed   int
	blocks   []atEvent
	kept     []string // lines of feed that were read ahead
	firmware []byte   // whole, and proved
}

// openAT takes l, on which AT answers; after an error l is closed.
func (d *Driver) openAT(ctx context.Context, l link.Link, access devices.Access) (*qiot, error) {
	t := &tap{Link: l}
	q := &qiot{driver: d, tap: t, platform: access.Platform, client: at.New(t, unsolicited)}
	q.feed = q.client.Subscribe(wanted)
	if err := q.synchronise(ctx, access); err != nil {
		return nil, errors.Join(err, q.client.Drop())
	}
	return q, nil
}

// do runs one command. No answer shows what it was sent.
func (q *qiot) do(ctx context.Context, c at.Command) ([]string, error) {
	r, err := q.client.Do(ctx, c)
	if err != nil && ctx.Err() != nil {
		return nil, ended(ctx, "ask")
	}
	return r.Lines, err
}

// value asks a question whose answer is one line with a prefix; "" if it was refused.
func (q *qiot) value(ctx context.Context, command, prefix string) (string, error) {
	lines, err := q.do(ctx, at.Command{Text: command, Prefix: prefix, Query: true})
	switch {
	case errors.Is(err, devices.Refused), errors.Is(err, devices.Protocol):
		return "", nil
	case err != nil || len(lines) == 0:
		return "", err
	}
	return script.Printable(strings.TrimSpace(strings.TrimPrefix(lines[0], prefix))), nil
}

// plainTries is how often a plain question is asked until a line answers it.
const plainTries = 3

// plain asks a question whose answer is one line without a prefix: what a module logs, and
// says unasked, may stand before it. "" if it was refused, or no line has that form.
func (q *qiot) plain(ctx context.Context, command string, form *regexp.Regexp) (string, error) {
	for range plainTries {
		lines, err := q.do(ctx, at.Command{Text: command, Plain: true, Query: true})
		switch {
		case errors.Is(err, devices.Refused), errors.Is(err, devices.Protocol):
			return "", nil
		case err != nil:
			return "", err
		}
		if i := slices.IndexFunc(lines, form.MatchString); i >= 0 {
			return strings.Trim(lines[i], `"`), nil
		}
	}
	return "", nil
}

// The forms of plain answers.
var (
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,79}$`)
	versionForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]{2,79}$`)
	imeiForm    = regexp.MustCompile(`^"?[0-9]{14,16}"?$`)
)

func (q *qiot) identify(ctx context.Context) (devices.Identity, error) {
	id := devices.Identity{Family: Family, Extra: map[string]string{}, At: time.Now()}
	for _, ask := range []struct {
		command string
		form    *regexp.Regexp
		to      *string
	}{
		{"AT+CGMI", nameForm, &id.Vendor},
		{"AT+CGMM", nameForm, &id.Model},
		{"AT+QGMR", versionForm, &id.Firmware},
		{"AT+GSN", imeiForm, &id.IMEI},
	} {
		var err error
		if *ask.to, err = q.plain(ctx, ask.command, ask.form); err != nil {
			return devices.Identity{}, err
		}
	}
	var supply, signal, known string
	for _, ask := range []struct {
		command, prefix string
		to              *string
	}{
		{"AT+CBC", "+CBC:", &supply},
		{"AT+CSQ", "+CSQ:", &signal},
		{"AT+QIOTOTAREQ=?", "+QIOTOTAREQ:", &known},
	} {
		var err error
		if *ask.to, err = q.value(ctx, ask.command, ask.prefix); err != nil {
			return devices.Identity{}, err
		}
	}
	if id.Firmware == "" {
		var err error
		if id.Firmware, err = q.plain(ctx, "AT+CGMR", versionForm); err != nil {
			return devices.Identity{}, err
		}
	}
	id.IMEI, id.Extra[extraQIOT] = imei(id.IMEI), "yes"
	if known == "" {
		id.Extra[extraQIOT] = "no"
	}
	power := script.Answer{}
	for i, word := range strings.Split(supply, ",") {
		power[strconv.Itoa(i)] = strings.TrimSpace(word)
	}
	power["csq"], _, _ = strings.Cut(signal, ",")
	id.BatteryPercent, id.BatteryMV = within(power, "1", 1, 100), within(power, "2", 1, maxMillivolts)
	id.SignalCSQ = within(power, "csq", 0, maxCSQ)
	return id, q.parts(ctx, &id)
}

// parts adds the versions of the parts beside the module: their own words, not what
// the module was told of them.
func (q *qiot) parts(ctx context.Context, id *devices.Identity) error {
	if q.platform == nil || q.driver.config.MCU == nil {
		return nil
	}
	for _, part := range q.platform.MCU {
		version, err := q.driver.config.MCU.Version(ctx, part.Component)
		switch {
		case ctx.Err() != nil:
			return ended(ctx, "identify")
		case err != nil:
			id.Extra[devices.ExtraComponent+part.Component+".error"] = script.Printable(err.Error())
		case version != "" && len(version) <= maxVersion && plainText(version):
			id.Extra[devices.ExtraComponent+part.Component] = version
		}
	}
	return nil
}

// line is an AT command line with quoted texts behind it.
func line(command string, texts ...string) (string, error) {
	for i, text := range texts {
		quoted, err := at.Quote(text)
		if err != nil {
			return "", err
		}
		if i > 0 || !strings.HasSuffix(command, "=") {
			command += ","
		}
		command += quoted
	}
	return command, nil
}

// connect sets the device up: what it is told here it keeps.
func (q *qiot) connect(ctx context.Context) error {
	q.forgetStart(ctx)
	id := devices.Identity{Extra: map[string]string{}}
	if err := q.parts(ctx, &id); err != nil {
		return err
	}
	for _, s := range q.settings(id) {
		text, err := line(s.command, s.texts...)
		if err == nil {
			_, err = q.do(ctx, at.Command{Text: text})
		}
		if errors.Is(err, devices.Refused) {
			return fail("connect", devices.Refused, s.note)
		}
		if err != nil {
			return err
		}
	}
	if err := q.recall(ctx); err != nil {
		return err
	}
	mode, err := q.value(ctx, "AT+QIOTREG?", "+QIOTREG:")
	if err != nil {
		return err
	}
	if state, err := q.value(ctx, "AT+QIOTSTATE?", "+QIOTSTATE:"); err != nil || state == subscribed && mode != "0" {
		q.up = err == nil
		return err
	}
	if _, err := q.do(ctx, at.Command{Text: "AT+QIOTREG=1"}); err != nil {
		if errors.Is(err, devices.Refused) {
			return fail("connect", devices.Refused, NoteStart)
		}
		return err
	}
	q.before = mode
	return nil
}

// subscribed is the state in which data can be sent.
const subscribed = "8"

// setting is one command that connect sends.
type setting struct {
	command string
	texts   []string
	note    devices.Code
}

func (q *qiot) settings(id devices.Identity) []setting {
	p := q.platform
	if p == nil {
		return nil
	}
	var all []setting
	if p.ProductKey != "" {
		all = append(all, setting{"AT+QIOTCFG=", []string{"productinfo", p.ProductKey, p.ProductSecret}, NoteProduct})
	}
	if p.Server != "" {
		all = append(all, setting{`AT+QIOTCFG="server",1`, []string{p.Server}, NoteServer})
	}
	if p.APN != nil {
		all = append(all, setting{"AT+QICSGP=1," + strconv.Itoa(min(max(p.APN.IPType, 0), 1)+1), []string{p.APN.Name, p.APN.User, p.APN.Password}, NoteAPN})
	}
	for _, part := range p.MCU {
		if v := id.Extra[devices.ExtraComponent+part.Component]; v != "" {
			all = append(all, setting{"AT+QIOTMCUVER=", []string{part.Component, v}, NotePart})
		}
	}
	return all
}

func (q *qiot) act(ctx context.Context, what action) error {
	text := fmt.Sprintf("AT+QIOTUPDATE=%d", what)
	if what == ask {
		text = "AT+QIOTOTAREQ=1" // with a SHA-256
	}
	_, err := q.do(ctx, at.Command{Text: text})
	if errors.Is(err, devices.Refused) {
		name, _, _ := strings.Cut(text, "=")
		return fail("plan", devices.Refused, NoteRefused, name)
	}
	return err
}

// events gives what has come; the pause lets what is on its way arrive.
func (q *qiot) events(ctx context.Context) (heard, error) {
	h := heard{}
	for {
		line, late, err := q.nextLine(ctx)
		switch {
		case ctx.Err() != nil:
			return heard{}, ended(ctx, "plan")
		case err != nil && late:
			h.up, h.failed = q.up, q.failed
			return h, nil
		case err != nil:
			return heard{}, err
		case line == "RDY":
			h.gone = true
			continue
		}
		e, ok := atEventOf(line, q.isPart)
		if !ok {
			continue
		}
		if e.connected {
			q.up, q.failed = true, 0
		}
		if e.failed != 0 {
			q.failed = e.failed
		}
		if e.block {
			q.blocks = append(q.blocks, e)
		}
		if e.upgrade.kind == settled {
			e.upgrade.words = script.Printable(line)
		}
		if e.upgrade.kind != 0 {
			h.events = append(h.events, e.upgrade)
		}
	}
}

func (q *qiot) isPart(component string) bool {
	return named(q.platform, component) || q.stored[component]
}

// recall asks which parts the module was told of before: a plan does not say whether
// it is for one.
func (q *qiot) recall(ctx context.Context) error {
	const prefix = "+QIOTMCUVER:"
	q.stored = map[string]bool{}
	lines, err := q.do(ctx, at.Command{Text: "AT+QIOTMCUVER?", Prefix: prefix})
	if errors.Is(err, devices.Refused) {
		return nil
	}
	for _, text := range lines {
		if values, ok := splitValues(strings.TrimPrefix(text, prefix)); ok {
			q.stored[values[0].text] = true
		}
	}
	return err
}

// restart restarts the module; it says OK and goes.
func (q *qiot) restart(ctx context.Context) error {
	_, err := q.do(ctx, at.Command{Text: "AT+CFUN=1,1", Wait: q.driver.budgets.grace})
	switch {
	case err == nil, errors.Is(err, devices.Lost), errors.Is(err, devices.Timeout):
		return nil
	case errors.Is(err, devices.Refused):
		return fail("cancel", devices.Refused, NoteStays)
	}
	return err
}

func (q *qiot) close(ctx context.Context, restarting bool) error {
	if restarting {
		return q.client.Drop()
	}
	if q.before == "0" || q.before == "2" {
		inner, cancel := context.WithTimeout(ctx, q.driver.budgets.grace)
		_, _ = q.do(inner, at.Command{Text: "AT+QIOTREG=" + q.before}) // it leaves by itself when it is off
		cancel()
	}
	return q.client.Close(ctx)
}
