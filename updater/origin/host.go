package origin

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/packages"
)

// Bounds for whoever connects to a host, HTTP or FTP.
const (
	slowHeader = 15 * time.Second
	slowIdle   = 2 * time.Minute
	maxRequest = 8 << 10 // bytes of header
	// manyConns is the number of connections of a bench with a few thousand
	// devices; one over plain HTTP costs about 8 kB.
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
	// unsent is link.Unacknowledged, but for tests.
	unsent func(net.Conn) int
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
	listener net.Listener
	shows    atomic.Pointer[certified] // nil without TLS
	scheme   string
	base     string // of all URLs
	traffic  traffic
	calendar calendar
	running  sync.WaitGroup
	quit     chan struct{}
	close    sync.Once

	mu      sync.RWMutex
	closing bool
	fault   error
	byPath  map[string]spot
	shares  map[*Share]struct{}

	renewing sync.Mutex // one Secure after the other

	visiting sync.Mutex
	over     bool // nobody comes in any more
	visits   map[*visit]struct{}
}

// spot is what lies under one path.
type spot struct {
	share *Share
	file  *served
	// masked is the path as a log may say it.
	masked string
}

// OpenHost listens; the host serves what is shared until Close or until ctx ends.
// Errors: Busy, Denied, Absent (the address), Unsupported (the address is none, or
// TLS cannot be as it is configured).
func OpenHost(ctx context.Context, config HostConfig) (*Host, error) {
	listener, err := bind(ctx, config.Listen)
	if err != nil {
		return nil, err
	}
	h := newHost(config, listener)
	if config.TLS != nil {
		h.scheme = "https"
		shows, err := certify(*config.TLS, listener.Addr())
		if err != nil {
			return nil, errors.Join(err, listener.Close())
		}
		h.shows.Store(shows)
	}
	h.start(ctx)
	return h, nil
}

func newHost(config HostConfig, listener net.Listener) *Host {
	config.MaxConns = cmp.Or(config.MaxConns, manyConns)
	config.header = cmp.Or(config.header, slowHeader)
	if config.Contents == nil {
		config.Contents = new(packages.Contents)
	}
	if config.unsent == nil {
		config.unsent = link.Unacknowledged
	}
	return &Host{
		config: config, listener: listener, scheme: "http", quit: make(chan struct{}),
		byPath: map[string]spot{}, shares: map[*Share]struct{}{}, visits: map[*visit]struct{}{},
	}
}

func (h *Host) start(ctx context.Context) {
	h.base = h.scheme + "://" + h.Address()
	h.running.Go(func() { accept(h.listener, h.quit, h.welcome) })
	h.running.Go(func() {
		select {
		case <-ctx.Done():
			h.ended(context.Cause(ctx))
			h.hangUp()
		case <-h.quit:
		}
	})
}

// welcome starts a visit, or turns away who is too many.
func (h *Host) welcome(conn net.Conn) {
	h.visiting.Lock()
	defer h.visiting.Unlock()
	if h.over || len(h.visits) >= h.config.MaxConns {
		h.traffic.strangers.Add(1)
		reset(conn)
		return
	}
	v := newVisit(h, conn)
	h.visits[v] = struct{}{}
	h.running.Go(func() {
		v.run()
		h.visiting.Lock()
		defer h.visiting.Unlock()
		delete(h.visits, v)
	})
}

// ended keeps the reason why the host serves no longer although nobody closed it.
func (h *Host) ended(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closing {
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
func (h *Host) CertificatePEM() []byte {
	if now := h.shows.Load(); now != nil {
		return slices.Clone(now.certPEM)
	}
	return nil
}

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
		h.byPath[where] = spot{s, f, maskPath(where)}
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

// hangUp ends the listener and all connections.
func (h *Host) hangUp() {
	_ = h.listener.Close() // the second time says that it is closed
	h.visiting.Lock()
	defer h.visiting.Unlock()
	h.over = true
	for v := range h.visits {
		_ = v.conn.Close() // it is over, whatever this says
	}
}

// Close ends all shares and connections and waits until nobody works any more. It
// may be called more than once; it returns no error.
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
		for _, s := range all {
			_ = s.Close() // returns no error
		}
		h.hangUp()
		h.running.Wait()
	})
	return nil
}
