package luat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fotabench/devices"
	"fotabench/devices/checkin"
)

// Bounds for whoever connects.
const (
	slowHeader = 15 * time.Second
	slowWrite  = time.Minute // for one piece
	slowIdle   = time.Minute
	maxHeader  = 8 << 10 // bytes, with the query
	maxConns   = 4096
	piece      = 16 << 10 // bytes
	// sendBuffer keeps what is counted as handed out close to what the device has.
	sendBuffer = 64 << 10
)

// Counts are a service's counters.
type Counts struct {
	// Requests came; Answered were given (a part of) a package, Refused were told
	// no, Garbage made no sense and Dropped were too many.
	Requests, Answered, Refused, Garbage, Dropped int64
	// Bytes of packages went out.
	Bytes int64
	// Open connections, or transfers, are under way.
	Open int64
}

type counters struct {
	requests, answered, refused, garbage, dropped, bytes, open atomic.Int64
}

func (c *counters) counts() Counts {
	return Counts{
		Requests: c.requests.Load(), Answered: c.answered.Load(), Refused: c.refused.Load(),
		Garbage: c.garbage.Load(), Dropped: c.dropped.Load(), Bytes: c.bytes.Load(), Open: c.open.Load(),
	}
}

// Answered tells what one question came to, for the log.
type Answered struct {
	At            time.Time
	Service, From string
	Address       devices.Address
	// Status is the HTTP status, 0 for UDP; Code the platform's, 0 if given.
	Status, Code int
	Why          checkin.Reason
}

// HTTPService answers the update check of Luat modules on any path
// (docs/protocols/luat.md, HTTP): 200 or 206 with the package, 302 to another
// origin, 403 or 404 with the reason. Every answer has its length, none is chunked.
type HTTPService struct {
	counters
	desk     *checkin.Desk
	log      func(Answered)
	listener net.Listener
	server   *http.Server
	running  sync.WaitGroup

	mu      sync.Mutex
	closing bool
}

// ServeHTTP serves on listener, which it then owns, until Close. log may be nil.
func ServeHTTP(listener net.Listener, desk *checkin.Desk, log func(Answered)) *HTTPService {
	s := &HTTPService{desk: desk, log: log, listener: listener}
	s.start()
	return s
}

func (s *HTTPService) start() {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s.server = &http.Server{
		Handler: http.HandlerFunc(s.handle), ReadHeaderTimeout: slowHeader, ReadTimeout: slowHeader, IdleTimeout: slowIdle,
		MaxHeaderBytes: maxHeader, Protocols: protocols, ErrorLog: log.New(io.Discard, "", 0),
		ConnState: s.connState, DisableGeneralOptionsHandler: true,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	s.running.Go(func() { _ = s.server.Serve(watchedListener{s.listener}) }) // always ErrServerClosed
}

// Addr is where it listens.
func (s *HTTPService) Addr() net.Addr { return s.listener.Addr() }

// Counts are the counters so far.
func (s *HTTPService) Counts() Counts { return s.counts() }

// Close ends all connections and waits for them.
func (s *HTTPService) Close() error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	err := s.server.Close()
	s.running.Wait()
	return err
}

// connState counts connections and turns away the ones that are too many.
func (s *HTTPService) connState(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if s.open.Add(1) > maxConns {
			s.dropped.Add(1)
			_ = conn.Close()
		}
	case http.StateClosed, http.StateHijacked:
		s.open.Add(-1)
	}
}

// handle answers one question.
func (s *HTTPService) handle(w http.ResponseWriter, r *http.Request) {
	s.enter()
	defer s.running.Done()
	s.requests.Add(1)
	said, ok := parameters(r.URL.RawQuery)
	if r.Method != http.MethodGet && r.Method != http.MethodHead || !ok {
		s.garbage.Add(1)
		s.refuse(w, r, http.StatusNotFound, badFirmware, devices.Address(""), checkin.Reason{})
		return
	}
	a, bad := arrival(said, ServiceHTTP, r.RemoteAddr)
	if bad != fine {
		s.garbage.Add(1)
		s.refuse(w, r, http.StatusForbidden, bad, "", checkin.Reason{})
		return
	}
	first, ranged, fits := begin(r.Header.Get("Range"))
	a.Continues = first > 0
	a.Simulated = r.Header.Get("X-Simulator") != ""
	o, why := s.desk.Arrive(r.Context(), a)
	switch {
	case o == nil:
		s.no(w, r, a.Address, why)
	case !fits:
		s.refuse(w, r, http.StatusRequestedRangeNotSatisfiable, badFirmware, a.Address, why)
	case len(o.Sources) > 0:
		s.redirect(w, r, o, a.Address, why)
	default:
		s.send(w, r, o, first, ranged, a.Address, why)
	}
}

// enter makes Close wait for this question, unless Close came first.
func (s *HTTPService) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		panic(http.ErrAbortHandler)
	}
	s.running.Add(1)
}

