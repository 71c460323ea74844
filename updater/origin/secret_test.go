package origin

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMask(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"http://host/fw.bin", "http://host/fw.bin"},
		{"http://host:8080/fw.bin?x=1&y=2", "http://host:8080/fw.bin?x=1&y=2"},
		{"ftp://joe:s3cret@host:21/fw.bin", "ftp://***@host:21/fw.bin"},
		{"FTP://joe@host/fw.bin", "FTP://***@host/fw.bin"},
		{"ftp://joe:s3@cret@host/fw.bin", "ftp://***@host/fw.bin"},
		{"ftp://joe:s3/cret@host/fw.bin", "ftp://***@host/fw.bin"},
		{`get "https://a:s3cret@h/x" and http://b:s3cret@h/y`, `get "https://***@h/x" and http://***@h/y`},
		{"https://h/fw.bin?token=s3cret&v=2", "https://h/fw.bin?token=***&v=2"},
		{"https://h/fw.bin?X-Amz-Signature=s3cret#a", "https://h/fw.bin?X-Amz-Signature=***#a"},
		{"https://h/fw.bin?v=2&Password=s3cret", "https://h/fw.bin?v=2&Password=***"},
		{"https://h/a@b/fw.bin", "https://h/a@b/fw.bin"},
		{"", ""},
	} {
		require.Equal(t, row.want, Mask(row.text))
	}
}

func TestSplit(t *testing.T) {
	clean, user, password, err := Split(" ftp://joe:s3%40cret@host:2121/%E5%9B%BA%E4%BB%B6.bin ")
	require.NoError(t, err)
	require.Equal(t, []string{"ftp://host:2121/%E5%9B%BA%E4%BB%B6.bin", "joe", "s3@cret"}, []string{clean, user, password})
	for _, bad := range []string{"", "fw.bin", "file:///etc/passwd", "http://", "http:///x", "gopher://joe:s3cret@h/", "ftp://joe:s3/cret@h/x", "http://joe:s3cret@h/\x7f", "http://joe:s3cret@h/%zz"} {
		_, _, _, err := Split(bad)
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "s3")
		for _, arg := range asError(t, err).Args {
			require.NotContains(t, arg, "s3")
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, seed := range []string{"", "user", "a:b", "s3/c@r:e", "x?token="} {
		f.Add(seed, "host/fw.bin")
	}
	f.Fuzz(func(t *testing.T, word, rest string) {
		// A password of any form, in a text that has nothing else like it.
		const secret = "Zq8Zq8Zq8"
		for _, r := range word {
			if r <= ' ' || r == '"' || r == '\'' || r == '<' || r == '>' || r > '~' {
				return
			}
		}
		require.NotContains(t, Mask("ftp://joe:"+word+secret+"@"+rest), secret)
	})
}
