package atmodem

import (
	"fmt"
	"time"
)

// openFile is a file between AT+QFOPEN and AT+QFCLOSE.
type openFile struct {
	name     string
	at       int64
	readOnly bool
}

// Numbers of handles, and how many may be open (Quectel FILE guide).
const (
	firstHandle = 1027
	maxOpen     = 10
)

// open is AT+QFOPEN: mode 0 makes the file if need be, 1 empties it, 2 reads.
func open(c *Call) Result {
	m := c.Module()
	name := base(c.Text(0, ""))
	mode, ok := c.Int(1, 0, 0, 2)
	switch {
	case c.Form == Test:
		c.Say("+QFOPEN: <filename>[,(0-2)]")
		return OK
	case c.Form != Set || !ok:
		return CME(cmeInput)
	case !proper(name):
		return CME(cmeName)
	}
	if _, found := m.files.get(name); !found && mode == 2 {
		return CME(cmeAbsent)
	} else if !found || mode == 1 {
		if code := m.files.put(name, nil); code != 0 {
			return CME(code)
		}
	}
	handle, result := int64(firstHandle), OK
	c.set(func(s *settings) {
		for ; s.handles[handle] != nil; handle++ {
			if s.handles[handle].name == name {
				result = CME(cmeOpen)
				return
			}
		}
		if len(s.handles) >= maxOpen {
			result = CME(cmeManyOpen)
			return
		}
		s.handles[handle] = &openFile{name: name, readOnly: mode == 2}
	})
	if result == OK {
		c.Say("+QFOPEN: %d", handle)
	}
	return result
}

// handle finds the open file that the first value names, and what it holds.
func (c *Call) handle() (*openFile, []byte) {
	n, ok := c.Int(0, -1, 0, 1<<31)
	var f *openFile
	c.set(func(s *settings) { f = s.handles[n] })
	if !ok || f == nil {
		return nil, nil
	}
	data, _ := c.Module().files.get(f.name)
	return f, data
}

// withHandle gives a handler the open file. A file that was deleted meanwhile is
// empty.
func withHandle(h func(c *Call, f *openFile, data []byte) Result) Handler {
	return func(c *Call) Result {
		if c.Form == Test {
			c.Say("%s: <filehandle>", c.Name)
			return OK
		}
		f, data := c.handle()
		if f == nil {
			return CME(cmeHandle)
		}
		f.at = min(f.at, int64(len(data)))
		return h(c, f, data)
	}
}

var (
	read     = withHandle(readFile)
	write    = withHandle(writeFile)
	seek     = withHandle(seekFile)
	position = withHandle(func(c *Call, f *openFile, _ []byte) Result {
		c.Say("+QFPOSITION: %d", f.at)
		return OK
	})
	truncate = withHandle(func(c *Call, f *openFile, data []byte) Result {
		if f.readOnly {
			return CME(cmeReadOnly)
		}
		c.Module().files.put(f.name, data[:f.at]) // what is less always fits
		return OK
	})
	closeFile = withHandle(func(c *Call, _ *openFile, _ []byte) Result {
		n, _ := c.Int(0, -1, 0, 1<<31)
		return c.set(func(s *settings) { delete(s.handles, n) })
	})
)

func readFile(c *Call, f *openFile, data []byte) Result {
	left := int64(len(data)) - f.at
	n, ok := c.Int(1, left, 1, biggestWrite)
	if !ok {
		return CME(cmeInput)
	}
	n = min(n, left)
	c.Connect(fmt.Sprintf(" %d", n))
	c.Data(data[f.at : f.at+n])
	c.Disconnect()
	f.at += n
	return OK
}

func writeFile(c *Call, f *openFile, data []byte) Result {
	size, sized := c.Int(1, usualUpload, 1, biggestWrite)
	gap, timed := c.Int(2, usualGap, 1, longestGap)
	switch {
	case f.readOnly:
		return CME(cmeReadOnly)
	case !sized || !timed:
		return CME(cmeInput)
	}
	in := intake{call: c, stalls: c.Module().options.Faults.Int(faultUploadStalls, -1)}
	c.Connect("")
	c.Receive(size, time.Duration(gap)*time.Second, in.take)
	c.Disconnect()
	end := f.at + int64(len(in.data))
	if int64(len(data)) < end {
		data = append(data, make([]byte, end-int64(len(data)))...)
	}
	copy(data[f.at:], in.data)
	if code := c.Module().files.put(f.name, data); code != 0 {
		return CME(code)
	}
	f.at = end
	c.Say("+QFWRITE: %d,%d", len(in.data), len(data))
	return OK
}

// seekFile moves from the beginning (0), from here (1) or from the end (2).
func seekFile(c *Call, f *openFile, data []byte) Result {
	offset, moved := c.Int(1, 0, 0, biggestWrite)
	whence, known := c.Int(2, 0, 0, 2)
	if !moved || !known {
		return CME(cmeInput)
	}
	size := int64(len(data))
	to := map[int64]int64{0: offset, 1: f.at + offset, 2: size - offset}[whence]
	if to < 0 || to > size {
		return CME(cmePastEnd)
	}
	f.at = to
	return OK
}
