// Package pdf writes simple PDF files (ISO 32000-1): pages of A4 with text, boxes and
// lines, and files attached. Text is set in a subset of an OpenType font, also one with
// CFF outlines as Chinese fonts have them, and can be searched and copied. The same
// calls give the same bytes. It lays nothing out and knows no reports.
package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// The size of a page, in points.
const (
	Width  = 595.28
	Height = 841.89
)

// Color is red, green and blue, each 0 to 1.
type Color [3]float64

// Point is a place on a page in points, from its upper left corner.
type Point struct{ X, Y float64 }

// Document is a PDF file in the making. It is for one goroutine at a time.
type Document struct {
	// Title and Lang (such as "en") are shown by readers; Made is when it was made, the zero
	// time if nobody knows.
	Title, Lang string
	Made        time.Time

	pages []*Page
	fonts []*Font
	files []attachment
}

type attachment struct {
	name, media string
	data        []byte
}

// Page is one page of a document.
type Page struct {
	doc     *Document
	content bytes.Buffer
}

// Page adds a page.
func (d *Document) Page() *Page {
	p := &Page{doc: d}
	d.pages = append(d.pages, p)
	return p
}

// Pages gives all pages so far, in order.
func (d *Document) Pages() []*Page { return d.pages }

// Attach adds a file. Its name and its media type are plain ASCII; its bytes are kept
// as they are, so that they can be found without a PDF reader (Attached).
func (d *Document) Attach(name, media string, data []byte) {
	d.files = append(d.files, attachment{name, media, data})
}

// Text writes one line with its baseline's left end at the point, in the order of the text.
// A character that the font does not have is written as ParseFont was told.
func (p *Page) Text(at Point, f *Font, size float64, c Color, text string) {
	fmt.Fprintf(&p.content, "BT /F%d %.2f Tf %s rg %.2f %.2f Td <", p.doc.use(f), size, c, at.X, Height-at.Y)
	for _, char := range text {
		for _, n := range f.run(char) {
			fmt.Fprintf(&p.content, "%04x", n)
		}
	}
	p.content.WriteString("> Tj ET\n")
}

// use is the number of a font in the document.
func (d *Document) use(f *Font) int {
	for i, known := range d.fonts {
		if known == f {
			return i
		}
	}
	d.fonts = append(d.fonts, f)
	return len(d.fonts) - 1
}

// String is the color as operands.
func (c Color) String() string { return fmt.Sprintf("%.3f %.3f %.3f", c[0], c[1], c[2]) }

// Box fills a rectangle with its upper left corner at the point.
func (p *Page) Box(at Point, w, h float64, c Color) {
	fmt.Fprintf(&p.content, "%s rg %.2f %.2f %.2f %.2f re f\n", c, at.X, Height-at.Y-h, w, h)
}

// Line draws a line through points.
func (p *Page) Line(points []Point, width float64, c Color) {
	fmt.Fprintf(&p.content, "%s RG %.2f w 1 j", c, width)
	for i, at := range points {
		op := "l"
		if i == 0 {
			op = "m"
		}
		fmt.Fprintf(&p.content, " %.2f %.2f %s", at.X, Height-at.Y, op)
	}
	p.content.WriteString(" S\n")
}

// head begins every file; the second line says that it is binary.
const head = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"

// CommentAt is where a file's reserved bytes are.
const CommentAt = len(head)

// Bytes is the file. At CommentAt it has so many reserved bytes, which are a comment:
// lines that begin with a percent sign may be written there.
func (d *Document) Bytes(reserved int) []byte {
	w := &writer{}
	w.WriteString(head)
	if reserved > 0 {
		w.WriteString("%" + strings.Repeat(" ", reserved-2) + "\n")
	}
	catalog, pages := w.number(), w.number()
	var fonts strings.Builder
	for i, f := range d.fonts {
		fmt.Fprintf(&fonts, "/F%d %d 0 R ", i, w.font(f))
	}
	var kids strings.Builder
	for _, p := range d.pages {
		fmt.Fprintf(&kids, "%d 0 R ", w.page(p, pages, fonts.String()))
	}
	w.object(pages, fmt.Sprintf("<< /Type /Pages /Count %d /Kids [ %s] >>", len(d.pages), kids.String()))
	w.object(catalog, fmt.Sprintf(
		"<< /Type /Catalog /Pages %d 0 R /Lang (%s) /ViewerPreferences << /DisplayDocTitle true >> %s>>",
		pages, plain(d.Lang), w.attachments(d.files)))
	made := ""
	if !d.Made.IsZero() {
		made = "/CreationDate (" + date(d.Made) + ") "
	}
	return w.end(catalog, w.add(fmt.Sprintf("<< /Title %s /Producer (Fotabench) %s>>", text(d.Title), made)))
}

