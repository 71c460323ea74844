package origin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jlaffaye/ftp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"fotabench/devices"
)

// ftpSite is a source on ftp. The library knows no time-out after the dial and
// no cancel: the connections that it is given have both.
type ftpSite struct {
	f    *fetch
	path string
	// sized is true if the server said how large the file is: size, in bytes.
	sized bool
	size  int64
	// changed is the server's date of the file, the only hint it gives that a
	// file was exchanged between two attempts.
	changed time.Time
}

func (s *ftpSite) mark() mark { return mark{Changed: s.changed} }

func (s *ftpSite) resume(m mark) { s.changed = m.Changed }

// newFTPSite reads the path as RFC 1738, 3.2.2 has it: relative to where the
// login begins, absolute only when it begins with %2F.
func newFTPSite(f *fetch) (*ftpSite, error) {
	path, err := url.PathUnescape(strings.TrimPrefix(f.url.EscapedPath(), "/"))
	if err != nil || path == "" || strings.ContainsAny(path, "\r\n\x00") {
		return nil, problem(devices.Unsupported, NoteBadURL, nil, Mask(f.url.String()))
	}
	return &ftpSite{f: f, path: path}, nil
}

// open logs in afresh, since after a time-out an old control connection is not
// to be trusted, and asks for the bytes from in.done on.
func (s *ftpSite) open(ctx context.Context, in *intake) (answer, error) {
	lines := &ftpLines{f: s.f, ctx: ctx}
	body, err := s.retrieve(lines, in)
	if err != nil {
		lines.hangUp()
		return nil, s.sort(err, lines)
	}
	return &ftpBody{Response: body, site: s, lines: lines}, nil
}

func (s *ftpSite) retrieve(lines *ftpLines, in *intake) (*ftp.Response, error) {
	address := s.f.url.Host
	if s.f.url.Port() == "" {
		address = net.JoinHostPort(s.f.url.Hostname(), "21")
	}
	conn, err := ftp.Dial(address, ftp.DialWithDialFunc(lines.dial), ftp.DialWithShutTimeout(s.f.limits.Stall))
	if err != nil {
		return nil, err
	}
	user, password := s.f.req.User, s.f.req.Password
	if user == "" {
		user, password = "anonymous", "anonymous@"
	}
	if err := conn.Login(user, password); err != nil {
		return nil, loginError(err, s.f.url.Host)
	}
	name, err := s.find(conn, in)
	if err != nil {
		return nil, err
	}
	if in.whole {
		in.restart()
	}
	if err := s.teach(in); err != nil {
		return nil, err
	}
	body, err := conn.RetrFrom(name, uint64(in.done))
	if code := replyCode(err); in.done > 0 && (code == ftp.StatusNotImplemented || code == ftp.StatusBadCommand || code == ftp.StatusNotImplementedParameter || code == ftp.StatusBadArguments) {
		// No REST here: all of it once more.
		in.restart()
		in.whole = true
		if err := s.teach(in); err != nil {
			return nil, err
		}
		body, err = conn.Retr(name)
	}
	return body, err
}

// teach tells a Download the size that the server states.
func (s *ftpSite) teach(in *intake) error {
	if !s.sized {
		return nil
	}
	return in.learn(s.size)
}

// loginError types the refusals that the library returns as mere text.
func loginError(err error, host string) error {
	_, isNet := errors.AsType[net.Error](err)
	if replyCode(err) != 0 || isNet || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	refused := coded(devices.Locked, NoteLogin, ftp.StatusNotLoggedIn, host)
	refused.Detail = printable(err.Error())
	return refused
}

// find asks for the file's size and date; it returns the name under which the
// server knows it, which on old Chinese servers is in GBK.
func (s *ftpSite) find(conn *ftp.ServerConn, in *intake) (string, error) {
	name, size, err := s.measure(conn)
	switch {
	case err == nil && in.want.Size > 0 && size != in.want.Size:
		return "", in.sizeError(size)
	case err == nil && in.size > 0 && size != in.size:
		in.restart() // a Download, and another file since
	case err != nil && replyCode(err) < ftp.StatusBadCommand:
		return "", err
	}
	s.sized, s.size = err == nil, size
	if changed, err := conn.GetTime(name); err == nil {
		if in.done > 0 && !changed.Equal(s.changed) {
			in.restart()
		}
		s.changed = changed
	}
	return name, nil
}

