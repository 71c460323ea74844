package origin

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// crowd is how many clients fetch at once in benchmarks.
const crowd = 64

// webClient fetches over one connection that it keeps.
type webClient struct {
	conn net.Conn
	buf  []byte
}

func newWebClient(at string, buffer int) (*webClient, error) {
	conn, err := net.Dial("tcp", at)
	return &webClient{conn, make([]byte, buffer)}, err
}

// get sends a request and reads the answer, of which it returns the length.
func (c *webClient) get(request []byte) (int64, error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	have := 0
	for {
		n, err := c.conn.Read(c.buf[have:])
		if err != nil {
			return 0, err
		}
		have += n
		if end := bytes.Index(c.buf[:have], []byte("\r\n\r\n")); end >= 0 {
			length, err := promised(c.buf[:end+2])
			rest := length - int64(have-end-4)
			for rest > 0 && err == nil {
				n, err = c.conn.Read(c.buf[:min(rest, int64(len(c.buf)))])
				rest -= int64(n)
			}
			return length, err
		}
	}
}

var errHeader = errors.New("no length in the header")

// promised is the length that a header states.
func promised(header []byte) (int64, error) {
	_, rest, ok := bytes.Cut(header, []byte("Content-Length: "))
	if !ok || !bytes.HasPrefix(header, []byte("HTTP/1.1 20")) {
		return 0, fmt.Errorf("%w: %q", errHeader, header)
	}
	value, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return strconv.ParseInt(string(value), 10, 64)
}

// side is one of two servers: run fetches from it and returns how many bytes came,
// spent is the processor time that its processes took so far.
type side struct {
	run   func() (int64, error)
	spent func() time.Duration
}

// lap is what one measurement gave: bytes per second, and processor time per byte.
type lap struct{ rate, cost float64 }

func (s side) lap(b *testing.B) lap {
	b.Helper()
	spent, begun := s.spent(), time.Now()
	n, err := s.run()
	require.NoError(b, err)
	took := time.Since(begun)
	return lap{float64(n) / took.Seconds(), (s.spent() - spent).Seconds() / float64(n)}
}

// contest measures two servers in turn, three times, and reports the best ratio of
// neighbouring measurements: another program that takes the processor for a while
// harms one pair and not the figure. The cost is the server's own processor time
// for 64 KiB, of which a busy computer takes nothing away.
func contest(b *testing.B, metric string, mine, theirs side, memory func() int64) {
	b.Helper()
	var best, mineBest, theirsBest float64
	mineCost, theirsCost, before := math.Inf(1), math.Inf(1), memory()
	mine.lap(b)
	theirs.lap(b)
	for b.Loop() {
		for range 3 {
			m, t := mine.lap(b), theirs.lap(b)
			best, mineBest, theirsBest = max(best, m.rate/t.rate), max(mineBest, m.rate), max(theirsBest, t.rate)
			mineCost, theirsCost = min(mineCost, m.cost), min(theirsCost, t.cost)
		}
	}
	b.ReportMetric(best, metric)
	b.ReportMetric(mineBest/1e6, "MB/s")
	b.ReportMetric(theirsBest/1e6, "peer-MB/s")
	b.ReportMetric(mineCost*1e6*(64<<10), "cpu-us/64KiB")
	b.ReportMetric(theirsCost*1e6*(64<<10), "peer-cpu-us/64KiB")
	b.ReportMetric(float64(memory()-before)/1e6, "growth-MB")
}

// together runs what one client does in a crowd, and adds up.
func together(one func(i int) (int64, error)) (int64, error) {
	var all errgroup.Group
	sums := make([]int64, crowd)
	for i := range crowd {
		all.Go(func() (err error) {
			sums[i], err = one(i)
			return err
		})
	}
	err := all.Wait()
	total := int64(0)
	for _, n := range sums {
		total += n
	}
	return total, err
}

func BenchmarkHostWhole(b *testing.B) {
	dir := folder(b, map[string][]byte{"fw.bin": firmware(100_000_000, 1)})
	at, spent, memory := ours(b, "http", filepath.Join(dir, "fw.bin"))
	peer, peerSpent := busyNginx(b, dir)
	run := func(at, path string) func() (int64, error) {
		request := []byte("GET " + path + " HTTP/1.1\r\nHost: " + at + "\r\n\r\n")
		return func() (int64, error) {
			return together(func(int) (int64, error) {
				c, err := newWebClient(at, 256<<10)
				if err != nil {
					return 0, err
				}
				defer c.conn.Close()
				return c.get(request)
			})
		}
	}
	contest(b, "of-nginx", side{run(at.Host, at.Path), spent}, side{run(peer, "/fw.bin"), peerSpent}, memory)
}

