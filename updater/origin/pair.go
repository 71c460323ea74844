package origin

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"time"

	"fotabench/devices"
)

// What is wrong with the files of a host over TLS. {0} is the file, or what it is to hold
// where its name is not known.
const (
	NotePairCert    devices.Code = "origin.pair.cert"
	NotePairKey     devices.Code = "origin.pair.key"
	NotePairLocked  devices.Code = "origin.pair.locked"
	NotePairOther   devices.Code = "origin.pair.other" // the key's file, the certificate's
	NotePairNoKey   devices.Code = "origin.pair.nokey"
	NotePairNoCert  devices.Code = "origin.pair.nocert"
	NotePairClients devices.Code = "origin.pair.clients"
	// NotePairExpired and NotePairNotYet are remarks: {1} is the last or first day, in UTC.
	NotePairExpired devices.Code = "origin.pair.expired"
	NotePairNotYet  devices.Code = "origin.pair.notyet"
	// NoteTLSRange: the versions are none that can be spoken.
	NoteTLSRange devices.Code = "origin.tls.range"

	theCert    devices.Code = "origin.pair.thecert"
	theKey     devices.Code = "origin.pair.thekey"
	theClients devices.Code = "origin.pair.theclients"
)

// file is the name of a file, or what it holds where that is not known.
func file(name string, holds devices.Code) any {
	if name == "" {
		return holds
	}
	return name
}

// mispaired is a certificate and key of which a host cannot speak TLS.
func mispaired(note devices.Code, err error, args ...any) error {
	at := "https"
	if len(args) > 0 {
		if name, named := args[0].(string); named {
			at = name
		}
	}
	return &devices.Error{Op: "origin: tls host", At: at, Kind: devices.Unsupported, Note: note, Args: args, Err: err}
}

// pair is the certificate with its key. Errors: Unsupported, with the file that is wrong.
func (t *TLSHost) pair() (tls.Certificate, error) {
	cert, key := file(t.CertFile, theCert), file(t.KeyFile, theKey)
	switch {
	case len(t.KeyPEM) == 0:
		return tls.Certificate{}, mispaired(NotePairNoKey, nil, cert)
	case len(t.CertPEM) == 0:
		return tls.Certificate{}, mispaired(NotePairNoCert, nil, key)
	}
	pair, err := tls.X509KeyPair(t.CertPEM, t.KeyPEM)
	if err == nil {
		return pair, nil
	}
	private := block(t.KeyPEM, "PRIVATE KEY")
	switch certificate := block(t.CertPEM, "CERTIFICATE"); {
	case certificate == nil:
		return pair, mispaired(NotePairCert, err, cert)
	case private == nil:
		return pair, mispaired(NotePairKey, err, key)
	case strings.Contains(private.Type, "ENCRYPTED") || strings.Contains(private.Headers["Proc-Type"], "ENCRYPTED"):
		return pair, mispaired(NotePairLocked, err, key)
	case strings.Contains(err.Error(), "does not match"):
		return pair, mispaired(NotePairOther, err, key, cert)
	case strings.Contains(err.Error(), "private key"):
		return pair, mispaired(NotePairKey, err, key)
	}
	return pair, mispaired(NotePairCert, err, cert)
}

// block is the first of some kind in a PEM text, nil if there is none.
func block(text []byte, kind string) *pem.Block {
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil || strings.HasSuffix(b.Type, kind) {
			return b
		}
	}
}

// clients are the authorities of clients. Errors: Unsupported.
func (t *TLSHost) clients() (*x509.CertPool, error) {
	pool, err := x509.NewCertPool(), errors.New("no certificate of an authority for clients")
	switch {
	case pool.AppendCertsFromPEM(t.ClientCAPEM):
		return pool, nil
	case len(bytes.TrimSpace(t.ClientCAPEM)) == 0:
		return nil, mispaired(NoteCA, err)
	}
	return nil, mispaired(NotePairClients, err, file(t.ClientCAFile, theClients))
}

// Lapsed says at a time that the certificate, if one is given, has expired or is not valid
// yet, with the arguments of its sentence; "" if it is valid or cannot be read. Some modules
// have no clock and take it all the same, so a host shows it.
func (t *TLSHost) Lapsed(now time.Time) (devices.Code, []any) {
	b := block(t.CertPEM, "CERTIFICATE")
	if b == nil {
		return "", nil
	}
	leaf, err := x509.ParseCertificate(b.Bytes)
	switch {
	case err != nil:
		return "", nil
	case now.After(leaf.NotAfter):
		return NotePairExpired, []any{file(t.CertFile, theCert), leaf.NotAfter.UTC().Format(time.DateOnly)}
	case now.Before(leaf.NotBefore):
		return NotePairNotYet, []any{file(t.CertFile, theCert), leaf.NotBefore.UTC().Format(time.DateOnly)}
	}
	return "", nil
}
