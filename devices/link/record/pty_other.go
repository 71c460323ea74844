//go:build !unix

package record

import (
	"context"

	"fotabench/devices"
	"fotabench/devices/link"
)

// noPTY is for systems without pseudo terminals.
type noPTY struct{ path string }

func newPTY(path string) socket { return noPTY{path} }

func (s noPTY) up() (devices.Address, error) {
	return "", &devices.Error{Op: "record: open pty", At: s.path, Kind: devices.Unsupported}
}

func (s noPTY) accept(context.Context) (link.Link, bool, error) {
	return nil, false, devices.Unsupported
}
func (s noPTY) down() error { return nil }
