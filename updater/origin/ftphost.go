package origin

import (
	"cmp"
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Bounds for whoever connects to an FTPHost, besides those of a Host.
const (
	// slowLogin is the time from the connection to the right password.
	slowLogin = 30 * time.Second
	// slowData is the time from a download's command to its data connection.
	slowData = 30 * time.Second
)

// PortRange is a range of TCP ports, both ends included; the zero value is all
// that the system likes to give.
type PortRange struct{ First, Last uint16 }

// FTPConfig says how to open an FTPHost.
type FTPConfig struct {
	// Listen, Contents, Access and MaxConns are those of HostConfig; MaxConns
	// bounds the control connections, and there is at most one data connection
	// for each.
	Listen   string
	Contents *packages.Contents
	Access   func(Access)
	MaxConns int
	// PassivePorts are the ports of data connections, for firewalls. A range works
	// with IPv4 alone, and bounds the downloads at one time to its length.
	PassivePorts PortRange
	// LoginDelay is how long the answer to the first wrong password of an address
	// takes; 0 is a second.
	LoginDelay time.Duration
}

// FTPHost serves the files of many jobs on an address of this computer, over FTP in
// passive mode. Each job has a user and a password of its own and sees its own files
// alone, in one folder; nothing can be changed. Every byte it hands out is one that
// was proved.
type FTPHost struct {
	config   FTPConfig
	listener net.Listener
	guard    guard
	traffic  traffic
	running  sync.WaitGroup
	ctx      context.Context
	quit     context.CancelCauseFunc
	close    sync.Once

	mu       sync.RWMutex
	closing  bool
	fault    error
	accounts map[string]account // by user
	shares   map[*Share]string  // their users
	sessions map[*session]struct{}
}

// account is what a login opens.
type account struct {
	password string
	share    *Share
}

// OpenFTPHost listens; the host serves what is shared until Close or until ctx
// ends. Errors: Busy, Denied, Absent (the address), Unsupported (the address or the
// range of ports is none).
func OpenFTPHost(ctx context.Context, config FTPConfig) (*FTPHost, error) {
	config.MaxConns = cmp.Or(config.MaxConns, manyConns)
	config.LoginDelay = cmp.Or(config.LoginDelay, firstDelay)
	if config.Contents == nil {
		config.Contents = new(packages.Contents)
	}
	if p := config.PassivePorts; p.Last < p.First || p.First == 0 && p.Last != 0 {
		return nil, &devices.Error{
			Op: "origin: listen", At: config.Listen, Kind: devices.Unsupported, Note: NoteListen,
			Args: []any{config.Listen}, Err: errors.New("no range of ports for data"),
		}
	}
	listener, err := bind(ctx, config.Listen)
	if err != nil {
		return nil, err
	}
	h := &FTPHost{
		config: config, listener: listener, guard: guard{first: config.LoginDelay},
		accounts: map[string]account{}, shares: map[*Share]string{}, sessions: map[*session]struct{}{},
	}
	h.ctx, h.quit = context.WithCancelCause(ctx)
	h.running.Go(func() { accept(h.listener, h.ctx.Done(), h.welcome) })
	h.running.Go(func() {
		<-h.ctx.Done()
		h.ended(context.Cause(h.ctx))
		h.hangUp()
	})
	return h, nil
}

// welcome starts a session, or turns away who is too many.
func (h *FTPHost) welcome(conn net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing || len(h.sessions) >= h.config.MaxConns {
		h.traffic.strangers.Add(1)
		reset(conn)
		return
	}
	s := newSession(h, conn)
	h.sessions[s] = struct{}{}
	h.running.Go(func() {
		s.run()
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.sessions, s)
	})
}

// Address is "address:port" as devices have to use it.
func (h *FTPHost) Address() string { return shown(h.listener.Addr()) }

// Stats is what the host does and did.
func (h *FTPHost) Stats() Stats {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.traffic.stats(len(h.sessions))
}

// Share serves files until the share's Close, until ctx ends, or until the host
// ends; see Host.Share. Its URLs hold user and password: Mask hides them.
func (h *FTPHost) Share(ctx context.Context, files []packages.File) (*Share, error) {
	s, err := newShare(ctx, h.config.Contents, files)
	if err != nil {
		return nil, err
	}
	s.leave, s.failed = h.leave, h.failed
	if !h.enrol(s) {
		_ = s.Close() // returns no error
		return nil, h.lost("origin: share", nil)
	}
	return s, nil
}

// enrol makes an account for a share; false after Close. Both names together are
// far below the 50 bytes each that modules take.
func (h *FTPHost) enrol(s *Share) bool {
	user, password := "u"+unguessable()[:10], unguessable()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return false
	}
	h.accounts[user], h.shares[s] = account{password, s}, user
	for _, f := range s.files {
		s.urls = append(s.urls, "ftp://"+user+":"+password+"@"+h.Address()+"/"+f.name)
	}
	return true
}

// leave forgets a share.
func (h *FTPHost) leave(s *Share) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.accounts, h.shares[s])
	delete(h.shares, s)
}

func (h *FTPHost) lost(op string, err error) error {
	return &devices.Error{Op: op, At: "ftp://" + h.Address(), Kind: devices.Lost, Note: NoteListenFailed, Args: []any{h.Address()}, Err: err}
}

// ended keeps the reason why the host serves no longer although nobody closed it.
func (h *FTPHost) ended(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closing {
		h.fault = h.lost("origin: serve", err)
	}
}

func (h *FTPHost) failed() error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.fault
}

// hangUp ends the listener and all connections.
func (h *FTPHost) hangUp() {
	_ = h.listener.Close() // the second time says that it is closed
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closing = true
	for s := range h.sessions {
		s.cut()
	}
}

// Close ends all shares and connections and waits until nobody works any more. It
// may be called more than once; it returns no error.
func (h *FTPHost) Close() error {
	h.close.Do(func() {
		h.mu.Lock()
		h.closing = true
		var all []*Share
		for s := range h.shares {
			all = append(all, s)
		}
		h.mu.Unlock()
		h.quit(net.ErrClosed)
		for _, s := range all {
			_ = s.Close() // returns no error
		}
		h.running.Wait()
	})
	return nil
}
