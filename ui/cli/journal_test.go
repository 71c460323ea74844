package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/updater"
)

// TestJournalTold: every verb that opens the journal tells what is wrong with it, and
// those that show what it holds do not end as if that were all.
func TestJournalTold(t *testing.T) {
	const kept = "journal.db.1.kept"
	damaged := updater.Note{Level: updater.Warn, Code: updater.NoteJournalDamaged, Args: []any{kept, int64(2)}}
	lost := updater.Note{Level: updater.Warn, Code: updater.NoteJournalLost, Args: []any{int64(8)}}
	for name, c := range map[string]struct {
		notes []updater.Note
		args  []string
		want  int
	}{
		"sound":          {nil, []string{"history"}, ExitVerified},
		"nothing lost":   {[]updater.Note{damaged}, []string{"history"}, ExitVerified},
		"history":        {[]updater.Note{damaged, lost}, []string{"history"}, ExitFailed},
		"history --json": {[]updater.Note{damaged, lost}, []string{"history", "--json"}, ExitFailed},
		"cases":          {[]updater.Note{damaged, lost}, []string{"cases"}, ExitFailed},
		"identify":       {[]updater.Note{damaged, lost}, []string{"identify", "--port", "/dev/ttyUSB3"}, ExitVerified},
	} {
		t.Run(name, func(t *testing.T) {
			b := newCall(t)
			b.engine.notices = c.notes
			require.Equal(t, c.want, b.run(t, c.args...), "%s%s", &b.out, &b.err)
			if len(c.notes) == 0 {
				require.NotContains(t, b.err.String(), "journal")
				return
			}
			require.Contains(t, b.err.String(), kept)
			require.NotContains(t, b.out.String(), kept)
			if len(c.notes) > 1 {
				require.Contains(t, b.err.String(), "damaged journal that are lost: 8.")
			}
		})
	}
}

// TestJournalRefused: a journal that cannot be opened is told with the way out.
func TestJournalRefused(t *testing.T) {
	b := newCall(t)
	b.config.Open = func(folder string) (Engine, error) {
		return nil, &devices.Error{Op: "journal", At: folder, Kind: devices.Unsupported, Note: updater.NoteJournalNewer, Args: []any{folder}}
	}
	require.Equal(t, ExitFailed, b.run(t, "history"))
	require.Contains(t, b.err.String(), "Nothing in it was changed.\n  Update this program")
}

// TestHistoryWorth: a record that proves nothing is marked.
func TestHistoryWorth(t *testing.T) {
	b := newCall(t)
	b.engine.remembered = []updater.Record{
		{Job: "1", Outcome: updater.Verified, Altered: true},
		{Job: "2", Outcome: updater.Verified, Bound: updater.BoundLater},
		{Job: "3", Outcome: updater.Verified, Bound: updater.BoundRescued},
	}
	require.Equal(t, ExitVerified, b.run(t, "history"))
	for _, text := range []string{"It proves nothing.", "Kept before records were bound.", "Read from a damaged journal."} {
		require.Contains(t, b.out.String(), text)
	}
	b.out.Reset()
	require.Equal(t, ExitVerified, b.run(t, "history", "--json"))
	told := b.objects(t)
	require.Equal(t, true, told[0]["altered"])
	require.Equal(t, "later", told[1]["bound"])
}
