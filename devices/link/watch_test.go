//go:build unix

package link

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/assets"
	"fotabench/devices"
)

// plugBoard is what a computer lists, and the hints it gives.
type plugBoard struct {
	mu    sync.Mutex
	plugs []plug
	err   error
	hint  func()
}

func (b *plugBoard) set(plugs []plug, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plugs, b.err = plugs, err
}

func (b *plugBoard) list(context.Context) ([]plug, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.plugs), b.err
}

func (b *plugBoard) hints(ctx context.Context, hint func()) {
	b.mu.Lock()
	b.hint = hint
	b.mu.Unlock()
	<-ctx.Done()
}

// seen collects what Watch tells.
type seen struct {
	mu    sync.Mutex
	lists [][]devices.Sighting
}

func (s *seen) see(list []devices.Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists = append(s.lists, list)
}

func (s *seen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lists)
}

func module(name, place string) plug {
	return plug{address: devices.Address(name), place: place, number: 8, vid: "2C7C", pid: "0901"}
}

func TestWatch(t *testing.T) {
	table := usbTable(t)
	synctest.Test(t, func(t *testing.T) {
		board := &plugBoard{plugs: []plug{module("/dev/ttyUSB0", "1-1")}}
		ports := &Ports{table: table, list: board.list, hints: board.hints, every: 3 * time.Second}
		ctx, cancel := context.WithCancelCause(t.Context())
		var s seen
		done := make(chan error, 1)
		go func() { done <- ports.Watch(ctx, s.see) }()
		synctest.Wait()
		require.Len(t, s.lists, 1, "first all that are present")
		require.Equal(t, "usb:1-1", s.lists[0][0].Key)

		time.Sleep(time.Minute)
		require.Equal(t, 1, s.count(), "nothing new, nothing told")

		board.set(nil, nil)
		board.hint()
		time.Sleep(2 * settle)
		require.Equal(t, 2, s.count(), "a hint is followed at once")
		require.Empty(t, s.lists[1])

		board.set([]plug{module("/dev/ttyUSB3", "1-1")}, nil)
		time.Sleep(4 * time.Second)
		require.Equal(t, 3, s.count(), "without a hint the next look finds it")
		require.Equal(t, "usb:1-1", s.lists[2][0].Key, "the same place")
		require.Equal(t, devices.Address("/dev/ttyUSB3"), s.lists[2][0].Control(), "another name")

		board.set(nil, errors.New("busy with a plug"))
		time.Sleep(10 * time.Second)
		require.Equal(t, 3, s.count(), "a failed look tells nothing")

		cancel(errStop)
		require.ErrorIs(t, <-done, errStop)
		board.set(nil, nil)
		board.hint()
		time.Sleep(time.Minute)
		require.Equal(t, 3, s.count(), "none after return")
	})
}

func TestWatchImpossible(t *testing.T) {
	board := &plugBoard{err: os.ErrNotExist}
	ports := &Ports{table: assets.USBTable{}, list: board.list, hints: board.hints, every: time.Hour}
	err := ports.Watch(t.Context(), func([]devices.Sighting) { t.Error("nothing can be seen") })
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWatchHere(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	err := NewDiscoverer(usbTable(t)).Watch(ctx, func([]devices.Sighting) { cancel(errStop) })
	require.ErrorIs(t, err, errStop)
}

// The ports of a module that come one after another are one change.
func TestWatchWaitsForQuiet(t *testing.T) {
	table := usbTable(t)
	synctest.Test(t, func(t *testing.T) {
		board := &plugBoard{}
		ports := &Ports{table: table, list: board.list, hints: board.hints, every: time.Hour}
		ctx, cancel := context.WithCancel(t.Context())
		var s seen
		var watch sync.WaitGroup
		watch.Go(func() { _ = ports.Watch(ctx, s.see) })
		time.Sleep(time.Second)
		var plugs []plug
		for _, name := range []string{"/dev/ttyUSB0", "/dev/ttyUSB1", "/dev/ttyUSB2"} {
			plugs = append(plugs, module(name, "1-1"))
			board.set(slices.Clone(plugs), nil)
			board.hint()
			time.Sleep(settle / 2)
		}
		time.Sleep(time.Second)
		cancel()
		watch.Wait()
		require.Equal(t, 2, s.count())
		require.Len(t, s.lists[1][0].Ports, 3)
	})
}

// A replug is seen through the real tree: another name, the same place.
func TestReplugUnderAnotherName(t *testing.T) {
	before, after := newTree(t), newTree(t)
	for tree, name := range map[*tree]string{before: "ttyUSB0", after: "ttyUSB3"} {
		tree.line([]string{"device", "1-1", "2c7c", "0901", "-", "-", "-"})
		tree.line([]string{"port", name, "8", "ff0000", "-"})
	}
	a, err := before.fs.list(t.Context())
	require.NoError(t, err)
	b, err := after.fs.list(t.Context())
	require.NoError(t, err)
	require.Equal(t, group(a, usbTable(t))[0].Key, group(b, usbTable(t))[0].Key)
	require.NotEqual(t, a[0].address, b[0].address)
	require.FileExists(t, filepath.Join(after.fs.dev, "ttyUSB3"))
}
