//go:build unix

package record

import (
	"context"
	"net"
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"fotabench/devices"
	"fotabench/devices/link"
)

// ptySocket is a pseudo terminal behind a symbolic link.
type ptySocket struct {
	path  string
	slave *os.File
	l     link.Link
}

func newPTY(path string) socket { return &ptySocket{path: path} }

func (s *ptySocket) up() (devices.Address, error) {
	fail := func(err error) (devices.Address, error) {
		return "", &devices.Error{Op: "record: open pty", At: s.path, Kind: devices.Denied, Err: err}
	}
	master, slave, err := pty.Open()
	if err != nil {
		return fail(err)
	}
	// The slave stays open here: the master survives the time between two hosts.
	// Raw: the terminal changes no byte.
	if _, err = term.MakeRaw(int(slave.Fd())); err == nil {
		master, err = pollable(master)
	}
	if err == nil {
		err = point(s.path, slave.Name())
	}
	if err != nil {
		_, _ = master.Close(), slave.Close() // the first error says it
		return fail(err)
	}
	s.slave, s.l = slave, link.FromConn(terminal{master})
	return devices.Address(s.path), nil
}

// point makes path a symbolic link to target. It replaces a symbolic link only.
func point(path, target string) error {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return os.Symlink(target, path)
}

// pollable is f in non-blocking mode, so that Close ends a Read.
func pollable(f *os.File) (*os.File, error) {
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		return f, err
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return f, err
	}
	name := f.Name()
	return os.NewFile(uintptr(fd), name), f.Close()
}

// accept gives the one link there is: nobody can tell one host from the next.
func (s *ptySocket) accept(ctx context.Context) (link.Link, bool, error) {
	return s.l, false, context.Cause(ctx)
}

func (s *ptySocket) down() error {
	_ = os.Remove(s.path) // first, so that nobody finds what is ending
	err := s.l.Close()
	_ = s.slave.Close()
	return err
}

// terminal is a master as a connection.
type terminal struct{ *os.File }

func (terminal) LocalAddr() net.Addr  { return nil }
func (terminal) RemoteAddr() net.Addr { return nil }
