package origin

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// own is a certificate of an authority for this computer, with its key, as files hold them.
func (a *authority) own(t testing.TB) TLSHost {
	t.Helper()
	leaf := a.leaf(t, "localhost", -1, 1)
	der, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	require.NoError(t, err)
	return TLSHost{CertPEM: encoded("CERTIFICATE", leaf.Certificate[0]), KeyPEM: encoded("PRIVATE KEY", der)}
}

// trusts is a client that knows an authority.
func (a *authority) trusts(t testing.TB) *tls.Config {
	t.Helper()
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(a.pem)))
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// TestHostSecure: who connects after a change is shown the new certificate and asked for
// what is asked now; who is in the middle of a fetch gets all of it over the old connection;
// a mistake changes nothing.
func TestHostSecure(t *testing.T) {
	before, after, clients := newAuthority(t), newAuthority(t), newAuthority(t)
	first := before.own(t)
	h := webHosted(t, HostConfig{TLS: &first})
	big := firmware(8<<20, 7)
	s := shared(t, h, stored(t, "fw.bin", big))
	at := s.URLs()[0]
	carrier := &http.Transport{TLSClientConfig: before.trusts(t)}
	t.Cleanup(carrier.CloseIdleConnections)
	resp, err := carrier.RoundTrip(request(t, at))
	require.NoError(t, err)
	defer resp.Body.Close()
	begun := make([]byte, 1000)
	_, err = io.ReadFull(resp.Body, begun)
	require.NoError(t, err)

	broken := after.own(t)
	broken.KeyPEM = first.KeyPEM
	requireNote(t, h.Secure(broken), devices.Unsupported, NotePairOther)
	requireNote(t, h.Secure(TLSHost{ClientCAPEM: []byte("x")}), devices.Unsupported, NotePairClients)
	_, _, err = fetchTLS(t, before.trusts(t), at)
	require.NoError(t, err, "a mistake changes nothing")

	next := after.own(t)
	require.NoError(t, h.Secure(next))
	require.Equal(t, string(next.CertPEM), string(h.CertificatePEM()))
	_, _, err = fetchTLS(t, before.trusts(t), at)
	require.Error(t, err, "the old certificate is shown no longer")
	_, body, err := fetchTLS(t, after.trusts(t), at)
	require.NoError(t, err)
	require.Equal(t, hexSum(big), hexSum(body))
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err, "who was fetching goes on")
	require.Equal(t, hexSum(big), hexSum(append(begun, rest...)))

	next.ClientCAPEM, next.RequireClient = []byte(clients.pem), true
	require.NoError(t, h.Secure(next))
	_, _, err = fetchTLS(t, after.trusts(t), at)
	require.Error(t, err, "a client without a certificate")
	config, leaf := after.trusts(t), clients.client(t)
	config.Certificates = []tls.Certificate{leaf}
	_, _, err = fetchTLS(t, config, at)
	require.NoError(t, err)

	require.Error(t, webHosted(t, HostConfig{}).Secure(first), "a host without TLS stays one")
}

// TestHostSecureKeepsWhatItMade: devices were given the certificate that was made here.
func TestHostSecureKeepsWhatItMade(t *testing.T) {
	h := webHosted(t, HostConfig{TLS: &TLSHost{}})
	made := string(h.CertificatePEM())
	require.NoError(t, h.Secure(TLSHost{MinVersion: tls.VersionTLS12}))
	require.Equal(t, made, string(h.CertificatePEM()))
	old := trusting(t, h)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	s := shared(t, h, stored(t, "fw.bin", good[:1000]))
	_, _, err := fetchTLS(t, old, s.URLs()[0])
	require.Error(t, err)
	require.NoError(t, h.Secure(newAuthority(t).own(t)))
	require.NotEqual(t, made, string(h.CertificatePEM()))
	require.NoError(t, h.Secure(TLSHost{}))
	require.NotEqual(t, made, string(h.CertificatePEM()), "one that was given up does not come back")
}

// TestHostSecureWhileTheyCome: many connect while it changes; each is shown one or the other.
func TestHostSecureWhileTheyCome(t *testing.T) {
	a := newAuthority(t)
	ones := []TLSHost{a.own(t), a.own(t)}
	h := webHosted(t, HostConfig{TLS: &ones[0]})
	s := shared(t, h, stored(t, "fw.bin", good[:1000]))
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 5 {
				if _, body, err := fetchTLS(t, a.trusts(t), s.URLs()[0]); err != nil || len(body) != 1000 {
					t.Errorf("%d bytes, %v", len(body), err)
				}
			}
		})
	}
	for i := range 20 {
		if err := h.Secure(ones[i%2]); err != nil {
			t.Error(err)
		}
	}
	work.Wait()
}
