package record

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// passed feeds pieces of text of the given size and gives what came out.
func passed(m *matcher, text string, size int) string {
	k := &masker{m: m}
	var out bytes.Buffer
	write := func(list []piece) {
		for _, p := range list {
			p.stars()
			out.Write(p.data)
		}
	}
	for i := 0; i < len(text); i += size {
		write(k.feed(Line{N: int64(i + 1)}, []byte(text[i:min(len(text), i+size)])))
	}
	write(k.end())
	return out.String()
}

func TestSecretsAreMaskedHoweverTheyAreSplit(t *testing.T) {
	const secret = "hunter2-pass/Wörd"
	for name, form := range map[string]string{
		"plain":        secret,
		"query":        url.QueryEscape(secret),
		"lower codes":  "hunter2-pass%2fW%c3%b6rd",
		"user info":    url.UserPassword("u", secret).String(),
		"python bytes": `hunter2-pass/W\xc3\xb6rd`,
		"hex":          hex.EncodeToString([]byte(secret)),
		"HEX":          strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"python text":  `hunter2-pass/W\u00f6rd`,
		"in a program": `hunter2-pass/W\\u00f6rd`,
		"twice":        secret + secret,
		"after a part": "hunter2-hunter2-pass/Wörd",
	} {
		text := "AT+X=\"" + form + "\"\r\nOK\r\n"
		for size := 1; size <= len(text); size++ {
			got := passed(newMatcher(Forms(secret)), text, size)
			require.Len(t, got, len(text), "%s: lengths stay", name)
			require.NotContains(t, got, form, name)
			require.NotContains(t, got, "pass", name)
			require.True(t, strings.HasPrefix(got, "AT+X=\"") && strings.HasSuffix(got, "\"\r\nOK\r\n"), "%s: %q", name, got)
		}
	}
}

// In base64 all digits that depend on the secret alone are masked, wherever it
// stands: as a Basic login, or inside a package's bytes.
func TestSecretsInBase64(t *testing.T) {
	const secret = "correct-horse"
	for before := range 7 {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			text := encoding.EncodeToString([]byte(strings.Repeat("u", before) + secret + "::tail"))
			got := passed(newMatcher(Forms(secret)), text, 5)
			stars := strings.Count(got, "*")
			require.GreaterOrEqual(t, stars, len(secret)*8/6-1, text)
			require.LessOrEqual(t, stars, len(secret)*8/6+1, text)
		}
	}
}

func TestKeysAreMaskedLineByLine(t *testing.T) {
	line := strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", 2)
	key := "-----BEGIN PRIVATE KEY-----\r\n" + line + "\r\n" + strings.ToLower(line) + "\r\nAAAA\r\n-----END PRIVATE KEY-----\r\n"
	got := passed(newMatcher(Forms(key)), `f.write("`+line+`\n")`+"\r\n"+strings.ToLower(line), 7)
	require.Equal(t, `f.write("`+strings.Repeat("*", 64)+`\n")`+"\r\n"+strings.Repeat("*", 64), got)
}

// What only begins as a secret does is not masked, and is not kept back for long.
func TestBeginningsAreNotSecrets(t *testing.T) {
	m := newMatcher(Forms("hunter2"))
	k := &masker{m: m}
	out := k.feed(Line{N: 1}, []byte("say hunt"))
	require.Len(t, out, 1)
	require.Equal(t, "say ", string(out[0].data))
	out = k.feed(Line{N: 2}, []byte("ing"))
	require.Len(t, out, 2)
	require.Equal(t, "hunt", string(out[0].data))
	require.EqualValues(t, 1, out[0].line.N)
	require.EqualValues(t, 2, out[1].line.N)
	require.Equal(t, "abc hun", passed(m, "abc hun", 3), "three bytes tell nothing")
	require.Equal(t, "abc ****", passed(m, "abc hunt", 3), "four may")
}

// A secret that is learned later is also found in what still waits, and what was
// masked before stays so.
func TestLearningKeepsWhatWasMasked(t *testing.T) {
	k := &masker{m: newMatcher([][]byte{[]byte("abc"), []byte("cxyz")})}
	out := k.feed(Line{N: 1}, []byte("abc"))
	out = append(out, k.learn(newMatcher([][]byte{[]byte("abc"), []byte("cxyz"), []byte("cd")}))...)
	out = append(out, k.feed(Line{N: 2}, []byte("d!"))...)
	out = append(out, k.end()...)
	var text string
	for _, p := range out {
		p.stars()
		text += string(p.data)
	}
	require.Equal(t, "****!", text)
}

// FuzzMask compares the one pass with looking for each form by itself.
func FuzzMask(f *testing.F) {
	f.Add("abc", "bcd", "xabcdx", uint8(1))
	f.Add("aaa", "aa", "aaaaab", uint8(2))
	f.Add("ab", "abab", "abaababab", uint8(3))
	f.Fuzz(func(t *testing.T, a, b, text string, size uint8) {
		if a == "" || b == "" || size == 0 {
			t.Skip()
		}
		want := make([]bool, len(text))
		for _, form := range []string{a, b} {
			for i := 0; i+len(form) <= len(text); i++ {
				for j := range form {
					want[i+j] = want[i+j] || text[i:i+len(form)] == form
				}
			}
		}
		k := &masker{m: newMatcher([][]byte{[]byte(a), []byte(b)})}
		var out []piece
		for i := 0; i < len(text); i += int(size) {
			out = append(out, k.feed(Line{}, []byte(text[i:min(len(text), i+int(size))]))...)
		}
		out = append(out, k.release(0)...)
		var got []bool
		var data []byte
		for _, p := range out {
			got, data = append(got, p.masked...), append(data, p.data...)
		}
		if string(data) != text || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("forms %q %q in %q by %d: %v, want %v", a, b, text, size, got, want)
		}
	})
}

// BenchmarkMask: what masking costs a byte that is no secret, with a password, a
// key of 1700 bytes and all their forms.
func BenchmarkMask(b *testing.B) {
	key := strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCfwr+/9zPwqZ0s5tSGh7k1BVoQ2xJd3nY\n", 26)
	m := newMatcher(append(Forms(key), Forms("hunter2-correct-horse")...))
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = byte(i * 2654435761 >> 7)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		k := &masker{m: m}
		for p := data; len(p) > 0; p = p[1024:] {
			k.feed(Line{}, p[:1024])
		}
	}
}

// A program that is sent in pieces cuts a secret: no half of it stays.
func TestSecretsInTwoPieces(t *testing.T) {
	const secret = "it's-my-pass\\word"
	for _, form := range []string{secret, `it\'s-my-pass\\word`, `it\\\'s-my-pass\\\\word`} {
		for at := 1; at < len(form); at++ {
			text := "p=['" + form[:at] + "']\nsum\np+=['" + form[at:] + "']"
			got := passed(newMatcher(slices.Concat(Forms(secret), fragments(secret))), text, 3)
			require.Len(t, got, len(text))
			require.GreaterOrEqual(t, strings.Count(got, "*"), (len(form)+1)/2, got)
		}
	}
	require.Equal(t, "******", passed(newMatcher(Forms(`a'b\\c"`)), `a'b\\c"`, 1)[:6])
}
