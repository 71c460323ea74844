package cli

import (
	"slices"
	"strings"
	"testing"

	"fotabench/devices"
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
	plan := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg+`"}]}`)
	for args, want := range map[string][]string{
		"--lang _":                     {"en", "zh-Hans"},
		"plan list --lang _":           {"en", "zh-Hans"},
		"upgrade --method _":           {"local", "answer", "mqtt", "http", "ftp"},
		"upgrade --family _":           {"haas", "quectel"},
		"upgrade --from-library _":     {pkg},
		"keys policy _":                {"none", "warn", "require"},
		"plan show _":                  {plan},
		"plan run _":                   {plan},
		"plan run " + plan + " _":      nil,
		"plan activate _":              {plan},
		"plan pause _":                 {plan},
		"plan answer x y _":            {"yes", "no"},
		"library show _":               {pkg},
		"library verify _":             {pkg},
		"library --library x show _":   nil,
		"simulate quecthing --model _": {"EC600U-CNLB", "EC600N-CNLC", "EC800G-CN"},
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
	if got := b.completes(t, "simulate", "quecpython", "--fault", "verify"); !slices.Contains(got, "verify-fails") {
		t.Errorf("%q", got)
	}
}
