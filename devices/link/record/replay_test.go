package record

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/link"
)

// told collects deviations.
type told struct {
	mu   sync.Mutex
	list []string
}

func (o *told) hear(d Deviation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, fmt.Sprintf("%d@%d %s %q %q", d.Link, d.At, d.Way, d.Want, d.Got))
}

// exchange makes a recording of one closed link: host text, device text, and so
// on.
func exchange(turns ...string) *Recording {
	l := Link{Port: "COM5", End: Closed}
	for i, text := range turns {
		l.Turns = append(l.Turns, Turn{Sent: i%2 == 0, Data: []byte(text)})
	}
	return &Recording{Links: []Link{l}}
}

func TestReplayAsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec, err := Read(conversation(t))
		require.NoError(t, err)
		var o told
		p := NewReplay(rec, ReplayOptions{Pace: 1, Deviates: o.hear})
		ctx := p.Attach(t.Context())
		start := time.Now()
		l := open(t, ctx, "COM5")
		write(t, l, "AT\r")
		require.Equal(t, "OK\r\n\x00\xff", read(t, l, 6))
		require.Equal(t, time.Second, time.Since(start))
		write(t, l, "PW=another\r") // as long as what was masked
		require.Equal(t, "******* is wrong\r\n", read(t, l, 18))
		_, err = l.Read(ctx, make([]byte, 1))
		require.ErrorIs(t, err, devices.Lost)
		require.Equal(t, 3*time.Second, time.Since(start))
		require.NoError(t, l.Close())
		require.False(t, p.Finished())
		_, err = link.Open(ctx, "COM5", link.Settings{})
		require.ErrorIs(t, err, devices.Absent)
		l = open(t, ctx, "COM5")
		write(t, l, "ATI\r")
		require.Equal(t, "v2\r\n", read(t, l, 4))
		require.NoError(t, l.Close())
		require.True(t, p.Finished())
		require.Zero(t, p.Deviations(), "%v", o.list)
		_, err = link.Open(ctx, "COM5", link.Settings{})
		require.ErrorIs(t, err, devices.Absent)
	})
}

// The same recording can be made again from its replay.
func TestReplayRecordsAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := exchange("one\r", "1\r\n", "two\r", "2\r\n")
		rec.Header.Seed = 77
		p := NewReplay(rec, ReplayOptions{})
		var file strings.Builder
		ctx, r := Start(p.Attach(t.Context()), &file, Header{}, 0)
		l := open(t, ctx, "COM5")
		for i, ask := range []string{"one\r", "two\r"} {
			write(t, l, ask)
			require.Equal(t, fmt.Sprintf("%d\r\n", i+1), read(t, l, 3))
		}
		require.NoError(t, l.Close())
		require.NoError(t, r.Close())
		again, err := Read(strings.NewReader(file.String()))
		require.NoError(t, err)
		require.EqualValues(t, 77, again.Header.Seed, "the words that drivers make up stay the same")
		require.Equal(t, "one\r1\r\ntwo\r2\r\n", text(again.Links[0]))
	})
}

func text(l Link) string {
	var b strings.Builder
	for _, turn := range l.Turns {
		b.Write(turn.Data)
	}
	return b.String()
}

