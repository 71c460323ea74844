package cli

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

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
	b.config.Open = func(ctx context.Context, folder string) (Engine, error) {
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

// TestJournalWaits: a verb that waits for the journal says so, and Ctrl-C ends the wait.
func TestJournalWaits(t *testing.T) {
	for _, verb := range [][]string{{"history"}, {"bundle", "--out", "x.zip"}, {"report", "--out", "x.pdf"}, {"cases"}, {"plan", "list"}} {
		b := newCall(t)
		b.config.Patience = time.Millisecond
		told := &transcript{}
		b.config.Err = told
		b.config.Open = func(ctx context.Context, _ string) (Engine, error) {
			require.Eventually(t, func() bool { return strings.Contains(told.String(), "takes long to open") }, patience, time.Millisecond)
			b.interrupts <- os.Interrupt
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
		require.Equal(t, ExitCancelled, b.run(t, verb...), verb)
	}
}

// TestJournalTooLate: who presses Ctrl-C while the journal is opened gets no verb that goes on.
func TestJournalTooLate(t *testing.T) {
	b := newCall(t)
	b.config.Patience = time.Millisecond
	b.config.Open = func(ctx context.Context, _ string) (Engine, error) {
		b.interrupts <- os.Interrupt
		<-ctx.Done()
		return b.engine, nil
	}
	require.Equal(t, ExitCancelled, b.run(t, "history"))
	require.Equal(t, 1, b.engine.closed)
	require.Empty(t, b.out.String())
}

// TestLibraryWaits: Ctrl-C while the library waits for the journal ends the verb, whoever
// hears it: the verb itself, or the wait.
func TestLibraryWaits(t *testing.T) {
	b := newCall(t)
	one, two := b.file(t, "one.bin", "one"), b.file(t, "two.bin", "two")
	b.shelf(t, ExitVerified, "import", one)
	opened := 0
	b.config.Open = func(ctx context.Context, _ string) (Engine, error) {
		opened++
		b.interrupts <- os.Interrupt
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(patience):
			t.Error("Ctrl-C does not end the wait")
			return b.engine, nil
		}
	}
	for name, wait := range map[string]time.Duration{"the verb": time.Hour, "either": time.Nanosecond} {
		b.config.Patience = wait
		for range 10 {
			for _, args := range [][]string{{"list"}, {"list", "--json"}, {"list", "--standing", "untested"}, {"show", hash("one")}} {
				b.shelf(t, ExitCancelled, args...)
				require.Empty(t, b.out.String(), "%s: %s", name, args)
				require.NotContains(t, b.err.String(), "interrupted", "%s: %s", name, args)
				require.NotContains(t, b.err.String(), "cannot be read", "%s: %s", name, args)
			}
			before := opened
			b.shelf(t, ExitCancelled, "import", "--each", one, two)
			require.Equal(t, before+1, opened, "%s: the second package is not taken in", name)
		}
	}
}
