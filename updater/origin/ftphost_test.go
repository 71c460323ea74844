package origin

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/packages"
)

// notes collects access entries.
type notes struct {
	mu  sync.Mutex
	all []Access
}

func (n *notes) add(a Access) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, a)
}

func (n *notes) list() []Access {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Access(nil), n.all...)
}

// find waits for an entry that fits.
func (n *notes) find(t testing.TB, fits func(Access) bool) Access {
	t.Helper()
	var found Access
	require.Eventually(t, func() bool {
		for _, a := range n.list() {
			if fits(a) {
				found = a
				return true
			}
		}
		return false
	}, patience, time.Millisecond)
	return found
}

// patience is how long a slow machine may take for what takes milliseconds.
const patience = 60 * time.Second

func ftpHosted(t testing.TB, config FTPConfig) *FTPHost {
	t.Helper()
	if config.Listen == "" {
		config.Listen = "127.0.0.1:0"
	}
	if config.LoginDelay == 0 {
		config.LoginDelay = time.Millisecond
	}
	h, err := OpenFTPHost(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h
}

// typist is a control connection that is typed by hand.
type typist struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func dialFTP(t testing.TB, at string) *typist {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	l := &typist{t, conn, bufio.NewReader(conn)}
	require.Equal(t, 220, l.reply())
	return l
}

// logIn opens a session on a share.
func logIn(t testing.TB, s *Share) *typist {
	t.Helper()
	u, err := url.Parse(s.URLs()[0])
	require.NoError(t, err)
	l := dialFTP(t, u.Host)
	password, _ := u.User.Password()
	require.Equal(t, 331, l.say("USER "+u.User.Username()))
	require.Equal(t, 230, l.say("PASS "+password))
	return l
}

// reply reads one answer, of many lines or one.
func (l *typist) reply() int {
	code, _ := l.answer()
	return code
}

func (l *typist) answer() (int, string) {
	l.t.Helper()
	var all strings.Builder
	for {
		text, err := l.in.ReadString('\n')
		require.NoError(l.t, err, "after %q", all.String())
		all.WriteString(text)
		if len(text) > 3 && text[3] == ' ' {
			code, err := strconv.Atoi(text[:3])
			require.NoError(l.t, err, text)
			return code, all.String()
		}
	}
}

func (l *typist) say(command string) int {
	l.t.Helper()
	_, err := io.WriteString(l.conn, command+"\r\n")
	require.NoError(l.t, err)
	return l.reply()
}

// pasv asks for a place for data.
func (l *typist) pasv() string {
	l.t.Helper()
	_, err := io.WriteString(l.conn, "PASV\r\n")
	require.NoError(l.t, err)
	code, text := l.answer()
	require.Equal(l.t, 227, code, text)
	var a, b, c, d, hi, lo int
	_, err = fmt.Sscanf(text[strings.Index(text, "("):], "(%d,%d,%d,%d,%d,%d)", &a, &b, &c, &d, &hi, &lo)
	require.NoError(l.t, err, text)
	return fmt.Sprintf("%d.%d.%d.%d:%d", a, b, c, d, hi<<8|lo)
}

// fetch retrieves through a command; the offset is that of REST.
func (l *typist) fetch(command string, offset int64) []byte {
	l.t.Helper()
	data, err := net.Dial("tcp", l.pasv())
	require.NoError(l.t, err)
	defer data.Close()
	if offset != 0 {
		require.Equal(l.t, 350, l.say("REST "+itoa(offset)))
	}
	require.Equal(l.t, 150, l.say(command))
	body, err := io.ReadAll(data)
	require.NoError(l.t, err)
	require.Equal(l.t, 226, l.reply())
	return body
}

func TestFTPHost(t *testing.T) {
	log := &notes{}
	h := ftpHosted(t, FTPConfig{Access: log.add})
	s, err := h.Share(t.Context(), []packages.File{stored(t, "固件.bin", good), stored(t, "b.pac", other[:1000])})
	require.NoError(t, err)
	require.Len(t, s.URLs(), 2)
	require.Regexp(t, `^ftp://u[0-9a-f]{10}:[0-9a-f]{32}@127\.0\.0\.1:\d+/package\.bin$`, s.URLs()[0])
	require.Less(t, len(s.URLs()[0]), 255)
	l := logIn(t, s)
	require.Equal(t, 213, l.say("SIZE package.bin"))
	require.Equal(t, hexSum(good), hexSum(l.fetch("RETR package.bin", 0)))
	require.Equal(t, hexSum(good[250_000:]), hexSum(l.fetch("RETR /package.bin", 250_000)))
	require.Empty(t, l.fetch("RETR /package.bin", size), "nothing is left")
	require.Equal(t, string(other[:1000]), string(l.fetch("RETR b.pac", 0)))
	require.Contains(t, string(l.fetch("LIST", 0)), "package.bin")
	require.Equal(t, "package.bin\r\nb.pac\r\n", string(l.fetch("NLST", 0)))
	require.Contains(t, string(l.fetch("MLSD", 0)), "Size=300000;")
	require.Equal(t, Count{Distinct: size, Handed: size + 50_000, Requests: 3}, s.Count(0))
	require.Equal(t, int64(1000), s.Served(1))
	require.Equal(t, 221, l.say("QUIT"))
	require.NoError(t, s.Err())

	rest := log.find(t, func(a Access) bool { return a.Range == "bytes=250000-" })
	require.Equal(t, "ftp RETR /package.bin 226 50000 false", fmt.Sprint(rest.Protocol, " ", rest.Method, " ", rest.Path, " ", rest.Status, " ", rest.Bytes, " ", rest.Cut))
	require.True(t, rest.Remote.Addr().IsLoopback())
	require.Equal(t, int64(4), h.Stats().Requests)
	require.Equal(t, int64(size+50_000+1000), h.Stats().Bytes)
	require.Zero(t, h.Stats().Strangers)
	require.Eventually(t, func() bool { return h.Stats().Connections == 0 }, patience, time.Millisecond)
}

// TestFTPHostExtended is EPSV, with a text type that must not change a byte.
func TestFTPHostExtended(t *testing.T) {
	h := ftpHosted(t, FTPConfig{})
	text := []byte(strings.Repeat("a\nb\r\nc\r", 1000))
	s, err := h.Share(t.Context(), []packages.File{stored(t, "fw.txt", text)})
	require.NoError(t, err)
	l := logIn(t, s)
	require.Equal(t, 200, l.say("TYPE A"))
	_, err = io.WriteString(l.conn, "EPSV\r\n")
	require.NoError(t, err)
	code, answer := l.answer()
	require.Equal(t, 229, code)
	var port int
	_, err = fmt.Sscanf(answer[strings.Index(answer, "("):], "(|||%d|)", &port)
	require.NoError(t, err)
	data, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	require.NoError(t, err)
	defer data.Close()
	require.Equal(t, 150, l.say("RETR fw.txt"))
	body, err := io.ReadAll(data)
	require.NoError(t, err)
	require.Equal(t, string(text), string(body))
	require.Equal(t, 226, l.reply())
}

// TestFTPHostClose cuts one share in the middle of a download, before one and
// between commands, while another goes on.
func TestFTPHostClose(t *testing.T) {
	big := firmware(32<<20, 3)
	file := stored(t, "fw.bin", big)
	h := ftpHosted(t, FTPConfig{})
	ends, err := h.Share(t.Context(), []packages.File{file})
	require.NoError(t, err)
	stays, err := h.Share(t.Context(), []packages.File{file})
	require.NoError(t, err)
	begin := func(s *Share) (*typist, net.Conn) {
		l := logIn(t, s)
		data, err := net.Dial("tcp", l.pasv())
		require.NoError(t, err)
		t.Cleanup(func() { _ = data.Close() })
		require.NoError(t, data.SetDeadline(time.Now().Add(patience)))
		require.Equal(t, 150, l.say("RETR fw.bin"))
		_, err = io.ReadFull(data, make([]byte, 1000))
		require.NoError(t, err)
		return l, data
	}
	_, cutOff := begin(ends)
	steady, goesOn := begin(stays)
	idle, waiting := logIn(t, ends), logIn(t, ends)
	waiting.pasv()
	_, err = io.WriteString(waiting.conn, "RETR fw.bin\r\n") // waits for its data connection
	require.NoError(t, err)
	require.NoError(t, ends.Close())
	require.NoError(t, ends.Close())
	after := ends.Count(0)
	n, _ := io.Copy(io.Discard, cutOff)
	require.Less(t, n, int64(len(big)-1000))
	for _, l := range []*typist{idle, waiting} {
		_, err = io.Copy(io.Discard, l.conn)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it was not cut off")
	}
	rest, err := io.ReadAll(goesOn)
	require.NoError(t, err)
	require.Equal(t, hexSum(big[1000:]), hexSum(rest))
	require.Equal(t, 226, steady.reply())
	require.Equal(t, after, ends.Count(0))
	u, err := url.Parse(ends.URLs()[0])
	require.NoError(t, err)
	password, _ := u.User.Password()
	l := dialFTP(t, u.Host)
	require.Equal(t, 331, l.say("USER "+u.User.Username()))
	require.Equal(t, 530, l.say("PASS "+password))
	logIn(t, stays)
}

// TestFTPHostEnds: with the context, while sessions of all kinds are open.
func TestFTPHostEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h, err := OpenFTPHost(ctx, FTPConfig{Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	s, err := h.Share(ctx, []packages.File{stored(t, "fw.bin", good)})
	require.NoError(t, err)
	l := logIn(t, s)
	silent := dialFTP(t, h.Address())
	cancel()
	for _, one := range []*typist{l, silent} {
		_, err = io.Copy(io.Discard, one.conn)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	}
	require.Eventually(t, func() bool { return s.Err() != nil }, patience, time.Millisecond)
	requireNote(t, s.Err(), devices.Lost, NoteListenFailed)
	require.ErrorIs(t, s.Err(), context.Canceled)
	require.NoError(t, h.Close())
	require.NoError(t, h.Close())
	_, err = h.Share(t.Context(), []packages.File{stored(t, "fw.bin", good)})
	requireNote(t, err, devices.Lost, NoteListenFailed)
	_, err = OpenFTPHost(t.Context(), FTPConfig{Listen: "127.0.0.1:0", PassivePorts: PortRange{5, 4}})
	requireNote(t, err, devices.Unsupported, NoteListen)
}

// TestFTPHostPorts keeps data connections in a range.
func TestFTPHostPorts(t *testing.T) {
	_, spare, err := net.SplitHostPort(vacant.TCP(t))
	require.NoError(t, err)
	number, err := strconv.ParseUint(spare, 10, 16)
	require.NoError(t, err)
	port := uint16(number)
	h := ftpHosted(t, FTPConfig{PassivePorts: PortRange{port, port}})
	s, err := h.Share(t.Context(), []packages.File{stored(t, "fw.bin", good)})
	require.NoError(t, err)
	l := logIn(t, s)
	for range 3 {
		at := l.pasv()
		require.Equal(t, "127.0.0.1:"+strconv.Itoa(int(port)), at)
	}
}

// TestFTPHostToPeers lets well-known clients fetch, in one piece and resumed.
func TestFTPHostToPeers(t *testing.T) {
	big := firmware(3<<20, 4)
	h := ftpHosted(t, FTPConfig{})
	file := stored(t, "固件.bin", big)
	for name, row := range map[string]struct {
		whole, resume func(url, out string) []string
	}{
		"curl": {
			func(url, out string) []string { return []string{"-sS", "--noproxy", "*", "-o", out, url} },
			func(url, out string) []string { return []string{"-sS", "--noproxy", "*", "-C", "-", "-o", out, url} },
		},
		"wget": {
			func(url, out string) []string { return []string{"-q", "--no-proxy", "-O", out, url} },
			func(url, out string) []string { return []string{"-q", "--no-proxy", "-c", "-O", out, url} },
		},
		"lftp": {
			func(url, out string) []string {
				return []string{"-c", "set net:max-retries 1; get " + url + " -o " + out}
			},
			func(url, out string) []string {
				return []string{"-c", "set net:max-retries 1; get -c " + url + " -o " + out}
			},
		},
		"python3": {func(url, out string) []string {
			return []string{"-c", "import sys,urllib.request as r,shutil; shutil.copyfileobj(r.urlopen(sys.argv[1]),open(sys.argv[2],'wb'))", url, out}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := peer(t, name)
			s, err := h.Share(t.Context(), []packages.File{file})
			require.NoError(t, err)
			out := filepath.Join(t.TempDir(), "out.bin")
			for _, args := range []func(url, out string) []string{row.whole, row.resume} {
				if args == nil {
					continue
				}
				said, err := exec.Command(program, args(s.URLs()[0], out)...).CombinedOutput()
				require.NoError(t, err, "%s", said)
				got, err := os.ReadFile(out)
				require.NoError(t, err)
				require.Equal(t, hexSum(big), hexSum(got))
				require.Equal(t, int64(len(big)), s.Served(0))
				require.NoError(t, os.WriteFile(out, big[:1<<20], 0o600))
			}
			if row.resume != nil {
				require.Equal(t, int64(2*len(big)-1<<20), s.Count(0).Handed, "resumed by REST, not begun anew")
			}
		})
	}
}

// TestFTPHostMany has 64 devices on 8 shares at once, some of which are closed.
func TestFTPHostMany(t *testing.T) {
	h := ftpHosted(t, FTPConfig{})
	data := firmware(1<<20, 6)
	file := stored(t, "fw.bin", data)
	var all sync.WaitGroup
	for i := range 8 {
		s, err := h.Share(t.Context(), []packages.File{file})
		require.NoError(t, err)
		for range 8 {
			all.Go(func() {
				err := Prove(t.Context(), Request{URL: s.URLs()[0], Want: file}, nil)
				if i%2 == 0 {
					assert.NoError(t, err)
				}
			})
		}
		if i%2 == 1 {
			all.Go(func() { assert.NoError(t, s.Close()) })
		}
	}
	all.Wait()
	require.Eventually(t, func() bool { return h.Stats().Connections == 0 }, patience, time.Millisecond)
}
