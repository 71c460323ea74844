package ui

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/cli"
	"fotabench/ui/widgets"
)

// pickList is the list of the folder that is in front, once it was read.
func (b *desk) pickList() *widgets.List {
	b.t.Helper()
	b.until("the folder", func() bool { return !strings.Contains(b.text(), b.book.Say(pickReading)) })
	lists := find[*widgets.List](b)
	require.Len(b.t, lists, 1, b.text())
	return lists[0]
}

// pickRow taps what the folder in front holds by its name, and no double click.
func (b *desk) pickRow(name string) {
	b.t.Helper()
	began := time.Now()
	b.until("time between two taps", func() bool { return time.Since(began) > fyne.CurrentApp().Driver().DoubleTapDelay() })
	list := b.pickList()
	row := list.CreateItem()
	for i := range list.Length() {
		list.UpdateItem(i, row)
		if row.(*fyne.Container).Objects[0].(*widgets.Line).Text() == name {
			list.Select(i)
			return
		}
	}
	b.t.Fatalf("%q is not listed; there is:\n%s", name, b.text())
}

// saveTo gives the file that is to be saved a name, "" is the one that is offered, and says that one that is there may be
// replaced.
func (b *desk) saveTo(name string) {
	b.t.Helper()
	b.pickList()
	if name != "" {
		b.write(pickName, name)
	}
	b.tap(actSaveFile)
	b.until("the answer", func() bool {
		return !strings.Contains(b.text(), b.book.Say(pickName)) || strings.Contains(b.text(), b.book.Say(pickReplace))
	})
	if strings.Contains(b.text(), b.book.Say(pickReplace)) {
		b.tap(pickReplace)
	}
	b.until("the file", func() bool {
		return strings.Contains(b.text(), b.book.Say(noteFileKept)) || strings.Contains(b.text(), b.book.Say(noteTrouble))
	})
}

// TestSavedWhole: a file that is there is replaced only by a whole one, and only after it
// was said that it may be.
func TestSavedWhole(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			home := files(t, map[string]string{"记录.csv": "old"})
			path := filepath.Join(home, "记录.csv")
			holds := func(want string) {
				t.Helper()
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Equal(t, want, string(text))
				all, err := os.ReadDir(home)
				require.NoError(t, err)
				all = slices.DeleteFunc(all, fs.DirEntry.IsDir) // the fonts' cache may be in the home
				assert.Len(t, all, 1, "nothing is left beside it")
			}
			b := newBench(t, newFakeEngine(), lang, cli.Window{Folder: t.TempDir()})
			full := errors.New("the disk is full")
			writes := func(text string, end error) {
				b.saveAs("记录.csv", func(_ context.Context, out io.Writer) error {
					there, err := os.ReadFile(path)
					assert.NoError(t, err)
					assert.Equal(t, "old", string(there), "until the new one is whole")
					_, err = io.WriteString(out, text)
					return errors.Join(err, end)
				})
			}
			writes("new", nil)
			b.pickList()
			assert.Equal(t, home, under[*widgets.Entry](b, pickPath).Text)
			b.tap(actSaveFile)
			b.until("the question", func() bool { return strings.Contains(b.text(), b.book.Say(pickThere, path)) })
			assert.Equal(t, b.button(pickOther), b.win.Canvas().Focused())
			b.keysReach()
			b.escaped()
			assert.NotContains(t, b.text(), b.book.Say(pickThere, path))
			assert.Equal(t, under[*widgets.Entry](b, pickName), b.win.Canvas().Focused())
			b.escaped()
			require.Nil(t, b.sheet)
			holds("old")

			writes("half", full)
			b.saveTo("记录.csv")
			assert.Contains(t, b.text(), full.Error())
			holds("old")
			b.escape()
			writes("new", nil)
			b.saveTo("记录.csv")
			assert.Contains(t, b.text(), path)
			holds("new")
		})
	}
}

