package luatmodule

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUDP(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 80, 1021, 1022, 1023, 3 * 1022, 5000} {
		d := &depot{image: Image("1.0.1", size, 1)}
		m := New(options(UDP, listen(t, d.answer)))
		got, err := m.Once(within(t))
		require.NoError(t, err)
		requireInstalled(t, m, got, d.image)
		requests := d.seen()
		require.Equal(t, "861234567890123,DEMO_Luat_V0026_RDA8910,1.0.0", requests[0])
		require.Contains(t, requests, "Get1,7")
		require.Contains(t, requests, fmt.Sprintf("Get%d,7", (len(d.image)+1021)/1022))

		got, err = m.Once(within(t))
		require.NoError(t, err)
		require.Equal(t, None, got.Outcome, "it asks with the version that it now has")
		require.Equal(t, "no upgrade", got.Answer)
	}
}

func TestUDPHostedSaysWhoItIsEachTime(t *testing.T) {
	t.Parallel()
	d := &depot{image: Image("1.0.1", 5000, 1)}
	m := New(options(UDPHosted, listen(t, d.answer)))
	got, err := m.Once(within(t))
	require.NoError(t, err)
	requireInstalled(t, m, got, d.image)
	const who = "0,KEY,861234567890123,SN01,DEMO_Luat_V0026_RDA8910,1.0.0"
	requests := d.seen()
	require.Equal(t, who, requests[0])
	for _, r := range requests[1:] {
		require.True(t, strings.HasPrefix(r, who+",Get"), r)
	}
}

func TestUDPOffers(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 3*1022, 1)
	for _, c := range []struct {
		offer string
		want  Outcome
		clock string
	}{
		{"LUAUPDATE,7,3,1022", Installed, ""},
		{"LUAUPDATE,7,3,1022,2024-02-29 23:59:58", Installed, "2024-02-29 23:59:58"},
		{"LUAUPDATE,7,3,1022 welcome 2024-02-29 23:59:58\r\n", Installed, "2024-02-29 23:59:58"},
		{"LUAUPDATE,7,3,0", Rejected, ""},
		{"LUAUPDATE,7,3,1023", Rejected, ""},
		{"LUAUPDATE,7,0,5", Rejected, ""},
		{"LUAUPDATE,7,70000,5", Rejected, ""},
		{"LUAUPDATE,7,3", None, ""},
		{" LUAUPDATE,7,3,1022", None, ""},
		{"luaupdate,7,3,1022", None, ""},
		{"no upgrade", None, ""},
		{"version error", None, ""},
		{"ERR", None, ""},
	} {
		d := &depot{image: image, offer: c.offer}
		o := options(UDP, listen(t, d.answer))
		o.Pace = patient
		m := New(o)
		got, err := m.Once(within(t))
		require.NoError(t, err)
		require.Equal(t, c.want, got.Outcome, c.offer)
		require.Equal(t, c.clock, m.State().Clock, c.offer)
		if c.want != Installed {
			require.Len(t, d.seen(), 1, "%q ends the round at once", c.offer)
			require.Equal(t, "1.0.0", m.Version())
			require.Equal(t, printable(c.offer), got.Answer)
		}
	}
}

// TestUDPIgnoresWhatIsNotItsPacket answers each Get with everything that can be
// wrong, and with the right packet only after all of it.
func TestUDPIgnoresWhatIsNotItsPacket(t *testing.T) {
	t.Parallel()
	d := &depot{image: Image("1.0.1", 4000, 1)}
	d.change = func(nth int, _ string, right []byte) [][]byte {
		if nth == 1 {
			return [][]byte{right}
		}
		other := bytes.Clone(right)
		other[1]++
		before := bytes.Clone(right)
		before[1]--
		return [][]byte{before, other, right[:len(right)-1], append(bytes.Clone(right), 0), right[:2], {}, make([]byte, 4000), []byte("error all"), right, right}
	}
	o := options(UDP, listen(t, d.answer))
	o.Pace = patient
	m := New(o)
	got, err := m.Once(within(t))
	require.NoError(t, err)
	requireInstalled(t, m, got, d.image)
	require.Zero(t, got.Retries, "what is wrong is not answered")
	require.Len(t, d.seen(), 1+4)
}

func TestUDPLastOfTwoLengths(t *testing.T) {
	t.Parallel()
	d := &depot{image: Image("1.0.1", 1500, 1), offer: "LUAUPDATE,7,2,479"}
	m := New(options(UDP, listen(t, d.answer)))
	got, err := m.Once(within(t))
	require.NoError(t, err)
	require.Equal(t, GaveUp, got.Outcome, "the last packet has 478 bytes, not 479")
	require.EqualValues(t, 1022, got.Bytes)
}

