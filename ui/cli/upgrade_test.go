package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/updater"
)

func TestPlanOfFlags(t *testing.T) {
	b := newCall(t)
	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	t.Setenv("FOTABENCH_TEST_PASSWORD", secretText)
	pem := b.file(t, "both.pem", "PEM text")
	code := b.upgrade(
		t, "--method", "http", "--url", "https://example.com/fw.bin", "--url-user", "u", "--url-password-env", "FOTABENCH_TEST_PASSWORD",
		"--expect-version", "R02", "--accept", "version=older asked for", "--accept", "hashes", "--password-env", "FOTABENCH_TEST_PASSWORD",
		"--apn", "cmnet", "--apn-password-env", "FOTABENCH_TEST_PASSWORD", "--tls-cert", pem, "--tls-key", pem, "--tls-version", "3",
		"--tls-level", "2", "--hold-restart", "--stop-program", "--url-ca", pem, "--by", "ann",
	)
	if code != 0 {
		t.Fatalf("%d: %s", code, &b.err)
	}
	p := b.engine.plan
	if p.By != "ann" || p.Method != devices.HTTP || p.TargetVersion() != "R02" || p.Accept["version"] != "older asked for" || p.Package.Files[0].Name != "fw.bin" {
		t.Errorf("%+v", p)
	}
	if _, ok := p.Accept["hashes"]; !ok || p.Access.Password != secretText || !p.Access.StopProgram {
		t.Errorf("%+v", p)
	}
	if o := p.Origin; o.URLs[0] != "https://example.com/fw.bin" || o.User != "u" || o.Password != secretText || o.CA != "PEM text" {
		t.Errorf("%+v", o)
	}
	o := p.Options
	if o.APN.Name != "cmnet" || o.APN.Password != secretText || !o.HoldRestart || *o.TLS != (devices.TLS{Cert: "PEM text", Key: "PEM text", Version: 3, Level: 2}) {
		t.Errorf("%+v", o)
	}
}

func TestOwnHost(t *testing.T) {
	b := newCall(t)
	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	if code := b.upgrade(t, "--method", "http", "--host", "192.0.2.7:0"); code != 0 || b.engine.plan.Origin.Listen != "192.0.2.7:0" {
		t.Errorf("%d %+v %s", code, b.engine.plan.Origin, &b.err)
	}
}

// TestSecretsStaySecret: nothing that was handed over as a secret is printed,
// whatever happens.
func TestSecretsStaySecret(t *testing.T) {
	t.Setenv("FOTABENCH_TEST_PASSWORD", secretText)
	for _, failure := range []error{nil, &devices.Error{Op: "repl: open", Kind: devices.Locked}} {
		for _, format := range []string{"--json", "--json=false"} {
			b := newCall(t)
			b.engine.failure = failure
			b.engine.play = story(
				updater.Event{Stage: updater.Identify, Begins: true, Identity: &b.engine.identity},
				updater.Event{Stage: updater.Check, Checks: []updater.CheckResult{{Name: "url", State: updater.CheckOK}}},
				updater.Event{Outcome: updater.Verified},
			)
			b.upgrade(
				t, format, "--method", "ftp", "--url", "ftp://example.com/fw.bin", "--url-password-env", "FOTABENCH_TEST_PASSWORD",
				"--password-env", "FOTABENCH_TEST_PASSWORD", "--apn", "x", "--apn-password-env", "FOTABENCH_TEST_PASSWORD",
			)
			if all := b.out.String() + b.err.String(); strings.Contains(all, secretText) || all == "" {
				t.Errorf("%s", all)
			}
		}
	}
}

