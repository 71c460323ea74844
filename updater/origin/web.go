package origin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"golang.org/x/net/http/httpproxy"

	"fotabench/devices"
)

// maxRedirects is how many redirects one request may follow.
const maxRedirects = 5

// maxHeader bounds a server's header, in bytes.
const maxHeader = 64 << 10

// webSite is a source on http or https.
type webSite struct {
	f     *fetch
	roots *x509.CertPool
	proxy func(*url.URL) (*url.URL, error)
	// validator is what If-Range can hold the file to: a strong ETag, else the
	// date of the last change; "" if the server gave neither.
	validator string
	etag      string
	// named is what the server calls the file.
	named string
}

func (s *webSite) mark() mark { return mark{Validator: s.validator, ETag: s.etag, Name: s.named} }

func (s *webSite) resume(m mark) { s.validator, s.etag, s.named = m.Validator, m.ETag, m.Name }

func newWebSite(f *fetch) (*webSite, error) {
	s := &webSite{f: f}
	if f.req.CA != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM([]byte(f.req.CA)) {
			return nil, problem(devices.Unsupported, NoteCA, nil)
		}
		s.roots = pool
	}
	return s, s.chooseProxy(f.req.Proxy)
}

// chooseProxy reads the environment at each call, so that a change is seen, and
// takes an empty variable for none.
func (s *webSite) chooseProxy(proxy string) error {
	switch proxy {
	case "":
		s.proxy = httpproxy.FromEnvironment().ProxyFunc()
	case ProxyNone:
		s.proxy = func(*url.URL) (*url.URL, error) { return nil, nil }
	default:
		u, err := url.Parse(proxy)
		if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
			return problem(devices.Unsupported, NoteProxy, nil, Mask(proxy))
		}
		s.proxy = func(*url.URL) (*url.URL, error) { return u, nil }
	}
	return nil
}

// open asks for the bytes from in.done on, following redirects.
func (s *webSite) open(ctx context.Context, in *intake) (answer, error) {
	if in.done > 0 && (s.validator == "" || in.whole) {
		in.restart()
	}
	resp, err := s.follow(ctx, in.done)
	if err != nil {
		return nil, err
	}
	if err := s.accept(resp, in); err != nil {
		_ = resp.Body.Close() // given up for a better reason
		return nil, err
	}
	return webBody{resp}, nil
}

// webBody is the body of an accepted response.
type webBody struct{ resp *http.Response }

func (b webBody) Read(p []byte) (int, error) { return b.resp.Body.Read(p) }
func (b webBody) Close() error               { return b.resp.Body.Close() }

func (b webBody) ends() bool {
	return b.resp.ContentLength >= 0 || len(b.resp.TransferEncoding) > 0
}

// follow requests the URL and goes where redirects lead, as far as they may.
func (s *webSite) follow(ctx context.Context, offset int64) (*http.Response, error) {
	at, from := s.f.url, ReachNone
	seen := map[string]bool{at.String(): true}
	for hop := 0; ; hop++ {
		resp, reached, err := s.ask(ctx, at, offset, from)
		if err != nil {
			return nil, err
		}
		if hop == 0 {
			from = reached
		}
		if !redirects(resp.StatusCode) {
			return resp, nil
		}
		next, err := s.next(at, resp, from)
		if cerr := resp.Body.Close(); cerr != nil && err == nil {
			err = s.f.trouble(cerr)
		}
		switch {
		case err != nil:
			return nil, err
		case seen[next.String()]:
			return nil, problem(devices.Protocol, NoteRedirectLoop, nil, next.Host)
		case hop == maxRedirects:
			return nil, problem(devices.Protocol, NoteRedirects, nil, maxRedirects)
		}
		seen[next.String()] = true
		at = next
	}
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// next is where a redirect leads, if that is allowed.
func (s *webSite) next(at *url.URL, resp *http.Response, from Reach) (*url.URL, error) {
	next, err := at.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return nil, coded(devices.Protocol, NoteRedirectNowhere, resp.StatusCode)
	}
	next.User, next.Fragment = nil, ""
	switch {
	case next.Scheme != "http" && next.Scheme != "https":
		return nil, problem(devices.Refused, NoteRedirectScheme, nil, next.Scheme)
	case at.Scheme == "https" && next.Scheme == "http" && !s.f.req.AllowDowngrade:
		return nil, problem(devices.Refused, NoteDowngrade, nil, next.Host)
	case inside(from, Classify(next.String())):
		return nil, problem(devices.Refused, NoteRedirectInside, nil, next.Host)
	}
	return next, nil
}

// inside tells whether a redirect leads from the Internet into a network that
// the one who wrote it cannot see: ours.
func inside(from, to Reach) bool {
	return from == ReachPublic && to != ReachPublic && to != ReachName
}

