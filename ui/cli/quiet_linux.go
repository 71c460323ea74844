package cli

import sys "golang.org/x/sys/unix"

// How the mode of a terminal is asked for and set.
const (
	getMode = sys.TCGETS
	setMode = sys.TCSETS
)
