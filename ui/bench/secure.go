package bench

import "fotabench/updater/origin"

// Secure lets the HTTPS host, if it is on, speak TLS as t says to everybody who connects
// next; whoever fetches goes on. Errors are those of origin.Host.Secure, and change nothing.
func (b *Bench) Secure(t origin.TLSHost) error {
	b.mu.Lock()
	r := b.on[HTTPS]
	b.mu.Unlock()
	if r == nil {
		return nil
	}
	if err := r.secure(t); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r.options.TLS = &t
	return nil
}
