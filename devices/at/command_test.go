package at

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// TestAnswers: an answer is told from echo, unsolicited lines and junk around it.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		echo    bool
		command Command
		says    string
		want    []string
		urcs    []string
	}{
		{"prefix", false, Command{Text: "AT+CSQ", Prefix: "+CSQ:"}, "\r\n+CSQ: 20,99\r\n\r\nOK\r\n", []string{"+CSQ: 20,99"}, nil},
		{"echo", true, Command{Text: "AT+CSQ", Prefix: "+CSQ:"}, "\r\n+CSQ: 20,99\r\n\r\nOK\r\n", []string{"+CSQ: 20,99"}, nil},
		{"plain with echo", true, Command{Text: "AT+GSN", Plain: true}, "\r\n867000000000001\r\n\r\nOK\r\n", []string{"867000000000001"}, nil},
		{"unsolicited before", false, Command{Text: "AT+CSQ", Prefix: "+CSQ:"}, "\r\nRDY\r\n\r\n+CSQ: 1,1\r\n\r\nOK\r\n", []string{"+CSQ: 1,1"}, []string{"RDY"}},
		{"unsolicited within", false, Command{Text: "ATI", Plain: true}, "\r\nQuectel\r\n\r\n+QIND: \"csq\",3,0\r\nEC25\r\nRevision: X\r\n\r\nOK\r\n", []string{"Quectel", "EC25", "Revision: X"}, []string{`+QIND: "csq",3,0`}},
		{"known to the user", false, Command{Text: "ATI", Plain: true}, "\r\nLast upgrade was not finished\r\nEC25\r\nOK\r\n", []string{"EC25"}, []string{"Last upgrade was not finished"}},
		{"no answer wanted", false, Command{Text: "AT+QFDEL"}, "\r\n+QIURC: 1\r\n\r\nOK\r\n", nil, []string{"+QIURC: 1"}},
		{"a call ends meanwhile", false, Command{Text: "AT+CSQ", Prefix: "+CSQ:"}, "\r\nNO CARRIER\r\n+CSQ: 2,2\r\nOK\r\n", []string{"+CSQ: 2,2"}, []string{"NO CARRIER"}},
		{"zero bytes", false, Command{Text: "AT+CSQ", Prefix: "+CSQ:"}, "\x00\r\n\x00+CSQ: 5,5\r\nOK\r\n", []string{"+CSQ: 5,5"}, nil},
		{"a line without end", false, Command{Text: "AT+CSQ", Prefix: "+CSQ:"}, "\r\n" + strings.Repeat("OK", 40<<10) + "\r\n+CSQ: 6,6\r\nOK\r\n", []string{"+CSQ: 6,6"}, nil},
		{"the beginning of such a line", false, Command{Text: "AT+CSQ", Prefix: "+CSQ:"}, "\r\n+CSQ: 1,1" + strings.Repeat("x", 40<<10) + "\r\n+CSQ: 7,7\r\nOK\r\n", []string{"+CSQ: 7,7"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, _ := paired(t, c.echo, modem(map[string]string{c.command.Text: c.says}))
				feed := client.Subscribe(nil)
				r, err := client.Do(t.Context(), c.command)
				if err != nil || !slices.Equal(r.Lines, c.want) || r.Final.Kind != OK {
					t.Errorf("answer %q, %v, %v; want %q", r.Lines, r.Final, err, c.want)
				}
				for _, want := range c.urcs {
					if got, err := feed.Next(t.Context()); got != want {
						t.Errorf("unsolicited %q, %v; want %q", got, err, want)
					}
				}
			})
		})
	}
}

// TestRefusals: each final result has its kind, number and remedy; an error names the
// command without its arguments.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		says string
		note devices.Code
		code int
	}{
		{"ERROR", NoteError, -1},
		{"+CME ERROR: 10", NoteNoSIM, 10},
		{"+CME ERROR: SIM not inserted", NoteNoSIM, 10},
		{"+CME ERROR: 405", NoteCME, 405},
		{"+CME ERROR: strange words", NoteCMEText, -1},
		{"+CME ERROR: 99999999", NoteCMEText, -1},
		{"+CMS ERROR: 500", NoteCMS, 500},
	} {
		synctest.Test(t, func(t *testing.T) {
			const text = `AT+QFOTADL="ftp://user:secret@host/x"`
			client, _ := paired(t, false, modem(map[string]string{text: "\r\n" + c.says + "\r\n"}))
			_, err := client.Do(t.Context(), Command{Text: text})
			var e *devices.Error
			if !errors.As(err, &e) || !errors.Is(err, devices.Refused) || e.Note != c.note || e.Code != c.code && e.HasCode {
				t.Errorf("%s gives %v", c.says, err)
			}
			if text := fmt.Sprint(err, e.Args); strings.Contains(text, "secret") || !strings.Contains(text, "AT+QFOTADL") {
				t.Errorf("%s gives the error %q", c.says, text)
			}
		})
	}
}

