package atmodem

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"fotabench/devices/sim/fetch"
	"fotabench/devices/sim/quecplatform"
)

// The states of the connection that AT+QIOTSTATE tells (QuecThing AT guide).
const (
	qiotIdle       = 0
	qiotDenied     = 4
	qiotSubscribed = 8
)

// The events of the type OTA in +QIOTEVT.
const (
	qiotPlan     = 10700
	qiotStart    = 10701
	qiotLoading  = 10702
	qiotBlock    = 10703
	qiotUpdating = 10704
	qiotDone     = 10705
	qiotFailed   = 10706
)

// qiotPiece is how much of an MCU's firmware the module holds at once, in bytes,
// qiotRead how much one AT+QIOTOTARD gives.
const (
	qiotPiece = 16 << 10
	qiotRead  = 1024
)

// qiot is the part of a module in QuecThing. What is set survives restarts.
type qiot struct {
	platform *quecplatform.Platform

	mu              sync.Mutex
	product, secret string
	mode, state     int64
	digest          bool // a SHA-256 is wanted
	mcus            map[string]string
	updating        *quecplatform.Component
	device          *quecplatform.Device
	target          quecplatform.Component
	firmware        []byte // of an MCU
	at              int    // where the block begins that can be read
}

// WithQuecThing adds the commands of QuecThing, for a module that speaks to platform.
func (o Options) WithQuecThing(platform *quecplatform.Platform) Options {
	q := &qiot{platform: platform, mcus: map[string]string{}}
	handlers := maps.Clone(o.Handlers)
	if handlers == nil {
		handlers = map[string]Handler{}
	}
	maps.Copy(handlers, map[string]Handler{
		"+QIOTCFG": q.configure, "+QIOTREG": q.register, "+QIOTSTATE": q.tell, "+QIOTMCUVER": q.version,
		"+QIOTOTAREQ": q.request, "+QIOTUPDATE": q.update, "+QIOTOTARD": q.read,
	})
	o.Handlers = handlers
	return o
}

// later runs work as long as the module has power, after the final result.
func later(c *Call, work func(p *power)) {
	p := c.shell.power
	c.After(func() { p.work.Go(func() { rest(p.ctx, 20*time.Millisecond); work(p) }) })
}

// event says an unsolicited line of QuecThing.
func event(m *Module, kind, code int, data string) {
	text := fmt.Sprintf("+QIOTEVT: %d,%d", kind, code)
	if data != "" {
		text += "," + data
	}
	m.URC(text)
}

func (q *qiot) configure(c *Call) Result {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case c.Form == Test:
		c.Say(`+QIOTCFG: "productinfo",<pk>,<ps>`)
	case c.Form != Set:
		return Error
	case c.Text(0, "") == "productinfo" && len(c.Args) == 1:
		c.Say(`+QIOTCFG: "productinfo",%q,%q,"V1"`, q.product, q.secret)
	case c.Text(0, "") == "productinfo" && len(c.Args) == 3:
		q.product, q.secret = c.Text(1, ""), c.Text(2, "")
	case c.Text(0, "") == "server" && len(c.Args) == 3:
	default:
		return Error
	}
	return OK
}

// register is AT+QIOTREG.
func (q *qiot) register(c *Call) Result {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c.Form == Read {
		c.Say("+QIOTREG: %d", q.mode)
		return OK
	}
	n, ok := c.Int(0, 0, 0, 2)
	if c.Form != Set || !ok || n > 0 && q.product == "" {
		return Error
	}
	m := c.Module()
	if q.mode = n; n == 0 {
		later(c, func(*power) {
			q.leave()
			event(m, 6, 10200, "")
		})
		return OK
	}
	later(c, func(p *power) { q.connect(m, p) })
	return OK
}

func (q *qiot) leave() {
	q.mu.Lock()
	d := q.device
	q.device, q.state = nil, qiotIdle
	q.mu.Unlock()
	if d != nil {
		d.Leave()
	}
}

// refusals are the events by which a login that failed is told.
var refusals = map[int][2]int{
	quecplatform.CodeNoProduct: {1, 10423}, quecplatform.CodeSecret: {1, 10424}, quecplatform.CodeOffline: {2, 10474},
}

// connect logs in, and knows then how an update has ended that a restart was for.
// The connection ends with the power.
func (q *qiot) connect(m *Module, p *power) {
	state := m.State()
	q.mu.Lock()
	d, code := q.platform.Connect(quecplatform.Login{
		Product: q.product, Secret: q.secret, IMEI: state.IMEI, Firmware: state.Version(), MCUs: q.mcus,
	})
	done := q.updating
	if q.device, q.state = d, qiotSubscribed; code != 0 {
		q.state = qiotDenied
	} else {
		q.updating = nil
	}
	q.mu.Unlock()
	if code != 0 {
		e, known := refusals[code]
		if !known {
			e = [2]int{2, 10450}
		}
		event(m, e[0], e[1], "")
		return
	}
	event(m, 2, 10200, "")
	event(m, 3, 10200, "")
	if done != nil {
		success, _ := d.Report(quecplatform.Component{Kind: quecplatform.Module, Name: done.Name, Version: state.Version()})
		q.settle(m, success)
	}
	<-p.ctx.Done()
	q.leave()
}

func (q *qiot) settle(m *Module, success bool) {
	if success {
		event(m, 7, qiotDone, "")
		return
	}
	event(m, 7, qiotFailed, "")
}

