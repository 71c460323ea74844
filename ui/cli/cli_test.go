package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/ui/demo"
	"fotabench/updater"
)

// TestExitCodes: the code is made of the outcome alone, whatever else the events
// hold.
func TestExitCodes(t *testing.T) {
	for outcome, want := range map[updater.Outcome]int{
		updater.Verified: 0, updater.FailedOld: 1, updater.RefusedBefore: 3, updater.Cancelled: 4, updater.Uncertain: 5, updater.Running: 5,
	} {
		for _, format := range []string{"--json", "--json=false"} {
			b := newCall(t)
			b.engine.play = story(
				updater.Event{Stage: updater.Identify, Begins: true, Cancel: updater.CancelSafe},
				updater.Event{Stage: updater.Confirm, Outcome: outcome, Cancel: updater.CancelNothing},
			)
			if got := b.upgrade(t, format); got != want {
				t.Errorf("%q %s: %d, want %d\n%s%s", outcome, format, got, want, &b.out, &b.err)
			}
			if b.engine.closed != 1 {
				t.Errorf("%q: the engine was closed %d times", outcome, b.engine.closed)
			}
		}
	}
}

// TestWatchFails: when events cannot be read, the device's state is unknown.
func TestWatchFails(t *testing.T) {
	b := newCall(t)
	b.engine.play = func(context.Context, *engine, func(updater.Event)) error { return errors.New("the disk is gone") }
	if got := b.upgrade(t); got != ExitUncertain {
		t.Errorf("%d", got)
	}
	b.shows(t, "the disk is gone")
}

func TestUsage(t *testing.T) {
	fw := newCall(t).file(t, "fw.bin", "x")
	up := func(more ...string) []string {
		return append([]string{"upgrade", "--port", "COM5", "--package", fw, "--yes"}, more...)
	}
	for _, args := range [][]string{
		{"frobnicate"},
		{"--frobnicate"},
		{"identify"},
		{"identify", "COM5"},
		{"verify"},
		{"verify", fw, "--digest", "xyz"},
		{"upgrade", "--package", fw, "--yes"},
		{"upgrade", "--port", "COM5", "--yes"},
		{"upgrade", "--port", "COM5", "--package", fw},
		up("--method", "pigeon"),
		up("--method", "http"),
		up("--url", "http://a/b"),
		up("--method", "http", "--url", "http://a/b", "--url", "http://a/c"),
		up("--method", "http", "--url", "http://a/b", "--host", "127.0.0.1:0"),
		up("--method", "http", "--url", "not a url"),
		up("--method", "http", "--url", "http://u:"+secretText+"@a/b"),
		up("--password-env", "FOTABENCH_TEST_UNSET"),
		up("--ask-password"),
		up("--tls-ca", fw+".missing"),
		{"simulate", "quecpython"},
		{"simulate", "quecpython", "--pty", "/tmp/x", "--tcp", ":0"},
		{"simulate", "quecpython", "--tcp", ":0", "--fault", "nonsense"},
		{"simulate", "quecpython", "--tcp", ":0", "--fault", "dies-at=soon"},
		{"version", "x"},
		nil, // no window in this build
	} {
		b := newCall(t)
		if got := b.run(t, args...); got != ExitUsage {
			t.Errorf("%q: %d, want %d", args, got, ExitUsage)
		}
		if b.engine.started != 0 || b.err.Len() == 0 || strings.Contains(b.err.String(), secretText) {
			t.Errorf("%q: started %d, said %q", args, b.engine.started, &b.err)
		}
	}
	if got := Run(t.Context(), newCall(t).config, []string{"version", "--lang", "tlh"}); got != ExitUsage {
		t.Errorf("an unknown language: %d", got)
	}
}

// TestVersion: the verb and the flag say the same, in both forms.
func TestVersion(t *testing.T) {
	for _, asked := range []string{"version", "--version", "-v"} {
		b := newCall(t)
		if got := b.run(t, asked); got != 0 || b.out.String() != "fotabench 1.2.3\n" {
			t.Errorf("%s: %d %q", asked, got, &b.out)
		}
		b.out.Reset()
		if got := b.run(t, asked, "--json"); got != 0 || b.out.String() != `{"version":"1.2.3"}`+"\n" {
			t.Errorf("%s: %d %q", asked, got, &b.out)
		}
	}
	b := newCall(t)
	b.config.Usual = filepath.Join(b.dir, "usual")
	if got := Run(t.Context(), b.config, []string{"--version"}); got != 0 || b.out.String() != "fotabench 1.2.3\n" {
		t.Errorf("%d %q", got, &b.out)
	}
}

