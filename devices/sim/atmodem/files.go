package atmodem

import (
	"strings"
	"time"
)

// checksum is what AT+QFUPL and AT+QFDWL tell of a file: the exclusive or of its
// 16-bit big-endian words, an odd last byte being a high half (Quectel FILE
// guide).
type checksum struct {
	sum  uint16
	half bool
}

func (c *checksum) add(b byte) {
	if c.half {
		c.sum ^= uint16(b)
	} else {
		c.sum ^= uint16(b) << 8
	}
	c.half = !c.half
}

func sumOf(data []byte) uint16 {
	var c checksum
	for _, b := range data {
		c.add(b)
	}
	return c.sum
}

// space is AT+QFLDS.
func space(c *Call) Result {
	files := c.Module().files
	switch c.Form {
	case Test:
		c.Say(`+QFLDS: "UFS"`)
	case Set:
		if !strings.EqualFold(c.Text(0, ""), "UFS") {
			return CME(cmeParameter)
		}
		free, total := files.space()
		c.Say("+QFLDS: %d,%d", free, total)
	default:
		used, count := files.stored()
		c.Say("+QFLDS: %d,%d", used, count)
	}
	return OK
}

// list is AT+QFLST.
func list(c *Call) Result {
	if c.Form == Test {
		c.Say("+QFLST: <name_pattern>")
		return OK
	}
	pattern := base(c.Text(0, "*"))
	if pattern == "" {
		pattern = "*"
	}
	m := c.Module()
	names := m.files.match(pattern)
	if len(names) == 0 && !strings.Contains(pattern, "*") {
		return CME(cmeAbsent)
	}
	for _, name := range names {
		data, _ := m.files.get(name)
		c.Say(`+QFLST: "%s%s",%d`, m.family.listed, name, len(data))
	}
	return OK
}

// remove is AT+QFDEL.
func remove(c *Call) Result {
	if c.Form == Test {
		c.Say("+QFDEL: <filename>")
		return OK
	}
	m := c.Module()
	name := c.Text(0, "")
	switch {
	case c.Form != Set || name == "":
		return CME(cmeInput)
	case base(name) == "*":
		for _, one := range m.files.match("*") {
			m.files.remove(one)
		}
		return OK
	case !proper(name):
		return CME(cmeName)
	case !m.files.remove(name):
		return CME(cmeAbsent)
	}
	return OK
}

// Defaults and bounds of AT+QFUPL (Quectel FILE guide).
const (
	usualUpload  = 10240
	usualGap     = 5
	longestGap   = 65535
	ackPiece     = 1024 // bytes for each A in ack mode
	biggestWrite = 1 << 30
)

// upload is AT+QFUPL: data mode until size bytes came, or none for too long.
// Whatever arrives is data, whatever it looks like.
func upload(c *Call) Result {
	m := c.Module()
	if c.Form == Test {
		free, _ := m.files.space()
		c.Say("+QFUPL: <filename>[,(1-%d)[,(1-%d)[,(0,1)]]]", free, longestGap)
		return OK
	}
	name := c.Text(0, "")
	size, sized := c.Int(1, usualUpload, 1, biggestWrite)
	gap, timed := c.Int(2, usualGap, 1, longestGap)
	ack, known := c.Int(3, 0, 0, 1)
	switch {
	case c.Form != Set || !sized || !timed || !known || len(c.Args) > 4:
		return CME(cmeInput)
	}
	if code := m.files.fits(name, size); code != 0 {
		return CME(code)
	}
	wait := time.Duration(gap) * time.Second
	if m.options.Faults.Has(faultNoConnect) {
		rest(c.Context(), wait)
		return CME(cmeTimeout)
	}
	c.Connect("")
	m.weaken()
	in := intake{call: c, acks: ack == 1 && !m.options.Faults.Has(faultNoAcks), stalls: m.options.Faults.Int(faultUploadStalls, -1)}
	got := c.Receive(size, wait, in.take)
	c.Disconnect()
	if c.Context().Err() != nil {
		return Quiet // without power nothing is stored
	}
	return c.keep(name, &in, got == size)
}

// intake is what an upload brings.
type intake struct {
	call   *Call
	data   []byte
	acks   bool
	stalls int64 // bytes, after which nothing more is taken; negative for never
}

func (in *intake) take(b byte) bool {
	if in.stalls >= 0 && int64(len(in.data)) >= in.stalls {
		<-in.call.Context().Done()
		return false
	}
	in.data = append(in.data, b)
	if in.acks && len(in.data)%ackPiece == 0 {
		in.call.Data([]byte("A"))
	}
	return true
}

// keep stores an upload and tells its size and checksum.
func (c *Call) keep(name string, in *intake, whole bool) Result {
	m := c.Module()
	if len(in.data) == 0 {
		return CME(cmeTimeout)
	}
	if in.acks && whole && m.family.final && len(in.data)%ackPiece != 0 {
		c.Data([]byte("A"))
	}
	if m.options.Faults.Has(faultWrongSum) {
		in.data[len(in.data)/2] ^= 0x10 // the flash holds another bit than came
	}
	if code := m.files.put(name, in.data); code != 0 {
		return CME(code)
	}
	c.Say("+QFUPL: %d,%x", len(in.data), sumOf(in.data))
	return OK
}

// download is AT+QFDWL: a whole file as data.
func download(c *Call) Result {
	if c.Form == Test {
		c.Say("+QFDWL: <filename>")
		return OK
	}
	data, found := c.Module().files.get(c.Text(0, ""))
	switch {
	case c.Form != Set:
		return CME(cmeInput)
	case !found:
		return CME(cmeAbsent)
	}
	c.Connect("")
	c.Data(data)
	c.Disconnect()
	c.Say("+QFDWL: %d,%x", len(data), sumOf(data))
	return OK
}
