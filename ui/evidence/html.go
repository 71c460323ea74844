package evidence

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template
	"errors"
	"fmt"
	"html/template"

	"fotabench/devices"
	"fotabench/ui/words"
)

// layout is the version of how pages are made; it grows with every change of that.
const layout = 3

// layoutMark tells which program wrote a page, as far as its looks go: a check knows by
// it which pages this program would write byte for byte. It changes with every sentence.
func layoutMark(b *words.Book) string {
	sum := sha256.New()
	for _, code := range b.Codes() {
		fmt.Fprintf(sum, "%q %q\n", code, b.Say(devices.Code(code)))
	}
	fmt.Fprint(sum, pageText)
	return fmt.Sprintf("%d-%x", layout, sum.Sum(nil)[:6])
}

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"svg": func(a Anchor) string {
		return map[Anchor]string{Left: "start", Middle: "middle", Right: "end"}[a]
	},
}).Parse(pageText))

// What encloses a page's parts that are not shown. None of them can occur in the data,
// in which every "<" is written otherwise.
const (
	dataBegin      = `<script type="application/json" id="fotabench-report">` + "\n"
	signatureBegin = `<script type="text/plain" id="fotabench-signature">` + "\n"
	scriptEnd      = "</script>\n"
	pageEnd        = "</body>\n</html>\n"
	sealBegin      = "<!--\n"
	sealEnd        = "-->\n"
)

// errRaw says that a report's data holds characters that would end its enclosure.
var errRaw = errors.New(`evidence: the data holds a plain "<"`)

// html is the page of a report in one file. data and signature, which may be nil, are
// put in as they are. A seal can be appended (sealHTML).
func html(d Document, b *words.Book, data, signature []byte) ([]byte, error) {
	if bytes.ContainsRune(data, '<') || bytes.ContainsRune(signature, '<') {
		return nil, errRaw
	}
	spelled := ""
	if d.spells() {
		spelled = b.Say(noteSpelled)
	}
	var w bytes.Buffer
	err := pageTemplate.Execute(&w, struct {
		Document
		Picture Picture
		Drawn   string
		Layout  string
		Spelled string
	}{d, d.Timeline.Draw(b, PictureWidth), b.Say(partTime), layoutMark(b), spelled})
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	w.WriteString(dataBegin)
	w.Write(data)
	w.WriteString(scriptEnd)
	if signature != nil {
		w.WriteString(signatureBegin)
		w.Write(signature)
		w.WriteString(scriptEnd)
	}
	w.WriteString(pageEnd)
	return w.Bytes(), nil
}

// sealHTML puts the seal, a signature of all bytes of the page, at its end.
func sealHTML(page, seal []byte) []byte {
	return bytes.Join([][]byte{page, []byte(sealBegin), seal, []byte(sealEnd)}, nil)
}

// openHTML takes a page apart.
func openHTML(file []byte) parts {
	p := parts{page: file}
	if before, rest, ok := bytes.Cut(file, []byte(pageEnd+sealBegin)); ok {
		if seal, after, ok := bytes.Cut(rest, []byte(sealEnd)); ok {
			// What stands after the seal is part of what it must hold for.
			p.seal, p.page = seal, bytes.Join([][]byte{before, []byte(pageEnd), after}, nil)
		}
	}
	p.data = between(p.page, dataBegin)
	p.signature = between(p.page, signatureBegin)
	if _, after, ok := bytes.Cut(file, []byte(`<html lang="`)); ok {
		lang, _, _ := bytes.Cut(after[:min(len(after), 16)], []byte(`"`))
		p.lang = string(lang)
	}
	return p
}

// writtenHere tells whether a page has the mark of this program.
func writtenHere(page []byte, b *words.Book) bool {
	return bytes.Contains(page, fmt.Appendf(nil, `<meta name="fotabench-layout" content="%s">`, layoutMark(b)))
}

// between is what stands in the one script that begins so; nil if there is none, or
// more than one.
func between(page []byte, begin string) []byte {
	_, rest, ok := bytes.Cut(page, []byte(begin))
	if !ok || bytes.Contains(rest, []byte(begin)) {
		return nil
	}
	inside, _, ok := bytes.Cut(rest, []byte(scriptEnd))
	if !ok {
		return nil
	}
	return inside
}

// Shares are the widths of the columns in percent.
func (t *Table) Shares() []float64 {
	sum := 0.0
	for _, w := range t.Weights {
		sum += w
	}
	shares := make([]float64, len(t.Weights))
	for i, w := range t.Weights {
		shares[i] = 100 * w / sum
	}
	return shares
}
