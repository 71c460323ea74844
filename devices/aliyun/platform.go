package aliyun

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"fotabench/devices"
	"fotabench/devices/checkin"
)

// Counts are the platform's counters.
type Counts struct {
	// Devices are connected now, where that can be known.
	Devices int64
	// Informs, Pushes, Progress and Pieces count messages.
	Informs, Pushes, Progress, Pieces int64
	// Garbage could not be read, Refused logins had a wrong password or no
	// registration, Denied messages were for another device's topic.
	Garbage, Refused, Denied, Dropped int64
	// Bytes of packages went over MQTT.
	Bytes int64
}

type counters struct {
	informs, pushes, progress, pieces, garbage, refused, denied, dropped, bytes, devices atomic.Int64
}

// Heard tells what one message came to, for the log.
type Heard struct {
	At             time.Time
	Service, Topic string
	Address        devices.Address
	Why            checkin.Reason
	Err            error
}

// line is a way to publish to devices.
type line interface {
	// publish sends at QoS 1.
	publish(topic string, payload []byte) error
	// name is Guest.Service of those that are reached by it.
	name() string
	// reaches tells whether a device is connected, as far as that can be known.
	reaches(productKey, deviceName string) bool
	// connection is the one that a device has now, another after each that was lost; nil for
	// none, and where only somebody else's broker knows.
	connection(productKey, deviceName string) any
	// after calls do in that time from a goroutine of its own, unless the line is closed,
	// which waits for it.
	after(pause time.Duration, do func())
}

// Platform does what the cloud's OTA service does for devices, whichever broker
// they are connected to. It is safe for concurrent use.
type Platform struct {
	counters
	desk *checkin.Desk
	log  func(Heard)

	mu      sync.Mutex
	lines   map[string]line
	streams map[uint32]*checkin.Order
	byOrder map[*checkin.Order]uint32
	next    uint32
	// early are the connections, by part, over which a device said its old version so soon
	// that it does not count yet.
	early map[claim]any
}

// NewPlatform makes a platform that gives what desk decides. log may be nil.
func NewPlatform(desk *checkin.Desk, log func(Heard)) *Platform {
	if log == nil {
		log = func(Heard) {}
	}
	return &Platform{
		desk: desk, log: log, lines: map[string]line{}, streams: map[uint32]*checkin.Order{},
		byOrder: map[*checkin.Order]uint32{}, next: rand.Uint32() & (1<<30 - 1), early: map[claim]any{},
	}
}

// Counts are the counters so far.
func (p *Platform) Counts() Counts {
	return Counts{
		Devices: p.devices.Load(), Informs: p.informs.Load(), Pushes: p.pushes.Load(), Progress: p.progress.Load(),
		Pieces: p.pieces.Load(), Garbage: p.garbage.Load(), Refused: p.refused.Load(), Denied: p.denied.Load(),
		Dropped: p.dropped.Load(), Bytes: p.bytes.Load(),
	}
}

func (p *Platform) join(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines[l.name()] = l
}

func (p *Platform) leave(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lines[l.name()] == l {
		delete(p.lines, l.name())
	}
}

// hear acts on what a device published.
func (p *Platform) hear(ctx context.Context, l line, from, topic string, payload []byte) {
	kind, key, name := about(topic)
	if kind == unknown || !part.MatchString(key) || !part.MatchString(name) {
		p.garbage.Add(1)
		return
	}
	at := address(key, name)
	s, err := parse(payload)
	if err != nil {
		p.garbage.Add(1)
		p.log(Heard{At: time.Now(), Service: l.name(), Topic: topic, Address: at, Err: err})
		return
	}
	switch kind {
	case inform:
		p.informed(ctx, l, from, at, key, name, s)
	case progress:
		p.progressed(at, s)
	case getFirmware:
		p.asked(l, at, key, name, s)
	case getPiece:
		p.handOut(l, key, name, s)
	}
}

// informed: a device says which version it runs.
func (p *Platform) informed(ctx context.Context, l line, from string, at devices.Address, key, name string, s said) {
	p.informs.Add(1)
	version := tidy(string(s.Params.Version), maxVersion)
	module := plainModule(tidy(s.Params.Module, 64))
	if version == "" {
		p.garbage.Add(1)
		return
	}
	o, why := p.desk.Arrive(ctx, checkin.Arrival{
		Address: at, Identity: identity(key, name, version), From: from, Service: l.name(), Module: module, Usual: devices.MQTT, Simulated: s.Simulator,
		Attributes: map[string]string{"productKey": key, "deviceName": name},
	})
	p.heed(ctx, l, at, module, o, why)
}

