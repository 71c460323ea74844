package origin

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// TestFTPHostRefuses: nothing can be changed, nothing else is visible, nobody is
// called back.
func TestFTPHostRefuses(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	h := ftpHosted(t, FTPConfig{})
	s, err := h.Share(t.Context(), []packages.File{stored(t, "fw.bin", good)})
	require.NoError(t, err)
	other, err := h.Share(t.Context(), []packages.File{stored(t, "other.bin", good)})
	require.NoError(t, err)
	l := logIn(t, s)
	bounced, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer bounced.Close()
	port := bounced.Addr().(*net.TCPAddr).Port
	for _, command := range []string{
		"STOR new.bin", "STOR fw.bin", "APPE fw.bin", "STOU", "DELE fw.bin", "MKD x", "XMKD x", "RMD /", "RNFR fw.bin", "RNTO x",
		"SITE CHMOD 777 fw.bin", "SITE MKDIR x", "SITE SYMLINK /etc/passwd x", "MFMT 20260101000000 fw.bin", "COMB a fw.bin fw.bin", "MODE Z", "AUTH TLS",
		"SIZE ../../../../etc/passwd", "SIZE /etc/passwd", `SIZE ..\..\fw.bin`, `SIZE C:\Windows\win.ini`, "SIZE C:/Windows/win.ini", "SIZE other.bin",
		"SIZE /proc/self/fd/0", "SIZE fw.bin\x00", "CWD /etc", "CWD ..\\..", "MLST other.bin", "MDTM /etc/passwd", "STAT /etc",
		fmt.Sprintf("PORT 127,0,0,1,%d,%d", port>>8, port&255), fmt.Sprintf("PORT 127,0,0,2,%d,%d", port>>8, port&255),
		fmt.Sprintf("EPRT |1|127.0.0.2|%d|", port), "REST -5x", "HASH fw.bin", "XMD5 fw.bin",
	} {
		code := l.say(command)
		require.GreaterOrEqual(t, code, 400, command)
	}
	require.NoError(t, bounced.(*net.TCPListener).SetDeadline(time.Now().Add(10*time.Millisecond)))
	_, err = bounced.Accept()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "the host called back")
	for _, path := range []string{"../fw.bin", "/../../fw.bin", "./x/../fw.bin"} {
		require.Equal(t, hexSum(good), hexSum(l.fetch("RETR "+path, 0)), "the root is the root")
	}
	for command, offset := range map[string]int64{"RETR none.bin": 0, "RETR ../other.bin": 0, "RETR fw.bin": size + 1, "RETR /fw.bin": -1} {
		if offset != 0 {
			require.Equal(t, 350, l.say("REST "+itoa(offset)))
		}
		require.Equal(t, 550, l.say(command), command)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Zero(t, other.Count(0).Requests)
}

// TestFTPHostLogin: wrong passwords are late, counted, and tell nothing.
func TestFTPHostLogin(t *testing.T) {
	log := &notes{}
	h := ftpHosted(t, FTPConfig{Access: log.add, LoginDelay: 20 * time.Millisecond})
	s, err := h.Share(t.Context(), []packages.File{stored(t, "fw.bin", good)})
	require.NoError(t, err)
	u, err := url.Parse(s.URLs()[0])
	require.NoError(t, err)
	begun, answers := time.Now(), map[string]bool{}
	for _, try := range [][2]string{{u.User.Username(), "s3cret"}, {"root", "s3cret"}, {"anonymous", "a@b"}, {u.User.Username(), ""}} {
		l := dialFTP(t, u.Host)
		require.Equal(t, 331, l.say("USER "+try[0]))
		_, err := io.WriteString(l.conn, "PASS "+try[1]+"\r\n")
		require.NoError(t, err)
		code, text := l.answer()
		require.Equal(t, 530, code)
		answers[text] = true
		_, err = l.in.ReadByte()
		require.ErrorIs(t, err, io.EOF, "one try a connection")
	}
	require.GreaterOrEqual(t, time.Since(begun), (1+2+4+8)*20*time.Millisecond)
	require.Len(t, answers, 1, "an answer tells which of both was wrong")
	l := dialFTP(t, u.Host)
	for _, command := range []string{"RETR fw.bin", "LIST", "PASV", "SIZE fw.bin"} {
		require.Equal(t, 530, l.say(command))
	}
	require.NoError(t, l.conn.Close())
	require.Eventually(t, func() bool { return h.Stats().Strangers == 5 }, patience, time.Millisecond)
	require.Zero(t, s.Count(0).Requests)
	password, _ := u.User.Password()
	for _, a := range log.list() {
		require.NotContains(t, fmt.Sprintf("%+v", a), "s3cret")
		require.NotContains(t, fmt.Sprintf("%+v", a), password)
	}
	require.Len(t, log.list(), 4)
	require.NotContains(t, Mask(s.URLs()[0]), password)
	logIn(t, s)
}

