package micropython

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"sync"
	"sync/atomic"
	"time"
)

// end is why a session ended.
type end int

const (
	endNone     end = iota
	endSoft         // soft reboot
	endReset        // restart: the port goes away
	endPowerCut     // the same, unasked
	endOff          // power down or Close
)

var errEnded = errors.New("sim: session ended")

// session is one boot of the module's Python: it ends with a soft reboot, a
// restart or the module itself. All of it runs on one goroutine, except arrive.
type session struct {
	host    *Module
	power   *power
	machine *machine
	console console
	end     end
	noMain  bool // this boot leaves the user program alone
	stopped bool // the user program was stopped: so does the next one

	friendly  atomic.Bool
	executing atomic.Bool // a user program runs, not the REPL
	started   atomic.Int64
	wake      chan struct{} // Ctrl-C came while Python runs

	last byte    // printed, for line ends
	skip int     // bytes of output to drop
	grab *[]byte // takes the output instead of the line

	sums    []hash.Hash      // of hashlib.md5, by number
	replies map[int64]*reply // open answers of request, by number
	busy    bool             // the REPL is inside a statement
	threads int              // started, not yet run
	inside  bool             // a thread runs
}

// over tells whether the module is being taken down.
func (s *session) over() bool { return s.power.ctx.Err() != nil }

// begin boots the interpreter with its frozen modules.
func (s *session) begin(e *engine) error {
	s.wake = make(chan struct{}, 1)
	s.console = console{s: s}
	s.machine = &machine{disk: s.host.disk, print: s.print, call: s.call}
	if err := e.boot(s.machine, s.host.options.Heap); err != nil {
		return fmt.Errorf("sim: boot: %w", err)
	}
	var greeting, trouble []byte
	s.grab = &greeting
	_, err := s.machine.mod.ExportedFunction("mp_js_repl_init").Call(s.machine.ctx)
	if err == nil {
		s.grab = &trouble
		err = s.machine.exec(firstSteps(s.host.board))
	}
	s.grab = nil
	if err == nil && len(trouble) > 0 {
		err = errors.New(string(trouble))
	}
	if err != nil {
		return fmt.Errorf("sim: boot: %w", err)
	}
	s.machine.setChar(none)
	return nil
}

// firstSteps finds the firmware's modules and lets them settle in.
func firstSteps(b board) string {
	return `
import sys
sys.path[:] = [` + b.searchPath() + `]
try:
    import _boot
    del _boot
except Exception as e:
    sys.print_exception(e)
del sys
`
}

// run serves the REPL until the session ends.
func (s *session) run(rawMode bool) error {
	s.friendly.Store(!rawMode)
	s.console.lock()
	if rawMode {
		if err := s.console.friendly(ctrlA); err != nil {
			return s.why(err)
		}
	} else if err := s.boot(); err != nil {
		return s.why(err)
	}
	s.flush()
	return s.why(s.serve(s.power.ctx.Done()))
}

// boot runs the user program, then shows the banner.
func (s *session) boot() error {
	if _, found := s.host.disk.get(s.host.board.entry); found && !s.noMain {
		s.started.Store(time.Now().UnixNano())
		s.executing.Store(true)
		s.machine.setChar(ctrlC)
		err := s.machine.exec("__import__('_sim').run_main()")
		s.machine.setChar(none)
		s.executing.Store(false)
		if err != nil {
			return err
		}
	}
	if s.console.mode != locked {
		s.print(append(s.console.banner(), ">>> "...))
	}
	return nil
}

// why sorts an error: the end of the session was ordered, or it is a fault of
// the interpreter.
func (s *session) why(err error) error {
	if s.end != endNone || s.over() {
		return nil
	}
	return err
}

// finish ends the session from inside.
func (s *session) finish(e end) error {
	s.end = e
	s.flush()
	return errEnded
}

// serve runs the REPL until stop is closed or the session ends.
func (s *session) serve(stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if b, some := s.power.line.Pop(); some {
			if err := s.console.accept(b); err != nil {
				return err
			}
			continue
		}
		s.flush()
		news := s.host.modem.news()
		worked, err := s.chores()
		if err != nil {
			return err
		}
		if worked {
			continue
		}
		select {
		case <-stop:
			return nil
		case <-s.power.line.Ready():
		case <-news:
		case <-s.power.fired:
			return s.finish(s.power.reason())
		}
	}
}

