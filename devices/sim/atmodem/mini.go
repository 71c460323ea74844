package atmodem

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Mini FOTA is for modules with little flash: a small system takes the place of
// the firmware while that is written, and downloads two packages of one name,
// .mini_1 and .mini_2 (LTE Standard (A) DFOTA guide V1.5, 4.2 and 8).
const miniFirst, miniSecond = ".mini_1", ".mini_2"

// maxMiniURL bounds the URL of a mini FOTA in bytes.
const maxMiniURL = 128

// The percents of a mini FOTA: the first package is 60 of 100, a restart comes
// between the two (V1.5, 7 and figure 5).
var (
	miniFirstPercents  = []int{2, 14, 26, 38, 49, 60}
	miniSecondPercents = []int{64, 72, 80, 88, 96}
)

// small tells whether an order is a mini FOTA.
func (o order) small() bool { return strings.HasSuffix(o.url, miniFirst) }

// shrink accepts a mini FOTA: everything else happens in the small system.
func (m *Module) shrink(p *power, o order) {
	m.mu.Lock()
	m.job.accepted, m.job.mini = true, o
	m.mu.Unlock()
	p.end(endRestart)
}

// mini is the life of the small system.
func (m *Module) mini(p *power, j *job) {
	m.settle(p)
	m.URC("RDY")
	if !j.second {
		m.miniFirst(p, j)
		return
	}
	// The firmware is erased: there is no way but on.
	o := j.mini
	o.url = strings.TrimSuffix(o.url, miniFirst) + miniSecond
	for p.ctx.Err() == nil {
		image, code := m.fetch(p, o)
		if h, bad := m.judge(image); code == 0 && bad == 0 && h.Target == j.header.Target {
			m.percentage(p, miniSecondPercents)
			m.closeJob(p, j, "END", 0)
			return
		}
		rest(p.ctx, max(m.options.Install, 10*time.Millisecond))
	}
}

// miniFirst fetches the first package. As long as it is not found good the module
// can go back to its firmware.
func (m *Module) miniFirst(p *power, j *job) {
	image, code := m.fetch(p, j.mini)
	if p.ctx.Err() != nil {
		return
	}
	if code = int(m.options.Faults.Int(faultDownloadEnd, int64(code))); code != 0 {
		m.closeJob(p, j, j.mini.stage()+"END", code)
		return
	}
	sum := sha256.Sum256(image)
	h, code := m.judge(image)
	code = int(m.options.Faults.Int(faultEnd, int64(code)))
	if code != 0 {
		m.closeJob(p, j, "END", code)
		return
	}
	m.mu.Lock()
	j.header, j.sum, j.second = h, hex.EncodeToString(sum[:]), true
	m.state.FetchedSHA256, m.state.Accepted = j.sum, true
	m.mu.Unlock()
	m.percentage(p, miniFirstPercents)
	p.end(endRestart)
}

// percentage tells percents in the time that an installation takes.
func (m *Module) percentage(p *power, percents []int) {
	for _, percent := range percents {
		rest(p.ctx, m.options.Install/time.Duration(len(percents)))
		for _, text := range m.odd(percent) {
			m.qind("UPDATING", text)
		}
	}
}

// closeJob says how a job ended and restarts into the firmware that there is.
func (m *Module) closeJob(p *power, j *job, stage string, code int) {
	m.mu.Lock()
	j.code, j.done = code, p.ctx.Err() == nil
	m.mu.Unlock()
	m.ended(stage, code)
	rest(p.ctx, m.options.Ready)
	p.end(endRestart)
}