func TestDevices(t *testing.T) {
	b := newCall(t)
	if got := b.run(t, "devices"); got != 0 {
		t.Errorf("%d", got)
	}
	b.shows(t, "/dev/ttyUSB3  Quectel EC600N", "diag")
	b = newCall(t)
	b.config.Discoverer = discoverer{}
	b.run(t, "devices")
	b.shows(t, "No device is present")
	b = newCall(t)
	b.run(t, "devices", "--json")
	if o := b.objects(t); len(o) != 1 || o[0]["Key"] != "usb-1.2" {
		t.Errorf("%v", o)
	}
}

// TestDevicesProbe: a port is labelled by what it answers; one that cannot be
// asked stays as the table says.
func TestDevicesProbe(t *testing.T) {
	for _, answers := range []bool{true, false} {
		b := newCall(t)
		b.config.Probe = func(_ context.Context, s devices.Sighting) (devices.Sighting, error) {
			if !answers {
				return s, errors.New("asking was interrupted")
			}
			s.Ports = []devices.Port{{Address: "/dev/ttyUSB5", Role: devices.RoleREPL, Proved: true}}
			return s, nil
		}
		b.run(t, "devices", "--probe")
		if got := strings.Contains(b.out.String(), "repl       /dev/ttyUSB5  (answered)"); got != answers {
			t.Errorf("%v: %s", answers, &b.out)
		}
	}
}

