package origin

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"

	"fotabench/devices"
)

// Listen opens a TCP port at listen, "address:port", port 0 picks one. Errors: Busy
// (taken), Denied (below 1024 without rights), Absent (not an address of this
// computer), Unsupported (no address at all), each with its Note.
func Listen(ctx context.Context, listen string) (net.Listener, error) { return bind(ctx, listen) }

// ListenUDP is Listen for UDP.
func ListenUDP(ctx context.Context, listen string) (*net.UDPConn, error) {
	fail := func(kind devices.Kind, note devices.Code, err error) error {
		return &devices.Error{Op: "origin: listen", At: listen, Kind: kind, Note: note, Args: []any{listen}, Err: err}
	}
	if _, err := netip.ParseAddrPort(listen); err != nil {
		return nil, fail(devices.Unsupported, NoteListen, nil)
	}
	conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", listen)
	if err == nil {
		return conn.(*net.UDPConn), nil
	}
	if ctx.Err() != nil {
		return nil, fail(devices.Lost, NoteListenFailed, context.Cause(ctx))
	}
	switch takenOrLow(err) {
	case devices.Busy:
		return nil, fail(devices.Busy, NoteListenTaken, err)
	case devices.Denied:
		return nil, fail(devices.Denied, NoteListenLow, err)
	case devices.Absent:
		return nil, fail(devices.Absent, NoteListenNowhere, err)
	}
	return nil, fail(devices.Absent, NoteListenFailed, err)
}

// Shown is an address at which we listen as a device has to use it: where that is
// everywhere, the address with the widest reach.
func Shown(addr net.Addr) string { return shown(addr) }

// Check tells whether TLS can be spoken as t says, before there is a host that does. Errors:
// Unsupported, with no word of an address.
func (t *TLSHost) Check() error {
	_, _, err := t.config(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if e, ok := errors.AsType[*devices.Error](err); ok && e.Note == NoteListenFailed {
		err = &devices.Error{Op: e.Op, Kind: e.Kind, Err: e.Err}
	}
	return err
}

// Config is the configuration for a server at an address that is not a Host, such
// as an MQTT broker. Errors: Unsupported.
func (t *TLSHost) Config(at net.Addr) (*tls.Config, error) {
	config, _, err := t.config(at)
	return config, err
}