// tell is AT+QIOTSTATE.
func (q *qiot) tell(c *Call) Result {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c.Form != Read {
		return Error
	}
	c.Say("+QIOTSTATE: %d", q.state)
	return OK
}

// version is AT+QIOTMCUVER.
func (q *qiot) version(c *Call) Result {
	q.mu.Lock()
	defer q.mu.Unlock()
	name := c.Text(0, "")
	switch {
	case c.Form == Read:
		for _, one := range slices.Sorted(maps.Keys(q.mcus)) {
			c.Say("+QIOTMCUVER: %q,%q", one, q.mcus[one])
		}
		return OK
	case c.Form != Set || name == "" || len(c.Args) != 2:
		return Error
	}
	q.mcus[name] = c.Text(1, "")
	if d, m := q.device, c.Module(); d != nil {
		now := quecplatform.Component{Kind: quecplatform.MCU, Name: name, Version: q.mcus[name]}
		later(c, func(*power) {
			if success, done := d.Report(now); done {
				q.settle(m, success)
			}
		})
	}
	return OK
}

// request is AT+QIOTOTAREQ.
func (q *qiot) request(c *Call) Result {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c.Form == Test {
		c.Say("+QIOTOTAREQ: (0,1)")
		return OK
	}
	n, ok := c.Int(0, 0, 0, 1)
	if c.Form == Read || !ok || q.device == nil {
		return Error
	}
	d, m := q.device, c.Module()
	q.digest = n == 1
	later(c, func(*power) {
		for _, o := range d.Request() {
			event(m, 7, qiotPlan, fmt.Sprintf("%q,%q,%q,%d,%d,%d", o.Component.Name, o.Source, o.Component.Version, o.MinBattery, o.MinSignal, o.Space))
		}
	})
	return OK
}

// update is AT+QIOTUPDATE.
func (q *qiot) update(c *Call) Result {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, ok := c.Int(0, -1, 0, 3)
	if c.Form != Set || !ok || q.device == nil {
		return Error
	}
	d, m := q.device, c.Module()
	switch n {
	case 0:
		if !d.Refuse() {
			return Error
		}
	case 1:
		target, file, ok := d.Accept()
		if !ok || !m.take() {
			return Error
		}
		q.target, q.firmware = target, nil
		later(c, func(p *power) { q.load(m, p, d, target, file) })
	case 2:
		if q.at+qiotPiece >= len(q.firmware) {
			return Error
		}
		q.at += qiotPiece
		later(c, func(*power) { q.block(m) })
	case 3:
		d.Tell(quecplatform.Updating)
		later(c, func(*power) { event(m, 7, qiotUpdating, "") })
	}
	return OK
}

// load fetches the package that was accepted.
func (q *qiot) load(m *Module, p *power, d *quecplatform.Device, target quecplatform.Component, file quecplatform.File) {
	d.Tell(quecplatform.Downloading)
	q.mu.Lock()
	data := fmt.Sprintf("%q,%d,%q,%d", target.Name, file.Size, file.MD5, file.CRC)
	if q.digest {
		data += fmt.Sprintf(",%q", file.SHA256)
	}
	q.mu.Unlock()
	event(m, 7, qiotStart, data)
	event(m, 7, qiotLoading, "")
	var image []byte
	err := errors.New("ordered to fail")
	if !m.options.Faults.Has(faultDownloadEnd) {
		err = m.pull(p, order{url: file.URL}, fetch.Settings{}, &image, &progress{})
	}
	if p.ctx.Err() != nil {
		return
	}
	if err == nil && quecplatform.Checksum(image) != file.CRC {
		err = errors.New("the CRC differs")
	}
	if err != nil {
		m.drop()
		d.Tell(quecplatform.DownloadFailed)
		event(m, 7, qiotFailed, "")
		return
	}
	if target.Kind == quecplatform.MCU {
		m.drop()
		q.mu.Lock()
		q.firmware, q.at = image, 0
		q.mu.Unlock()
		q.block(m)
		return
	}
	d.Tell(quecplatform.Updating)
	event(m, 7, qiotUpdating, "")
	q.mu.Lock()
	q.updating = &target
	q.mu.Unlock()
	m.arrived(p, order{url: file.URL}, image)
}

// block tells which part of an MCU's firmware can be read.
func (q *qiot) block(m *Module) {
	q.mu.Lock()
	data := fmt.Sprintf("%q,%d,%d,%d", q.target.Name, len(q.firmware), q.at, min(qiotPiece, len(q.firmware)-q.at))
	q.mu.Unlock()
	event(m, 7, qiotBlock, data)
}

// read is AT+QIOTOTARD.
func (q *qiot) read(c *Call) Result {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c.Form == Test {
		c.Say("+QIOTOTARD: <start>,(1-%d)", qiotRead)
		return OK
	}
	from, ok1 := c.Int(0, -1, int64(q.at), int64(min(q.at+qiotPiece, len(q.firmware)))-1)
	n, ok2 := c.Int(1, 0, 1, qiotRead)
	if c.Form != Set || !ok1 || !ok2 {
		return Error
	}
	to := min(from+n, int64(min(q.at+qiotPiece, len(q.firmware))))
	c.Say("+QIOTOTARD: %d,%d", from, to-from)
	c.Data(q.firmware[from:to])
	c.Data([]byte("\r\n"))
	return OK
}
