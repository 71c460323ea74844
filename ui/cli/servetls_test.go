package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/bench"
	"fotabench/ui/demo"
)

// TestServeTLSOff: while HTTPS is off, changed files of it are held against one another all
// the same; the pair that fits is shown once the plan switches it on.
func TestServeTLSOff(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	newCert, newKey := certificate(t)
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "host.pem"), filepath.Join(folder, "host.key")
	require.NoError(t, os.WriteFile(certFile, []byte(cert), 0o600))
	require.NoError(t, os.WriteFile(keyFile, []byte(key), 0o600))
	const packs = `"packages":[{"name":"fw","files":["fw.bin"]}],"rules":[{"package":"fw"}]}`
	plan := planned(t, demo.LuatUDP, "{"+packs)
	r := begin(t, "serve", "--json", "--show-urls", "--plan", plan, "--luat-udp", anywhere, "--tls-cert", certFile, "--tls-key", keyFile)
	r.where(bench.LuatUDP)

	rewrite(t, certFile, newCert)
	kept := r.saw("kept", 1).Text
	assert.Contains(t, kept, "host.pem, host.key was not taken up")
	assert.Contains(t, kept, "private key does not match")
	assert.Contains(t, kept, "The private key in "+keyFile+" does not belong to the certificate in "+certFile)
	assert.NotContains(t, kept, "127.0.0.1", "nobody listens")
	rewrite(t, keyFile, newKey)
	assert.Contains(t, r.saw("tls", 1).Text, "HTTPS is off now")
	rewrite(t, certFile, cert+"\n")
	r.saw("kept", 2)

	rewrite(t, plan, `{"services":{"https":"`+anywhere+`"},`+packs)
	answer, err := fetches(t, newCert, r.saw("shared", 1).Address)
	require.NoError(t, err, "the last pair that fits is shown")
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
}

// TestServeTLSWrong: a pair of which HTTPS cannot be spoken is told with the file that is
// wrong and what to do, and not as a matter of the address.
func TestServeTLSWrong(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	otherCert, _ := certificate(t)
	b := newCall(t)
	file := func(name, text string) string { return b.file(t, name, text) }
	certFile, keyFile := file("host.pem", cert), file("host.key", key)
	other, junk := file("other.pem", otherCert), file("junk.txt", "hello")
	for says, pair := range map[string][2]string{
		"The private key in " + keyFile + " does not belong to the certificate in " + other: {other, keyFile},
		junk + " holds no certificate that can be read":                                     {junk, keyFile},
		junk + " holds no private key that can be read":                                     {certFile, junk},
		"There is a certificate, " + certFile + ", but no private key":                      {certFile, ""},
		"There is a private key, " + keyFile + ", but no certificate":                       {"", keyFile},
	} {
		b.out.Reset()
		b.err.Reset()
		b.config.Bench = bench.New()
		assert.NotEqual(t, ExitVerified, b.run(t, "serve", "--https", anywhere, "--tls-cert", pair[0], "--tls-key", pair[1]))
		assert.Contains(t, b.err.String(), says)
		assert.NotContains(t, b.err.String(), "another address")
	}
	b.err.Reset()
	b.config.Bench = bench.New()
	assert.NotEqual(t, ExitVerified, b.run(t, "serve", "--https", anywhere, "--tls-min", "1.3", "--tls-max", "1.2"))
	assert.Contains(t, b.err.String(), "These versions of TLS cannot be spoken together")
}
