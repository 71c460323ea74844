//go:build unix && !linux

package cli

import sys "golang.org/x/sys/unix"

// How the mode of a terminal is asked for and set.
const (
	getMode = sys.TIOCGETA
	setMode = sys.TIOCSETA
)
