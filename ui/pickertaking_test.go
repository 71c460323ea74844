package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/cli"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

var (
	pickToSave   = picking{title: actSave, act: actSaveFile, name: "a.bin"}
	pickToOpen   = picking{title: noteOneFile, act: actTakeFile}
	pickToFolder = picking{title: noteOneFolder, act: actTakeFile, folder: true}
)

// picks opens the sheet for a person whose files are in home, and gives what was taken.
func (b *desk) picks(what picking) (p *picker, got *[]string) {
	b.t.Helper()
	got = new([]string)
	p = b.newPicker(what, func(path string) { *got = append(*got, path) })
	p.open()
	b.pickList()
	return p, got
}

// taken is the only path that was taken.
func (b *desk) taken(got *[]string) string {
	b.t.Helper()
	b.until("what is taken", func() bool { return len(*got) > 0 })
	require.Len(b.t, *got, 1)
	return (*got)[0]
}

// pickDesk is a window of a person in whose home are those files and folders, which end with
// a slash.
func pickDesk(t *testing.T, names ...string) (b *desk, home string) {
	t.Helper()
	home = files(t, nil)
	for _, name := range names {
		path := filepath.Join(home, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(path, 0o700))
		} else {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
		}
	}
	return newBench(t, newFakeEngine(), words.English, cli.Window{Folder: t.TempDir()}), home
}

// TestTypedPathCounts: a path that was typed is where it goes, without Enter too, from the
// folder that is shown; one that cannot be entered is told, and nothing is taken.
func TestTypedPathCounts(t *testing.T) {
	for name, what := range map[string]picking{"save": pickToSave, "folder": pickToFolder} {
		t.Run(name, func(t *testing.T) {
			b, home := pickDesk(t, "one/two/")
			at := func(folder string) string {
				if what.folder {
					return folder
				}
				return filepath.Join(folder, "a.bin")
			}
			_, got := b.picks(what)
			b.write(pickPath, filepath.Join(home, "one"))
			b.tap(what.act)
			assert.Equal(t, at(filepath.Join(home, "one")), b.taken(got))

			_, got = b.picks(what) // it begins there
			b.write(pickPath, "two")
			b.tap(what.act)
			assert.Equal(t, at(filepath.Join(home, "one", "two")), b.taken(got))

			_, got = b.picks(what)
			b.write(pickPath, filepath.Join(home, "none"))
			for _, press := range []func(){
				func() {
					under[*widgets.Entry](b, pickPath).TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
				},
				func() { b.tap(what.act) },
			} {
				press()
				b.pickList()
				assert.Contains(t, b.text(), b.book.Say(pickNone, filepath.Join(home, "none")))
				assert.Empty(t, *got)
			}

			b.tap(pickNew)
			test.Type(under[*widgets.Entry](b, pickPath), "new")
			b.tap(what.act)
			assert.Equal(t, at(filepath.Join(home, "one", "two", "new")), b.taken(got))
			assert.DirExists(t, filepath.Join(home, "one", "two", "new"))
		})
	}
}

// TestDoubleClickEntersOnce: its second half does not meet what is in the folder.
func TestDoubleClickEntersOnce(t *testing.T) {
	b, home := pickDesk(t, "one/two/three/")
	p, _ := b.picks(pickToFolder)
	now := time.Now()
	p.now = func() time.Time { return now }
	double := fyne.CurrentApp().Driver().DoubleTapDelay()
	p.list.Select(0)
	b.pickList()
	require.Equal(t, filepath.Join(home, "one"), p.dir)
	now = now.Add(double / 2)
	p.list.Select(0)
	b.pickList()
	assert.Equal(t, filepath.Join(home, "one"), p.dir)
	now = now.Add(double)
	p.list.Select(0)
	b.pickList()
	assert.Equal(t, filepath.Join(home, "one", "two"), p.dir)
}

// TestChangedNameIsNotReplaced: the question is of the name that was there when it was asked.
func TestChangedNameIsNotReplaced(t *testing.T) {
	for _, label := range []string{"name", "path"} {
		t.Run(label, func(t *testing.T) {
			b, home := pickDesk(t, "a.bin")
			p, got := b.picks(pickToSave)
			b.tap(actSaveFile)
			b.until("the question", p.question.Visible)
			field := map[string]*widgets.Entry{"name": p.name, "path": p.path}[label]
			b.win.Canvas().Focus(field)
			test.Type(field, "b")
			assert.False(t, p.question.Visible())
			assert.Equal(t, field, b.win.Canvas().Focused(), "who types goes on typing")
			assert.Empty(t, *got)
			if label == "name" {
				b.tap(actSaveFile)
				assert.Equal(t, filepath.Join(home, field.Text), b.taken(got))
			}
		})
	}
}

// TestListedNamesAreTaken: a name with spaces around it is taken as it stands in the list;
// those that were typed by chance are not.
func TestListedNamesAreTaken(t *testing.T) {
	b, home := pickDesk(t, " a.bin", "a.bin", "b.bin")
	_, got := b.picks(pickToOpen)
	b.pickRow(" a.bin")
	b.tap(actTakeFile)
	assert.Equal(t, filepath.Join(home, " a.bin"), b.taken(got))
	_, got = b.picks(pickToOpen)
	b.write(pickName, " b.bin ")
	b.tap(actTakeFile)
	assert.Equal(t, filepath.Join(home, "b.bin"), b.taken(got))
}

// TestPickerBeginsWhereItWas: the next window begins in the folder in which a person picked
// something last, in whichever window; in the usual one if that is gone, or does not answer.
func TestPickerBeginsWhereItWas(t *testing.T) {
	b, home := pickDesk(t, "lab/fw/a.bin")
	lab := filepath.Join(home, "lab", "fw")
	p, got := b.picks(pickToOpen)
	assert.Equal(t, home, p.dir)
	p.enter(lab)
	b.pickList()
	b.write(pickName, "a.bin")
	b.tap(actTakeFile)
	b.taken(got)
	b.until("it is kept", func() bool { return b.altering == 0 })
	engine := b.engine
	kept, err := engine.Settings()
	require.NoError(t, err)
	assert.Equal(t, lab, kept.Picked)

	next := newBench(t, engine, words.English, cli.Window{Folder: t.TempDir()})
	p, _ = next.picks(pickToSave)
	assert.Equal(t, lab, p.dir)

	silent := newBench(t, engine, words.English, cli.Window{Folder: t.TempDir()})
	p = silent.newPicker(pickToOpen, func(string) {})
	p.disk, _ = silentDisk(t, lab)
	p.open()
	silent.pickList()
	assert.Equal(t, home, p.dir, "its drive keeps nobody")

	require.NoError(t, os.RemoveAll(lab))
	gone := newBench(t, engine, words.English, cli.Window{Folder: t.TempDir()})
	p, _ = gone.picks(pickToOpen)
	assert.Equal(t, home, p.dir)
}
