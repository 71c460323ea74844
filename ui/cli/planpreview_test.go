package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices/checkin"
	"fotabench/ui/bench"
)

// TestPlanPreviewServes: a draft says of devices that ask over the network, too, whom it
// would upgrade and whom not; none of them is given anything.
func TestPlanPreviewServes(t *testing.T) {
	t.Parallel()
	f := newField(t)
	first, second, _ := strings.Cut(f.fleet.Names()[0], "-")
	id := f.looks.created(t, `{"name":"Field","components":[{"package":"`+f.pkg+`"}],"targets":{"allow":["imei:`+first+`"]}}`)
	exit := make(chan int, 1)
	go func() {
		exit <- f.serves.run(t, "plan", "preview", id, "--luat-udp", anywhere, "--bench", f.desk, "--for", "5s", "--json")
	}()
	until(t, "that it waits", func() bool { return strings.Contains(f.out.String(), `"event":"waits"`) })
	for _, st := range f.table.Status() {
		if st.On && st.Service == bench.LuatUDP {
			f.fleet.Server = st.Address
		}
	}
	background(t, func(ctx context.Context) error { return f.fleet.Run(ctx, nil) })
	require.Equal(t, ExitVerified, <-exit, "%s%s", f.out, &f.serves.err)
	off(t, f.table)
	lines := f.out.lines()
	told := lines[len(lines)-1]
	assert.Contains(t, told, `"ready":1`)
	assert.Contains(t, told, "imei:"+first)
	assert.Contains(t, told, "imei:"+second)
	for _, g := range f.table.Desk().Guests(0) {
		assert.NotEqual(t, checkin.Verified, g.Phase, "%s", g.Address)
	}
	shown := f.looks.plans(t, ExitVerified, "show", id)
	assert.Contains(t, shown, "draft since")
}
