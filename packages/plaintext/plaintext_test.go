package plaintext

import "testing"

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"固件 v1.2 (α)":                "固件 v1.2 (α)",
		"a\u3000b\u00a0c":            "a\u3000b\u00a0c",
		"é, e\u0301, 👍🏽, ❤️":         "é, e\u0301, 👍🏽, ❤️",
		"\x1b]0;owned\a\x1b[2J":      "‹U+001B›]0;owned‹U+0007›‹U+001B›[2J",
		"\u009b31mred":               "‹U+009B›31mred",
		"fw\u202enib.exe":            "fw‹U+202E›nib.exe",
		"a\u2066b\u2069\u200b\ufeff": "a‹U+2066›b‹U+2069›‹U+200B›‹U+FEFF›",
		"soft\u00adhyphen\u3164":     "soft‹U+00AD›hyphen‹U+3164›",
		"two\nlines\r\t\x7f":         "two‹U+000A›lines‹U+000D›‹U+0009›‹U+007F›",
		"line\u2028para\u2029":       "line‹U+2028›para‹U+2029›",
		"tag\U000e0041 own\ue000":    "tag‹U+E0041› own‹U+E000›",
		"torn \xff\xc3":              "torn \ufffd\ufffd",
		"":                           "",
	} {
		if got := Line(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	if got, want := Lines("a\tb\r\n\x1bc\n"), "a\tb‹U+000D›\n‹U+001B›c\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
