package atmodem

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"

	"fotabench/devices/sim/fetch"
)

// order is what AT+QFOTADL asked for.
type order struct {
	url  string
	path string // of a stored file
	size int64  // of a stream over this port
	// hold leaves the restart to the host; reports is how many DOWNLOADING lines
	// may come.
	hold    bool
	reports int64
}

// stage is the beginning of the names of an order's first URCs.
func (o order) stage() string {
	switch {
	case o.size > 0:
		return "FILE"
	case strings.HasPrefix(o.url, "ftp:"):
		return "FTP"
	}
	return "HTTP"
}

// job is an update on its way. It outlives restarts once it was accepted.
type job struct {
	header   header
	sum      string // SHA-256 of the package
	code     int    // of END, as far as it is known
	accepted bool   // the next restart begins it
	at       int    // percents that were told
	begun    bool
	cut      bool  // power was lost on the way
	done     bool  // the next restart ends it
	mini     order // of a mini FOTA
	second   bool  // its first package is installed
}

// firmware is AT+QFOTADL.
func firmware(c *Call) Result {
	m := c.Module()
	switch c.Form {
	case Test:
		if m.family.probe != "" {
			c.Say("%s", m.family.probe)
		}
		return OK
	case Set:
	default:
		return Error
	}
	o, ok := m.order(c)
	if !ok {
		return Error
	}
	if _, found := m.files.get(o.path); o.path != "" && !found {
		return CME(cmeAbsent)
	}
	if !m.take() {
		return CME(cmeNotAllowed)
	}
	switch {
	case o.path != "":
		c.After(func() { m.fromStore(c, o) })
	case o.size > 0:
		c.Finish(m.taken())
		m.fromPort(c, o)
		return Quiet
	case o.small():
		c.After(func() { m.shrink(c.shell.power, o) })
	default:
		p := c.shell.power
		c.After(func() { p.work.Go(func() { m.fromNetwork(p, o) }) })
	}
	return m.taken()
}

// taken is what the module says to an order that it took.
func (m *Module) taken() Result {
	if m.options.Faults.Has(faultLostOK) {
		return Quiet
	}
	return OK
}

// take begins a job, unless there is one.
func (m *Module) take() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.job != nil {
		return false
	}
	m.job = &job{}
	m.state.Fetched, m.state.FetchedSHA256, m.state.Accepted = 0, "", false
	return true
}

// drop ends a job that came to nothing.
func (m *Module) drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.job = nil
}

var (
	streamed = regexp.MustCompile(`(?i)^FILE:([1-9]\d{0,8})$`)
	fetched  = regexp.MustCompile(`(?i)^(https?|ftp)://`)
)

// order reads the values of AT+QFOTADL; false if this family does not take them.
func (m *Module) order(c *Call) (order, bool) {
	o, ok := m.limits(c)
	if !ok {
		return o, false
	}
	f, first := m.family, c.Args[0]
	switch size := streamed.FindStringSubmatch(first.Text); {
	case !first.Quoted:
		o.path = "update.zip"
		return o, f.one && first.Text == "1"
	case size != nil:
		o.size, _ = strconv.ParseInt(size[1], 10, 64) // nine digits always fit
		return o, f.stream && o.size <= fetch.MaxFile
	case fetched.MatchString(first.Text):
		scheme, rest, _ := strings.Cut(first.Text, ":")
		o.url = strings.ToLower(scheme) + ":" + rest
		if o.small() {
			return o, f.mini && len(first.Text) <= maxMiniURL
		}
		return o, len(first.Text) <= f.maxURL
	}
	var found bool
	if o.path, found = strings.CutPrefix(first.Text, f.folder); !found {
		o.path = base(first.Text)
		found = o.path != first.Text
	}
	return o, f.local && found && proper(o.path)
}

// limits reads what follows the address: the mode and how many lines may come.
func (m *Module) limits(c *Call) (order, bool) {
	mode, ok := c.Int(1, 1, 0, 1)
	reports, few := lines(c, 2)
	_, fewer := lines(c, 3) // of UPDATING: the module keeps to its own number (LTE Standard (A) V1.5, 7)
	o := order{hold: m.family.holds && mode == 0, reports: reports}
	return o, ok && few && fewer && len(c.Args)-1 <= m.family.parameters
}

