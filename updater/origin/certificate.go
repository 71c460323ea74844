package origin

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
)

// TLSHost says how a Host speaks TLS. Old modules need old versions and ciphers, so
// whoever opens a host decides for it; RC4, 3DES and SSL 3.0 are never spoken.
type TLSHost struct {
	// MinVersion and MaxVersion are of tls.VersionTLS10 to tls.VersionTLS13; 0 is
	// the lowest and the highest of these.
	MinVersion, MaxVersion uint16
	// CertPEM and KeyPEM are the certificate, with its chain, and its key. Both
	// empty: one is made for the addresses of the host, see CertificatePEM.
	CertPEM, KeyPEM []byte
	// ClientCAPEM are the authorities whose client certificates are taken; a
	// client that shows another one is turned away.
	ClientCAPEM []byte
	// RequireClient turns away clients without a certificate. It needs
	// ClientCAPEM.
	RequireClient bool
	// CertFile, KeyFile and ClientCAFile are the names of the files that the texts are from,
	// for what is told of a mistake; each may be "".
	CertFile, KeyFile, ClientCAFile string
}

// config is the configuration for a host at an address, and the certificate it
// shows. Errors: Unsupported.
func (t *TLSHost) config(at net.Addr) (*tls.Config, []byte, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS13, CipherSuites: oldCiphers()}
	if t.MinVersion != 0 {
		config.MinVersion = t.MinVersion
	}
	if t.MaxVersion != 0 {
		config.MaxVersion = t.MaxVersion
	}
	if config.MinVersion < tls.VersionTLS10 || config.MaxVersion > tls.VersionTLS13 || config.MinVersion > config.MaxVersion {
		return nil, nil, mispaired(NoteTLSRange, errors.New("the versions must be 1.0 to 1.3, the lowest first"))
	}
	shown := *t
	if len(t.CertPEM) == 0 && len(t.KeyPEM) == 0 {
		var err error
		if shown.CertPEM, shown.KeyPEM, err = selfMade(at); err != nil {
			return nil, nil, unspoken(at, NoteListenFailed, err)
		}
	}
	pair, err := shown.pair()
	if err != nil {
		return nil, nil, err
	}
	config.Certificates = []tls.Certificate{pair}
	if len(t.ClientCAPEM) == 0 && !t.RequireClient {
		return config, shown.CertPEM, nil
	}
	config.ClientAuth = tls.VerifyClientCertIfGiven
	if config.ClientCAs, err = t.clients(); err != nil {
		return nil, nil, err
	}
	if t.RequireClient {
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config, shown.CertPEM, nil
}

// unspoken is a TLS host that cannot be as it is configured.
func unspoken(at net.Addr, note devices.Code, err error) error {
	return &devices.Error{Op: "origin: tls host", At: at.String(), Kind: devices.Unsupported, Note: note, Args: []any{at.String()}, Err: err}
}

// oldCiphers are all that the library knows without the two that are broken in
// practice: modules of 2012 offer nothing but RSA key exchange with CBC.
func oldCiphers() []uint16 {
	var ids []uint16
	for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if !strings.Contains(c.Name, "RC4") && !strings.Contains(c.Name, "3DES") {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// The validity of a certificate that is made here: from before any module's clock
// starts, since one without network time says 1970 or 1980, and for longer than a
// bench lasts, but below 2050, where dates get another form.
const (
	certFrom  = 0 // seconds since 1970
	certYears = 10
)

// selfMade makes a certificate and key for the addresses of a host: RSA with 2048
// bits and SHA-256, which every module's TLS knows. It is its own authority, so
// that a device can be given it as such.
func selfMade(at net.Addr) (certPEM, keyPEM []byte, err error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	host, _, err := net.SplitHostPort(shown(at))
	if err != nil {
		return nil, nil, err
	}
	form := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: host},
		NotBefore: time.Unix(certFrom, 0), NotAfter: time.Now().AddDate(certYears, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:        true, BasicConstraintsValid: true,
		IPAddresses: reachedAt(at), DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return encoded("CERTIFICATE", der), encoded("PRIVATE KEY", keyDER), nil
}

func encoded(kind string, der []byte) []byte {
	var text bytes.Buffer
	_ = pem.Encode(&text, &pem.Block{Type: kind, Bytes: der}) // a buffer takes all
	return text.Bytes()
}

// reachedAt are the addresses under which a listener is reached.
func reachedAt(at net.Addr) []net.IP {
	where, err := netip.ParseAddrPort(at.String())
	if err != nil {
		return nil
	}
	if ip := where.Addr().Unmap(); !ip.IsUnspecified() {
		return []net.IP{ip.AsSlice()}
	}
	var all []net.IP
	for _, a := range Addresses() {
		all = append(all, a.IP.AsSlice())
	}
	return all
}
