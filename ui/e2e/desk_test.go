//go:build e2e && linux

package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// desk is an X server with a window manager, for one test.
type desk struct {
	t       *testing.T
	display string
	tools   map[string]string // of testdata, by name; each is built when it is first wanted
}

// newDesk starts an X server on a free display and a window manager on it.
func newDesk(t *testing.T, size string, options ...string) *desk {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// A key is pressed once (-r), however late this computer comes to let it go.
	server := exec.Command("Xvfb", append([]string{"-r", "-displayfd", "3", "-screen", "0", size + "x24", "-nolisten", "tcp"}, options...)...)
	server.ExtraFiles = []*os.File{w}
	start(t, server)
	w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb named no display: %v", err)
	}
	d := &desk{t: t, display: ":" + strings.TrimSpace(number), tools: map[string]string{}}
	start(t, d.command("openbox"))
	// One that came after the windows would give the focus anew.
	d.wait(patience, "the window manager", func() bool {
		_, err := d.run("xdotool", "get_num_desktops")
		return err == nil
	})
	return d
}

// start runs a command until the test ends, if it has not ended before.
func start(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatalf("%s: %v", c.Path, err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
}

// ends waits until a program that was told to end has done so, without complaint.
func ends(t *testing.T, c *exec.Cmd) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the program ended with %v", err)
		}
	case <-time.After(patience):
		_ = c.Process.Kill() // unless it has just ended
		<-ended
		t.Fatal("the program does not end")
	}
}

func (d *desk) command(name string, args ...string) *exec.Cmd {
	return d.commandFor(context.Background(), name, args...)
}

func (d *desk) commandFor(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "DISPLAY="+d.display, "LIBGL_ALWAYS_SOFTWARE=1")
	return c
}

// run runs a tool to its end and returns what it printed.
func (d *desk) run(name string, args ...string) (string, error) {
	ctx, stop := context.WithTimeout(d.t.Context(), patience)
	defer stop()
	out, err := d.commandFor(ctx, name, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// tool is the path of a small X client of testdata, for what no tool of the system does. It
// is built with the compiler that the program itself needs.
func (d *desk) tool(name string) string {
	d.t.Helper()
	if d.tools[name] == "" {
		path := filepath.Join(d.t.TempDir(), name)
		if out, err := exec.CommandContext(d.t.Context(), "cc", "-o", path, filepath.Join("testdata", name+".c"), "-lX11").CombinedOutput(); err != nil {
			d.t.Fatalf("cc: %s %v", out, err)
		}
		d.tools[name] = path
	}
	return d.tools[name]
}

// heard waits until the program has done with all keys that were typed so far, however far
// behind it is; what it began in the background then need not be over.
func (d *desk) heard(id string) {
	d.t.Helper()
	if out, err := d.run(d.tool("heard"), id); err != nil {
		d.picture("failed.png")
		d.t.Fatalf("the window does not take keys: %s %v", out, err)
	}
}

// drawn is heard, and waits until what is there now was drawn: Fyne's lists to choose from
// do not open before.
func (d *desk) drawn(id string) {
	d.t.Helper()
	d.heard(id) // it draws before it hears anything again
	d.heard(id)
}

// wait looks again and again until seen, and fails with a picture of the desk
// when it takes longer than limit.
func (d *desk) wait(limit time.Duration, what string, seen func() bool) {
	d.t.Helper()
	if !d.within(limit, seen) {
		d.picture("failed.png")
		d.t.Fatalf("waited %s for %s", limit, what)
	}
}

// within looks again and again until seen, and tells whether that took no longer than limit.
func (d *desk) within(limit time.Duration, seen func() bool) bool {
	late := time.NewTimer(limit)
	defer late.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !seen() {
		select {
		case <-late.C:
			return false
		case <-tick.C:
		}
	}
	return true
}

// picture saves what the desk shows, where FOTABENCH_PICTURES says.
func (d *desk) picture(name string) {
	folder := os.Getenv("FOTABENCH_PICTURES")
	if folder == "" {
		return
	}
	if out, err := d.run("import", "-window", "root", filepath.Join(folder, d.t.Name()+"-"+name)); err != nil {
		d.t.Logf("no picture: %s %v", out, err)
	}
}

func (d *desk) key(keys ...string) {
	d.t.Helper()
	if out, err := d.run("xdotool", append([]string{"key", "--clearmodifiers"}, keys...)...); err != nil {
		d.t.Fatalf("keys %s: %s %v", keys, out, err)
	}
}

func (d *desk) typed(text string) {
	d.t.Helper()
	if out, err := d.run("xdotool", "type", "--clearmodifiers", "--delay", "15", text); err != nil {
		d.t.Fatalf("type: %s %v", out, err)
	}
}

// executable is the built program.
func executable(t *testing.T) string {
	t.Helper()
	exe := os.Getenv("FOTABENCH_EXE")
	if exe == "" {
		t.Fatal("FOTABENCH_EXE names no program: run make e2e")
	}
	return exe
}

// module runs the program's simulated module on a pty in a process of its own
// and returns the pty's path and a package for it.
func module(t *testing.T, args ...string) (port, file string) {
	t.Helper()
	folder := t.TempDir()
	port, file = filepath.Join(folder, "module"), filepath.Join(folder, "demo.bin")
	c := exec.Command(executable(t), append([]string{"simulate", "quecpython", "--json", "--pty", port, "--demo-package", file}, args...)...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	start(t, c)
	var first struct{ Address string }
	if err := json.NewDecoder(out).Decode(&first); err != nil || first.Address == "" {
		t.Fatalf("the simulated module did not say where it is: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return port, file
}

// program opens the window with a home of its own.
func (d *desk) program(home string, args ...string) *exec.Cmd {
	d.t.Helper()
	return d.programOf(person{home: home, data: home}, args...)
}

// programOf opens the window of somebody whose files are elsewhere.
func (d *desk) programOf(p person, args ...string) *exec.Cmd {
	d.t.Helper()
	if err := os.MkdirAll(filepath.Join(p.home, ".cache"), 0o700); err != nil {
		d.t.Fatal(err)
	}
	c := d.command(executable(d.t), append([]string{"--lang", "en", "--data-dir", p.data}, args...)...)
	c.Env = append(c.Env, "HOME="+p.home, "XDG_CONFIG_HOME="+filepath.Join(p.home, ".config"))
	c.Stderr = os.Stderr
	start(d.t, c)
	return c
}

// title waits until the title of the program's window matches.
func (d *desk) title(id, pattern string, limit time.Duration) string {
	d.t.Helper()
	want := regexp.MustCompile(pattern)
	var got string
	d.wait(limit, fmt.Sprintf("the title %q", pattern), func() bool {
		got, _ = d.run("xdotool", "getwindowname", id)
		return want.MatchString(got)
	})
	return got
}
