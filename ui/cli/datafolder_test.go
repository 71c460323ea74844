package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/updater/home"
	"fotabench/updater/settings"
)

// homeCall is a call whose usual data folder is a new one, and what verbs and window open.
type homeCall struct {
	*call
	usual  string
	opened []string
	window *Window
}

func newHomeCall(t *testing.T) *homeCall {
	t.Helper()
	b := &homeCall{call: newCall(t), usual: filepath.Join(t.TempDir(), "usual")}
	b.config.Usual = b.usual
	b.config.Open = func(ctx context.Context, folder string) (Engine, error) {
		b.opened = append(b.opened, folder)
		return b.engine, nil
	}
	b.config.Window = func(_ context.Context, w Window) error {
		b.window = &w
		return nil
	}
	return b
}

// does runs the program without --data-dir and checks how it ends.
func (b *homeCall) does(t *testing.T, code int, args ...string) {
	t.Helper()
	b.out.Reset()
	b.err.Reset()
	b.opened, b.window = nil, nil
	require.Equal(t, code, Run(t.Context(), b.config, append(args, "--lang", "en")), b.err.String())
}

// TestDataFolder: window and verbs work in the folder that was chosen last, from the next
// call on; --data-dir comes before it, and what was recorded before stays.
func TestDataFolder(t *testing.T) {
	b, chosen := newHomeCall(t), filepath.Join(t.TempDir(), "chosen")
	b.does(t, ExitVerified, "settings", "set", "look", "dark")
	b.does(t, ExitVerified, "settings", "data-folder", chosen)
	b.shows(t, "Data folder: "+b.usual, "From the next start on: "+chosen, "stays in "+b.usual)
	b.does(t, ExitVerified, "cases")
	assert.Equal(t, []string{chosen}, b.opened)
	b.does(t, ExitVerified)
	require.NotNil(t, b.window)
	assert.Equal(t, []any{chosen, b.usual, false, false, nil}, []any{b.window.Folder, b.window.Home, b.window.Usual, b.window.Named, b.window.Away})
	b.does(t, ExitVerified, "settings", "show", "look")
	b.shows(t, "system")
	b.does(t, ExitVerified, "cases", "--data-dir", b.dir)
	assert.Equal(t, []string{b.dir}, b.opened, "what is named for a call comes first")
	b.does(t, ExitVerified, "settings", "data-folder", "--data-dir", b.dir)
	b.shows(t, "Data folder: "+b.dir, "without --data-dir it is "+chosen)

	b.does(t, ExitVerified, "settings", "data-folder", "--usual")
	b.does(t, ExitVerified, "settings", "show", "look")
	b.shows(t, "dark")
	b.does(t, ExitVerified, "settings", "data-folder", "--json")
	assert.Equal(t, map[string]any{"dataFolder": b.usual, "next": b.usual, "usual": b.usual, "elsewhere": []any{chosen}}, b.objects(t)[0])
	foreign := filepath.Dir(b.file(t, "letter.txt", ""))
	b.does(t, ExitFailed, "settings", "data-folder", foreign)
	b.shows(t, foreign, "nothing was changed")
	b.does(t, ExitUsage, "settings", "data-folder", chosen, "--usual")
	b.does(t, ExitUsage, "settings", "data-folder", "")
}

// TestDataFolderAway: while the chosen folder is not there no verb works elsewhere, all
// say what to do, and the window is left to ask.
func TestDataFolderAway(t *testing.T) {
	b, chosen := newHomeCall(t), filepath.Join(t.TempDir(), "drive")
	b.does(t, ExitVerified, "settings", "data-folder", chosen)
	require.NoError(t, os.RemoveAll(chosen))
	before, err := os.ReadDir(b.usual)
	require.NoError(t, err)
	for _, verb := range [][]string{{"cases"}, {"history"}, {"devices"}, {"settings"}, {"settings", "set", "look", "dark"}, {"plan", "list"}, {"library", "list"}, {"keys", "list"}} {
		b.does(t, ExitFailed, verb...)
		b.shows(t, chosen+" is not there", `--data-dir "`+b.usual+`"`, "settings data-folder")
		assert.Empty(t, b.opened, verb)
	}
	assert.NoDirExists(t, chosen)
	after, err := os.ReadDir(b.usual)
	require.NoError(t, err)
	assert.Equal(t, len(before), len(after), "nothing is recorded elsewhere")
	for _, verb := range [][]string{{"version"}, {"help"}, {"completion", "bash"}, {"__complete", "settings", ""}} {
		b.does(t, ExitVerified, verb...)
	}
	b.does(t, ExitVerified)
	require.NotNil(t, b.window)
	assert.Equal(t, chosen, b.window.Folder)
	assert.ErrorIs(t, b.window.Away, devices.Absent)
	assert.Nil(t, b.window.Kept)
	b.does(t, ExitFailed, "settings", "data-folder")
	b.shows(t, "Data folder: "+chosen, "not there")
	b.does(t, ExitVerified, "cases", "--data-dir", b.usual)
	assert.Equal(t, []string{b.usual}, b.opened, "this time only")
	b.does(t, ExitVerified, "settings", "data-folder", "--usual")
	b.does(t, ExitVerified, "cases")
	assert.Equal(t, []string{b.usual}, b.opened)
}

// TestDataFolderUnreadable: where nobody knows which folder was chosen, none is taken.
func TestDataFolderUnreadable(t *testing.T) {
	b := newHomeCall(t)
	_, err := settings.Change(t.Context(), b.usual, func(*settings.Settings) {})
	require.NoError(t, errors.Join(err, os.WriteFile(filepath.Join(b.usual, home.File), []byte("{"), 0o600)))
	b.does(t, ExitFailed, "cases")
	b.shows(t, home.File, "cannot be read", "--usual")
	assert.Empty(t, b.opened)
	b.does(t, ExitVerified, "settings", "data-folder", "--usual")
	b.does(t, ExitVerified, "cases")
	assert.True(t, slices.Equal(b.opened, []string{b.usual}))
}

// TestDataFolderSilent: a drive that does not answer keeps verbs waiting that need it, who
// say so and can be interrupted; others go on, and the window is left to ask.
func TestDataFolderSilent(t *testing.T) {
	b, chosen := newHomeCall(t), filepath.Join(t.TempDir(), "drive")
	b.does(t, ExitVerified, "settings", "data-folder", chosen)
	b.config.Patience = 20 * time.Millisecond
	answers := make(chan struct{})
	b.config.Reach = func(string, string) error {
		<-answers
		return nil
	}
	told := &transcript{}
	b.config.Err = told
	for _, verb := range [][]string{{"cases"}, {"settings", "show", "look"}, {"plan", "list"}} {
		var pressed sync.WaitGroup
		pressed.Go(func() {
			assert.Eventually(t, func() bool { return strings.Contains(told.String(), chosen+" does not answer yet") }, patience, time.Millisecond)
			b.interrupts <- os.Interrupt
		})
		b.does(t, ExitCancelled, verb...)
		pressed.Wait()
		assert.Empty(t, b.opened, verb)
	}
	b.does(t, ExitVerified, "version")
	b.does(t, ExitFailed, "settings", "data-folder")
	b.does(t, ExitVerified)
	require.NotNil(t, b.window)
	assert.Equal(t, chosen, b.window.Folder)
	assert.ErrorIs(t, b.window.Away, home.ErrSilent)
	close(answers)
	b.does(t, ExitVerified, "cases")
	assert.Equal(t, []string{chosen}, b.opened)
}