func TestHostDeviates(t *testing.T) {
	recorded := []string{"print(1)\r", "one\r\n", "version()\r", "two\r\n", "goodbye()\r", "bye\r\n"}
	for name, c := range map[string]struct {
		host []string // each is followed by reading what should come
		hear []string
		told []string
	}{
		"another word": {
			[]string{"print(7)\r", "version()\r", "goodbye()\r"},
			[]string{"one\r\n", "two\r\n", "bye\r\n"},
			[]string{`1@6 replaced "1)\r" "7)\r"`},
		},
		"another length": {
			[]string{"print(1234)\r", "version()\r", "goodbye()\r"},
			[]string{"one\r\n", "two\r\n", "bye\r\n"},
			[]string{`1@7 replaced ")\r" "234)\r"`},
		},
		"a question more": {
			[]string{"hello?print(1)\r", "version()\r", "goodbye()\r"},
			[]string{"one\r\n", "two\r\n", "bye\r\n"},
			[]string{`1@0 extra "" "hello?"`},
		},
		"a question less": {
			[]string{"print(1)\r", "", "goodbye()\r"},
			[]string{"one\r\n", "", "bye\r\n"},
			[]string{`1@9 missing "version()\r" ""`},
		},
		"some bytes less": {
			[]string{"print(1)\r", "sion()\r", "goodbye()\r"},
			[]string{"one\r\n", "two\r\n", "bye\r\n"},
			[]string{`1@9 missing "ver" ""`},
		},
		"stops early": {
			[]string{"print(1)\r", "ver"},
			[]string{"one\r\n", ""},
			[]string{`1@12 unfinished "sion()\r" ""`},
		},
		"goes on": {
			[]string{"print(1)\r", "version()\r", "goodbye()\r", "more\r"},
			[]string{"one\r\n", "two\r\n", "bye\r\n", ""},
			[]string{`1@29 extra "" "more\r"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var o told
				p := NewReplay(exchange(recorded...), ReplayOptions{Deviates: o.hear})
				l := open(t, p.Attach(t.Context()), "COM9") // the port's name is another
				for i, say := range c.host {
					write(t, l, say)
					require.Equal(t, c.hear[i], read(t, l, len(c.hear[i])))
				}
				synctest.Wait()
				require.NoError(t, l.Close())
				require.Equal(t, c.told, o.list)
				require.Equal(t, len(c.told), p.Deviations())
				require.Equal(t, name != "stops early", p.Finished())
			})
		})
	}
}

// served starts a replay at a place and gives the addresses as they appear, and
// what Serve returned at the end.
func served(t *testing.T, p *Replay, at Place) (<-chan devices.Address, <-chan error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(stop)
	addresses, result := make(chan devices.Address, 8), make(chan error, 1)
	go func() { result <- p.Serve(ctx, at, func(a devices.Address) { addresses <- a }) }()
	return addresses, result
}

// TestServe plays the conversation to a host that knows nothing of it but the
// port: the port goes away and comes back.
func TestServe(t *testing.T) {
	for name, place := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rec *Recording
			synctest.Test(t, func(t *testing.T) {
				var err error
				rec, err = Read(conversation(t))
				require.NoError(t, err)
			})
			var o told
			p := NewReplay(rec, ReplayOptions{Pace: 0.4, Deviates: o.hear})
			addresses, result := served(t, p, place)
			at := <-addresses
			l := open(t, t.Context(), at)
			write(t, l, "AT\r")
			require.Equal(t, "OK\r\n\x00\xff", read(t, l, 6))
			write(t, l, "PW=another\r")
			require.Equal(t, "******* is wrong\r\n", read(t, l, 18))
			_, err := l.Read(t.Context(), make([]byte, 1))
			require.ErrorIs(t, err, devices.Lost)
			require.NoError(t, l.Close())
			_, err = link.Open(t.Context(), at, link.Settings{})
			require.ErrorIs(t, err, devices.Absent)
			require.Equal(t, at, <-addresses)
			l = open(t, t.Context(), at)
			write(t, l, "ATI\r")
			require.Equal(t, "v2\r\n", read(t, l, 4))
			require.NoError(t, l.Close())
			require.NoError(t, <-result)
			require.True(t, p.Finished())
			require.Empty(t, o.list)
			_, err = link.Open(t.Context(), at, link.Settings{})
			require.ErrorIs(t, err, devices.Absent)
		})
	}
}

// Two ports that were open at once are there at once.
func TestServeTwoPorts(t *testing.T) {
	one, two := exchange("a\r", "1").Links[0], exchange("b\r", "2").Links[0]
	one.EndAt, two.EndAt = time.Second, time.Second
	two.Port = "COM6"
	p := NewReplay(&Recording{Links: []Link{one, two}}, ReplayOptions{})
	addresses, result := served(t, p, Place{TCP: "127.0.0.1:0"})
	first, second := open(t, t.Context(), <-addresses), open(t, t.Context(), <-addresses)
	write(t, first, "a\r")
	write(t, second, "b\r")
	got := read(t, first, 1) + read(t, second, 1)
	require.NoError(t, first.Close())
	require.NoError(t, second.Close())
	require.NoError(t, <-result)
	if p.Deviations() == 0 {
		require.Equal(t, "12", got)
	}
}

// A replay that nobody speaks to ends with its context, and leaves nothing.
func TestServeEndsWithItsContext(t *testing.T) {
	for name, place := range places(t) {
		p := NewReplay(exchange("a\r", "1"), ReplayOptions{})
		ctx, stop := context.WithCancelCause(t.Context())
		addresses, result := make(chan devices.Address, 1), make(chan error, 1)
		go func() { result <- p.Serve(ctx, place, func(a devices.Address) { addresses <- a }) }()
		at := <-addresses
		cause := fmt.Errorf("enough of %s", name)
		stop(cause)
		require.ErrorIs(t, <-result, cause)
		require.False(t, p.Finished())
		_, err := link.Open(t.Context(), at, link.Settings{})
		require.ErrorIs(t, err, devices.Absent)
	}
}
