package bench

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"

	"fotabench/devices"
	"fotabench/updater/origin"
)

// trust is what a client of a broker trusts: the system's authorities, and ca.
func trust(ca string) (*tls.Config, error) {
	if ca == "" {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM([]byte(ca)) {
		return nil, &devices.Error{Op: "bench: trust", Kind: devices.Unsupported, Note: origin.NoteCA}
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// clientID is one that no other client of the broker has.
func clientID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand
	return "fotabench-" + hex.EncodeToString(b[:])
}
