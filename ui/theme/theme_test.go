package theme_test

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
	"github.com/stretchr/testify/assert"

	"fotabench/ui/theme"
)

// luminance is the relative luminance of WCAG 2.1.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestTextCanBeRead(t *testing.T) {
	pairs := []struct{ text, ground fyne.ThemeColorName }{
		{base.ColorNameForeground, base.ColorNameBackground},
		{base.ColorNameForeground, theme.Card},
		{theme.Dim, theme.Card},
		{theme.Dim, base.ColorNameBackground},
		{theme.Dim, theme.OKSoft},
		{theme.Dim, theme.FaultSoft},
		{theme.Dim, theme.WarnSoft},
		{theme.RailText, theme.Rail},
		{theme.RailText, theme.RailHere},
		{base.ColorNameForegroundOnPrimary, base.ColorNamePrimary},
		{base.ColorNamePrimary, theme.Card},
		{base.ColorNamePrimary, theme.InfoSoft},
		{base.ColorNameSuccess, theme.Card},
		{base.ColorNameSuccess, theme.OKSoft},
		{base.ColorNameWarning, theme.Card},
		{base.ColorNameWarning, theme.WarnSoft},
		{base.ColorNameError, theme.Card},
		{base.ColorNameError, theme.FaultSoft},
		{base.ColorNamePlaceHolder, base.ColorNameInputBackground},
	}
	for look, variant := range map[theme.Look]fyne.ThemeVariant{theme.Light: base.VariantDark, theme.Dark: base.VariantLight} {
		// The variant is the opposite on purpose: a chosen look overrules the system.
		th := theme.New(look, nil, nil)
		for _, p := range pairs {
			got := contrast(th.Color(p.text, variant), th.Color(p.ground, variant))
			assert.GreaterOrEqualf(t, got, 4.5, "%s: %s on %s", look, p.text, p.ground)
		}
	}
}

func TestFonts(t *testing.T) {
	regular, bold := fyne.NewStaticResource("regular", []byte{1}), fyne.NewStaticResource("bold", []byte{2})
	th := theme.New(theme.System, regular, bold)
	assert.Equal(t, regular, th.Font(fyne.TextStyle{}))
	assert.Equal(t, bold, th.Font(fyne.TextStyle{Bold: true}))
	assert.Equal(t, base.DefaultTheme().Font(fyne.TextStyle{Monospace: true}), th.Font(fyne.TextStyle{Monospace: true}))
	assert.Equal(t, base.DefaultTheme().Font(fyne.TextStyle{}), theme.New(theme.System, nil, nil).Font(fyne.TextStyle{}))
}
