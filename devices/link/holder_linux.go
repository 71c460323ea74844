package link

import (
	"cmp"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"fotabench/devices"
)

// exclusive tells whether another has claimed the terminal for itself. The
// kernel refuses such a port with EBUSY at open, but never to root.
func exclusive(fd int) error {
	if set, err := unix.IoctlGetInt(fd, unix.TIOCGEXCL); err == nil && set != 0 {
		return unix.EBUSY
	}
	return nil
}

// heldElsewhere refuses a port that another program has open without any lock:
// both would get half of the bytes. A pty is left alone, since whoever made it
// may keep it open. Programs of other users are seen by root only.
func heldElsewhere(at string) error {
	if isPTY(at) {
		return nil
	}
	by := holder(at)
	if by == nil || by.pid == os.Getpid() {
		return nil
	}
	e := busy(&devices.Error{Op: "link: open", At: at, Args: []any{at}})
	by.blame(e)
	return e
}

// suspect is who probably holds a busy port when its holder cannot be seen:
// ModemManager runs as root, so its files are hidden from everyone else.
func suspect(at string) *process {
	pids, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range pids {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil && processName(dir) == modemManager {
			return &process{name: modemManager, pid: pid, usb: usbIDs(at)}
		}
	}
	return nil
}

// trying is how many descriptors on a port this process has because it tries to open it;
// with more it has a link there.
const trying = 1

// holder finds a process that has the port open, another's before ours.
func holder(at string) *process {
	real, err := filepath.EvalSymlinks(at)
	if err != nil {
		return nil
	}
	var found *process
	pids, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range pids {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if open := descriptors(dir, real); open == 0 || pid == os.Getpid() && open <= trying {
			continue
		}
		found = &process{name: processName(dir), pid: pid, usb: usbIDs(real)}
		if pid != os.Getpid() {
			break
		}
	}
	return found
}

// descriptors counts those that the process of dir has on a port, as far as that can be
// seen.
func descriptors(dir, port string) (count int) {
	fds, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return 0
	}
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join(dir, "fd", fd.Name())); err == nil && to == port {
			count++
		}
	}
	return count
}

func processName(dir string) string {
	comm, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return "?"
	}
	return bounded(strings.TrimSpace(string(comm)))
}

// denied names the group that may open the port, and how to join it.
func denied(e *devices.Error) error {
	e.Kind, e.Note = devices.Denied, NoteDenied
	info, err := os.Stat(e.At)
	if err != nil {
		return e
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Gid == 0 || info.Mode().Perm()&0o060 != 0o060 {
		return e
	}
	name := strconv.FormatUint(uint64(stat.Gid), 10)
	if group, err := user.LookupGroupId(name); err == nil {
		name = group.Name
	}
	e.Note, e.Args = NoteDeniedGroup, []any{e.At, name, "sudo usermod -aG " + cmp.Or(name, "dialout") + " $USER"}
	return e
}

// lineRate is the speed that counts on this port: 0 where USB carries bytes as
// they are and the speed that was set means nothing.
func lineRate(at string, baud int) int {
	real, err := filepath.EvalSymlinks(at)
	if err != nil {
		return baud
	}
	driver, err := os.Readlink(filepath.Join("/sys/class/tty", filepath.Base(real), "device/driver"))
	if err != nil {
		return baud
	}
	switch filepath.Base(driver) {
	case "cdc_acm", "option", "option1", "qcserial", "sierra", "usb_serial_simple":
		return 0
	}
	return baud
}
