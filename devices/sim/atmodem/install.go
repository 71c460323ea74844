package atmodem

import (
	"fmt"
	"strconv"
	"time"
)

// update is what the module does in the system that writes firmware.
func (m *Module) update(p *power) {
	m.mu.Lock()
	j := m.job
	if j.mini.url != "" {
		m.mu.Unlock()
		m.mini(p, j)
		return
	}
	begun, cut := j.begun, j.cut
	j.begun, j.cut = true, false
	m.mu.Unlock()
	m.settle(p)
	switch faults := m.options.Faults; {
	case cut:
		m.resume(j)
	case begun || faults.Has(faultNoStart):
	case m.family.uart:
		m.urcAt(portUART, frame(`+QIND: "FOTA","START"`))
	default:
		m.qind("START", "")
	}
	if m.options.Faults.Has(faultEarlyReady) {
		m.URC("RDY")
	}
	if !m.percents(p, j) {
		return
	}
	m.closeJob(p, j, "END", j.code)
}

// resume is said when an update goes on after a power cut.
func (m *Module) resume(j *job) {
	m.URC("Last upgrade was not finished,continue upgrade")
	if m.family.restores {
		for _, percent := range m.family.percents[:j.at] {
			m.qind("RESTORE", strconv.Itoa(percent)+m.family.tail)
		}
	}
}

// percents tells how far the update is; false if a restart comes in between.
func (m *Module) percents(p *power, j *job) bool {
	faults, all := m.options.Faults, m.family.percents
	step := m.options.Install / time.Duration(len(all))
	for j.at < len(all) && p.ctx.Err() == nil {
		rest(p.ctx, step)
		percent := all[j.at]
		j.at++
		switch {
		case percent == 0:
			p.end(endRestart)
			return false
		case j.code != 0 && percent > 50:
			return true // what cannot be installed stops half-way
		}
		for _, text := range m.odd(percent) {
			m.qind("UPDATING", text)
		}
		if faults.Has(faultDiesAtPercent) && int64(percent) >= faults.Int(faultDiesAtPercent, 0) && m.strike() {
			m.mu.Lock()
			j.cut = true
			m.mu.Unlock()
			p.end(endRestart)
			return false
		}
	}
	return p.ctx.Err() == nil
}

// strike tells whether the ordered power cut is still to come, and makes it past.
func (m *Module) strike() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.struck {
		return false
	}
	m.struck = true
	return true
}

// odd gives the texts of a percent, if ordered as some firmware writes them: with
// spaces, twice, backwards and beyond 100.
func (m *Module) odd(percent int) []string {
	plain := strconv.Itoa(percent) + m.family.tail
	if !m.options.Faults.Has(faultOddPercent) {
		return []string{plain}
	}
	return []string{plain, plain, fmt.Sprintf(" %d %%", max(0, percent-9)), strconv.Itoa(percent + 100), "", plain}
}

// broken cuts a URC into pieces, if ordered, and puts beginnings and other wrong
// lines before it.
func (m *Module) broken(text string) [][]byte {
	whole := frame(text)
	if !m.options.Faults.Has(faultBrokenURC) {
		return [][]byte{whole}
	}
	half := len(whole) / 2
	return [][]byte{
		[]byte("\r\n" + text[:len(text)/2]), []byte("\r\n+QIND: \"FOTA\",\r\n"), []byte("\r\n+QIND: \"FOTA\",\"END\",\r\n"),
		whole[:half], whole[half:],
	}
}

// install makes the firmware of a job the running one, if it is good.
func (m *Module) install(j *job) {
	faults := m.options.Faults
	m.change(func() {
		m.job, m.state.Accepted = nil, false
		if j.code == 0 && !faults.Has(faultOldVersion) {
			m.state.adopt(j.header.Image)
			m.state.tail(faults.Text(faultVersionTail, ""))
			m.state.Installed++
			m.state.InstalledSHA256 = j.sum
		}
		m.state.IMEI = faults.Text(faultOtherIMEI, m.state.IMEI)
		if faults.Has(faultOtherPort) {
			for _, s := range m.jacks {
				if !s.stays() {
					s.port.Move()
				}
			}
		}
	})
}

// adopt runs what an image brings.
func (s *State) adopt(i Image) {
	firmware, sub := cutVersion(i.Target)
	s.Firmware = firmware
	if sub != "" {
		s.Sub = sub
	}
	if i.Edition != "" {
		s.Edition = i.Edition
	}
}

// tail puts a text behind the version.
func (s *State) tail(text string) {
	if s.Sub == "" {
		s.Firmware += text
	} else {
		s.Sub += text
	}
}
