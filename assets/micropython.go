package assets

import (
	"embed"
	"io/fs"
)

//go:embed all:micropython
var micropython embed.FS

// MicroPython gives the WebAssembly build of MicroPython that the simulated
// module runs on. It is not part of the source: .ci/fetch-micropython brings it
// from npm before the program is built, and a program built without it gets
// fs.ErrNotExist here.
func MicroPython() ([]byte, error) {
	return fs.ReadFile(micropython, "micropython/micropython.wasm")
}
