package micropython

import (
	"encoding/json"
	"time"
)

// request is what a firmware module asks the host: a name and arguments.
type request struct {
	op   string
	args []json.RawMessage
}

func (r request) int(i int) int64 {
	var n float64
	if i < len(r.args) && json.Unmarshal(r.args[i], &n) == nil {
		return int64(n)
	}
	return 0
}

func (r request) text(i int) string {
	var s string
	if i < len(r.args) {
		_ = json.Unmarshal(r.args[i], &s) // anything else is ""
	}
	return s
}

// calls are the host functions behind the firmware modules. Their answers go
// back as JSON, byte strings as they are.
var calls = map[string]func(s *session, r request) any{
	"info":    func(s *session, r request) any { return s.info(r.text(0)) },
	"sleep":   func(s *session, r request) any { return s.callSleep(r) },
	"stdin":   func(s *session, r request) any { return s.stdin(int(r.int(0))) },
	"ready":   func(s *session, _ request) any { return s.ready() },
	"stdout":  func(s *session, _ request) any { return s.stdout() },
	"thread":  func(s *session, _ request) any { s.threads++; return nil },
	"poll":    func(s *session, _ request) any { return s.poll() },
	"event":   func(s *session, _ request) any { return s.event() },
	"main":    func(s *session, r request) any { return s.mainEnded(r.text(0)) },
	"restart": func(s *session, _ request) any { return s.callRestart() },
	"off":     func(s *session, _ request) any { panic(s.finish(endOff)) },
	"reset":   func(s *session, _ request) any { s.host.modem.reset(); return nil },
	"write":   func(s *session, r request) any { return s.fotaWrite(r.int(0)) },
	"flush":   func(s *session, _ request) any { return s.fotaFlush() },
	"verify":  func(s *session, _ request) any { return s.host.modem.verify() },
	"download": func(s *session, r request) any {
		return s.download(r)
	},
	"cancel": func(s *session, _ request) any { return s.host.modem.cancel() },
	"fetch":  func(s *session, r request) any { return s.fetch(r.text(0), r.text(1)) },

	"ota.download": func(s *session, r request) any { return s.otaDownload(r.text(0), r.text(1)) },
	"ota.verify": func(s *session, r request) any {
		return s.otaVerify(r.int(0), r.text(1), r.text(2), r.text(3))
	},
	"ota.upgrade": func(s *session, r request) any { return s.otaUpgrade(r.text(0), r.text(1)) },
}

// callOf finds the function behind a request, nil if there is none.
func callOf(op string) func(s *session, r request) any {
	for _, table := range []map[string]func(s *session, r request) any{calls, qthCalls, requestCalls, digestCalls} {
		if serve := table[op]; serve != nil {
			return serve
		}
	}
	return nil
}

// call answers one request; the bytes written to the blob device before it
// belong to it.
func (s *session) call(raw []byte) ([]byte, bool) {
	var parts []json.RawMessage
	var r request
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) == 0 || json.Unmarshal(parts[0], &r.op) != nil {
		return nil, false
	}
	r.args = parts[1:]
	serve := callOf(r.op)
	if serve == nil {
		return nil, false
	}
	answer := serve(s, r)
	if s.over() {
		panic(errEnded)
	}
	if data, binary := answer.([]byte); binary {
		return data, true
	}
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err) // the answers above all marshal
	}
	return text, true
}

// info answers what the identification modules ask.
func (s *session) info(key string) any {
	o, state := s.host.options, s.host.State()
	switch key {
	case "firmware":
		return state.Firmware
	case "imei":
		return state.IMEI
	case "serial":
		if s.host.board.haas {
			return state.IMEI
		}
		return o.Serial
	case "haas":
		return s.host.board.haas
	case "entry":
		return s.host.board.entry
	case "model":
		return o.Model
	case "battery":
		full := o.Faults.Int(faultBattery, int64(o.BatteryMV))
		if state.Written > 0 {
			return o.Faults.Int(faultBatteryFalls, full)
		}
		return full
	case "signal":
		return o.Faults.Int(faultSignal, int64(o.SignalCSQ))
	case "runtime":
		return o.Runtime
	case "built":
		return o.Built
	case "features":
		return s.host.caps
	case "stdin":
		return !o.Faults.Has(faultNoStdin)
	}
	return nil
}

// callRestart restarts the board, unless it is ordered not to listen.
func (s *session) callRestart() any {
	if s.host.options.Faults.Has(faultResetIgnored) {
		return nil
	}
	panic(s.finish(endReset))
}

func (s *session) callSleep(r request) any {
	if d := time.Duration(r.int(0)) * time.Millisecond; d > 0 {
		s.wait(nil, d)
	}
	return s.poll()
}

// stdin reads at least one and at most n bytes of the line, none after Ctrl-C.
func (s *session) stdin(n int) []byte {
	p := make([]byte, max(0, min(n, 64<<10)))
	for len(p) > 0 {
		if got := s.power.line.Take(p); got > 0 {
			return p[:got]
		}
		if s.machine.interrupted() {
			return nil
		}
		s.wait(s.power.line.Ready(), 0)
	}
	return p
}

// ready tells whether the line has bytes. A program that polls gets the answer
// no only after a moment, so that it does not spin.
func (s *session) ready() bool {
	if s.power.line.Waiting() {
		return true
	}
	s.wait(s.power.line.Ready(), time.Millisecond)
	return s.power.line.Waiting()
}

// stdout writes bytes without changing line ends.
func (s *session) stdout() any {
	s.emit(s.machine.blob)
	s.flush()
	return nil
}

// mainEnded hears how the user program ended.
func (s *session) mainEnded(how string) any {
	if how == "KeyboardInterrupt" {
		s.stopped = true
		panic(s.finish(endSoft))
	}
	return nil
}

// poll takes all callbacks that wait; a blocking download keeps its own.
func (s *session) poll() [][4]int {
	list := [][4]int{}
	for s.host.modem.waiting() {
		e, some := s.host.modem.next()
		if !some {
			break
		}
		list = append(list, e.wire())
	}
	return list
}

// wire is the form of an event for Python: status, value, done, verdict.
func (e event) wire() [4]int {
	done := 0
	switch {
	case e.Done && e.Quiet:
		done = 2
	case e.Done:
		done = 1
	}
	return [4]int{e.Status, e.Value, done, e.Verdict}
}

// event waits for the next callback of a blocking download; null after Ctrl-C.
func (s *session) event() any {
	for {
		news := s.host.modem.news()
		if e, some := s.host.modem.next(); some {
			return e.wire()
		}
		if s.machine.interrupted() {
			return nil
		}
		s.wait(news, 0)
	}
}

func (s *session) fotaWrite(total int64) any {
	if s.host.options.Faults.Has(faultNoMemory) {
		return "MemoryError"
	}
	verdict, cut := s.host.modem.write(s.machine.blob, total)
	if cut {
		panic(s.finish(endPowerCut))
	}
	return verdict
}

func (s *session) fotaFlush() int {
	if s.host.options.Faults.Has(faultFlushFails) {
		return -1
	}
	return 0
}
