package quecthing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/packages"
)

// peer is a module at the other end of a link in memory that answers as a test says.
type peer struct {
	t      testing.TB
	link   link.Link
	answer func(p *peer, command string) string
	echo   bool
	mode   string // AT+QIOTREG
	state  string // AT+QIOTSTATE

	mu   sync.Mutex
	said []string
}

// known is what every peer answers that says nothing of its own: lines before OK, or
// ERROR.
func (p *peer) known(command string) string {
	lines := map[string]string{
		"AT+CGMI": "Quectel", "AT+CGMM": "EG25", "AT+QGMR": "EG25GGBR07A08M2G_01.002.01.002", "AT+GSN": "867698040000018",
		"AT+CBC": "+CBC: 0,80,3850", "AT+CSQ": "+CSQ: 24,99", "AT+QIOTOTAREQ=?": "+QIOTOTAREQ: (0,1)",
		"AT+QIOTREG?": "+QIOTREG: " + p.mode, "AT+QIOTSTATE?": "+QIOTSTATE: " + p.state, "AT+QIOTMCUVER?": `+QIOTMCUVER: "STM32","1_0_0"`,
	}
	if line := lines[command]; line != "" {
		return line + "\r\n\r\nOK"
	}
	return "OK"
}

// say sends lines that nobody asked for.
func (p *peer) say(lines ...string) {
	for _, line := range lines {
		p.write("\r\n" + line + "\r\n")
	}
}

func (p *peer) write(text string) {
	_, _ = p.link.Write(context.Background(), []byte(text)) // a link that is closed hears nothing
}

// heard are the commands so far.
func (p *peer) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.said)
}

// serve answers until the link is closed.
func (p *peer) serve() {
	var line []byte
	for b := make([]byte, 256); ; {
		n, err := p.link.Read(context.Background(), b)
		for _, c := range b[:n] {
			if p.echo {
				p.write(string(c))
			}
			if c != '\r' {
				line = append(line, c)
				continue
			}
			command := string(bytes.TrimSpace(line))
			line = nil
			if !strings.HasPrefix(command, "AT") {
				continue
			}
			p.mu.Lock()
			p.said = append(p.said, command)
			p.mu.Unlock()
			text := p.answer(p, command)
			if text == "" {
				text = p.known(command)
			}
			p.write("\r\n" + text + "\r\n")
		}
		if err != nil {
			return
		}
	}
}

// against runs a test with a driver whose only device is p, in time of its own.
func against(t *testing.T, p *peer, do func(t *testing.T, d *Driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := link.Pipe()
		p.t, p.link = t, theirs
		if p.mode == "" {
			p.mode, p.state = "0", "0"
		}
		var work sync.WaitGroup
		work.Go(p.serve)
		d := New(Config{Open: func(context.Context, devices.Address) (link.Link, error) { return ours, nil }})
		do(t, d)
		_ = ours.Close()
		_ = theirs.Close()
		work.Wait()
	})
}

// platform is a peer whose platform has one plan.
func platform(plan string, more func(p *peer, command string) string) func(p *peer, command string) string {
	return func(p *peer, command string) string {
		if text := more(p, command); text != "" {
			return text
		}
		switch command {
		case "AT+QIOTREG=1":
			p.say("+QIOTEVT: 2,10200", "+QIOTEVT: 3,10200")
		case "AT+QIOTOTAREQ=1":
			p.say(plan)
		}
		return ""
	}
}

func nothing(*peer, string) string { return "" }

const (
	fotaPlan = `+QIOTEVT: 7,10700,"app","","V2",30,-97,698000`
	sotaPlan = `+QIOTEVT: 7,10700,"STM32","","2_0_0",30,-113,10`
)

// TestATNoise: what a module logs and says unasked before each answer is no answer, and a
// question that only such lines followed is asked again.
func TestATNoise(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	p := &peer{answer: func(p *peer, command string) string {
		noise := "\x1b[33m[W] net: pdp 1 reactivated\x1b[0m\r\n\r\n\xd0\xc5\xba\xc5\r\n\r\n+CREG: 1\r\n\r\n"
		if asked[command]++; asked[command] == 1 && command == "AT+QGMR" {
			return noise + "OK"
		}
		return noise + p.known(command)
	}}
	against(t, p, func(t *testing.T, d *Driver) {
		s, err := d.Open(t.Context(), "here", devices.Access{})
		if err != nil {
			t.Fatal(err)
		}
		id, err := s.Identify(t.Context())
		if err != nil || id.Vendor != "Quectel" || id.Model != "EG25" || id.Firmware != "EG25GGBR07A08M2G_01.002.01.002" || id.IMEI != "867698040000018" || *id.BatteryPercent != 80 {
			t.Errorf("%+v, %v", id, err)
		}
	})
}

