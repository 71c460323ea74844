package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// TestWhoseDevice: where several plans run, each line about a device says which plan it is
// of: one upgrades it, and another is not meant for it.
func TestWhoseDevice(t *testing.T) {
	t.Parallel()
	book, err := words.New(words.English)
	require.NoError(t, err)
	of := func(name string, status rollout.Status, why updater.Note) rollout.Overview {
		return rollout.Overview{
			Plan:    rollout.Plan{ID: name, Name: name, State: rollout.Active},
			Devices: []rollout.Device{{ID: "imei:1", Status: status, Reason: why}},
		}
	}
	plans := []rollout.Overview{
		of("Autumn", rollout.Ready, updater.Note{Code: rollout.WhyReady}),
		of("Winter", rollout.Excluded, updater.Note{Code: rollout.WhyUnlisted}),
	}
	for n, want := range [][]string{1: {"  imei:1"}, 2: {"  Autumn: imei:1", "  Winter: imei:1"}} {
		var out strings.Builder
		tell := &teller{planOrder: &planOrder{app: &app{Config: Config{Out: &out}, book: book}}, told: map[string]string{}}
		tell.see(rollout.Snapshot{At: began, Plans: plans[:n]})
		for _, text := range want {
			require.Contains(t, out.String(), text)
		}
	}
}
