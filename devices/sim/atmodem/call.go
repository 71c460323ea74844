package atmodem

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"fotabench/devices"
)

// Handler answers one command, in the goroutine of the port at which it came. It
// returns when ctx of the call ends.
type Handler func(c *Call) Result

// Call is one command that came at a port.
type Call struct {
	// Name is in upper case: "+CSQ", "E", "&F", "S3".
	Name string
	Form Form
	// Number belongs to a basic command.
	Number int
	// Args are the values of a Set, at least one.
	Args []Arg
	// Port is what the port is for.
	Port devices.Role

	shell *shell
	after []func()
}

// Context ends when the power goes.
func (c *Call) Context() context.Context { return c.shell.power.ctx }

// Module is the module that was called.
func (c *Call) Module() *Module { return c.shell.host }

// Text gives the i-th value, or otherwise if it is absent or empty.
func (c *Call) Text(i int, otherwise string) string {
	if i >= len(c.Args) || c.Args[i].Text == "" && !c.Args[i].Quoted {
		return otherwise
	}
	return c.Args[i].Text
}

// Int gives the i-th value as a number from low to high, or otherwise if it is
// absent or empty; false if it is no such number.
func (c *Call) Int(i int, otherwise, low, high int64) (int64, bool) {
	text := c.Text(i, "")
	if text == "" {
		return otherwise, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= low && n <= high
}

// Say answers one line of information.
func (c *Call) Say(format string, args ...any) { c.shell.say(fmt.Sprintf(format, args...)) }

// Data sends bytes as they are.
func (c *Call) Data(p []byte) { c.shell.put(p) }

// After runs f once the final result was said.
func (c *Call) After(f func()) { c.after = append(c.after, f) }

// Finish says the final result before the handler returns, which then returns
// Quiet.
func (c *Call) Finish(r Result) { c.shell.finish(r) }

// Connect begins data mode, in which URCs wait, and says CONNECT with what
// follows it; Disconnect ends it.
func (c *Call) Connect(suffix string) {
	c.shell.transparent(true)
	text := "CONNECT" + suffix
	switch {
	case c.shell.profile.quiet:
	case c.shell.profile.verbose:
		c.shell.put(frame(text))
	default:
		c.shell.put([]byte(strconv.Itoa(numberConnect) + "\r"))
	}
}

// Disconnect ends data mode.
func (c *Call) Disconnect() { c.shell.transparent(false) }

// URC says a line that nobody asked for at the port where the host wants them
// (AT+QURCCFG), if that is there.
func (m *Module) URC(text string) {
	m.mu.Lock()
	at := m.settings.urcPort
	m.mu.Unlock()
	m.urcAt(at, frame(text))
}

// urcAt says bytes at the port of this name.
func (m *Module) urcAt(name string, p []byte) {
	m.mu.Lock()
	power := m.power
	m.mu.Unlock()
	if power == nil {
		return
	}
	for _, s := range power.at(name) {
		if s.socket.speaks() {
			s.urc(p)
		}
	}
}

// count numbers the command lines.
func (m *Module) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Commands++
	m.commands++
	return m.commands
}

// answer finds the handler of a command.
func (m *Module) answer(c *Call) Result {
	h := m.handlers[c.Name]
	if h == nil && strings.HasPrefix(c.Name, "S") {
		h = register
	}
	if h == nil || c.Name == "+QFOTADL" && m.options.Faults.Has(faultNoFOTA) {
		m.note(func(s *State) { s.Unknown++ })
		return Error
	}
	return h(c)
}
