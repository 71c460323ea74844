package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/updater/rollout"
)

// TestPlanTellsWhoFellBack: devices that were verified and run their old version again are
// told so by every verb and in the table; the run does not succeed, and the next one, once
// the plan is resumed, upgrades them again.
func TestPlanTellsWhoFellBack(t *testing.T) {
	t.Parallel()
	b := real(t)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+b.id(t)+`"}],"stopAfter":1}`)
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	run := func(ports []string, want int) string {
		return b.plans(t, want, append([]string{"run", id, "--until-done"}, ports...)...)
	}
	out := run(fleetOf(t, 1, 0), ExitVerified)
	require.Contains(t, out, "1 of 1 done, 100 %")

	again := fleetOf(t, 1, 0) // the same module with its old version
	out = run(again, ExitFailed)
	for _, text := range []string{"it fell back, was reflashed, or was exchanged", "EC25EFAR06A01M4G", "paused", "0 of 1 done, 0 %"} {
		require.Contains(t, out, text)
	}
	shown := b.plans(t, ExitVerified, "show", id)
	require.Contains(t, shown, "it fell back, was reflashed, or was exchanged")
	require.NotContains(t, shown, "verified")
	table := filepath.Join(b.dir, "out.csv")
	b.plans(t, ExitVerified, "export", id, table)
	text, err := os.ReadFile(table)
	require.NoError(t, err)
	require.NotContains(t, string(text), ",verified,")
	require.Contains(t, string(text), "EC25EFAR06A01M4G")

	b.plans(t, ExitVerified, "resume", id)
	require.Contains(t, run(again, ExitVerified), "1 of 1 done, 100 %")
}

// TestOnlyNamedPorts: with --port nobody else is seen, so that a module on the desk is
// neither asked nor upgraded; without it everybody is.
func TestOnlyNamedPorts(t *testing.T) {
	t.Parallel()
	at := func(key string, ports ...devices.Address) devices.Sighting {
		s := devices.Sighting{Key: key}
		for _, p := range ports {
			s.Ports = append(s.Ports, devices.Port{Address: p})
		}
		return s
	}
	desk := []devices.Sighting{at("usb1", "COM5", "COM6"), at("usb2", "COM7")}
	for name, c := range map[string]struct {
		hands []devices.Sighting
		want  []string
	}{
		"nobody named":      {nil, []string{"usb1", "usb2"}},
		"one not listed":    {[]devices.Sighting{at("tcp", "tcp://127.0.0.1:7100")}, []string{"tcp"}},
		"one that is":       {[]devices.Sighting{at("COM7", "COM7")}, []string{"usb2"}},
		"two ports of one":  {[]devices.Sighting{at("COM5", "COM5"), at("COM6", "COM6")}, []string{"usb1"}},
		"listed and hidden": {[]devices.Sighting{at("COM7", "COM7"), at("x", "/tmp/x")}, []string{"usb2", "x"}},
	} {
		var keys []string
		for _, s := range (&opening{hands: c.hands}).meant(desk) {
			keys = append(keys, s.Key)
		}
		require.Equal(t, c.want, keys, name)
	}
	guest := devices.Sighting{Key: "luat", Name: "Air780E · imei:1", Ports: []devices.Port{{Address: "luat://1", Role: devices.RoleCheckIn}}}
	desk = append(desk, guest)
	with := opening{hands: []devices.Sighting{at("COM7", "COM7")}, guests: true}
	require.Len(t, with.meant(desk), 2, "a service that is on is for the devices that ask")
	alone := opening{guest: "imei:1"}
	require.Equal(t, []devices.Sighting{guest}, alone.meant(desk))
}

// TestPlanPreview: a draft says whom it would upgrade and whom not, before it is active.
func TestPlanPreview(t *testing.T) {
	t.Parallel()
	b := real(t)
	pkg := b.id(t)
	ports := fleetOf(t, 2, 0)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+pkg+`"}],"targets":{"deny":["imei:869339000000028"]}}`)
	out := b.plans(t, ExitVerified, append([]string{"preview", id}, ports...)...)
	for _, text := range []string{"1 of 2 devices here would be upgraded now", "It would be upgraded now.", "It is on the deny list."} {
		require.Contains(t, out, text)
	}
	out = b.plans(t, ExitVerified, "preview", id, "--port", "tcp://127.0.0.1:1")
	require.Contains(t, out, "0 of 0 devices")
	require.Contains(t, out, "tcp://127.0.0.1:1: nobody knows who is there")
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	require.Contains(t, b.plans(t, ExitRefused, append([]string{"preview", id}, ports...)...), "cannot be done now")
}

// TestUnsignedPlan: where the policy requires signatures, a plan with an unsigned package is
// refused when it is activated, with what to do.
func TestUnsignedPlan(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+pkg+`"}]}`)
	require.Equal(t, ExitVerified, b.run(t, "keys", "policy", "require"))
	out := b.plans(t, ExitRefused, "activate", id, "--reason", "all the same")
	require.Contains(t, out, "is not signed, and this installation takes signed packages only")
	require.Contains(t, out, "Ask the publisher")
	require.Equal(t, rollout.Draft, b.plan(t, id).State)
}

// TestPlanFileMistakes: what is wrong with a plan's file is told by field and place, in the
// language of the person; the decoder's words stay away.
func TestPlanFileMistakes(t *testing.T) {
	t.Parallel()
	b, _ := stocked(t)
	for text, want := range map[string][2]string{
		`{"targets":{"ranges":[["869339000000010",1]]}}`: {"“targets.ranges” at line 1", "字段“targets.ranges”需要不带引号的整数"},
		`{"targets":{"ranges":[[001012345678901,2]]}}`:   {"001012345678901 at line 1, column 24 begins with zeros", "数字 001012345678901 以零开头"},
		"{\x00}":           {"not JSON: it goes wrong at line 1, column 2", "第 1 行第 2 列有误"},
		`{"colour":"red"}`: {"no field “colour” (line 1)", "没有字段“colour”"},
	} {
		for i, lang := range []string{"en", "zh-Hans"} {
			b.err.Reset()
			args := []string{"plan", "create", b.file(t, "bad.json", text), "--lang", lang, "--data-dir", b.dir}
			require.Equal(t, ExitUsage, Run(t.Context(), b.config, args))
			out := b.err.String()
			require.Contains(t, out, want[i])
			require.NotContains(t, out, "unmarshal")
			require.NotContains(t, out, "invalid character")
		}
	}
}
