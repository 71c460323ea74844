package origin

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"fotabench/devices"
)

// bind opens the address that the person picked.
func bind(ctx context.Context, listen string) (net.Listener, error) {
	fail := func(kind devices.Kind, note devices.Code, err error) error {
		return &devices.Error{Op: "origin: listen", At: listen, Kind: kind, Note: note, Args: []any{listen}, Err: err}
	}
	host, port, err := net.SplitHostPort(listen)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n > 65535 {
		return nil, fail(devices.Unsupported, NoteListen, nil)
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" && host != "" {
		return nil, fail(devices.Unsupported, NoteListen, nil)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err == nil {
		return listener, nil
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

// shortage is the pause after an accept that failed: the system is short of
// something, and connections that end give it back.
const shortage = 100 * time.Millisecond

// accept lets everybody in until the listener is closed, or over is while it pauses.
func accept(listener net.Listener, over <-chan struct{}, welcome func(net.Conn)) {
	for {
		conn, err := listener.Accept()
		if err == nil {
			welcome(conn)
			continue
		}
		if errors.Is(err, net.ErrClosed) || !pause(over) {
			return
		}
	}
}

// pause waits for a moment; false if over was closed.
func pause(over <-chan struct{}) bool {
	timer := time.NewTimer(shortage)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-over:
		return false
	}
}

// shown is the address as a module has to use it. Listening everywhere is shown
// as the address with the widest reach.
func shown(addr net.Addr) string {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return addr.String()
	}
	ip := at.Addr().Unmap()
	if all := Addresses(); ip.IsUnspecified() && len(all) > 0 {
		ip = all[0].IP
	}
	return netip.AddrPortFrom(ip, at.Port()).String()
}
