//go:build e2e && linux

package e2e_test

import (
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// The window is used by keyboard alone: Tab goes from field to field, and no place on the
// screen need be known. The comments say what is where.

// keys types one key several times.
func (d *desk) keys(n int, key string) {
	d.t.Helper()
	for range n {
		d.key(key)
	}
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

// insists presses the button that is number n from the end of a page, and then keys, until
// it did what it is for: while the program is still at something else its buttons take no
// key.
func (d *desk) insists(id string, page, n int, what string, done func() bool, keys ...string) {
	d.t.Helper()
	for pause := 3 * time.Second; pause < patience; pause *= 2 {
		d.page(id, page)
		d.pressLast(id, n)
		d.key(keys...)
		for limit := time.Now().Add(pause); time.Now().Before(limit); {
			if done() {
				return
			}
		}
	}
	d.picture("failed.png")
	d.t.Fatalf("waited for %s", what)
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
