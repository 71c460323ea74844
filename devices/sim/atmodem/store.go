package atmodem

import (
	"path"
	"slices"
	"strings"
	"sync"

	"fotabench/devices/sim"
)

// blockSize of the flash in bytes: a file takes whole blocks.
const blockSize = 4096

// maxName bounds the name of a file in bytes (Quectel FILE guide).
const maxName = 80

// store is the user file store. It outlives restarts.
type store struct {
	mu       sync.Mutex
	files    map[string][]byte
	capacity int64 // bytes
	lie      int64 // added to the free space that is told
	full     int   // code that every write gets, 0 for none
}

func newStore(capacity int64) *store {
	return &store{files: map[string][]byte{}, capacity: capacity}
}

// lessen is what ordered faults do to the store.
func (s *store) lessen(faults sim.Faults) {
	if faults.Has(faultNoSpace) {
		s.full = int(faults.Int(faultNoSpace, cmeSpace))
	}
	s.lie = faults.Int(faultSpaceLie, 0)
}

// base takes the name of the storage off: UFS:x is x.
func base(name string) string {
	if len(name) >= 4 && strings.EqualFold(name[:4], "UFS:") {
		return name[4:]
	}
	return name
}

// proper tells whether a file may have this name.
func proper(name string) bool {
	name = base(name)
	return name != "" && len(name) <= maxName && !strings.ContainsAny(name, `*?"<>|`+"\x00\r\n")
}

func blocks(n int) int64 { return (int64(n) + blockSize - 1) / blockSize * blockSize }

// used and count tell what is stored. The caller holds mu.
func (s *store) used() int64 {
	var n int64
	for _, data := range s.files {
		n += blocks(len(data))
	}
	return n
}

// space gives free bytes as they are told, and all.
func (s *store) space() (free, total int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full != 0 {
		return s.lie, s.capacity
	}
	return max(0, s.capacity-s.used()) + s.lie, s.capacity
}

// stored gives the bytes in files and how many files there are.
func (s *store) stored() (bytes int64, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, data := range s.files {
		bytes += int64(len(data))
	}
	return bytes, len(s.files)
}

// room tells whether a file of this size fits besides the others: 0, or a code.
// The caller holds mu.
func (s *store) room(name string, size int64) int {
	switch {
	case s.full != 0:
		return s.full
	case size > s.capacity:
		return cmeTooLarge
	case s.used()-blocks(len(s.files[name]))+blocks(int(size)) > s.capacity:
		return cmeSpace
	}
	return 0
}

// fits tells beforehand whether a new file of this size could be stored.
func (s *store) fits(name string, size int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch _, there := s.files[base(name)]; {
	case !proper(name):
		return cmeName
	case there:
		return cmeExists
	}
	// A store that lies takes on what it has no room for.
	return s.room(base(name), max(0, size-s.lie))
}

// put stores a whole file: 0, or a code.
func (s *store) put(name string, data []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !proper(name) {
		return cmeName
	}
	if code := s.room(base(name), int64(len(data))); code != 0 {
		return code
	}
	s.files[base(name)] = slices.Clone(data)
	return 0
}

// get gives a file.
func (s *store) get(name string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, found := s.files[base(name)]
	return slices.Clone(data), found
}

// match lists the names that a pattern with * means, sorted.
func (s *store) match(pattern string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.files {
		// A pattern that is none means nothing.
		if hit, err := path.Match(strings.ReplaceAll(base(pattern), "/", "\x01"), strings.ReplaceAll(name, "/", "\x01")); hit && err == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// remove deletes a file; false if there is none.
func (s *store) remove(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found := s.files[base(name)]
	delete(s.files, base(name))
	return found
}
