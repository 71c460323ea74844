package luatmodule

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// untilInstalled does rounds until one is not given up.
func untilInstalled(t *testing.T, m *Module) (Result, int) {
	t.Helper()
	retries := 0
	for range 50 {
		got, err := m.Once(within(t))
		require.NoError(t, err)
		retries += got.Retries
		if got.Outcome != GaveUp {
			return got, retries
		}
	}
	t.Fatalf("never installed: %+v", m.State())
	return Result{}, 0
}

func TestAirFaults(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 40*1022-5, 1)
	count := 41 // requests of an undisturbed round
	for _, d := range []Dialect{UDP, UDPHosted} {
		for _, c := range []struct {
			order string
			check func(retries, requests int)
		}{
			{"loss=0.2", func(retries, _ int) { require.Positive(t, retries) }},
			{"duplicate=1", func(_, requests int) { require.GreaterOrEqual(t, requests, 2*count) }},
			{"reorder=0.3", func(retries, _ int) { require.Positive(t, retries) }},
			{"loss=0.1,duplicate=0.3,reorder=0.2", func(retries, _ int) { require.Positive(t, retries) }},
		} {
			depot := &depot{image: image}
			o := options(d, listen(t, depot.answer))
			o.Pace, o.Faults = hasty, faults(t, c.order)
			m := New(o)
			got, retries := untilInstalled(t, m)
			requireInstalled(t, m, got, image)
			c.check(retries, len(depot.seen()))
		}
	}
}

func TestLossOfEverything(t *testing.T) {
	t.Parallel()
	d := &depot{image: Image("1.0.1", 3000, 1)}
	o := options(UDP, listen(t, d.answer))
	o.Pace, o.Faults = hasty, faults(t, "loss=1")
	got, err := New(o).Once(within(t))
	require.NoError(t, err)
	require.Equal(t, GaveUp, got.Outcome)
	require.Empty(t, d.seen())
}

// origins has one server of each kind for an image, and tells how often each
// was asked for an update, and how often for anything.
type origins struct {
	image   []byte
	udp     depot
	web     recorder
	servers map[Dialect]string
}

func newOrigins(t *testing.T, size int) *origins {
	t.Helper()
	o := &origins{image: Image("1.0.1", size, 1)}
	o.udp.image = o.image
	o.servers = map[Dialect]string{
		UDP:     listen(t, o.udp.answer),
		RDA8910: webServer(t, o.web.in(whole(t, o.image))),
	}
	return o
}

// module is one of the dialect with the orders.
func (o *origins) module(t *testing.T, d Dialect, orders ...string) *Module {
	t.Helper()
	server, ok := o.servers[d]
	if !ok {
		server = o.servers[RDA8910]
	}
	opt := options(d, server)
	opt.Faults = faults(t, orders...)
	return New(opt)
}

// checks counts the requests that ask for an update.
func (o *origins) checks(d Dialect) int {
	if d != UDP {
		return len(o.web.all())
	}
	n := 0
	for _, r := range o.udp.seen() {
		if !strings.Contains(r, "Get") {
			n++
		}
	}
	return n
}

func TestStallAndSlowTakeTheirTime(t *testing.T) {
	t.Parallel()
	for order, least := range map[string]time.Duration{"stall=400ms": 400 * time.Millisecond, "slow=40000": 500 * time.Millisecond} {
		for _, d := range []Dialect{UDP, RDA8910} {
			from := newOrigins(t, 20000)
			m := from.module(t, d, order)
			begin := time.Now()
			got, err := m.Once(within(t))
			took := time.Since(begin)
			require.NoError(t, err)
			requireInstalled(t, m, got, from.image)
			require.GreaterOrEqual(t, took, least+brisk.of(afterBoot), "%s %s", d, order)
		}
	}
}

// TestStallPausesInTheMiddle looks while the module pauses.
func TestStallPausesInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, d := range []Dialect{UDP, RDA8910} {
		from := newOrigins(t, 60000)
		m := from.module(t, d, "stall=1h")
		ctx, cancel := context.WithCancel(within(t))
		var running sync.WaitGroup
		running.Go(func() {
			_, err := m.Once(ctx)
			assert.ErrorIs(t, err, context.Canceled)
		})
		require.Eventually(t, func() bool { return m.State().Received > 30000 }, time.Minute, time.Millisecond)
		cancel()
		running.Wait()
		s := m.State()
		require.Equal(t, Downloading, s.Phase)
		require.EqualValues(t, 60000, s.Total)
		require.Less(t, s.Received, int64(30000+4097))
	}
}

