package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages/signature"
	"fotabench/updater"
	"fotabench/updater/secrets"
)

// completes gives what the shell offers after args.
func (b *call) completes(t testing.TB, args ...string) []string {
	t.Helper()
	b.out.Reset()
	if code := Run(t.Context(), b.config, append([]string{"__complete", "--data-dir", b.dir}, args...)); code != 0 {
		t.Fatalf("%q: %d, %s", args, code, &b.err)
	}
	lines := strings.Split(strings.TrimSpace(b.out.String()), "\n")
	var values []string
	for _, line := range lines[:len(lines)-1] { // the last one is the directive
		value, _, _ := strings.Cut(line, "\t")
		values = append(values, value)
	}
	return values
}

func TestCompletions(t *testing.T) {
	b, pkg := stocked(t)
	b.config.Ways = []devices.Way{{Family: "quectel"}, {Family: "haas"}}
	b.engine.cases = []updater.Case{{Record: updater.Record{Job: "job-7"}}}
	plan := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg+`"}]}`)
	b.must(t, ExitVerified, "library", "import", b.file(t, "old.bin", "old firmware"))
	gone := fmt.Sprintf("%x", sha256.Sum256([]byte("old firmware")))
	b.must(t, ExitVerified, "library", "remove", gone)
	b.must(t, ExitVerified, "keys", "trust", b.file(t, "m.pub", string(signature.Key{Public: bytes.Repeat([]byte{2}, 32)}.File())), "--name", "Maker")
	store, err := b.config.Secrets(t.Context(), b.dir)
	if err == nil {
		err = errors.Join(store.Set(t.Context(), secrets.ProductName("k2"), "x"), store.Set(t.Context(), secrets.ProductName("K1"), "x"))
	}
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string][]string{
		"--lang _":                          {"en", "zh-Hans"},
		"plan list --lang _":                {"en", "zh-Hans"},
		"upgrade --method _":                {"local", "answer", "mqtt", "http", "ftp"},
		"upgrade --family _":                {"haas", "quectel"},
		"upgrade --from-library _":          {pkg},
		"keys policy _":                     {"none", "warn", "require"},
		"plan show _":                       {plan},
		"report --plan _":                   {plan},
		"cases close _":                     {"job-7"},
		"plan run _":                        {plan},
		"plan run " + plan + " _":           nil,
		"plan activate _":                   {plan},
		"plan pause _":                      {plan},
		"plan answer x y _":                 {"yes", "no"},
		"plan retry x y _":                  nil,
		"plan retry nobody _":               nil,
		"offers forget _":                   {"K1", "k2"},
		"offers forget K1 _":                nil,
		"upgrade --port _":                  {"/dev/ttyUSB3", "/dev/ttyUSB1"},
		"identify --port _":                 {"/dev/ttyUSB3", "/dev/ttyUSB1"},
		"plan run x --port _":               {"/dev/ttyUSB3", "/dev/ttyUSB1"},
		"devices udev-rule --port _":        {"/dev/ttyUSB3", "/dev/ttyUSB1"},
		"--port _":                          {"/dev/ttyUSB3", "/dev/ttyUSB1"},
		"settings avoid add _":              {"/dev/ttyUSB3", "/dev/ttyUSB1"},
		"settings avoid add /dev/ttyUSB3 _": {"/dev/ttyUSB1"},
		"library show _":                    {pkg},
		"library verify _":                  {pkg},
		"library --library x show _":        nil,
		"library undo _":                    {gone},
		"library empty _":                   {gone},
		"library list --standing _":         {"untested", "proved", "released"},
		"library list --sort _":             {"name", "target", "size", "added", "verified", "trust"},
		"library edit x --component _":      {"FOTA", "SOTA", "app"},
		"keys revoke _":                     {"Maker"},
		"keys remove Maker _":               nil,
		"serve --from-library _":            {pkg},
		"simulate quecthing --model _":      {"EC600U-CNLB", "EC600N-CNLC", "EC800G-CN"},
	} {
		words := strings.Split(strings.ReplaceAll(args, " _", " "), " ")
		if strings.HasSuffix(args, " _") {
			words[len(words)-1] = ""
		}
		if got := b.completes(t, words...); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
	for _, kind := range []string{"quecpython", "at", "quecthing", "luat-http", "luat-udp", "aliyun"} {
		if got := b.completes(t, "simulate", kind, "--fault", ""); len(got) == 0 {
			t.Errorf("simulate %s: no faults", kind)
		}
	}
	for _, verb := range []string{"cases settle", "plan run x", "plan preview x", "plan trial x", "upgrade", "serve"} {
		if got := b.completes(t, append(strings.Fields(verb), "--luat-udp", "")...); len(got) == 0 {
			t.Errorf("%s: no address", verb)
		}
	}
	b.must(t, ExitUsage, "completion", "tcsh")
	b.shows(t, `unknown command "tcsh"`)
	if got := b.completes(t, "simulate", "quecpython", "--fault", "verify"); !slices.Contains(got, "verify-fails") {
		t.Errorf("%q", got)
	}
}

// TestCompletionsWaitForNobody: a journal that another program keeps to itself, and a system
// that does not list its ports, offer nothing soon; who was asked is told that nobody waits.
func TestCompletionsWaitForNobody(t *testing.T) {
	b, pkg := stocked(t)
	plan := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg+`"}]}`)
	left := make(chan struct{}, 1)
	b.config.Open = func(ctx context.Context, _ string) (Engine, error) {
		<-ctx.Done()
		left <- struct{}{}
		return nil, context.Cause(ctx)
	}
	b.config.Discoverer = listless(left)
	for _, args := range []string{"log", "bundle", "cases close", "plan retry " + plan, "plan answer " + plan, "upgrade --port", "settings avoid add"} {
		began := time.Now()
		if got := b.completes(t, append(strings.Fields(args), "")...); len(got) != 0 {
			t.Errorf("%s: %q", args, got)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: the shell waits %v", args, took)
		}
		select {
		case <-left:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: somebody is still waited for", args)
		}
	}
}

// listless never lists a port; it says when nobody waits anymore.
type listless chan struct{}

func (s listless) Watch(ctx context.Context, _ func([]devices.Sighting)) error {
	<-ctx.Done()
	s <- struct{}{}
	return context.Cause(ctx)
}
