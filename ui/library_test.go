package ui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/cli"
	"fotabench/ui/lab"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/origin"
)

// shelved is a window on its library page with one package that was dropped there.
func shelved(t *testing.T, lang string) (*desk, *fakeEngine) {
	t.Helper()
	e := newFakeEngine()
	b := newBench(t, e, lang, cli.Window{})
	b.goTo(placeLibrary)
	b.until("the library", func() bool { return b.lab.Library != nil && !b.busyLibrary() })
	assert.Contains(t, b.text(), b.book.Say(noteLibraryNone))
	b.drop([]fyne.URI{storage.NewFileURI(packageFile(t))})
	b.until("the package", func() bool { return len(b.state.library.shown) == 1 && !b.busyLibrary() })
	return b, e
}

func (b *desk) busyLibrary() bool { return b.state.library.doing != "" }

// TestLibraryKeepsAPackage: dropped, seen with its hashes and where it came from, verified
// again, used for an upgrade.
func TestLibraryKeepsAPackage(t *testing.T) {
	for _, lang := range []string{words.English, words.Chinese} {
		t.Run(lang, func(t *testing.T) {
			b, _ := shelved(t, lang)
			e := b.state.library.entry()
			shown := b.text()
			for _, want := range []string{
				e.Name(), e.Files[0].Digests[packages.SHA256], e.Files[0].Digests[packages.MD5],
				b.book.Say("ui.standing.untested"), b.book.Say("ui.source.drop"), b.book.Say(noteSameBytes, e.Added.Local().Format(whenLayout)), "demo.bin.json",
			} {
				assert.Contains(t, shown, want)
			}
			b.tap(actVerifyAgain)
			b.until("the comparison", func() bool { return !b.busyLibrary() && b.state.library.entry().Checked != nil })
			assert.Contains(t, b.text(), b.book.Say(noteRight))
			b.close()
			b.tap(actUseForUpgrade)
			b.until("the package on the page", func() bool { return b.state.pkg.pkg != nil })
			assert.Equal(t, placeUpgrade, b.page)
			assert.Equal(t, e.Files[0].Digests[packages.SHA256], b.state.pkg.pkg.Files[0].Digests[packages.SHA256])
			assert.Equal(t, "demo.bin", b.state.pkg.pkg.Files[0].Name)
		})
	}
}

// TestLibraryKnowsWhatWasProved: by the word of real devices in the journal, not of
// simulated ones.
func TestLibraryKnowsWhatWasProved(t *testing.T) {
	b, e := shelved(t, words.English)
	files := lab.FilesOf(b.state.library.entry())
	record := updater.Record{
		Job: "j", Outcome: updater.Verified, Device: &devices.Identity{IMEI: "860000000000001", Model: "EC600U"},
		Plan: updater.PlanRecord{Files: files, Simulated: true},
	}
	e.now(func() { e.records = []updater.Record{record} })
	b.remember()
	b.until("the records", func() bool { return len(b.state.records) == 1 })
	assert.Contains(t, b.text(), b.book.Say("ui.standing.untested"))
	record.Plan.Simulated = false
	e.now(func() { e.records = []updater.Record{record} })
	b.remember()
	b.until("the proof", func() bool { return !b.state.records[0].Plan.Simulated })
	assert.Contains(t, b.text(), b.book.Say(lab.SaysProved, 1, "EC600U", 1))
	b.pages[placeLibrary].(*libraryPage).standing.SetSelectedIndex(1)
	assert.Empty(t, b.state.library.shown, "it is not untested any more")
}

// TestLibraryEdits: what a person types goes before the manifest; released with a reason;
// removed and brought back.
func TestLibraryEdits(t *testing.T) {
	b, _ := shelved(t, words.English)
	id := b.state.library.chosen
	b.lend("x", func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
		_, err := l.Edit(ctx, id, "wang", packages.Manifest{TargetVersion: "V9", MinBattery: 55})
		return err
	}, nil)
	b.until("the edit", func() bool { return !b.busyLibrary() && b.state.library.entry().Typed != nil })
	assert.Contains(t, b.text(), "V9")
	assert.Contains(t, b.text(), b.book.Say(noteTypedBy, "wang"))
	b.lend("x", func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
		_, err := l.Release(ctx, id, "li", "field test passed")
		return err
	}, nil)
	b.until("the release", func() bool { return !b.busyLibrary() && b.state.library.entry().Released != nil })
	assert.Contains(t, b.text(), "field test passed")
	name := b.state.library.entry().Name()
	for _, way := range []string{"on the spot", "from the trash"} {
		b.tap(actRemove)
		b.until("the removal", func() bool { return !b.busyLibrary() && len(b.state.library.shown) == 0 })
		assert.Contains(t, b.text(), b.book.Say(noteRemovedHere, name), way)
		if way == "from the trash" {
			b.state.library.told = libraryTold{}
			b.pages[placeLibrary].(*libraryPage).trash.SetChecked(true)
			require.Len(t, b.state.library.shown, 1)
			assert.Contains(t, b.text(), b.book.Say(noteCountTrash, 1, 1))
		}
		b.tap(actUndo)
		b.until("its return", func() bool {
			v := b.state.library.view
			return !b.busyLibrary() && len(v.Entries) == 1 && len(v.Trash) == 0
		})
		assert.Contains(t, b.text(), b.book.Say(noteBackHere, name), way)
		if way == "from the trash" {
			assert.Contains(t, b.text(), b.book.Say(noteTrashNone))
		}
	}
}

