package at

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

func random(n int) []byte {
	b := make([]byte, n)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < n; i++ {
		b[i] = byte(r.Uint32())
	}
	return b
}

// upload is a Send whose device is told by the peer's answer.
func upload(data []byte, progress func(int64)) Upload {
	return Upload{
		Command: Command{Text: fmt.Sprintf(`AT+QFUPL="x",%d,5,1`, len(data)), Prefix: "+QFUPL:"},
		Body:    bytes.NewReader(data), Size: int64(len(data)), Block: 1024, Window: 2048, Gap: 5 * time.Second,
		Progress: progress,
	}
}

// TestSend: sizes around the block arrive whole, whether the tail is acknowledged or
// not, and with unsolicited lines between the acknowledgements.
func TestSend(t *testing.T) {
	for _, size := range []int{1, 1023, 1024, 1025, 2048, 5000} {
		for _, tail := range []string{"", "A"} {
			synctest.Test(t, func(t *testing.T) {
				data := random(size)
				var got []byte
				client, p := paired(t, true, nil)
				p.answer = func(line string) string {
					if line == "AT+GSN" {
						return "\r\n86\r\nOK\r\n"
					}
					p.echo = false // data mode does not echo
					p.say("\r\nCONNECT\r\n")
					got = p.data(size/2, 1024, time.Minute)
					p.say("\r\nAPP RDY\r\n")
					rest := p.data(size-len(got), 1024, time.Minute)
					got = append(got, rest...)
					return fmt.Sprintf("%s\r\n+QFUPL: %d,abcd\r\n\r\nOK\r\n", tail, size)
				}
				feed := client.Subscribe(nil)
				last, falls := int64(-1), false
				r, err := client.Send(t.Context(), upload(data, func(n int64) { falls = falls || n < last; last = n }))
				if err != nil || !bytes.Equal(got, data) || len(r.Lines) != 1 || r.Sent != int64(size) {
					t.Fatalf("%d bytes: %d arrived, %q, sent %d, %v", size, len(got), r.Lines, r.Sent, err)
				}
				if last != int64(size) || falls {
					t.Errorf("%d bytes: progress ended at %d, fell: %v", size, last, falls)
				}
				if line, err := feed.Next(t.Context()); line != "APP RDY" {
					t.Errorf("heard %q, %v", line, err)
				}
				if r, err := client.Do(t.Context(), Command{Text: "AT+GSN", Plain: true}); err != nil || len(r.Lines) != 1 {
					t.Errorf("afterwards: %q, %v", r.Lines, err)
				}
			})
		}
	}
}

// TestSendWindow: no more is on its way than the window.
func TestSendWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, p := paired(t, false, nil)
		inFlight := 0
		p.answer = func(string) string {
			p.say("\r\nCONNECT\r\n")
			time.Sleep(time.Second)
			buf := make([]byte, 8192)
			for got := 0; got < 8192; got += 1024 {
				inFlight = max(inFlight, len(p.buf))
				for len(p.buf) < 1024 {
					n, err := p.l.Read(context.Background(), buf)
					if err != nil {
						return ""
					}
					p.buf = append(p.buf, buf[:n]...)
				}
				time.Sleep(time.Second)
				p.buf = p.buf[1024:]
				p.say("A")
			}
			return "\r\n+QFUPL: 8192,0\r\nOK\r\n"
		}
		if _, err := client.Send(t.Context(), upload(random(8192), nil)); err != nil {
			t.Fatal(err)
		}
		if inFlight > 2048 {
			t.Errorf("%d bytes were on their way", inFlight)
		}
	})
}

// TestSendRefused: a device that refuses, or asks for nothing, gets no data.
func TestSendRefused(t *testing.T) {
	for _, c := range []struct {
		says string
		kind devices.Kind
	}{{"\r\n+CME ERROR: 403\r\n", devices.Refused}, {"\r\nOK\r\n", devices.Protocol}, {"", devices.Timeout}} {
		synctest.Test(t, func(t *testing.T) {
			client, p := paired(t, false, func(string) string { return c.says })
			r, err := client.Send(t.Context(), upload(random(100), nil))
			if !errors.Is(err, c.kind) || r.Sent != 0 {
				t.Errorf("%q gives %v, %d bytes sent", c.says, err, r.Sent)
			}
			synctest.Wait()
			if len(p.lines) != 1 {
				t.Errorf("the device heard %q", p.lines)
			}
		})
	}
}

