package packages

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestOrder(t *testing.T) {
	for name, c := range map[string]struct {
		manifest, given, want string
		known                 bool
	}{
		"one":                  {"", "a.bin", "a.bin", true},
		"as given":             {"", "b.bin a.bin", "b.bin a.bin", false},
		"numbers":              {"", "a.mini_2 a.mini_1", "a.mini_1 a.mini_2", true},
		"numbers of two names": {"", "b.mini_2 a.mini_1", "b.mini_2 a.mini_1", false},
		"other numbers":        {"", "x.bin_2 x.bin_1", "x.bin_1 x.bin_2", true},
		"case":                 {"", "A.MINI_2 a.mini_1", "a.mini_1 A.MINI_2", true},
		"manifest":             {`{"files":[{"name":"b.bin"},{"name":"a.bin"}]}`, "a.bin b.bin", "b.bin a.bin", true},
		"manifest of numbers":  {`{"files":[{"name":"a.mini_2"},{"name":"a.mini_1"}]}`, "a.mini_1 a.mini_2", "a.mini_2 a.mini_1", true},
		"manifest of one":      {`{"files":[{"name":"b.bin"}]}`, "b.bin a.bin", "b.bin a.bin", false},
		"no manifest":          {`{"files":[{"name":"a.bin"}`, "b.bin a.bin", "b.bin a.bin", false},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			if c.manifest != "" {
				files["manifest.json"] = c.manifest
			}
			for i, n := range strings.Fields(c.given) {
				files[n] = strings.Repeat("x", i+1)
			}
			dir := folder(t, files)
			var given, got []string
			for _, n := range strings.Fields(c.given) {
				given = append(given, filepath.Join(dir, n))
			}
			paths, known := Ordered(given)
			for _, p := range paths {
				got = append(got, filepath.Base(p))
			}
			if all := strings.Join(got, " "); all != c.want || known != c.known {
				t.Errorf("%s, %v; want %s, %v", all, known, c.want, c.known)
			}
			if strings.HasPrefix(name, "manifest of one") || name == "no manifest" {
				return // Open refuses them
			}
			for i, f := range mustOpen(t, dir, strings.Fields(c.given)...).Files {
				if f.Name != got[i] {
					t.Errorf("file %d of the package is %s", i, f.Name)
				}
			}
		})
	}
}

// TestAlong: what was given once for each file follows the files.
func TestAlong(t *testing.T) {
	dir := folder(t, map[string]string{"a.mini_1": "1", "a.mini_2": "2"})
	p := mustOpen(t, dir, "a.mini_2", "a.mini_1")
	given := []string{filepath.Join("x", "a.mini_2"), filepath.Join("x", "a.mini_1")}
	for want, each := range map[string][]string{
		"one two": {"two", "one"},
		"two":     {"two"},
		"":        nil,
	} {
		if got := strings.Join(p.Along(given, each), " "); got != want {
			t.Errorf("%q of %q, want %q", got, each, want)
		}
	}
	if got := p.Along([]string{"a.mini_1", "b.mini_1"}, []string{"1", "2"}); got[0] != "1" {
		t.Errorf("of other files: %q", got)
	}
}
