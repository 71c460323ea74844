package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// rounds is how often each of both programs is started, in turn.
	rounds = 7
	// idle is how long nobody does anything.
	idle = 20 * time.Second
	// settled is how long the program is left alone before: it rests after five seconds.
	settled = 15 * time.Second
	// patience bounds each wait on a slow machine that draws without a GPU.
	patience = 2 * time.Minute
)

// desk is an X server of its own with nothing else on it, and a folder.
type desk struct {
	folder, display, drawn string
}

// cost is what a program took until its window was on the screen, and until its first
// picture was: wall, and of processors.
type cost struct{ mapped, wall, cpu time.Duration }

// windowed are the figures that a window gives.
func windowed(ctx context.Context, program string) (list []figure, err error) {
	d := &desk{}
	if d.folder, err = os.MkdirTemp("", "figures"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.folder)) }()
	empty := filepath.Join(d.folder, "empty")
	d.drawn = filepath.Join(d.folder, "drawn")
	for _, build := range [][]string{
		{"go", "build", "-trimpath", "-o", empty, "./ui/testdata/empty"},
		{"cc", "-O", "-o", d.drawn, ".ci/figures/drawn/drawn.c", "-lX11"},
	} {
		if out, err := exec.CommandContext(ctx, build[0], build[1:]...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %s %w", strings.Join(build, " "), out, err)
		}
	}
	end, err := d.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	first, err := d.first(ctx, empty, program)
	if err != nil {
		return nil, err
	}
	resting, err := d.rest(ctx, program, "demo")
	if err != nil {
		return nil, err
	}
	if err := stock(filepath.Join(d.folder, "past"), many); err != nil {
		return nil, err
	}
	crammed, err := d.rest(ctx, program, "past")
	crammed.name += fmt.Sprintf(", and %d upgrades in the history", many)
	return []figure{first, resting, crammed}, err
}

// serve starts the X server; end ends it.
func (d *desk) serve(ctx context.Context) (end func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	server := exec.CommandContext(ctx, "Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{w}
	err = server.Start()
	w.Close()
	if err != nil {
		return nil, err
	}
	end = func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		end()
		return nil, fmt.Errorf("the X server named no display: %w", err)
	}
	d.display = ":" + strings.TrimSpace(number)
	return end, nil
}

// command is a program on the desk, with a home of its own.
func (d *desk) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "DISPLAY="+d.display, "LIBGL_ALWAYS_SOFTWARE=1", "FYNE_THEME=light", "HOME="+d.folder, "XDG_CONFIG_HOME="+d.folder, "XDG_CACHE_HOME="+d.folder)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	return c
}

// first compares the time until the window has its first picture.
func (d *desk) first(ctx context.Context, empty, program string) (figure, error) {
	data := filepath.Join(d.folder, "data")
	mark := filepath.Join(data, "opengl.ok")
	ours := func() (cost, error) { return d.shown(ctx, mark, program, "--lang", "en", "--data-dir", data) }
	// The very first start tries OpenGL beforehand, makes the journal, and fills the caches.
	once, err := ours()
	if err != nil {
		return figure{}, err
	}
	if _, err := d.shown(ctx, "", empty); err != nil {
		return figure{}, err
	}
	var theirs, own []cost
	for range rounds {
		a, err := d.shown(ctx, "", empty)
		if err != nil {
			return figure{}, err
		}
		b, err := ours()
		if err != nil {
			return figure{}, err
		}
		theirs, own = append(theirs, a), append(own, b)
	}
	a, b := median(theirs), median(own)
	return figure{
		"first window, over that of an empty Fyne program", b.wall.Seconds() / a.wall.Seconds(), 1.3, "×",
		fmt.Sprintf("first picture after %d ms to %d ms, on the screen after %d ms to %d ms (%.2f ×), of processors %d ms to %d ms (%.2f ×); medians of %d in turn; the very first start took %d ms",
			b.wall.Milliseconds(), a.wall.Milliseconds(), b.mapped.Milliseconds(), a.mapped.Milliseconds(), b.mapped.Seconds()/a.mapped.Seconds(),
			b.cpu.Milliseconds(), a.cpu.Milliseconds(), b.cpu.Seconds()/a.cpu.Seconds(), rounds, once.wall.Milliseconds()),
	}, nil
}

