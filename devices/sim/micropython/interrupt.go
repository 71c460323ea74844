package micropython

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// interrupt is where this build of the interpreter keeps what Ctrl-C changes.
// Only one goroutine may call into the interpreter, and that one is busy when
// Ctrl-C matters, so the reader of the line does what
// mp_sched_keyboard_interrupt would do: it writes these words itself, as an
// interrupt handler on a chip would. calibrate finds the places by watching that very
// function work.
type interrupt struct {
	pending   uint32 // address of the pending exception
	exception uint32 // what it points to after Ctrl-C
	flags     []flag // bytes that change along with it, if they are as they were
	char      uint32 // address of the interrupt character, -1 if none
}

type flag struct {
	at      uint32
	was, is byte
}

// none is the interrupt character that means "none".
const none = 0xffffffff

// calibrate learns the addresses on an instance that is thrown away.
func (e *engine) calibrate(ctx context.Context) error {
	m := &machine{disk: newDisk(0), print: func([]byte) {}}
	if err := e.boot(m, 64<<10); err != nil {
		return err
	}
	defer m.kill()
	if err := e.findChar(m); err != nil {
		return err
	}
	before := append([]byte(nil), m.memory...)
	if _, err := m.mod.ExportedFunction("mp_sched_keyboard_interrupt").Call(m.ctx); err != nil {
		return err
	}
	m.renew()
	for at := 0; at+4 <= len(before); at += 4 {
		was, is := binary.LittleEndian.Uint32(before[at:]), binary.LittleEndian.Uint32(m.memory[at:])
		switch {
		case was == is:
		case was == 0 && is > 0xffff && e.pokes.pending == 0:
			e.pokes.pending, e.pokes.exception = uint32(at), is
		default:
			for i := range uint32(4) {
				if p := uint32(at) + i; before[p] != m.memory[p] {
					e.pokes.flags = append(e.pokes.flags, flag{at: p, was: before[p], is: m.memory[p]})
				}
			}
		}
	}
	if e.pokes.pending == 0 {
		return errors.New("no word changed on a keyboard interrupt")
	}
	return nil
}

// findChar finds the word that micropython.kbd_intr sets.
func (e *engine) findChar(m *machine) error {
	candidates := map[uint32]bool{}
	for i, char := range []uint32{0x5a, 0x31, 0x77} {
		if err := m.exec(fmt.Sprintf("import micropython\nmicropython.kbd_intr(%d)", char)); err != nil {
			return err
		}
		m.renew()
		found := map[uint32]bool{}
		for at := uint32(0); int(at)+4 <= len(m.memory); at += 4 {
			if binary.LittleEndian.Uint32(m.memory[at:]) == char && (i == 0 || candidates[at]) {
				found[at] = true
			}
		}
		candidates = found
	}
	ask := m.mod.ExportedFunction("mp_hal_get_interrupt_char")
	probe := uint32(0x100)
	for at := range candidates {
		probe++
		was := binary.LittleEndian.Uint32(m.memory[at:])
		binary.LittleEndian.PutUint32(m.memory[at:], probe)
		got, err := ask.Call(m.ctx)
		if err != nil {
			return err
		}
		if uint32(got[0]) == probe {
			e.pokes.char = at
		}
		binary.LittleEndian.PutUint32(m.memory[at:], was)
	}
	if e.pokes.char == 0 {
		return fmt.Errorf("none of %d places follows kbd_intr", len(candidates))
	}
	return m.exec("micropython.kbd_intr(-1)")
}

// interruptible tells, from any goroutine, whether c interrupts what runs now.
func (m *machine) interruptible(c byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return atomic.LoadUint32(m.word(m.pokes.char)) == uint32(c)
}

// setChar sets the interrupt character.
func (m *machine) setChar(c uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	atomic.StoreUint32(m.word(m.pokes.char), c)
}

// interrupt raises KeyboardInterrupt in the running program, from any
// goroutine.
func (m *machine) interrupt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	// The exception object is static; its traceback is that of the last time.
	const traceback = 8
	atomic.StoreUint32(m.word(m.pokes.exception+traceback), 0)
	atomic.StoreUint32(m.word(m.pokes.pending), m.pokes.exception)
	for _, f := range m.pokes.flags {
		if m.memory[f.at] == f.was {
			m.memory[f.at] = f.is
		}
	}
}

// interrupted tells whether a KeyboardInterrupt waits to be raised, so that a
// waiting host call returns at once.
func (m *machine) interrupted() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return atomic.LoadUint32(m.word(m.pokes.pending)) == m.pokes.exception
}

// word is one aligned word of the interpreter's memory. The interpreter's
// machine code reads and writes it without Go's knowledge, hence the atomics.
func (m *machine) word(at uint32) *uint32 {
	return (*uint32)(unsafe.Pointer(&m.memory[at]))
}
