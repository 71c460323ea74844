package plaintext

import "testing"

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"固件 v1.2 (α)":                "固件 v1.2 (α)",
		"a\u3000b\u00a0c":            "a\u3000b\u00a0c",
		"é, e\u0301, 👍🏽, ❤️":         "é, e\u0301, 👍🏽, ❤️",
		"\x1b]0;owned\a\x1b[2J":      "□]0;owned□□[2J",
		"\u009b31mred":               "□31mred",
		"fw\u202enib.exe":            "fw□nib.exe",
		"a\u2066b\u2069\u200b\ufeff": "a□b□□□",
		"soft\u00adhyphen\u3164":     "soft□hyphen□",
		"two\nlines\r\t\x7f":         "two□lines□□□",
		"line\u2028para\u2029":       "line□para□",
		"tag\U000e0041 own\ue000":    "tag□ own□",
		"torn \xff\xc3":              "torn \ufffd\ufffd",
		"":                           "",
	} {
		if got := Line(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	if got, want := Lines("a\tb\r\n\x1bc\n"), "a\tb□\n□c\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