func TestJSONLines(t *testing.T) {
	b := newCall(t)
	b.engine.play = story(
		updater.Event{Stage: updater.Identify, Begins: true, Cancel: updater.CancelSafe, Identity: &b.engine.identity},
		updater.Event{Stage: updater.Deliver, Progress: true, Done: 512, Total: 1024, Cancel: updater.CancelCleanUp},
		updater.Event{Stage: updater.Deliver, Failure: &updater.Failure{Note: updater.Note{Code: "cli.unknown"}, Text: "x"}},
		updater.Event{Stage: updater.Confirm, Outcome: updater.FailedOld},
	)
	if got := b.upgrade(t, "--json"); got != ExitFailed {
		t.Errorf("%d", got)
	}
	o := b.objects(t)
	if len(o) != 4 || b.err.Len() != 0 {
		t.Fatalf("%s\n%s", &b.out, &b.err)
	}
	want := fmt.Sprint(map[string]any{
		"job": "job-1", "seq": 2.0, "unix": float64(began.Unix()) + 1.5, "stage": "deliver", "done": 512.0, "total": 1024.0, "cancel": "cleanUp",
	})
	if got := fmt.Sprint(o[1]); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if o[0]["identity"].(map[string]any)["imei"] != "860000000000001" || o[2]["text"] != "unknown" || o[3]["outcome"] != "failed-old-version" {
		t.Errorf("%v", o)
	}
}

func TestPlainLines(t *testing.T) {
	b := newCall(t)
	events := []updater.Event{{Stage: updater.Deliver, Begins: true}}
	for done := int64(0); done <= 10; done++ {
		events = append(events, updater.Event{Stage: updater.Deliver, Progress: true, Done: done << 20, Total: 10 << 20})
	}
	events = append(
		events,
		updater.Event{Stage: updater.Install, Begins: true},
		updater.Event{Stage: updater.Install, Progress: true, Done: 42, Total: 100},
		updater.Event{Stage: updater.Restart, Begins: true},
		updater.Event{Stage: updater.Restart, Progress: true, Done: 7},
		updater.Event{Stage: updater.Confirm, Note: &updater.Note{Code: "cli.possible"}},
		updater.Event{Stage: updater.Confirm, Failure: &updater.Failure{Note: updater.Note{Code: "link.absent", Args: []any{"COM5"}}, Text: "detail"}},
		updater.Event{Stage: updater.Confirm, Outcome: updater.Uncertain},
	)
	b.engine.play = story(events...)
	if got := b.upgrade(t); got != ExitUncertain {
		t.Errorf("%d", got)
	}
	b.shows(
		t, "Deliver the package", "of 10 MiB (50 %)", "42 %", "7 B so far", "possible", "There is no port COM5.", "(detail)", "The case stays open",
	)
	if n := strings.Count(b.out.String(), "of 10 MiB"); n > 4 {
		t.Errorf("%d lines of progress in 11 s", n)
	}
	if strings.Contains(b.out.String(), "\r") || strings.Contains(b.out.String(), "\x1b") {
		t.Errorf("a pipe got a bar: %q", &b.out)
	}
}

// TestUnkept: an upgrade of which the journal does not say how it ended is told so, and is
// no success of which anything will be known later.
func TestUnkept(t *testing.T) {
	for _, flags := range [][]string{nil, {"--json"}} {
		b := newCall(t)
		b.engine.play = story(
			updater.Event{Stage: updater.Confirm, Begins: true},
			updater.Event{Stage: updater.Confirm, Outcome: updater.Verified, Unkept: true},
		)
		if got := b.upgrade(t, flags...); got != ExitUncertain {
			t.Errorf("%q: %d", flags, got)
		}
		b.shows(t, "The journal could not be written to the end")
	}
}

