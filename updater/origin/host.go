package origin

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Bounds for whoever connects to our host. A module may be slow, but one write
// of writeSize in slowWrite is 273 bytes/s, slower than any module's bearer.
const (
	slowHeader = 15 * time.Second
	slowWrite  = time.Minute
	slowIdle   = 2 * time.Minute
	writeSize  = 16 << 10
	maxConns   = 64
	maxRequest = 8 << 10 // bytes of header
)

// Host serves the files of one job on an address of this computer: plain
// HTTP/1.1 with a fixed length, ranges and the SHA-256 as ETag, under paths that
// nobody can guess. Every byte it hands out is one that was proved.
type Host struct {
	listener net.Listener
	server   *http.Server
	urls     []string
	byPath   map[string]*served
	files    []*served
	running  sync.WaitGroup
	quit     chan struct{}
	close    sync.Once
	closeErr error

	mu        sync.Mutex
	closing   bool
	visits    map[net.Conn]*visit
	strangers int64
}

// visit is one connection; kept is true once it sent a request, which is counted
// by itself if it is a stranger's.
type visit struct{ kept bool }

// Count is what was handed out of one file.
type Count struct {
	// Distinct is how many different bytes of the file went out: the file's size
	// means that all of it was fetched at least once.
	Distinct int64
	// Handed is the sum, in bytes, repetitions included.
	Handed int64
	// Requests is how many requests for the file came.
	Requests int64
}

// Serve reads each file once, to prove that it is what the package says, and
// then serves them at listen ("address:port", port 0 picks one) until Close or
// until ctx ends. Errors: Busy, Denied, Absent (of the address, or of a file),
// Integrity (a file changed since the package was opened).
func Serve(ctx context.Context, listen string, files []packages.File) (*Host, error) {
	h := &Host{byPath: map[string]*served{}, visits: map[net.Conn]*visit{}, quit: make(chan struct{})}
	for _, f := range files {
		one, err := admit(ctx, f)
		if err != nil {
			return nil, errors.Join(err, h.release())
		}
		h.files = append(h.files, one)
	}
	listener, err := bind(ctx, listen)
	if err != nil {
		return nil, errors.Join(err, h.release())
	}
	h.listener = listener
	base := "http://" + shown(listener.Addr())
	for _, f := range h.files {
		where := "/" + unguessable() + "/" + plain(f.want.Name)
		h.byPath[where] = f
		h.urls = append(h.urls, base+where)
	}
	h.start(ctx)
	return h, nil
}

func (h *Host) start(ctx context.Context) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	h.server = &http.Server{
		Handler:           h,
		ReadHeaderTimeout: slowHeader,
		ReadTimeout:       slowHeader,
		IdleTimeout:       slowIdle,
		MaxHeaderBytes:    maxRequest,
		Protocols:         protocols,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState:         h.connState,
		ConnContext:       h.connContext,
		// OPTIONS * would be answered by net/http itself.
		DisableGeneralOptionsHandler: true,
	}
	h.running.Go(func() { _ = h.server.Serve(h.listener) }) // always ErrServerClosed
	h.running.Go(func() {
		select {
		case <-ctx.Done():
			_ = h.server.Close()
		case <-h.quit:
		}
	})
}

// URLs has one URL per file, in order. They hold no credentials but the path.
func (h *Host) URLs() []string { return append([]string(nil), h.urls...) }

// Served is how many different bytes of file i were handed out so far.
func (h *Host) Served(i int) int64 { return h.Count(i).Distinct }

// Count is what was handed out of file i so far.
func (h *Host) Count(i int) Count { return h.files[i].count() }

// Strangers counts requests for what is not ours, and connections that never
// asked for anything: on a public address somebody will knock.
func (h *Host) Strangers() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.strangers
}

// Err tells of a file that changed on the disk while it was served; the bytes
// that changed were not handed out.
func (h *Host) Err() error {
	for _, f := range h.files {
		if err := f.changed(); err != nil {
			return err
		}
	}
	return nil
}

// Close ends all connections, waits until nobody works any more, and closes the
// files. It may be called more than once.
func (h *Host) Close() error {
	h.close.Do(func() {
		h.mu.Lock()
		h.closing = true
		h.mu.Unlock()
		close(h.quit)
		err := h.server.Close()
		h.running.Wait()
		h.closeErr = errors.Join(err, h.release())
	})
	return h.closeErr
}

