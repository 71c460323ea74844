package origin

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	ftpserver "github.com/fclairamb/ftpserverlib"
)

// session is one control connection to an FTPHost. It runs a server of the library
// for this connection alone, since the library tells the driver of a server, but not
// the wrapper of its data connections, whose they are.
type session struct {
	host    *FTPHost
	control *control
	begun   time.Time
	ctx     context.Context
	cancel  context.CancelFunc
	// gone is closed when the library's own goroutine ends; what it wrote before
	// may be read then.
	gone      chan struct{}
	share     *Share // after the login
	transfers sync.WaitGroup

	mu      sync.Mutex
	over    bool
	passive net.Listener
	data    net.Conn
}

func newSession(h *FTPHost, conn net.Conn) *session {
	s := &session{host: h, control: &control{Conn: conn, limit: time.Now().Add(slowLogin)}, begun: time.Now(), gone: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(h.ctx)
	return s
}

// run blocks until the connection is closed and nothing works for it any more.
func (s *session) run() {
	// It ends as soon as its only connection is taken.
	_ = ftpserver.NewFtpServer(s).ListenAndServe()
	<-s.gone
	s.cut()
	s.transfers.Wait()
	if s.share == nil {
		s.host.traffic.strangers.Add(1)
		return
	}
	s.share.left(s)
}

// cut ends control and data connection at once.
func (s *session) cut() {
	s.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.passive != nil {
		_ = s.passive.Close()
	}
	if s.data != nil {
		reset(s.data)
	}
	_ = s.control.Close()
}

// control is the control connection: until the login it lasts no longer than limit.
type control struct {
	net.Conn
	limit  time.Time
	inside atomic.Bool
}

// SetDeadline sets it for reads and writes; the library does so for each command.
func (c *control) SetDeadline(at time.Time) error {
	if !c.inside.Load() && at.After(c.limit) {
		at = c.limit
	}
	return c.Conn.SetDeadline(at)
}

// single is a listener that gives one connection and is closed then.
type single struct{ conn net.Conn }

// Accept gives the connection; the second time says in the library's words that
// there is none any more.
func (l *single) Accept() (net.Conn, error) {
	conn := l.conn
	if conn == nil {
		return nil, &net.OpError{Op: "accept", Err: net.ErrClosed}
	}
	l.conn = nil
	return conn, nil
}

// Close does nothing: nobody listens.
func (l *single) Close() error { return nil }

// Addr is asked for by a log that nobody keeps.
func (l *single) Addr() net.Addr { return &net.TCPAddr{} }

// GetSettings implements ftpserver.MainDriver: passive mode and reading alone.
func (s *session) GetSettings() (*ftpserver.Settings, error) {
	settings := &ftpserver.Settings{
		Listener:            &single{s.control},
		Banner:              "ready",
		IdleTimeout:         int(slowIdle / time.Second),
		ConnectionTimeout:   int(slowData / time.Second),
		DefaultTransferType: ftpserver.TransferTypeBinary,
		// A module that asks for text would get a firmware with other line ends.
		DisableASCIIConversion: true,
		DisableActiveMode:      true,
		DisableMFMT:            true,
		DisableSite:            true,
		DisableSTAT:            true,
		PasvConnectionsCheck:   ftpserver.IPMatchRequired,
	}
	if p := s.host.config.PassivePorts; p.First != 0 {
		settings.PassiveTransferPortRange = ports{ftpserver.PortRange{Start: int(p.First), End: int(p.Last)}, s}
	}
	return settings, nil
}

// ports are those of a range, for one session.
type ports struct {
	ftpserver.PortRange
	of *session
}

// FetchNext implements ftpserver.PasvPortGetter. The session's last port is given
// back first: it may be the only one of the range.
func (p ports) FetchNext() (exposed, listened int, ok bool) {
	p.of.forget()
	return p.PortRange.FetchNext()
}

// forget closes the place for data that the session has, if any.
func (s *session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.passive != nil {
		_ = s.passive.Close()
		s.passive = nil
	}
}

// ClientConnected implements ftpserver.MainDriver.
func (s *session) ClientConnected(ftpserver.ClientContext) (string, error) { return "ready", nil }

// ClientDisconnected implements ftpserver.MainDriver.
func (s *session) ClientDisconnected(ftpserver.ClientContext) { close(s.gone) }

// GetTLSConfig implements ftpserver.MainDriver.
func (s *session) GetTLSConfig() (*tls.Config, error) { return nil, errors.New("no TLS") }

// errLogin is all that somebody learns who does not know user and password.
var errLogin = errors.New("wrong user or password")

// AuthUser implements ftpserver.MainDriver.
func (s *session) AuthUser(client ftpserver.ClientContext, user, password string) (ftpserver.ClientDriver, error) {
	asked := time.Now()
	s.host.mu.RLock()
	account, known := s.host.accounts[user]
	s.host.mu.RUnlock()
	right := subtle.ConstantTimeCompare([]byte(account.password), []byte(password)) == 1
	if known && right && s.share == nil && account.share.admit(s) {
		s.share = account.share
		s.control.inside.Store(true)
		return newShelf(s, client), nil
	}
	timer := time.NewTimer(s.host.guard.delay(s.peer().Addr()))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
	s.log(Access{At: asked, Method: "PASS", Status: ftpserver.StatusNotLoggedIn})
	return nil, errLogin
}

// log tells of one request, if somebody wants to know.
func (s *session) log(a Access) {
	if s.host.config.Access != nil {
		a.Took, a.Remote, a.Protocol = time.Since(a.At), s.peer(), "ftp"
		s.host.config.Access(a)
	}
}

func (s *session) peer() netip.AddrPort { return remote(s.control.RemoteAddr().String()) }

// WrapPassiveListener implements ftpserver.MainDriverExtensionPassiveWrapper.
func (s *session) WrapPassiveListener(listener net.Listener) (net.Listener, error) {
	s.forget() // the library does not after PASV on IPv6
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil, errors.Join(net.ErrClosed, listener.Close())
	}
	s.passive = &passive{listener, s}
	return s.passive, nil
}

// passive is where the data connection of a session comes to.
type passive struct {
	net.Listener
	of *session
}

// Accept waits for the session's own device: a connection from another address, or
// to another one of ours, is dropped and harms no download.
func (p *passive) Accept() (net.Conn, error) {
	for {
		conn, err := p.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !sameHost(conn.RemoteAddr(), p.of.control.RemoteAddr()) || !sameHost(conn.LocalAddr(), p.of.control.LocalAddr()) {
			p.of.host.traffic.strangers.Add(1)
			reset(conn)
			continue
		}
		if !p.of.carry(conn) {
			return nil, net.ErrClosed
		}
		_ = p.Listener.Close() // the port is free for the next download
		return conn, nil
	}
}

// begin makes the end of the session wait for a download; false if it came first.
func (s *session) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	s.transfers.Add(1)
	return true
}

func sameHost(a, b net.Addr) bool {
	return remote(a.String()).Addr() == remote(b.String()).Addr()
}

// carry remembers the data connection, so that cut finds it; false if cut came
// first.
func (s *session) carry(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		reset(conn)
		return false
	}
	s.data = conn
	return true
}
