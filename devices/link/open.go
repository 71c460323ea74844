package link

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"

	"go.bug.st/serial"

	"fotabench/devices"
)

// defaultBaud is what QuecPython's REPL uses on a UART; USB ignores it.
const defaultBaud = 115200

// Open opens a serial port (8N1, no flow control, DTR and RTS set), a pty by its
// path, or a TCP connection. Errors are of the kinds Absent, Busy (with the
// holder where the system tells), Denied or Timeout and carry a code with its
// remedy. When ctx ends, nothing stays open and context.Cause(ctx) is returned.
// What Through keeps in ctx is obeyed.
func Open(ctx context.Context, address devices.Address, settings Settings) (Link, error) {
	l, err := opener(ctx)(ctx, address, settings)
	if err == nil {
		begin(ctx)
	}
	return l, err
}

// openHere opens what is on this computer or its network.
func openHere(ctx context.Context, address devices.Address, settings Settings) (Link, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	parsed, err := ParseAddress(string(address))
	if err != nil {
		return nil, err
	}
	if settings.Baud == 0 {
		settings.Baud = defaultBaud
	}
	at := string(parsed)
	if hostport, ok := strings.CutPrefix(at, tcpPrefix); ok {
		return dial(ctx, at, hostport)
	}
	wire, rate, err := openPort(ctx, at, settings)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, errors.Join(err, wire.Close())
	}
	return newStream(at, rate, wire), nil
}

func dial(ctx context.Context, at, hostport string) (Link, error) {
	dialer := net.Dialer{
		Timeout: DialTimeout,
		// A gateway that was unplugged sends no FIN: find out in about a minute.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 20 * time.Second, Interval: 10 * time.Second, Count: 4},
	}
	conn, err := dialer.DialContext(ctx, "tcp", hostport)
	if err == nil {
		return newStream(at, 0, &polled{conn}), nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	return nil, dialError(at, err)
}

func dialError(at string, err error) error {
	e := &devices.Error{Op: "link: dial", At: at, Kind: devices.Absent, Note: NoteUnreachable, Args: []any{at}, Err: err}
	var dns *net.DNSError
	var late net.Error
	switch {
	case errors.As(err, &dns):
		e.Note = NoteNoHost
	case errors.As(err, &late) && late.Timeout():
		e.Kind, e.Note, e.Args = devices.Timeout, NoteNoAnswer, []any{at, DialTimeout.Seconds()}
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Note = NoteRefused
	}
	return e
}

// portMode is 8N1 at the given speed. Without initial status bits go-serial sets
// DTR and RTS where there are any, and does not fail where there are none.
func portMode(baud int) *serial.Mode {
	return &serial.Mode{BaudRate: baud, DataBits: 8, Parity: serial.NoParity, StopBits: serial.OneStopBit}
}

// portError translates go-serial's errors, which have a code and no Unwrap.
func portError(at string, baud int, err error) *devices.Error {
	e := &devices.Error{Op: "link: open", At: at, Kind: devices.Absent, Note: NoteOpen, Args: []any{at}, Err: err}
	var port *serial.PortError
	if !errors.As(err, &port) {
		return e
	}
	switch port.Code() {
	case serial.PortBusy:
		e.Kind, e.Note = devices.Busy, NoteBusy
	case serial.PermissionDenied:
		e.Kind, e.Note = devices.Denied, NoteDenied
	case serial.PortNotFound:
		e.Note = NoteAbsent
	case serial.InvalidSpeed:
		e.Kind, e.Note, e.Args = devices.Unsupported, NoteSpeed, []any{at, baud}
	case serial.InvalidSerialPort:
		e.Kind, e.Note = devices.Unsupported, NoteNotSerial
	}
	return e
}

// hangUp drops RTS before DTR: in the other order some boards reset. Errors mean
// that the port has no such lines, or is gone.
func hangUp(port serial.Port) {
	_ = port.SetRTS(false)
	_ = port.SetDTR(false)
}

// controlled is a port of go-serial alone.
type controlled struct{ serial.Port }

// Close drops what waits in the driver, so that no Write holds it.
func (c controlled) Close() error {
	_ = c.ResetOutputBuffer()
	hangUp(c.Port)
	return c.Port.Close()
}
