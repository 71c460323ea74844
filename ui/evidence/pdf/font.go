package pdf

import (
	"fmt"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// missing stands in for a character that the font does not have.
const missing = '□'

// Font is an OpenType font of which a document embeds the glyphs that it uses. It is
// for one goroutine at a time.
type Font struct {
	face   *sfnt.Font
	name   string
	units  int
	buffer sfnt.Buffer
	// numbers are the glyphs in use by character; glyphs lists them by number.
	numbers map[rune]int
	glyphs  []glyph
}

// glyph is one that is in use. Glyph 0 is the font's own for "none".
type glyph struct {
	char    rune
	advance int // in thousandths of the size
	outline []byte
}

// ParseFont reads an OpenType font.
func ParseFont(file []byte) (*Font, error) {
	face, err := sfnt.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("pdf: font: %w", err)
	}
	f := &Font{face: face, units: int(face.UnitsPerEm()), numbers: make(map[rune]int)}
	if f.name, err = face.Name(&f.buffer, sfnt.NameIDPostScript); err != nil {
		return nil, fmt.Errorf("pdf: font: %w", err)
	}
	none, err := f.load(0, 0)
	if err != nil {
		return nil, err
	}
	f.glyphs = []glyph{none}
	return f, nil
}

// number is that of the glyph for char, which is in use from now on.
func (f *Font) number(char rune) int {
	if n, ok := f.numbers[char]; ok {
		return n
	}
	n := 0
	index, err := f.face.GlyphIndex(&f.buffer, char)
	switch {
	case err == nil && index != 0:
		if g, err := f.load(index, char); err == nil {
			n = len(f.glyphs)
			f.glyphs = append(f.glyphs, g)
		}
	case char != missing:
		n = f.number(missing)
	}
	f.numbers[char] = n
	return n
}

// Width is that of text, in the unit of size.
func (f *Font) Width(text string, size float64) float64 {
	sum := 0
	for _, char := range text {
		sum += f.glyphs[f.number(char)].advance
	}
	return float64(sum) * size / 1000
}

// load reads a glyph's advance and outline, scaled to 1000 units.
func (f *Font) load(index sfnt.GlyphIndex, char rune) (glyph, error) {
	const scale = fixed.Int26_6(1000 << 6)
	advance, err := f.face.GlyphAdvance(&f.buffer, index, scale, font.HintingNone)
	if err != nil {
		return glyph{}, fmt.Errorf("pdf: font: %w", err)
	}
	segments, err := f.face.LoadGlyph(&f.buffer, index, scale, nil)
	if err != nil {
		return glyph{}, fmt.Errorf("pdf: font: %w", err)
	}
	return glyph{char, advance.Round(), charstring(advance.Round(), segments)}, nil
}
