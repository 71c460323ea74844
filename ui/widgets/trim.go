package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
)

// Trim shows a text of Fyne with keep pixels of the distance that it has inside. A theme of
// its own would do that too, but for each one Fyne 2.8.1 loads all fonts anew, which takes
// 10 ms and 10 MB, and keeps them until the look changes.
func Trim(o fyne.CanvasObject, keep float32) *fyne.Container {
	return container.New(trim{keep}, o)
}

// trim gives its only object so much more room that keep pixels of its distance are left.
type trim struct{ keep float32 }

func (t trim) more() float32 { return max(0, base.InnerPadding()-t.keep) }

// MinSize implements fyne.Layout.
func (t trim) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().SubtractWidthHeight(2*t.more(), 2*t.more())
}

// Layout implements fyne.Layout.
func (t trim) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size.AddWidthHeight(2*t.more(), 2*t.more()))
	objects[0].Move(fyne.NewPos(-t.more(), -t.more()))
}
