package luatmodule

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// busyAsks bounds how often code 43 is waited for in one round.
const busyAsks = 10

// ending is what one try over HTTP came to.
type ending int

const (
	tryFailed ending = iota
	tryWhole
	tryNothing
	tryMoved
	tryBusy
	tryRejected
)

// overHTTP does a check, which in this protocol is the download itself.
func (m *Module) overHTTP(ctx context.Context) (Outcome, error) {
	how := m.options.Dialect.custom()
	at, err := m.address()
	if err != nil {
		return "", fmt.Errorf("luatmodule: %w", err)
	}
	for try, busy := 0, 0; try < how.tries && busy < busyAsks; try++ {
		end, next, err := m.try(ctx, how, at)
		pause := beforeRetry
		switch {
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case errors.Is(err, errRestart):
			return "", err
		case err != nil:
			m.heard(err.Error())
			m.again(how)
		case end == tryWhole:
			return Installed, nil
		case end == tryNothing:
			return None, nil
		case end == tryRejected:
			return Rejected, nil
		case end == tryMoved:
			at = next
		case end == tryBusy:
			busy, try = busy+1, try-1
			pause = deltaInWork
			m.retried()
		}
		if err := wait(ctx, m.options.Pace.of(pause)); err != nil {
			return "", err
		}
	}
	return GaveUp, nil
}

// again prepares the next try: without ranges it begins at the first byte.
func (m *Module) again(how custom) {
	m.retried()
	if !how.ranged {
		m.erase()
	}
}

// try sends one request and takes what it brings. An error is one that another
// try may mend.
func (m *Module) try(ctx context.Context, how custom, at *url.URL) (ending, *url.URL, error) {
	line, err := m.dial(ctx, at)
	if err != nil {
		return tryFailed, nil, err
	}
	defer line.hangUp()
	if _, err := io.WriteString(line, m.request(how, at)); err != nil {
		return tryFailed, nil, err
	}
	r := bufio.NewReaderSize(line, headLine)
	head, err := readReply(r, how.lua)
	if err != nil {
		return tryFailed, nil, err
	}
	m.heard(head.line)
	switch {
	case how.strict && !strings.HasPrefix(head.line, "HTTP/1.1 200"):
		return tryNothing, nil, nil
	case head.status >= 300 && head.status < 400 && how.moves:
		return m.moved(&head)
	case head.status >= 300:
		return m.refused(how, &head, r), nil, nil
	case head.status != 200 && (head.status != 206 || !how.lua):
		return tryFailed, nil, fmt.Errorf("luatmodule: unexpected answer %q", printable(head.line))
	}
	end, err := m.receive(ctx, how, &head, r)
	return end, nil, err
}

// simulator is what no module says: who asks from another computer is not known by its
// address, and nothing else tells that this is none.
const simulator = "X-Simulator: 1\r\n"

// request is the text of a request.
func (m *Module) request(how custom, at *url.URL) string {
	text := "GET " + at.RequestURI() + " HTTP/1.1\r\nHost: " + at.Host + "\r\n" + simulator
	if how.ranged {
		text += fmt.Sprintf("Range: bytes=%d-\r\n", m.flash.have)
	}
	if how.lua {
		return text + "Connection: short\r\n\r\n"
	}
	return text + "Connection: close\r\n\r\n"
}

// moved reads where a redirect leads. Without a Location that it finds, the
// client has nowhere to go and tries again.
func (m *Module) moved(head *reply) (ending, *url.URL, error) {
	location := head.field("Location")
	next, err := url.Parse(location)
	switch {
	case location == "" || err != nil || next.Host == "":
		return tryFailed, nil, fmt.Errorf("luatmodule: %q leads to no address", printable(head.line))
	case next.Scheme != "http":
		m.heard("luatmodule: cannot speak " + next.Scheme)
		return tryRejected, nil, nil
	}
	return tryMoved, next, nil
}

// refused reads a refusal; only code 43 is no final one.
func (m *Module) refused(how custom, head *reply, r io.Reader) ending {
	if head.chunked() {
		r = httputil.NewChunkedReader(r)
	}
	code, text := refusalCode(readSome(r, head.number("Content-Length")))
	m.heard(head.line + ": " + text)
	if code == deltaCode && how.asksAgain {
		return tryBusy
	}
	return tryNothing
}

// receive takes a body. The old clients trust the server: they append it
// whichever range they were given, and take chunks for part of it. That they do
// not compare the range is the harsher reading of a document that does not say.
func (m *Module) receive(ctx context.Context, how custom, head *reply, r io.Reader) (ending, error) {
	total, length := head.total(), head.number("Content-Length")
	switch {
	case total < 0 && head.chunked():
		r = httputil.NewChunkedReader(r)
	case total < 0 && how.lua:
		return tryFailed, fmt.Errorf("luatmodule: %q does not say how long it is", printable(head.line))
	case total == 0:
		return tryFailed, errors.New("luatmodule: empty body")
	case total > MaxImage:
		m.heard(fmt.Sprintf("luatmodule: no room for %d bytes", total))
		return tryRejected, nil
	}
	if length >= 0 {
		r = io.LimitReader(r, length)
	}
	m.announced(max(total, 0))
	if err := m.pour(ctx, r, total); err != nil {
		return tryFailed, err
	}
	return tryWhole, nil
}

// pour takes bytes until all are there; total -1 stands for the end of the body.
func (m *Module) pour(ctx context.Context, r io.Reader, total int64) error {
	var buffer [4096]byte
	for total < 0 || m.flash.have < total {
		room := m.room(len(buffer))
		if total >= 0 {
			room = min(room, int(total-m.flash.have))
		}
		n, err := r.Read(buffer[:room])
		if m.flash.have+int64(n) > MaxImage {
			return errors.New("luatmodule: no room for more")
		}
		if n > 0 {
			if err := m.take(ctx, buffer[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF) && total < 0 && m.flash.have > 0:
			return nil
		case err != nil:
			return fmt.Errorf("luatmodule: body ends at %d of %d: %w", m.flash.have, total, err)
		}
	}
	return nil
}

// line is a connection on which a silence of a minute is the end.
type line struct {
	net.Conn
	patience time.Duration
	stop     func() bool
}

// dial connects; the connection is closed when ctx ends.
func (m *Module) dial(ctx context.Context, at *url.URL) (*line, error) {
	host := at.Host
	if at.Port() == "" {
		host = net.JoinHostPort(at.Hostname(), "80")
	}
	patience := m.options.Pace.of(serverSilent)
	d := net.Dialer{Timeout: patience}
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok && m.orders.slow > 0 {
		_ = tcp.SetReadBuffer(4096) // so that the server notices
	}
	return &line{Conn: conn, patience: patience, stop: context.AfterFunc(ctx, func() { _ = conn.Close() })}, nil
}

func (l *line) hangUp() {
	l.stop()
	_ = l.Close()
}

// Read implements io.Reader.
func (l *line) Read(p []byte) (int, error) {
	if err := l.SetReadDeadline(time.Now().Add(l.patience)); err != nil {
		return 0, err
	}
	return l.Conn.Read(p)
}

// Write implements io.Writer.
func (l *line) Write(p []byte) (int, error) {
	if err := l.SetWriteDeadline(time.Now().Add(l.patience)); err != nil {
		return 0, err
	}
	return l.Conn.Write(p)
}
