package evidence

import (
	"strings"
	"unicode"

	"fotabench/assets"
	"fotabench/packages/plaintext"
	"fotabench/ui/evidence/pdf"
	"fotabench/ui/words"
)

// The names of what a PDF has attached.
const (
	attachedData      = "report.json"
	attachedSignature = "report.json.minisig"
)

// The measures of a printed page, in points.
const (
	margin     = 48
	paperWide  = pdf.Width - 2*margin
	bottom     = pdf.Height - 56
	body       = 9.0
	small      = 8.0
	lineHigh   = 1.45 // of the size of letters
	factWide   = 120
	columnsGap = 8
)

var paperColors = map[Paint]pdf.Color{
	Ink: {0.09, 0.1, 0.12}, Dim: {0.36, 0.4, 0.44}, Grid: {0.85, 0.87, 0.89}, Span: {0.5, 0.61, 0.75}, Growth: {0.12, 0.37, 0.68},
	Plain: {0.36, 0.4, 0.44}, Warned: {0.6, 0.38, 0}, Failed: {0.7, 0.15, 0.12},
}

var moodColors = map[Mood]pdf.Color{
	Neutral: paperColors[Ink], Good: {0.1, 0.5, 0.26}, Unsure: paperColors[Warned], Bad: paperColors[Failed],
}

// paper sets a document on pages.
type paper struct {
	doc           *pdf.Document
	plain, strong *pdf.Font
	page          *pdf.Page
	y             float64
}

// paperOf is a report as a PDF. data and signature, which may be nil, are attached as
// they are; room bytes are kept for a seal.
func paperOf(d Document, b *words.Book, data, signature []byte, room int) ([]byte, error) {
	plain, err := pdf.ParseFont(assets.Font(false), plaintext.CodePoint)
	if err != nil {
		return nil, err
	}
	strong, err := pdf.ParseFont(assets.Font(true), plaintext.CodePoint)
	if err != nil {
		return nil, err
	}
	p := &paper{
		doc:   &pdf.Document{Title: d.Title + " · " + d.Subtitle, Lang: d.Lang, Made: d.Made},
		plain: plain, strong: strong,
	}
	p.turn()
	p.head(d)
	for i, s := range d.Sections {
		p.section(s)
		if i == 0 {
			p.picture(b.Say(partTime), d.Timeline.Draw(b, PictureWidth))
		}
	}
	if p.plain.Spelled() || p.strong.Spelled() || d.spells() {
		p.remark(b.Say(noteSpelled))
	}
	p.number(b, d.Subtitle)
	p.doc.Attach(attachedData, "application/json", data)
	if signature != nil {
		p.doc.Attach(attachedSignature, "text/plain", signature)
	}
	return p.doc.Bytes(room), nil
}

func (p *paper) turn() {
	p.page, p.y = p.doc.Page(), margin
}

// room turns the page unless so much is left on it, and tells whether it did.
func (p *paper) room(high float64) bool {
	if p.y+min(high, bottom-2*margin) <= bottom {
		return false
	}
	p.turn()
	return true
}

// number writes a line at the foot of every page.
func (p *paper) number(b *words.Book, job string) {
	pages := p.doc.Pages()
	for i, page := range pages {
		at := pdf.Point{X: margin, Y: pdf.Height - 30}
		text := b.Say(notePage, i+1, len(pages))
		wide := p.plain.Width(text, small)
		lines := wrap(p.plain, small, paperWide-wide-24, job)
		if len(lines) > 1 {
			lines[0] += " …"
		}
		page.Text(at, p.plain, small, paperColors[Dim], lines[0])
		at.X = pdf.Width - margin - wide
		page.Text(at, p.plain, small, paperColors[Dim], text)
	}
}

func (p *paper) head(d Document) {
	p.y += 14
	p.page.Text(pdf.Point{X: margin, Y: p.y}, p.strong, 18, paperColors[Ink], d.Title)
	p.y += 15 - body*lineHigh
	for _, line := range wrap(p.plain, body, paperWide, d.Subtitle) {
		p.y += body * lineHigh
		p.page.Text(pdf.Point{X: margin, Y: p.y}, p.plain, body, paperColors[Dim], line)
	}
	p.y += 12
	for _, text := range d.Warnings {
		p.stated(text, moodColors[Unsure], moodColors[Unsure])
		p.y += 6
	}
	p.stated(d.Verdict, moodColors[d.Mood], paperColors[Ink])
}

// stated writes a sentence that nobody can overlook.
func (p *paper) stated(text string, mark, ink pdf.Color) {
	lines := wrap(p.strong, 11, paperWide-24, text)
	high := float64(len(lines))*11*lineHigh + 12
	p.page.Box(pdf.Point{X: margin, Y: p.y}, paperWide, high, pdf.Color{0.95, 0.96, 0.97})
	p.page.Box(pdf.Point{X: margin, Y: p.y}, 4, high, mark)
	for i, line := range lines {
		p.page.Text(pdf.Point{X: margin + 14, Y: p.y + 6 + 11*1.1 + float64(i)*11*lineHigh}, p.strong, 11, ink, line)
	}
	p.y += high
}

