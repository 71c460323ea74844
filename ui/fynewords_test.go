package ui

import (
	"testing"

	"fyne.io/fyne/v2/lang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/words"
)

// TestFyneSpeaks: Fyne's own words follow the window's language, whatever that of the system is.
func TestFyneSpeaks(t *testing.T) {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANGUAGE"} {
		t.Setenv(name, "")
	}
	for _, system := range []string{"", "C", "C.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8", "zh_TW.UTF-8", "de_DE.UTF-8", "pt_BR.UTF-8", "nl_NL.UTF-8", "sr_RS"} {
		t.Setenv("LANG", system)
		for _, names := range []string{"", "fr:en", "uk"} {
			t.Setenv("LANGUAGE", names)
			for range 2 {
				for _, wanted := range bothLanguages {
					b, err := words.New(wanted)
					require.NoError(t, err)
					require.NoError(t, speakFyne(b))
					for key, want := range map[string]string{"Copy": b.Say(actCopy), "Cut": b.Say(fyneCut), "Select all": b.Say(fyneSelectAll), "Redo": b.Say(fyneRedo)} {
						assert.Equal(t, want, lang.L(key), "%s %s %s", system, names, wanted)
					}
				}
			}
		}
	}
}

// BenchmarkFyneSpeaks is part of the start.
func BenchmarkFyneSpeaks(b *testing.B) {
	book, err := words.New(words.Chinese)
	require.NoError(b, err)
	for b.Loop() {
		require.NoError(b, speakFyne(book))
	}
}
