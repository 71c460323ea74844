package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Fyne moves the focus with Tab, also to what a form has scrolled away, and leaves it
// there. What of this package gets the focus asks Reveal to bring it into view; for
// Fyne's own widgets, which ask nobody, FollowTab does so when the key is let go.

// FollowTab brings what gets the focus by Tab into view, for as long as the canvas lives.
func FollowTab(c fyne.Canvas) {
	if d, is := c.(desktop.Canvas); is {
		d.SetOnKeyUp(func(k *fyne.KeyEvent) {
			if k.Name == fyne.KeyTab {
				Reveal(c)
			}
		})
	}
}

// Reveal scrolls as little as it can, so that what has the focus is seen whole, with some
// room around it.
func Reveal(c fyne.Canvas) {
	if c == nil {
		return
	}
	focused, is := c.Focused().(fyne.CanvasObject)
	if !is {
		return
	}
	front := roots(c)[0]
	if front == c.Content() && c.Overlays().Top() != nil {
		return // Fyne's own is in front
	}
	way := wayTo(front, func(o fyne.CanvasObject) bool { return o == focused })
	if way == nil { // it belongs to a widget of Fyne, and is in the same place as a part of it
		way = wayTo(front, func(o fyne.CanvasObject) bool { return parted(o) && covers(o, focused) })
	}
	for _, o := range slices.Backward(way) {
		if s, is := o.(*container.Scroll); is {
			bring(s, focused)
		}
	}
}

// revealed brings an object that has just got the focus into view.
func revealed(o fyne.CanvasObject) { Reveal(fyne.CurrentApp().Driver().CanvasForObject(o)) }

// Pressable tells whether an object is still part of what is on the screen, so that a key
// may press it: it keeps the focus when a page changes around it. Fyne knows the canvas of
// an object once that was drawn, which a key that was typed at once does not wait for.
func Pressable(o fyne.CanvasObject) bool {
	for _, win := range fyne.CurrentApp().Driver().AllWindows() {
		for _, root := range roots(win.Canvas()) {
			if wayTo(root, func(x fyne.CanvasObject) bool { return x == o }) != nil {
				return true
			}
		}
	}
	return false
}

// Fronted is the content of a window that may have a sheet in front of it: in what Fyne
// itself has there nobody can look for it.
type Fronted interface {
	// Front is what the sheet in front shows, nil while there is none.
	Front() fyne.CanvasObject
}

// roots are what a window shows, the foremost first.
func roots(c fyne.Canvas) []fyne.CanvasObject {
	if f, is := c.Content().(Fronted); is {
		if front := f.Front(); front != nil {
			return []fyne.CanvasObject{front, c.Content()}
		}
	}
	return []fyne.CanvasObject{c.Content()}
}

// roomAround is left between what was brought into view and the edge, for its label and
// to show that there is more.
const roomAround = 26

// bring scrolls an object into view. One that is larger than the view begins at its edge.
func bring(s *container.Scroll, o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	at := d.AbsolutePositionForObject(o).Subtract(d.AbsolutePositionForObject(s))
	s.ScrollToOffset(s.Offset.AddXY(
		missing(at.X, o.Size().Width, s.Size().Width),
		missing(at.Y, o.Size().Height, s.Size().Height)))
}

// missing is by how much a view of some length must move for what begins at a place in it,
// and has a length, to be seen.
func missing(at, length, view float32) float32 {
	end := at + length
	switch {
	case at < 0 && end > view:
		return 0 // it fills the view
	case at < 0 || length > view:
		return at - roomAround
	case end > view:
		return min(at, end-view+roomAround)
	}
	return 0
}

// wayTo are the objects from root to the first visible one that is wanted, nil if there is
// none.
func wayTo(root fyne.CanvasObject, wanted func(fyne.CanvasObject) bool) []fyne.CanvasObject {
	if root == nil || !root.Visible() {
		return nil
	}
	if wanted(root) {
		return []fyne.CanvasObject{root}
	}
	for _, o := range inside(root) {
		if rest := wayTo(o, wanted); rest != nil {
			return append([]fyne.CanvasObject{root}, rest...)
		}
	}
	return nil
}

// Wrapper is an object that shows another one.
type Wrapper interface{ Wrapped() fyne.CanvasObject }

// inside are the objects right below one that others look into.
func inside(o fyne.CanvasObject) []fyne.CanvasObject {
	switch x := o.(type) {
	case *fyne.Container:
		return x.Objects
	case *Panel:
		return []fyne.CanvasObject{x.content}
	case *Scroll:
		return []fyne.CanvasObject{x.inner}
	case *container.Scroll:
		return []fyne.CanvasObject{x.Content}
	case *container.ThemeOverride:
		return []fyne.CanvasObject{x.Content}
	case *container.AppTabs:
		if tab := x.Selected(); tab != nil {
			return []fyne.CanvasObject{tab.Content}
		}
	case *widget.Accordion:
		var open []fyne.CanvasObject
		for _, item := range x.Items {
			if item.Open {
				open = append(open, item.Detail)
			}
		}
		return open
	case Wrapper:
		return []fyne.CanvasObject{x.Wrapped()}
	}
	return nil
}

// parted tells whether parts of a widget, which only Fyne knows, can have the focus.
func parted(o fyne.CanvasObject) bool {
	switch o.(type) {
	case *widget.RadioGroup, *widget.Label, *widget.Accordion, *container.AppTabs:
		return true
	}
	return false
}

// covers tells whether an object is where another one is.
func covers(o, part fyne.CanvasObject) bool {
	d := fyne.CurrentApp().Driver()
	at := d.AbsolutePositionForObject(part).Subtract(d.AbsolutePositionForObject(o))
	return at.X >= 0 && at.Y >= 0 && at.X < o.Size().Width && at.Y < o.Size().Height
}
