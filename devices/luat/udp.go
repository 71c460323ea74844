package luat

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"fotabench/devices/checkin"
)

// Bounds of the UDP service.
const (
	// receiveBuffer holds what a thousand devices send at once; with the system's
	// own buffer they overflow it.
	receiveBuffer = 4 << 20
	// batch is how many datagrams are received and sent with one system call.
	batch = 64
	// waiting is how many questions may wait for the desk; whoever finds no room
	// asks again after 10 s.
	waiting = 4096
	// askers is how many questions are answered at once.
	askers = 4
	// turn and share: one device gets at most share packets in a turn, far more
	// than one that waits for each answer can ask for.
	turn  = 20 * time.Millisecond
	share = 2000
)

// UDPService answers Luat modules over UDP, in both forms (docs/protocols/luat.md,
// UDP). A package is in memory once, whoever fetches it; a packet costs a look into
// a table. What makes no sense costs nothing and is not answered.
type UDPService struct {
	counters
	desk *checkin.Desk
	log  func(Answered)
	conn *net.UDPConn
	io   batches
	asks chan question
	// firsts are requests for the first packet of an order that is not yet recorded.
	firsts chan first
	ctx    context.Context
	stop   context.CancelFunc
	done   sync.WaitGroup

	mu        sync.Mutex
	transfers map[uint32]*transfer
	byOrder   map[*checkin.Order]*transfer
	next      uint32
}

// batches are several datagrams in one system call, where the system has that.
type batches interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
}

// question is a device that asks whether there is something new.
type question struct {
	said map[string]string
	from *net.UDPAddr
}

// first is a request for a packet that waits for the record of its order.
type first struct {
	t    *transfer
	n    uint32 // of the packet
	from *net.UDPAddr
}

// transfer is one order that a device fetches. Only the goroutine that receives
// touches turn and taken.
type transfer struct {
	id    uint32
	order *checkin.Order
	body  []byte
	ip    net.IP
	turn  int64
	taken int
}

