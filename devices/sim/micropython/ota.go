package micropython

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"fotabench/devices/sim/line"
)

// The numbers of AliOS Things' ota_agent.h that the module ota answers with.
const (
	otaInit       = -5
	otaConnect    = -7
	otaReceive    = -9
	otaMD5        = -10
	otaSHA256     = -11
	otaWrite      = -14
	otaSetBoot    = -17
	otaParameter  = -25
	otaLastNumber = 25
)

// The callbacks of ota.on; 1 is the cloud's.
const (
	onDownload = 2
	onVerify   = 3
	onUpgrade  = 4
)

// otaTries and otaSilence are the download task's (ota_download_file2fs_http.c);
// the pause between two tries is Options.Retry.
const (
	otaTries   = 5
	otaSilence = 20 * time.Second
)

// report posts what a callback of the module ota hears.
func (d *modem) report(callback, value int) {
	d.post(event{Status: callback, Value: value, Done: true, Quiet: d.host.options.Faults.Has(faultNoCallback)})
}

// otaDownload is ota.download: the task is started, whatever it will find.
func (s *session) otaDownload(address, store string) int {
	d, p := s.host.modem, s.power
	d.work.Go(func() {
		if n := d.bring(p, address, store); p.ctx.Err() == nil {
			d.report(onDownload, n)
		}
	})
	return 0
}

// bring is the download task: a negative number, or how long the last piece was.
func (d *modem) bring(p *power, address, store string) int {
	d.mu.Lock()
	busy := d.loading
	if !busy {
		d.loading, d.area = true, newArea()
	}
	d.mu.Unlock()
	if busy {
		return otaInit
	}
	defer func() {
		d.mu.Lock()
		d.loading = false
		d.mu.Unlock()
	}()
	if f := d.host.options.Faults; f.Has(faultDownload) {
		if n := int(f.Int(faultDownload, 0)); n <= otaLastNumber {
			return -n
		}
		return otaConnect
	}
	// Unless it was built for it, the firmware speaks no TLS and says so to nobody.
	if strings.HasPrefix(address, "https") {
		address = "http" + strings.TrimPrefix(address, "https")
	}
	if len(address) > 255 || d.host.disk.put(store, nil) != ok {
		return otaInit
	}
	t := transfer{d: d, p: p, address: address, store: store}
	return t.run()
}

// transfer is one download of a file into the file system.
type transfer struct {
	d              *modem
	p              *power
	address, store string
	have           int64
}

// run tries until all is there, and continues where the last try ended.
func (t *transfer) run() int {
	last := otaInit
	for try := range otaTries {
		if try > 0 {
			t.wait(t.d.host.options.Retry)
		}
		if last = t.once(); last >= 0 || last == otaWrite || t.p.ctx.Err() != nil {
			return last
		}
	}
	return last
}

// wait ends early when the power goes.
func (t *transfer) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.p.ctx.Done():
	}
}

// once is one request. The answer's status is not looked at: what comes is kept.
func (t *transfer) once() int {
	ctx, cancel := context.WithCancel(t.p.ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.address, nil)
	if err != nil {
		return otaConnect
	}
	if t.have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", t.have))
	}
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true, ResponseHeaderTimeout: otaSilence}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	reply, err := client.Do(request)
	if err != nil {
		return otaConnect
	}
	defer reply.Body.Close()
	if reply.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return otaReceive
	}
	silence := time.AfterFunc(otaSilence, cancel)
	defer silence.Stop()
	return t.keep(ctx, reply, silence)
}

// keep moves one answer into the file.
func (t *transfer) keep(ctx context.Context, reply *http.Response, silence *time.Timer) int {
	stall := t.d.host.options.Faults.Int(faultStall, -1)
	pace := line.Pacer{Baud: 10 * max(0, t.d.host.options.Network)}
	block, left, last := make([]byte, 2048), reply.ContentLength, 0
	for {
		n, err := reply.Body.Read(block)
		silence.Reset(otaSilence)
		pace.Wait(ctx, n)
		if n > 0 {
			got, cut := t.d.take(t.area(), block[:n])
			if cut {
				t.p.fire(endPowerCut)
				return otaReceive
			}
			if t.d.host.disk.append(t.store, block[:n]) != ok {
				return otaWrite
			}
			t.have, left, last = t.have+int64(n), left-int64(n), n
			if stall >= 0 && got >= stall {
				<-t.p.ctx.Done()
				return otaReceive
			}
		}
		switch {
		case errors.Is(err, io.EOF) && left <= 0:
			return last
		case err != nil:
			return otaReceive
		}
	}
}

func (t *transfer) area() *area {
	t.d.mu.Lock()
	defer t.d.mu.Unlock()
	return t.d.area
}

// otaVerify is ota.verify.
func (s *session) otaVerify(length int64, kind, hash, store string) int {
	d, p := s.host.modem, s.power
	d.work.Go(func() {
		if n := s.host.check(length, kind, hash, store); p.ctx.Err() == nil {
			d.report(onVerify, n)
		}
	})
	return 0
}

// check compares the digest of the first length bytes of a file with the text
// of one, in the firmware's own spelling.
func (m *Module) check(length int64, kind, hash, store string) int {
	wrong := map[string]int{"sha256": otaSHA256, "md5": otaMD5}[kind]
	switch {
	case wrong == 0:
		return otaParameter
	case m.options.Faults.Has(faultVerifyFails):
		return wrong
	}
	data, found := m.disk.get(store)
	switch {
	case !found:
		return otaSetBoot
	case int64(len(data)) < length || length < 0:
		return wrong // the end of the buffer is hashed in place of what is missing
	}
	sum := fmt.Sprintf("%X", sha256.Sum256(data[:length]))
	if kind == "md5" {
		sum = fmt.Sprintf("%X", md5.Sum(data[:length]))
	}
	if !strings.HasPrefix(hash, sum) {
		return wrong
	}
	return 0
}

// otaUpgrade is ota.upgrade. Its callback hears 0, also when nothing was
// unpacked.
func (s *session) otaUpgrade(store, install string) any {
	d, p := s.host.modem, s.power
	d.work.Go(func() {
		s.host.lay(store, install)
		if p.ctx.Err() == nil {
			d.report(onUpgrade, 0)
		}
	})
	return nil
}

// lay unpacks a light app and remembers that the next start brings it to life.
func (m *Module) lay(store, install string) {
	data, found := m.disk.get(store)
	if !found {
		return
	}
	before := m.disk.copy(appFolder)
	limit := -1
	if m.options.Faults.Has(faultUnzipFails) {
		limit = int(m.options.Faults.Int(faultUnzipFails, 0))
	}
	if m.disk.unzip(data, install, limit) != nil {
		return
	}
	m.modem.mu.Lock()
	defer m.modem.mu.Unlock()
	m.modem.accepted, m.modem.sum, m.modem.before = store, fmt.Sprintf("%x", sha256.Sum256(data)), before
}
