package atmodem

import (
	"bytes"
	"strconv"
	"sync"
	"time"

	"fotabench/devices/sim/line"
)

// profile is what ATE, ATV and their like set for one port; AT&W keeps it over
// restarts.
type profile struct {
	echo, verbose, quiet bool
	// errors is AT+CMEE: 0 ERROR, 1 with a number, 2 with words.
	errors int
	// registers are S3 (ends a line), S4 (line feed) and S5 (backspace).
	registers map[string]int
}

// factory is AT&F.
func factory() profile {
	return profile{echo: true, verbose: true, errors: 1, registers: map[string]int{
		"S0": 0, "S3": '\r', "S4": '\n', "S5": '\b', "S6": 2, "S7": 0, "S8": 2, "S10": 15,
	}}
}

// shell takes the commands of one port during one power-on. What a goroutine
// other than its own says passes through urc.
type shell struct {
	host    *Module
	power   *power
	socket  *socket
	line    *line.Line
	profile profile
	last    string // for A/

	mu   sync.Mutex
	data bool     // in data mode: URCs wait
	held [][]byte // URCs that wait
}

func newShell(m *Module, p *power, s *socket) *shell {
	wire := s.line
	if wire == nil {
		wire = line.New(m.cable(), nil)
	}
	return &shell{host: m, power: p, socket: s, line: wire, profile: m.kept(s.name)}
}

// run takes one line after the other until the power goes.
func (s *shell) run() {
	if s.power.mode != Normal || !s.socket.speaks() || s.host.options.Faults.Has(faultSilent) {
		s.ignore()
		return
	}
	for {
		text, ok := s.command()
		if !ok {
			return
		}
		s.execute(text)
	}
}

// ignore drops what arrives.
func (s *shell) ignore() {
	for {
		if _, ok := s.next(0); !ok {
			return
		}
	}
}

// next waits for a byte; false when the power goes, or after atMost if that is
// not 0.
func (s *shell) next(atMost time.Duration) (byte, bool) {
	if c, ok := s.line.Pop(); ok {
		return c, true
	}
	var late <-chan time.Time
	if atMost > 0 {
		timer := time.NewTimer(atMost)
		defer timer.Stop()
		late = timer.C
	}
	for {
		if c, ok := s.line.Pop(); ok {
			return c, true
		}
		select {
		case <-s.line.Ready():
		case <-late:
			return 0, false
		case <-s.power.ctx.Done():
			return 0, false
		}
	}
}

// command assembles one line: A/ for the last one again, or AT, what follows, and
// the character in S3 (V.250, 5.2). What comes before AT is dropped.
func (s *shell) command() (string, bool) {
	var before byte
	for {
		c, ok := s.typed()
		if !ok {
			return "", false
		}
		switch {
		case upper(before) == 'A' && c == '/':
			return s.last, true
		case upper(before) == 'A' && upper(c) == 'T':
			text, ok := s.body()
			s.last = text
			return text, ok
		}
		before = c
	}
}

// body reads what follows AT.
func (s *shell) body() (string, bool) {
	var text []byte
	for {
		c, ok := s.typed()
		switch {
		case !ok:
			return "", false
		case c == byte(s.profile.registers["S3"]):
			return string(text), true
		case c == byte(s.profile.registers["S5"]) || c == 0x7f:
			text = text[:max(0, len(text)-1)]
		case c < ' ':
		case len(text) <= maxLine: // one more marks a line that is too long
			text = append(text, c)
		}
	}
}

// typed takes the next byte and echoes it.
func (s *shell) typed() (byte, bool) {
	c, ok := s.next(0)
	if !ok {
		return 0, false
	}
	if s.profile.echo {
		s.put([]byte{c})
	}
	return c, true
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// execute runs the commands of one line; the first that fails ends it.
func (s *shell) execute(text string) {
	m := s.host
	n := m.count()
	faults := m.options.Faults
	if hangs := faults.Int(faultHangs, -1); hangs >= 0 && int64(n) > hangs {
		s.ignore()
		return
	}
	rest(s.power.ctx, faults.Duration(faultLate, 0))
	if faults.Has(faultURCFirst) {
		s.urc(frame(storm[n%len(storm)]))
	}
	if int64(n) <= faults.Int(faultBusy, 0) {
		s.finish(CME(14))
		return
	}
	commands, err := parse(text)
	if err != nil || len(text) > maxLine {
		s.finish(Error)
		return
	}
	result := OK
	var after []func()
	for _, c := range commands {
		call := &Call{Name: c.name, Form: c.form, Number: c.number, Args: c.args, Port: s.socket.Role, shell: s}
		result = m.answer(call)
		after = append(after, call.after...)
		if result != OK {
			break
		}
	}
	s.finish(result)
	for _, f := range after {
		f()
	}
}

// frame is how information and URCs are written.
func frame(text string) []byte { return []byte("\r\n" + text + "\r\n") }

// put says bytes to the host at once.
func (s *shell) put(p []byte) { s.line.Send(p, s.power.ctx.Done()) }

// say is one line of an answer.
func (s *shell) say(text string) {
	if s.profile.verbose {
		s.put(frame(text))
	} else {
		s.put([]byte(text + "\r\n"))
	}
	if s.host.options.Faults.Has(faultStorm) {
		for _, one := range storm {
			s.put(frame(one))
		}
	}
}

// finish says a final result.
func (s *shell) finish(r Result) {
	if s.profile.quiet || r == Quiet {
		return
	}
	text, number := r.text(s.profile.errors)
	switch {
	case s.profile.verbose:
		s.put(frame(text))
	case number >= 0:
		s.put([]byte(strconv.Itoa(number) + "\r"))
	default:
		s.put([]byte(text + "\r"))
	}
}

// urc says a line that nobody asked for, in data mode only when that is over.
func (s *shell) urc(text []byte) {
	s.mu.Lock()
	if s.data {
		s.held = append(s.held, bytes.Clone(text))
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.put(text)
}

// transparent begins or ends data mode.
func (s *shell) transparent(on bool) {
	s.mu.Lock()
	s.data = on
	held := s.held
	if !on {
		s.held = nil
	}
	s.mu.Unlock()
	for _, text := range held {
		if !on {
			s.put(text)
		}
	}
}
