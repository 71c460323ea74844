package pdf

import (
	"encoding/binary"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Operators of a Type 2 charstring (Adobe Technical Note 5177, section 4).
const (
	opLineTo  = 5
	opCurveTo = 8
	opEnd     = 14
	opMoveTo  = 21
)

// Operators of a CFF DICT (Adobe Technical Note 5176, tables 9, 10 and 23); those of
// two bytes begin with 12.
var (
	dictBounds      = []byte{5}
	dictCharset     = []byte{15}
	dictCharStrings = []byte{17}
	dictPrivate     = []byte{18}
	dictWidth       = []byte{20}
	dictROS         = []byte{12, 30}
	dictCIDCount    = []byte{12, 34}
	dictFDArray     = []byte{12, 36}
	dictFDSelect    = []byte{12, 37}
)

// firstString is the number of the first string that a font brings itself.
const firstString = 391

// pen writes an outline as relative moves.
type pen struct {
	code []byte
	x, y int
}

// charstring is an outline in Type 2 form, without hints and subroutines. The vertical
// axis of segments points down, that of the font up.
func charstring(advance int, segments sfnt.Segments) []byte {
	p := &pen{code: number(nil, advance)}
	for _, s := range segments {
		a := s.Args
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			p.to(opMoveTo, a[0])
		case sfnt.SegmentOpLineTo:
			p.to(opLineTo, a[0])
		case sfnt.SegmentOpCubeTo:
			p.to(opCurveTo, a[0], a[1], a[2])
		case sfnt.SegmentOpQuadTo:
			from := fixed.Point26_6{X: fixed.I(p.x), Y: fixed.I(-p.y)}
			p.to(opCurveTo, toward(from, a[0]), toward(a[1], a[0]), a[1])
		}
	}
	return append(p.code, opEnd)
}

// toward is two thirds of the way: the control point of a cubic curve that is the
// quadratic one.
func toward(from, control fixed.Point26_6) fixed.Point26_6 {
	return fixed.Point26_6{X: from.X + (control.X-from.X)*2/3, Y: from.Y + (control.Y-from.Y)*2/3}
}

func (p *pen) to(op byte, points ...fixed.Point26_6) {
	for _, at := range points {
		x, y := at.X.Round(), -at.Y.Round()
		p.code = number(number(p.code, x-p.x), y-p.y)
		p.x, p.y = x, y
	}
	p.code = append(p.code, op)
}

// number appends n as charstrings and DICTs both write it.
func number(b []byte, n int) []byte {
	switch {
	case -107 <= n && n <= 107:
		return append(b, byte(n+139))
	case 108 <= n && n <= 1131:
		return append(b, byte((n-108)>>8+247), byte(n-108))
	case -1131 <= n && n <= -108:
		return append(b, byte((-n-108)>>8+251), byte(-n-108))
	}
	return binary.BigEndian.AppendUint16(append(b, 28), uint16(int16(n)))
}

// place appends an offset to a DICT, always in five bytes: the length of a DICT must
// not depend on what comes after it.
func place(b []byte, offset int) []byte {
	return binary.BigEndian.AppendUint32(append(b, 29), uint32(offset))
}

// index is a CFF INDEX.
func index(items ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(items)))
	if len(items) == 0 {
		return b
	}
	b = append(b, 4) // bytes of an offset
	offset := uint32(1)
	b = binary.BigEndian.AppendUint32(b, offset)
	for _, item := range items {
		offset += uint32(len(item))
		b = binary.BigEndian.AppendUint32(b, offset)
	}
	for _, item := range items {
		b = append(b, item...)
	}
	return b
}

// compact is the font with the glyphs in use alone, as a CID-keyed CFF in which a CID
// is the number of the glyph.
func (f *Font) compact() []byte {
	outlines := make([][]byte, len(f.glyphs))
	for i, g := range f.glyphs {
		outlines[i] = g.outline
	}
	last := uint16(len(f.glyphs) - 1)
	charset := []byte{0} // of a font that has glyph 0 alone
	if last > 0 {
		charset = binary.BigEndian.AppendUint16([]byte{2, 0, 1}, last-1)
	}
	selection := binary.BigEndian.AppendUint16([]byte{3, 0, 1, 0, 0, 0}, last+1)
	private := append(number(nil, 1000), dictWidth...)
	head := []byte{1, 0, 4, 4}
	names := index([]byte(f.name))
	strings := append(index([]byte("Adobe"), []byte("Identity")), index()...) // and no global subroutines
	top := func(charsetAt, selectionAt, outlinesAt, fontsAt int) []byte {
		d := append(number(number(number(nil, firstString), firstString+1), 0), dictROS...)
		d = append(number(number(number(number(d, -1000), -500), 2000), 1500), dictBounds...)
		d = append(number(d, len(f.glyphs)), dictCIDCount...)
		d = append(place(d, charsetAt), dictCharset...)
		d = append(place(d, selectionAt), dictFDSelect...)
		d = append(place(d, outlinesAt), dictCharStrings...)
		return index(append(place(d, fontsAt), dictFDArray...))
	}
	charsetAt := len(head) + len(names) + len(top(0, 0, 0, 0)) + len(strings)
	selectionAt := charsetAt + len(charset)
	privateAt := selectionAt + len(selection)
	outlinesAt := privateAt + len(private)
	drawn := index(outlines...)
	fonts := index(append(place(number(nil, len(private)), privateAt), dictPrivate...))
	var b []byte
	for _, part := range [][]byte{
		head, names, top(charsetAt, selectionAt, outlinesAt, outlinesAt+len(drawn)), strings,
		charset, selection, private, drawn, fonts,
	} {
		b = append(b, part...)
	}
	return b
}