// lines reads how many lines of progress are wanted: 0, or 5 to 100.
func lines(c *Call, i int) (int64, bool) {
	n, ok := c.Int(i, 0, 0, 100)
	return n, ok && (n == 0 || n >= 5)
}

// qind says a line of the update, if the host wants such lines.
func (m *Module) qind(name string, value string) {
	m.mu.Lock()
	wanted, at := m.settings.indicate["all"] != "0", m.settings.urcPort
	if m.options.Faults.Has(faultURCElsewhere) {
		at = portModem
	}
	m.mu.Unlock()
	if !wanted {
		return
	}
	text := `+QIND: "FOTA","` + name + `"`
	if value != "" {
		text += "," + value
	}
	for _, piece := range m.broken(text) {
		m.urcAt(at, piece)
	}
}

// ended says the end of a stage with its code.
func (m *Module) ended(stage string, code int) {
	m.note(func(s *State) { s.LastStage, s.LastEnd = stage, code })
	m.qind(stage, strconv.Itoa(code))
}

// fromStore takes a package that is in the file store.
func (m *Module) fromStore(c *Call, o order) {
	image, _ := m.files.get(o.path)
	m.arrived(c.shell.power, o, image)
}

// streamGap is how long the module waits for the next byte of a package that
// the host sends. [C]
const streamGap = 30 * time.Second

// fromPort takes a package as data at the port where it was ordered.
func (m *Module) fromPort(c *Call, o order) {
	c.shell.transparent(true)
	c.Data(frame(`+QIND: "FOTA","FILESTART"`))
	var image []byte
	steps := progress{most: o.reports, size: o.size, say: func(percent string) {
		c.Data(frame(`+QIND: "FOTA","DOWNLOADING",` + percent))
	}}
	stall := m.options.Faults.Int(faultUploadStalls, -1)
	got := c.Receive(o.size, streamGap, func(b byte) bool {
		if stall >= 0 && int64(len(image)) >= stall {
			<-c.Context().Done()
			return false
		}
		if m.dies(int64(len(image))) {
			c.shell.power.end(endRestart)
			<-c.Context().Done()
			return false
		}
		image = append(image, b)
		m.note(func(s *State) { s.Fetched = int64(len(image)) })
		steps.at(int64(len(image)))
		return true
	})
	c.Disconnect()
	if c.Context().Err() != nil {
		return
	}
	if got < o.size {
		m.ended("FILEEND", 500)
		m.drop()
		return
	}
	m.ended("FILEEND", 0)
	m.arrived(c.shell.power, o, image)
}

// progress says DOWNLOADING at most so many times.
type progress struct {
	most, size, told int64
	hundred          bool // percents instead of a count up to most
	say              func(percent string)
}

func (p *progress) at(got int64) {
	if p.most <= 0 || p.size <= 0 {
		return
	}
	for now := min(got, p.size) * p.most / p.size; p.told < now; {
		p.told++
		if p.hundred {
			p.say(strconv.FormatInt(p.told*100/p.most, 10))
		} else {
			p.say(strconv.FormatInt(p.told, 10))
		}
	}
}

// arrived judges a package and begins its installation.
func (m *Module) arrived(p *power, o order, image []byte) {
	sum := sha256.Sum256(image)
	m.weaken()
	h, code := m.judge(image)
	if free, _ := m.files.space(); code == 0 && o.path == "" && m.family.early && int64(len(image)) > free {
		code = endSpace
	}
	code = int(m.options.Faults.Int(faultEnd, int64(code)))
	m.mu.Lock()
	m.state.Fetched, m.state.FetchedSHA256 = int64(len(image)), hex.EncodeToString(sum[:])
	m.mu.Unlock()
	if code != 0 && code != endFailed && m.family.early {
		m.drop()
		m.ended("END", code)
		return
	}
	m.mu.Lock()
	m.job = &job{header: h, sum: hex.EncodeToString(sum[:]), code: code, accepted: true}
	m.state.Accepted = code == 0
	m.mu.Unlock()
	if !o.hold {
		p.end(endRestart)
	}
}
