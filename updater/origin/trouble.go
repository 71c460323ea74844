package origin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"fotabench/devices"
)

// dial connects with the limits of this fetch.
func (f *fetch) dial(ctx context.Context, network, address string) (net.Conn, error) {
	connect := f.req.dial
	if connect == nil {
		connect = new(net.Dialer).DialContext
	}
	late := problem(devices.Timeout, NoteConnectTimeout, nil, f.url.Host)
	ctx, cancel := context.WithTimeoutCause(ctx, f.limits.Dial, late)
	defer cancel()
	conn, err := connect(ctx, network, address)
	if err != nil {
		if errors.Is(context.Cause(ctx), late) {
			return nil, &again{err: late}
		}
		return nil, err
	}
	return &guarded{Conn: conn, stall: f.limits.Stall}, nil
}

// guarded is a connection on which each read and write has its own deadline.
type guarded struct {
	net.Conn
	stall time.Duration
}

func (g *guarded) Read(p []byte) (int, error) {
	if err := g.SetReadDeadline(time.Now().Add(g.stall)); err != nil {
		return 0, err
	}
	return g.Conn.Read(p)
}

func (g *guarded) Write(p []byte) (int, error) {
	if err := g.SetWriteDeadline(time.Now().Add(g.stall)); err != nil {
		return 0, err
	}
	return g.Conn.Write(p)
}

// trouble sorts an error of the line on the way to the URL itself.
func (f *fetch) trouble(err error) error { return f.troubleAt(err, f.url, nil) }

// troubleAt is trouble on the way to at (a redirect may have led there),
// through proxy if that is not nil.
func (f *fetch) troubleAt(err error, at, proxy *url.URL) error {
	if proxy != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
			return &again{err: problem(devices.Absent, NoteProxyDown, nil, proxy.Host)}
		}
	}
	return trouble(err, at)
}

// trouble sorts an error of net, tls or http on the way to u.
func trouble(err error, u *url.URL) error {
	if passing, ok := errors.AsType[*again](err); ok {
		return passing
	}
	if known, ok := errors.AsType[*devices.Error](err); ok {
		return known
	}
	if bad := certificate(err, u); bad != nil {
		return bad
	}
	if bad := handshake(err, u); bad != nil {
		return bad
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		bad := problem(devices.Absent, NoteNoHost, err, u.Hostname())
		if dns.IsNotFound {
			return bad
		}
		return &again{err: bad}
	}
	return &again{err: line(err, u)}
}

// line sorts what can happen to a connection.
func line(err error, u *url.URL) *devices.Error {
	if timed, ok := errors.AsType[net.Error](err); errors.Is(err, os.ErrDeadlineExceeded) || ok && timed.Timeout() {
		return problem(devices.Timeout, NoteStall, nil, u.Host)
	}
	switch refusedOrGone(err) {
	case devices.Refused:
		return problem(devices.Absent, NoteConnectRefused, err, u.Host)
	case devices.Absent:
		return problem(devices.Absent, NoteUnreachable, err, u.Host)
	}
	return problem(devices.Lost, NoteDropped, err, u.Host)
}

// certificate sorts what is wrong with the server's certificate; nil if nothing.
func certificate(err error, u *url.URL) error {
	if host, ok := errors.AsType[x509.HostnameError](err); ok {
		return problem(devices.Protocol, NoteCertHost, nil, u.Hostname(), names(host.Certificate))
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		issuer := ""
		if unknown.Cert != nil {
			issuer = printable(unknown.Cert.Issuer.String())
		}
		return problem(devices.Protocol, NoteCertUnknown, nil, u.Hostname(), issuer)
	}
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	if ok && invalid.Reason == x509.Expired {
		if time.Now().Before(invalid.Cert.NotBefore) {
			return problem(devices.Protocol, NoteCertNotYet, nil, u.Hostname(), invalid.Cert.NotBefore.Format(time.DateOnly))
		}
		return problem(devices.Protocol, NoteCertExpired, nil, u.Hostname(), invalid.Cert.NotAfter.Format(time.DateOnly))
	}
	if verify, isVerify := errors.AsType[*tls.CertificateVerificationError](err); ok || isVerify {
		if isVerify {
			err = verify.Err
		}
		return problem(devices.Protocol, NoteCertBad, err, u.Hostname())
	}
	return nil
}

// names are the first few hosts that a certificate is for.
func names(c *x509.Certificate) string {
	all := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) > 3 {
		all = append(all[:3], "…")
	}
	return printable(strings.Join(all, ", "))
}

// printable bounds and cleans a text that a server sent.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > 120 {
		s = string(runes[:120]) + "…"
	}
	return s
}

// handshake sorts a TLS connection that was not agreed on; nil if it is not one.
// The alerts have no exported type; their texts are RFC 8446, 6.2, in Go's words.
func handshake(err error, u *url.URL) error {
	text := err.Error()
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || strings.Contains(text, "server gave HTTP response to HTTPS client") {
		return problem(devices.Protocol, NoteNotTLS, nil, u.Host)
	}
	for _, alert := range []struct {
		text string
		note devices.Code
	}{
		{"protocol version not supported", NoteTLSVersion},
		{"unsupported protocol version", NoteTLSVersion},
		{"unsupported SSLv2", NoteTLSVersion},
		{"certificate required", NoteTLSClient},
		{"remote error: tls: bad certificate", NoteTLSClient},
		{"remote error: tls: handshake failure", NoteTLSCipher},
		{"remote error: tls: insufficient security level", NoteTLSCipher},
		{"unconfigured cipher suite", NoteTLSCipher},
	} {
		if strings.Contains(text, alert.text) {
			return problem(devices.Protocol, alert.note, nil, u.Host)
		}
	}
	return nil
}
