package origin

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"fotabench/devices"
)

// cutData dials for real and ends the first data connections after so many
// bytes; the control connection lives on.
type cutData struct {
	mu      sync.Mutex
	limits  []int64
	control string
	data    int
	carried int64
}

func (c *cutData) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.control == "" {
		c.control = address
	}
	if err != nil || address == c.control {
		return conn, err
	}
	limit := int64(1) << 40
	if c.data < len(c.limits) {
		limit = c.limits[c.data]
	}
	c.data++
	return &brief{Conn: conn, left: limit, of: c}, nil
}

// brief is a connection that breaks after so many bytes.
type brief struct {
	net.Conn
	left int64
	of   *cutData
}

func (b *brief) Read(p []byte) (int, error) {
	if b.left == 0 {
		_ = b.Conn.Close()
		return 0, fmt.Errorf("read: %w", net.ErrClosed)
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.of.mu.Lock()
	b.of.carried += int64(n)
	b.of.mu.Unlock()
	return n, err
}

// ftpd is a small FTP server that does wrong what a row asks for: say replaces
// the answer to a command. It executes RETR and REST as real ones do.
type ftpd struct {
	t    testing.TB
	name string // as it is on the disk
	data []byte
	// say gives the answer to the n-th time that a command comes, "" for the
	// usual one; "-" says nothing and waits.
	say func(command, arg string, n int) string
	// send is how many bytes RETR sends the n-th time; nil sends all.
	send func(n int) int

	mu    sync.Mutex
	count map[string]int
}

func (d *ftpd) listen() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(d.t, err)
	d.count = map[string]int{}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	d.t.Cleanup(func() { cancel(); _ = listener.Close(); all.Wait() })
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { d.session(ctx, conn) })
		}
	})
	return listener.Addr().String()
}

func (d *ftpd) session(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	one := &ftpSession{of: d, control: conn}
	defer func() {
		if one.data != nil {
			_ = one.data.Close()
		}
	}()
	in := bufio.NewReader(conn)
	d.reply(conn, d.answer("HELLO", "", "220 here"))
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		command, arg, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if command == "QUIT" {
			return
		}
		answer := d.answer(command, arg, one.usual(command, arg))
		if !d.reply(conn, answer) {
			<-ctx.Done()
			return
		}
		if command == "RETR" && strings.HasPrefix(answer, "150") {
			d.retrieve(conn, one.data, one.rest)
			one.rest = 0
		}
	}
}

// ftpSession is the state of one control connection.
type ftpSession struct {
	of      *ftpd
	control net.Conn
	data    net.Listener
	rest    int
}

// usual is what a decent server answers.
func (s *ftpSession) usual(command, arg string) string {
	known := arg == s.of.name
	switch {
	case command == "USER":
		return "331 password?"
	case command == "PASS":
		return "230 in"
	case command == "TYPE":
		return "200 ok"
	case command == "SIZE" && known:
		return fmt.Sprintf("213 %d", len(s.of.data))
	case command == "RETR" && known:
		return "150 here it comes"
	case command == "SIZE", command == "RETR":
		return "550 no such file"
	case command == "REST":
		s.rest, _ = strconv.Atoi(arg)
		return "350 ok"
	case command == "PASV":
		port := s.passive()
		return fmt.Sprintf("227 Passive (127,0,0,1,%d,%d)", port/256, port%256)
	}
	return "500 what?"
}

// passive opens a new data port and closes the last.
func (s *ftpSession) passive() int {
	if s.data != nil {
		_ = s.data.Close()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0
	}
	s.data = listener
	return listener.Addr().(*net.TCPAddr).Port
}

func (d *ftpd) answer(command, arg, usual string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count[command]++
	if d.say != nil {
		if said := d.say(command, arg, d.count[command]); said != "" {
			return said
		}
	}
	return usual
}

func (d *ftpd) reply(conn net.Conn, answer string) bool {
	if answer == "-" {
		return false
	}
	_, _ = conn.Write([]byte(answer + "\r\n"))
	return true
}

func (d *ftpd) retrieve(control net.Conn, data net.Listener, rest int) {
	conn, err := data.Accept()
	if err != nil {
		return
	}
	n := len(d.data) - rest
	if d.send != nil {
		d.mu.Lock()
		n = min(n, d.send(d.count["RETR"]))
		d.mu.Unlock()
	}
	_, _ = conn.Write(d.data[rest : rest+n])
	_ = conn.Close()
	d.reply(control, d.answer("END", "", "226 done"))
}

