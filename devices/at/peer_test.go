package at

import (
	"context"
	"strings"
	"testing"
	"time"

	"fotabench/devices/link"
)

// peer is the device's end of a link in memory. say answers one command line, or the
// bytes of data mode; the tests run in a bubble of synctest, where waiting costs nothing.
type peer struct {
	t    *testing.T
	l    link.Link
	buf  []byte
	echo bool
	// answer gives the bytes that follow a command line.
	answer func(line string) string
	lines  []string
}

// paired gives a client whose peer answers.
func paired(t *testing.T, echo bool, answer func(line string) string) (*Client, *peer) {
	t.Helper()
	host, device := link.Pipe()
	p := &peer{t: t, l: device, echo: echo, answer: answer}
	c := New(host, Options{Unsolicited: []string{"Last upgrade"}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.run()
	}()
	t.Cleanup(func() {
		_ = c.Close(context.Background())
		_ = device.Close()
		<-done
	})
	return c, p
}

func (p *peer) run() {
	for {
		line, err := p.line()
		if err != nil {
			return
		}
		p.lines = append(p.lines, line)
		p.say(p.answer(line))
	}
}

func (p *peer) say(text string) {
	if _, err := p.l.Write(context.Background(), []byte(text)); err != nil {
		return
	}
}

// line reads up to a carriage return, echoing as a modem does.
func (p *peer) line() (string, error) {
	for {
		if before, after, ok := strings.Cut(string(p.buf), "\r"); ok {
			p.buf = []byte(after)
			return strings.TrimPrefix(before, "\n"), nil
		}
		if err := p.fill(); err != nil {
			return "", err
		}
	}
}

func (p *peer) fill() error {
	chunk := make([]byte, 1024)
	n, err := p.l.Read(context.Background(), chunk)
	if err != nil {
		return err
	}
	if p.echo {
		p.say(string(chunk[:n]))
	}
	p.buf = append(p.buf, chunk[:n]...)
	return nil
}

// data takes n bytes in data mode, acknowledging each block, or what came before a
// pause of gap.
func (p *peer) data(n, block int, gap time.Duration) []byte {
	var got []byte
	acked := 0
	for len(got) < n {
		ctx, cancel := context.WithTimeout(context.Background(), gap)
		chunk := make([]byte, n-len(got))
		k, err := p.l.Read(ctx, chunk)
		cancel()
		if err != nil {
			return got
		}
		got = append(got, chunk[:k]...)
		if strings.HasSuffix(string(got), escape) {
			return got[:len(got)-len(escape)]
		}
		for block > 0 && acked < len(got)/block {
			acked++
			p.say("A")
		}
	}
	return got
}

// modem answers the commands of Sync, and others by table.
func modem(table map[string]string) func(string) string {
	return func(line string) string {
		if answer, ok := table[line]; ok {
			return answer
		}
		switch line {
		case "AT", "AT+CMEE=1":
			return "\r\nOK\r\n"
		case "AT+CMEE?":
			return "\r\n+CMEE: 1\r\n\r\nOK\r\n"
		}
		return "\r\nERROR\r\n"
	}
}