// TestFTPHostForeignData: a data connection of another address is dropped, and the
// download goes on.
func TestFTPHostForeignData(t *testing.T) {
	h := ftpHosted(t, FTPConfig{Listen: "0.0.0.0:0"})
	s, err := h.Share(t.Context(), []packages.File{stored(t, "fw.bin", good)})
	require.NoError(t, err)
	u, err := url.Parse(s.URLs()[0])
	require.NoError(t, err)
	u.Host = "127.0.0.1:" + u.Port()
	s.urls[0] = u.String()
	l := logIn(t, s)
	at := l.pasv()
	thief := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	stolen, err := thief.Dial("tcp", at)
	if err != nil {
		t.Skip("this system has no second loopback address")
	}
	defer stolen.Close()
	data, err := net.Dial("tcp", at)
	require.NoError(t, err)
	defer data.Close()
	require.Equal(t, 150, l.say("RETR fw.bin"))
	body, err := io.ReadAll(data)
	require.NoError(t, err)
	require.Equal(t, hexSum(good), hexSum(body))
	require.Equal(t, 226, l.reply())
	got, _ := io.ReadAll(stolen)
	require.Empty(t, got)
	require.Equal(t, int64(1), h.Stats().Strangers)
}

// TestFTPHostBounds: too many connections and too long lines.
func TestFTPHostBounds(t *testing.T) {
	h := ftpHosted(t, FTPConfig{MaxConns: 2})
	s, err := h.Share(t.Context(), []packages.File{stored(t, "fw.bin", good)})
	require.NoError(t, err)
	first, _ := logIn(t, s), logIn(t, s)
	if third, err := net.Dial("tcp", h.Address()); err == nil {
		defer third.Close()
		got, _ := io.ReadAll(third)
		require.Empty(t, got)
	}
	_, _ = io.WriteString(first.conn, strings.Repeat("A", 1<<20))
	_, _ = io.Copy(io.Discard, first.conn)
	require.Eventually(t, func() bool { return h.Stats().Connections == 1 }, patience, time.Millisecond)
	logIn(t, s)
}

// TestFTPHostSlowLogin: no command makes the time until the login longer.
func TestFTPHostSlowLogin(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	c := &control{Conn: near, limit: time.Now()}
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Hour)))
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	c.inside.Store(true)
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Hour)))
	go func() { _, _ = far.Write([]byte{1}) }() // ends with the read below
	_, err = c.Read(make([]byte, 1))
	require.NoError(t, err)
}

func TestGuard(t *testing.T) {
	g := &guard{first: time.Second}
	from := netip.MustParseAddr("192.0.2.1")
	for _, want := range []time.Duration{1, 2, 4, 8, 8} {
		require.Equal(t, want*time.Second, g.delay(from))
	}
	for i := range maxGuessers + 10 {
		require.Equal(t, time.Second, g.delay(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})))
	}
	require.LessOrEqual(t, len(g.wrong), maxGuessers)
}
