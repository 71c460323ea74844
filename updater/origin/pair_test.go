package origin

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// TestPairNamesTheFile: what is wrong is told with the name of the file that is, on a host, for
// a broker and before there is either.
func TestPairNamesTheFile(t *testing.T) {
	one, other := newAuthority(t).own(t), newAuthority(t).own(t)
	wrong := TLSHost{CertPEM: one.CertPEM, KeyPEM: other.KeyPEM, CertFile: "/a/host.pem", KeyFile: "/b/host.key"}
	for _, err := range []error{
		wrong.Check(),
		func() error {
			_, err := OpenHost(t.Context(), HostConfig{Listen: "127.0.0.1:0", TLS: &wrong})
			return err
		}(),
		webHosted(t, HostConfig{TLS: &one}).Secure(wrong),
	} {
		var e *devices.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, NotePairOther, e.Note)
		require.Equal(t, []any{"/b/host.key", "/a/host.pem"}, e.Args)
	}
}

// TestPairLapsed: a certificate whose time is over, or has not come, is shown all the same and
// told.
func TestPairLapsed(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	from, until := time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	h := TLSHost{CertPEM: encoded("CERTIFICATE", der), KeyPEM: encoded("PRIVATE KEY", keyDER), CertFile: "host.pem"}
	require.NoError(t, h.Check(), "some modules have no clock")
	for at, want := range map[time.Time]devices.Code{
		from.Add(-time.Hour): NotePairNotYet, from.Add(time.Hour): "", until.Add(time.Hour): NotePairExpired,
	} {
		code, args := h.Lapsed(at)
		require.Equal(t, want, code)
		if code != "" {
			require.Equal(t, "host.pem", args[0])
		}
	}
	code, _ := (&TLSHost{}).Lapsed(until)
	require.Empty(t, code)
}