// chores runs what waits for an idle REPL: callbacks and threads.
func (s *session) chores() (bool, error) {
	if s.host.modem.waiting() {
		return true, s.python("__import__('_sim').poll()")
	}
	if s.threads > 0 && !s.inside {
		s.threads--
		s.inside = true
		err := s.python("__import__('_sim').run_thread()")
		s.inside = false
		return true, err
	}
	return false, nil
}

// python runs firmware code that may call the user's.
func (s *session) python(code string) error {
	s.machine.setChar(ctrlC)
	err := s.machine.exec(code)
	s.machine.setChar(none)
	s.flush()
	return err
}

// feed gives the REPL a byte and runs what it completes.
func (s *session) feed(b byte) error {
	s.busy = true
	reboot, err := s.machine.feed(b)
	s.busy = false
	if err != nil {
		return err
	}
	if reboot {
		return s.finish(endSoft)
	}
	return nil
}

// capture feeds a byte and returns what the REPL printed for it.
func (s *session) capture(b byte) ([]byte, error) {
	var out []byte
	s.grab = &out
	err := s.feed(b)
	s.grab = nil
	return out, err
}

// print takes what the interpreter writes. Line ends become CR LF, as on a
// terminal.
func (s *session) print(p []byte) {
	cooked := make([]byte, 0, len(p)+2)
	for _, b := range p {
		if b == '\n' && s.last != '\r' {
			cooked = append(cooked, '\r')
		}
		s.last = b
		cooked = append(cooked, b)
	}
	s.emit(cooked)
}

func (s *session) emit(p []byte) {
	n := min(s.skip, len(p))
	s.skip -= n
	p = p[n:]
	switch {
	case len(p) == 0:
	case s.grab != nil:
		*s.grab = append(*s.grab, p...)
	default:
		s.power.line.Send(p, s.power.ctx.Done())
	}
}

// flush lets the output leave.
func (s *session) flush() { s.power.line.Flush() }

// arrive judges a byte when it comes in, on the reader's goroutine, as the
// receive interrupt of a module does: Ctrl-C interrupts what runs; while a
// friendly statement or the user program runs everything else is dropped.
func (s *session) arrive(b byte) bool {
	if s.executing.Load() {
		since := time.Since(time.Unix(0, s.started.Load()))
		if b == ctrlC && since >= armed && !s.host.protected() && s.machine.interruptible(ctrlC) {
			s.interrupt()
		}
		return false
	}
	if !s.machine.interruptible(ctrlC) {
		return true
	}
	if b == ctrlC {
		s.interrupt()
		return false
	}
	return !s.friendly.Load()
}

func (s *session) interrupt() {
	s.machine.interrupt()
	nudge(s.wake)
}

// wait blocks a host call until done is closed, d has passed (0 = for ever) or
// Ctrl-C comes. Inside a thread the REPL is served meanwhile.
func (s *session) wait(done <-chan struct{}, d time.Duration) {
	s.flush()
	ctx, cancel := context.WithCancel(s.power.ctx)
	defer cancel()
	if d > 0 {
		ctx, cancel = context.WithTimeout(s.power.ctx, d)
		defer cancel()
	}
	if s.inside && !s.busy {
		s.pump(ctx, cancel, done)
	} else {
		s.sleep(ctx, done)
	}
	if s.over() {
		panic(errEnded)
	}
}

func (s *session) sleep(ctx context.Context, done <-chan struct{}) {
	if s.machine.interrupted() {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	case <-s.wake:
	case <-s.power.fired:
		panic(s.finish(s.power.reason()))
	}
}

// pump serves the REPL within a call of a thread.
func (s *session) pump(ctx context.Context, cancel context.CancelFunc, done <-chan struct{}) {
	s.machine.setChar(none)
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-done:
		case <-ctx.Done():
		}
		close(stop)
	})
	err := s.serve(stop)
	cancel()
	watch.Wait()
	if err != nil {
		panic(err)
	}
	s.machine.setChar(ctrlC)
}
