package plaintext

import (
	"runtime"
	"testing"
)

// TestArgument: a command that is copied names one file, whatever the file is called.
func TestArgument(t *testing.T) {
	cases := []struct{ text, unix, windows string }{
		{"/home/ann/ten-1.pdf", "/home/ann/ten-1.pdf", "/home/ann/ten-1.pdf"},
		{"报告.pdf", "报告.pdf", "报告.pdf"},
		{`C:\ann\ten.pdf`, `'C:\ann\ten.pdf'`, `C:\ann\ten.pdf`},
		{"Ten modules.pdf", "'Ten modules.pdf'", `"Ten modules.pdf"`},
		{"a$b&c.pdf", "'a$b&c.pdf'", `"a$b&c.pdf"`},
		{"Ann's.pdf", `'Ann'\''s.pdf'`, `"Ann's.pdf"`},
		{"", "''", `""`},
	}
	for _, c := range cases {
		want := c.unix
		if runtime.GOOS == "windows" {
			want = c.windows
		}
		if got := Argument(c.text); got != want {
			t.Errorf("%q: got %s, want %s", c.text, got, want)
		}
	}
}
