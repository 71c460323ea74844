// Package link is a byte link to a device: a serial port, a pty, a TCP
// connection, and wrappers that any of them can wear. It moves bytes and knows
// no protocol.
package link

import (
	"context"
	"time"
)

// Link is an open byte link. One goroutine may read while another writes.
type Link interface {
	// Read returns at least one byte, or an error. It waits until ctx ends and
	// then returns context.Cause(ctx); bytes that arrive later are kept for the
	// next Read. A link that went away gives an error of kind devices.Lost.
	Read(ctx context.Context, p []byte) (int, error)
	// Write sends all of p, or returns how many bytes were handed over and the
	// error. It returns when ctx ends even if the line does not drain.
	Write(ctx context.Context, p []byte) (int, error)
	// Close releases the port in any case. It may be called more than once and
	// ends reads and writes under way with kind devices.Lost.
	Close() error
	// Rate is the line's speed in bits per second, 0 where it has none (TCP, USB
	// CDC, pty). Ten bits make a byte.
	Rate() int
}

// Settings are for serial ports; other links ignore them.
type Settings struct {
	// Baud in bits per second; 0 means 115200.
	Baud int
}

// DialTimeout bounds the opening of a TCP link.
const DialTimeout = 10 * time.Second
