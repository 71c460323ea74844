package micropython

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"fotabench/devices/sim/fetch"
	"fotabench/devices/sim/line"
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

// failure is a download that ended with one of the codes.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return fmt.Sprintf("download: code %d: %v", f.code, f.err) }
func (f *failure) Unwrap() error { return f.err }

func failed(code int, err error) error { return &failure{code: code, err: err} }

// codes are the reasons for which a file does not come, as the module counts
// them; all others are codeRead.
var codes = map[fetch.Reason]int{
	fetch.NoHost: codeNoAddress, fetch.Late: codeTimeout, fetch.BadURL: codeBadAddress, fetch.NoConnect: codeConnect,
	fetch.Insecure: codeDenied, fetch.Denied: codeDenied, fetch.NoFile: codeNoFile, fetch.BadSize: codeSize,
	fetch.TooLarge: codeTooLarge, fetch.Stopped: codeInterrupted,
}

// codeOf finds the code of an error.
func codeOf(err error) int {
	var f *failure
	if errors.As(err, &f) && !errors.Is(err, context.Canceled) {
		return f.code
	}
	if code, known := codes[fetch.ReasonOf(err)]; known {
		return code
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
	// A Pacer counts in bits with ten to the byte.
	pace := line.Pacer{Baud: 10 * max(0, d.host.options.Network)}
	for {
		n, err := body.Read(block)
		pace.Wait(ctx, n)
		got, cut := d.take(to, block[:n])
		if cut {
			p.fire(endPowerCut)
			return context.Canceled
		}
		if over, err := fetch.Settled(ctx, got, size, err); over {
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

// odd changes a percent as some firmware does: beyond 100, and back.
func (d *modem) odd(percent int) int {
	if d.host.options.Faults.Has(faultOddCallback) && percent%7 == 3 {
		return 180 - percent
	}
	return percent
}

// agent is what the modules call themselves.
const agent = "QUECTEL_MODULE"

// maxURL bounds a URL in bytes.
const maxURL = 255

// open begins to fetch a URL and gives the size that the server promises.
func open(ctx context.Context, address string, params *sslParams) (io.ReadCloser, int64, error) {
	if len(address) > maxURL {
		return nil, 0, failed(codeBadAddress, errors.New("too long"))
	}
	config, err := params.config()
	if err != nil {
		return nil, 0, err
	}
	return fetch.Open(ctx, address, fetch.Settings{TLS: config, Agent: agent})
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