// heed tells a device of what the desk gives it, and comes back to what it says too early.
func (p *Platform) heed(ctx context.Context, l line, at devices.Address, module string, o *checkin.Order, why checkin.Reason) {
	var err error
	if o != nil {
		err = p.push(at, o)
	}
	key, name, _ := named(at)
	p.log(Heard{At: time.Now(), Service: l.name(), Topic: topicInform + key + "/" + name, Address: at, Why: why, Err: err})
	if why.Code == checkin.WhyStill {
		p.watch(ctx, l, at, module)
	}
}

// pushes are spread: a device that is told at once is of no use if its answers and
// those of ten thousand others then wait for each other.
const (
	pushesPerSecond = 2500
	pushesAtOnce    = 50
)

// offering is how many devices are told at once: each waits for its record, which is written
// with those of the others.
const offering = 64

// Offer tells every device that is connected now and for which the desk's rules have
// something, as the cloud does when a plan begins. It returns when all were told or
// ctx ends, with how many were.
func (p *Platform) Offer(ctx context.Context) (told int, err error) {
	pace := rate.NewLimiter(pushesPerSecond, pushesAtOnce)
	guests := make(chan checkin.Guest)
	var count atomic.Int64
	var telling sync.WaitGroup
	for range offering {
		telling.Go(func() {
			for g := range guests {
				if p.offer(ctx, g) {
					count.Add(1)
				}
			}
		})
	}
	for _, g := range p.desk.Guests(0) {
		if g.Identity.Family != Family || !p.reaches(g) {
			continue // it is given something when it reports
		}
		// First the wait: nobody is given what it is then not told of.
		if pace.Wait(ctx) != nil {
			err = context.Cause(ctx)
			break
		}
		guests <- g
	}
	close(guests)
	telling.Wait()
	return int(count.Load()), err
}

// offer tells a device what the rules have for it; false if there is nothing.
func (p *Platform) offer(ctx context.Context, g checkin.Guest) bool {
	if ctx.Err() != nil {
		return false // its package could not be read any more, which says nothing of either
	}
	o := p.desk.Again(ctx, g.Address)
	if o == nil {
		return false
	}
	if err := p.push(g.Address, o); err != nil {
		p.log(Heard{At: time.Now(), Service: g.Service, Topic: topicUpgrade, Address: g.Address, Err: err})
		return false
	}
	return true
}

// reaches tells whether a device is connected.
func (p *Platform) reaches(g checkin.Guest) bool {
	key, name, ok := named(g.Address)
	p.mu.Lock()
	l := p.lines[g.Service]
	p.mu.Unlock()
	return ok && l != nil && l.reaches(key, name)
}

// push tells a device to upgrade. One that is not connected is told when it
// reports its version again.
func (p *Platform) push(at devices.Address, o *checkin.Order) error {
	key, name, ok := named(at)
	g, known := p.desk.Guest(at)
	if !ok || !known {
		return &devices.Error{Op: "aliyun: push", At: string(at), Kind: devices.Absent}
	}
	p.mu.Lock()
	l := p.lines[g.Service]
	p.mu.Unlock()
	if l == nil || !l.reaches(key, name) {
		return nil // it is not connected: it gets it when it next reports
	}
	if !o.Method.Fetched() && len(o.Files) != 1 || o.Method.Fetched() && len(o.Sources) != len(o.Package.Files) {
		return &devices.Error{Op: "aliyun: push", At: string(at), Kind: devices.Unsupported, Note: NoteSource, Args: []any{len(o.Package.Files), len(o.Sources)}}
	}
	payload, err := pushed(o, p.stream(o))
	if err != nil {
		return fmt.Errorf("aliyun: push %s: %w", at, err)
	}
	// It counts before it goes: the device's answer must not come between.
	if !o.Tell() {
		return nil // it was taken away in between
	}
	if err := l.publish(topicUpgrade+key+"/"+name, payload); err != nil {
		return &devices.Error{Op: "aliyun: push", At: string(at), Kind: devices.Lost, Err: err}
	}
	p.pushes.Add(1)
	return nil
}

