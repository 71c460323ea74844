package link

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// pollEvery is slow, since inotify tells of nearly everything; in a container
// whose /dev is filled by hand it may not.
const pollEvery = 3 * time.Second

func newLister() func(context.Context) ([]plug, error) { return sysfs{"/sys", "/dev"}.list }

// usbIDs are the vendor and product of a port, empty without USB.
func usbIDs(at string) [2]string {
	p, _ := sysfs{"/sys", "/dev"}.plug(filepath.Base(at))
	return [2]string{p.vid, p.pid}
}

func systemHints(ctx context.Context, hint func()) { watchFolder(ctx, "/dev", hint) }

// watchFolder tells when files appear, vanish or change their permissions (udev
// does that last).
func watchFolder(ctx context.Context, folder string, hint func()) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return
	}
	file := os.NewFile(uintptr(fd), "inotify")
	defer file.Close()
	if _, err := unix.InotifyAddWatch(fd, folder, unix.IN_CREATE|unix.IN_DELETE|unix.IN_ATTRIB|unix.IN_MOVE); err != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	// What happened does not matter, so the events are not even parsed.
	for buf := make([]byte, 4096); ; {
		if _, err := file.Read(buf); err != nil {
			return
		}
		hint()
	}
}
