package cli

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	pemfile "encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/bench"
	"fotabench/ui/demo"
)

// certificate makes one for this computer, and its key, as files hold them.
func certificate(t testing.TB) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &private.PublicKey, private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	encode := func(kind string, der []byte) string {
		var text bytes.Buffer
		require.NoError(t, pemfile.Encode(&text, &pemfile.Block{Type: kind, Bytes: der}))
		return text.String()
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", secret)
}

// fetches opens what is served at a URL, to a client that knows this certificate alone.
func fetches(t testing.TB, cert, url string) (*http.Response, error) {
	t.Helper()
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(cert)))
	carrier := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(carrier.CloseIdleConnections)
	return (&http.Client{Transport: carrier}).Get(url)
}

// TestServeTakesUpTLS: changed files of the HTTPS host are shown to whoever connects next;
// half of a change is told and changes nothing; who is fetching goes on.
func TestServeTakesUpTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "host.pem"), filepath.Join(folder, "host.key")
	require.NoError(t, os.WriteFile(certFile, []byte(cert), 0o600))
	require.NoError(t, os.WriteFile(keyFile, []byte(key), 0o600))
	r := begin(t, "serve", "--json", "--show-urls", "--plan", planned(t, demo.LuatHTTP, forAll), "--luat-http", anywhere,
		"--https", anywhere, "--tls-cert", certFile, "--tls-key", keyFile)
	at := r.saw("shared", 1).Address
	require.True(t, strings.HasPrefix(at, "https://"), at)
	fetched, err := fetches(t, cert, at)
	require.NoError(t, err)
	defer fetched.Body.Close()
	_, err = io.CopyN(io.Discard, fetched.Body, 1000)
	require.NoError(t, err)

	newCert, newKey := certificate(t)
	rewrite(t, certFile, newCert)
	kept := r.saw("kept", 1)
	assert.Equal(t, string(bench.HTTPS), kept.Service)
	assert.Contains(t, kept.Text, "host.pem, host.key was not taken up")
	assert.NotContains(t, r.out.String()+r.err.String(), "PRIVATE KEY")
	again, err := fetches(t, cert, at)
	require.NoError(t, err, "the pair from before is shown")
	require.NoError(t, again.Body.Close())

	rewrite(t, keyFile, newKey)
	assert.Equal(t, "The TLS files were taken up (host.pem, host.key): whoever connects next is shown them.", r.saw("tls", 1).Text)
	_, err = fetches(t, cert, at)
	require.Error(t, err, "the old one is shown no longer")
	next, err := fetches(t, newCert, at)
	require.NoError(t, err)
	all, err := io.Copy(io.Discard, next.Body)
	require.NoError(t, err)
	require.NoError(t, next.Body.Close())
	rest, err := io.Copy(io.Discard, fetched.Body)
	require.NoError(t, err, "who was fetching goes on")
	assert.Equal(t, all, rest+1000)
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
}

// TestServeAsked: SIGHUP has TLS files read at once, without a plan too.
func TestServeAsked(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	both := filepath.Join(t.TempDir(), "both.pem")
	require.NoError(t, os.WriteFile(both, []byte(cert+key), 0o600))
	r := begin(t, "serve", "--json", "--https", anywhere, "--tls-cert", both, "--tls-key", both)
	r.where(bench.HTTPS)
	r.interrupts <- syscall.SIGHUP
	r.saw("tls", 1)
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
}
