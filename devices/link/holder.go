package link

import (
	"fmt"
	"os"
	"strings"

	"fotabench/devices"
)

// process is a program that holds a port.
type process struct {
	name string
	pid  int
	// usb are the vendor and product ids of the port that it holds, if any.
	usb [2]string
}

// modemManager is the daemon that probes every modem's ports after plugging.
const modemManager = "ModemManager"

// ModemManagerRules is where the rule of ModemManagerRule belongs, and
// ModemManagerReload what makes it count without replugging.
const (
	ModemManagerRules  = "/etc/udev/rules.d/99-fotabench.rules"
	ModemManagerReload = "sudo udevadm control --reload && sudo udevadm trigger"
)

// ModemManagerRule is the udev rule that keeps ModemManager's hands off devices
// with these USB ids, or off all of Quectel's when they are unknown.
func ModemManagerRule(vid, pid string) string {
	if vid == "" {
		vid = "2C7C"
	}
	rule := fmt.Sprintf(`ATTRS{idVendor}=="%s", `, strings.ToLower(vid))
	if pid != "" {
		rule += fmt.Sprintf(`ATTRS{idProduct}=="%s", `, strings.ToLower(pid))
	}
	return rule + `ENV{ID_MM_DEVICE_IGNORE}="1"`
}

// blame puts the process into the error.
func (p *process) blame(e *devices.Error) {
	e.Detail = fmt.Sprintf("%s (process %d)", p.name, p.pid)
	if p.name == modemManager {
		e.Note, e.Args = NoteModemManager, []any{e.At, ModemManagerRule(p.usb[0], p.usb[1]), ModemManagerRules, ModemManagerReload}
		return
	}
	if p.pid == os.Getpid() {
		e.Note, e.Args = NoteBusyOwn, []any{e.At}
		return
	}
	e.Note, e.Args = NoteBusyBy, []any{e.At, p.name, p.pid}
}