// TestQueriesAgain: a query is sent again when the module is busy, its answer is
// damaged or missing; a command that acts is sent once.
func TestQueriesAgain(t *testing.T) {
	for _, says := range []string{"\r\n+CME ERROR: 14\r\n", "\r\nOK\r\n", "\r\n+C\x01Q: 3,0\r\n\r\nOK\r\n", ""} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			client, _ := paired(t, false, func(line string) string {
				if line != "AT+CSQ" {
					return modem(nil)(line)
				}
				if asked++; asked == 1 {
					return says
				}
				return "\r\n+CSQ: 9,9\r\n\r\nOK\r\n"
			})
			r, err := client.Do(t.Context(), Command{Text: "AT+CSQ", Prefix: "+CSQ:", Query: true})
			synctest.Wait()
			if err != nil || len(r.Lines) != 1 || asked != 2 {
				t.Errorf("after %q: %q, %v, asked %d times", says, r.Lines, err, asked)
			}
			asked = 0
			_, err = client.Do(t.Context(), Command{Text: "AT+CSQ", Prefix: "+CSQ:"})
			if synctest.Wait(); asked != 1 {
				t.Errorf("a command was sent %d times: %v", asked, err)
			}
		})
	}
}

// TestLateAnswer: an answer that comes after its time-out is not the next command's.
func TestLateAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, p := paired(t, false, nil)
		p.answer = func(line string) string {
			switch line {
			case "AT+QFLDS":
				go func() {
					time.Sleep(5100 * time.Millisecond)
					p.say("\r\n+CME ERROR: 400\r\n")
				}()
				return ""
			case "AT+GSN":
				return "\r\n867000000000001\r\n\r\nOK\r\n"
			}
			return modem(nil)(line)
		}
		if _, err := client.Do(t.Context(), Command{Text: "AT+QFLDS"}); !errors.Is(err, devices.Timeout) {
			t.Errorf("no answer gives %v", err)
		}
		r, err := client.Do(t.Context(), Command{Text: "AT+GSN", Plain: true})
		if err != nil || len(r.Lines) != 1 {
			t.Errorf("the next command got %q, %v", r.Lines, err)
		}
	})
}

// TestEnds: the end of ctx and of the link end a command, each with its own word.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, p := paired(t, false, func(string) string { return "" })
		cause := errors.New("pressed cancel")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if _, err := client.Do(ctx, Command{Text: "AT+CSQ"}); !errors.Is(err, cause) {
			t.Errorf("cancelled, but %v", err)
		}
		feed := client.Subscribe(nil)
		time.AfterFunc(time.Second, func() { _ = p.l.Close() })
		if _, err := feed.Next(t.Context()); !errors.Is(err, devices.Lost) {
			t.Errorf("a lost link is %v", err)
		}
		if _, err := client.Do(t.Context(), Command{Text: "AT"}); !errors.Is(err, devices.Lost) {
			t.Errorf("a command on a lost link: %v", err)
		}
		if _, err := client.Subscribe(nil).Next(t.Context()); !errors.Is(err, devices.Lost) {
			t.Errorf("a feed of a lost link: %v", err)
		}
	})
}

// TestClosed: Close may come at any moment and more than once.
func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := paired(t, false, func(string) string { return "" })
		ended := make(chan error, 1)
		go func() {
			_, err := client.Do(t.Context(), Command{Text: "AT+X", Wait: time.Hour})
			ended <- err
		}()
		time.Sleep(time.Second)
		for range 2 {
			if err := client.Close(t.Context()); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		if err := <-ended; !errors.Is(err, devices.Lost) {
			t.Errorf("the command under way ended with %v", err)
		}
	})
}

// TestQuote: what AT cannot express, or a shell could, is refused before it is sent.
func TestQuote(t *testing.T) {
	if got, err := Quote("http://host/x.bin"); got != `"http://host/x.bin"` || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{`a"b`, "a\rb", "a\nb", "a`b", "a\x1bb", "a\x00b", "固件", "a\x7f"} {
		if got, err := Quote(bad); !errors.Is(err, devices.Unsupported) {
			t.Errorf("%q is quoted as %s, %v", bad, got, err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		client, p := paired(t, false, modem(nil))
		for _, bad := range []string{"AT\rATZ", "AT\n", "AT+X=\"固\"", strings.Repeat("A", maxCommand+1)} {
			if _, err := client.Do(t.Context(), Command{Text: bad}); !errors.Is(err, devices.Unsupported) {
				t.Errorf("%.20q was sent: %v", bad, err)
			}
		}
		synctest.Wait()
		if len(p.lines) != 0 {
			t.Errorf("the device heard %q", p.lines)
		}
	})
}

// TestFlood: a feed that nobody reads is bounded and says that it missed lines.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, p := paired(t, false, modem(nil))
		feed := client.Subscribe(func(line string) bool { return strings.HasPrefix(line, "+QIND") })
		p.say(strings.Repeat("+QIURC: 1\r\n+QIND: 2\r\n", maxFeed+10))
		synctest.Wait()
		n := 0
		var err error
		for err == nil {
			if _, err = feed.Next(t.Context()); err == nil {
				n++
			}
		}
		if n != maxFeed || !errors.Is(err, devices.Protocol) {
			t.Errorf("%d lines, then %v", n, err)
		}
	})
}
