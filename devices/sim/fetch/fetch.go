// Package fetch is how simulated devices get a file from a server: over HTTP,
// HTTPS or FTP, through this computer's own network. What went wrong is a
// Reason; each device makes its own number of it.
package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"
)

// Reason is why a file did not come.
type Reason string

// The reasons.
const (
	Stopped   Reason = "stopped"    // the device gave up: its context ended
	BadURL    Reason = "bad url"    // not a URL, or a scheme that nobody knows
	NoHost    Reason = "no host"    // the name has no address
	Late      Reason = "late"       // no answer in time
	NoConnect Reason = "no connect" // refused, unreachable
	Insecure  Reason = "insecure"   // no TLS session that the device trusts
	Denied    Reason = "denied"     // the server wants another user
	NoFile    Reason = "no file"    // the server has no such file
	Status    Reason = "status"     // another answer than the file
	BadSize   Reason = "bad size"   // the server does not say how much comes, or not truly
	TooLarge  Reason = "too large"  // more than MaxFile
	Broken    Reason = "broken"     // the connection broke off
)

// MaxFile is the largest file that a device takes, in bytes.
const MaxFile = 100 << 20

// Silence bounds the time in which a server says nothing.
const Silence = 60 * time.Second

// Error is a file that did not come.
type Error struct {
	Reason Reason
	Err    error
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("fetch: %s: %v", e.Reason, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Failed makes an error.
func Failed(reason Reason, err error) error { return &Error{Reason: reason, Err: err} }

// ReasonOf finds the reason of an error that came from this package or from the
// network.
func ReasonOf(err error) Reason {
	var own *Error
	var dns *net.DNSError
	var timeout net.Error
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return Stopped
	case errors.As(err, &own):
		return own.Reason
	case errors.As(err, &dns):
		return NoHost
	case errors.As(err, &timeout) && timeout.Timeout():
		return Late
	case errors.As(err, &op):
		return NoConnect
	}
	return Broken
}

// Settings are how a device asks.
type Settings struct {
	// TLS is for https; nil verifies nothing, as modules do by default.
	TLS *tls.Config
	// Agent is what it calls itself.
	Agent string
	// From is the first byte that it asks for; HTTP only.
	From int64
}

// Open begins to fetch a file and gives the size that the server promises: of
// what is still to come, 1 to MaxFile bytes. Errors have a Reason.
func Open(ctx context.Context, address string, s Settings) (io.ReadCloser, int64, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, 0, Failed(BadURL, errors.New("not a URL"))
	}
	switch u.Scheme {
	case "http", "https":
		return openHTTP(ctx, u, s)
	case "ftp":
		return openFTP(ctx, u)
	}
	return nil, 0, Failed(BadURL, fmt.Errorf("scheme %q", u.Scheme))
}

// Settled tells whether a download of size bytes has come to its end after got
// bytes and a read that gave err, and to which.
func Settled(ctx context.Context, got, size int64, err error) (bool, error) {
	switch {
	case ctx.Err() != nil:
		return true, Failed(Stopped, context.Cause(ctx))
	case got > size:
		return true, Failed(BadSize, fmt.Errorf("more than %d bytes", size))
	case errors.Is(err, io.EOF) && got == size:
		return true, nil
	case errors.Is(err, io.EOF):
		return true, Failed(Broken, fmt.Errorf("%d of %d bytes", got, size))
	case err != nil:
		return true, Failed(Broken, err)
	}
	return false, nil
}
