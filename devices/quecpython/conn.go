package quecpython

import (
	"context"
	"errors"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/repl"
)

// wire connects by the raw REPL.
func wire(open func(context.Context, devices.Address) (link.Link, error)) func(context.Context, devices.Address, devices.Access) (interpreter, error) {
	return func(ctx context.Context, address devices.Address, access devices.Access) (interpreter, error) {
		l, err := open(ctx, address)
		if err != nil {
			return nil, err
		}
		c, err := repl.Open(ctx, l, repl.Options{Interrupt: access.StopProgram, Password: access.Password})
		if err != nil {
			return nil, errors.Join(located(err, address), l.Close())
		}
		return conn{c, l}, nil
	}
}

// located adds to an error where it happened, if it does not say so.
func located(err error, address devices.Address) error {
	var e *devices.Error
	if errors.As(err, &e) && e.At == "" {
		e.At = string(address)
	}
	return err
}

// conn is the interpreter behind a raw REPL.
type conn struct {
	*repl.Conn
	link link.Link
}

// Close implements interpreter.
func (c conn) Close(ctx context.Context, restarting bool) error {
	if restarting {
		return c.link.Close()
	}
	return c.Conn.Close(ctx)
}

// Exec implements interpreter.
func (c conn) Exec(ctx context.Context, code string) ([]byte, error) {
	out, err := c.Conn.Exec(ctx, code)
	return out, exception(err)
}

// Stream implements interpreter.
func (c conn) Stream(ctx context.Context, up upload, report devices.Report) (sent, error) {
	got, err := c.Conn.Stream(ctx, repl.Transfer{Setup: up.Setup, Sink: up.Sink, Size: up.Size, Body: up.Body}, report)
	return sent{
		SHA256: got.SHA256, Algorithm: got.DeviceAlgo, Hex: got.DeviceHex,
		Way: string(got.Way), Resent: got.Resent,
	}, exception(err)
}

// exception hands on what Python raised; every other error stays as it is, also
// one that says where and why around the exception.
func exception(err error) error {
	var told *devices.Error
	var e *repl.Exception
	if !errors.As(err, &told) && errors.As(err, &e) {
		return &raised{Type: e.Type, Text: e.Message, Errno: e.Errno}
	}
	return err
}
