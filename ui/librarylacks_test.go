package ui

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"fotabench/devices"
	"fotabench/packages/library"
	"fotabench/ui/lab"
	"fotabench/ui/widgets"
)

// TestLibraryIncomplete: a delta of which nobody stated for which version it is comes in, says
// so in the list, on the page, in the sheet where it is mended and before an upgrade, and is
// as any other once a person has stated it.
func TestLibraryIncomplete(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			b, _ := shelved(t, lang)
			path := plainFile(t, "delta.bin", 10)
			require.NoError(t, os.WriteFile(path+".json", []byte(`{"kind":"delta","targetVersion":"1.1"}`), 0o600))
			b.importFiles([]string{path}, library.Chosen)
			b.until("the package", func() bool {
				return !b.busyLibrary() && len(b.state.library.view.Entries) == 2 && len(b.state.library.refused) > 0
			})
			e := b.state.library.entry()
			lacks := b.book.Say(lab.LackSource)
			for _, want := range []string{b.book.Say(lab.StandingIncomplete) + " · ", lacks, b.book.Say(devices.Code(library.NoticeLacking), e.Name(), e.ID[:12])} {
				assert.Contains(t, b.text(), want)
			}
			b.tap(actEdit)
			assert.Contains(t, b.text(), lacks)
			find[*widgets.Entry](b)[1].SetText("1.0")
			b.tap(actSaveEntry)
			b.until("the edit", func() bool { return b.sheet == nil && b.state.library.entry().Typed != nil })
			assert.Empty(t, b.state.library.entry().Lacks()[1:], "models are wanted still")
			assert.Contains(t, b.text(), b.book.Say(noteTypedClaims), "who states it, in the person's language")
			assert.NotContains(t, b.text(), lacks)
			assert.NotContains(t, b.text(), b.book.Say(lab.StandingIncomplete)+" · ")
		})
	}
}

// TestLibraryGBK: a name in GBK is read as it was meant, and told until it was read.
func TestLibraryGBK(t *testing.T) {
	b, _ := shelved(t, "en")
	path := plainFile(t, "fw.bin", 10)
	text, err := simplifiedchinese.GBK.NewEncoder().String(`{"name":"水表固件","targetVersion":"1.1"}`)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path+".json", []byte(text), 0o600))
	b.importFiles([]string{path}, library.Watched)
	b.until("the remark", func() bool { return !b.busyLibrary() && len(b.state.library.refused) > 0 })
	assert.Equal(t, "水表固件", b.state.library.entry().Name())
	told := b.book.Say(devices.Code(library.NoticeGBK), "水表固件", "fw.bin.json")
	assert.Contains(t, b.text(), told)
	b.tap(actDismiss)
	assert.NotContains(t, b.text(), told)
}

// TestLibraryEmptyWithTrash: who has removed all is told how to bring it back.
func TestLibraryEmptyWithTrash(t *testing.T) {
	for _, lang := range bothLanguages {
		b, _ := shelved(t, lang)
		b.tap(actRemove)
		b.until("the trash", func() bool {
			return !b.busyLibrary() && len(b.state.library.view.Trash) == 1 && len(b.state.library.view.Entries) == 0
		})
		assert.Contains(t, b.text(), b.book.Say(noteLibraryTrashed, 1))
		assert.NotContains(t, b.text(), b.book.Say(noteLibraryNone))
	}
}
