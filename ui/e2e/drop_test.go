//go:build e2e && linux

package e2e_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"fotabench/packages/library"
)

// drop lets files fall on a window as a file manager does.
func (d *desk) drop(id string, paths ...string) {
	d.t.Helper()
	args := []string{id}
	for _, p := range paths {
		args = append(args, (&url.URL{Scheme: "file", Path: p}).String())
	}
	if out, err := d.run(d.tool("drop"), args...); err != nil {
		d.t.Fatalf("the window did not take %s: %s %v", paths, out, err)
	}
}

// TestADropReachesTheWindow: on the Upgrade page what falls on the window is the package of
// the upgrade, on the library's page it is kept there.
func TestADropReachesTheWindow(t *testing.T) {
	d := newDesk(t, "1280x800")
	port, file := module(t)
	home := t.TempDir()
	id := d.open(home, "--port", port)
	d.title(id, `^EC600U.* · Fotabench`, patience)
	d.drop(id, file)
	d.title(id, `^Ready · EC600U.* · Fotabench`, patience)

	d.page(id, pageLibrary)
	d.drop(id, file)
	var kept library.Entry
	d.wait(patience, "the package in the library", func() bool {
		line := command(t, "library", "list", "--json", "--data-dir", home)
		return len(line) > 0 && json.Unmarshal(line, &kept) == nil
	})
	if len(kept.Sources) != 1 || kept.Sources[0].How != library.Dropped {
		t.Errorf("the library has %s from %+v", kept.ID, kept.Sources)
	}
}