// TestATPutsBack: the mode of the connection is left as it was found, and a connection
// that was there stays.
func TestATPutsBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode, state string
		want        []string // of AT+QIOTREG=
	}{
		"off":             {"0", "0", []string{"AT+QIOTREG=1", "AT+QIOTREG=0"}},
		"by itself":       {"2", "7", []string{"AT+QIOTREG=1", "AT+QIOTREG=2"}},
		"by hand":         {"1", "4", []string{"AT+QIOTREG=1"}},
		"there already":   {"2", "8", nil},
		"said to be, off": {"0", "8", []string{"AT+QIOTREG=1", "AT+QIOTREG=0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &peer{mode: c.mode, state: c.state, answer: platform(fotaPlan, nothing)}
			against(t, p, func(t *testing.T, d *Driver) {
				id, offers, err := d.Offers(t.Context(), "here", devices.Access{})
				if err != nil || len(offers) != 1 || id.IMEI != "867698040000018" || *id.BatteryPercent != 80 || *id.SignalCSQ != 24 {
					t.Fatalf("%+v, %+v, %v", id, offers, err)
				}
				var got []string
				for _, command := range p.heard() {
					if strings.HasPrefix(command, "AT+QIOTREG=") {
						got = append(got, command)
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%q, not %q", got, c.want)
				}
			})
		})
	}
}

// TestATKnowsParts: a plan for a part that the module was told of before is no plan
// for the module.
func TestATKnowsParts(t *testing.T) {
	t.Parallel()
	p := &peer{answer: platform(sotaPlan, nothing)}
	against(t, p, func(t *testing.T, d *Driver) {
		_, offers, err := d.Offers(t.Context(), "here", devices.Access{})
		if err != nil || len(offers) != 1 || offers[0].Package.Manifest.Component != packages.SOTA {
			t.Fatalf("%+v, %v", offers, err)
		}
		if err := d.Refuse(t.Context(), "here", devices.Access{}, offers[0]); err == nil {
			t.Error("refused on a link that is closed")
		}
	})
	if slices.Contains(p.heard(), "AT+QIOTUPDATE=1") {
		t.Error("asking has accepted")
	}
}

// TestATSettings: what is set reaches the module quoted, and a refusal names what was
// refused without it.
func TestATSettings(t *testing.T) {
	t.Parallel()
	a := devices.Access{Platform: &devices.Platform{
		ProductKey: "p11", ProductSecret: "hunter2hunter2", Server: "mqtts://platform.example:8883",
		APN: &devices.APN{Name: "cmiot", User: "u", Password: "hunter3hunter3", IPType: 1},
	}}
	for name, c := range map[string]struct {
		refuse string
		note   devices.Code
	}{
		"nothing": {"never", ""}, "product": {`AT+QIOTCFG="productinfo"`, NoteProduct}, "server": {`AT+QIOTCFG="server"`, NoteServer},
		"apn": {"AT+QICSGP", NoteAPN}, "connection": {"AT+QIOTREG=1", NoteStart}, "request": {"AT+QIOTOTAREQ=1", NoteRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &peer{echo: true, answer: platform(fotaPlan, func(_ *peer, command string) string {
				if strings.HasPrefix(command, c.refuse) {
					return "ERROR"
				}
				return ""
			})}
			against(t, p, func(t *testing.T, d *Driver) {
				id, offers, err := d.Offers(t.Context(), "here", a)
				if c.note == "" && err != nil || c.note != "" && !refusedAs(err, c.note) {
					t.Errorf("%v", err)
				}
				var e *devices.Error
				_ = errors.As(err, &e)
				if text := fmt.Sprintf("%v %+v %+v %+v", err, e, id, offers); strings.Contains(text, "hunter") {
					t.Errorf("a secret is told: %s", text)
				}
			})
			if c.note != "" {
				return
			}
			for _, want := range []string{
				`AT+QIOTCFG="productinfo","p11","hunter2hunter2"`, `AT+QIOTCFG="server",1,"mqtts://platform.example:8883"`, `AT+QICSGP=1,2,"cmiot","u","hunter3hunter3"`,
			} {
				if !slices.Contains(p.heard(), want) {
					t.Errorf("%s was not sent: %q", want, p.heard())
				}
			}
		})
	}
}