// TestSendEndsEarly: a device that gives up is no error of the line; the numbers tell.
func TestSendEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, p := paired(t, false, nil)
		p.answer = func(string) string {
			p.say("\r\nCONNECT\r\n")
			got := p.data(1<<20, 0, 5*time.Second)
			return fmt.Sprintf("\r\n+QFUPL: %d,0\r\n\r\nOK\r\n", len(got))
		}
		r, err := client.Send(t.Context(), upload(random(9000), nil))
		if err != nil || r.Sent != 2048 || r.Acked != 0 || len(r.Lines) != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestSendCancelled: a cancelled upload leaves data mode before Send returns, by +++
// or by the pause, so that commands are commands again.
func TestSendCancelled(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			client, p := paired(t, false, nil)
			p.answer = func(line string) string {
				if line == "AT+GSN" || line == "AT" {
					return "\r\n86\r\nOK\r\n"
				}
				p.say("\r\nCONNECT\r\n")
				got := p.data(1<<20, 1024, 5*time.Second)
				if deaf {
					p.data(1<<20, 0, 5*time.Second) // +++ was data to it
				}
				return fmt.Sprintf("\r\n+QFUPL: %d,0\r\n\r\nOK\r\n", len(got))
			}
			cause := errors.New("pressed cancel")
			ctx, cancel := context.WithCancelCause(t.Context())
			begun := time.Now()
			_, err := client.Send(ctx, upload(random(1<<20), func(n int64) {
				if n > 100000 {
					cancel(cause)
				}
			}))
			if took := time.Since(begun); !errors.Is(err, cause) || took > 12*time.Second {
				t.Errorf("after %s: %v", took, err)
			}
			if r, err := client.Do(t.Context(), Command{Text: "AT+GSN", Plain: true}); err != nil || len(r.Lines) != 1 {
				t.Errorf("afterwards: %q, %v", r.Lines, err)
			}
		})
	}
}

// TestSendShortBody: a file that shrank is not filled up with anything.
func TestSendShortBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, p := paired(t, false, nil)
		p.answer = func(string) string {
			p.say("\r\nCONNECT\r\n")
			p.data(1<<20, 1024, 5*time.Second)
			return "\r\n+QFUPL: 1,0\r\n\r\nOK\r\n"
		}
		u := upload(random(3000), nil)
		u.Size = 4000
		if _, err := client.Send(t.Context(), u); !errors.Is(err, devices.Integrity) {
			t.Errorf("a short body gives %v", err)
		}
	})
}

// TestPrompt: a device may ask for data with "> ".
func TestPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, p := paired(t, false, nil)
		var got []byte
		p.answer = func(string) string {
			p.say("\r\n> ")
			got = p.data(10, 0, time.Minute)
			return "\r\nOK\r\n"
		}
		data := random(10)
		u := Upload{Command: Command{Text: "AT+SEND=10"}, Body: bytes.NewReader(data), Size: 10, Gap: time.Second}
		if _, err := client.Send(t.Context(), u); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%x arrived, %v", got, err)
		}
	})
}

// TestPromptAcknowledged: the blank behind the prompt does not hide acknowledgements.
func TestPromptAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, p := paired(t, false, nil)
		var got []byte
		p.answer = func(string) string {
			p.say("\r\n> ")
			got = p.data(5000, 1024, time.Minute)
			return "\r\n+QFUPL: 5000,0\r\n\r\nOK\r\n"
		}
		data := random(5000)
		if r, err := client.Send(t.Context(), upload(data, nil)); err != nil || !bytes.Equal(got, data) || r.Acked != 4096 {
			t.Errorf("%d bytes arrived, %d acknowledged, %v", len(got), r.Acked, err)
		}
	})
}
