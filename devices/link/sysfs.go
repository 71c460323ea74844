package link

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"fotabench/devices"
)

// sysfs lists ports as Linux describes them (Documentation/ABI/testing/sysfs-tty
// and sysfs-bus-usb). go-serial's list opens every /dev/ttyS* to see whether it
// is real; this one opens nothing but text files.
type sysfs struct {
	// sys and dev are "/sys" and "/dev", elsewhere in tests.
	sys, dev string
}

func (s sysfs) list(context.Context) ([]plug, error) {
	entries, err := os.ReadDir(filepath.Join(s.sys, "class/tty"))
	if err != nil {
		return nil, err
	}
	var plugs []plug
	for _, e := range entries {
		if p, ok := s.plug(e.Name()); ok {
			plugs = append(plugs, p)
		}
	}
	return plugs, nil
}

// plug describes one tty; ok is false for consoles, ptys, and UARTs that a board
// does not have.
func (s sysfs) plug(name string) (p plug, ok bool) {
	class := filepath.Join(s.sys, "class/tty")
	link, err := os.Readlink(filepath.Join(class, name))
	// Sixty consoles are told from ports without touching one more file: this is
	// done every few seconds.
	if err != nil || strings.Contains(link, "/devices/virtual/") {
		return plug{}, false
	}
	dir := filepath.Join(class, link)
	if _, err := os.Stat(filepath.Join(dir, "device")); err != nil || s.text(dir, "type") == "0" {
		return plug{}, false
	}
	// The kernel speaks before the device file is there.
	if _, err := os.Stat(filepath.Join(s.dev, name)); errors.Is(err, fs.ErrNotExist) {
		return plug{}, false
	}
	p = plug{address: devices.Address("/dev/" + name), number: -1}
	s.climb(&p, dir)
	return p, true
}

// climb walks from the tty up to the USB interface and the USB device, if any.
// A device's folder is named by its place: bus, port, ports of the hubs between.
func (s sysfs) climb(p *plug, dir string) {
	root := filepath.Clean(s.sys)
	for ; len(dir) > len(root) && dir != "/"; dir = filepath.Dir(dir) {
		if number := s.text(dir, "bInterfaceNumber"); number != "" {
			if n, err := strconv.ParseUint(number, 16, 8); err == nil {
				p.number = int(n)
			}
			p.description = s.text(dir, "interface")
			class := s.text(dir, "bInterfaceClass") + s.text(dir, "bInterfaceSubClass") + s.text(dir, "bInterfaceProtocol")
			p.diag = class == "ffff30"
		}
		if vid := s.text(dir, "idVendor"); vid != "" {
			p.place = filepath.Base(dir)
			p.vid, p.pid = strings.ToUpper(vid), strings.ToUpper(s.text(dir, "idProduct"))
			p.serial, p.manufacturer, p.product = s.text(dir, "serial"), s.text(dir, "manufacturer"), s.text(dir, "product")
			return
		}
	}
}

// text is an attribute's text, "" if there is none.
func (s sysfs) text(dir, name string) string {
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return bounded(strings.TrimSpace(string(raw)))
}