// writer writes the objects of a file and remembers where.
type writer struct {
	bytes.Buffer
	offsets []int
}

// number reserves the number of an object.
func (w *writer) number() int {
	w.offsets = append(w.offsets, 0)
	return len(w.offsets)
}

func (w *writer) object(n int, body string) {
	w.offsets[n-1] = w.Len()
	fmt.Fprintf(w, "%d 0 obj\n%s\nendobj\n", n, body)
}

func (w *writer) add(body string) int {
	n := w.number()
	w.object(n, body)
	return n
}

// stream adds data with the entries of its dictionary.
func (w *writer) stream(entries string, data []byte) int {
	return w.add(fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", entries, len(data), data))
}

// packed adds data compressed.
func (w *writer) packed(entries string, data []byte) int {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(data) // a buffer takes everything
	_ = z.Close()
	return w.stream(entries+" /Filter /FlateDecode", b.Bytes())
}

func (w *writer) page(p *Page, parent int, fonts string) int {
	content := w.packed("", p.content.Bytes())
	return w.add(fmt.Sprintf(
		"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources << /Font << %s>> >> /Contents %d 0 R >>",
		parent, Width, Height, fonts, content))
}

// font adds a composite font (ISO 32000-1, section 9.7) and gives its number.
func (w *writer) font(f *Font) int {
	file := w.packed("/Subtype /CIDFontType0C", f.compact())
	sum := sha256.Sum256([]byte(fmt.Sprint(f.name, len(f.glyphs))))
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	name := string(tag) + "+" + plain(f.name)
	descriptor := w.add(fmt.Sprintf(
		"<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [-1000 -500 2000 1500] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 733 /StemV 80 /FontFile3 %d 0 R >>",
		name, file))
	var widths strings.Builder
	for _, g := range f.glyphs {
		fmt.Fprintf(&widths, "%d ", g.advance)
	}
	descendant := w.add(fmt.Sprintf(
		"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 1000 /W [0 [ %s]] >>",
		name, descriptor, widths.String()))
	unicode := w.packed("", f.unicode())
	return w.add(fmt.Sprintf(
		"<< /Type /Font /Subtype /Type0 /BaseFont /%s-Identity-H /Encoding /Identity-H /DescendantFonts [ %d 0 R ] /ToUnicode %d 0 R >>",
		name, descendant, unicode))
}

// unicode is the map from glyphs back to characters, at most 100 in a section.
func (f *Font) unicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Used def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n")
	const section = 100
	for first := 1; first < len(f.glyphs); first += section {
		glyphs := f.glyphs[first:min(first+section, len(f.glyphs))]
		fmt.Fprintf(&b, "%d beginbfchar\n", len(glyphs))
		for i, g := range glyphs {
			fmt.Fprintf(&b, "<%04x> <", first+i)
			for _, unit := range utf16.Encode([]rune{g.char}) {
				fmt.Fprintf(&b, "%04x", unit)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// end writes the table of objects.
func (w *writer) end(catalog, info int) []byte {
	sum := sha256.Sum256(w.Bytes()[CommentAt:])
	id := hex.EncodeToString(sum[:16])
	table := w.Len()
	fmt.Fprintf(w, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, at := range w.offsets {
		fmt.Fprintf(w, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(w, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n",
		len(w.offsets)+1, catalog, info, id, id, table)
	return w.Bytes()
}

// text is a text string (ISO 32000-1, section 7.9.2).
func text(s string) string {
	var b strings.Builder
	b.WriteString("<feff")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04x", unit)
	}
	return b.String() + ">"
}

// plain is s without what has a meaning in names and strings.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || strings.ContainsRune("()<>[]{}/%#\\", r) {
			return -1
		}
		return r
	}, s)
}

// date is a time (section 7.9.4).
func date(t time.Time) string { return t.UTC().Format("D:20060102150405") + "Z" }
