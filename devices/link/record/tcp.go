package record

import (
	"context"
	"errors"
	"net"

	"fotabench/devices"
	"fotabench/devices/link"
)

// tcpSocket is a port that is reached over TCP. It keeps its port number while it
// is away.
type tcpSocket struct {
	at       string
	listener net.Listener
}

func (s *tcpSocket) up() (devices.Address, error) {
	l, err := net.Listen("tcp", s.at)
	if err != nil {
		return "", &devices.Error{Op: "record: listen", At: s.at, Kind: devices.Denied, Err: err}
	}
	s.listener, s.at = l, l.Addr().String()
	return devices.Address("tcp://" + s.at), nil
}

func (s *tcpSocket) accept(ctx context.Context) (link.Link, bool, error) {
	stop := context.AfterFunc(ctx, func() { _ = s.listener.Close() })
	defer stop()
	conn, err := s.listener.Accept()
	if cause := context.Cause(ctx); cause != nil {
		if err == nil {
			_ = conn.Close()
		}
		return nil, false, cause
	}
	if err != nil {
		return nil, false, &devices.Error{Op: "record: accept", At: s.at, Kind: devices.Lost, Err: err}
	}
	return link.FromConn(conn), true, nil
}

func (s *tcpSocket) down() error {
	err := s.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
