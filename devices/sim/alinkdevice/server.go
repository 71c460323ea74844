package alinkdevice

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
)

// server is where and how a device dials.
type server struct {
	address string
	tls     *tls.Config // nil without TLS
	roots   *x509.CertPool
}

// readServer reads Options.Server and Options.CA.
func readServer(text string, ca []byte) (server, error) {
	u, err := url.Parse(text)
	if err != nil {
		return server{}, fmt.Errorf("server %q: %w", text, err)
	}
	s := server{address: u.Host}
	if ca != nil {
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM(ca) {
			return server{}, errors.New("no certificate in CA")
		}
	}
	switch {
	case u.Port() == "":
		return server{}, fmt.Errorf("server %q names no port", text)
	case u.Scheme == "ssl":
		s.tls = &tls.Config{RootCAs: s.roots, ServerName: u.Hostname()}
	case u.Scheme != "tcp":
		return server{}, fmt.Errorf("server %q is neither tcp:// nor ssl://", text)
	}
	return s, nil
}

// dial opens the connection below MQTT.
func (s server) dial(ctx context.Context) (net.Conn, error) {
	if s.tls == nil {
		return (&net.Dialer{}).DialContext(ctx, "tcp", s.address)
	}
	return (&tls.Dialer{Config: s.tls}).DialContext(ctx, "tcp", s.address)
}

// radio is a connection that can be lost. The MQTT client takes a closed socket
// for its own doing and waits; this one then says that something else happened.
type radio struct {
	net.Conn
	lost atomic.Bool
}

// lose closes the connection without a goodbye.
func (r *radio) lose() {
	r.lost.Store(true)
	_ = r.Close() // it is lost in any case
}

// Read implements net.Conn.
func (r *radio) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	return n, r.reason(err)
}

// Write implements net.Conn.
func (r *radio) Write(b []byte) (int, error) {
	n, err := r.Conn.Write(b)
	return n, r.reason(err)
}

func (r *radio) reason(err error) error {
	if err != nil && r.lost.Load() {
		return errCut
	}
	return err
}
