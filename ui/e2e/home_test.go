//go:build e2e && linux

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDataFolderOnAMissingDrive: the data folder was chosen on a drive that is not there.
// Verbs fail with its name, the window asks, and the folder that the person takes is the
// one that is used; when the drive is back both use it.
func TestDataFolderOnAMissingDrive(t *testing.T) {
	d := newDesk(t, "1280x800")
	folder := t.TempDir()
	usual, drive := filepath.Join(folder, "share", "fotabench"), filepath.Join(folder, "drive")
	prepared := func(args ...string) *exec.Cmd {
		c := d.command(executable(t), append([]string{"--lang", "en"}, args...)...)
		c.Env = append(c.Env, "HOME="+folder, "XDG_DATA_HOME="+filepath.Join(folder, "share"), "XDG_CONFIG_HOME="+filepath.Join(folder, ".config"))
		return c
	}
	if out, err := prepared("settings", "data-folder", drive).CombinedOutput(); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	if err := os.Rename(drive, drive+".unplugged"); err != nil {
		t.Fatal(err)
	}
	out, err := prepared("cases").CombinedOutput()
	if err == nil || !strings.Contains(string(out), drive+" is not there") {
		t.Errorf("%v %s", err, out)
	}

	// The focus is on Try again; before it stands the button for the usual folder.
	c := prepared()
	start(t, c)
	id := d.asked()
	d.key("Return")
	d.heard(id)
	if _, err := os.Stat(filepath.Join(usual, "journal.db")); err == nil {
		t.Error("the usual folder is in use before anybody said so")
	}
	d.key("shift+Tab", "Return")
	d.used(filepath.Join(usual, "journal.db"))
	d.used(filepath.Join(usual, "opengl.ok"))
	d.shown() // in place of the question
	d.key("ctrl+q")
	ends(t, c)

	c = prepared()
	start(t, c)
	d.asked()
	if err := os.Rename(drive+".unplugged", drive); err != nil {
		t.Fatal(err)
	}
	d.key("Return")
	d.used(filepath.Join(drive, "journal.db"))
	d.used(filepath.Join(drive, "opengl.ok"))
	d.shown() // in place of the question
	d.key("ctrl+q")
	ends(t, c)
	if out, err := prepared("cases").CombinedOutput(); err != nil {
		t.Errorf("%v %s", err, out)
	}
}

// used waits until a program has made a file.
func (d *desk) used(path string) {
	d.t.Helper()
	d.wait(patience, path, func() bool {
		_, err := os.Stat(path)
		return err == nil
	})
}
