//go:build unix

package micropython

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

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

// ListenPTY makes the module reachable through a pseudo terminal; path becomes
// a symbolic link to it and vanishes while the module restarts.
func (m *Module) ListenPTY(path string) (devices.Address, error) {
	p := &ptyPort{path: path}
	if err := p.open(); err != nil {
		return "", err
	}
	return m.listen(p)
}

func (p *ptyPort) name() string {
	if p.moved == 0 {
		return p.path
	}
	return p.path + "-" + strconv.Itoa(p.moved)
}

func (p *ptyPort) open() error {
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

// accept gives the terminal once; there is no telling one client from the next.
func (p *ptyPort) accept() (io.ReadWriteCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.master == nil || p.served {
		return nil, os.ErrClosed
	}
	p.served = true
	return terminalFile{p.master}, nil
}

// deaf is how long the module waits for someone to read. A module's USB port
// drops what nobody takes, so that its program goes on.
const deaf = 2 * time.Second

// terminalFile writes without waiting for ever.
type terminalFile struct{ *os.File }

func (f terminalFile) Write(p []byte) (int, error) {
	if err := f.SetWriteDeadline(time.Now().Add(deaf)); err != nil {
		return 0, err
	}
	n, err := f.File.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return len(p), nil
	}
	return n, err
}

func (p *ptyPort) close() error {
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

func (p *ptyPort) address() devices.Address {
	p.mu.Lock()
	defer p.mu.Unlock()
	return devices.Address(p.name())
}

func (p *ptyPort) move() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved++
}