// TestLibraryEditShowsTheManifest: what nobody typed is shown as the manifest says it, also
// where one of a list is chosen.
func TestLibraryEditShowsTheManifest(t *testing.T) {
	for _, lang := range bothLanguages {
		b, _ := shelved(t, lang)
		id := b.state.library.chosen
		e := *b.state.library.entry()
		held := e.Manifest()
		require.NotEmpty(t, held.Component)
		b.keysReach()
		b.tap(actEdit)
		b.keysReach()
		assert.NotContains(t, b.text(), b.book.Say(actEdit), "the sheet has no ellipsis")
		component := find[*widget.Select](b)[0]
		assert.Equal(t, b.book.Say(noteAsManifest, componentName(b.book, held.Component, noteUnstated)), component.Selected)
		find[*widgets.Entry](b)[0].SetText("EC600U release")
		b.tap(actSaveEntry)
		b.until("the edit", func() bool { return b.sheet == nil && b.state.library.entry().Typed != nil })
		require.Equal(t, id, b.state.library.entry().ID)
		assert.Empty(t, b.state.library.entry().Typed.Manifest.Component, "that was not typed")
	}
}

// TestLibraryEditRefused: a sheet stays with what was typed until the library has taken it.
func TestLibraryEditRefused(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			b, _ := shelved(t, lang)
			b.tap(actEdit)
			fields := find[*widgets.Entry](b)
			require.Len(t, fields, 8)
			const battery = 5
			fields[0].SetText("EC600U release")
			fields[battery].SetText("250")
			b.tap(actSaveEntry)
			b.until("the refusal", func() bool {
				return !b.busyLibrary() && strings.Contains(b.text(), b.book.Say("shelf.field.minBattery"))
			})
			require.NotNil(t, b.sheet, "the sheet is gone")
			assert.Nil(t, b.state.library.trouble, "the page says it too")
			assert.Equal(t, "EC600U release", fields[0].Text)
			assert.Nil(t, b.state.library.entry().Typed)

			b.state.library.doing = "an import"
			fields[battery].SetText("55")
			b.tap(actSaveEntry)
			assert.Contains(t, b.text(), b.book.Say(noteElsewhere))
			b.state.library.doing = ""
			b.tap(actSaveEntry)
			b.tap(actSaveEntry) // the second press is none
			b.until("the edit", func() bool { return b.sheet == nil && b.state.library.entry().Typed != nil })
			assert.Equal(t, 55, b.state.library.entry().Manifest().MinBattery)
			assert.Equal(t, "EC600U release", b.state.library.entry().Name())
		})
	}
}

// TestLibraryAnswersStay: neither a reason nor a folder nor an address is typed twice
// because of something that went wrong.
func TestLibraryAnswersStay(t *testing.T) {
	b, _ := shelved(t, words.English)
	b.tap(actExport)
	folder := find[*widgets.Entry](b)[0]
	b.tap(actBrowse)
	assert.Contains(t, b.text(), b.book.Say(noteOneFolder), "the folder can be picked")
	assert.Contains(t, b.text(), b.book.Say(actNoFile))
	b.escape()
	require.NotNil(t, b.sheet)
	taken := plainFile(t, "taken", 1)
	folder.SetText(taken)
	test.Tap(b.last(actExportNow))
	b.until("the refusal", func() bool { return !b.busyLibrary() && strings.Contains(b.text(), taken) })
	require.NotNil(t, b.sheet, "the sheet is gone")
	assert.Equal(t, taken, folder.Text)
	folder.SetText(t.TempDir())
	test.Tap(b.last(actExportNow))
	b.until("the export", func() bool { return strings.Contains(b.text(), b.book.Say(noteExported, folder.Text)) })
	b.close()

	b.tap(actRelease)
	find[*widgets.Entry](b)[0].SetText("field test passed")
	test.Tap(b.last(actReleaseNow))
	b.until("the release", func() bool { return b.sheet == nil && b.state.library.entry().Released != nil })

	at := "http://" + vacant.TCP(t) + "/delta.bin"
	b.proxy.Store(new(origin.ProxyNone))
	b.tap(actFromURL)
	fields := find[*widgets.Entry](b)
	fields[0].SetText(at)
	fields[1].SetText("eve")
	b.tap(actDownload)
	b.until("the refusal", func() bool { return !b.busyLibrary() && len(b.state.library.refused) == 1 })
	b.tap(actFromURL)
	fields = find[*widgets.Entry](b)
	assert.Equal(t, at, fields[0].Text)
	assert.Equal(t, "eve", fields[1].Text)
}

