package cli

import (
	"errors"
	"fmt"

	"fotabench/devices"
	"fotabench/packages"
)

// The sentences of the command line.
const (
	NoDevices            devices.Code = "cli.noDevices"
	Unknown              devices.Code = "cli.unknown"
	Millivolts           devices.Code = "cli.millivolts"
	Signal               devices.Code = "cli.signal"
	FreeSpace            devices.Code = "cli.freeSpace"
	Possible             devices.Code = "cli.possible"
	AskUpgrade           devices.Code = "cli.askUpgrade"
	NotStarted           devices.Code = "cli.notStarted"
	CancelAnswerAccepted devices.Code = "cli.cancel.accepted"
	CancelAnswerTooLate  devices.Code = "cli.cancel.tooLate"
	CancelAnswerDenied   devices.Code = "cli.cancel.refused"
	SimulatedAt          devices.Code = "cli.simulatedAt"
)

func code[T ~string](v T) devices.Code { return devices.Code(v) }

// complainPackage tells what is wrong with a package.
func (a *app) complainPackage(err error) {
	var e *packages.Error
	if errors.As(err, &e) {
		c := code(e.Code)
		fmt.Fprintln(a.Err, "fotabench:", a.book.Say(c, e.Args...))
		if remedy := c + ".remedy"; a.book.Has(remedy) {
			fmt.Fprintln(a.Err, "  ", a.book.Say(remedy, e.Args...))
		}
	}
	fmt.Fprintln(a.Err, "fotabench:", err)
}