// TestCtrlC: each one asks the engine, whose answer is told at once; nothing but
// the engine ends the job.
func TestCtrlC(t *testing.T) {
	for _, c := range []struct {
		meaning updater.CancelMeaning
		answer  updater.CancelAnswer
		outcome updater.Outcome
		want    string
		code    int
	}{
		{updater.CancelSafe, updater.CancelAccepted, updater.Cancelled, "Cancelling. Nothing was sent", ExitCancelled},
		{updater.CancelCleanUp, updater.CancelAccepted, updater.Cancelled, "what was sent is removed", ExitCancelled},
		{updater.CancelAsk, updater.CancelAccepted, updater.Cancelled, "asked to stop its download", ExitCancelled},
		{updater.CancelByRestart, updater.CancelAccepted, updater.Cancelled, "is restarted", ExitCancelled},
		{updater.CancelRefused, updater.CancelDenied, updater.Verified, "cannot be stopped now", ExitVerified},
		{updater.CancelWatching, updater.CancelAccepted, updater.Uncertain, "No longer waiting", ExitUncertain},
		{updater.CancelCleanUp, updater.CancelTooLate, updater.Verified, "Too late", ExitVerified},
	} {
		for _, format := range []string{"--json", "--json=false"} {
			b := newCall(t)
			said := make(chan struct{}, 9)
			b.config.Err, b.config.Out = signalling{&b.err, said}, signalling{&b.out, said}
			b.engine.answer = c.answer
			b.engine.play = func(_ context.Context, e *engine, see func(updater.Event)) error {
				see(updater.Event{At: began, Stage: updater.Deliver, Begins: true, Cancel: c.meaning})
				<-said
				for range 2 {
					b.interrupts <- os.Interrupt
					<-said
				}
				see(updater.Event{At: began, Stage: updater.Deliver, Outcome: c.outcome, Cancel: updater.CancelNothing})
				return nil
			}
			if got := b.upgrade(t, format); got != c.code || b.engine.asked() != 2 {
				t.Errorf("%s: exit %d, want %d; asked %d times", c.meaning, got, c.code, b.engine.asked())
			}
			if n := strings.Count(b.out.String()+b.err.String(), c.want); n != 2 {
				t.Errorf("%s: %q stands there %d times:\n%s%s", c.meaning, c.want, n, &b.out, &b.err)
			}
		}
	}
}

// signalling tells of every write. The view writes under its lock, so the
// buffers need none.
type signalling struct {
	*bytes.Buffer
	said chan<- struct{}
}

func (s signalling) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	s.said <- struct{}{}
	return n, err
}

// TestStartRefused: a port that is in use or not there, and a device that is silent, are no
// upgrades that failed, whoever finds out: the checks or the start.
func TestStartRefused(t *testing.T) {
	for _, args := range [][]string{{"--yes"}, {"--yes", "--family", "fake"}, {"--checks-only"}} {
		b := newCall(t)
		b.engine.failure = &devices.Error{Op: "updater: claim", Kind: devices.Busy, Note: "link.absent", Args: []any{"COM5"}}
		all := append([]string{"upgrade", "--port", "COM5", "--package", b.file(t, "fw.bin", "firmware")}, args...)
		if got := b.run(t, all...); got != ExitRefused || b.engine.closed != 1 {
			t.Errorf("%q: %d, closed %d", args, got, b.engine.closed)
		}
		b.shows(t, "There is no port COM5.")
	}
}

func TestBadPackage(t *testing.T) {
	b := newCall(t)
	if got := b.run(t, "upgrade", "--yes", "--port", "COM5", "--package", b.file(t, "a.txt", "x")); got != ExitRefused {
		t.Errorf("%d", got)
	}
	b.shows(t, "not of a known firmware type")
}

// TestChecksOnly: the checks are told and nothing is begun, without anybody to be asked.
func TestChecksOnly(t *testing.T) {
	for _, c := range []struct {
		state updater.CheckState
		code  int
		says  string
	}{
		{updater.CheckOK, ExitVerified, `"allowed":true`}, {updater.CheckFailed, ExitRefused, `"allowed":false`},
	} {
		for _, format := range []string{"--json", "--json=false"} {
			b := newCall(t)
			b.engine.checks = []updater.CheckResult{{Name: "version", State: c.state, Fact: updater.Note{Code: "cli.possible"}}}
			file := b.file(t, "fw.bin", "firmware")
			if got := b.run(t, "upgrade", "--port", "COM5", "--package", file, "--checks-only", format); got != c.code || b.engine.started > 0 {
				t.Errorf("%s: exit %d, started %d times: %s", c.state, got, b.engine.started, &b.err)
			}
			b.shows(t, "860000000000001", "version")
			if format == "--json" {
				b.shows(t, c.says)
			} else if c.code == ExitRefused {
				b.shows(t, "A check refuses.")
			}
		}
	}
}