// TestFilesArePicked: folders are entered, made and typed; what cannot be taken is told.
func TestFilesArePicked(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			home := files(t, map[string]string{"a.bin": "a", ".hidden": "h"})
			require.NoError(t, os.Mkdir(filepath.Join(home, "子 folder"), 0o700))
			inside := filepath.Join(home, "子 folder", "b.bin")
			require.NoError(t, os.WriteFile(inside, []byte("b"), 0o600))
			b := newBench(t, newFakeEngine(), lang, cli.Window{Folder: t.TempDir()})
			var got []string
			take := func(path string) { got = append(got, path) }

			b.choosePath(picking{title: noteOneFile, act: actTakeFile}, take)
			assert.Equal(t, 2, b.pickList().Length())
			b.until("the places", func() bool { return strings.Contains(b.text(), b.book.Say(placeHome)) })
			b.tap(actTakeFile)
			assert.Contains(t, b.text(), b.book.Say(noteNeeded))
			b.write(pickName, "none.bin")
			b.tap(actTakeFile)
			none := filepath.Join(home, "none.bin")
			b.until("the trouble", func() bool { return strings.Contains(b.text(), b.book.Say(pickNone, none)) })
			b.pickRow("子 folder")
			b.pickRow("b.bin")
			assert.Equal(t, "b.bin", under[*widgets.Entry](b, pickName).Text)
			b.tap(actTakeFile)
			b.until("the file", func() bool { return len(got) == 1 })
			assert.Nil(t, b.sheet)

			// The next time begins there, for a folder too, which may be a new one.
			b.choosePath(picking{title: noteOneFolder, act: actTakeFile, folder: true}, take)
			b.pickList()
			assert.Equal(t, filepath.Dir(inside), under[*widgets.Entry](b, pickPath).Text)
			assert.Contains(t, b.text(), b.book.Say(pickEmpty), "files are not to be chosen")
			b.tap(pickNew)
			path := under[*widgets.Entry](b, pickPath)
			require.Equal(t, path, b.win.Canvas().Focused())
			test.Type(path, "neu")
			path.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
			b.until("the new folder", func() bool {
				return filepath.Base(path.Text) == "neu" && !strings.Contains(b.text(), b.book.Say(pickReading))
			})
			b.tap(actTakeFile)
			b.until("the folder", func() bool { return len(got) == 2 })
			assert.Equal(t, []string{inside, filepath.Join(home, "子 folder", "neu")}, got)

			b.choosePath(picking{title: noteOneFolder, act: actTakeFile, folder: true}, take)
			b.pickList()
			b.tap(pickUp)
			b.pickRow("neu")
			b.pickList()
			b.write(pickPath, filepath.Join(home, "gone"))
			b.tap(actTakeFile)
			b.until("the trouble", func() bool { return strings.Contains(b.text(), b.book.Say(pickNone, filepath.Join(home, "gone"))) })
			b.tap(actNoFile)
			assert.Nil(t, b.sheet)
			assert.Len(t, got, 2)
		})
	}
}

// TestPickerStandsBefore: the sheet from which a file is picked is there again afterwards.
func TestPickerStandsBefore(t *testing.T) {
	home := files(t, map[string]string{"a.bin": "a"})
	b := newBench(t, newFakeEngine(), bothLanguages[0], cli.Window{Folder: t.TempDir()})
	asked := ""
	s, _ := b.ask("?", "Which?", sheetButton{label: actClose, tapped: b.close})
	for range 2 {
		b.choosePath(picking{title: noteOneFile, act: actTakeFile}, func(path string) { asked = path })
		require.NotEqual(t, s, b.sheet)
		b.pickRow("a.bin")
		b.escaped()
		require.Equal(t, s, b.sheet)
		assert.Contains(t, b.text(), "Which?")
	}
	b.choosePath(picking{title: noteOneFile, act: actTakeFile}, func(path string) { asked = path })
	b.pickRow("a.bin")
	b.tap(actTakeFile)
	b.until("the file", func() bool { return asked != "" })
	assert.Equal(t, filepath.Join(home, "a.bin"), asked)
	require.Equal(t, s, b.sheet)
	b.press(fyne.Key1)
	assert.Nil(t, b.sheet)
}