// ask sends one request. from is where the first request of a chain of
// redirects ended, ReachNone for that first request itself.
func (s *webSite) ask(ctx context.Context, at *url.URL, offset int64, from Reach) (*http.Response, Reach, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, ReachNone, problem(devices.Unsupported, NoteBadURL, nil, Mask(at.String()))
	}
	// Bytes as they are stored: a coding on the way would change size and digest.
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", "fotabench")
	if s.f.req.User != "" && at.Scheme == s.f.url.Scheme && at.Host == s.f.url.Host {
		req.SetBasicAuth(s.f.req.User, s.f.req.Password)
	}
	if offset > 0 {
		req.Header.Set("Range", "bytes="+itoa(offset)+"-")
		req.Header.Set("If-Range", s.validator)
	}
	proxy, err := s.proxy(at)
	if err != nil {
		return nil, ReachNone, problem(devices.Unsupported, NoteProxy, nil, "")
	}
	var reached atomic.Value
	reached.Store(ReachNone)
	resp, err := s.transport(proxy, func(conn net.Conn) error {
		if proxy != nil {
			return nil
		}
		to := reachOf(conn)
		reached.Store(to)
		if inside(from, to) {
			return problem(devices.Refused, NoteRedirectInside, nil, at.Host)
		}
		return nil
	}).RoundTrip(req)
	if err != nil {
		return nil, ReachNone, s.f.troubleAt(err, at, proxy)
	}
	return resp, reached.Load().(Reach), nil
}

// reachOf classifies the far end of a connection.
func reachOf(conn net.Conn) Reach {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return ReachNone
	}
	return Classify("//" + net.JoinHostPort(host, "0"))
}

// transport is made for one request: nothing is kept alive between attempts,
// so that each begins with a connection that is known to be fresh.
func (s *webSite) transport(proxy *url.URL, connected func(net.Conn) error) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: func(*http.Request) (*url.URL, error) { return proxy, nil },
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := s.f.dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			if err := connected(conn); err != nil {
				_ = conn.Close() // given up for a better reason
				return nil, err
			}
			return conn, nil
		},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			return s.refusal(resp)
		},
		TLSClientConfig:        &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    s.f.limits.Stall,
		ResponseHeaderTimeout:  s.f.limits.Stall,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
		DisableKeepAlives:      true,
		Protocols:              protocols,
	}
}

// accept decides what a response means for the bytes that are there already.
func (s *webSite) accept(resp *http.Response, in *intake) error {
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return problem(devices.Protocol, NoteEncoded, nil, coding)
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		return s.acceptWhole(resp, in)
	case resp.StatusCode == http.StatusPartialContent && in.done > 0:
		return s.acceptPart(resp, in)
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && in.done > 0:
		// The file became shorter, or the server has odd views of ranges.
		in.restart()
		in.whole = true
		return &again{err: coded(devices.Protocol, NoteRange, resp.StatusCode)}
	}
	return s.refusal(resp)
}

// acceptWhole begins at byte 0, also when a range was asked for: the file
// changed, or the server knows no ranges.
func (s *webSite) acceptWhole(resp *http.Response, in *intake) error {
	in.restart()
	s.remember(resp)
	if resp.ContentLength > 0 {
		if err := in.learn(resp.ContentLength); err != nil {
			return err
		}
	}
	if resp.ContentLength < 0 || resp.ContentLength == in.size {
		return nil
	}
	head, err := io.ReadAll(io.LimitReader(resp.Body, sniffed))
	if len(head) == 0 && err != nil {
		return s.f.trouble(err)
	}
	return in.orPage(in.sizeError(resp.ContentLength), head)
}

// remember keeps what the next range can be held to.
func (s *webSite) remember(resp *http.Response) {
	s.named = fileName(resp.Header.Get("Content-Disposition"))
	s.etag = resp.Header.Get("ETag")
	s.validator = s.etag
	if s.etag == "" || strings.HasPrefix(s.etag, "W/") {
		s.validator = resp.Header.Get("Last-Modified")
	}
	if resp.Header.Get("Accept-Ranges") == "none" {
		s.validator = ""
	}
}

// acceptPart checks that a part is the one that was asked for, of the same file.
func (s *webSite) acceptPart(resp *http.Response, in *intake) error {
	first, last, total, err := parseContentRange(resp.Header.Get("Content-Range"))
	changed := resp.Header.Get("ETag") != "" && resp.Header.Get("ETag") != s.etag
	if err == nil && !changed && total > 0 {
		if err := in.learn(total); err != nil {
			return err
		}
	}
	size := in.size
	switch {
	case err == nil && total >= 0 && total != size && !changed && in.want.Size > 0:
		return in.sizeError(total)
	case err != nil, changed, total >= 0 && total != size, first != in.done, last != size-1, resp.ContentLength >= 0 && resp.ContentLength != size-first:
		in.restart()
		in.whole = !changed
		return &again{err: coded(devices.Protocol, NoteRange, resp.StatusCode)}
	}
	if name := fileName(resp.Header.Get("Content-Disposition")); name != "" {
		s.named = name
	}
	return nil
}
