package assets_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/encoding/simplifiedchinese"

	"fotabench/assets"
)

// lacking are the characters of text that a font has no glyph for.
func lacking(t *testing.T, font []byte, text string) string {
	t.Helper()
	f, err := sfnt.Parse(font)
	require.NoError(t, err)
	var missing []rune
	for _, r := range text {
		glyph, err := f.GlyphIndex(nil, r)
		require.NoError(t, err)
		if glyph == 0 && r >= ' ' {
			missing = append(missing, r)
		}
	}
	return string(missing)
}

func TestNoTranslatedCharacterIsABox(t *testing.T) {
	names, err := fs.Glob(assets.Translations, "translations/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		text, err := fs.ReadFile(assets.Translations, name)
		require.NoError(t, err)
		var sentences map[string]string
		require.NoError(t, json.Unmarshal(text, &sentences))
		var all bytes.Buffer
		for _, s := range sentences {
			all.WriteString(s)
		}
		for _, bold := range []bool{false, true} {
			assert.Empty(t, lacking(t, assets.Font(bold), all.String()), "%s, bold %v: make the fonts again (assets/fonts/README.md)", name, bold)
		}
	}
}

func TestTheFontHasAllOfGB2312(t *testing.T) {
	var codes []byte
	for row := byte(16); row <= 87; row++ {
		for cell := byte(1); cell <= 94; cell++ {
			codes = append(codes, row+0xA0, cell+0xA0)
		}
	}
	text, err := simplifiedchinese.GBK.NewDecoder().Bytes(codes)
	require.NoError(t, err)
	chinese := bytes.Map(func(r rune) rune {
		// The last cells of row 55 are empty in GB 2312; GBK leaves them private.
		if r == '\ufffd' || r >= 0xe000 && r <= 0xf8ff {
			return -1
		}
		return r
	}, text)
	assert.Equal(t, 6763, len([]rune(string(chinese))))
	assert.Empty(t, lacking(t, assets.Font(false), string(chinese)))
}

func TestTheSignsOfTheWindowAreInBothFonts(t *testing.T) {
	for _, bold := range []bool{false, true} {
		assert.Empty(t, lacking(t, assets.Font(bold), "✓×!?…i→·“”"))
	}
}

func TestTheIconIsAPicture(t *testing.T) {
	p, err := png.Decode(bytes.NewReader(assets.Icon()))
	require.NoError(t, err)
	assert.Equal(t, 512, p.Bounds().Dx())
	assert.Equal(t, 512, p.Bounds().Dy())
	_, _, _, alpha := p.At(0, 0).RGBA()
	assert.Zero(t, alpha, "the corners are clear")
}
