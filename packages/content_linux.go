package packages

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// room is memory that is also a file which nobody can change once it is sealed
// (memfd_create(2)).
type room struct {
	data []byte
	file *os.File
}

func newRoom(size int64) (*room, error) {
	fd, err := unix.MemfdCreate("fotabench", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	r := &room{file: os.NewFile(uintptr(fd), "memory")}
	if err := r.file.Truncate(size); err != nil {
		r.free()
		return nil, err
	}
	if size > 0 {
		r.data, err = unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			r.free()
			return nil, fmt.Errorf("mmap: %w", err)
		}
	}
	return r, nil
}

// seal makes the bytes constant. The mapping through which they were written
// stays, so only shrinking and growing can be sealed by the kernel.
func (r *room) seal() error {
	_, err := unix.FcntlInt(r.file.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if len(r.data) > 0 {
		return unix.Mprotect(r.data, unix.PROT_READ)
	}
	return nil
}

// reopen opens the same memory with a position of its own.
func (r *room) reopen() (*os.File, error) {
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", r.file.Fd()))
}

func (r *room) free() {
	if len(r.data) > 0 {
		_ = unix.Munmap(r.data) // it was mapped: nothing else can fail
		r.data = nil
	}
	_ = r.file.Close() // nothing is written: closing loses nothing
}
