package at

import (
	"bytes"
	"strings"
)

// exchange is one command under way. The Client's mu guards it.
type exchange struct {
	command Command
	lines   []string
	final   Final
	err     error
	numeric bool
	echoed  bool
	// done is closed when over becomes true.
	done chan struct{}
	over bool

	// data is true for a command that leads to data mode; ready is closed when the
	// device connected.
	data      bool
	connected bool
	ready     chan struct{}
	// acks are the acknowledgements so far; moved holds at most one token.
	acks  int64
	moved chan struct{}
	// maybe is true while the last acknowledgement may have been the first letter
	// of a line.
	maybe bool
}

func newExchange(command Command, data bool) *exchange {
	return &exchange{command: command, data: data, done: make(chan struct{}), ready: make(chan struct{}), moved: make(chan struct{}, 1)}
}

// take tells whether the line belongs to this exchange.
func (x *exchange) take(line string, unsolicited func(string) bool) bool {
	if x.over {
		return false
	}
	if !x.echoed && line == strings.TrimSpace(x.command.Text) {
		x.echoed = true
		return true
	}
	if f, ok := ParseFinal(line, x.numeric); ok && x.ends(f) {
		x.finish(f)
		return true
	}
	mine := x.command.Plain && !x.foreign(line, unsolicited)
	if x.command.Prefix != "" {
		mine = strings.HasPrefix(line, x.command.Prefix)
	}
	if mine && len(x.lines) < maxAnswer {
		x.lines = append(x.lines, line)
	}
	return mine
}

// foreign tells whether a line cannot belong to a plain answer: it is unsolicited, or
// a piece of the echo that something else tore apart.
func (x *exchange) foreign(line string, unsolicited func(string) bool) bool {
	return unsolicited(line) || len(line) > 1 && strings.HasPrefix(line, "AT") && strings.HasPrefix(x.command.Text, line)
}

// ends tells whether f can be the end of this command: a call that is refused or
// ended is no answer to anything but a dial command or data mode.
func (x *exchange) ends(f Final) bool {
	switch f.Kind {
	case NoCarrier, LineBusy:
		return x.data || x.numeric || strings.HasPrefix(strings.ToUpper(x.command.Text), "ATD")
	}
	return true
}

// finish ends the exchange, or connects it.
func (x *exchange) finish(f Final) {
	if f.Kind == Connect && x.data {
		x.connect()
		return
	}
	x.final = f
	x.stop()
}

func (x *exchange) connect() {
	if !x.connected {
		x.connected = true
		close(x.ready)
	}
}

func (x *exchange) fail(err error) {
	if !x.over {
		x.err = err
		x.stop()
	}
}

func (x *exchange) stop() {
	x.over = true
	close(x.done)
}

// streaming tells whether the device takes data now.
func (x *exchange) streaming() bool { return x.connected && !x.over }

// prompts connects an exchange whose device asks for data with "> ", which no line
// end follows.
func (x *exchange) prompts(line []byte) bool {
	if !x.data || x.connected || x.over || string(line) != ">" {
		return false
	}
	x.connect()
	return true
}

// acknowledges tells whether a byte is the letter A that a device sends for each block
// of data. It stands outside lines; if something else follows than a further one or a
// line end, it was the first letter of a line after all.
func (x *exchange) acknowledges(s *scanner, b byte) bool {
	switch {
	case b == 'A' && len(bytes.TrimSpace(s.line)) == 0: // a prompt has a blank behind it
		x.acks++
		x.maybe = true
		x.wake()
		return true
	case x.maybe && b != '\r' && b != '\n':
		x.acks--
		s.add('A')
	}
	x.maybe = false
	return false
}

func (x *exchange) wake() {
	select {
	case x.moved <- struct{}{}:
	default:
	}
}
