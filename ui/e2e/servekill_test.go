//go:build e2e && linux

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fotabench/ui/demo"
	"fotabench/updater"
)

// only waits until the journal's only upgrade of a device is as wanted.
func (s *serving) only(imei int, what string, fits func(updater.Record) bool) (r updater.Record) {
	s.t.Helper()
	device := fmt.Sprintf("imei:%015d", imei)
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		of := jobs(s.t, s.data)[device]
		if len(of) > 1 {
			s.t.Fatalf("%s has %d upgrades", device, len(of))
		}
		if len(of) == 1 && fits(of[0]) {
			return of[0]
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("waited %s for %s, there is %+v", patience, what, of)
		}
	}
}

// TestServeKilled: of what the rules gave, what was over when the program was killed is
// recorded as it ended; what was under way, and what was delivered, are open cases, and the
// next serve closes them by the device's own word.
func TestServeKilled(t *testing.T) {
	t.Parallel()
	s := serve(t, demo.LuatHTTP, fmt.Sprintf(forAll, ""), "--luat-http", "127.0.0.1:0")
	at := s.at("luat-http")
	curl(t, "-o", os.DevNull, question(at, 1, "1.0.0", ""))
	curl(t, "-o", os.DevNull, question(at, 1, "1.0.1", ""))
	curl(t, "-o", os.DevNull, question(at, 2, "1.0.0", ""))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	slow := exec.CommandContext(ctx, "curl", "-sS", "--noproxy", "*", "--limit-rate", "1k", "-o", os.DevNull, question(at, 3, "1.0.0", ""))
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	first := s.only(1, "the end", func(r updater.Record) bool { return r.Result() == updater.Verified })
	s.only(2, "the restart", func(r updater.Record) bool { return r.Stage == updater.Restart })
	s.only(3, "the delivery", func(r updater.Record) bool { return r.Stage == updater.Deliver })
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	stop()
	_ = slow.Wait() // it was cut off
	if got := string(command(t, "cases", "list", "--lang", "en", "--data-dir", s.data)); strings.Contains(got, "000000000000001") ||
		!strings.Contains(got, "000000000000002") || !strings.Contains(got, "000000000000003") {
		t.Errorf("the open cases are\n%s", got)
	}

	s.start("--luat-http", "127.0.0.1:0")
	at = s.at("luat-http")
	for imei := 2; imei <= 3; imei++ {
		curl(t, "-o", os.DevNull, question(at, imei, "1.0.1", ""))
		s.only(imei, "its own word", func(r updater.Record) bool { return r.Settled != nil && r.Result() == updater.Verified })
	}
	s.terminate()
	page := filepath.Join(t.TempDir(), "report.html")
	command(t, "report", first.Job, "--out", page, "--lang", "en", "--data-dir", s.data)
	report, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"history show": string(command(t, "history", "show", first.Job, "--lang", "en", "--data-dir", s.data)), "the report": string(report),
	} {
		if !strings.Contains(text, "plan.json") || !strings.Contains(text, "000000000000001") {
			t.Errorf("%s does not say which device was given it by what:\n%s", what, text)
		}
	}
	if got := string(command(t, "cases", "list", "--lang", "en", "--data-dir", s.data)); strings.Contains(got, "imei:") {
		t.Errorf("the open cases are\n%s", got)
	}
}
