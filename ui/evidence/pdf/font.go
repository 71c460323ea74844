package pdf

import (
	"fmt"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Font is an OpenType font of which a document embeds the glyphs that it uses. It is
// for one goroutine at a time.
type Font struct {
	face   *sfnt.Font
	name   string
	units  int
	buffer sfnt.Buffer
	// runs are the glyphs in use by character, one each unless the font does not have it;
	// glyphs lists them by number.
	runs    map[rune][]int
	glyphs  []glyph
	instead func(rune) string
	spelled bool
}

// glyph is one that is in use. Glyph 0 is the font's own for "none".
type glyph struct {
	char    rune
	advance int // in thousandths of the size
	outline []byte
}

// ParseFont reads an OpenType font. A character that it does not have is written as instead
// says, which speaks in characters that every font has.
func ParseFont(file []byte, instead func(rune) string) (*Font, error) {
	face, err := sfnt.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("pdf: font: %w", err)
	}
	f := &Font{face: face, units: int(face.UnitsPerEm()), instead: instead, runs: make(map[rune][]int)}
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

// run is the glyphs that write char, which are in use from now on: its own, or those that
// stand instead where the font has none.
func (f *Font) run(char rune) []int {
	run, ok := f.runs[char]
	if ok {
		return run
	}
	if n := f.own(char); n != 0 {
		run = []int{n}
	} else {
		f.spelled = true
		for _, c := range f.instead(char) {
			run = append(run, f.plain(c))
		}
	}
	f.runs[char] = run
	return run
}

// plain is the glyph of a character that stands instead of another; 0, which shows that there is something,
// with a font that has not even those.
func (f *Font) plain(char rune) int {
	if run, ok := f.runs[char]; ok && len(run) == 1 {
		return run[0]
	}
	n := f.own(char)
	if n != 0 {
		f.runs[char] = []int{n}
	}
	return n
}

// own puts the font's own glyph for char into use; 0 if it has none.
func (f *Font) own(char rune) int {
	index, err := f.face.GlyphIndex(&f.buffer, char)
	if err != nil || index == 0 {
		return 0
	}
	g, err := f.load(index, char)
	if err != nil {
		return 0
	}
	f.glyphs = append(f.glyphs, g)
	return len(f.glyphs) - 1
}

// Spelled tells whether a character was not measured or written as itself so far.
func (f *Font) Spelled() bool { return f.spelled }

// Width is that of text, in the unit of size, as Page.Text writes it.
func (f *Font) Width(text string, size float64) float64 {
	sum := 0
	for _, char := range text {
		for _, n := range f.run(char) {
			sum += f.glyphs[n].advance
		}
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