// TestDevicesAvoided: ports that the settings of the folder leave alone are not asked and
// not shown; settings that cannot be read ask nobody.
func TestDevicesAvoided(t *testing.T) {
	b := newCall(t)
	asked := false
	b.config.Probe = func(_ context.Context, s devices.Sighting) (devices.Sighting, error) {
		for _, p := range s.Ports {
			asked = asked || p.Address == "/dev/ttyUSB3"
		}
		return s, nil
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(b.dir, "settings.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"avoid": ["/dev/ttyUSB3"]}`)
	if got := b.run(t, "devices", "--probe"); got != 0 || asked || strings.Contains(b.out.String(), "/dev/ttyUSB3") {
		t.Errorf("%d, asked %v: %s", got, asked, &b.out)
	}
	write(`{"avoid":`)
	if got := b.run(t, "devices", "--probe"); got == 0 || asked {
		t.Errorf("%d, asked %v", got, asked)
	}
	b.shows(t, "settings.json")
}

// TestTypedPort: nonsense is a mistake in the call, and the accepted forms are
// named.
func TestTypedPort(t *testing.T) {
	b := newCall(t)
	if got := b.run(t, "identify", "--port", "tcp://nowhere"); got != ExitUsage {
		t.Errorf("%d", got)
	}
	b.shows(t, "tcp://nowhere", "/dev/ttyUSB")
}

func TestDevicesFollowEndsWithCtrlC(t *testing.T) {
	b := newCall(t)
	b.interrupts <- os.Interrupt
	if got := b.run(t, "devices", "--follow"); got != 0 {
		t.Errorf("%d", got)
	}
}

func TestIdentify(t *testing.T) {
	b := newCall(t)
	mv := 3810
	b.engine.identity.BatteryMV = &mv
	b.engine.caps.Methods = map[devices.Method]devices.Capability{devices.Local: {OK: true}}
	if got := b.run(t, "identify", "--port", "/dev/ttyUSB1", "--stop-program"); got != 0 {
		t.Errorf("%d: %s", got, &b.err)
	}
	b.shows(t, "Model: EC600N", "3.81 V", "Signal: unknown", "local: possible")
	p := b.engine.plan
	if p.Address != "/dev/ttyUSB1" || p.Sighting.Key != "usb-1.2" || p.Family != "" || !p.Access.StopProgram {
		t.Errorf("%+v", p)
	}
	b = newCall(t)
	b.engine.failure = fmt.Errorf("wrapped: %w", &devices.Error{
		Op: "link: open", At: "COM5", Kind: devices.Absent, Note: "link.absent", Args: []any{"COM5"},
	})
	if got := b.run(t, "identify", "--port", "COM5"); got != ExitFailed {
		t.Errorf("%d", got)
	}
	b.shows(t, "There is no port COM5.", "Plug the module in", "link: open")
	b.out.Reset()
	b.run(t, "identify", "--port", "COM5", "--json")
	if o := b.objects(t); len(o) != 1 || o[0]["error"].(map[string]any)["code"] != "link.absent" {
		t.Errorf("%v", o)
	}
}

func TestIdentifyInterrupted(t *testing.T) {
	b := newCall(t)
	b.engine.failure = errInterrupted // what an engine returns once its context ended so
	if got := b.run(t, "identify", "--port", "COM5"); got != ExitCancelled {
		t.Errorf("%d", got)
	}
}

func TestVerify(t *testing.T) {
	const sha = "fb4aebd82fbf43c6f97f5fb6a8f13f5d46ee2a2a4c68f5b9d1e7e08f0c4d4f0e"
	b := newCall(t)
	fw := b.file(t, "fw.bin", "abc")
	if got := b.run(t, "verify", fw); got != 0 {
		t.Errorf("%d: %s", got, &b.err)
	}
	b.shows(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "Nobody states a hash for fw.bin", "3 bytes")
	b.file(t, "fw.bin.sha256", sha)
	if got := b.run(t, "verify", fw); got != ExitRefused {
		t.Errorf("wrong hash: %d", got)
	}
	b.shows(t, "≠ sha256  "+sha+"  (fw.bin.sha256)")
	b.out.Reset()
	b.run(t, "verify", fw, "--json")
	o := b.objects(t)
	file := o[0]["files"].([]any)[0].(map[string]any)
	if o[0]["level"] != "red" || file["expected"].([]any)[0].(map[string]any)["source"] != "fw.bin.sha256" {
		t.Errorf("%v", o)
	}
	if got := b.run(t, "verify", b.file(t, "empty.bin", "")); got != ExitRefused {
		t.Errorf("empty file: %d", got)
	}
	b.shows(t, "empty.bin is empty")
}

func TestVerifyInterrupted(t *testing.T) {
	b := newCall(t)
	path := b.file(t, "big.bin", "x")
	if err := os.Truncate(path, 90<<20); err != nil {
		t.Fatal(err)
	}
	b.interrupts <- os.Interrupt
	if got := b.run(t, "verify", path); got != ExitCancelled {
		t.Errorf("%d: %s%s", got, &b.out, &b.err)
	}
}

func TestSimulate(t *testing.T) {
	b := newCall(t)
	var order demo.Order
	b.config.Simulate = func(ctx context.Context, s demo.Order, ready func(devices.Address)) error {
		order = s
		ready("tcp://127.0.0.1:7001")
		b.interrupts <- os.Interrupt
		<-ctx.Done()
		return context.Cause(ctx)
	}
	args := []string{"simulate", "quecpython", "--tcp", "127.0.0.1:0", "--fault", "verify-fails", "--fault", "die-at=4096", "--model", "EC600N-CNLC"}
	if got := b.run(t, args...); got != 0 {
		t.Errorf("%d: %s", got, &b.err)
	}
	b.shows(t, "tcp://127.0.0.1:7001")
	if order.TCP != "127.0.0.1:0" || len(order.Faults) != 2 || order.Model != "EC600N-CNLC" {
		t.Errorf("%+v", order)
	}
	b.out.Reset()
	if b.run(t, append(args, "--json")...); b.objects(t)[0]["address"] != "tcp://127.0.0.1:7001" {
		t.Errorf("%s", &b.out)
	}
	b.run(t, "simulate", "quecpython", "--list-faults")
	b.shows(t, "verify-fails", "die-at=BYTES")
	b.run(t, "simulate", "at", "--list-faults")
	b.shows(t, "upload-stalls=BYTES", "end=COUNT")
}

// TestWindowLacksRecords: what the window could not write down before it ended is told, and is
// the result, also where it was ended by a signal.
func TestWindowLacksRecords(t *testing.T) {
	t.Parallel()
	b := newCall(t)
	lacking := &devices.Error{Op: "test", Kind: devices.Space, Note: updater.NoteGiftsUnkept, Args: []any{3}, Err: updater.ErrUnkept}
	for _, other := range []error{nil, errInterrupted} {
		b.config.Window = func(context.Context, Window) error { return errors.Join(other, lacking) }
		if got := b.run(t); got != ExitUncertain || !strings.Contains(b.err.String(), "could not be written: 3") {
			t.Errorf("%d, %s", got, &b.err)
		}
	}
}

func TestWindow(t *testing.T) {
	b := newCall(t)
	var w Window
	b.config.Window = func(_ context.Context, got Window) error { w = got; return nil }
	if got := b.run(t, "--demo", "--port", "COM5", "--package", "a.bin"); got != 0 {
		t.Errorf("%d", got)
	}
	if !w.Demo || w.Port != "COM5" || len(w.Packages) != 1 || w.Folder != b.dir || w.Lang != "en" {
		t.Errorf("%+v", w)
	}
}

// TestUsageSaysWhatIsMeant: a call with wrong arguments is told what it is meant to be.
func TestUsageSaysWhatIsMeant(t *testing.T) {
	for args, says := range map[string]string{
		"library export a b":    "it is: fotabench library export ID --to FOLDER",
		"library undo":          "it is: fotabench library undo ID",
		"library edit a --note": "see fotabench library edit --help",
		"--nothing":             "see fotabench --help",
	} {
		b := newCall(t)
		if got := b.run(t, strings.Fields(args)...); got != ExitUsage {
			t.Errorf("%s: exit %d", args, got)
		}
		b.shows(t, says)
	}
}
