//go:build unix

package cli

import (
	sys "golang.org/x/sys/unix"
	"golang.org/x/term"
)

// quiet keeps a terminal from showing what is typed, and gives what it was before. It is
// the mode in which term.ReadPassword reads, so that a line that is typed before that
// begins is one: in raw mode Enter would be a letter of the password, and the end of the
// line be waited for.
func quiet(terminal int) (*term.State, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return nil, err
	}
	mode, err := sys.IoctlGetTermios(terminal, getMode)
	if err != nil {
		return nil, err
	}
	mode.Lflag &^= sys.ECHO
	mode.Lflag |= sys.ICANON | sys.ISIG
	mode.Iflag |= sys.ICRNL
	return before, sys.IoctlSetTermios(terminal, setMode, mode)
}
