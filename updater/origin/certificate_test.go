package origin

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// trusting is a client that knows the host's own certificate.
func trusting(t testing.TB, h *Host) *tls.Config {
	t.Helper()
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(h.CertificatePEM()))
	return &tls.Config{RootCAs: pool}
}

// fetchTLS gets a file with a configuration.
func fetchTLS(t testing.TB, config *tls.Config, at string) (*http.Response, []byte, error) {
	t.Helper()
	carrier := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	resp, err := carrier.RoundTrip(request(t, at))
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

// TestHostVersions: clients of each version, in a host of all and in a host of one.
func TestHostVersions(t *testing.T) {
	all := webHosted(t, HostConfig{TLS: &TLSHost{}})
	new13 := webHosted(t, HostConfig{TLS: &TLSHost{MinVersion: tls.VersionTLS13}})
	old10 := webHosted(t, HostConfig{TLS: &TLSHost{MaxVersion: tls.VersionTLS10}})
	file := stored(t, "fw.bin", good)
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		for _, row := range []struct {
			h     *Host
			taken bool
		}{{all, true}, {new13, version == tls.VersionTLS13}, {old10, version == tls.VersionTLS10}} {
			config := trusting(t, row.h)
			config.MinVersion, config.MaxVersion = version, version
			s := shared(t, row.h, file)
			resp, body, err := fetchTLS(t, config, s.URLs()[0])
			if !row.taken {
				require.Error(t, err)
				continue
			}
			require.NoError(t, err, tls.VersionName(version))
			require.Equal(t, version, resp.TLS.Version)
			require.Equal(t, 1, resp.ProtoMajor)
			require.Equal(t, hexSum(good), hexSum(body))
			require.NoError(t, s.Close())
		}
	}
}

// TestHostCiphers: what old modules offer is spoken, what is broken is not.
func TestHostCiphers(t *testing.T) {
	h := webHosted(t, HostConfig{TLS: &TLSHost{}})
	s := shared(t, h, stored(t, "fw.bin", good))
	for cipher, spoken := range map[uint16]bool{
		tls.TLS_RSA_WITH_AES_128_CBC_SHA:       true,
		tls.TLS_RSA_WITH_AES_256_GCM_SHA384:    true,
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: true,
		tls.TLS_RSA_WITH_RC4_128_SHA:           false,
		tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA:      false,
	} {
		config := trusting(t, h)
		config.MinVersion, config.MaxVersion, config.CipherSuites = tls.VersionTLS10, tls.VersionTLS12, []uint16{cipher}
		_, body, err := fetchTLS(t, config, s.URLs()[0])
		require.Equal(t, spoken, err == nil, "%s: %v", tls.CipherSuiteName(cipher), err)
		if spoken {
			require.Equal(t, hexSum(good), hexSum(body))
		}
	}
}

// TestHostClients: with and without a certificate of their own, for each version.
func TestHostClients(t *testing.T) {
	known, unknown := newAuthority(t), newAuthority(t)
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12, tls.VersionTLS13} {
		for _, required := range []bool{false, true} {
			h := webHosted(t, HostConfig{TLS: &TLSHost{ClientCAPEM: []byte(known.pem), RequireClient: required}})
			s := shared(t, h, stored(t, "fw.bin", good[:1000]))
			for _, row := range []struct {
				name  string
				from  *authority
				taken bool
			}{{"none", nil, !required}, {"known", known, true}, {"unknown", unknown, false}} {
				config := trusting(t, h)
				config.MinVersion, config.MaxVersion = version, version
				if row.from != nil {
					leaf := row.from.client(t)
					// Whatever the host asks for, this client shows what it has.
					config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &leaf, nil }
				}
				_, body, err := fetchTLS(t, config, s.URLs()[0])
				require.Equal(t, row.taken, err == nil, "%s required=%v %s: %v", tls.VersionName(version), required, row.name, err)
				if row.taken {
					require.Equal(t, hexSum(good[:1000]), hexSum(body))
				}
			}
		}
	}
}

// client is a certificate for a client.
func (a *authority) client(t testing.TB) tls.Certificate {
	t.Helper()
	return a.signed(t, "module", -1, 1, x509.ExtKeyUsageClientAuth)
}

