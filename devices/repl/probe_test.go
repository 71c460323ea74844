//go:build unix

package repl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"

	"fotabench/devices"
	"fotabench/devices/link"
)

// mishearing is a line that replaces a text in what is sent, or in what comes, as often as
// there are other texts for it.
type mishearing struct {
	link.Link
	sent, come string
	as         []string
}

func (l *mishearing) replace(p []byte, text string) []byte {
	if text == "" || len(l.as) == 0 || !bytes.Contains(p, []byte(text)) {
		return p
	}
	p = bytes.Replace(p, []byte(text), []byte(l.as[0]), 1)
	l.as = l.as[1:]
	return p
}

func (l *mishearing) Write(ctx context.Context, p []byte) (int, error) {
	if _, err := l.Link.Write(ctx, l.replace(bytes.Clone(p), l.sent)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (l *mishearing) Read(ctx context.Context, p []byte) (int, error) {
	n, err := l.Link.Read(ctx, p)
	return copy(p, l.replace(bytes.Clone(p[:n]), l.come)), err
}

// TestMisheardProbe: a question whether the device can go a way, or its answer, that
// arrives damaged is asked again. It is no answer that the device cannot.
func TestMisheardProbe(t *testing.T) {
	t.Parallel()
	const decode = "_fbr_import('binascii').a2b_base64\n"
	other := slices.Repeat([]string{decode[1:], "1//0\n"}, askTries)
	for name, test := range map[string]struct {
		l    mishearing
		want error
	}{
		"raw-paste":             {mishearing{sent: "\x05A\x01", as: []string{"\x05\x01", "A\x01"}}, nil},
		"raw-paste, its letter": {mishearing{sent: "\x05A\x01", as: []string{"\x05B\x01"}}, nil},
		"raw-paste, its end":    {mishearing{sent: "\x05A\x01", as: []string{"\x05A"}}, nil},
		"raw-paste, the answer": {mishearing{come: "R\x01", as: []string{"R\x00", "R"}}, nil},
		"base64":                {mishearing{sent: decode, as: other[:askTries-1]}, nil},
		"base64, the call":      {mishearing{sent: decode + "print(']'", as: []string{decode + "print('}'"}}, nil},
		"base64 each time":      {mishearing{sent: decode, as: other}, devices.Integrity},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := test.l
			l.Link = cpython(t, prompt)
			c := opened(t, &l, Options{})
			data := random(4 << 10)
			_, err := c.Stream(t.Context(), Transfer{Setup: collect, Sink: "sink", Size: int64(len(data)), Body: bytes.NewReader(data), Way: WayPaste}, &notes{tb: t})
			if !errors.Is(err, test.want) || test.want == nil && len(l.as) > 0 {
				t.Fatalf("got %v, with %d left to be misheard", err, len(l.as))
			}
			if got, want := held(t, c), fmt.Sprintf("%d %x\n", len(data), sha256.Sum256(data)); test.want == nil && got != want {
				t.Errorf("the sink took %q, want %q", got, want)
			}
		})
	}
}
