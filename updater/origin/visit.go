package origin

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// visit is one connection to a Host. A goroutine of its own reads its requests and
// answers them, one after the other.
type visit struct {
	host *Host
	// conn is what is cut; bytes go through line, which is the same without TLS.
	conn, line net.Conn
	remote     netip.AddrPort
	in         inlet
	out        outlet
	// last went out, and may not have arrived yet.
	last sending
	// text is the last head that was sent.
	text []byte
	// kept is true once there was a request, which is counted by itself if it is a
	// stranger's.
	kept bool
}

func newVisit(h *Host, conn net.Conn) *visit {
	v := &visit{host: h, conn: conn, line: conn, remote: remote(conn.RemoteAddr().String())}
	shows := h.shows.Load()
	if shows != nil {
		v.line = tls.Server(conn, shows.config)
	}
	v.in = inlet{conn: v.line, header: h.config.header}
	v.out = outlet{conn: v.line, patient: shows == nil, period: slowWrite}
	return v
}

// cut ends the connection: a reset, so that the device does not go on reading what
// the system still holds for it.
func (v *visit) cut() { reset(v.conn) }

// reset closes a connection and drops what is on its way.
func reset(conn net.Conn) {
	if tcp, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0) // else the rest goes out before the end is seen
	}
	_ = conn.Close()
}

// run blocks until the connection is closed.
func (v *visit) run() {
	defer func() { _ = v.line.Close() }() // whatever it says, it is over
	if v.agree() {
		for v.answerNext() {
		}
	}
	if !v.kept {
		v.host.traffic.strangers.Add(1)
	}
}

// agree is the TLS handshake, where there is TLS.
func (v *visit) agree() bool {
	secure, ok := v.line.(*tls.Conn)
	if !ok {
		return true
	}
	if v.conn.SetDeadline(time.Now().Add(v.host.config.header)) != nil {
		return false
	}
	err := secure.HandshakeContext(context.Background()) // the deadline or a cut ends it
	if other, ok := errors.AsType[tls.RecordHeaderError](err); ok && other.Conn != nil && kindOf[other.RecordHeader[0]]&inToken != 0 {
		// It asks in plain HTTP: it shall know that there is somebody.
		_, _ = v.conn.Write(v.refusal(&requestHead{old: true}, http.StatusBadRequest))
	}
	return err == nil
}

// answerNext waits for a request and answers it; false if the connection is over.
func (v *visit) answerNext() bool {
	asked, status, err := v.in.next()
	v.learn(err)
	if err != nil {
		return false
	}
	v.kept = true
	v.host.traffic.requests.Add(1)
	begun := time.Now()
	there, fault := v.host.find(&asked)
	if status = cmp.Or(status, fault); status == 0 && !there.share.admit(v) {
		status = http.StatusNotFound
	}
	if status != 0 {
		v.host.traffic.strangers.Add(1)
		_, err := v.out.send(begun, v.refusal(&asked, status), nil)
		v.log(&asked, Access{At: begun, Path: there.masked, Status: status})
		if err == nil {
			v.part()
		}
		return false
	}
	done := v.serve(&asked, begun, there)
	there.share.left(v)
	v.log(&asked, done)
	switch {
	case done.Cut:
		// The length was promised; only a broken connection tells that it is not
		// kept.
		v.cut()
	case asked.last():
		v.leave()
	default:
		return true
	}
	return false
}

// part ends our side, and lets the other one finish what it is sending: closing at
// once would take our answer away from it. What asked for it is gone then.
func (v *visit) part() {
	if half, ok := v.line.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = v.in.drop() // it is over, whatever came
	}
}

// log tells of one request, if somebody wants to know and it was one.
func (v *visit) log(asked *requestHead, a Access) {
	if v.host.config.Access == nil || len(asked.method) == 0 {
		return
	}
	a.Took, a.Remote, a.Protocol = time.Since(a.At), v.remote, v.host.scheme
	a.Method = oneLine(string(asked.method), longestMethod)
	a.Range = oneLine(string(asked.span), longestRange)
	v.host.config.Access(a)
}
