package micropython

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// pystack is the room for Python frames in bytes, as the build's own loader
// sets it.
const pystack = 64 << 10

// machine is one boot of the interpreter: from power-on or soft reboot to the
// next. All but interrupt and kill are called from one goroutine.
type machine struct {
	ctx   context.Context
	mod   api.Module
	pokes interrupt
	disk  *disk
	files map[int32]*openFile
	nextF int32
	cwd   string
	start time.Time
	// print takes what the interpreter writes to its standard output.
	print func([]byte)
	// call answers one request of a Python module that stands for hardware; false
	// if there is no such request.
	call func(request []byte) ([]byte, bool)
	// blob is the binary argument of the next request.
	blob []byte

	process api.Function
	malloc  api.Function
	invoke  *invoker

	mu     sync.Mutex
	memory []byte // the interpreter's, renewed when it grows
	dead   bool
}

type machineKey struct{}

// machineOf finds the machine that a host function works for.
func machineOf(ctx context.Context) *machine { return ctx.Value(machineKey{}).(*machine) }

// boot starts the interpreter with so many bytes of Python heap.
func (e *engine) boot(m *machine, heap int) error {
	m.ctx = context.WithValue(context.Background(), machineKey{}, m)
	m.files, m.nextF, m.cwd, m.start, m.pokes = map[int32]*openFile{}, 3, "/", time.Now(), e.pokes
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	mod, err := e.runtime.InstantiateModule(m.ctx, e.compiled, config)
	if err != nil {
		return err
	}
	m.mod = mod
	m.process, m.malloc = mod.ExportedFunction("mp_js_repl_process_char"), mod.ExportedFunction("malloc")
	m.invoke = newInvoker(mod)
	m.renew()
	for _, step := range []struct {
		name string
		args []uint64
	}{{"__wasm_call_ctors", nil}, {"emscripten_stack_init", nil}, {"mp_js_init", []uint64{pystack, uint64(heap)}}, {"proxy_c_init", nil}} {
		f := mod.ExportedFunction(step.name)
		if f == nil {
			continue
		}
		if _, err := f.Call(m.ctx, step.args...); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// renew takes the interpreter's memory anew after it may have moved.
func (m *machine) renew() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.memory, _ = m.mod.Memory().Read(0, m.mod.Memory().Size())
}

// grow extends the memory to total bytes.
func (m *machine) grow(total uint32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	memory := m.mod.Memory()
	if need := int64(total) - int64(memory.Size()); need > 0 {
		if _, ok := memory.Grow(uint32((need + 65535) / 65536)); !ok {
			return false
		}
	}
	m.memory, _ = memory.Read(0, memory.Size())
	return true
}

// exec runs source as a program of its own in __main__, outside the REPL.
// Exceptions end up in result, which only the JavaScript bridge can read, so
// source must print or catch what matters.
func (m *machine) exec(source string) error {
	ptr, err := m.alloc([]byte(source + "\x00"))
	if err != nil {
		return err
	}
	out, err := m.alloc(make([]byte, 12))
	if err != nil {
		return err
	}
	_, err = m.mod.ExportedFunction("mp_js_do_exec").Call(m.ctx, ptr, uint64(len(source)), out)
	m.free(ptr)
	m.free(out)
	return err
}

func (m *machine) alloc(data []byte) (uint64, error) {
	got, err := m.malloc.Call(m.ctx, uint64(len(data)))
	if err != nil {
		return 0, err
	}
	if got[0] == 0 || !m.mod.Memory().Write(uint32(got[0]), data) {
		return 0, fmt.Errorf("sim: no memory for %d bytes", len(data))
	}
	return got[0], nil
}

// free gives memory back; a machine that died meanwhile needs none of it.
func (m *machine) free(ptr uint64) {
	if _, err := m.mod.ExportedFunction("free").Call(m.ctx, ptr); err != nil {
		m.dead = true
	}
}

// feed gives the REPL one byte and runs what that byte completes. It returns
// true when the REPL asks for a soft reboot.
func (m *machine) feed(c byte) (reboot bool, err error) {
	got, err := m.process.Call(m.ctx, uint64(c))
	if err != nil {
		return false, err
	}
	const forcedExit = 0x100
	return got[0]&forcedExit != 0, nil
}

// kill ends the machine from any goroutine: the next call between Python and
// the host fails, and a program that spins without any is interrupted.
func (m *machine) kill() {
	// The error only says how the module had ended before.
	_ = m.mod.CloseWithExitCode(context.Background(), 1)
}