// median is that of each part.
func median(all []cost) cost {
	middle := func(part func(c cost) time.Duration) time.Duration {
		var list []time.Duration
		for _, c := range all {
			list = append(list, part(c))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	return cost{
		middle(func(c cost) time.Duration { return c.mapped }), middle(func(c cost) time.Duration { return c.wall }), middle(func(c cost) time.Duration { return c.cpu }),
	}
}

// shown starts a program and measures until its window has its first picture; it ends the
// program once the file, if one is named, is there.
func (d *desk) shown(ctx context.Context, file, name string, args ...string) (c cost, err error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	watch := d.command(ctx, d.drawn)
	said, err := watch.StdoutPipe()
	if err != nil {
		return c, err
	}
	if err := watch.Start(); err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, watch.Wait()) }()
	lines := bufio.NewReader(said)
	if _, err := lines.ReadString('\n'); err != nil {
		return c, fmt.Errorf("drawn: %w", err)
	}
	running, end := context.WithCancel(ctx)
	p := d.command(running, name, args...)
	began := time.Now()
	if err := p.Start(); err != nil {
		end()
		return c, err
	}
	defer func() { end(); _ = p.Wait() }() // that it was ended is its error
	for _, at := range []*time.Duration{&c.mapped, &c.wall} {
		if _, err := lines.ReadString('\n'); err != nil {
			return c, fmt.Errorf("%s: no window: %w", name, err)
		}
		*at = time.Since(began)
	}
	if c.cpu, err = spent(p.Process.Pid); err != nil || file == "" {
		return c, err
	}
	return c, until(ctx, file, func() bool { _, err := os.Stat(file); return err == nil })
}

// rest measures what the program costs while nobody does anything; data is the data folder.
func (d *desk) rest(ctx context.Context, program, data string) (figure, error) {
	limited, stop := context.WithTimeout(ctx, patience+settled+idle)
	defer stop()
	p := d.command(limited, program, "--demo", "--lang", "en", "--data-dir", filepath.Join(d.folder, data))
	if err := p.Start(); err != nil {
		return figure{}, err
	}
	defer func() { stop(); _ = p.Wait() }() // that it was ended is its error
	ready := func() bool {
		title, _ := d.command(limited, "xdotool", "search", "--onlyvisible", "--name", "Fotabench", "getwindowname").Output()
		return strings.HasPrefix(string(title), "Ready ")
	}
	if err := until(limited, "the window to be ready", ready); err != nil {
		return figure{}, err
	}
	time.Sleep(settled)
	began := time.Now()
	before, err := spent(p.Process.Pid)
	if err != nil {
		return figure{}, err
	}
	time.Sleep(idle)
	after, err := spent(p.Process.Pid)
	took := time.Since(began)
	return figure{
		"a processor's time while nobody does anything, with a simulated module", 100 * (after - before).Seconds() / took.Seconds(), 1, "%",
		fmt.Sprintf("%d ms in %.0f s", (after - before).Milliseconds(), took.Seconds()),
	}, err
}

// until looks again and again.
func until(ctx context.Context, what string, seen func() bool) error {
	for !seen() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited for %s: %w", what, context.Cause(ctx))
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// spent is a process's time on processors, in the program and in the system for it.
func spent(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name, in brackets, may hold blanks; user and system time are fields 14 and 15 of
	// all, in hundredths of a second.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: %w", pid, io.ErrUnexpectedEOF)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	system, systemErr := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err, systemErr)
}
