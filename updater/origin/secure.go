package origin

import (
	"crypto/tls"
	"errors"
	"net"
)

// certified is how a Host speaks TLS at the moment.
type certified struct {
	config          *tls.Config
	certPEM, keyPEM []byte
	// made is true for a certificate that was made here.
	made bool
}

// certify is the way to speak TLS at an address that t asks for. Errors: Unsupported.
func certify(t TLSHost, at net.Addr) (*certified, error) {
	made := len(t.CertPEM) == 0 && len(t.KeyPEM) == 0
	if made {
		var err error
		if t.CertPEM, t.KeyPEM, err = selfMade(at); err != nil {
			return nil, unspoken(at, NoteListenFailed, err)
		}
	}
	config, certPEM, err := t.config(at)
	if err != nil {
		return nil, err
	}
	config.NextProtos = []string{"http/1.1"}
	return &certified{config, certPEM, t.KeyPEM, made}, nil
}

// Secure lets an HTTPS host speak TLS as t says from now on, to everybody who connects next;
// connections that there are go on. A certificate that was made here stays where t has none,
// since devices may have been given it. It is safe for concurrent use. Errors: Unsupported
// (TLS cannot be so, or the host is one without TLS), which changes nothing.
func (h *Host) Secure(t TLSHost) error {
	h.renewing.Lock()
	defer h.renewing.Unlock()
	before := h.shows.Load()
	if before == nil {
		return unspoken(h.listener.Addr(), NoteListenFailed, errors.New("a host without TLS"))
	}
	kept := before.made && len(t.CertPEM) == 0 && len(t.KeyPEM) == 0
	if kept {
		t.CertPEM, t.KeyPEM = before.certPEM, before.keyPEM
	}
	next, err := certify(t, h.listener.Addr())
	if err != nil {
		return err
	}
	next.made = next.made || kept
	h.shows.Store(next)
	return nil
}
