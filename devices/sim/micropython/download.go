package micropython

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The codes of a failed download, as Quectel's examples list them.
const (
	codeNoAddress   = 1001
	codeTimeout     = 1002
	codeBadAddress  = 1003
	codeConnect     = 1004
	codeDenied      = 1005
	codeNoFile      = 1006
	codeSize        = 1007
	codeRead        = 1008
	codeCheck       = 1009
	codeInternal    = 1010
	codeInterrupted = 1011
	codeTooLarge    = 1013
)

// maxPackage is the largest package that a module takes, in bytes.
const maxPackage = 100 << 20

// downloadTimeout bounds silence of the server: connecting, and its headers.
const downloadTimeout = 60 * time.Second

// failure is a download that ended with one of the codes.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return fmt.Sprintf("download: code %d: %v", f.code, f.err) }
func (f *failure) Unwrap() error { return f.err }

func failed(code int, err error) error { return &failure{code: code, err: err} }

// codeOf finds the code of an error.
func codeOf(err error) int {
	var f *failure
	var dns *net.DNSError
	var timeout net.Error
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return codeInterrupted
	case errors.As(err, &f):
		return f.code
	case errors.As(err, &dns):
		return codeNoAddress
	case errors.As(err, &timeout) && timeout.Timeout():
		return codeTimeout
	case errors.As(err, &op):
		return codeConnect
	}
	return codeRead
}

// order is one download as a fota method asked for it.
type order struct {
	URLs []string `json:"urls"`
	// Hold asks for no restart afterwards.
	Hold bool `json:"hold"`
	// Quiet asks for no callbacks.
	Quiet bool       `json:"quiet"`
	TLS   *sslParams `json:"ssl"`
	FTP   bool       `json:"ftp"`
}

// sslParams are ssl_params of httpDownload.
type sslParams struct {
	CA      string `json:"ca_cert"`
	Cert    string `json:"client_cert"`
	Key     string `json:"client_key"`
	Version int    `json:"ssl_version"`
	Level   int    `json:"sec_level"`
}

// download starts the download task: 0 or -1.
func (s *session) download(r request) int {
	var o order
	if len(r.args) == 0 || json.Unmarshal(r.args[0], &o) != nil {
		return -1
	}
	return s.host.modem.start(s.power, o)
}

// start begins a download, unless one runs.
func (d *modem) start(p *power, o order) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loading {
		return -1
	}
	ctx, cancel := context.WithCancel(p.ctx)
	d.area, d.extra, d.accepted = newArea(), nil, ""
	if len(o.URLs) > 1 {
		d.extra = newArea()
	}
	d.loading, d.stop, d.events = true, cancel, nil
	d.blocking = !d.host.caps.Started
	d.work.Go(func() {
		defer cancel()
		d.load(ctx, p, o)
	})
	return 0
}

// cancel is fota.download_cancel.
func (d *modem) cancel() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.loading {
		return -1
	}
	d.stop()
	return 0
}

// load fetches, verifies and reports.
func (d *modem) load(ctx context.Context, p *power, o order) {
	err := d.fetchAll(ctx, p, o)
	if p.ctx.Err() != nil {
		return
	}
	if err == nil && d.verify() != 0 {
		err = failed(codeCheck, errors.New("the boot loader refuses it"))
	}
	d.mu.Lock()
	d.loading = false
	d.mu.Unlock()
	faults := d.host.options.Faults
	quiet := o.Quiet || faults.Has(faultNoCallback)
	if err != nil {
		d.post(d.bad(codeOf(err), quiet))
		return
	}
	d.post(event{Status: 2, Value: 100, Done: true, Quiet: quiet})
	if o.Hold && !d.host.caps.Resets {
		return
	}
	if !d.host.caps.Started {
		// The call returns and the script goes on for a moment.
		select {
		case <-time.After(200 * time.Millisecond):
		case <-p.ctx.Done():
			return
		}
	}
	p.fire(endReset)
}

// bad is the last event of a failed download, in this model's form.
func (d *modem) bad(code int, quiet bool) event {
	e := event{Status: code, Value: 0, Done: true, Verdict: -1, Quiet: quiet}
	if d.host.caps.InValue {
		e.Status, e.Value = -1, code
	}
	if d.host.options.Faults.Has(faultOddCallback) {
		e.Status, e.Value = 3, code
	}
	return e
}

