package micropython

import (
	"context"
	"sync"
)

// event is one call of a download's callback: fota's [status, value].
type event struct {
	Status int
	Value  int
	// Done marks the last one; Verdict is then what the call returns.
	Done    bool
	Verdict int
	// Quiet events end a download without a callback.
	Quiet bool
}

// modem is the part of the module beside Python: the update area, the boot
// loader's mark, the download task.
type modem struct {
	host *Module

	mu       sync.Mutex
	changed  chan struct{} // closed and renewed with every event
	area     *area
	extra    *area // second file of a mini FOTA
	blocks   int
	dying    bool
	accepted string // target version, "" if none
	sum      string
	before   map[string]node // a light app's folder before it was unpacked
	events   []event
	loading  bool
	stop     context.CancelFunc
	blocking bool // the caller waits for events; they are not for the REPL
	work     sync.WaitGroup
}

func newModem(m *Module) *modem {
	return &modem{host: m, changed: make(chan struct{}), area: newArea()}
}

// tell adds what the modem knows to the truth.
func (d *modem) tell(s *State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Written, s.WrittenSHA256, s.Accepted = d.area.size, d.area.sum(), d.accepted != ""
}

// waiting tells whether callbacks wait for an idle REPL.
func (d *modem) waiting() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.events) > 0 && !d.blocking
}

// news is closed when the next event is posted.
func (d *modem) news() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// post queues an event.
func (d *modem) post(e event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
	close(d.changed)
	d.changed = make(chan struct{})
}

// next takes the oldest event.
func (d *modem) next() (event, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.events) == 0 {
		return event{}, false
	}
	e := d.events[0]
	d.events = d.events[1:]
	return e, true
}

// reset empties the update area; fota() does it.
func (d *modem) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.area, d.extra, d.blocks = newArea(), nil, 0
}

// write is fota.write: 0 or -1. cut is true when the module loses power here.
func (d *modem) write(p []byte, total int64) (verdict int, cut bool) {
	faults := d.host.options.Faults
	d.mu.Lock()
	defer d.mu.Unlock()
	d.blocks++
	if faults.Has(faultWriteFails) && int64(d.blocks) >= faults.Int(faultWriteFails, 0) {
		return -1, false
	}
	if d.area.size+int64(len(p)) > total {
		return -1, false
	}
	if d.dies(int64(len(p))) {
		return -1, true
	}
	d.fill(d.area, p)
	return 0, false
}

// fill hands bytes to an area, whose Write never fails. The caller holds mu.
func (d *modem) fill(a *area, p []byte) { _, _ = a.Write(p) }

// dies tells whether the ordered power cut strikes within the next n bytes. It
// strikes once. The caller holds mu.
func (d *modem) dies(n int64) bool {
	faults := d.host.options.Faults
	if !faults.Has(faultDieAt) || d.dying || d.area.size+n < faults.Int(faultDieAt, 0) {
		return false
	}
	d.dying = true
	return true
}

// verify judges what was written and marks it for the boot loader: 0 or -1.
func (d *modem) verify() int {
	running := d.host.State().Firmware
	d.mu.Lock()
	defer d.mu.Unlock()
	d.accepted = ""
	if d.host.options.Faults.Has(faultVerifyFails) {
		return -1
	}
	target, good := d.area.verify(running)
	if good && d.extra != nil {
		var second string
		second, good = d.extra.verify(running)
		good = good && second == target
	}
	if !good {
		return -1
	}
	d.accepted, d.sum = target, d.area.sum()
	return 0
}

// accepts tells whether the boot loader will install something.
func (d *modem) accepts() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accepted != ""
}

// unload gives the boot loader what it installs.
func (d *modem) unload() (target, sum string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	target, sum = d.accepted, d.sum
	d.accepted = ""
	return target, sum
}

// forget is the loss of power: all but the mark for the boot loader is gone.
func (d *modem) forget() {
	d.mu.Lock()
	if d.stop != nil {
		d.stop()
	}
	d.mu.Unlock()
	d.work.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events, d.loading, d.blocking, d.area, d.extra, d.blocks = nil, false, false, newArea(), nil, 0
}
