package micropython

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// The control characters of the REPL (MicroPython, reference/repl).
const (
	ctrlA = 1
	ctrlB = 2
	ctrlC = 3
	ctrlD = 4
	ctrlE = 5
)

// pasteWindow is the raw-paste window increment in bytes, as on these modules.
const pasteWindow = 128

// mode is what the console does with the next byte.
type mode int

const (
	friendly mode = iota
	raw
	pasteAsk   // after Ctrl-E at an empty raw prompt
	pasteStart // after Ctrl-E A
	pasteData
	pasteDrain // aborted: waiting for the end of data
	locked
)

// console stands between the line and the interpreter's REPL. It does what a
// module's firmware does around it: its own banner, the raw-paste protocol
// (which this build of the interpreter cannot read by itself), protection.
type console struct {
	s      *session
	mode   mode
	length int // bytes since the raw prompt
	paste  []byte
	credit int
	typed  []byte // while locked
	asked  bool
}

// accept handles one byte from the line.
func (c *console) accept(b byte) error {
	switch c.mode {
	case locked:
		c.unlock(b)
		return nil
	case pasteAsk, pasteStart:
		return c.header(b)
	case pasteData, pasteDrain:
		return c.data(b)
	case raw:
		return c.raw(b)
	default:
		return c.friendly(b)
	}
}

func (c *console) banner() []byte {
	o := c.s.host.options
	return []byte(fmt.Sprintf("Quecpython %s on %s ; %s with QUECTEL \r\n Type \"help()\" for more information.\r\n", o.Runtime, o.Built, o.Model))
}

// own replaces the interpreter's banner by the module's.
func (c *console) own(out []byte) []byte {
	at := bytes.Index(out, []byte("MicroPython v"))
	end := bytes.Index(out, []byte("for more information.\r\n"))
	if at < 0 || end < at {
		return out
	}
	end += len("for more information.\r\n")
	return append(append(append([]byte(nil), out[:at]...), c.banner()...), out[end:]...)
}

func (c *console) friendly(b byte) error {
	if b == ctrlA && c.s.host.options.Faults.Has(faultNoRaw) {
		return nil
	}
	if b != ctrlA && b != ctrlB {
		return c.s.feed(b)
	}
	out, err := c.s.capture(b)
	if bytes.Contains(out, []byte("raw REPL;")) {
		c.setMode(raw)
	}
	c.s.print(c.own(out))
	return err
}

func (c *console) setMode(m mode) {
	c.mode, c.length = m, 0
	c.s.friendly.Store(m == friendly)
}

func (c *console) raw(b byte) error {
	switch {
	case b == ctrlE && c.length == 0:
		c.mode = pasteAsk
		return nil
	case b == ctrlB:
		out, err := c.s.capture(b)
		c.setMode(friendly)
		c.s.print(c.own(out))
		return err
	case b == ctrlA, b == ctrlC:
		c.length = 0
	case b == ctrlD:
		c.length = 0
	default:
		c.length++
	}
	return c.s.feed(b)
}

// header reads the two bytes after Ctrl-E. Firmware without raw-paste takes
// them for input: the Ctrl-A at the end restarts the raw prompt.
func (c *console) header(b byte) error {
	if c.mode == pasteAsk && b > ctrlE {
		c.mode, c.typed = pasteStart, []byte{b}
		return nil
	}
	asked, letter := c.mode == pasteStart, c.typed
	c.typed = nil
	c.setMode(raw)
	switch {
	case !asked || c.s.host.options.Faults.Has(faultNoPaste):
	case b == ctrlA && letter[0] == 'A':
		c.mode, c.paste, c.credit = pasteData, nil, pasteWindow
		c.s.print([]byte{'R', 1, pasteWindow, 0, 1})
		return nil
	case b == ctrlA:
		c.s.print([]byte{'R', 0})
		return nil
	}
	for _, held := range letter {
		if err := c.raw(held); err != nil {
			return err
		}
	}
	return c.raw(b)
}

// data reads the pasted program. Ctrl-C ends the reading at once, also of what is
// dropped after an abort (MicroPython, mp_reader_stdin_readbyte and _close).
func (c *console) data(b byte) error {
	switch {
	case b == ctrlC && c.mode == pasteData:
		c.abort("KeyboardInterrupt")
		return c.endPaste()
	case b == ctrlC || b == ctrlD:
		return c.endPaste()
	case c.mode == pasteDrain:
		return nil
	}
	c.paste = append(c.paste, b)
	// Half of the heap: the compiler needs the other half.
	if len(c.paste) > c.s.host.options.Heap/2 {
		c.abort("MemoryError")
		return nil
	}
	if c.credit--; c.credit == 0 {
		c.credit = pasteWindow
		c.s.print([]byte{1})
	}
	return nil
}

// abort tells the sender to stop; what it still sends is dropped.
func (c *console) abort(why string) {
	c.mode, c.paste = pasteDrain, []byte(why)
	c.s.print([]byte{ctrlD})
}

func (c *console) endPaste() error {
	aborted, code := c.mode == pasteDrain, c.paste
	c.setMode(raw)
	c.paste = nil
	if aborted {
		c.s.print([]byte("\x04Traceback (most recent call last):\r\n" + string(code) + ": \r\n\x04>"))
		return nil
	}
	c.s.print([]byte{ctrlD})
	if len(code) == 0 {
		c.s.print([]byte("\x04\x04>"))
		return nil
	}
	if bytes.ContainsAny(code, "\x01\x02\x03\x04\x05") {
		// These bytes mean something at the raw prompt, through which the
		// program goes in.
		code = []byte("exec(" + strconv.QuoteToASCII(string(code)) + ")")
	}
	c.s.skip = len("OK")
	for _, b := range code {
		if err := c.s.feed(b); err != nil {
			return err
		}
	}
	return c.s.feed(ctrlD)
}

// lock puts the console into protection, if ordered.
func (c *console) lock() {
	if f := c.s.host.options.Faults; f.Has(faultRefuse) || (f.Has(faultPassword) && !c.s.host.unlocked()) {
		c.mode = locked
	}
}

// unlock handles a byte while the REPL is protected (system.replSetEnable; the
// older /usr/system_config.json has no password and refuses).
func (c *console) unlock(b byte) {
	if b != '\r' && b != '\n' && b != ctrlA {
		if b >= ' ' && len(c.typed) < 64 {
			c.typed = append(c.typed, b)
		}
		return
	}
	line := string(c.typed)
	c.typed = nil
	faults := c.s.host.options.Faults
	switch {
	case faults.Has(faultRefuse):
		c.s.print([]byte("REPL refuse\r\n"))
	case !c.asked || line == "":
		c.asked = true
		c.s.print([]byte("\r\nPlease enter password:"))
	case line == faults.Text(faultPassword, ""):
		c.s.host.unlock()
		c.setMode(friendly)
		c.s.print([]byte("\r\nREPL enable\r\n>>> "))
	default:
		c.s.print([]byte("\r\nIncorrect password, please try again:"))
	}
}

// armed is how long after its start a user program ignores Ctrl-C
// (QuecPython's timer).
const armed = time.Second