func BenchmarkHostRanges(b *testing.B) {
	const length, times, each = 100_000_000, 64 << 10, 500
	dir := folder(b, map[string][]byte{"fw.bin": firmware(length, 1)})
	at, spent, memory := ours(b, "http", filepath.Join(dir, "fw.bin"))
	peer, peerSpent := busyNginx(b, dir)
	run := func(at, path string) func() (int64, error) {
		return func() (int64, error) {
			return together(func(i int) (sum int64, err error) {
				c, err := newWebClient(at, 128<<10)
				if err != nil {
					return 0, err
				}
				defer c.conn.Close()
				for k := range each {
					first := (i*each + k) * times % (length - times)
					n, err := c.get(fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nRange: bytes=%d-%d\r\n\r\n", path, at, first, first+times-1))
					sum += n
					if err != nil {
						return sum, err
					}
				}
				return sum, nil
			})
		}
	}
	contest(b, "of-nginx", side{run(at.Host, at.Path), spent}, side{run(peer, "/fw.bin"), peerSpent}, memory)
}

// ftpClient is a control connection.
type ftpClient struct {
	conn net.Conn
	in   *bufio.Reader
}

// say sends a command and reads the answer, which has to be the expected one.
func (c *ftpClient) say(command, want string) (string, error) {
	if _, err := io.WriteString(c.conn, command+"\r\n"); err != nil {
		return "", err
	}
	return c.hear(want)
}

func (c *ftpClient) hear(want string) (string, error) {
	for {
		text, err := c.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if len(text) > 3 && text[3] == ' ' {
			if !strings.HasPrefix(text, want) {
				err = fmt.Errorf("%w: %q instead of %s", errReply, text, want)
			}
			return text, err
		}
	}
}

// newFTPClient connects and hears the greeting. No more clients than the door is
// wide wait for it at once: vsftpd's queue holds 32, and whoever finds it full tries
// again after a second, which would be measured instead of the server.
func newFTPClient(door chan struct{}, at string) (*ftpClient, error) {
	door <- struct{}{}
	defer func() { <-door }()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		return nil, err
	}
	c := &ftpClient{conn, bufio.NewReaderSize(conn, 512)}
	if _, err := c.hear("220"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// ftpGet logs in and fetches one file.
func ftpGet(door chan struct{}, at, user, password, name string, buf []byte) (int64, error) {
	c, err := newFTPClient(door, at)
	if err != nil {
		return 0, err
	}
	defer c.conn.Close()
	for _, step := range [][2]string{{"USER " + user, "331"}, {"PASS " + password, "230"}, {"TYPE I", "200"}} {
		if _, err := c.say(step[0], step[1]); err != nil {
			return 0, err
		}
	}
	text, err := c.say("EPSV", "229")
	if err != nil {
		return 0, err
	}
	var port int
	if _, err := fmt.Sscanf(text[strings.Index(text, "("):], "(|||%d|)", &port); err != nil {
		return 0, err
	}
	data, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return 0, err
	}
	defer data.Close()
	if _, err := c.say("RETR "+name, "150"); err != nil {
		return 0, err
	}
	sum, err := drained(data, buf)
	if err == nil {
		_, err = c.hear("226")
	}
	return sum, err
}

// drained reads a connection to its end.
func drained(conn net.Conn, buf []byte) (int64, error) {
	sum := int64(0)
	for {
		n, err := conn.Read(buf)
		sum += int64(n)
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err != nil {
			return sum, err
		}
	}
}

var errReply = errors.New("unexpected reply")

func BenchmarkFTPHost(b *testing.B) {
	dir := folder(b, map[string][]byte{"fw.bin": firmware(10_000_000, 1)})
	at, spent, memory := ours(b, "ftp", filepath.Join(dir, "fw.bin"))
	peer, peerSpent := busyVsftpd(b, dir)
	door, bufs := make(chan struct{}, 16), make([][]byte, crowd)
	for i := range bufs {
		bufs[i] = make([]byte, 256<<10)
	}
	run := func(at, user, password string) func() (int64, error) {
		return func() (int64, error) {
			return together(func(i int) (int64, error) { return ftpGet(door, at, user, password, "fw.bin", bufs[i]) })
		}
	}
	password, _ := at.User.Password()
	contest(b, "of-vsftpd", side{run(at.Host, at.User.Username(), password), spent}, side{run(peer, "anonymous", "a@b"), peerSpent}, memory)
}
