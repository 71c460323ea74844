package luat

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"fotabench/devices/checkin"
	"fotabench/devices/sim"
	"fotabench/devices/sim/luatmodule"
)

// serveEnv makes the test binary a server in a process of its own.
const serveEnv = "FOTABENCH_LUAT_SERVE"

func TestMain(m *testing.M) {
	if path := os.Getenv(serveEnv); path != "" {
		serveAlone(path)
		return
	}
	flag.Parse()
	// The tests wait for devices nearly all of their time.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// serveAlone serves one package over UDP until its input ends; it prints its port.
func serveAlone(path string) {
	t := alone{}
	p := packageOf(t, filepath.Join(filepath.Dir(path), strconv.Itoa(os.Getpid())+".bin"), must(os.ReadFile(path)), newVersion)
	desk := newDesk(t, everybody(p))
	s := overUDP(t, desk)
	fmt.Println(s.Addr().(*net.UDPAddr).Port)
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // its end is the end
	_ = s.Close()
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// alone is a testing.TB outside of a test.
type alone struct{ testing.TB }

func (alone) Helper()                  {}
func (alone) Cleanup(func())           {}
func (alone) Context() context.Context { return context.Background() }
func (alone) Fatal(args ...any)        { panic(fmt.Sprint(args...)) }

const benchSize = 1 << 20 // bytes

// peer starts a server process and gives its port.
func peer(b *testing.B, cmd *exec.Cmd) *net.UDPAddr {
	b.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Skipf("the peer cannot be started: %v", err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("the peer says %q: %v", line, err)
	}
	port, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		b.Fatal(err)
	}
	return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
}

// again is when a device of the bench asks again for what did not come.
const again = time.Second

// lane is a socket over which several devices fetch, each waiting for its answer
// before it asks again; what is ready is sent and received with one system call.
type lane struct {
	conn *net.UDPConn
	io   *ipv4.PacketConn
	at   *net.UDPAddr
	ids  []string // of the transfers
	next []int    // the packet that each device waits for
}

// fetch runs the lane for a time and counts the answers.
func (l *lane) fetch(stop *atomic.Bool, packets int) (answers int64, err error) {
	n := len(l.ids)
	in, out := make([]ipv4.Message, n), make([]ipv4.Message, n)
	for i := range n {
		in[i].Buffers = [][]byte{make([]byte, 1500)}
		out[i].Addr = l.at
	}
	// A device is known by the packet that it waits for: each begins elsewhere.
	waits := make([]int, packets+1)
	for i := range waits {
		waits[i] = -1
	}
	for i := range n {
		l.next[i] = 1 + i*(packets/n)
		waits[l.next[i]] = i
		out[i].Buffers = [][]byte{fmt.Appendf(nil, "Get%d,%s", l.next[i], l.ids[i])}
	}
	send := out
	sent := make([]time.Time, n)
	for i := range sent {
		sent[i] = time.Now()
	}
	ask := func(i int) ipv4.Message {
		sent[i] = time.Now()
		return ipv4.Message{Addr: l.at, Buffers: [][]byte{fmt.Appendf(nil, "Get%d,%s", l.next[i], l.ids[i])}}
	}
	for {
		for len(send) > 0 {
			k, err := l.io.WriteBatch(send, 0)
			if err != nil {
				return answers, err
			}
			send = send[k:]
		}
		if stop.Load() {
			return answers, nil
		}
		if err := l.conn.SetReadDeadline(time.Now().Add(again)); err != nil {
			return answers, err
		}
		k, err := l.io.ReadBatch(in, 0)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return answers, fmt.Errorf("after %d answers: %w", answers, err)
		}
		send = out[:0:n]
		if err != nil {
			for i := range n { // lost: a device asks again
				if time.Since(sent[i]) >= again {
					send = append(send, ask(i))
				}
			}
			continue
		}
		for _, m := range in[:k] {
			number := int(m.Buffers[0][0])<<8 | int(m.Buffers[0][1])
			if m.N < 3 || number > packets {
				return answers, fmt.Errorf("an answer of %d bytes: %q", m.N, m.Buffers[0][:min(m.N, 20)])
			}
			if waits[number] < 0 {
				continue // asked for twice
			}
			i := waits[number]
			waits[number] = -1
			answers++
			l.next[i] = number%packets + 1
			for waits[l.next[i]] >= 0 { // another one is there
				l.next[i] = l.next[i]%packets + 1
			}
			waits[l.next[i]] = i
			send = append(send, ask(i))
		}
	}
}