// TestHostCertificate: one that is made fits the address, one that is given is
// shown, and what cannot be is refused.
func TestHostCertificate(t *testing.T) {
	h := webHosted(t, HostConfig{TLS: &TLSHost{}})
	block, _ := pem.Decode(h.CertificatePEM())
	made, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	require.NoError(t, made.VerifyHostname("127.0.0.1"))
	require.NoError(t, made.VerifyHostname("localhost"))
	require.Equal(t, x509.SHA256WithRSA, made.SignatureAlgorithm)
	require.True(t, made.NotBefore.Before(time.Date(1980, 1, 6, 0, 0, 0, 0, time.UTC)), "a module without a clock")
	require.True(t, made.NotAfter.After(time.Now().AddDate(5, 0, 0)))
	wide := webHosted(t, HostConfig{Listen: ":0", TLS: &TLSHost{}})
	block, _ = pem.Decode(wide.CertificatePEM())
	made, err = x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	host, _, err := net.SplitHostPort(wide.Address())
	require.NoError(t, err)
	require.NoError(t, made.VerifyHostname(host))

	leaf := newAuthority(t).leaf(t, "127.0.0.1", -1, 1)
	der, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	require.NoError(t, err)
	certPEM, keyPEM := encoded("CERTIFICATE", leaf.Certificate[0]), encoded("PRIVATE KEY", der)
	given := webHosted(t, HostConfig{TLS: &TLSHost{CertPEM: certPEM, KeyPEM: keyPEM}})
	require.Equal(t, string(certPEM), string(given.CertificatePEM()))
	require.Nil(t, webHosted(t, HostConfig{}).CertificatePEM())

	for name, row := range map[string]struct {
		host TLSHost
		note devices.Code
	}{
		"version too low":   {TLSHost{MinVersion: tls.VersionTLS10 - 1}, NoteTLSRange}, // SSL 3.0
		"version too high":  {TLSHost{MaxVersion: tls.VersionTLS13 + 1}, NoteTLSRange},
		"versions reversed": {TLSHost{MinVersion: tls.VersionTLS13, MaxVersion: tls.VersionTLS12}, NoteTLSRange},
		"no key":            {TLSHost{CertPEM: certPEM}, NotePairNoKey},
		"no certificate":    {TLSHost{KeyPEM: keyPEM}, NotePairNoCert},
		"swapped":           {TLSHost{CertPEM: keyPEM, KeyPEM: certPEM}, NotePairCert},
		"no PEM":            {TLSHost{CertPEM: []byte("hello"), KeyPEM: keyPEM}, NotePairCert},
		"broken":            {TLSHost{CertPEM: encoded("CERTIFICATE", []byte("hello")), KeyPEM: keyPEM}, NotePairCert},
		"key is no PEM":     {TLSHost{CertPEM: certPEM, KeyPEM: []byte("hello")}, NotePairKey},
		"key is another":    {TLSHost{CertPEM: certPEM, KeyPEM: certPEM}, NotePairKey},
		"key is broken":     {TLSHost{CertPEM: certPEM, KeyPEM: encoded("PRIVATE KEY", []byte("hello"))}, NotePairKey},
		"key is locked":     {TLSHost{CertPEM: certPEM, KeyPEM: encoded("ENCRYPTED PRIVATE KEY", []byte("sealed"))}, NotePairLocked},
		"key of another":    {TLSHost{CertPEM: h.CertificatePEM(), KeyPEM: keyPEM}, NotePairOther},
		"no authority":      {TLSHost{RequireClient: true}, NoteCA},
		"bad authority":     {TLSHost{ClientCAPEM: keyPEM}, NotePairClients},
	} {
		_, err := OpenHost(t.Context(), HostConfig{Listen: "127.0.0.1:0", TLS: &row.host})
		requireNote(t, err, devices.Unsupported, row.note)
		require.NotContains(t, err.Error(), "PRIVATE", name)
	}
}

// TestHostPlainToTLS: somebody speaks plain HTTP to an HTTPS host.
func TestHostPlainToTLS(t *testing.T) {
	h := webHosted(t, HostConfig{TLS: &TLSHost{}})
	s := shared(t, h, stored(t, "fw.bin", good))
	u, err := url.Parse(s.URLs()[0])
	require.NoError(t, err)
	u.Scheme = "http"
	resp, body := get(t, "GET", u.String())
	require.Equal(t, 400, resp.StatusCode)
	require.False(t, bytes.Contains(body, good[:10]))
	require.Zero(t, s.Count(0).Requests)
	require.Eventually(t, func() bool { return h.Stats().Strangers == 1 }, patience, time.Millisecond)
}

// TestHostTLSToPeers lets well-known clients fetch with TLS of their own.
func TestHostTLSToPeers(t *testing.T) {
	h := webHosted(t, HostConfig{TLS: &TLSHost{}})
	big := firmware(3<<20, 4)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authority, h.CertificatePEM(), 0o600))
	for name, args := range map[string]func(url, out string) []string{
		"curl": func(url, out string) []string {
			return []string{"-sS", "--noproxy", "*", "--fail", "--cacert", authority, "-o", out, url}
		},
		"wget": func(url, out string) []string {
			return []string{"-q", "--no-proxy", "--ca-certificate", authority, "-O", out, url}
		},
		"python3": func(url, out string) []string {
			return []string{"-c", "import sys,ssl,shutil,urllib.request as r; shutil.copyfileobj(r.urlopen(sys.argv[1],context=ssl.create_default_context(cafile=sys.argv[3])),open(sys.argv[2],'wb'))", url, out, authority}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := peer(t, name)
			s := shared(t, h, stored(t, "fw.bin", big))
			out := filepath.Join(t.TempDir(), "out.bin")
			said, err := exec.Command(program, args(s.URLs()[0], out)...).CombinedOutput()
			require.NoError(t, err, "%s", said)
			got, err := os.ReadFile(out)
			require.NoError(t, err)
			require.Equal(t, hexSum(big), hexSum(got))
		})
	}
}
