// Command empty is the smallest program with a window of Fyne, as large as ours: what our
// start is held against.
package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	w := app.NewWithID("io.github.fotabench.empty").NewWindow("Empty")
	w.SetContent(widget.NewLabel("empty"))
	w.Resize(fyne.NewSize(1120, 740))
	w.ShowAndRun()
}
