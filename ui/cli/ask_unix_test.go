//go:build unix

package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	sys "golang.org/x/sys/unix"
	"golang.org/x/term"

	"fotabench/updater"
)

// desk is a person's terminal: what the program prints appears on it, and what
// is typed reaches the program.
type desk struct {
	person, program *os.File
	mu              sync.Mutex
	text            bytes.Buffer
	more            chan struct{}
	read            sync.WaitGroup
}

func newDesk(t *testing.T, b *call) *desk {
	t.Helper()
	person, program, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{person: person, program: program, more: make(chan struct{}, 1)}
	d.read.Go(func() {
		p := make([]byte, 4096)
		for {
			n, err := person.Read(p)
			d.mu.Lock()
			d.text.Write(p[:n])
			d.mu.Unlock()
			select {
			case d.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	})
	t.Cleanup(func() {
		_ = program.Close()
		_ = person.Close()
		d.read.Wait()
	})
	b.config.In, b.config.Out, b.config.Err = program, program, program
	return d
}

// wait returns once the screen shows text.
func (d *desk) wait(t *testing.T, text string) string {
	t.Helper()
	for {
		d.mu.Lock()
		screen := d.text.String()
		d.mu.Unlock()
		if strings.Contains(screen, text) {
			return screen
		}
		select {
		case <-d.more:
		case <-t.Context().Done():
			t.Fatalf("%q is not on the screen:\n%s", text, screen)
		}
	}
}

// ask runs an upgrade without --yes in front of a person.
func ask(t *testing.T, b *call, do func(d *desk), more ...string) (int, *desk) {
	t.Helper()
	d := newDesk(t, b)
	file := b.file(t, "fw.bin", "firmware")
	exited := make(chan int)
	go func() {
		exited <- b.run(t, append([]string{"upgrade", "--port", "/dev/ttyUSB3", "--package", file, "--expect-version", "R02"}, more...)...)
	}()
	do(d)
	return <-exited, d
}

func TestConsent(t *testing.T) {
	for reply, want := range map[string]int{"y\n": ExitVerified, "YES\n": ExitVerified, "n\n": ExitCancelled, "\n": ExitCancelled, "maybe\n": ExitCancelled} {
		b := newCall(t)
		b.engine.play = story(updater.Event{Outcome: updater.Verified})
		got, d := ask(t, b, func(d *desk) {
			d.wait(t, "Upgrade from R01 to R02? [y/N]")
			if _, err := io.WriteString(d.person, reply); err != nil {
				t.Error(err)
			}
		})
		if got != want || b.engine.started != map[int]int{ExitVerified: 1}[want] {
			t.Errorf("%q: exit %d, started %d", reply, got, b.engine.started)
		}
		d.wait(t, "Model: EC600N")
	}
}

func TestConsentInterrupted(t *testing.T) {
	b := newCall(t)
	got, d := ask(t, b, func(d *desk) {
		d.wait(t, "[y/N]")
		b.interrupts <- os.Interrupt
	})
	if got != ExitCancelled || b.engine.started != 0 {
		t.Errorf("exit %d, started %d", got, b.engine.started)
	}
	d.wait(t, "Not started")
	if _, err := io.WriteString(d.person, "\n"); err != nil { // ends the read that was left
		t.Error(err)
	}
}

func TestChecksRefuse(t *testing.T) {
	b := newCall(t)
	b.engine.checks = []updater.CheckResult{
		{Name: "model", State: updater.CheckOK, Fact: updater.Note{Code: "cli.possible"}},
		{Name: "version", State: updater.CheckFailed, Fact: updater.Note{Code: "cli.unknown"}, Remedy: &updater.Note{Code: "cli.noDevices"}},
	}
	got, d := ask(t, b, func(*desk) {})
	if got != ExitRefused || b.engine.started != 0 {
		t.Errorf("exit %d, started %d", got, b.engine.started)
	}
	d.wait(t, "NO version")
}

func TestPasswordIsNotShown(t *testing.T) {
	b := newCall(t)
	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	got, d := ask(t, b, func(d *desk) {
		d.wait(t, "Password of the device's REPL:")
		if _, err := io.WriteString(d.person, secretText+"\n"); err != nil {
			t.Error(err)
		}
	}, "--ask-password", "--yes")
	if got != 0 || b.engine.plan.Access.Password != secretText {
		t.Errorf("exit %d, password %q", got, b.engine.plan.Access.Password)
	}
	if screen := d.wait(t, "Done:"); strings.Contains(screen, secretText) {
		t.Errorf("%q", screen)
	}
}

// TestProductSecretIsAskedFor: it is not shown, and kept where that was said.
func TestProductSecretIsAskedFor(t *testing.T) {
	b := withPlan(t)
	t.Setenv(productSecretEnv, "other")
	d := newDesk(t, b)
	exited := make(chan int)
	go func() { exited <- b.offers(t, "--ask-secret", "--keep-secret") }()
	d.wait(t, "Secret of product key p11:")
	if _, err := io.WriteString(d.person, secretText+"\n"); err != nil {
		t.Error(err)
	}
	if got := <-exited; got != 0 || b.engine.plan.Access.Platform.ProductSecret != secretText {
		t.Errorf("exit %d, %+v", got, b.engine.plan.Access.Platform)
	}
	d.wait(t, "The secret of product key p11 is kept.")
	if screen := d.wait(t, "R02"); strings.Contains(screen, secretText) {
		t.Errorf("%q", screen)
	}
}

func TestBar(t *testing.T) {
	b := newCall(t)
	b.engine.play = story(
		updater.Event{Stage: updater.Deliver, Begins: true},
		updater.Event{Stage: updater.Deliver, Progress: true, Done: 1, Total: 0},
		updater.Event{Stage: updater.Deliver, Progress: true, Done: 1 << 20, Total: 4 << 20},
		updater.Event{Stage: updater.Install, Begins: true},
		updater.Event{Stage: updater.Install, Progress: true, Done: 42, Total: 100},
		updater.Event{Outcome: updater.Verified},
	)
	got, d := ask(t, b, func(*desk) {}, "--yes")
	screen := d.wait(t, "Done:")
	if got != 0 || !strings.Contains(screen, "25%") || !strings.Contains(screen, "42%") {
		t.Errorf("exit %d: %q", got, screen)
	}
}

// TestQuiet: what is typed at once, before anybody reads, is the line that is read, ends
// where Enter was pressed, and is not shown.
func TestQuiet(t *testing.T) {
	d := newDesk(t, newCall(t))
	terminal := int(d.program.Fd())
	before, err := quiet(terminal)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(d.person, secretText+"\r"); err != nil {
		t.Fatal(err)
	}
	// It is on the terminal once there is something to read.
	typed := []sys.PollFd{{Fd: int32(terminal), Events: sys.POLLIN}}
	n, err := 0, error(sys.EINTR)
	for errors.Is(err, sys.EINTR) {
		n, err = sys.Poll(typed, int(time.Minute/time.Millisecond))
	}
	if n != 1 || err != nil {
		t.Fatal(n, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	text, err := await(ctx, func() (string, error) {
		text, err := term.ReadPassword(terminal)
		return string(text), err
	})
	if err != nil || text != secretText {
		t.Errorf("%q, %v", text, err)
	}
	if err := term.Restore(terminal, before); err != nil {
		t.Error(err)
	}
	if _, err := io.WriteString(d.person, "seen\r"); err != nil {
		t.Fatal(err)
	}
	if screen := d.wait(t, "seen"); strings.Contains(screen, secretText) {
		t.Errorf("%q", screen)
	}
}

// TestSettingsAsk: the password of an access point is typed on the terminal and not shown.
func TestSettingsAsk(t *testing.T) {
	b := newCall(t)
	d := newDesk(t, b)
	exited := make(chan int)
	go func() {
		exited <- b.run(t, "settings", "point", "add", "NB", "--apn", "cmnbiot", "--user", "u", "--ask-password")
	}()
	d.wait(t, "Password:")
	if _, err := io.WriteString(d.person, secretText+"\r"); err != nil {
		t.Fatal(err)
	}
	if code := <-exited; code != ExitVerified {
		t.Error("exit", code)
	}
	if screen := d.wait(t, "password kept"); strings.Contains(screen, secretText) {
		t.Error("the password is shown")
	}
	if got := b.secret(t, b.kept(t).Points[0].Secret()); got != secretText {
		t.Errorf("%q", got)
	}
}
