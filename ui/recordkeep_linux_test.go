package ui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/cli"
	"fotabench/ui/evidence"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// TestANewReportOnAFullDisk: where the report is kept and its signature finds no room, none of
// the report before is left beside it, and why is told.
func TestANewReportOnAFullDisk(t *testing.T) {
	home := files(t, nil)
	b := newBench(t, remembered(), words.English, cli.Window{})
	b.press(fyne.Key5)
	b.until("the report", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
	path := filepath.Join(home, "fotabench-job-a.json")
	b.tap(actSaveReport)
	b.keepAs(evidence.JSON, true)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.FileExists(t, path+evidence.SignatureSuffix)
	b.close()

	// A disk with room for this report alone; what is empty needs none.
	page := os.Getpagesize()
	room := (len(whole) + page - 1) / page * page
	err = syscall.Mount("tmpfs", home, "tmpfs", 0, fmt.Sprintf("size=%d", room))
	if errors.Is(err, syscall.EPERM) {
		t.Skip("only an administrator may mount the small disk that this needs")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(home, syscall.MNT_DETACH)) })
	for _, old := range []string{path, path + evidence.SignatureSuffix} {
		require.NoError(t, os.WriteFile(old, nil, 0o600))
	}
	b.tap(actSaveReport)
	b.keepAs(evidence.JSON, true)
	b.until("the refusal", func() bool { return b.sheet != nil })
	assert.Contains(t, b.text(), b.book.Say(noteTrouble))
	assert.Contains(t, b.text(), path+evidence.SignatureSuffix)
	report, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(whole), string(report))
	assert.NoFileExists(t, path+evidence.SignatureSuffix)
}
