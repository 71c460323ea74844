package words

import "testing"

// TestLong: a time that may be days, and a moment, are as people read them.
func TestLong(t *testing.T) {
	for seconds, want := range map[float64][2]string{
		59: {"59 s", "59 秒"}, 90: {"1 min 30 s", "1 分钟 30 秒"}, 3600: {"1 h", "1 小时"}, 5400: {"1 h 30 min", "1 小时30 分钟"},
		86400: {"1 d", "1 天"}, 172800: {"2 d", "2 天"}, 90061: {"1 d 1 h 1 min", "1 天1 小时1 分钟"},
	} {
		for i, lang := range []string{English, Chinese} {
			if got := (&Book{lang: lang}).long(seconds); got != want[i] {
				t.Errorf("%g: %q, want %q", seconds, got, want[i])
			}
		}
	}
	for text, want := range map[string]string{
		"2026-11-20T09:30:59+08:00": "2026-11-20 09:30 +08:00", "soon\x1b": "soon‹U+001B›",
	} {
		if got := moment(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
