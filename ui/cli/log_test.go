package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/updater"
)

// Log implements papers with one log.
func (e *engine) Log(job string) (updater.Log, error) {
	if job == "" {
		job = "job-1"
	}
	if job != "job-1" && job != "job-2" {
		return updater.Log{}, &devices.Error{Op: "updater: log", Kind: devices.Absent, Note: updater.NoteNoJob, Args: []any{job}}
	}
	lines := []updater.Happening{
		{Stage: updater.Identify, Begins: true},
		{Stage: updater.Check, Note: updater.Note{Level: updater.Warn, Code: "check.battery.low", Args: []any{10, 20}}},
		{Stage: updater.Deliver, Begins: true},
		{Stage: updater.Deliver, Note: updater.Note{Level: updater.Info, Code: "link.absent", Args: []any{"COM5\x1b[2J\nx"}}},
		{Stage: updater.Deliver, Note: updater.Note{Level: updater.Fault, Code: "outcome.failed-old-version"}},
	}
	for i := range lines {
		lines[i].At = began.Add(time.Duration(i) * time.Second)
	}
	return updater.Log{Job: job, Lines: lines, Altered: job == "job-2"}, nil
}

// TestLog: a script gets the lines that the window shows, and of them what it asks for.
func TestLog(t *testing.T) {
	identify, deliver, failed := "12:00:00.500  Identify", "12:00:02.500  Deliver", "12:00:04.500  Failed. Nothing new was installed"
	battery, port := "12:00:01.500  ", "12:00:03.500  "
	for name, c := range map[string]struct {
		args []string
		want []string // how lines begin
	}{
		"all":             {nil, []string{identify, battery, deliver, port, failed}},
		"named":           {[]string{"job-1"}, []string{identify, battery, deliver, port, failed}},
		"the last two":    {[]string{"--lines", "2"}, []string{port, failed}},
		"more than it is": {[]string{"--lines", "9"}, []string{identify, battery, deliver, port, failed}},
		"warnings":        {[]string{"--warnings"}, []string{battery, failed}},
		"the last one":    {[]string{"--warnings", "--lines", "1"}, []string{failed}},
		"filter":          {[]string{"--filter", " DELIVER "}, []string{deliver}},
		"nothing":         {[]string{"--filter", "no such text"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := newCall(t)
			require.Equal(t, ExitVerified, b.run(t, append([]string{"log"}, c.args...)...), "%s", &b.err)
			lines := strings.Split(strings.TrimSuffix(b.out.String(), "\n"), "\n")
			if c.want == nil {
				assert.Empty(t, b.out.String())
				return
			}
			require.Len(t, lines, len(c.want), b.out.String())
			for i, want := range c.want {
				assert.True(t, strings.HasPrefix(lines[i], want), "%q, want %q", lines[i], want)
			}
			assert.NotContains(t, b.out.String(), "\x1b")
		})
	}
}

func TestLogJSON(t *testing.T) {
	b := newCall(t)
	require.Equal(t, ExitVerified, b.run(t, "log", "--json", "--lines", "4"), "%s", &b.err)
	all := b.objects(t)
	require.Len(t, all, 4)
	assert.Equal(t, "job-1", all[0]["job"])
	assert.Equal(t, "warn", all[0]["level"])
	assert.Equal(t, "check.battery.low", all[0]["code"])
	assert.Equal(t, []any{10.0, 20.0}, all[0]["args"])
	assert.Equal(t, float64(began.Unix())+1.5, all[0]["unix"])
	assert.Equal(t, true, all[1]["begins"])
	assert.Equal(t, "deliver", all[1]["stage"])
	assert.Equal(t, "Deliver", all[1]["text"])
	assert.Contains(t, all[3]["text"], "Failed.")
}

// TestLogRefused: what is not there is told, and a journal that was altered is no success.
func TestLogRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"job-9"}, ExitFailed, "job-9"},
		{[]string{"--lines", "-1"}, ExitUsage, "--lines -1"},
		{[]string{"a", "b"}, ExitUsage, "log [JOB]"},
		{[]string{"job-2"}, ExitFailed, "It proves nothing."},
	} {
		b := newCall(t)
		assert.Equal(t, c.code, b.run(t, append([]string{"log"}, c.args...)...), c.args)
		b.shows(t, c.says)
	}
	b := newCall(t)
	b.engine.notices = []updater.Note{{Level: updater.Warn, Code: updater.NoteJournalLost, Args: []any{"aside"}}}
	assert.Equal(t, ExitFailed, b.run(t, "log"), "a journal that lost something")
}
