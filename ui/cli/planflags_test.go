package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/updater/rollout"
)

// TestPlanFlags: a draft is made of flags alone, with all that the window's form has, and
// changed by flags, of which each counts for itself.
func TestPlanFlags(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	var long strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&long, "8600000%08d\r\n", i)
	}
	list := b.file(t, "allow.txt", "\ufeff"+long.String())
	deny := b.file(t, "deny.txt", "sn:D1Q20, 860000000000003\n\n")
	b.plans(t, ExitVerified, "create", "--json",
		"--name", "Autumn", "--package", pkg[:8], "--expect", "1.1", "--model", "EC600N", "--model", "EC20,EC25", "--source", "1.0", "--allow", "869339000000010",
		"--allow-file", list, "--deny", "mac:00:11:22:33:44:55", "--deny-file", deny, "--range", "869339000000000-869339000000999", "--min-battery", "40", "--min-signal", "9",
		"--zone", "Asia/Shanghai", "--window", "22-6", "--ask-en", "Now?", "--ask-zh", "现在？", "--at-once", "5", "--stop-after", "2", "--method", "http",
		"--listen", "127.0.0.1:8080", "--stop-program")
	id, _ := b.objects(t)[0]["plan"].(string)
	p := b.plan(t, id)
	require.Equal(t, []string{"EC600N", "EC20", "EC25"}, p.Targets.Models)
	require.Equal(t, []string{"1.0"}, p.Targets.Sources)
	require.Len(t, p.Targets.Allow, 10_001)
	require.Equal(t, []string{"imei:869339000000010", "imei:860000000000000"}, p.Targets.Allow[:2])
	require.Equal(t, []string{"mac:00:11:22:33:44:55", "sn:D1Q20", "imei:860000000000003"}, p.Targets.Deny)
	require.Equal(t, [][2]uint64{{869339000000000, 869339000000999}}, p.Targets.Ranges)
	require.Equal(t, rollout.Component{Package: pkg, Name: "Modem", Expect: "1.1"}, p.Components[0])
	require.Equal(t, []any{40, 9, "Asia/Shanghai", rollout.Window{From: 22, To: 6}, rollout.Confirmed, 5, 2}, []any{p.MinBattery, p.MinSignal, p.Zone, p.Window, p.Confirm, p.Parallel, p.StopAfter})
	require.Equal(t, map[string]string{rollout.English: "Now?", rollout.Chinese: "现在？"}, p.Texts)
	require.Equal(t, rollout.Delivery{Method: devices.HTTP, Listen: "127.0.0.1:8080", StopProgram: true}, p.Delivery)
	require.NoError(t, p.Validate())

	b.plans(t, ExitVerified, "edit", id, "--allow", "", "--model", "", "--range", "869339000000000 - 869339000000100", "--window", "0-24", "--silent", "--stop-after", "0", "--method", "own", "--stop-program=false")
	q := b.plan(t, id)
	require.Empty(t, q.Targets.Allow)
	require.Empty(t, q.Targets.Models)
	require.Equal(t, [][2]uint64{{869339000000000, 869339000000100}}, q.Targets.Ranges)
	require.Equal(t, []any{rollout.Window{To: 24}, rollout.Silent, 0, devices.Method(""), false}, []any{q.Window, q.Confirm, q.StopAfter, q.Delivery.Method, q.Delivery.StopProgram})
	require.Equal(t, []any{p.Targets.Deny, p.MinBattery, p.Parallel, p.Zone, p.Components, p.Texts}, []any{q.Targets.Deny, q.MinBattery, q.Parallel, q.Zone, q.Components, q.Texts}, "what was not given stays")

	// A flag counts instead of the document.
	document := b.file(t, "winter.json", `{"name":"Winter","components":[{"package":"`+pkg+`"}],"parallel":3}`)
	b.plans(t, ExitVerified, "edit", id, document, "--at-once", "7", "--deny", "860000000000009")
	p = b.plan(t, id)
	require.Equal(t, []any{"Winter", 7, 1, []string{"imei:860000000000009"}}, []any{p.Name, p.Parallel, p.StopAfter, p.Targets.Deny})
}

// TestPlanFlagsWrong: what is no value is a mistake in the call, told with the flag, and no
// draft is made or changed; one that a plan may not have is told as of a document.
func TestPlanFlagsWrong(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	id := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg+`"}],"zone":"Asia/Shanghai"}`)
	document := b.plans(t, ExitVerified, "show", id, "--document")
	for _, c := range []struct{ args, says string }{
		{"", "FILE.json"},
		{"--allow 8600", `--allow "8600"`},
		{"--deny lamp7", `--deny "lamp7"`},
		{"--allow-file " + b.dir + "/none.txt", "none.txt"},
		{"--allow-file " + b.file(t, "nobody.txt", "\r\n\n"), "names nobody"},
		{"--deny 860000000000003 --deny-file " + b.file(t, "empty.txt", ""), "names nobody"},
		{"--range 8-x", `--range "8-x"`},
		{"--window night", "22-6"},
		{"--at-once many", "many"},
		{"--silent --ask-en Now?", "either --silent"},
		{"--method pigeon", "pigeon"},
		{"--package a --expect 1 --expect 2", "2 times for 1 packages"},
	} {
		for _, verb := range []string{"create", "edit " + id} {
			require.Contains(t, b.plans(t, ExitUsage, append(strings.Fields(verb), strings.Fields(c.args)...)...), c.says, c.args)
		}
	}
	require.Equal(t, document, b.plans(t, ExitVerified, "show", id, "--document"))
	out := b.plans(t, ExitVerified, "edit", id, "--at-once", "65", "--ask-en", "Now?", "--window", "22-25")
	for _, field := range []string{"parallel", "texts.zh-Hans", "window.to"} {
		require.Contains(t, out, field)
	}
}
