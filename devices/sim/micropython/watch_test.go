package micropython

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// The module is seen, vanishes in a restart, and is seen at its new address.
func TestWatch(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{}, "other-port")
	ctx, cancel := context.WithCancelCause(t.Context())
	seen := make(chan []devices.Sighting, 100)
	ended := make(chan error)
	go func() { ended <- m.Watch(ctx, func(s []devices.Sighting) { seen <- s }) }()
	first := <-seen
	require.Len(t, first, 1)
	require.True(t, first[0].Simulated)
	require.Equal(t, m.Addresses()[0], first[0].Control())
	u.upgrade()
	for len(<-seen) > 0 {
	}
	var last []devices.Sighting
	for len(last) == 0 {
		last = <-seen
	}
	require.NotEqual(t, first[0].Control(), last[0].Control())
	stop := errors.New("enough")
	cancel(stop)
	require.ErrorIs(t, <-ended, stop)
}

// BenchmarkBoot starts a module and has it answer its first question.
func BenchmarkBoot(b *testing.B) {
	for b.Loop() {
		m, u := start(b, Options{})
		u.enterRaw()
		require.Equal(b, "1", u.value("print(1)"))
		require.NoError(b, m.Close())
	}
}

// BenchmarkPython is a loop of small operations, which cost a call between the
// interpreter and the host each.
func BenchmarkPython(b *testing.B) {
	_, u := start(b, Options{})
	u.enterRaw()
	u.value("def f():\n t=0\n for i in range(10000): t+=i\n return t")
	for b.Loop() {
		u.value("f()")
	}
}
