package cli

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/updater"
)

// TestJournalUnread: verbs that show what the journal knows say that it cannot be read, and
// end with 1; none of them shows an empty journal.
func TestJournalUnread(t *testing.T) {
	unread := &devices.Error{Op: "updater: history", Kind: devices.Denied, Note: updater.NoteJournalUnread, Err: errors.New("disk I/O error")}
	b := newCall(t)
	id := hash("firmware")
	b.shelf(t, ExitVerified, "import", b.file(t, "fw.bin", "firmware"))
	plan := b.created(t, `{"name":"Autumn","components":[{"package":"`+id+`"}],"zone":"Asia/Shanghai"}`)
	b.engine.failure = unread
	report := b.file(t, "report.json", "")
	for _, args := range [][]string{
		{"history"},
		{"history", "--json"},
		{"report", "--out", report, "--force"},
		{"report", "job-1", "--out", report, "--force"},
		{"plan", "list"},
		{"plan", "show", plan},
		{"plan", "export", plan, report, "--force"},
		{"cases", "close", "open-1", "--yes"},
		{"library", "list"},
		{"library", "list", "--json"},
		{"library", "list", "--standing", "untested"},
		{"library", "show", id},
		{"library", "show", id, "--json"},
	} {
		b.must(t, ExitFailed, args...)
		b.shows(t, "The journal cannot be read")
		for _, wrong := range []string{"No upgrade fits", "untested", "nothing was upgraded", "no open case"} {
			require.NotContains(t, b.out.String()+b.err.String(), wrong, args)
		}
	}
	b.must(t, ExitFailed, "library", "list")
	b.shows(t, "fw.bin", "not known")
}
