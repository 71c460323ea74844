//go:build e2e && linux

package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The window is used by keyboard alone: Tab goes from field to field, and no place on the
// screen need be known. The comments say what is where.
//
// Keys wait for a program that is slow, and it takes them in the order in which they were
// typed: what one of them opens at once, a sheet or a page, is there for the next one. What
// comes by itself, a device, a plan's new state, an answer, is waited for, or the keys are
// typed again until they did it (insists).

// shown waits for the window of the pages, gives it the focus, and returns it.
func (d *desk) shown() string { return d.front(func(height int) bool { return height >= tall }) }

// asked is shown for the window that asks something before there are pages.
func (d *desk) asked() string { return d.front(func(height int) bool { return height < tall }) }

// tall is less than the height of the window of the pages, and more than that of the windows
// that come before it and have its title: one asks for the data folder, another one says
// that the journal is waited for.
const tall = 400

// front waits for the program's window of a height, gives it the focus, and returns it.
func (d *desk) front(fits func(height int) bool) (id string) {
	d.t.Helper()
	// Key strokes go to the window that has the focus. One that is about to go, or whose
	// program was killed, is looked for anew.
	d.wait(patience, "the window with the focus", func() bool {
		if id = d.window(fits); id == "" {
			return false
		}
		if _, err := d.run("xdotool", "windowfocus", id); err != nil {
			return false
		}
		got, err := d.run("xdotool", "getwindowfocus")
		return err == nil && got == id
	})
	return id
}

// window finds the program's window of a height, "" if there is none now.
func (d *desk) window(fits func(height int) bool) string {
	found, _ := d.run("xdotool", "search", "--onlyvisible", "--name", "Fotabench") // fails while there is none
	for _, id := range strings.Fields(found) {
		shape, _ := d.run("xdotool", "getwindowgeometry", "--shell", id)
		_, after, _ := strings.Cut(shape, "HEIGHT=")
		height, err := strconv.Atoi(strings.SplitN(after, "\n", 2)[0])
		if err == nil && fits(height) {
			return id
		}
	}
	return ""
}

// keys types one key several times.
func (d *desk) keys(n int, key string) {
	d.t.Helper()
	d.key(slices.Repeat([]string{key}, n)...)
}

// page goes to a page by its number in the menu, with the focus on nothing.
func (d *desk) page(id string, number int) {
	d.t.Helper()
	// Whatever is in front goes away first: the page behind it does not hear keys.
	d.key("ctrl+w", "ctrl+w", "ctrl+"+strconv.Itoa(number))
	d.unfocus(id)
}

// unfocus takes the focus from where it is, by a click beside all fields, so that Tab
// begins anew.
func (d *desk) unfocus(id string) {
	d.t.Helper()
	if out, err := d.run("xdotool", "mousemove", "--window", id, "620", "34", "click", "1"); err != nil {
		d.t.Fatalf("click: %s %v", out, err)
	}
}

// The pages by their numbers in the menu.
const (
	pagePlans   = 2
	pageBench   = 3
	pageLibrary = 4
)

// pressLast presses the button that is number n from the end of a page.
func (d *desk) pressLast(id string, n int) {
	d.t.Helper()
	d.unfocus(id)
	d.keys(n, "shift+Tab")
	d.key("Return")
}

// again is how long insists waits for what keys are for before they are typed once more,
// which closes what is open and begins anew; the next time twice as long. What they began may then be about to come true: to do it
// twice must come to the same, or insists be called again.
const again = 10 * time.Second

// insists presses the button that is number n from the end of a page, and goes on with then
// if that is not nil, until done: while the program is still at something else its buttons
// take no key, and what a page shows may be about to change. It tells how often it did.
func (d *desk) insists(id string, page, n int, what string, done func() bool, then func()) (times int) {
	d.t.Helper()
	for pause := again; pause < 2*patience; pause *= 2 {
		times++
		d.page(id, page)
		d.pressLast(id, n)
		if then != nil {
			then()
		}
		d.heard(id)
		if d.within(pause, done) {
			return times
		}
		d.t.Logf("%s was not there after %s", what, pause)
	}
	d.picture("failed.png")
	d.t.Fatalf("waited for %s", what)
	return times
}

// person is where the program finds somebody's files, and keeps its own.
type person struct{ home, data string }

// newPerson has a home with nothing in it that file dialogs show.
func newPerson(d *desk) person {
	d.t.Helper()
	folder := d.t.TempDir()
	p := person{home: filepath.Join(folder, "home"), data: filepath.Join(folder, "data")}
	for _, path := range []string{p.data, filepath.Join(p.home, ".cache")} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			d.t.Fatal(err)
		}
	}
	return p
}
