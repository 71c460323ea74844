package luatmodule

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The datagram protocol (docs/protocols/luat.md, UDP).
const (
	datagramTries = 5
	maxPackets    = 65535
	packetIndex   = 2
	packetBody    = 1022
)

// An offer begins with LUAUPDATE, the update's id, the number of packets and the
// length of the last one's body. Any text may follow, and in it a date.
var (
	offerText = regexp.MustCompile(`^LUAUPDATE,([^,]*),(\d{1,9}),(\d{1,9})`)
	dateText  = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)
)

// offer is what the server has for the module.
type offer struct {
	id          string
	count, last int
	clock       string
}

// readOffer reads an answer to a check. There is no offer in a text that does
// not begin with LUAUPDATE; one that cannot be taken is an error.
func readOffer(p []byte) (offer, bool, error) {
	found := offerText.FindSubmatch(p)
	if found == nil {
		return offer{}, false, nil
	}
	var o offer
	o.id = string(found[1])
	o.count, _ = strconv.Atoi(string(found[2])) // nine digits are a number
	o.last, _ = strconv.Atoi(string(found[3]))
	o.clock = string(dateText.Find(p))
	if o.count < 1 || o.count > maxPackets || o.last < 1 || o.last > packetBody {
		return o, true, fmt.Errorf("luatmodule: %d packets with %d bytes in the last cannot be", o.count, o.last)
	}
	return o, true, nil
}

// length is that of packet n with its index.
func (o *offer) length(n int) int {
	if n == o.count {
		return packetIndex + o.last
	}
	return packetIndex + packetBody
}

func (o *offer) size() int64 {
	return int64(o.count-1)*packetBody + int64(o.last)
}

var (
	errUnanswered = errors.New("luatmodule: no answer")
	errAbort      = errors.New("luatmodule: the server broke off")
)

// overUDP does a check and the download that it leads to, over a socket of its
// own as long as they last.
func (m *Module) overUDP(ctx context.Context) (Outcome, error) {
	outcome, err := m.datagrams(ctx)
	switch {
	case err == nil:
		return outcome, nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.Is(err, errRestart):
		return "", err
	}
	m.heard(err.Error())
	if errors.Is(err, errAbort) {
		return Aborted, nil
	}
	return GaveUp, nil
}

// datagrams is overUDP on one socket.
func (m *Module) datagrams(ctx context.Context) (Outcome, error) {
	a, hangUp, err := m.tune(ctx)
	if err != nil {
		return "", err
	}
	defer func() { hangUp() }()
	answer, err := m.exchange(ctx, a, m.check(), func([]byte) (bool, error) { return true, nil })
	if err != nil {
		return "", err
	}
	m.heard(string(answer))
	o, offered, err := readOffer(answer)
	m.note(func(s *State) { s.Clock = o.clock })
	switch {
	case !offered:
		return None, nil
	case err != nil:
		return Rejected, nil
	}
	m.announced(o.size())
	before := m.before()
	request := make([]byte, 0, len(before)+len(o.id)+16)
	for n := 1; n <= o.count; n++ {
		request = append(append(request[:0], before...), "Get"...)
		request = append(append(strconv.AppendInt(request, int64(n), 10), ','), o.id...)
		p, err := m.exchange(ctx, a, request, o.judge(n))
		if err == nil {
			err = m.take(ctx, p[packetIndex:])
		}
		if errors.Is(err, errCut) {
			hangUp()
			a, hangUp, err = m.tune(ctx)
		}
		if err != nil {
			return "", err
		}
	}
	return Installed, nil
}

// tune opens a socket; what it returns closes it and must be called. The socket
// is also closed when ctx ends, so that nothing waits for its deadline.
func (m *Module) tune(ctx context.Context) (*air, func(), error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", m.options.Server)
	if err != nil {
		return nil, func() {}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	hangUp := func() {
		stop()
		_ = conn.Close()
	}
	return &air{conn: conn, random: m.random, orders: &m.orders}, hangUp, nil
}

// exchange sends the request until accept says yes to an answer or ends it with
// an error: 5 times, each time until nothing has come for 10 s. An answer that
// accept says no to starts these 10 s again and does nothing else.
func (m *Module) exchange(ctx context.Context, a *air, request []byte, accept func([]byte) (bool, error)) ([]byte, error) {
	patience := m.options.Pace.of(datagramTimer)
	for try := range datagramTries {
		if try > 0 {
			m.retried()
		}
		a.up(request)
		for {
			p, err := a.down(ctx, time.Now().Add(patience))
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return nil, err
			}
			if yes, err := accept(p); yes || err != nil {
				return p, err
			}
		}
	}
	return nil, errUnanswered
}

// judge accepts packet n and no other, and breaks off at the text ERR.
func (o *offer) judge(n int) func([]byte) (bool, error) {
	length := o.length(n)
	return func(p []byte) (bool, error) {
		switch {
		case len(p) == length && int(binary.BigEndian.Uint16(p)) == n:
			return true, nil
		case bytes.HasPrefix(p, []byte("ERR")):
			return false, errAbort
		}
		return false, nil
	}
}

// firmware is PROJECT_core.
func (m *Module) firmware() string { return m.options.Project + "_" + m.options.Core }

// check asks for an update.
func (m *Module) check() []byte {
	o := &m.options
	if o.Dialect == UDPHosted {
		return []byte(strings.TrimSuffix(m.before(), ","))
	}
	return []byte(o.IMEI + "," + m.firmware() + "," + m.Version())
}

// before is what a request for a packet begins with.
func (m *Module) before() string {
	o := &m.options
	if o.Dialect != UDPHosted {
		return ""
	}
	return strings.Join([]string{"0", o.ProjectKey, o.IMEI, o.Serial, m.firmware(), m.Version()}, ",") + ","
}
