package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/updater"
)

// withCases is a call whose engine has two open cases: of a device that can be told from
// others, and of one that cannot.
func withCases(t *testing.T) *call {
	t.Helper()
	b := newCall(t)
	known := updater.Note{Code: updater.NoteDismissed}
	for i, id := range []*devices.Identity{{Family: "quecpython", Model: "EC600N", IMEI: "860000000000001"}, nil} {
		r := updater.Record{Job: fmt.Sprint("open-", i+1), Started: began, Device: id, Outcome: updater.Uncertain}
		b.engine.cases = append(b.engine.cases, updater.Case{Record: r, Open: true, Known: known, Next: known})
		b.engine.remembered = append(b.engine.remembered, r)
	}
	return b
}

// TestCases: open cases are listed with what is known, and closed by a deliberate word.
func TestCases(t *testing.T) {
	b := withCases(t)
	b.must(t, ExitVerified, "cases")
	b.shows(t, "open-1", "imei:860000000000001", "open-2", "still to be settled")
	b.must(t, ExitVerified, "cases", "list", "--json")
	if o := b.objects(t); len(o) != 2 || o[0]["open"] != true || o[0]["known"] == "" || o[0]["next"] == "" {
		t.Errorf("%v", o)
	}
	b.must(t, ExitUsage, "cases", "close", "open-1")
	b.must(t, ExitFailed, "cases", "close", "job-9", "--yes")
	b.shows(t, "no open case job-9")
	b.must(t, ExitVerified, "cases", "close", "open-1", "--yes")
	if !slices.Equal(b.engine.dismissed, []string{"open-1"}) {
		t.Error(b.engine.dismissed)
	}
	b = newCall(t)
	b.must(t, ExitVerified, "cases")
	b.shows(t, "No case is open")
	b.must(t, ExitVerified, "cases", "settle")
	b.engine.failure = errors.New("the journal is torn")
	b.must(t, ExitFailed, "cases")
	b.must(t, ExitFailed, "cases", "settle")
}

// TestCasesSettle: what a device has said is told; what none can settle stays open, and
// so does the rest when nobody waits any longer.
func TestCasesSettle(t *testing.T) {
	b := withCases(t)
	b.engine.settle = func(ctx context.Context) error {
		b.engine.mu.Lock()
		b.engine.cases = b.engine.cases[1:]
		b.engine.mu.Unlock()
		<-ctx.Done()
		return context.Cause(ctx)
	}
	b.must(t, ExitUncertain, "cases", "settle")
	b.shows(t, "devices of 1 upgrades", "open-1", "open-2")
	b.engine.cases = nil
	b.must(t, ExitVerified, "cases", "settle")

	b = withCases(t)
	b.must(t, ExitUncertain, "cases", "settle", "--for", "1ms")
	b.interrupts <- os.Interrupt
	b.must(t, ExitUncertain, "cases", "settle")
}

// TestUpgradeFromLibrary: a package of the library is upgraded with, by its ID.
func TestUpgradeFromLibrary(t *testing.T) {
	b := newCall(t)
	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	b.must(t, ExitVerified, "library", "import", b.file(t, "fw.bin", "firmware"), "--json")
	id := fmt.Sprint(b.objects(t)[0]["id"])
	b.must(t, ExitVerified, "upgrade", "--port", "/dev/ttyUSB3", "--yes", "--from-library", id[:6])
	if p := b.engine.plan.Package; p == nil || p.Files[0].Name != "fw.bin" {
		t.Errorf("%+v", p)
	}
	for _, wrong := range []string{
		"--from-library " + id + " --package x", "--from-library " + id + " --digest 00", "",
		"--from-library " + id + " --method http --url http://a/b --url http://a/c",
	} {
		b.must(t, ExitUsage, append([]string{"upgrade", "--port", "/dev/ttyUSB3", "--yes"}, strings.Fields(wrong)...)...)
	}
	b.must(t, ExitRefused, "upgrade", "--port", "/dev/ttyUSB3", "--yes", "--from-library", "ffffff")
}
