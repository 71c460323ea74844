package micropython

import (
	"context"
	"encoding/binary"
	"path"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Linux's flags of open, as the interpreter's C library passes them.
const (
	oAccess = 3
	oCreate = 0x40
	oExcl   = 0x80
	oTrunc  = 0x200
	oAppend = 0x400
)

// requestDevice is the file through which Python modules call the host: they
// write a request and read the answer. blobDevice takes its binary argument.
const (
	requestDevice = "/.frozen/host"
	blobDevice    = "/.frozen/blob"
)

// openFile is one file descriptor.
type openFile struct {
	path   string
	node   *node
	at     int64
	append bool
	access int32
	answer []byte   // of requestDevice
	names  []string // of a folder being listed
}

// abs makes a path of the interpreter absolute.
func (m *machine) abs(ptr uint64) string {
	raw, _ := m.mod.Memory().Read(uint32(ptr), min(1024, m.mod.Memory().Size()-uint32(ptr)))
	for i, c := range raw {
		if c == 0 {
			raw = raw[:i]
			break
		}
	}
	p := string(raw)
	if !path.IsAbs(p) {
		p = path.Join(m.cwd, p)
	}
	return path.Clean(p)
}

func result(stack []uint64, e errno) { stack[0] = api.EncodeI32(-int32(e)) }

// syscalls by name; each answers in stack[0], a negative errno on failure.
var syscalls = map[string]func(m *machine, stack []uint64){
	"__syscall_openat":     (*machine).sysOpen,
	"__syscall_stat64":     func(m *machine, s []uint64) { result(s, m.stat(m.abs(s[0]), uint32(s[1]))) },
	"__syscall_lstat64":    func(m *machine, s []uint64) { result(s, m.stat(m.abs(s[0]), uint32(s[1]))) },
	"__syscall_newfstatat": func(m *machine, s []uint64) { result(s, m.stat(m.abs(s[1]), uint32(s[2]))) },
	"__syscall_fstat64":    (*machine).sysFstat,
	"__syscall_mkdirat":    func(m *machine, s []uint64) { result(s, m.disk.mkdir(m.abs(s[1]))) },
	"__syscall_rmdir":      func(m *machine, s []uint64) { result(s, m.disk.remove(m.abs(s[0]), true)) },
	"__syscall_unlinkat": func(m *machine, s []uint64) {
		const removeDir = 0x200
		result(s, m.disk.remove(m.abs(s[1]), s[2]&removeDir != 0))
	},
	"__syscall_renameat":   func(m *machine, s []uint64) { result(s, m.disk.rename(m.abs(s[1]), m.abs(s[3]))) },
	"__syscall_chdir":      (*machine).sysChdir,
	"__syscall_getcwd":     (*machine).sysGetcwd,
	"__syscall_getdents64": (*machine).sysGetdents,
	"__syscall_statfs64":   (*machine).sysStatfs,
	"__syscall_poll":       func(_ *machine, s []uint64) { s[0] = 0 },
}

func (m *machine) sysOpen(s []uint64) {
	p, flags := m.abs(s[1]), int32(s[2])
	if p == requestDevice || p == blobDevice {
		s[0] = uint64(m.open(&openFile{path: p, access: 2}))
		return
	}
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	n := m.disk.nodes[p]
	switch {
	case n != nil && flags&oCreate != 0 && flags&oExcl != 0:
		result(s, eexist)
		return
	case n == nil && flags&oCreate == 0:
		result(s, enoent)
		return
	case n != nil && n.dir && flags&oAccess != 0:
		result(s, eisdir)
		return
	case flags&oAccess != 0:
		var e errno
		if n, e = m.disk.create(p); e != ok {
			result(s, e)
			return
		}
		if flags&oTrunc != 0 {
			n.data = nil
		}
	}
	s[0] = uint64(m.open(&openFile{path: p, node: n, append: flags&oAppend != 0, access: flags & oAccess}))
}

func (m *machine) open(f *openFile) int32 {
	fd := m.nextF
	m.nextF++
	m.files[fd] = f
	return fd
}

func (m *machine) stat(p string, at uint32) errno {
	m.disk.mu.Lock()
	n := m.disk.nodes[p]
	var size int
	if n != nil {
		size = len(n.data)
	}
	m.disk.mu.Unlock()
	if n == nil {
		return enoent
	}
	m.fillStat(at, n.dir, size)
	return ok
}

// fillStat writes emscripten's struct stat.
func (m *machine) fillStat(at uint32, dir bool, size int) {
	var b [96]byte
	mode := uint32(0o100666)
	if dir {
		mode = 0o040777
	}
	binary.LittleEndian.PutUint32(b[4:], mode)
	binary.LittleEndian.PutUint32(b[8:], 1)
	binary.LittleEndian.PutUint64(b[24:], uint64(size))
	binary.LittleEndian.PutUint32(b[32:], blockSize)
	binary.LittleEndian.PutUint32(b[36:], uint32(blocks(size)*blockSize/512))
	m.mod.Memory().Write(at, b[:])
}

func (m *machine) sysFstat(s []uint64) {
	f := m.files[int32(s[0])]
	if f == nil {
		result(s, ebadf)
		return
	}
	size := 0
	if f.node != nil {
		size = m.disk.size(f.node)
	}
	m.fillStat(uint32(s[1]), f.node != nil && f.node.dir, size)
	s[0] = 0
}

func (m *machine) sysChdir(s []uint64) {
	p := m.abs(s[0])
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	switch n := m.disk.nodes[p]; {
	case n == nil:
		result(s, enoent)
	case !n.dir:
		result(s, enotdir)
	default:
		m.cwd = p
		s[0] = 0
	}
}

func (m *machine) sysGetcwd(s []uint64) {
	if uint64(len(m.cwd)) >= s[1] {
		result(s, einval)
		return
	}
	m.mod.Memory().Write(uint32(s[0]), []byte(m.cwd+"\x00"))
	s[0] = uint64(len(m.cwd) + 1)
}

// direntSize is the size of emscripten's struct dirent.
const direntSize = 280

func (m *machine) sysGetdents(s []uint64) {
	f := m.files[int32(s[0])]
	if f == nil || f.node == nil || !f.node.dir {
		result(s, enotdir)
		return
	}
	if f.names == nil {
		f.names = append([]string{".", ".."}, m.disk.list(f.path)...)
	}
	at, room, used := uint32(s[1]), int64(s[2]), uint32(0)
	for ; f.at < int64(len(f.names)) && int64(used)+direntSize <= room; f.at++ {
		var b [direntSize]byte
		name := f.names[f.at]
		binary.LittleEndian.PutUint64(b[0:], uint64(f.at+1))
		binary.LittleEndian.PutUint64(b[8:], uint64((f.at+1)*direntSize))
		binary.LittleEndian.PutUint16(b[16:], direntSize)
		b[18] = m.direntType(path.Join(f.path, name))
		copy(b[19:direntSize-1], name)
		m.mod.Memory().Write(at+used, b[:])
		used += direntSize
	}
	s[0] = uint64(used)
}

func (m *machine) direntType(p string) byte {
	const folder, regular = 4, 8
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	if n := m.disk.nodes[p]; n != nil && !n.dir {
		return regular
	}
	return folder
}

func (m *machine) sysStatfs(s []uint64) {
	p := m.abs(s[0])
	m.disk.mu.Lock()
	known := m.disk.nodes[p] != nil
	total, free := m.disk.capacity/blockSize, (m.disk.free()+m.disk.lie)/blockSize
	m.disk.mu.Unlock()
	if !known {
		result(s, enoent)
		return
	}
	var b [88]byte
	binary.LittleEndian.PutUint32(b[4:], blockSize)
	binary.LittleEndian.PutUint64(b[8:], uint64(max(total, free)))
	binary.LittleEndian.PutUint64(b[16:], uint64(free))
	binary.LittleEndian.PutUint64(b[24:], uint64(free))
	binary.LittleEndian.PutUint32(b[56:], 255)
	binary.LittleEndian.PutUint32(b[60:], blockSize)
	m.mod.Memory().Write(uint32(s[2]), b[:])
	s[0] = 0
}

// exportEnv provides the imports of module env that this package answers.
func exportEnv(env wazero.HostModuleBuilder) {
	i32 := api.ValueTypeI32
	params := map[string]int{
		"__syscall_openat": 4, "__syscall_newfstatat": 4, "__syscall_renameat": 4, "__syscall_mkdirat": 3,
		"__syscall_getdents64": 3, "__syscall_poll": 3, "__syscall_statfs64": 3, "__syscall_unlinkat": 3,
		"__syscall_chdir": 1, "__syscall_rmdir": 1,
	}
	for name, serve := range syscalls {
		n, known := params[name]
		if !known {
			n = 2
		}
		types := make([]api.ValueType, n)
		for i := range types {
			types[i] = i32
		}
		env.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, _ api.Module, s []uint64) {
			serve(machineOf(ctx), s)
		}), types, []api.ValueType{i32}).Export(name)
	}
	env.NewFunctionBuilder().WithFunc(func(ctx context.Context) int32 {
		return int32(time.Since(machineOf(ctx).start).Milliseconds())
	}).Export("mp_js_ticks_ms")
	env.NewFunctionBuilder().WithFunc(func(context.Context) float64 {
		return float64(time.Now().UnixMilli())
	}).Export("mp_js_time_ms")
	env.NewFunctionBuilder().WithFunc(randomWord).Export("mp_js_random_u32")
	env.NewFunctionBuilder().WithFunc(func(ctx context.Context, total uint32) uint32 {
		if machineOf(ctx).grow(total) {
			return 1
		}
		return 0
	}).Export("emscripten_resize_heap")
	env.NewFunctionBuilder().WithFunc(func(context.Context, uint32) {}).Export("proxy_js_free_obj")
}
