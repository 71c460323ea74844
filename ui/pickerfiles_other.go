//go:build !windows

package ui

import (
	"io/fs"
	"strings"
)

// root is the folder that is always there.
func root() string { return "/" }

// hidden tells whether people are not shown a file unless they ask.
func hidden(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }

// drives is where everything is.
func drives() []pickPlace { return []pickPlace{{placeComputer, root()}} }