func (h *Host) release() error {
	var all []error
	for _, f := range h.files {
		all = append(all, f.close())
	}
	return errors.Join(all...)
}

// connState bounds the number of connections and counts those without purpose.
func (h *Host) connState(conn net.Conn, state http.ConnState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch state {
	case http.StateNew:
		if len(h.visits) > maxConns {
			h.strangers++
			delete(h.visits, conn)
			_ = conn.Close()
		}
	case http.StateClosed, http.StateHijacked:
		if v := h.visits[conn]; v != nil && !v.kept {
			h.strangers++
		}
		delete(h.visits, conn)
	}
}

type visitKey struct{}

func (h *Host) connContext(ctx context.Context, conn net.Conn) context.Context {
	v := new(visit)
	h.mu.Lock()
	h.visits[conn] = v
	h.mu.Unlock()
	return context.WithValue(ctx, visitKey{}, v)
}

// keep remembers that a connection brought a request.
func (h *Host) keep(ctx context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		v.kept = true
	}
}

// ServeHTTP implements http.Handler.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.enter()
	defer h.running.Done()
	h.keep(r.Context())
	f := h.byPath[r.URL.Path]
	switch {
	case f == nil:
		h.turnAway(w, http.StatusNotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		h.turnAway(w, http.StatusMethodNotAllowed)
	default:
		f.answer(w, r)
	}
}

// enter makes Close wait for this request, unless Close came first.
func (h *Host) enter() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		panic(http.ErrAbortHandler)
	}
	h.running.Add(1)
}

func (h *Host) turnAway(w http.ResponseWriter, status int) {
	h.mu.Lock()
	h.strangers++
	h.mu.Unlock()
	w.Header().Set("Content-Length", "0")
	w.Header().Set("Connection", "close")
	w.WriteHeader(status)
}

// bind opens the address that the person picked.
func bind(ctx context.Context, listen string) (net.Listener, error) {
	fail := func(kind devices.Kind, note devices.Code, err error) error {
		return &devices.Error{Op: "origin: listen", At: listen, Kind: kind, Note: note, Args: []any{listen}, Err: err}
	}
	host, port, err := net.SplitHostPort(listen)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n > 65535 {
		return nil, fail(devices.Unsupported, NoteListen, nil)
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" && host != "" {
		return nil, fail(devices.Unsupported, NoteListen, nil)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err == nil {
		return listener, nil
	}
	if ctx.Err() != nil {
		return nil, fail(devices.Lost, NoteListenFailed, context.Cause(ctx))
	}
	switch takenOrLow(err) {
	case devices.Busy:
		return nil, fail(devices.Busy, NoteListenTaken, err)
	case devices.Denied:
		return nil, fail(devices.Denied, NoteListenLow, err)
	case devices.Absent:
		return nil, fail(devices.Absent, NoteListenNowhere, err)
	}
	return nil, fail(devices.Absent, NoteListenFailed, err)
}

// shown is the address as a module has to use it. Listening everywhere is shown
// as the address with the widest reach.
func shown(addr net.Addr) string {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return addr.String()
	}
	ip := at.Addr().Unmap()
	if all := Addresses(); ip.IsUnspecified() && len(all) > 0 {
		ip = all[0].IP
	}
	return netip.AddrPortFrom(ip, at.Port()).String()
}

// unguessable is a path element of 128 random bits.
func unguessable() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand
	return hex.EncodeToString(b[:])
}

// longestName keeps a URL far below the 255 bytes that some modules take.
const longestName = 64

// plain makes a file name of letters, digits, '.', '-' and '_' that ends like
// the original, since modules look at the suffix.
func plain(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || alphanumeric(r) {
			return r
		}
		return '_'
	}, name)
	suffix := path.Ext(safe)
	stem := strings.TrimLeft(strings.TrimSuffix(safe, suffix), "._-")
	if len(suffix) > longestName/2 {
		suffix = ""
	}
	if !strings.ContainsFunc(stem, alphanumeric) {
		stem = "package"
	}
	return stem[:min(len(stem), longestName-len(suffix))] + strings.TrimRight(suffix, ".")
}

func alphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
