package micropython

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"

	"fotabench/devices/sim/fetch"
	"fotabench/devices/sim/quecplatform"
)

// update fetches the module's own firmware and restarts into the boot loader.
func (t *thing) update(p *power, d *quecplatform.Device, target quecplatform.Component, file quecplatform.File) {
	d.Tell(quecplatform.Downloading)
	err := errors.New("not tried")
	for range qthTries {
		if err = t.fetch(p, file); err == nil || p.ctx.Err() != nil {
			break
		}
	}
	if p.ctx.Err() != nil {
		return
	}
	if err == nil && t.host.modem.verify() != 0 {
		err = errors.New("the boot loader refuses it")
	}
	if err != nil {
		d.Tell(quecplatform.DownloadFailed)
		t.result(target.Name, false)
		return
	}
	d.Tell(quecplatform.Updating)
	t.mu.Lock()
	t.updating = &target
	t.mu.Unlock()
	if rests(p.ctx, t.host.options.Restart) {
		p.fire(endReset)
	}
}

// fetch brings the package into the update area.
func (t *thing) fetch(p *power, file quecplatform.File) error {
	if t.faults().Has(faultDownload) {
		return errors.New("ordered to fail")
	}
	t.host.modem.reset()
	body, _, err := fetch.Open(p.ctx, file.URL, fetch.Settings{})
	if err != nil {
		return err
	}
	defer body.Close()
	sum := md5.New()
	pace := t.host.pacer()
	block := make([]byte, 2048)
	for {
		n, err := body.Read(block)
		pace.Wait(p.ctx, n)
		sum.Write(block[:n])
		if t.host.modem.pour(block[:n]) {
			p.fire(endPowerCut)
			return errEnded
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if hex.EncodeToString(sum.Sum(nil)) != file.MD5 {
		return errors.New("the MD5 differs")
	}
	return nil
}

// pour hands bytes to the update area; cut is true when the power goes here.
func (d *modem) pour(p []byte) (cut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dies(int64(len(p))) {
		return true
	}
	d.fill(d.area, p)
	return false
}
