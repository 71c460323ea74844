package atmodem

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"fotabench/devices/sim/fetch"
	"fotabench/devices/sim/line"
)

// agent is what the module calls itself.
const agent = "QUECTEL_MODULE"

// Codes that the module gives without asking a server.
const (
	codeUnset   = 708 // the network is not configured (LTE Standard (A) V1.5)
	codePath    = 608 // fota/path is no path (EC200U)
	codeUnknown = 701
	ftpUnknown  = 601
)

// fromNetwork downloads a package and begins its installation.
func (m *Module) fromNetwork(p *power, o order) {
	faults := m.options.Faults
	m.qind(o.stage()+"START", "")
	image, code := m.fetch(p, o)
	if ordered := int(faults.Int(faultDownloadEnd, 0)); ordered != 0 && p.ctx.Err() == nil {
		code = ordered
	}
	if code != 0 && faults.Has(faultRetry) && p.ctx.Err() == nil {
		m.ended(o.stage()+"END", code)
		rest(p.ctx, faults.Duration(faultRetry, 0))
		m.qind(o.stage()+"START", "")
		image, code = m.fetch(p, o)
	}
	if p.ctx.Err() != nil {
		return
	}
	m.ended(o.stage()+"END", code)
	if code != 0 {
		m.drop()
		return
	}
	m.arrived(p, o, image)
}

// fetch downloads a package: its bytes, or a code.
func (m *Module) fetch(p *power, o order) ([]byte, int) {
	if code := m.unready(); code != 0 {
		return nil, code
	}
	settings, err := m.tls()
	var image []byte
	steps := progress{most: o.reports, hundred: m.family.hundred, say: func(percent string) { m.qind("DOWNLOADING", percent) }}
	for try := 0; err == nil && try < m.family.tries; try++ {
		if err = m.pull(p, o, settings, &image, &steps); err == nil {
			return image, 0
		}
		if fetch.ReasonOf(err) == fetch.Broken && try+1 < m.family.tries && p.ctx.Err() == nil {
			err = nil
		}
	}
	return nil, m.codeOf(o, err)
}

// unready is why the module cannot download at all.
func (m *Module) unready() int {
	if !m.connected() {
		return codeUnset
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.family.path && !strings.HasSuffix(strings.Join(m.settings.config["fota/path"], ""), ":") {
		return codePath
	}
	context, err := strconv.ParseInt(m.settings.config["fota/cid"][0], 10, 64)
	if m.family.context && (err != nil || !m.settings.active[context]) {
		return codeUnset
	}
	return 0
}

// codeOf gives the number of a reason.
func (m *Module) codeOf(o order, err error) int {
	reason, otherwise := fetch.ReasonOf(err), codeUnknown
	if o.stage() == "FTP" {
		reason, otherwise = "ftp "+reason, ftpUnknown
	}
	if code, known := m.family.codes[reason]; known {
		return code
	}
	return otherwise
}

// pull continues a download where image ends, until all is there. A server that
// sends everything when asked for the rest makes a package that is damaged.
func (m *Module) pull(p *power, o order, s fetch.Settings, image *[]byte, steps *progress) error {
	s.From = int64(len(*image))
	body, size, err := fetch.Open(p.ctx, o.url, s)
	if err != nil {
		return err
	}
	defer body.Close()
	size += s.From
	steps.size = size
	stall := m.options.Faults.Int(faultStall, -1)
	// A Pacer counts in bits with ten to the byte.
	pace := line.Pacer{Baud: 10 * max(0, m.options.Network)}
	block := make([]byte, 1024)
	for {
		n, err := read1(p.ctx, body, block)
		pace.Wait(p.ctx, n)
		*image = append(*image, block[:n]...)
		got := int64(len(*image))
		m.note(func(s *State) { s.Fetched = got })
		if n > 0 {
			m.weaken()
		}
		if m.dies(got) {
			p.end(endRestart)
			<-p.ctx.Done()
		}
		steps.at(got)
		if over, err := fetch.Settled(p.ctx, got, size, err); over {
			return err
		}
		if stall >= 0 && got >= stall {
			<-p.ctx.Done()
		}
	}
}

// silence is how long a server may say nothing in the middle of a file.
const silence = time.Minute

// read1 reads once; a server that stands still breaks off.
func read1(ctx context.Context, body io.ReadCloser, block []byte) (int, error) {
	late := time.AfterFunc(silence, func() { _ = body.Close() })
	defer late.Stop()
	n, err := body.Read(block)
	if err != nil && !errors.Is(err, io.EOF) && ctx.Err() == nil {
		err = fetch.Failed(fetch.Broken, err)
	}
	return n, err
}

// dies tells whether the ordered power cut strikes at this byte; it strikes once.
func (m *Module) dies(got int64) bool {
	faults := m.options.Faults
	m.mu.Lock()
	defer m.mu.Unlock()
	if !faults.Has(faultDieAt) || m.struck || got < faults.Int(faultDieAt, 0) {
		return false
	}
	m.struck = true
	return true
}
