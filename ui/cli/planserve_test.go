package cli

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
	"fotabench/updater"
)

// field is a plan for devices that ask over the network.
type field struct {
	// serves has the service of the devices; looks is the program of the same data folder
	// beside it.
	serves, looks *call
	table         *bench.Bench
	out           *transcript // what serves prints
	fleet         demo.Fleet
	desk          string // the file of the bench, in which the devices are simulated
	pkg           string // the id of their package
}

// newField is a field in which nobody has asked yet.
func newField(t *testing.T) *field {
	t.Helper()
	f := &field{
		serves: newCall(t), looks: newCall(t), table: bench.New(), out: &transcript{},
		fleet: demo.Fleet{Kind: demo.LuatUDP, Count: 2, Pace: pace},
	}
	f.serves.config.Bench, f.serves.config.Out = f.table, f.out
	f.serves.config.Open = func(ctx context.Context, folder string) (Engine, error) {
		return updater.Open(ctx, updater.Config{
			Drivers: f.table.Drivers(), Discoverers: []devices.Discoverer{f.table.Desk()}, DataDir: folder, Ways: f.serves.config.Ways, Share: f.table.Host, Giver: f.table,
		})
	}
	fw := filepath.Join(f.serves.dir, "fleet.bin")
	require.NoError(t, demo.WriteFleetPackage(fw, demo.LuatUDP))
	f.looks.dir, f.looks.config.Open = f.serves.dir, f.serves.config.Open
	f.looks.shelf(t, ExitVerified, "import", fw, "--json")
	f.pkg = f.looks.id(t)
	// Its rule, which would give the package to whoever asks, is left out.
	f.desk = f.serves.file(t, "bench.json", `{"unknown":"register","simulated":["`+f.fleet.Names()[0]+`"],`+
		`"packages":[{"name":"fw","files":["`+fw+`"]}],"rules":[{"package":"fw","family":"luat"}]}`)
	return f
}

// carry runs a plan verb with the service of the devices, which ask once it has printed
// said, to its end, and gives what the plan says then.
func (f *field) carry(t *testing.T, id, said string, args ...string) string {
	t.Helper()
	exit := make(chan int, 1)
	go func() {
		exit <- f.serves.run(t, append(args, "--luat-udp", anywhere, "--bench", f.desk, "--json")...)
	}()
	until(t, said, func() bool { return strings.Contains(f.out.String(), `"event":"`+said+`"`) })
	for _, st := range f.table.Status() {
		if st.On {
			f.fleet.Server = st.Address
		}
	}
	background(t, func(ctx context.Context) error { return f.fleet.Run(ctx, nil) })
	require.Equal(t, ExitVerified, <-exit, "%s%s", f.out, &f.serves.err)
	off(t, f.table)
	shown := f.looks.plans(t, ExitVerified, "show", id)
	require.Contains(t, shown, "Untested", "what the bench file calls simulated proves nothing")
	return shown
}

// TestPlanServes: a plan upgrades devices that ask over the network, while their service
// is on; it is off when the run has ended.
func TestPlanServes(t *testing.T) {
	t.Parallel()
	f := newField(t)
	allow := strings.ReplaceAll(f.fleet.Names()[0], "-", `","imei:`)
	id := f.looks.created(t, `{"name":"Field","components":[{"package":"`+f.pkg+`"}],"parallel":2,"targets":{"allow":["imei:`+allow+`"]}}`)
	f.looks.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	f.looks.plans(t, ExitUsage, "run", id, "--bench", f.desk)
	f.looks.plans(t, ExitUsage, "run", id, "--bench", f.desk+".gone", "--luat-udp", anywhere)
	require.Contains(t, f.carry(t, id, "on", "plan", "run", "--until-done"), "2 of 2 done")
}

// TestPlanTrialServes: a draft is tried on a device that asks over the network, and on no
// other one.
func TestPlanTrialServes(t *testing.T) {
	t.Parallel()
	f := newField(t)
	id := f.looks.created(t, `{"name":"Field","components":[{"package":"`+f.pkg+`"}]}`)
	for _, args := range [][]string{
		{"trial", id},
		{"trial", id, "--port", "tcp://127.0.0.1:1", "--device", "1", "--luat-udp", anywhere},
		{"trial", id, "--device", "1"},
	} {
		f.looks.plans(t, ExitUsage, args...)
	}
	_, chosen, _ := strings.Cut(f.fleet.Names()[0], "-") // the second one
	shown := f.carry(t, id, "waits", "plan", "trial", id, "--device", chosen)
	require.Contains(t, shown, "imei:"+chosen)
	require.Contains(t, shown, "1 of 1 done")
	for _, g := range f.table.Desk().Guests(0) {
		require.Equal(t, g.Identity.IMEI == chosen, g.Phase == checkin.Verified, "%s: %s", g.Address, g.Phase)
	}
}