func TestWrongHashKeepsOld(t *testing.T) {
	t.Parallel()
	for _, d := range Dialects() {
		if d == UDPHosted {
			continue
		}
		from := newOrigins(t, 20000)
		m := from.module(t, d, "wrong-hash")
		got, err := m.Once(within(t))
		require.NoError(t, err)
		require.Equal(t, KeptOld, got.Outcome)
		require.Equal(t, "1.0.0", got.Version)
		kept, differ := m.Stored(), 0
		require.Len(t, kept, len(from.image))
		for i := range kept {
			if kept[i] != from.image[i] {
				differ++
			}
		}
		require.Equal(t, 1, differ)
		require.Equal(t, hexSHA256(kept), got.SHA256)
		require.Contains(t, got.Answer, "trailer")
	}
}

func TestRestartAtStartsOver(t *testing.T) {
	t.Parallel()
	for _, d := range []Dialect{UDP, RDA8910} {
		from := newOrigins(t, 20000)
		m := from.module(t, d, "restart-at=7000")
		got, err := m.Once(within(t))
		require.NoError(t, err)
		requireInstalled(t, m, got, from.image)
		s := m.State()
		require.Equal(t, 2, s.Asked)
		require.Equal(t, 2, s.Restarts)
		require.Equal(t, 1, s.Downloads)
		require.Equal(t, 2, from.checks(d))
		for _, r := range from.web.all() {
			require.Zero(t, r.from(), "nothing is left of the first download")
			require.Equal(t, "1.0.0", r.query(t).Get("version"))
		}
	}
}

func TestNeverReturns(t *testing.T) {
	t.Parallel()
	for _, d := range []Dialect{UDP, RDA8910} {
		from := newOrigins(t, 5000)
		m := from.module(t, d, "never-returns")
		ctx, cancel := context.WithCancel(within(t))
		var running sync.WaitGroup
		running.Go(func() { assert.ErrorIs(t, m.Run(ctx), context.Canceled) })
		require.Eventually(t, func() bool { return m.State().Phase == Silent }, time.Minute, time.Millisecond)
		cancel()
		running.Wait()
		require.Equal(t, hexSHA256(from.image), m.State().ImageSHA256)
		require.Equal(t, "1.0.0", m.Version())
		got, err := m.Once(within(t))
		require.NoError(t, err)
		require.Equal(t, Gone, got.Outcome)
		require.Equal(t, 1, from.checks(d), "it asks no more")
	}
}

func TestKeepsOld(t *testing.T) {
	t.Parallel()
	for _, d := range []Dialect{UDP, RDA8910} {
		from := newOrigins(t, 5000)
		m := from.module(t, d, "keeps-old")
		for n := 1; n <= 2; n++ {
			got, err := m.Once(within(t))
			require.NoError(t, err)
			require.Equal(t, KeptOld, got.Outcome)
			require.Equal(t, "1.0.0", got.Version)
			require.Equal(t, hexSHA256(from.image), got.SHA256, "the image itself is right")
			require.Equal(t, n, from.checks(d), "it is offered again")
		}
	}
}

func TestCuts(t *testing.T) {
	t.Parallel()
	from := newOrigins(t, 30000)
	m := from.module(t, RDA8910, "cuts=2")
	got, err := m.Once(within(t))
	require.NoError(t, err)
	requireInstalled(t, m, got, from.image)
	require.Equal(t, 2, got.Retries)
	requests := from.web.all()
	require.Len(t, requests, 3)
	for i, want := range []int{0, 10000, 20000} {
		require.Equal(t, want, requests[i].from(), "it goes on where it was")
	}

	from = newOrigins(t, 30000)
	m = from.module(t, LuaTask2G, "cuts=2")
	got, err = m.Once(within(t))
	require.NoError(t, err)
	requireInstalled(t, m, got, from.image)
	require.Len(t, from.web.all(), 3, "each try begins at the first byte")

	m = from.module(t, LuaTask2G, "cuts=3")
	got, err = m.Once(within(t))
	require.NoError(t, err)
	require.Equal(t, GaveUp, got.Outcome, "it has no fourth try")
}

// TestCutsOfDatagrams changes the module's own port twice, as a network does
// that gives it a new address.
func TestCutsOfDatagrams(t *testing.T) {
	t.Parallel()
	from := newOrigins(t, 30000)
	m := from.module(t, UDP, "cuts=2")
	got, err := m.Once(within(t))
	require.NoError(t, err)
	requireInstalled(t, m, got, from.image)
	require.EqualValues(t, 2, m.orders.cut)
}
