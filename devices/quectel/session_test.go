package quectel

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/sim/atmodem"
)

func opened(t *testing.T, d devices.Driver, m module) devices.Session {
	t.Helper()
	s, err := d.Open(t.Context(), m.Address(), devices.Access{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestIdentity: what a module says about itself, with the card's number masked.
func TestIdentity(t *testing.T) {
	t.Parallel()
	m := newModule(t, atmodem.Options{Storage: 100000, BatteryMV: 3700, SignalCSQ: 17, ICCID: "89860117838000004321"})
	id, err := opened(t, quick(t), m).Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.Vendor != "Quectel" || id.Model != "EC25" || id.IMEI != m.State().IMEI || id.Firmware != m.State().Version() {
		t.Errorf("%+v", id)
	}
	if id.BatteryMV == nil || *id.BatteryMV != 3700 || id.SignalCSQ == nil || *id.SignalCSQ != 17 || id.FreeBytes == nil || *id.FreeBytes > 100000 {
		t.Errorf("%v %v %v", id.BatteryMV, id.SignalCSQ, id.FreeBytes)
	}
	if card := id.Extra["QCCID"]; !strings.HasSuffix(card, "4321") || strings.ContainsAny(card[:len(card)-4], "0123456789") {
		t.Errorf("the card is told as %q", card)
	}
}

// TestUploadCleans: a cancelled upload removes its file, an orphan of an earlier run is
// removed before the next, and what is delivered is what the module holds.
func TestUploadCleans(t *testing.T) {
	t.Parallel()
	orphan := map[string][]byte{"fbupd.zip": make([]byte, 60000), "theirs.pem": []byte("x")}
	m := newModule(t, atmodem.Options{Storage: 100000, Files: orphan})
	p := demo(t, "EC25", 80000)
	job := &devices.Job{Package: p, Method: devices.Local}
	s := opened(t, quick(t), m)
	why := errors.New("pressed cancel")
	ctx, cancel := context.WithCancelCause(t.Context())
	if _, err := s.Deliver(ctx, job, &stopper{at: 30000, stop: func() { cancel(why) }}); !errors.Is(err, why) {
		t.Fatalf("cancelled, but %v", err)
	}
	if names := m.FileNames(); len(names) != 1 || names[0] != "theirs.pem" {
		t.Errorf("after a cancel the module holds %q", names)
	}
	delivery, err := s.Deliver(t.Context(), job, &remarks{})
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := s.Verify(t.Context(), job, &remarks{})
	if err != nil || !strings.Contains(verdict.Answer, "+QFUPL: 80000,") {
		t.Errorf("%+v, %v", verdict, err)
	}
	if held, _ := m.File("fbupd.zip"); int64(len(held)) != p.Size() || delivery.Sent[0] != p.Files[0].Digests["sha256"] {
		t.Errorf("%d bytes held, sent %v", len(held), delivery.Sent)
	}
	if m.State().Restarts != 0 {
		t.Error("the module was restarted")
	}
}

// stopper is a report that stops a delivery at a byte.
type stopper struct {
	remarks
	at   int64
	stop func()
}

func (s *stopper) Progress(done, total int64) {
	if s.remarks.Progress(done, total); done >= s.at {
		s.stop()
	}
}

// TestNoRoom: a package that cannot fit is refused before a byte of it moves.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	m := newModule(t, atmodem.Options{Storage: 50000})
	r := &remarks{}
	_, err := opened(t, quick(t), m).Deliver(t.Context(), &devices.Job{Package: demo(t, "EC25", 80000), Method: devices.Local}, r)
	var e *devices.Error
	if !errors.As(err, &e) || e.Kind != devices.Space || e.Note != NoteRoom || r.top != 0 {
		t.Errorf("%v, progress %d", err, r.top)
	}
}

// TestLine: settings of the line that a module may have been left with do not matter,
// and are as they were afterwards.
func TestLine(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"ATE0", "ATV0", "ATQ1", "AT+CMEE=2", "ATE0V0", "ATE1V1+CMEE=0"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			m := newModule(t, atmodem.Options{})
			before := asked(t, m, command, "AT+CSQ", "AT+CPIN=\"x")
			s := opened(t, quick(t), m)
			if _, err := s.Identify(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if after := asked(t, m, "", "AT+CSQ", "AT+CPIN=\"x"); after != before {
				t.Errorf("it answered %q before and %q afterwards", before, after)
			}
		})
	}
}