func TestUDPGivesUpAfterFiveTries(t *testing.T) {
	t.Parallel()
	d := &depot{image: Image("1.0.1", 4000, 1)}
	d.change = func(nth int, _ string, right []byte) [][]byte {
		// The check is answered at its fifth try, the first packet at its fifth,
		// the second never.
		if nth == 5 || nth == 10 {
			return [][]byte{right}
		}
		return nil
	}
	o := options(UDP, listen(t, d.answer))
	o.Pace = patient
	m := New(o)
	begin := time.Now()
	got, err := m.Once(within(t))
	require.NoError(t, err)
	require.Equal(t, GaveUp, got.Outcome)
	require.Equal(t, 12, got.Retries)
	require.EqualValues(t, 1022, got.Bytes)
	requests := d.seen()
	require.Len(t, requests, 15)
	require.Equal(t, []string{"Get2,7", "Get2,7", "Get2,7", "Get2,7", "Get2,7"}, requests[10:])
	require.GreaterOrEqual(t, time.Since(begin), 13*o.Pace.of(datagramTimer))
}

// TestUDPTimerRestarts sends a wrong packet again and again before the timer
// has run out: as long as they come, the module does not ask again.
func TestUDPTimerRestarts(t *testing.T) {
	t.Parallel()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer conn.Close()
	image := Image("1.0.1", 80, 1)
	o := options(UDP, conn.LocalAddr().String())
	o.Pace = 0.1
	m := New(o)
	ctx := within(t)
	var served sync.WaitGroup
	defer served.Wait()
	served.Go(func() {
		buffer := make([]byte, 2048)
		_, from, _ := conn.ReadFromUDPAddrPort(buffer)
		_, _ = conn.WriteToUDPAddrPort([]byte("LUAUPDATE,7,1,80"), from)
		_, from, _ = conn.ReadFromUDPAddrPort(buffer)
		for range 15 { // 1.5 timers, were they not restarted
			_ = wait(ctx, o.Pace.of(datagramTimer)/10)
			_, _ = conn.WriteToUDPAddrPort([]byte("\x00\x01short"), from)
		}
		_, _ = conn.WriteToUDPAddrPort(packet(1, image), from)
	})
	got, err := m.Once(ctx)
	require.NoError(t, err)
	requireInstalled(t, m, got, image)
	require.Zero(t, got.Retries)
}

func TestUDPAbort(t *testing.T) {
	t.Parallel()
	d := &depot{image: Image("1.0.1", 4000, 1)}
	d.change = func(nth int, _ string, right []byte) [][]byte {
		if nth == 3 {
			return [][]byte{[]byte("ERR")}
		}
		return [][]byte{right}
	}
	o := options(UDP, listen(t, d.answer))
	o.Pace = patient
	m := New(o)
	got, err := m.Once(within(t))
	require.NoError(t, err)
	require.Equal(t, Aborted, got.Outcome)
	require.Len(t, d.seen(), 3)
	require.Equal(t, "1.0.0", m.Version())
}

// TestUDPPacketThatSpellsERR has an index whose bytes are ER and a body that
// begins with R: it is a packet and no ERR.
func TestUDPPacketThatSpellsERR(t *testing.T) {
	t.Parallel()
	const n = 'E'<<8 | 'R'
	o := offer{id: "7", count: 20000, last: 5}
	p := packet(n, bytes.Repeat([]byte{'R'}, 1022))
	yes, err := o.judge(n)(p)
	require.True(t, yes)
	require.NoError(t, err)
	_, err = o.judge(n)(p[:100])
	require.ErrorIs(t, err, errAbort)
}

func TestUDPNobodyThere(t *testing.T) {
	t.Parallel()
	// A socket that is connected elsewhere holds its port and takes nothing.
	conn, err := net.Dial("udp", listen(t, func([]byte) [][]byte { return nil }))
	require.NoError(t, err)
	defer conn.Close()
	m := New(options(UDP, conn.LocalAddr().String()))
	got, err := m.Once(within(t))
	require.NoError(t, err)
	require.Equal(t, GaveUp, got.Outcome)
	require.Equal(t, 4, got.Retries, "a refused datagram is a lost one")
}

func TestRunAsksAgain(t *testing.T) {
	t.Parallel()
	d := &depot{image: Image("1.0.1", 2000, 1)}
	m := New(options(UDP, listen(t, d.answer)))
	ctx, cancel := context.WithCancel(within(t))
	var running sync.WaitGroup
	running.Go(func() { assert.ErrorIs(t, RunAll(ctx, []*Module{m}), context.Canceled) })
	require.Eventually(t, func() bool { return m.State().Asked >= 3 }, time.Minute, time.Millisecond)
	cancel()
	running.Wait()
	s := m.State()
	require.Equal(t, "1.0.1", s.Version)
	require.Equal(t, 1, s.Downloads)
	require.Equal(t, "no upgrade", s.LastAnswer)
}

func FuzzReadOffer(f *testing.F) {
	f.Add([]byte("LUAUPDATE,7,3,1022,2024-02-29 23:59:58"))
	f.Add([]byte("LUAUPDATE,,70000,0"))
	f.Fuzz(func(t *testing.T, p []byte) {
		o, offered, err := readOffer(p)
		if offered && err == nil {
			require.True(t, bytes.HasPrefix(p, []byte("LUAUPDATE,")))
			require.LessOrEqual(t, o.size(), int64(MaxImage))
			require.Positive(t, o.size())
		}
	})
}