// TestProveFaultyFTP is F1.
func TestProveFaultyFTP(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("固件.bin")
	require.NoError(t, err)
	on := func(command, answer string, times int) func(string, string, int) string {
		return func(c, _ string, n int) string {
			if c == command && n <= times {
				return answer
			}
			return ""
		}
	}
	first := func(rules ...func(string, string, int) string) func(string, string, int) string {
		return func(c, arg string, n int) string {
			for _, rule := range rules {
				if said := rule(c, arg, n); said != "" {
					return said
				}
			}
			return ""
		}
	}
	const always = 1 << 30
	half := func(n int) int {
		if n == 1 {
			return 100_000
		}
		return size
	}
	for _, row := range []struct {
		name string
		file string // on the disk
		path string
		say  func(command, arg string, n int) string
		send func(n int) int
		kind devices.Kind
		note devices.Code
		code int
	}{
		{name: "decent"},
		{name: "name in GBK", file: gbk, path: "%E5%9B%BA%E4%BB%B6.bin"},
		{name: "absolute path", file: "/fw.bin", path: "%2Ffw.bin"},
		{name: "password wrong", say: on("PASS", "530 Login incorrect.", always), kind: devices.Locked, note: NoteLogin, code: 530},
		{name: "user refused", say: on("USER", "530 Not you.", always), kind: devices.Locked, note: NoteLogin, code: 530},
		{name: "too many users, then room", say: on("HELLO", "421 Too many users.", 1)},
		{name: "too many users", say: on("HELLO", "421 Too many users.", always), kind: devices.Busy, note: NoteBusy, code: 421},
		{name: "SIZE unknown", say: on("SIZE", "502 no SIZE", always)},
		{name: "REST unknown", say: first(on("REST", "502 no REST", always), on("END", "426 aborted", 1)), send: half},
		{name: "file gone", say: on("RETR", "550 gone", always), kind: devices.Absent, note: NoteMissing, code: 550},
		{name: "no data connection", say: on("RETR", "425 cannot", always), kind: devices.Absent, note: NoteFTPData, code: 425},
		{name: "passive refused", say: on("PASV", "502 active only", always), kind: devices.Refused, note: NoteFTPAnswer, code: 502},
		{name: "passive blocked", say: on("PASV", "227 Passive (127,0,0,1,0,1)", always), kind: devices.Absent, note: NoteFTPData},
		{name: "aborted once", say: on("END", "426 aborted", 1), send: half},
		{name: "aborted always", say: on("END", "426 aborted", always), send: func(int) int { return 0 }, kind: devices.Lost, note: NoteDropped, code: 426},
		{name: "ends early in spite of its SIZE", send: func(int) int { return 100_000 }},
		{name: "too short, SIZE unknown", say: on("SIZE", "502 no SIZE", always), send: func(int) int { return 100_000 }, kind: devices.Integrity, note: NoteSize},
		{name: "idle time-out in the middle", say: on("TYPE", "421 idle", 1)},
		{name: "greeting never", say: on("HELLO", "-", always), kind: devices.Timeout, note: NoteStall},
		{name: "silent after RETR", say: on("RETR", "-", always), kind: devices.Timeout, note: NoteStall},
		{name: "silent at the end", say: on("END", "-", always)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := &ftpd{t: t, name: "fw.bin", data: good, say: row.say, send: row.send}
			path := "fw.bin"
			if row.file != "" {
				d.name, path = row.file, row.path
			}
			err := Prove(t.Context(), Request{
				URL: "ftp://joe:s3cret@" + d.listen() + "/" + path, Want: wanted(good),
				Limits: Limits{Stall: 2 * time.Second, Tries: 2, MinRate: 1},
			}, nil)
			if row.note == "" {
				require.NoError(t, err)
				return
			}
			requireNote(t, err, row.kind, row.note)
			require.Equal(t, row.code, asError(t, err).Code)
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
}

// TestProveFTPCancel ends a wait that the library itself would never end.
func TestProveFTPCancel(t *testing.T) {
	for _, command := range []string{"HELLO", "PASS", "RETR"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			d := &ftpd{t: t, name: "fw.bin", data: good, say: func(c, _ string, _ int) string {
				if c == command {
					cancel()
					return "-"
				}
				return ""
			}}
			begun := time.Now()
			err := Prove(ctx, Request{URL: "ftp://" + d.listen() + "/fw.bin", Want: wanted(good)}, nil)
			require.ErrorIs(t, err, context.Canceled)
			require.Less(t, time.Since(begun), 20*time.Second, "well below the 30 s of a stall")
		})
	}
}