// asked sends a setting and then questions, and gives the module's raw answers to the
// questions.
func asked(t *testing.T, m module, setting string, questions ...string) string {
	t.Helper()
	l, err := link.Open(t.Context(), m.Address(), link.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	said := func(text string) string {
		if _, err := l.Write(t.Context(), []byte(text+"\r")); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		for {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			buf := make([]byte, 512)
			n, err := l.Read(ctx, buf)
			cancel()
			got.Write(buf[:n])
			if err != nil {
				return got.String()
			}
		}
	}
	said("AT") // what the module says while it starts is past then
	if setting != "" {
		said(setting)
	}
	last := ""
	for range 100 {
		answers := ""
		for _, q := range questions {
			answers += said(q)
		}
		if answers == last {
			return answers // and whole, however slow this computer is
		}
		last = answers
	}
	t.Fatalf("it answers something else each time, last %q", last)
	return ""
}

// TestBadLine: on a line that loses a byte or turns a bit the upload is repeated until
// count and checksum are right; on one that damages each block it fails honestly.
func TestBadLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		orders link.Orders
		good   bool
	}{
		{"a byte is lost on the way there", link.Orders{ToDevice: link.Noise{DropAt: []int64{9000}}}, true},
		{"a bit is turned on the way there", link.Orders{ToDevice: link.Noise{FlipAt: []int64{9000}}}, true},
		{"an acknowledgement is lost", link.Orders{FromDevice: link.Noise{DropAt: []int64{900}}}, true},
		{"each block is damaged", link.Orders{Seed: 3, ToDevice: link.Noise{Flip: 4}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := quick(t).(*driver)
			open := d.open
			d.open = func(ctx context.Context, at devices.Address) (link.Link, error) {
				l, err := open(ctx, at)
				if err != nil {
					return nil, err
				}
				return link.Faulty(l, c.orders), nil
			}
			m := newModule(t, atmodem.Options{})
			p := demo(t, "EC25", 40000)
			proof, err := whole(t, d, m, &devices.Job{Package: p, Method: devices.Local}, &remarks{})
			if c.good && (err != nil || !proof.Installed) {
				t.Errorf("%+v, %v", proof, err)
			}
			if !c.good && (err == nil || m.State().Restarts != 0) {
				t.Errorf("a ruined line ends with %v, %+v", err, m.State())
			}
		})
	}
}

// TestREPL: a Python prompt is no AT port.
func TestREPL(t *testing.T) {
	t.Parallel()
	host, device := link.Pipe()
	defer device.Close()
	go func() {
		buf := make([]byte, 256)
		for {
			n, err := device.Read(context.Background(), buf)
			if err != nil {
				return
			}
			reply := string(buf[:n]) + "\nTraceback (most recent call last):\r\nNameError: name 'AT' isn't defined\r\n>>> "
			if _, err := device.Write(context.Background(), []byte(reply)); err != nil {
				return
			}
		}
	}()
	d := New(Config{Open: func(context.Context, devices.Address) (link.Link, error) { return host, nil }})
	s, err := d.Open(t.Context(), "COM9", devices.Access{})
	var e *devices.Error
	if !errors.As(err, &e) || e.Kind != devices.Unsupported || e.Note != "at.repl" || e.At != "COM9" {
		t.Errorf("%v, %v", s, err)
	}
}

// TestUART: on a line that no restart closes, Open follows the module through its
// installation and says how far it is, with the reason if it says no.
func TestUART(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		order string
		why   devices.Code
	}{{"", ""}, {"end=505", "quectel.end.package"}} {
		t.Run(c.order, func(t *testing.T) {
			t.Parallel()
			var orders []string
			if c.order != "" {
				orders = []string{c.order}
			}
			m := newModule(t, atmodem.Options{Install: 2 * time.Second}, orders...)
			p := demo(t, "EC25", 20000)
			job := &devices.Job{Package: p, Method: devices.Local}
			d := quick(t)
			s := opened(t, d, m)
			if _, err := s.Deliver(t.Context(), job, &remarks{}); err != nil {
				t.Fatal(err)
			}
			if err := s.Install(t.Context(), job, &remarks{}); err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
			until(t, "it updates", func() bool { return m.State().Mode == atmodem.Updating && m.State().Present })
			var percents []int
			var said devices.Said
			again, err := d.Open(t.Context(), m.Address(), devices.Access{
				Installing: func(n int) { percents = append(percents, n) }, Said: func(s devices.Said) { said = s },
				Wanted: &devices.Identity{Model: "EC25"},
			})
			// The port goes away with the restart at the end; that is no answer yet.
			if err == nil {
				_ = again.Close()
			} else if !errors.Is(err, devices.Lost) {
				t.Errorf("open while it installs: %v", err)
			}
			if said.Why != c.why || said.HasCode != (c.why != "") || c.why != "" && (said.Code != 505 || said.Words != `+QIND: "FOTA","END",505`) {
				t.Errorf("it said %+v", said)
			}
			if len(percents) < 3 {
				t.Fatalf("only the percents %v were heard", percents)
			}
			for i := range percents[1:] {
				if percents[i+1] <= percents[i] {
					t.Errorf("the percents fall: %v", percents)
				}
			}
			if proof := proved(t, d, m, job); proof.Installed != (c.order == "") {
				t.Errorf("%+v", proof)
			}
		})
	}
}
