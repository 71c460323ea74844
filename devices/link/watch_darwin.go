package link

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"fotabench/devices"
)

// pollEvery: a glob of /dev is cheap, and IOKit's notifications need cgo and a
// run loop of their own.
const pollEvery = time.Second

func systemHints(context.Context, func()) {}

// newLister looks at the names in /dev each time and asks ioreg, which takes
// some hundred milliseconds, only when they changed.
func newLister() func(context.Context) ([]plug, error) {
	var names []string
	var known []plug
	return func(ctx context.Context) ([]plug, error) {
		now, err := filepath.Glob("/dev/cu.*")
		if err != nil {
			return nil, err
		}
		if known != nil && slices.Equal(now, names) {
			return known, nil
		}
		usb, err := askIOReg(ctx)
		if err != nil {
			return nil, err
		}
		names, known = now, make([]plug, 0, len(now))
		for _, name := range now {
			at := slices.IndexFunc(usb, func(p plug) bool { return string(p.address) == name })
			if at < 0 {
				known = append(known, plug{address: devices.Address(name), number: -1})
				continue
			}
			known = append(known, usb[at])
		}
		return known, nil
	}
}

func askIOReg(ctx context.Context) ([]plug, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/sbin/ioreg", "-a", "-l", "-r", "-c", "IOUSBHostDevice").Output()
	if err != nil {
		return nil, err
	}
	return parseIOReg(bytes.NewReader(out))
}
