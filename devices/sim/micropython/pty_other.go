//go:build !unix

package micropython

import "fotabench/devices"

// ListenPTY is not possible here: this system has no pseudo terminals.
func (m *Module) ListenPTY(path string) (devices.Address, error) {
	return "", &devices.Error{Op: "sim: open pty", At: path, Kind: devices.Unsupported}
}
