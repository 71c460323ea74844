package widgets

import (
	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/packages/plaintext"
)

// Prose is running text that takes as many lines as it needs.
type Prose struct {
	widget.BaseWidget
	text    *widget.RichText
	segment *widget.TextSegment
}

// NewProse makes a text in a colour of the theme.
func NewProse(text string, color fyne.ThemeColorName) *Prose {
	segment := &widget.TextSegment{Text: plaintext.Lines(text), Style: widget.RichTextStyle{ColorName: color, SizeName: base.SizeNameText}}
	rich := widget.NewRichText(segment)
	rich.Wrapping = fyne.TextWrapWord
	p := &Prose{text: rich, segment: segment}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements fyne.Widget.
func (p *Prose) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(Trim(p.text, 0))
}

// Set changes the text, if it is another one, and hides it when it is empty.
func (p *Prose) Set(text string) {
	if text = plaintext.Lines(text); p.segment.Text != text {
		p.segment.Text = text
		p.text.Refresh()
	}
	if p.Hidden != (text == "") {
		p.Hidden = text == ""
		p.Refresh()
	}
}

// SetColor changes the colour.
func (p *Prose) SetColor(name fyne.ThemeColorName) {
	if p.segment.Style.ColorName != name {
		p.segment.Style.ColorName = name
		p.text.Refresh()
	}
}

// Bold makes the text bold.
func (p *Prose) Bold() *Prose {
	p.segment.Style.TextStyle.Bold = true
	return p
}

// Large makes it a heading.
func (p *Prose) Large() *Prose {
	p.segment.Style.SizeName = base.SizeNameSubHeadingText
	return p
}

// Text is the whole text.
func (p *Prose) Text() string { return p.segment.Text }
