package micropython

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// randomWord feeds the interpreter's random module; nothing secret hangs on it.
func randomWord(context.Context) uint32 { return rand.Uint32() }

// exportWASI provides the five file calls that the C library makes.
func exportWASI(wasi wazero.HostModuleBuilder) {
	i32, i64 := api.ValueTypeI32, api.ValueTypeI64
	export := func(name string, params []api.ValueType, serve func(m *machine, s []uint64) errno) {
		wasi.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, _ api.Module, s []uint64) {
			s[0] = uint64(serve(machineOf(ctx), s))
		}), params, []api.ValueType{i32}).Export(name)
	}
	export("fd_close", []api.ValueType{i32}, (*machine).fdClose)
	export("fd_sync", []api.ValueType{i32}, func(*machine, []uint64) errno { return ok })
	export("fd_read", []api.ValueType{i32, i32, i32, i32}, (*machine).fdRead)
	export("fd_write", []api.ValueType{i32, i32, i32, i32}, (*machine).fdWrite)
	export("fd_seek", []api.ValueType{i32, i64, i32, i32}, (*machine).fdSeek)
}

func (m *machine) fdClose(s []uint64) errno {
	fd := int32(s[0])
	if m.files[fd] == nil {
		return ebadf
	}
	delete(m.files, fd)
	return ok
}

// vectors calls each with the pieces of an iovec array until it says enough.
func (m *machine) vectors(ptr, count uint32, each func([]byte) (int, errno)) (uint32, errno) {
	var total uint32
	for i := range count {
		v, valid := m.mod.Memory().Read(ptr+i*8, 8)
		if !valid {
			return total, einval
		}
		piece, valid := m.mod.Memory().Read(binary.LittleEndian.Uint32(v), binary.LittleEndian.Uint32(v[4:]))
		if !valid {
			return total, einval
		}
		n, e := each(piece)
		total += uint32(n)
		if e != ok || n < len(piece) {
			return total, e
		}
	}
	return total, ok
}

func (m *machine) fdRead(s []uint64) errno {
	f, done := m.files[int32(s[0])], uint32(s[3])
	if f == nil {
		return ebadf
	}
	total, e := m.vectors(uint32(s[1]), uint32(s[2]), func(p []byte) (int, errno) { return m.read(f, p), ok })
	m.mod.Memory().WriteUint32Le(done, total)
	return e
}

func (m *machine) read(f *openFile, p []byte) int {
	if f.path == requestDevice {
		n := copy(p, f.answer)
		f.answer = f.answer[n:]
		return n
	}
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	if f.node == nil || f.at >= int64(len(f.node.data)) {
		return 0
	}
	n := copy(p, f.node.data[f.at:])
	f.at += int64(n)
	return n
}

func (m *machine) fdWrite(s []uint64) errno {
	fd, done := int32(s[0]), uint32(s[3])
	f := m.files[fd]
	if f == nil && fd != 1 && fd != 2 {
		return ebadf
	}
	total, e := m.vectors(uint32(s[1]), uint32(s[2]), func(p []byte) (int, errno) {
		if f == nil {
			m.print(p)
			return len(p), ok
		}
		return m.write(f, p)
	})
	m.mod.Memory().WriteUint32Le(done, total)
	return e
}

func (m *machine) write(f *openFile, p []byte) (int, errno) {
	switch f.path {
	case requestDevice:
		// The answer may take minutes: a download, a sleep, a read of the line.
		answer, known := m.call(append([]byte(nil), p...))
		if !known {
			return 0, einval
		}
		f.answer = answer
		return len(p), ok
	case blobDevice:
		m.blob = append(m.blob[:0], p...)
		return len(p), ok
	}
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	if f.access == 0 || f.node == nil {
		return 0, ebadf
	}
	if f.append {
		f.at = int64(len(f.node.data))
	}
	if e := m.disk.write(f.node, f.at, p, false); e != ok {
		return 0, e
	}
	f.at += int64(len(p))
	return len(p), ok
}

func (m *machine) fdSeek(s []uint64) errno {
	f := m.files[int32(s[0])]
	if f == nil || f.node == nil {
		return ebadf
	}
	at := int64(s[1])
	switch int32(s[2]) { // the upper half of a slot is not part of its value
	case 1:
		at += f.at
	case 2:
		at += int64(m.disk.size(f.node))
	}
	if at < 0 {
		return einval
	}
	f.at = at
	m.mod.Memory().WriteUint64Le(uint32(s[3]), uint64(at))
	return ok
}
