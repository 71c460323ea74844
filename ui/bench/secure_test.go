package bench

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/updater/origin"
)

// TestLapsedCertificateIsRemarked: a certificate whose time is over is shown, since modules
// without a clock take it, and a person is told which file it is.
func TestLapsedCertificateIsRemarked(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(86400, 0)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	b := newBench(t)
	require.NoError(t, b.On(t.Context(), HTTPS, Options{Listen: "127.0.0.1:0", TLS: &origin.TLSHost{
		CertPEM:  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		KeyPEM:   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		CertFile: "host.pem",
	}}))
	i := slices.IndexFunc(status(t, b, HTTPS).Remarks, func(r Remark) bool { return r.Code == origin.NotePairExpired })
	require.GreaterOrEqual(t, i, 0)
	assert.Equal(t, []any{"host.pem", "1970-01-02"}, status(t, b, HTTPS).Remarks[i].Args)
}