// parameters reads a query; a parameter that comes twice, or more of them than
// any module sends, makes no sense.
func parameters(query string) (map[string]string, bool) {
	values, err := url.ParseQuery(query)
	if err != nil || len(values) > 32 {
		return nil, false
	}
	said := make(map[string]string, len(values))
	for key, list := range values {
		if len(list) != 1 {
			return nil, false
		}
		said[key] = strings.TrimSpace(list[0])
	}
	return said, true
}

// begin reads the one form of Range that modules send, "bytes=<have>-".
func begin(header string) (first int64, ranged, ok bool) {
	if header == "" {
		return 0, false, true
	}
	from, isBytes := strings.CutPrefix(header, "bytes=")
	from, last, isRange := strings.Cut(strings.TrimSpace(from), "-")
	if !isBytes || !isRange || last != "" {
		return 0, false, true // RFC 9110, 14.2: what is not understood is ignored
	}
	first, err := strconv.ParseInt(from, 10, 64)
	if err != nil || first < 0 {
		return 0, false, false
	}
	return first, true, true
}

// no tells a device that there is nothing for it.
func (s *HTTPService) no(w http.ResponseWriter, r *http.Request, at devices.Address, why checkin.Reason) {
	code := codeOf(why)
	status := http.StatusForbidden
	if code == newest {
		status = http.StatusNotFound
	}
	s.refuse(w, r, status, code, at, why)
}

// refuse answers with the platform's own kind of body, at most 200 bytes.
func (s *HTTPService) refuse(w http.ResponseWriter, r *http.Request, status int, code wrong, at devices.Address, why checkin.Reason) {
	s.refused.Add(1)
	body := fmt.Sprintf(`{"code":%d,"msg":%q}`, code, code.text())
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, body) // a device that hung up does not need it
	}
	s.tell(r, status, code, at, why)
}

// redirect sends the device to another origin.
func (s *HTTPService) redirect(w http.ResponseWriter, r *http.Request, o *checkin.Order, at devices.Address, why checkin.Reason) {
	if r.Method != http.MethodHead && !o.Tell() {
		s.no(w, r, at, checkin.Reason{Code: checkin.WhyNothing}) // it was taken away in between
		return
	}
	h := w.Header()
	h.Set("Location", o.Sources[0].URL)
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusFound)
	s.answered.Add(1)
	if r.Method != http.MethodHead {
		o.Begin()
		if o.Sources[0].Served == nil {
			o.Away()
		}
	}
	s.tell(r, http.StatusFound, fine, at, why)
}

// errCut ends an answer whose package was withdrawn.
var errCut = errors.New("luat: the package was withdrawn")

// send answers with the package from byte first on.
func (s *HTTPService) send(w http.ResponseWriter, r *http.Request, o *checkin.Order, first int64, ranged bool, at devices.Address, why checkin.Reason) {
	done, ok := o.Hold()
	if !ok {
		s.no(w, r, at, why)
		return
	}
	defer done()
	body := o.Files[0].Bytes()
	size := int64(len(body))
	if first >= size {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		s.refuse(w, r, http.StatusRequestedRangeNotSatisfiable, badFirmware, at, why)
		return
	}
	if r.Method != http.MethodHead && !o.Has(0, first) {
		// It has the beginning of something else: it must start over.
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		s.refuse(w, r, http.StatusRequestedRangeNotSatisfiable, badFirmware, at, why)
		return
	}
	status := http.StatusOK
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.FormatInt(size-first, 10))
	h.Set("Accept-Ranges", "bytes")
	if ranged && first > 0 {
		// From the beginning it is 200: some modules insist on that.
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, size-1, size))
		status = http.StatusPartialContent
	}
	if r.Method != http.MethodHead {
		o.Begin()
		o.Await()
	}
	w.WriteHeader(status)
	s.answered.Add(1)
	s.tell(r, status, fine, at, why)
	if r.Method == http.MethodHead {
		return
	}
	all, err := s.copy(o.Context(), w, o, body, first)
	if err != nil {
		// The length was promised; only a broken connection tells that it is not
		// kept.
		panic(http.ErrAbortHandler)
	}
	if all {
		s.arrived(r, o)
	}
}

// copy writes the package piece by piece, until it is withdrawn.
func (s *HTTPService) copy(ctx context.Context, w http.ResponseWriter, o *checkin.Order, body []byte, first int64) (all bool, err error) {
	control := http.NewResponseController(w)
	stop := context.AfterFunc(ctx, func() { _ = control.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	for first < int64(len(body)) {
		if ctx.Err() != nil {
			return false, errCut
		}
		if err := control.SetWriteDeadline(time.Now().Add(slowWrite)); err != nil {
			return false, err
		}
		n, err := w.Write(body[first:min(first+piece, int64(len(body)))])
		if err == nil {
			err = control.Flush()
		}
		if err != nil {
			return false, err
		}
		s.bytes.Add(int64(n))
		all = o.Handed(0, first, first+int64(n))
		first += int64(n)
	}
	return all, nil
}

// tell logs an answer.
func (s *HTTPService) tell(r *http.Request, status int, code wrong, at devices.Address, why checkin.Reason) {
	if s.log != nil {
		s.log(Answered{
			At: time.Now(), Service: ServiceHTTP, From: r.RemoteAddr, Address: at,
			Status: status, Code: int(code), Why: why,
		})
	}
}
