package ui

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/bench"
	"fotabench/ui/words"
)

// TestBenchTLSWhileOn: what is chosen while the host is on holds at once, for whoever
// connects next; a mistake is told and changes nothing.
func TestBenchTLSWhileOn(t *testing.T) {
	b := newTable(t, words.English)
	b.switchOn(bench.HTTPS)
	at := strings.TrimSuffix(strings.TrimPrefix(b.state.bench.status().Address, "https://"), "/")
	talks := func(version uint16) (shown string) {
		c, err := tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if err != nil {
			return ""
		}
		defer c.Close()
		return string(c.ConnectionState().PeerCertificates[0].Raw)
	}
	made := talks(tls.VersionTLS13)
	assert.NotEmpty(t, made)
	done := func(change func()) {
		t.Helper()
		b.tap(actTLS)
		change()
		b.tap(actDone)
		b.until("it is taken up", func() bool { return !b.state.bench.turning[bench.HTTPS] })
	}
	done(func() {
		var versions []*widget.Select
		for _, s := range find[*widget.Select](b) {
			if slices.Contains(s.Options, "TLS 1.1") {
				versions = append(versions, s)
			}
		}
		require.Len(t, versions, 2, "the oldest and the newest")
		versions[1].SetSelected("TLS 1.1")
	})
	assert.Empty(t, talks(tls.VersionTLS13))
	assert.Equal(t, made, talks(tls.VersionTLS11), "a certificate that was made here stays")
	assert.NotContains(t, b.state.bench.trouble, bench.HTTPS)

	b.state.bench.tls.cert = filepath.Join(t.TempDir(), "missing.pem")
	done(func() {})
	assert.Contains(t, b.state.bench.trouble[bench.HTTPS].Detail, "missing.pem")
	assert.Equal(t, made, talks(tls.VersionTLS11), "a mistake changes nothing")
	assert.True(t, b.state.bench.status().On)

	junk := filepath.Join(t.TempDir(), "junk.pem")
	require.NoError(t, os.WriteFile(junk, []byte("hello"), 0o600))
	b.state.bench.tls.cert, b.state.bench.tls.key = junk, junk
	done(func() {})
	what, remedy := b.book.Trouble(b.state.bench.trouble[bench.HTTPS])
	assert.Contains(t, what, junk+" holds no certificate that can be read")
	assert.Contains(t, remedy, "-----BEGIN CERTIFICATE-----", "it is no matter of the address")
	assert.Equal(t, made, talks(tls.VersionTLS11))
}

// TestBenchTLSWhileTurning: what is chosen while the host is being switched on holds once it
// is; the host's other troubles are not wiped away by a choice.
func TestBenchTLSWhileTurning(t *testing.T) {
	b := newTable(t, words.English)
	s := &b.state.bench
	s.chosen = bench.HTTPS
	b.render()
	s.listen[bench.HTTPS] = "no address"
	b.toggleService()
	b.until("the trouble", func() bool { return !s.turning[bench.HTTPS] })
	trouble := s.trouble[bench.HTTPS]
	require.NotEmpty(t, trouble)
	b.tap(actTLS)
	b.tap(actDone)
	b.until("it is taken up", func() bool { return !s.turning[bench.HTTPS] })
	assert.Equal(t, trouble, s.trouble[bench.HTTPS])

	s.listen[bench.HTTPS] = "127.0.0.1:0"
	b.toggleService()
	require.True(t, s.turning[bench.HTTPS])
	s.tls.cert = filepath.Join(t.TempDir(), "missing.pem")
	b.tap(actTLS)
	b.tap(actDone)
	b.until("both", func() bool { return !s.turning[bench.HTTPS] })
	assert.True(t, s.status().On)
	assert.Contains(t, s.trouble[bench.HTTPS].Detail, "missing.pem", "it was not taken up")
	s.tls.cert = ""
	b.tap(actTLS)
	b.tap(actDone)
	b.until("it is taken up", func() bool { return !s.turning[bench.HTTPS] })
	assert.NotContains(t, s.trouble, bench.HTTPS)
}
