package origin

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Bounds for whoever connects to a host, HTTP or FTP.
const (
	slowHeader = 15 * time.Second
	slowIdle   = 2 * time.Minute
	maxRequest = 8 << 10 // bytes of header
	// manyConns is the number of connections of a bench with a few thousand
	// devices; each costs about 20 kB.
	manyConns = 4096
)

// HostConfig says how to open a Host.
type HostConfig struct {
	// Listen is "address:port" of this computer, port 0 picks one; no address
	// means all.
	Listen string
	// TLS makes it an HTTPS host; nil is plain HTTP.
	TLS *TLSHost
	// Contents is where the bytes come from, so that several hosts share one copy;
	// nil makes one for this host.
	Contents *packages.Contents
	// Access, if not nil, hears of every request when it ended. It is called from
	// many goroutines at once, and the next request of that connection waits for
	// it.
	Access func(Access)
	// MaxConns bounds the connections at one time; 0 is 4096.
	MaxConns int

	// header is slowHeader, but for tests.
	header time.Duration
}

// Stats is what a host does and did.
type Stats struct {
	// Connections there are now.
	Connections int
	// Requests came, strangers' included; on an FTPHost: downloads.
	Requests int64
	// Bytes of files went out.
	Bytes int64
	// Strangers counts requests for what is not ours, wrong logins, and
	// connections that never asked for anything: on a public address somebody
	// will knock.
	Strangers int64
}

// traffic counts for Stats.
type traffic struct{ requests, bytes, strangers atomic.Int64 }

func (t *traffic) sent(n int64) { t.bytes.Add(n) }

func (t *traffic) stats(connections int) Stats {
	return Stats{Connections: connections, Requests: t.requests.Load(), Bytes: t.bytes.Load(), Strangers: t.strangers.Load()}
}

// Host serves the files of many jobs on an address of this computer, over HTTP/1.1
// with a fixed length, ranges and the SHA-256 as ETag, under paths that nobody can
// guess. Every byte it hands out is one that was proved.
type Host struct {
	config   HostConfig
	say      constant
	listener net.Listener
	server   *http.Server
	scheme   string
	base     string // of all URLs
	pem      []byte
	traffic  traffic
	running  sync.WaitGroup
	quit     chan struct{}
	close    sync.Once
	closeErr error

	mu      sync.RWMutex
	closing bool
	fault   error
	byPath  map[string]spot
	shares  map[*Share]struct{}

	visiting sync.Mutex
	visits   map[net.Conn]*visit
}

// spot is what lies under one path.
type spot struct {
	share *Share
	file  *served
}

// OpenHost listens; the host serves what is shared until Close or until ctx ends.
// Errors: Busy, Denied, Absent (the address), Unsupported (the address is none, or
// TLS cannot be as it is configured).
func OpenHost(ctx context.Context, config HostConfig) (*Host, error) {
	config.MaxConns = cmp.Or(config.MaxConns, manyConns)
	config.header = cmp.Or(config.header, slowHeader)
	if config.Contents == nil {
		config.Contents = new(packages.Contents)
	}
	listener, err := bind(ctx, config.Listen)
	if err != nil {
		return nil, err
	}
	h := &Host{
		config: config, say: constants(), listener: listener,
		scheme: "http",
		quit:   make(chan struct{}),
		byPath: map[string]spot{}, shares: map[*Share]struct{}{}, visits: map[net.Conn]*visit{},
	}
	var secure *tls.Config
	if config.TLS != nil {
		h.scheme = "https"
		if secure, h.pem, err = config.TLS.config(listener.Addr()); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
	}
	h.base = h.scheme + "://" + h.Address()
	h.start(ctx, secure)
	return h, nil
}

func (h *Host) start(ctx context.Context, secure *tls.Config) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	h.server = &http.Server{
		Handler:           h,
		ReadHeaderTimeout: h.config.header,
		ReadTimeout:       h.config.header,
		IdleTimeout:       slowIdle,
		MaxHeaderBytes:    maxRequest,
		Protocols:         protocols,
		TLSConfig:         secure,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState:         h.connState,
		ConnContext:       h.connContext,
		// OPTIONS * would be answered by net/http itself.
		DisableGeneralOptionsHandler: true,
	}
	h.running.Go(func() {
		if secure != nil {
			h.ended(h.server.ServeTLS(h.listener, "", ""))
			return
		}
		h.ended(h.server.Serve(bundled{h.listener}))
	})
	h.running.Go(func() {
		select {
		case <-ctx.Done():
			h.ended(context.Cause(ctx))
			_ = h.server.Close()
		case <-h.quit:
		}
	})
}

// ended keeps the first reason why the host serves no longer.
func (h *Host) ended(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fault == nil && !h.closing && !errors.Is(err, http.ErrServerClosed) {
		h.fault = &devices.Error{Op: "origin: serve", At: h.base, Kind: devices.Lost, Note: NoteListenFailed, Args: []any{h.Address()}, Err: err}
	}
}

func (h *Host) failed() error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.fault
}

// Address is "address:port" as devices have to use it.
func (h *Host) Address() string { return shown(h.listener.Addr()) }

// CertificatePEM is the certificate that the host shows, for devices that want to
// know it in advance; nil without TLS.
func (h *Host) CertificatePEM() []byte { return append([]byte(nil), h.pem...) }

// Stats is what the host does and did.
func (h *Host) Stats() Stats {
	h.visiting.Lock()
	defer h.visiting.Unlock()
	return h.traffic.stats(len(h.visits))
}

// Share serves files until the share's Close, until ctx ends, or until the host
// ends. It reads each file once, to prove that it is what the package says, unless
// another share has it already. Errors: Absent, Integrity (a file changed since the
// package was opened), Lost (the host is closed), context.Cause(ctx).
func (h *Host) Share(ctx context.Context, files []packages.File) (*Share, error) {
	s, err := newShare(ctx, h.config.Contents, files)
	if err != nil {
		return nil, err
	}
	s.leave, s.failed = h.leave, h.failed
	if !h.enrol(s) {
		_ = s.Close() // returns no error
		return nil, &devices.Error{Op: "origin: share", At: h.base, Kind: devices.Lost, Note: NoteListenFailed, Args: []any{h.Address()}}
	}
	return s, nil
}

// enrol puts a share under a path of its own; false after Close.
func (h *Host) enrol(s *Share) bool {
	secret := unguessable()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return false
	}
	h.shares[s] = struct{}{}
	for _, f := range s.files {
		where := "/" + secret + "/" + f.name
		s.urls = append(s.urls, h.base+where)
		h.byPath[where] = spot{s, f}
	}
	return true
}

// leave forgets a share.
func (h *Host) leave(s *Share) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.shares, s)
	for where, have := range h.byPath {
		if have.share == s {
			delete(h.byPath, where)
		}
	}
}

// Close ends all shares and connections and waits until nobody works any more. It
// may be called more than once.
func (h *Host) Close() error {
	h.close.Do(func() {
		h.mu.Lock()
		h.closing = true
		var all []*Share
		for s := range h.shares {
			all = append(all, s)
		}
		h.mu.Unlock()
		close(h.quit)
		h.closeErr = h.server.Close()
		for _, s := range all {
			_ = s.Close() // returns no error
		}
		h.running.Wait()
	})
	return h.closeErr
}