// measure asks for the file's size, under the names that it may have.
func (s *ftpSite) measure(conn *ftp.ServerConn) (name string, size int64, err error) {
	size, err = conn.FileSize(s.path)
	if replyCode(err) != ftp.StatusFileUnavailable {
		return s.path, size, err
	}
	gbk, gbkErr := simplifiedchinese.GBK.NewEncoder().String(s.path)
	if gbkErr != nil || gbk == s.path {
		return s.path, size, err
	}
	if size2, err2 := conn.FileSize(gbk); err2 == nil {
		return gbk, size2, nil
	}
	return s.path, size, err
}

// replyCode is the server's reply code in err, 0 if there is none.
func replyCode(err error) int {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return reply.Code
	}
	return 0
}

// sort types an error of the library.
func (s *ftpSite) sort(err error, lines *ftpLines) error {
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		if lines.dataFailed() {
			return &again{err: problem(devices.Absent, NoteFTPData, err, s.f.url.Host)}
		}
		return s.f.trouble(err)
	}
	host, code := s.f.url.Host, reply.Code
	var sorted *devices.Error
	passing := false
	switch code {
	case ftp.StatusNotLoggedIn, ftp.StatusStorNeedAccount, 332:
		sorted = coded(devices.Locked, NoteLogin, code, host)
	case ftp.StatusFileUnavailable, ftp.StatusBadFileName:
		sorted = coded(devices.Absent, NoteMissing, code, host)
	case ftp.StatusNotAvailable, ftp.StatusFileActionIgnored:
		sorted, passing = coded(devices.Busy, NoteBusy, code, host, code, 0.0), true
	case ftp.StatusCanNotOpenDataConnection:
		sorted, passing = coded(devices.Absent, NoteFTPData, code, host), true
	case ftp.StatusTransfertAborted, ftp.StatusActionAborted:
		sorted, passing = coded(devices.Lost, NoteDropped, code, host), true
	default:
		sorted = coded(devices.Refused, NoteFTPAnswer, code, host, code)
	}
	sorted.Detail = printable(Mask(reply.Msg))
	if passing {
		return &again{err: sorted}
	}
	return sorted
}

// ftpLines are the control and the data connection of one attempt.
type ftpLines struct {
	f   *fetch
	ctx context.Context

	mu      sync.Mutex
	open    []net.Conn
	release []func() bool
	failed  bool
}

// dial connects with a deadline per operation and closes when ctx ends.
func (l *ftpLines) dial(network, address string) (net.Conn, error) {
	conn, err := l.f.dial(l.ctx, network, address)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed = len(l.open) > 0
		return nil, err
	}
	l.open = append(l.open, conn)
	l.release = append(l.release, context.AfterFunc(l.ctx, func() { _ = conn.Close() }))
	return conn, nil
}

// dataFailed tells whether it was the data connection that could not be made.
func (l *ftpLines) dataFailed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

func (l *ftpLines) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, conn := range l.open {
		l.release[i]()
		_ = conn.Close()
	}
	l.open, l.release = nil, nil
}

// ftpBody is a file on its way.
type ftpBody struct {
	*ftp.Response
	site  *ftpSite
	lines *ftpLines
	bad   bool
}

// Read keeps apart a server that is silent from a line that broke.
func (b *ftpBody) Read(p []byte) (int, error) {
	n, err := b.Response.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.bad = true
	}
	return n, err
}

// Close asks the server whether that was all, unless the line is known to be
// broken, when nobody would answer.
func (b *ftpBody) Close() error {
	defer b.lines.hangUp()
	if b.bad {
		return nil
	}
	err := b.Response.Close()
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return b.site.sort(err, b.lines)
}

// ends is false where the server's own SIZE says that there is more.
func (b *ftpBody) ends() bool { return !b.site.sized }
