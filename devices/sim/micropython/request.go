package micropython

import (
	"io"
	"net/http"

	"fotabench/devices/sim/line"
)

// pacer holds a download back as the module's network would; a Pacer counts in bits
// with ten to the byte.
func (m *Module) pacer() line.Pacer { return line.Pacer{Baud: 10 * max(0, m.options.Network)} }

// requestCalls are the host functions behind the module request.
var requestCalls = map[string]func(s *session, r request) any{
	"http.open":  func(s *session, r request) any { return s.httpOpen(r.text(0)) },
	"http.read":  func(s *session, r request) any { return s.httpRead(r.int(0), r.int(1)) },
	"http.close": func(s *session, r request) any { return s.httpClose(r.int(0)) },
}

// reply is an HTTP answer that a program reads piece by piece.
type reply struct {
	body io.ReadCloser
	pace line.Pacer
}

// httpOpen is request.get: number, status and headers, or a text that says what went
// wrong.
func (s *session) httpOpen(address string) any {
	ctx := s.power.ctx
	var got *http.Response
	err := s.away(func() (err error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		got, err = client.Do(r)
		return err
	})
	if err != nil {
		return "HTTPConnectionPool: " + err.Error()
	}
	if s.replies == nil {
		s.replies = map[int64]*reply{}
	}
	n := int64(len(s.replies))
	s.replies[n] = &reply{body: got.Body, pace: s.host.pacer()}
	headers := map[string]string{}
	for name := range got.Header {
		headers[name] = " " + got.Header.Get(name)
	}
	return []any{n, got.StatusCode, headers}
}

// away runs work on the network while the module's power may go.
func (s *session) away(work func() error) error {
	done := make(chan struct{})
	var err error
	s.host.modem.work.Go(func() {
		defer close(done)
		err = work()
	})
	for {
		s.wait(done, 0)
		select {
		case <-done:
			return err
		default: // Ctrl-C: the answer is awaited all the same, it is on its way
		}
	}
}

// httpRead gives at most n bytes; none at the end, and when the line broke.
func (s *session) httpRead(number, n int64) []byte {
	r := s.replies[number]
	if r == nil || n <= 0 {
		return nil
	}
	block := make([]byte, min(n, 4096))
	got := 0
	_ = s.away(func() (err error) { // the firmware's reader does not tell either
		got, err = io.ReadFull(r.body, block)
		r.pace.Wait(s.power.ctx, got)
		return err
	})
	return block[:got]
}

func (s *session) httpClose(number int64) any {
	if r := s.replies[number]; r != nil {
		_ = r.body.Close()
		s.replies[number] = nil
	}
	return nil
}
