package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/words"
)

// The sentences of the command line.
const (
	NoDevices    devices.Code = "cli.noDevices"
	DownloadMode devices.Code = "cli.downloadMode"
	Answered     devices.Code = "cli.answered"
	Unknown      devices.Code = "cli.unknown"
	Millivolts   devices.Code = "cli.millivolts"
	Percent      devices.Code = "cli.percent"
	Signal       devices.Code = "cli.signal"
	FreeSpace    devices.Code = "cli.freeSpace"
	Possible     devices.Code = "cli.possible"
	AskUpgrade   devices.Code = "cli.askUpgrade"
	AskPassword  devices.Code = "cli.askPassword"
	NotStarted   devices.Code = "cli.notStarted"
	Blocked      devices.Code = "cli.blocked"
	SimulatedAt  devices.Code = "cli.simulatedAt"
	SizeBytes    devices.Code = "cli.bytes"
	SourceTyped  devices.Code = "ui.package.typed"
	// GuestWaits: a device is to ask by itself: its id. GuestOther: this one asked, which is
	// not waited for.
	GuestWaits devices.Code = "cli.guest.waits"
	GuestOther devices.Code = "cli.guest.other"

	ProgressOf      devices.Code = "cli.progress.of"
	ProgressSoFar   devices.Code = "cli.progress.soFar"
	ProgressPercent devices.Code = "cli.progress.percent"
)

// What bundle and replay tell.
const (
	Bundled          devices.Code = "cli.bundled"
	ReplayAt         devices.Code = "cli.replay.at"
	ReplayHow        devices.Code = "cli.replay.how"
	ReplayCut        devices.Code = "cli.replay.cut"
	ReplayDone       devices.Code = "cli.replay.done"
	ReplayDeviated   devices.Code = "cli.replay.deviated"
	ReplayUnfinished devices.Code = "cli.replay.unfinished"
)

// How a host deviates: link, byte, what was recorded, what came.
const (
	ReplayReplaced     devices.Code = "cli.replay.deviates.replaced"
	ReplayExtra        devices.Code = "cli.replay.deviates.extra"
	ReplayMissing      devices.Code = "cli.replay.deviates.missing"
	ReplayStoppedEarly devices.Code = "cli.replay.deviates.unfinished"
)

// What identify tells, a label for each line.
const (
	LabelModel    devices.Code = "cli.label.model"
	LabelIMEI     devices.Code = "cli.label.imei"
	LabelSerial   devices.Code = "cli.label.serial"
	LabelFirmware devices.Code = "cli.label.firmware"
	LabelRuntime  devices.Code = "cli.label.runtime"
	LabelBattery  devices.Code = "cli.label.battery"
	LabelSignal   devices.Code = "cli.label.signal"
	LabelFree     devices.Code = "cli.label.free"
)

// What Ctrl-C does, by what cancelling means at the stage.
const (
	CancelSafe      devices.Code = "cli.cancel.safe"
	CancelCleanUp   devices.Code = "cli.cancel.cleanUp"
	CancelAsk       devices.Code = "cli.cancel.ask"
	CancelByRestart devices.Code = "cli.cancel.byRestart"
	CancelDisarm    devices.Code = "cli.cancel.disarm"
	CancelWatching  devices.Code = "cli.cancel.watching"
	CancelRefused   devices.Code = "cli.cancel.refused"
	CancelTooLate   devices.Code = "cli.cancel.tooLate"
)

// The stages and the ways an upgrade ends; the last part is the engine's name.
const (
	StageIdentify devices.Code = "cli.stage.identify"
	StageCheck    devices.Code = "cli.stage.check"
	StageDeliver  devices.Code = "cli.stage.deliver"
	StageVerify   devices.Code = "cli.stage.verify"
	StageInstall  devices.Code = "cli.stage.install"
	StageRestart  devices.Code = "cli.stage.restart"
	StageConfirm  devices.Code = "cli.stage.confirm"

	OutcomeVerified  devices.Code = "cli.outcome.verified"
	OutcomeFailed    devices.Code = "cli.outcome.failed-old-version"
	OutcomeUncertain devices.Code = "cli.outcome.uncertain"
	OutcomeCancelled devices.Code = "cli.outcome.cancelled"
	OutcomeRefused   devices.Code = "cli.outcome.refused"
)

// complaint is an error as --json prints it.
type complaint struct {
	Code   devices.Code `json:"code,omitempty"`
	Text   string       `json:"text,omitempty"`
	Remedy string       `json:"remedy,omitempty"`
	// Cause is the code of the cause that Detail ends with, where it is one of the usual.
	Cause devices.Code `json:"cause,omitempty"`
	// Detail is the technical text.
	Detail string `json:"detail"`
}

// complaintOf is an error in words where there are some.
func (a *app) complaintOf(err error) complaint {
	t := words.Explain(err)
	c := complaint{Detail: t.Detail, Cause: t.Cause}
	if t.Code != "" && a.book != nil && a.book.Has(t.Code) {
		c.Code = t.Code
		c.Text, c.Remedy = a.book.Trouble(t)
		if what := mayStand(err); c.Remedy == "" && a.book.Has(what) {
			c.Remedy = a.book.Say(what)
		}
		return c
	}
	var mistake *worded
	if errors.As(err, &mistake) && a.book != nil {
		c.Text = mistake.in(a.book)
	}
	return c
}

// mayStand is the code of what may stand in the field of a package that err is about, as the
// window says it there; "" for other errors.
func mayStand(err error) devices.Code {
	e, refused := errors.AsType[*packages.Error](err)
	if !refused || e.Code != packages.BadTypedField || len(e.Args) == 0 {
		return ""
	}
	return devices.Code(fmt.Sprintf("shelf.field.%v", e.Args[0]))
}

// stater says where a hash comes from: a file, or a person.
func (a *app) stater(s string) string {
	if s == packages.SourceTyped {
		return a.book.Say(SourceTyped)
	}
	return s
}

// complain tells an error.
func (a *app) complain(err error) {
	c := a.complaintOf(err)
	if a.json {
		a.object(map[string]complaint{"error": c})
		return
	}
	detail := c.Detail
	if a.book != nil {
		detail = a.book.Raw(detail)
	}
	if c.Code == "" { // the text of a mistake in the call has all that the detail has
		fmt.Fprintf(a.Err, "fotabench: %s\n", cmp.Or(c.Text, detail))
		return
	}
	fmt.Fprintf(a.Err, "fotabench: %s\n", c.Text)
	if c.Remedy != "" {
		fmt.Fprintf(a.Err, "  %s\n", c.Remedy)
	}
	fmt.Fprintf(a.Err, "  (%s)\n", detail)
}

// object prints one line of JSON.
func (a *app) object(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		fmt.Fprintf(a.Err, "fotabench: %v\n", err)
		return
	}
	fmt.Fprintf(a.Out, "%s\n", line)
}
