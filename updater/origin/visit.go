package origin

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// visit is one connection to a Host; kept is true once it sent a request, which is
// counted by itself if it is a stranger's.
type visit struct {
	conn net.Conn
	kept atomic.Bool
}

// cut ends the connection: a reset, so that the device does not go on reading what
// the system still holds for it.
func (v *visit) cut() { reset(v.conn) }

// reset closes a connection and drops what is on its way.
func reset(conn net.Conn) {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = over.NetConn() // closing TLS would wait for the other side
	}
	if tcp, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0) // else the rest goes out before the end is seen
	}
	_ = conn.Close()
}

type visitKey struct{}

func (h *Host) connContext(ctx context.Context, conn net.Conn) context.Context {
	v := &visit{conn: conn}
	h.visiting.Lock()
	h.visits[conn] = v
	h.visiting.Unlock()
	return context.WithValue(ctx, visitKey{}, v)
}

// connState bounds the number of connections and counts those without purpose.
func (h *Host) connState(conn net.Conn, state http.ConnState) {
	h.visiting.Lock()
	defer h.visiting.Unlock()
	switch state {
	case http.StateNew:
		if len(h.visits) > h.config.MaxConns {
			h.traffic.strangers.Add(1)
			delete(h.visits, conn)
			reset(conn)
		}
	case http.StateClosed, http.StateHijacked:
		if v := h.visits[conn]; v != nil && !v.kept.Load() {
			h.traffic.strangers.Add(1)
		}
		delete(h.visits, conn)
	}
}

// ServeHTTP implements http.Handler for the host's own server.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	v := h.enter(r)
	defer h.running.Done()
	status, sent, err := h.serve(w, r, v)
	if h.config.Access != nil {
		h.config.Access(Access{
			At: begun, Took: time.Since(begun), Remote: remote(r.RemoteAddr), Protocol: h.scheme,
			Method: oneLine(r.Method, longestMethod), Path: maskPath(r.URL.Path),
			Range: oneLine(r.Header.Get("Range"), longestRange), Status: status, Bytes: sent, Cut: err != nil,
		})
	}
	if err != nil {
		// The length was promised; only a broken connection tells that it is
		// not kept.
		panic(http.ErrAbortHandler)
	}
}

// enter makes Close wait for this request, unless Close came first, and remembers
// that the connection brought one.
func (h *Host) enter(r *http.Request) *visit {
	h.mu.RLock()
	defer h.mu.RUnlock()
	v, ok := r.Context().Value(visitKey{}).(*visit)
	if h.closing || !ok {
		panic(http.ErrAbortHandler)
	}
	h.running.Add(1)
	h.traffic.requests.Add(1)
	v.kept.Store(true)
	return v
}

// serve answers one request and tells what came of it.
func (h *Host) serve(w http.ResponseWriter, r *http.Request, v *visit) (status int, sent int64, err error) {
	h.mu.RLock()
	there := h.byPath[r.URL.Path]
	h.mu.RUnlock()
	if there.share == nil || !there.share.admit(v) {
		return h.turnAway(w, http.StatusNotFound), 0, nil
	}
	defer there.share.left(v)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return h.turnAway(w, http.StatusMethodNotAllowed), 0, nil
	}
	want := there.file.head(w, r, h.say)
	if r.Method == http.MethodHead {
		return want.status, 0, nil
	}
	sent, err = there.file.hand(h.outlet(w, v, want), want.first, want.end)
	return want.status, sent, err
}

// outlet is how the bytes of one answer leave.
func (h *Host) outlet(w http.ResponseWriter, v *visit, want portion) outlet {
	control := http.NewResponseController(w)
	out := outlet{to: w, deadline: control.SetWriteDeadline, flush: control.Flush, note: h.traffic.sent}
	if b, ok := v.conn.(*bundle); ok && want.first < want.end {
		b.hold()
		out.patient, out.flush = true, func() error {
			if err := control.Flush(); err != nil {
				return err
			}
			return b.release()
		}
	}
	return out
}

// turnAway answers a request for what is not ours; it returns the status.
func (h *Host) turnAway(w http.ResponseWriter, status int) int {
	h.traffic.strangers.Add(1)
	w.Header().Set("Content-Length", "0")
	w.Header().Set("Connection", "close")
	w.WriteHeader(status)
	return status
}
