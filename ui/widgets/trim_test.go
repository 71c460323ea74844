package widgets_test

import (
	"runtime"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"

	"fotabench/assets"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
)

// TestTrim: what is cut off is the distance and nothing of the text, in all sizes.
func TestTrim(t *testing.T) {
	test.NewTempApp(t)
	whole := widget.NewLabel("what it says")
	for _, keep := range []float32{0, 2, base.InnerPadding()} {
		text := widget.NewLabel("what it says")
		box := widgets.Trim(text, keep)
		less := 2 * (base.InnerPadding() - keep)
		assert.Equal(t, whole.MinSize().SubtractWidthHeight(less, less), box.MinSize())
		box.Resize(fyne.NewSize(300, 40))
		assert.Equal(t, fyne.NewSize(300+less, 40+less), text.Size())
		assert.Equal(t, fyne.NewPos(-less/2, -less/2), text.Position())
	}
}

// TestProseIsLight: a text in the window costs a text, and not all fonts once more.
func TestProseIsLight(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme.New(theme.Light, fyne.NewStaticResource("regular", assets.Font(false)), fyne.NewStaticResource("bold", assets.Font(true))))
	c := software.NewCanvas()
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	draw := func() {
		c.SetContent(widgets.NewProse("固件 and what is said of it", theme.Dim))
		c.Resize(fyne.NewSize(200, 100))
		c.Capture()
	}
	draw()
	before := heap()
	for range 10 {
		draw()
	}
	assert.Less(t, heap()-before, int64(10<<20), "bytes that ten more texts keep")
}