// fetchAll fetches one file, or the two of a mini FOTA.
func (d *modem) fetchAll(ctx context.Context, p *power, o order) error {
	if f := d.host.options.Faults; f.Has(faultDownload) {
		return failed(int(f.Int(faultDownload, codeConnect)), errors.New("ordered"))
	}
	d.mu.Lock()
	areas := []*area{d.area, d.extra}
	d.mu.Unlock()
	for i, address := range o.URLs {
		body, size, err := open(ctx, address, o.TLS)
		if err != nil {
			return err
		}
		err = d.pull(ctx, p, areas[min(i, 1)], body, size, o.Quiet)
		if cerr := body.Close(); err == nil && cerr != nil && ctx.Err() == nil {
			err = failed(codeRead, cerr)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pull moves the body into the area and posts the percents.
func (d *modem) pull(ctx context.Context, p *power, to *area, body io.Reader, size int64, quiet bool) error {
	faults := d.host.options.Faults
	stall := faults.Int(faultStall, -1)
	quiet = quiet || faults.Has(faultNoCallback)
	block, percent := make([]byte, 1024), -1
	// A pacer counts in bits with ten to the byte.
	pace := pacer{baud: 10 * max(0, d.host.options.Network)}
	for {
		n, err := body.Read(block)
		pace.wait(ctx, n)
		got, cut := d.take(to, block[:n])
		if cut {
			p.fire(endPowerCut)
			return context.Canceled
		}
		if over, err := settled(ctx, got, size, err); over {
			return err
		}
		if stall >= 0 && got >= stall {
			<-ctx.Done()
			return context.Canceled
		}
		if now := int(got * 100 / size); now > percent && !quiet {
			percent = now
			d.post(event{Status: min(1, now), Value: d.odd(now)})
		}
	}
}

// take hands a downloaded piece to an area; cut is true when the power goes.
func (d *modem) take(to *area, p []byte) (got int64, cut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(p) > 0 && d.dies(int64(len(p))) {
		return to.size, true
	}
	d.fill(to, p)
	return to.size, false
}

// settled tells whether a download has come to its end, and to which.
func settled(ctx context.Context, got, size int64, err error) (bool, error) {
	switch {
	case ctx.Err() != nil:
		return true, context.Canceled
	case got > size:
		return true, failed(codeSize, fmt.Errorf("more than %d bytes", size))
	case errors.Is(err, io.EOF) && got == size:
		return true, nil
	case errors.Is(err, io.EOF):
		return true, failed(codeRead, fmt.Errorf("%d of %d bytes", got, size))
	case err != nil:
		return true, failed(codeRead, err)
	}
	return false, nil
}

// odd changes a percent as some firmware does: beyond 100, and back.
func (d *modem) odd(percent int) int {
	if d.host.options.Faults.Has(faultOddCallback) && percent%7 == 3 {
		return 180 - percent
	}
	return percent
}

// open begins to fetch a URL and gives the size that the server promises.
func open(ctx context.Context, address string, params *sslParams) (io.ReadCloser, int64, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || len(address) > 255 {
		return nil, 0, failed(codeBadAddress, errors.New("not a URL"))
	}
	switch u.Scheme {
	case "http", "https":
		return openHTTP(ctx, u, params, 0)
	case "ftp":
		return openFTP(ctx, u)
	}
	return nil, 0, failed(codeBadAddress, fmt.Errorf("scheme %q", u.Scheme))
}

// openHTTP asks for the file, from byte have on if have is not 0.
func openHTTP(ctx context.Context, u *url.URL, params *sslParams, have int64) (io.ReadCloser, int64, error) {
	config, err := params.config()
	if err != nil {
		return nil, 0, err
	}
	transport := &http.Transport{
		TLSClientConfig: config, ResponseHeaderTimeout: downloadTimeout, DisableKeepAlives: true, DisableCompression: true,
		DialContext: (&net.Dialer{Timeout: downloadTimeout}).DialContext,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, 0, failed(codeBadAddress, err)
	}
	request.Header.Set("User-Agent", "QUECTEL_MODULE")
	if have > 0 {
		request.Header.Set("Range", "bytes="+strconv.FormatInt(have, 10)+"-")
	}
	reply, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, 0, tlsFailure(err)
	}
	if err := judge(reply, have > 0); err != nil {
		_ = reply.Body.Close() // its content is of no interest
		return nil, 0, err
	}
	return reply.Body, reply.ContentLength, nil
}

// tlsFailure tells a handshake that failed from other errors.
func tlsFailure(err error) error {
	var unknown *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	if errors.As(err, &unknown) || errors.As(err, &alert) || errors.As(err, &record) {
		return failed(codeDenied, err)
	}
	return err
}

// judge turns an answer that is not the file into a code.
func judge(reply *http.Response, part bool) error {
	err := fmt.Errorf("status %d, length %d", reply.StatusCode, reply.ContentLength)
	switch code := reply.StatusCode; {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return failed(codeDenied, err)
	case code == http.StatusNotFound || code == http.StatusGone:
		return failed(codeNoFile, err)
	case code == http.StatusPartialContent && part:
	case code != http.StatusOK:
		return failed(codeRead, err)
	case reply.ContentLength <= 0:
		return failed(codeSize, err)
	case reply.ContentLength > maxPackage:
		return failed(codeTooLarge, err)
	}
	return nil
}

// config gives what ssl_params ask for; without them nothing is verified, as
// the module's default is.
func (p *sslParams) config() (*tls.Config, error) {
	c := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	if p == nil {
		return c, nil
	}
	if v := map[int]uint16{1: tls.VersionTLS10, 2: tls.VersionTLS11, 3: tls.VersionTLS12}[p.Version]; v != 0 {
		c.MinVersion, c.MaxVersion = v, v
	}
	if p.Level > 0 {
		c.InsecureSkipVerify = false
	}
	if p.CA != "" {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM([]byte(p.CA)) {
			return nil, failed(codeDenied, errors.New("ca_cert is no certificate"))
		}
	}
	if p.Cert != "" {
		pair, err := tls.X509KeyPair([]byte(p.Cert), []byte(p.Key))
		if err != nil {
			return nil, failed(codeDenied, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
