package micropython

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"sync"
)

// errno are Linux's numbers, which QuecPython reports (QuecPython errcode
// reference), not those of the interpreter's WebAssembly build.
type errno int32

const (
	ok        errno = 0
	enoent    errno = 2
	eio       errno = 5
	ebadf     errno = 9
	eacces    errno = 13
	eexist    errno = 17
	enotdir   errno = 20
	eisdir    errno = 21
	einval    errno = 22
	enospc    errno = 28
	erofs     errno = 30
	enosys    errno = 38
	enotempty errno = 39
)

// blockSize of the simulated flash in bytes (littlefs on these modules).
const blockSize = 4096

// frozen is where the modules that come with the firmware are found by import.
const frozen = "/.frozen"

// disk is the module's file system. It outlives restarts.
type disk struct {
	mu       sync.Mutex
	nodes    map[string]*node
	capacity int64 // bytes for user files
	// lie is added to the free space that statvfs tells.
	lie int64
}

type node struct {
	dir      bool
	readOnly bool
	data     []byte
}

func newDisk(capacity int64, folders ...string) *disk {
	d := &disk{nodes: map[string]*node{}, capacity: capacity}
	for _, p := range append([]string{"/", frozen}, folders...) {
		d.nodes[p] = &node{dir: true}
	}
	return d
}

// freeze puts a file that belongs to the firmware.
func (d *disk) freeze(name string, data []byte) {
	d.nodes[path.Join(frozen, name)] = &node{readOnly: true, data: data}
}

func blocks(n int) int64 { return (int64(n) + blockSize - 1) / blockSize }

func isUser(p string) bool { return !strings.HasPrefix(p, frozen) }

// free gives the bytes that can still be written. The caller holds mu.
func (d *disk) free() int64 {
	left := d.capacity
	for p, n := range d.nodes {
		if isUser(p) {
			left -= blocks(len(n.data)) * blockSize
		}
	}
	return max(0, left)
}

// put writes a whole file; the host's way in.
func (d *disk) put(p string, data []byte) errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, e := d.create(p)
	if e != ok {
		return e
	}
	return d.write(n, 0, data, true)
}

// get reads a whole file; the host's way in.
func (d *disk) get(p string) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.nodes[p]
	if n == nil || n.dir {
		return nil, false
	}
	return slices.Clone(n.data), true
}

// size is how long a file is now; a download may be adding to it.
func (d *disk) size(n *node) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(n.data)
}

// create finds or makes a file. The caller holds mu.
func (d *disk) create(p string) (*node, errno) {
	parent := d.nodes[path.Dir(p)]
	switch n := d.nodes[p]; {
	case parent == nil:
		return nil, enoent
	case !parent.dir:
		return nil, enotdir
	case n != nil && n.dir:
		return nil, eisdir
	case n != nil && n.readOnly:
		return nil, eacces
	case n != nil:
		return n, ok
	case !isUser(p):
		return nil, erofs
	}
	n := &node{}
	d.nodes[p] = n
	return n, ok
}

// write puts data at an offset. The caller holds mu.
func (d *disk) write(n *node, at int64, data []byte, truncate bool) errno {
	end := int(at) + len(data)
	size := max(end, len(n.data))
	if truncate {
		size = end
	}
	if more := (blocks(size) - blocks(len(n.data))) * blockSize; more > 0 && more > d.free() {
		return enospc
	}
	grown := n.data
	if size > len(grown) {
		grown = append(grown, make([]byte, size-len(grown))...)
	}
	copy(grown[at:], data)
	n.data = grown[:size]
	return ok
}

// list gives the names in a folder, hidden firmware left out.
func (d *disk) list(dir string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for p := range d.nodes {
		if p != "/" && p != frozen && path.Dir(p) == dir {
			names = append(names, path.Base(p))
		}
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names
}

func (d *disk) mkdir(p string) errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch parent := d.nodes[path.Dir(p)]; {
	case d.nodes[p] != nil:
		return eexist
	case parent == nil:
		return enoent
	case !parent.dir:
		return enotdir
	}
	d.nodes[p] = &node{dir: true}
	return ok
}

// remove deletes a file, or an empty folder if dir is set.
func (d *disk) remove(p string, dir bool) errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.nodes[p]
	switch {
	case n == nil:
		return enoent
	case n.readOnly || p == "/":
		return eacces
	case dir && !n.dir:
		return enotdir
	case !dir && n.dir:
		return eisdir
	}
	for q := range d.nodes {
		if dir && path.Dir(q) == p && q != p {
			return enotempty
		}
	}
	delete(d.nodes, p)
	return ok
}

// rename moves a file or a folder with all in it.
func (d *disk) rename(from, to string) errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.nodes[from]
	switch parent := d.nodes[path.Dir(to)]; {
	case n == nil || parent == nil:
		return enoent
	case n.readOnly || !isUser(to):
		return eacces
	case !parent.dir:
		return enotdir
	}
	for _, q := range d.below(from) {
		d.nodes[to+strings.TrimPrefix(q, from)] = d.nodes[q]
		if q != to {
			delete(d.nodes, q)
		}
	}
	return ok
}

// below lists a path and all in it. The caller holds mu.
func (d *disk) below(p string) []string {
	found := []string{p}
	for q := range d.nodes {
		if strings.HasPrefix(q, p+"/") {
			found = append(found, q)
		}
	}
	return found
}
