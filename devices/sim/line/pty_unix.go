//go:build unix

package line

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"fotabench/devices"
)

// ptyPort is a pseudo terminal, with a symbolic link at a path that stays while
// the terminal's own name changes with every restart.
type ptyPort struct {
	mu     sync.Mutex
	path   string
	moved  int
	master *os.File
	slave  *os.File
	served bool
}

// PTY opens a pseudo terminal; path becomes a symbolic link to it and vanishes
// while the port is closed.
func PTY(path string) (Port, error) {
	p := &ptyPort{path: path}
	if err := p.Open(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *ptyPort) name() string {
	if p.moved == 0 {
		return p.path
	}
	return p.path + "-" + strconv.Itoa(p.moved)
}

func (p *ptyPort) Open() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.master != nil {
		return nil
	}
	master, slave, err := pty.Open()
	if err != nil {
		return fmt.Errorf("sim: open pty: %w", err)
	}
	// The slave stays open here, so that the master survives the time between
	// two clients; raw, so that the terminal changes no byte.
	if _, err = term.MakeRaw(int(slave.Fd())); err == nil {
		master, err = pollable(master)
	}
	if err == nil {
		err = link(slave.Name(), p.name())
	}
	if err != nil {
		_ = master.Close()
		_ = slave.Close()
		return fmt.Errorf("sim: prepare pty: %w", err)
	}
	p.master, p.slave, p.served = master, slave, false
	return nil
}

// link points path at target, replacing only an older link.
func link(target, path string) error {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return os.Symlink(target, path)
}

// pollable makes Close end a Read that waits; the file that creack/pty gives
// would block it.
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
	if err := f.Close(); err != nil {
		return f, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// Accept gives the terminal once; there is no telling one client from the next.
func (p *ptyPort) Accept() (io.ReadWriteCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.master == nil || p.served {
		return nil, os.ErrClosed
	}
	p.served = true
	return terminalConn{patient{p.master}, p.slave}, nil
}

// terminalConn is the module's end of a terminal.
type terminalConn struct {
	patient
	slave *os.File
}

// unread is how many bytes the client has not taken yet. The system drops them
// when the terminal goes.
func (c terminalConn) unread() int {
	raw, err := c.slave.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	// A terminal that is gone holds nothing.
	_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), fionread) })
	return max(0, n)
}

func (p *ptyPort) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.master == nil {
		return nil
	}
	// Closing twice is no mistake: the line closes what it served.
	_ = p.master.Close()
	_ = p.slave.Close()
	p.master, p.slave = nil, nil
	return os.Remove(p.name())
}

func (p *ptyPort) Address() devices.Address {
	p.mu.Lock()
	defer p.mu.Unlock()
	return devices.Address(p.name())
}

func (p *ptyPort) Move() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved++
}