// TestATModule: how a module's own update ends, by what it says.
func TestATModule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says     []string
		note     devices.Code
		installs bool
	}{
		"fails":            {[]string{"+QIOTEVT: 7,10702", "+QIOTEVT: 7,10706"}, NoteResultBefore, false},
		"restarts":         {[]string{"+QIOTEVT: 7,10702", "+QIOTEVT: 7,10704", "RDY"}, "", true},
		"never ends":       {[]string{"+QIOTEVT: 7,10702"}, NoteSilent, false},
		"among other talk": {[]string{"+QIOTEVT: 5,10200,4", "+QIOTEVT: 7,107", "+CREG: 1", "RDY"}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &peer{answer: platform(fotaPlan, func(p *peer, command string) string {
				if command == "AT+QIOTUPDATE=1" {
					p.say(c.says...)
				}
				return ""
			})}
			against(t, p, func(t *testing.T, d *Driver) {
				s, err := d.Open(t.Context(), "here", devices.Access{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				one := plan{kind: packages.FOTA, component: "app", target: "V2"}
				delivery, err := s.Deliver(t.Context(), &devices.Job{Package: one.offer().Package, Method: devices.Plan}, &journal{})
				if delivery.Installing != c.installs || c.note != "" && !refusedAs(err, c.note) || c.note == "" && err != nil {
					t.Errorf("%+v, %v", delivery, err)
				}
				if stopped := slices.Contains(p.heard(), "AT+CFUN=1,1"); stopped != (c.note == NoteSilent) {
					t.Errorf("restarted by us: %v", stopped)
				}
			})
		})
	}
}

// TestATBlocks: an MCU's firmware is whole and in order, or it is not taken.
func TestATBlocks(t *testing.T) {
	t.Parallel()
	start := `+QIOTEVT: 7,10701,"STM32",10,"781e5e245d69b566979b86e28d23f2c7",1766791967`
	const data = "0123456789"
	for name, c := range map[string]struct {
		says []string
		lose int // answers that come short
		note devices.Code
	}{
		"whole":           {[]string{`+QIOTEVT: 7,10703,"STM32",10,0,10`}, 0, ""},
		"short at first":  {[]string{`+QIOTEVT: 7,10703,"STM32",10,0,10`}, 2, ""},
		"always short":    {[]string{`+QIOTEVT: 7,10703,"STM32",10,0,10`}, 99, NoteBlock},
		"not from 0 on":   {[]string{`+QIOTEVT: 7,10703,"STM32",10,5,5`}, 0, NoteBlock},
		"of another size": {[]string{`+QIOTEVT: 7,10703,"STM32",11,0,10`}, 0, NoteBlock},
		"fails":           {[]string{"+QIOTEVT: 7,10706"}, 0, NoteResultBefore},
		"restarts":        {[]string{"RDY"}, 0, NoteGone},
		"nothing comes":   {nil, 0, NoteSilent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &peer{answer: platform(sotaPlan, func(p *peer, command string) string {
				switch {
				case command == "AT+QIOTUPDATE=1":
					p.say(append([]string{start}, c.says...)...)
				case strings.HasPrefix(command, "AT+QIOTOTARD="):
					if c.lose--; c.lose >= 0 {
						return "+QIOTOTARD: 0,10\r\n" + data[:7]
					}
					return "+QIOTOTARD: 0,10\r\n" + data + "\r\n\r\nOK"
				}
				return ""
			})}
			against(t, p, func(t *testing.T, d *Driver) {
				beside := &mcu{version: "1_0_0"}
				d.config.MCU = beside
				s, err := d.Open(t.Context(), "here", devices.Access{Platform: &devices.Platform{MCU: []devices.MCU{{Component: "STM32"}}}})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				one := plan{kind: packages.SOTA, component: "STM32", target: "2_0_0", space: 10}
				_, err = s.Deliver(t.Context(), &devices.Job{Package: one.offer().Package, Method: devices.Plan}, &journal{})
				if c.note == "" && err != nil || c.note != "" && !refusedAs(err, c.note) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// TestATCancel: before the plan is accepted a cancel leaves nothing, afterwards it
// restarts the module.
func TestATCancel(t *testing.T) {
	t.Parallel()
	cause := errors.New("the person pressed cancel")
	for name, c := range map[string]struct {
		at       string
		restarts bool
	}{"before": {"AT+QIOTOTAREQ=1", false}, "after": {"AT+QIOTUPDATE=1", true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(context.Background())
			p := &peer{answer: platform(fotaPlan, func(_ *peer, command string) string {
				if command == c.at {
					time.AfterFunc(3*time.Second, func() { cancel(cause) })
				}
				return ""
			})}
			against(t, p, func(t *testing.T, d *Driver) {
				d.budgets.more = 5 * time.Second
				s, err := d.Open(t.Context(), "here", devices.Access{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				one, report := plan{kind: packages.FOTA, component: "app", target: "V2"}, &journal{}
				_, err = s.Deliver(ctx, &devices.Job{Package: one.offer().Package, Method: devices.Plan}, report)
				if !errors.Is(err, cause) || report.has(NoteCancelRestart) != c.restarts {
					t.Errorf("%v, %v", err, report.notes)
				}
			})
			if accepted := slices.Contains(p.heard(), "AT+QIOTUPDATE=1"); accepted != c.restarts {
				t.Errorf("accepted: %v", accepted)
			}
		})
	}
}
