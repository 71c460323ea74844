package cli

import "golang.org/x/term"

// quiet keeps a console from showing what is typed, and gives what it was before. What is
// typed before somebody reads waits as keys, whatever the mode.
func quiet(terminal int) (*term.State, error) { return term.MakeRaw(terminal) }