func (p *paper) section(s Section) {
	p.title(s.Title)
	for _, f := range s.Facts {
		p.row([]string{f.Label, f.Value}, []float64{factWide, paperWide - factWide}, []pdf.Color{paperColors[Dim], paperColors[Ink]}, body, p.plain)
	}
	if t := s.Table; t != nil && len(t.Rows) > 0 {
		p.table(t)
	}
	for _, text := range s.Remarks {
		p.remark(text)
	}
}

func (p *paper) remark(text string) {
	p.y += 2
	p.row([]string{text}, []float64{paperWide}, []pdf.Color{paperColors[Ink]}, body, p.plain)
}

// title begins a section, never at the very foot of a page.
func (p *paper) title(text string) {
	p.room(70)
	p.y += 26
	p.page.Text(pdf.Point{X: margin, Y: p.y}, p.strong, 12, paperColors[Ink], text)
	p.y += 6
}

func (p *paper) table(t *Table) {
	widths := t.Shares()
	for i := range widths {
		widths[i] *= paperWide / 100
	}
	same := func(c pdf.Color) []pdf.Color {
		list := make([]pdf.Color, len(widths))
		for i := range list {
			list[i] = c
		}
		return list
	}
	head := func() { p.row(t.Head, widths, same(paperColors[Dim]), small, p.strong) }
	head()
	for _, r := range t.Rows {
		colors := same(moodColors[r.Mood])
		if r.Mood == Good {
			colors = same(paperColors[Ink])
			colors[len(colors)-1] = moodColors[Good]
		}
		if p.room(p.high(r.Cells, widths, small, p.plain) + 3) {
			head()
		}
		p.rule()
		p.row(r.Cells, widths, colors, small, p.plain)
	}
}

// rule draws a fine line beneath the last row.
func (p *paper) rule() {
	p.page.Line([]pdf.Point{{X: margin, Y: p.y + 1}, {X: margin + paperWide, Y: p.y + 1}}, 0.4, paperColors[Grid])
	p.y += 1.5
}

// high is how much of a page a row takes.
func (p *paper) high(cells []string, widths []float64, size float64, f *pdf.Font) float64 {
	most := 0
	for i, text := range cells {
		most = max(most, len(wrap(f, size, widths[i]-columnsGap, text)))
	}
	return float64(most)*size*lineHigh + 2
}

// row sets texts side by side, each within its width, on one page where they fit on one.
func (p *paper) row(cells []string, widths []float64, colors []pdf.Color, size float64, f *pdf.Font) {
	columns, most := make([][]string, len(cells)), 0
	for i, text := range cells {
		columns[i] = wrap(f, size, widths[i]-columnsGap, text)
		most = max(most, len(columns[i]))
	}
	high := size * lineHigh
	p.room(float64(most)*high + 2)
	for n := range most {
		p.room(high)
		p.y += high
		left := float64(margin)
		for i, lines := range columns {
			if n < len(lines) {
				p.page.Text(pdf.Point{X: left, Y: p.y - size*0.25}, f, size, colors[i], lines[n])
			}
			left += widths[i]
		}
	}
	p.y += 1.5
}

func (p *paper) picture(title string, drawn Picture) {
	if len(drawn.Shapes) == 0 {
		return
	}
	scale := paperWide / drawn.Width
	p.room(drawn.Height*scale + 50)
	p.title(title)
	p.y += 6
	at := func(x, y float64) pdf.Point { return pdf.Point{X: margin + x*scale, Y: p.y + y*scale} }
	for _, s := range drawn.Shapes {
		color := paperColors[s.Paint]
		switch {
		case s.Text != "":
			size := s.Size * scale
			place := at(s.X, s.Y)
			place.X -= p.plain.Width(s.Text, size) * map[Anchor]float64{Middle: 0.5, Right: 1}[s.Anchor]
			p.page.Text(place, p.plain, size, color, s.Text)
		case len(s.Points) > 0:
			points := make([]pdf.Point, len(s.Points))
			for i, point := range s.Points {
				points[i] = at(point[0], point[1])
			}
			p.page.Line(points, s.Stroke*scale, color)
		default:
			p.page.Box(at(s.X, s.Y), s.W*scale, s.H*scale, color)
		}
	}
	p.y += drawn.Height * scale
}

// wrap breaks text into lines no wider than width: after blanks and between Chinese
// characters; a word that is wider by itself, such as a digest, anywhere.
func wrap(f *pdf.Font, size, width float64, text string) []string {
	var lines []string
	line, used := []rune(nil), 0.0
	fit := -1 // where the line may end
	for _, char := range text {
		wide := f.Width(string(char), size)
		if used+wide > width && len(line) > 0 && char != ' ' {
			cut := len(line)
			if fit > 0 {
				cut = fit
			}
			lines = append(lines, strings.TrimRight(string(line[:cut]), " "))
			line = append([]rune(nil), line[cut:]...)
			used, fit = f.Width(string(line), size), -1
		}
		line, used = append(line, char), used+wide
		if char == ' ' || unicode.Is(unicode.Han, char) || strings.ContainsRune("，。；：、）”—-/", char) {
			fit = len(line)
		}
	}
	return append(lines, strings.TrimRight(string(line), " "))
}