// last is the last button with a text: that at the foot of a sheet.
func (b *desk) last(label devices.Code) *widgets.Button {
	b.t.Helper()
	all := slices.DeleteFunc(find[*widgets.Button](b), func(x *widgets.Button) bool { return x.Text != b.book.Say(label) })
	require.NotEmpty(b.t, all)
	return all[len(all)-1]
}

// TestLibraryTellsTrouble: what is no package is refused with the reason, and nothing is
// lost.
func TestLibraryTellsTrouble(t *testing.T) {
	b, _ := shelved(t, words.English)
	b.importFiles([]string{plainFile(t, "notes.txt", 10)}, library.Chosen)
	b.until("the refusal", func() bool { return len(b.state.library.refused) == 1 })
	what, _ := b.book.Trouble(b.state.library.refused[0].trouble)
	assert.Contains(t, b.text(), what)
	assert.Len(t, b.state.library.shown, 1)
}

// TestLibraryImportsFromAURL: proved by the hash that was given; other bytes are refused.
func TestLibraryImportsFromAURL(t *testing.T) {
	body := make([]byte, 4096)
	body[7] = 1
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body)
	}))
	defer site.Close()
	b, _ := shelved(t, words.English)
	wrong, err := packages.Typed("00000000000000000000000000000000000000000000000000000000000000ff")
	require.NoError(t, err)
	b.proxy.Store(new(origin.ProxyNone))
	request := []origin.Request{{URL: site.URL + "/delta.bin"}}
	b.importURL(request, []packages.Expected{wrong})
	b.until("the refusal", func() bool { return len(b.state.library.refused) == 1 })
	assert.Len(t, b.state.library.view.Entries, 1)
	b.importURL(request, nil)
	b.until("the package", func() bool { return !b.busyLibrary() && len(b.state.library.view.Entries) == 2 })
	b.until("it is chosen", func() bool { return b.state.library.entry().Name() == "delta.bin" })
	assert.Contains(t, b.text(), b.book.Say(noteAddedHere, "delta.bin"))
	b.importURL(request, nil)
	b.until("it is known", func() bool {
		return !b.busyLibrary() && strings.Contains(b.text(), b.book.Say(noteKnownHere, "delta.bin"))
	})
}

// TestLibraryThatCannotBeOpened: the page says why, and a single device can be upgraded
// nevertheless.
func TestLibraryThatCannotBeOpened(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "library", "holiday pictures"), 0o700))
	b := newBench(t, newFakeEngine(), words.English, cli.Window{Folder: folder})
	b.goTo(placeLibrary)
	what, _ := b.book.Trouble(words.Explain(b.lab.LibraryErr))
	assert.Contains(t, b.text(), what)
	b.goTo(placeUpgrade)
	assert.Contains(t, b.text(), b.book.Say(noteUpgradeTitle))
	var refused *packages.Error
	assert.True(t, errors.As(b.lab.LibraryErr, &refused))
}

// TestThousandsOfPackages: the list makes only rows that can be seen.
func TestThousandsOfPackages(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	b.goTo(placeLibrary)
	var v library.View
	for i := range 5000 {
		name := fmt.Sprintf("EC25-delta-%04d.bin", i)
		v.Entries = append(v.Entries, &library.Entry{
			ID: fmt.Sprintf("%064x", i), Added: time.Now(),
			Files: []library.File{{Name: name, Size: 1000, Digests: packages.Digests{packages.SHA256: fmt.Sprintf("%064x", i)}}},
		})
	}
	b.state.library.look(v)
	b.render()
	require.Len(t, b.state.library.shown, 5000)
	assert.Contains(t, b.text(), "EC25-delta-0003.bin")
	assert.NotContains(t, b.text(), "EC25-delta-4321.bin")
	assert.Less(t, len(find[fyne.CanvasObject](b)), 1500, "rows are made that nobody sees")
}

