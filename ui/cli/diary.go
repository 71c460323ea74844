package cli

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"fotabench/devices/checkin"
	"fotabench/ui/bench"
	"fotabench/updater"
)

// diaryRoom is how many lines wait to be written; what comes when it is full is
// counted and left out, so that a slow disk does not slow the services.
const diaryRoom = 8192

// note is one line of serve --json.
type note struct {
	Time    time.Time `json:"time"`
	Event   string    `json:"event"`
	Service string    `json:"service,omitempty"`
	Address string    `json:"address,omitempty"`
	Plan    string    `json:"plan,omitempty"`
	Device  string    `json:"device,omitempty"`
	From    string    `json:"from,omitempty"`
	Version string    `json:"version,omitempty"`
	Package string    `json:"package,omitempty"`
	Target  string    `json:"target,omitempty"`
	// Why is a code with its arguments, Text the sentence.
	Why    *checkin.Reason `json:"why,omitempty"`
	Text   string          `json:"text,omitempty"`
	Done   int64           `json:"done,omitempty"`
	Total  int64           `json:"total,omitempty"`
	Status int             `json:"status,omitempty"`
	Code   int             `json:"code,omitempty"`
	Method string          `json:"method,omitempty"`
	Path   string          `json:"path,omitempty"`
	Bytes  int64           `json:"bytes,omitempty"`
	// Counts are those of a service, by the last part of their code.
	Counts map[string]int64 `json:"counts,omitempty"`
	// Skipped lines were left out since the last one of their kind.
	Skipped int64 `json:"skipped,omitempty"`
}

// diary writes what a bench does, from one goroutine.
type diary struct {
	a       *app
	lines   chan string
	done    sync.WaitGroup
	dropped atomic.Int64
	// unkept is that records could not be kept, nil if all were.
	unkept atomic.Pointer[updater.Note]
	// lacking is what the engine said of that when it ended, nil if nothing is.
	lacking error

	mu      sync.Mutex
	closed  bool
	refused hush
}

// hush lets one of many pass each second.
type hush struct {
	last    time.Time
	skipped int64
}

// pass tells whether this one passes, and how many did not since the last.
func (h *hush) pass(now time.Time) (bool, int64) {
	if now.Sub(h.last) < time.Second {
		h.skipped++
		return false, 0
	}
	n := h.skipped
	h.last, h.skipped = now, 0
	return true, n
}

func newDiary(a *app) *diary {
	d := &diary{a: a, lines: make(chan string, diaryRoom)}
	d.done.Go(func() {
		for line := range d.lines {
			fmt.Fprintln(a.Out, line)
		}
	})
	return d
}

// close writes what waits, and what was left out.
func (d *diary) close() {
	if n := d.dropped.Load(); n > 0 {
		d.put(note{Event: "dropped", Skipped: n})
	}
	d.mu.Lock()
	left := d.refused.skipped
	d.mu.Unlock()
	if left > 0 && d.a.json {
		d.put(note{Event: "skipped", Skipped: left})
	}
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	close(d.lines)
	d.done.Wait()
}

func (d *diary) line(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	select {
	case d.lines <- text:
	default:
		d.dropped.Add(1)
	}
}

func (d *diary) put(n note) {
	if n.Time.IsZero() {
		n.Time = time.Now()
	}
	b, err := json.Marshal(n)
	if err != nil {
		return // all of it is text and numbers
	}
	d.line(string(b))
}

// say writes a line of its own.
func (d *diary) say(n note, text string) {
	if d.a.json {
		d.put(n)
		return
	}
	d.line(text)
}

// device notes what happened to a device.
func (d *diary) device(e checkin.Event) {
	g := e.Guest
	n := note{
		Time: e.At, Event: e.What, Service: g.Service, Device: g.Identity.ID(), From: g.From, Version: g.Identity.Firmware,
		Package: g.Package, Target: g.Target, Done: g.Done, Total: g.Total,
	}
	if e.What == string(checkin.Refused) {
		d.mu.Lock()
		pass, skipped := d.refused.pass(e.At)
		d.mu.Unlock()
		if !pass {
			return
		}
		n.Skipped = skipped
	}
	if e.What != "arrived" {
		n.Why, n.Text = &g.Why, d.a.book.Say(g.Why.Code, g.Why.Args...)
	}
	switch {
	case d.a.json:
		d.put(n)
	case isNotable(e.What):
		d.line(fmt.Sprintf("%s  %-10s %-24s %-12s %s", e.At.Local().Format("15:04:05"), g.Service, n.Device, n.Version, n.Text))
	}
}

// service notes what a service did: accesses, and what made no sense.
func (d *diary) service(e bench.Entry) {
	n := note{Service: string(e.Service)}
	bad := false
	switch {
	case e.Luat != nil:
		n.Time, n.Event, n.From, n.Status, n.Code = e.Luat.At, "answered", e.Luat.From, e.Luat.Status, e.Luat.Code
		n.Device = string(e.Luat.Address)
		bad = e.Luat.Code != 0
	case e.Aliyun != nil:
		if e.Aliyun.Err == nil {
			return // the desk tells it better
		}
		n.Time, n.Event, n.Device, n.Text, bad = e.Aliyun.At, "garbage", string(e.Aliyun.Address), e.Aliyun.Err.Error(), true
	case e.Access != nil:
		a := e.Access
		n.Time, n.Event, n.From, n.Status, n.Method, n.Path, n.Bytes = a.At, "access", a.Remote.String(), a.Status, a.Method, a.Path, a.Bytes
		bad = a.Status >= 400
	}
	if bad {
		d.mu.Lock()
		pass, skipped := d.refused.pass(time.Now())
		d.mu.Unlock()
		if !pass {
			return
		}
		n.Skipped = skipped
	}
	if d.a.json {
		d.put(n)
	}
}
