package atmodem

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"fotabench/devices/sim/fetch"
)

// fotaContext is the context of AT+QSSLCFG that downloads of firmware use. [C]
const fotaContext = "1"

// tls gives what AT+QSSLCFG asks for, with the files from the store; level 0, the
// default, verifies nothing.
func (m *Module) tls() (fetch.Settings, error) {
	m.mu.Lock()
	of := func(name string) string { return m.settings.tls[name+" "+fotaContext] }
	level, version, ca, cert, key := of("seclevel"), of("sslversion"), of("cacert"), of("clientcert"), of("clientkey")
	m.mu.Unlock()
	c := &tls.Config{InsecureSkipVerify: level == "" || level == "0", MinVersion: tls.VersionTLS10}
	if v := map[string]uint16{"1": tls.VersionTLS10, "2": tls.VersionTLS11, "3": tls.VersionTLS12}[version]; v != 0 {
		c.MinVersion, c.MaxVersion = v, v
	}
	settings := fetch.Settings{TLS: c, Agent: agent}
	if !c.InsecureSkipVerify {
		text, _ := m.files.get(ca)
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return settings, fetch.Failed(fetch.Insecure, errors.New("no certificate to trust"))
		}
	}
	if level == "2" {
		first, _ := m.files.get(cert)
		second, _ := m.files.get(key)
		pair, err := tls.X509KeyPair(first, second)
		if err != nil {
			return settings, fetch.Failed(fetch.Insecure, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return settings, nil
}
