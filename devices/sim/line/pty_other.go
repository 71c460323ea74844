//go:build !unix

package line

import "fotabench/devices"

// PTY is not possible here: this system has no pseudo terminals.
func PTY(path string) (Port, error) {
	return nil, &devices.Error{Op: "sim: open pty", At: path, Kind: devices.Unsupported}
}
