package link

import (
	"io"
	"testing"
)

// systemKinds is empty: Windows has no ptys, and its COM ports need hardware.
func systemKinds() map[string]func(testing.TB) (Link, io.ReadWriteCloser) { return nil }
