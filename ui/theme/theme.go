// Package theme is how the window looks: two palettes, one set of sizes, and a
// font that has the Chinese characters on every machine. It knows no page.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
)

// Look is which palette is used.
type Look string

// The looks.
const (
	System Look = "system"
	Light  Look = "light"
	Dark   Look = "dark"
)

// The colours that Fyne has no name for.
const (
	Card      fyne.ThemeColorName = "fotabench.card"
	Edge      fyne.ThemeColorName = "fotabench.edge"
	Dim       fyne.ThemeColorName = "fotabench.dim"
	Track     fyne.ThemeColorName = "fotabench.track"
	Rail      fyne.ThemeColorName = "fotabench.rail"
	RailHere  fyne.ThemeColorName = "fotabench.rail.here"
	RailText  fyne.ThemeColorName = "fotabench.rail.text"
	OKSoft    fyne.ThemeColorName = "fotabench.ok.soft"
	WarnSoft  fyne.ThemeColorName = "fotabench.warn.soft"
	FaultSoft fyne.ThemeColorName = "fotabench.fault.soft"
	InfoSoft  fyne.ThemeColorName = "fotabench.info.soft"
)

// SizeBig is the size of the percentage.
const SizeBig fyne.ThemeSizeName = "fotabench.big"

// Theme implements fyne.Theme.
type Theme struct {
	look          Look
	regular, bold fyne.Resource
}

// New makes a theme of two TrueType fonts; nil fonts leave Fyne's own.
func New(look Look, regular, bold fyne.Resource) *Theme {
	return &Theme{look: look, regular: regular, bold: bold}
}

// Color implements fyne.Theme. Every colour that carries text keeps a contrast
// of at least 4.5 to 1 on the grounds it is used on (WCAG 2.1, 1.4.3).
func (t *Theme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch t.look {
	case Light:
		variant = base.VariantLight
	case Dark:
		variant = base.VariantDark
	}
	palette := light
	if variant == base.VariantDark {
		palette = dark
	}
	if c, ok := palette[name]; ok {
		return c
	}
	return base.DefaultTheme().Color(name, variant)
}

// Font implements fyne.Theme. The monospace font stays Fyne's: it has no
// Chinese, and lines that may hold some are set in the regular font.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Monospace || style.Symbol || t.regular == nil:
		return base.DefaultTheme().Font(style)
	case style.Bold && t.bold != nil:
		return t.bold
	}
	return t.regular
}

// Icon implements fyne.Theme.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return base.DefaultTheme().Icon(name) }

// Size implements fyne.Theme.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		return s
	}
	return base.DefaultTheme().Size(name)
}

// sizes are in Fyne's device-independent pixels.
var sizes = map[fyne.ThemeSizeName]float32{
	base.SizeNameText:            13,
	base.SizeNameCaptionText:     12,
	base.SizeNameSubHeadingText:  16,
	base.SizeNameHeadingText:     21,
	SizeBig:                      32,
	base.SizeNameInnerPadding:    7,
	base.SizeNameInputRadius:     6,
	base.SizeNameSelectionRadius: 4,
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

// veil is a translucent colour.
func veil(hex uint32, alpha uint8) color.NRGBA {
	c := rgb(hex)
	c.A = alpha
	return c
}

var light = map[fyne.ThemeColorName]color.Color{
	base.ColorNameBackground:          rgb(0xf5f6f8),
	base.ColorNameForeground:          rgb(0x14181f),
	base.ColorNameForegroundOnPrimary: rgb(0xffffff),
	base.ColorNamePrimary:             rgb(0x0a62c2),
	base.ColorNameButton:              rgb(0xe6eaef),
	base.ColorNameDisabledButton:      rgb(0xeef0f3),
	base.ColorNameDisabled:            rgb(0x868e9b),
	base.ColorNameInputBackground:     rgb(0xf4f6f9),
	base.ColorNameInputBorder:         rgb(0xc3cad3),
	base.ColorNamePlaceHolder:         rgb(0x636c7a),
	base.ColorNameHyperlink:           rgb(0x0a62c2),
	base.ColorNameHover:               veil(0x0a62c2, 0x14),
	base.ColorNamePressed:             veil(0x0a62c2, 0x2c),
	base.ColorNameFocus:               veil(0x0a62c2, 0x50),
	base.ColorNameSelection:           veil(0x0a62c2, 0x30),
	base.ColorNameSeparator:           rgb(0xe3e7ec),
	base.ColorNameOverlayBackground:   rgb(0xffffff),
	base.ColorNameMenuBackground:      rgb(0xffffff),
	base.ColorNameHeaderBackground:    rgb(0xffffff),
	base.ColorNameShadow:              veil(0x14181f, 0x40),
	base.ColorNameSuccess:             rgb(0x177a41),
	base.ColorNameWarning:             rgb(0x8a5a00),
	base.ColorNameError:               rgb(0xb8262c),
	Card:                              rgb(0xffffff),
	Edge:                              rgb(0xdfe4ea),
	Dim:                               rgb(0x586271),
	Track:                             rgb(0xdfe3e8),
	Rail:                              rgb(0x1c222c),
	RailHere:                          rgb(0x303a49),
	RailText:                          rgb(0xd3d9e2),
	OKSoft:                            rgb(0xe4f3ea),
	WarnSoft:                          rgb(0xfcf1d9),
	FaultSoft:                         rgb(0xfce8e8),
	InfoSoft:                          rgb(0xe5effa),
}

var dark = map[fyne.ThemeColorName]color.Color{
	base.ColorNameBackground:          rgb(0x14171d),
	base.ColorNameForeground:          rgb(0xe9ecf1),
	base.ColorNameForegroundOnPrimary: rgb(0x0b1420),
	base.ColorNamePrimary:             rgb(0x5aa6f8),
	base.ColorNameButton:              rgb(0x2a313c),
	base.ColorNameDisabledButton:      rgb(0x232932),
	base.ColorNameDisabled:            rgb(0x7a8493),
	base.ColorNameInputBackground:     rgb(0x15191f),
	base.ColorNameInputBorder:         rgb(0x465060),
	base.ColorNamePlaceHolder:         rgb(0x8d97a6),
	base.ColorNameHyperlink:           rgb(0x5aa6f8),
	base.ColorNameHover:               veil(0x5aa6f8, 0x1e),
	base.ColorNamePressed:             veil(0x5aa6f8, 0x38),
	base.ColorNameFocus:               veil(0x5aa6f8, 0x60),
	base.ColorNameSelection:           veil(0x5aa6f8, 0x40),
	base.ColorNameSeparator:           rgb(0x2c333e),
	base.ColorNameOverlayBackground:   rgb(0x1e232c),
	base.ColorNameMenuBackground:      rgb(0x1e232c),
	base.ColorNameHeaderBackground:    rgb(0x1e232c),
	base.ColorNameShadow:              veil(0x000000, 0x80),
	base.ColorNameSuccess:             rgb(0x52c98b),
	base.ColorNameWarning:             rgb(0xe9b659),
	base.ColorNameError:               rgb(0xf58a85),
	Card:                              rgb(0x1e232c),
	Edge:                              rgb(0x323a46),
	Dim:                               rgb(0xa2acbb),
	Track:                             rgb(0x343c48),
	Rail:                              rgb(0x0d1015),
	RailHere:                          rgb(0x262e3a),
	RailText:                          rgb(0xc4cbd6),
	OKSoft:                            rgb(0x16301f),
	WarnSoft:                          rgb(0x33290f),
	FaultSoft:                         rgb(0x3b1a1b),
	InfoSoft:                          rgb(0x1a2b40),
}
