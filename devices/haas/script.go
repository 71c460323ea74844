package haas

import (
	"embed"

	"fotabench/devices/repl/script"
)

//go:embed scripts/*.py
var scripts embed.FS

// arguments are handed to a script as the dictionary _fb_a.
type arguments = script.Arguments