// TestLibraryTakesTurns: what is dropped while the library is at work comes next, and what
// went wrong before it stays to be read.
func TestLibraryTakesTurns(t *testing.T) {
	b, _ := shelved(t, words.English)
	b.importFiles([]string{plainFile(t, "notes.txt", 10)}, library.Dropped)
	b.importFiles([]string{plainFile(t, "one.bin", 10)}, library.Dropped)
	b.importFiles([]string{plainFile(t, "two.bin", 20)}, library.Dropped)
	b.until("all of them", func() bool { return !b.busyLibrary() && len(b.state.library.view.Entries) == 3 })
	require.Len(t, b.state.library.refused, 1)
	b.importFiles([]string{plainFile(t, "three.bin", 30)}, library.Dropped)
	b.importFiles([]string{plainFile(t, "more.txt", 10)}, library.Dropped)
	b.until("one more", func() bool { return !b.busyLibrary() && len(b.state.library.view.Entries) == 4 })
	b.until("the second refusal", func() bool { return len(b.state.library.refused) == 2 })
	assert.Contains(t, b.text(), "notes.txt")
	assert.Contains(t, b.text(), "more.txt")
	b.tap(actDismiss)
	assert.NotContains(t, b.text(), "notes.txt")
}

// TestLibraryLeavesAnUpgradeAlone: a package that was asked for before an upgrade began
// does not take the place of the one that is installed.
func TestLibraryLeavesAnUpgradeAlone(t *testing.T) {
	b, _ := shelved(t, words.English)
	b.useEntry(b.state.library.chosen)
	require.True(t, b.busyLibrary())
	b.state.run = newRun("job", &b.state)
	b.until("the package", func() bool { return !b.busyLibrary() })
	assert.Nil(t, b.state.pkg.pkg)
	assert.Equal(t, placeLibrary, b.page)
}

// TestLibraryShowsWhatItCannotRead: why, and nothing that nobody knows.
func TestLibraryShowsWhatItCannotRead(t *testing.T) {
	b, _ := shelved(t, words.English)
	name := "00000000000000000000000000000000000000000000000000000000000000ff.json"
	require.NoError(t, os.WriteFile(filepath.Join(b.lab.Library.Dir(), "packages", name), []byte(`{"format":99}`), 0o600))
	require.NoError(t, b.lab.Library.Refresh(t.Context()))
	b.until("the entry", func() bool { return len(b.state.library.shown) == 2 })
	for _, e := range b.state.library.shown {
		if e.Unreadable != "" {
			b.state.library.chosen = e.ID
		}
	}
	b.render()
	shown := b.text()
	assert.Contains(t, shown, b.book.Say(devices.Code(library.EntryNewer), name))
	assert.NotContains(t, shown, "0001-01-01")
	assert.NotContains(t, shown, "["+b.book.Say(actUseForUpgrade)+"]")
}

// TestLibraryShowsWhatIsStatedLater: the page follows a sidecar that came after the file.
func TestLibraryShowsWhatIsStatedLater(t *testing.T) {
	b, _ := shelved(t, words.English)
	path := plainFile(t, "one.bin", 10)
	b.importFiles([]string{path}, library.Chosen)
	b.until("the package", func() bool { return !b.busyLibrary() && len(b.state.library.view.Entries) == 2 })
	require.NoError(t, os.WriteFile(path+".sha256", []byte(b.state.library.chosen+"\n"), 0o600))
	b.importFiles([]string{path}, library.Chosen)
	b.until("the statement", func() bool { return !b.busyLibrary() && len(b.state.library.entry().Files[0].Expected) == 1 })
	assert.Contains(t, b.text(), "one.bin.sha256")
}

// TestLibraryIsSorted: by what the person chooses.
func TestLibraryIsSorted(t *testing.T) {
	b, _ := shelved(t, words.English)
	b.importFiles([]string{plainFile(t, "aaa-large.bin", 1<<20)}, library.Chosen)
	b.until("the second package", func() bool { return len(b.state.library.shown) == 2 && !b.busyLibrary() })
	p := b.pages[placeLibrary].(*libraryPage)
	names := func() []string { return []string{b.state.library.shown[0].Name(), b.state.library.shown[1].Name()} }
	for i, o := range library.Orders() {
		p.order.SetSelectedIndex(i)
		switch o {
		case library.ByName:
			assert.Equal(t, "aaa-large.bin", names()[0])
		case library.BySize, library.ByAdded:
			assert.Equal(t, "aaa-large.bin", names()[0], o)
		case library.ByTarget:
			assert.NotEqual(t, "aaa-large.bin", names()[0], "it states no version")
		}
	}
}