// rate is how many requests a second a server answers to n devices.
func rate(b *testing.B, at *net.UDPAddr, n int, ask string, length time.Duration) float64 {
	b.Helper()
	lanes := make([]*lane, (n+63)/64)
	for i := range lanes {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetReadBuffer(receiveBuffer)
		lanes[i] = &lane{conn: conn, io: ipv4.NewPacketConn(conn), at: at}
	}
	packets := 0
	buf := make([]byte, 1500)
	for i := range n {
		l := lanes[i%len(lanes)]
		var parts []string
		for try := 0; len(parts) != 4 && try < 5; try++ {
			if _, err := l.conn.WriteToUDP(fmt.Appendf(nil, ask, i), at); err != nil {
				b.Fatal(err)
			}
			_ = l.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			k, _, err := l.conn.ReadFromUDP(buf)
			if err == nil {
				parts = strings.Split(string(buf[:k]), ",")
			}
		}
		if len(parts) != 4 {
			b.Fatalf("device %d was not offered anything", i)
		}
		packets, _ = strconv.Atoi(parts[2])
		l.ids, l.next = append(l.ids, parts[1]), append(l.next, 0)
	}
	var stop atomic.Bool
	var total atomic.Int64
	var wg sync.WaitGroup
	begun := time.Now()
	for _, l := range lanes {
		wg.Go(func() {
			k, err := l.fetch(&stop, packets)
			if err != nil {
				b.Error(err)
			}
			total.Add(k)
		})
	}
	timer := time.AfterFunc(length, func() { stop.Store(true) })
	wg.Wait()
	timer.Stop()
	return float64(total.Load()) / time.Since(begun).Seconds()
}

// BenchmarkUDPRate: requests answered a second, beside the published way of
// working (testdata/peer.py); each pair in one run, the best of three.
func BenchmarkUDPRate(b *testing.B) {
	folder := b.TempDir()
	path := filepath.Join(folder, "update.bin")
	if err := os.WriteFile(path, bytes.Repeat([]byte("0123456789abcdef"), benchSize/16), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("devices=%d", n), func(b *testing.B) {
			for b.Loop() {
				self := exec.Command(os.Args[0])
				self.Env = append(os.Environ(), serveEnv+"="+path)
				ours := peer(b, self)
				db := filepath.Join(b.TempDir(), "peer.db")
				theirs := peer(b, exec.Command("/usr/bin/python3", "testdata/peer.py", db, path, strconv.Itoa(n)))
				var us, them float64
				for range 3 {
					us = max(us, rate(b, ours, n, "86%013d,DEMO_Luat,"+oldVersion, 2*time.Second))
					them = max(them, rate(b, theirs, n, "86%013d,DEMO_Luat,"+oldVersion, 2*time.Second))
				}
				b.ReportMetric(us, "req/s")
				b.ReportMetric(them, "python-req/s")
				b.ReportMetric(us/them, "x-python")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// BenchmarkUDPFleet: a thousand simulated modules fetch 1 MiB each at once from one
// service; every one must end up with the right bytes.
func BenchmarkUDPFleet(b *testing.B) {
	for _, loss := range []string{"0", "0.02"} {
		b.Run("loss="+loss, func(b *testing.B) {
			for b.Loop() {
				fleet(b, loss)
			}
		})
	}
}

const fleetSize = 1000

func fleet(b *testing.B, loss string) {
	b.Helper()
	image := luatmodule.Image(newVersion, benchSize, 1)
	sum := sha256.Sum256(image)
	p := packageOf(b, filepath.Join(b.TempDir(), "update.bin"), image, newVersion)
	desk := checkin.New(checkin.Config{})
	desk.SetRules(everybody(p))
	s := overUDP(b, desk)
	faults, err := sim.ParseFaults([]string{"loss=" + loss}, luatmodule.FaultKinds())
	if err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	var wg sync.WaitGroup
	var right atomic.Int64
	for i := range fleetSize {
		m := luatmodule.New(luatmodule.Options{
			Dialect: luatmodule.UDP, Server: s.Addr().String(), IMEI: fmt.Sprintf("8600001%08d", i),
			Project: "DEMO", Core: "Luat", Version: oldVersion, Pace: 0.05, Seed: uint64(i), Faults: faults,
		})
		wg.Go(func() {
			for range 10 { // who gave up after five losses in a row asks again, as it does every period
				r, err := m.Once(b.Context())
				if err != nil {
					b.Error(err)
					return
				}
				if r.Outcome == luatmodule.Installed && r.SHA256 == hex.EncodeToString(sum[:]) {
					right.Add(1)
					return
				}
			}
			b.Errorf("module %d: %+v", i, m.State())
		})
	}
	wg.Wait()
	took := time.Since(begun).Seconds()
	runtime.ReadMemStats(&after)
	c := s.Counts()
	b.ReportMetric(float64(right.Load()), "right")
	b.ReportMetric(float64(c.Answered)/took, "req/s")
	b.ReportMetric(float64(after.Sys-before.Sys)/(1<<20), "MiB")
	b.ReportMetric(took, "s")
	b.ReportMetric(0, "ns/op")
}