// ServeUDP serves on conn, which it then owns, until Close. log may be nil.
func ServeUDP(conn *net.UDPConn, desk *checkin.Desk, log func(Answered)) *UDPService {
	_ = conn.SetReadBuffer(receiveBuffer) // what the system grants must do
	_ = conn.SetWriteBuffer(receiveBuffer)
	s := &UDPService{
		desk: desk, log: log, conn: conn, asks: make(chan question, waiting), firsts: make(chan first, waiting),
		transfers: map[uint32]*transfer{}, byOrder: map[*checkin.Order]*transfer{}, next: firstID(),
	}
	s.io = ipv4.NewPacketConn(conn)
	if at, ok := conn.LocalAddr().(*net.UDPAddr); ok && at.IP.To4() == nil {
		s.io = ipv6.NewPacketConn(conn)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.done.Go(s.receive)
	s.done.Go(s.begin)
	for range askers {
		s.done.Go(s.decide)
	}
	return s
}

// Addr is where it listens.
func (s *UDPService) Addr() net.Addr { return s.conn.LocalAddr() }

// Counts are the counters so far.
func (s *UDPService) Counts() Counts {
	s.mu.Lock()
	s.open.Store(int64(len(s.transfers)))
	s.mu.Unlock()
	return s.counts()
}

// Close ends the service and waits for it.
func (s *UDPService) Close() error {
	s.stop()
	err := s.conn.Close()
	s.done.Wait()
	return err
}

// receive reads datagrams and answers those that ask for a packet.
func (s *UDPService) receive() {
	in, out := make([]ipv4.Message, batch), make([]ipv4.Message, batch)
	for i := range in {
		in[i].Buffers = [][]byte{make([]byte, maxQuery+1)}
		out[i].Buffers = [][]byte{make([]byte, 0, header+payload)}
	}
	for {
		n, err := s.io.ReadBatch(in, 0)
		if err != nil {
			if s.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			continue // an ICMP answer to an earlier packet: the next datagram is not worse for it
		}
		ready := s.answer(in[:n], out)
		for sent := 0; sent < ready; {
			k, err := s.io.WriteBatch(out[sent:ready], 0)
			if err != nil || k <= 0 {
				k = 1 // the first one cannot be sent; its device asks again
			}
			sent += k
		}
	}
}

// answer fills out with the answers to in, and returns how many there are.
func (s *UDPService) answer(in, out []ipv4.Message) int {
	ready := 0
	s.requests.Add(int64(len(in)))
	now := time.Now().UnixNano() / int64(turn)
	for i := range in {
		q, ok := parse(in[i].Buffers[0][:in[i].N])
		from, isUDP := in[i].Addr.(*net.UDPAddr)
		if !ok || !isUDP {
			s.garbage.Add(1)
			continue
		}
		if !q.get {
			select {
			case s.asks <- question{q.said, from}:
			default:
				s.dropped.Add(1)
			}
			continue
		}
		b := s.get(q, from, out[ready].Buffers[0], now)
		if b != nil {
			out[ready].Buffers[0], out[ready].Addr = b, from
			ready++
		}
	}
	return ready
}

// abort ends a transfer that is no longer this device's: it starts over.
var abort = []byte("ERR")

// get is the answer to one request for a packet, nil for none.
func (s *UDPService) get(q query, from *net.UDPAddr, b []byte, now int64) []byte {
	s.mu.Lock()
	t := s.transfers[q.id]
	mine := t != nil && t.ip.Equal(from.IP)
	s.mu.Unlock()
	if !mine {
		s.refused.Add(1)
		return append(b[:0], abort...)
	}
	if t.turn != now {
		t.turn, t.taken = now, 0
	}
	if t.taken++; t.taken > share {
		s.dropped.Add(1)
		return nil
	}
	if !hasPacket(t.body, q.n) { // nothing begins with what is none
		s.garbage.Add(1)
		return nil
	}
	if !t.order.Recorded() {
		t.order.Begin()
		select {
		case s.firsts <- first{t, q.n, from}:
		default:
			s.dropped.Add(1) // it asks again
		}
		return nil
	}
	return s.piece(t, q.n, b)
}

// begin answers those whose order is recorded now. All of them wait for the same few writes,
// so one after another waits no longer than the last.
func (s *UDPService) begin() {
	b := make([]byte, 0, header+payload)
	for {
		select {
		case f := <-s.firsts:
			f.t.order.Await()
			_, _ = s.conn.WriteToUDP(s.piece(f.t, f.n, b), f.from) // lost like any datagram: it asks again
		case <-s.ctx.Done():
			return
		}
	}
}

// piece is packet n of a transfer, which has that.
func (s *UDPService) piece(t *transfer, n uint32, b []byte) []byte {
	done, ok := t.order.Hold()
	if !ok {
		s.remove(t)
		s.refused.Add(1)
		return append(b[:0], abort...)
	}
	defer done()
	b = packet(b, t.body, n)
	if n == 1 {
		t.order.Begin()
	}
	at := int64(n-1) * payload
	if t.order.Handed(0, at, at+int64(len(b)-header)) {
		t.order.Delivered() // should this packet be lost, the device asks for it again
	}
	s.answered.Add(1)
	s.bytes.Add(int64(len(b) - header))
	return b
}

// decide answers devices that ask whether there is something new.
func (s *UDPService) decide() {
	for {
		select {
		case q := <-s.asks:
			b, a := s.reply(q)
			_, _ = s.conn.WriteToUDP(b, q.from) // lost like any datagram: it asks again
			if s.log != nil {
				a.At, a.Service, a.From = time.Now(), ServiceUDP, q.from.String()
				s.log(a)
			}
		case <-s.ctx.Done():
			return
		}
	}
}

// What the published server says when there is nothing.
const (
	sayNothing = "no upgrade"
	sayVersion = "version error"
	sayDevice  = "imei range error"
)

// reply decides what a device is given.
func (s *UDPService) reply(q question) ([]byte, Answered) {
	a, bad := arrival(q.said, ServiceUDP, q.from.String())
	switch bad {
	case fine:
	case badFirmware:
		s.garbage.Add(1)
		return []byte(sayVersion), Answered{Code: int(bad)}
	default:
		s.garbage.Add(1)
		return []byte(sayDevice), Answered{Code: int(bad)}
	}
	// update.lua of the 2G modules, the one client of this protocol, does not ask again once it
	// has stored a whole package, in either mode, until it has restarted, which unpacks it.
	a.Restarted = true
	o, why := s.desk.Arrive(s.ctx, a)
	if o == nil {
		s.refused.Add(1)
		return []byte(sayNothing), Answered{Address: a.Address, Code: int(codeOf(why)), Why: why}
	}
	t := s.admit(o, q.from)
	if t == nil {
		s.refused.Add(1)
		return []byte(sayNothing), Answered{Address: a.Address, Code: int(notAllowed), Why: why}
	}
	return offer(t.id, len(t.body)), Answered{Address: a.Address, Why: why}
}

// admit makes o a transfer to from, or finds it.
func (s *UDPService) admit(o *checkin.Order, from *net.UDPAddr) *transfer {
	done, ok := o.Hold()
	if !ok {
		return nil
	}
	defer done()
	if len(o.Files) != 1 || len(o.Files[0].Bytes()) > maxUDP {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.byOrder[o]
	if t == nil {
		s.next++
		t = &transfer{id: s.next & maxID, order: o, body: o.Files[0].Bytes()}
		s.transfers[t.id], s.byOrder[o] = t, t
		context.AfterFunc(o.Context(), func() { s.remove(t) })
	}
	t.ip = from.IP
	return t
}

func (s *UDPService) remove(t *transfer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.transfers, t.id)
	delete(s.byOrder, t.order)
}
