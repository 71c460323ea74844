//go:build unix

package link

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"fotabench/devices"
)

// ttyPort moves bytes through a file of the runtime's poller, whose reads and
// writes can be ended at any time. go-serial, whose Write cannot, opens the same
// port a second time and only sets it up: speed, lines, exclusive use. It is
// nil for a pty, which has nothing of that.
type ttyPort struct {
	polled
	file    *os.File
	control serial.Port
}

func openPort(_ context.Context, at string, settings Settings) (endpoint, int, error) {
	file, err := os.OpenFile(at, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, openError(at, err)
	}
	port := &ttyPort{polled: polled{file}, file: file}
	if err := port.setUp(at, settings.Baud); err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	if port.control == nil {
		return port, 0, nil
	}
	if errors.Is(file.SetDeadline(time.Time{}), os.ErrNoDeadline) {
		// A driver that cannot be polled: go-serial's own reads and writes remain.
		_ = file.Close()
		return newBlocking(controlled{port.control}), settings.Baud, nil
	}
	return port, lineRate(at, settings.Baud), nil
}

func (p *ttyPort) setUp(at string, baud int) error {
	if err := p.each(func(fd int) error { return lockPort(at, fd) }); err != nil {
		return err
	}
	if isPTY(at) {
		return p.each(func(fd int) error {
			if _, err := term.MakeRaw(fd); err != nil {
				return openError(at, err)
			}
			return nil
		})
	}
	return p.configure(at, baud)
}

// configure lets go-serial set up the port.
func (p *ttyPort) configure(at string, baud int) error {
	syscall.ForkLock.RLock()
	control, err := serial.Open(at, portMode(baud))
	_ = p.each(keepFromChildren)
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nameHolder(portError(at, baud, err))
	}
	p.control = control
	// A UART without these lines is fine.
	_ = control.SetDTR(true)
	_ = control.SetRTS(true)
	return nil
}

// each runs do on the descriptor without taking it from the poller, as Fd would.
func (p *ttyPort) each(do func(fd int) error) error {
	raw, err := p.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	return errors.Join(raw.Control(func(fd uintptr) { failed = do(int(fd)) }), failed)
}

// keepFromChildren marks every descriptor of the port as ours alone. go-serial
// does not, and a browser that was started meanwhile would hold the port.
func keepFromChildren(fd int) error {
	var ours unix.Stat_t
	if err := unix.Fstat(fd, &ours); err != nil {
		return err
	}
	open, err := os.ReadDir("/dev/fd")
	for _, entry := range open {
		var other unix.Stat_t
		n, bad := strconv.Atoi(entry.Name())
		if bad == nil && unix.Fstat(n, &other) == nil && other.Rdev == ours.Rdev && other.Ino == ours.Ino {
			unix.CloseOnExec(n)
		}
	}
	return err
}

// Close lets what was written leave, for a moment only: a line that stands still
// would hold the kernel's close for half a minute.
func (p *ttyPort) Close() error {
	if p.control != nil {
		p.drain()
		_ = p.control.ResetOutputBuffer()
		hangUp(p.control)
	}
	err := p.file.Close()
	if p.control != nil {
		// The port may be gone already, and with it this call's success.
		_ = p.control.Close()
	}
	return err
}

func (p *ttyPort) drain() {
	const look = 5 * time.Millisecond
	for end := time.Now().Add(drainTime); time.Now().Before(end); time.Sleep(look) {
		waiting := 0
		err := p.each(func(fd int) (err error) {
			waiting, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ)
			return err
		})
		if err != nil || waiting == 0 {
			return
		}
	}
}

// lockPort makes sure that this is a port and that nobody else is on it. It takes
// the advisory lock that terminal programs take, which also keeps two links of
// this program apart.
func lockPort(at string, fd int) error {
	if !term.IsTerminal(fd) {
		return openError(at, unix.ENOTTY)
	}
	if err := heldElsewhere(at); err != nil {
		return err
	}
	if err := exclusive(fd); err != nil {
		return nameHolder(openError(at, err))
	}
	err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nameHolder(openError(at, unix.EBUSY))
	}
	return nil // a system without such locks has TIOCEXCL left
}

// openError translates what open and ioctl say.
func openError(at string, err error) error {
	e := &devices.Error{Op: "link: open", At: at, Kind: devices.Absent, Note: NoteOpen, Args: []any{at}, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODEV):
		e.Note = NoteAbsent
	case errors.Is(err, syscall.EBUSY):
		return nameHolder(busy(e))
	case errors.Is(err, fs.ErrPermission):
		return denied(e)
	case errors.Is(err, syscall.ENOTTY), errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EIO):
		e.Kind, e.Note = devices.Unsupported, NoteNotSerial
	}
	return e
}

func busy(e *devices.Error) *devices.Error {
	e.Kind, e.Note = devices.Busy, NoteBusy
	return e
}

// nameHolder says who holds a busy port, if that can be known.
func nameHolder(err error) error {
	var e *devices.Error
	if !errors.As(err, &e) || e.Kind != devices.Busy || e.Note != NoteBusy {
		return err
	}
	by := holder(e.At)
	if by == nil {
		by = suspect(e.At)
	}
	if by != nil {
		by.blame(e)
	}
	return e
}

// isPTY tells a pty's path, also behind a symbolic link.
func isPTY(at string) bool {
	real, err := filepath.EvalSymlinks(at)
	return err == nil && pseudo.MatchString(real)
}
