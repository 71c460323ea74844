package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/ui/evidence"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// reported is the data of a plan's report.
func (b *call) reported(t *testing.T, plan string) evidence.PlanReport {
	t.Helper()
	path := filepath.Join(b.dir, "plan-report.json")
	require.Equal(t, ExitVerified, b.run(t, "report", "--plan", plan, "--out", path, "--force"), b.err.String())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var r evidence.PlanReport
	require.NoError(t, json.Unmarshal(text, &r))
	return r
}

// TestPlanReportTellsWhoFellBack: the report of a plan says what plan show says, also of a
// device that was met again with its old version after the plan had verified it.
func TestPlanReportTellsWhoFellBack(t *testing.T) {
	t.Parallel()
	b := real(t)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+b.id(t)+`"}],"stopAfter":1}`)
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	run := func(want int) {
		b.plans(t, want, append([]string{"run", id, "--until-done", "--by", "ann"}, fleetOf(t, 1, 0)...)...)
	}
	run(ExitVerified)
	first := b.reported(t, id)
	require.Equal(t, map[updater.Outcome]int{updater.Verified: 1}, first.Totals)
	where := first.Devices[0].Tries[0].Where
	require.Equal(t, "ann", where.By)
	require.Equal(t, orMe(""), where.User)
	run(ExitFailed) // another module of that name, with the old version
	r := b.reported(t, id)
	require.Equal(t, map[updater.Outcome]int{evidence.Lapsed: 1}, r.Totals)
	require.Equal(t, evidence.Lapsed, r.Outcome)
	d := r.Devices[0]
	require.Equal(t, "EC25EFAR06A01M4G_01.001.01.001", d.Met.Reports)
	require.Equal(t, d.Tries[0].Reports, d.Proved.Reports)
	require.True(t, d.Met.At.After(d.Proved.At))
}

// TestPlanReportTellsWhoNeededNothing: a device that ran the target already is in the report
// and done, for every program, also once the plan is over.
func TestPlanReportTellsWhoNeededNothing(t *testing.T) {
	t.Parallel()
	b := real(t)
	pkg, ports := b.id(t), fleetOf(t, 2, 0)
	first := b.created(t, `{"name":"First","components":[{"package":"`+pkg+`"}],"targets":{"allow":["imei:869339000000010"]}}`)
	b.plans(t, ExitVerified, "activate", first, "--reason", "simulators only")
	b.plans(t, ExitVerified, append([]string{"run", first, "--until-done"}, ports...)...)
	id := b.created(t, `{"name":"Second","components":[{"package":"`+pkg+`"}],"targets":{"allow":["imei:869339000000010","imei:869339000000028"]}}`)
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	out := b.plans(t, ExitVerified, append([]string{"run", id, "--until-done"}, ports...)...)
	require.Contains(t, out, "2 of 2 done, 100 %")

	require.Contains(t, b.plans(t, ExitVerified, "list"), "2/2    Second")
	require.Contains(t, b.plans(t, ExitVerified, "show", id), "It needs nothing")
	r := b.reported(t, id)
	require.Equal(t, map[updater.Outcome]int{updater.Verified: 1, evidence.Current: 1}, r.Totals)
	require.Empty(t, r.Unseen)
	require.Equal(t, "EC25EFAR06A02M4G_01.002.01.002", r.Devices[0].Met.Reports)
}

// TestPlanReportTellsWhoSaidNo: a no is in what plan show and export print and in the report,
// also when the program that asked has ended.
func TestPlanReportTellsWhoSaidNo(t *testing.T) {
	t.Parallel()
	b := real(t)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+b.id(t)+`"}],"confirm":"confirmed",
		"texts":{"en":"Ready to be upgraded?","zh-Hans":"可以升级了吗？"}}`)
	ports := fleetOf(t, 1, 0)
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	b.plans(t, ExitVerified, append([]string{"answer", id, "869339000000010", "no", "--by", "ann"}, ports...)...)
	require.Equal(t, []string{"869339000000010"}, b.completes(t, "plan", "retry", id, ""))
	require.Equal(t, []string{"869339000000010"}, b.completes(t, "plan", "retry", "Desk", "86"))
	require.Empty(t, b.completes(t, "plan", "answer", id, ""), "it has its answer")
	require.Contains(t, b.plans(t, ExitVerified, "show", id), "ann said no.")
	table := filepath.Join(b.dir, "no.csv")
	b.plans(t, ExitVerified, "export", id, table)
	text, err := os.ReadFile(table)
	require.NoError(t, err)
	require.Contains(t, string(text), ",declined,")
	r := b.reported(t, id)
	require.Equal(t, map[updater.Outcome]int{updater.Outcome(rollout.Declined): 1}, r.Totals)
	require.Equal(t, ExitCancelled, b.run(t, append([]string{"plan", "run", "--until-done"}, ports...)...), b.err.String())
}

// TestPlanReportTellsWhatIsLost: a plan's report made after its journal was damaged says so,
// and does not end as if it were all.
func TestPlanReportTellsWhatIsLost(t *testing.T) {
	t.Parallel()
	b := real(t)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+b.id(t)+`"}]}`)
	b.reported(t, id)
	journal := filepath.Join(b.dir, "journal.db")
	require.NoError(t, os.WriteFile(journal, nil, 0o600))
	path := filepath.Join(b.dir, "plan-report.json")
	for _, flags := range [][]string{nil, {"--json"}} {
		b.err.Reset()
		require.Equal(t, ExitFailed, b.run(t, append([]string{"report", "--plan", id, "--out", path, "--force"}, flags...)...))
		require.Contains(t, b.err.String(), "With a damaged journal upgrades were lost")
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var r evidence.PlanReport
	require.NoError(t, json.Unmarshal(text, &r))
	require.Equal(t, updater.NoteJournalUnknown, r.Lost[0].Code)
	require.Equal(t, ExitFailed, b.run(t, "report", "check", path))
}

// TestPlanReportOfDeletedPlan: the journal still tells of a plan that was deleted, by its id
// and its name; one whose file is there and cannot be read was not deleted.
func TestPlanReportOfDeletedPlan(t *testing.T) {
	t.Parallel()
	b := real(t)
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+b.id(t)+`"}]}`)
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	b.plans(t, ExitVerified, append([]string{"run", id, "--until-done"}, fleetOf(t, 1, 0)...)...)
	b.plans(t, ExitVerified, "stop", id)
	kept := b.reported(t, id)
	require.Equal(t, "Desk", kept.Plan.Name)
	require.Equal(t, rollout.Untested, kept.Packages[0].Standing.Level)
	file := filepath.Join(b.dir, "plans", id+".plan.json")
	document, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte("torn"), 0o600))
	require.Equal(t, ExitRefused, b.run(t, "report", "--plan", id, "--out", filepath.Join(b.dir, "x.html")))
	require.NoError(t, os.WriteFile(file, document, 0o600))
	b.plans(t, ExitVerified, "delete", id)
	for _, name := range []string{id, id[:6], "Desk"} {
		r := b.reported(t, name)
		require.Equal(t, rollout.Deleted, r.State)
		require.Nil(t, r.Plan)
		require.Equal(t, kept.Totals, r.Totals)
		require.Equal(t, kept.Devices[0].Tries, r.Devices[0].Tries)
		require.Equal(t, "simulators only", r.Override.Reason)
	}
	require.Equal(t, ExitRefused, b.run(t, "report", "--plan", "Spring", "--out", filepath.Join(b.dir, "x.html")))
}
