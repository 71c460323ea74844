package quecpython

import (
	"context"
	"io"

	"fotabench/devices"
)

// interpreter runs Python on the device. After its ctx ended, Exec may leave
// the device busy; Stop brings it back to where Exec works again.
type interpreter interface {
	// Exec returns what code printed; an exception is a *raised.
	Exec(ctx context.Context, code string) ([]byte, error)
	Stop(ctx context.Context) error
	// Stream feeds a body to a callable of the device.
	Stream(ctx context.Context, up upload, report devices.Report) (sent, error)
	// Close releases the port, and before that leaves the device as it was found,
	// unless it is restarting: a key sent to it then could stop its program.
	Close(ctx context.Context, restarting bool) error
}

// upload is what Stream moves.
type upload struct {
	// Setup runs first; it defines the callable named Sink.
	Setup, Sink string
	Size        int64
	Body        io.Reader
}

// sent is what Stream achieved.
type sent struct {
	SHA256 string // of the bytes as they left, lower-case hex
	// Algorithm and Hex are the device's digest of what the sink was handed, ""
	// where it has none.
	Algorithm, Hex string
	Way            string
	Resent         int // blocks
}

// raised is an exception that the device's code raised.
type raised struct {
	Type, Text string
	Errno      int
}

// Error implements error.
func (r *raised) Error() string { return r.Type + ": " + r.Text }