// stream is the number under which the files of o can be fetched over MQTT.
func (p *Platform) stream(o *checkin.Order) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id, ok := p.byOrder[o]; ok {
		return id
	}
	p.next++
	id := p.next
	p.streams[id], p.byOrder[o] = o, id
	context.AfterFunc(o.Context(), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.streams, id)
		delete(p.byOrder, o)
	})
	return id
}

// progressed: a device says how far it is, or that it gave up.
func (p *Platform) progressed(at devices.Address, s said) {
	p.counters.progress.Add(1)
	step, ok := s.Params.Step.number()
	o := p.desk.Pending(at, plainModule(s.Params.Module))
	if o == nil && s.Params.Module == "" {
		o = p.desk.Only(at)
	}
	switch {
	case !ok || step < -100 || step > 100:
		p.garbage.Add(1)
	case step < 0 && p.desk.GaveUpOld(at, moduleSaid(o, s)):
		if o != nil { // now it has time for this one
			if err := p.push(at, o); err != nil {
				p.log(Heard{At: time.Now(), Topic: topicProgress, Address: at, Err: err})
			}
		}
	case o == nil: // it speaks of something that is over
	case step < 0:
		words := tidy(s.Params.Desc, 80)
		o.Fail(&devices.Error{
			Op: "aliyun: upgrade", At: string(at), Kind: kindOf(step), Code: step, HasCode: true, Detail: words,
			Note: NoteStep, Args: []any{step, words},
		}, checkin.Reason{Code: checkin.WhySaid, Args: []any{step, words}})
	default:
		o.Begin()
		o.Percent(step)
		if step == 100 {
			o.Delivered()
		}
	}
}

// moduleSaid is the module of which a device speaks that may not name it.
func moduleSaid(o *checkin.Order, s said) string {
	if o != nil {
		return o.Module
	}
	return plainModule(s.Params.Module)
}

// kindOf is what a step below zero means (docs/protocols/aliyun.md, progress).
func kindOf(step int) devices.Kind {
	if step == -3 {
		return devices.Integrity
	}
	return devices.Refused
}

// asked: a device asks whether there is something for one of its modules.
func (p *Platform) asked(l line, at devices.Address, key, name string, s said) {
	var data any = map[string]any{}
	module := plainModule(s.Params.Module)
	if o := p.desk.Pending(at, module); o != nil && p.desk.Decisive(at, module) == 0 && o.Tell() {
		data = describe(o, p.stream(o))
	}
	payload, err := reply(s.ID, data)
	if err == nil {
		err = l.publish(topicSys+key+"/"+name+afterGetReply, payload)
	}
	if err != nil {
		p.log(Heard{At: time.Now(), Service: l.name(), Topic: afterGetReply, Address: at, Err: err})
	}
}

// maxPiece bounds one piece over MQTT, in bytes; devices ask for 5120.
const maxPiece = 128 << 10

// handOut gives a device a piece of a file.
func (p *Platform) handOut(l line, key, name string, s said) {
	id := s.Params.Info.Stream
	p.mu.Lock()
	o := p.streams[uint32(max(0, min(id, 1<<32-1)))]
	p.mu.Unlock()
	offset, size := s.Params.Block.Offset, s.Params.Block.Size
	if o == nil || p.desk.Pending(address(key, name), o.Module) != o || offset < 0 || size <= 0 || size > maxPiece {
		p.garbage.Add(1)
		return
	}
	done, ok := o.Hold()
	if !ok {
		return
	}
	defer done()
	if len(o.Files) != 1 || offset >= o.Files[0].Size {
		p.garbage.Add(1)
		return
	}
	body := o.Files[0].Bytes()
	data := body[offset:min(offset+size, int64(len(body)))]
	payload, err := piece(s.ID, offset, int64(len(body)), data)
	o.Begin()
	o.Await()
	if o.Context().Err() != nil {
		return // it was taken away meanwhile
	}
	// It counts before it goes: neither a cancel nor the device's next words must come
	// between.
	if o.Handed(0, offset, offset+int64(len(data))) {
		o.Delivered()
	}
	if err == nil {
		err = l.publish(topicSys+key+"/"+name+afterPiecesReply, payload)
	}
	if err != nil {
		p.log(Heard{At: time.Now(), Service: l.name(), Topic: afterPiecesReply, Address: address(key, name), Err: err})
		return
	}
	p.pieces.Add(1)
	p.bytes.Add(int64(len(data)))
}
