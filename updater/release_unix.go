//go:build unix

package updater

import "golang.org/x/sys/unix"

// systemRelease is the kernel's name and version.
func systemRelease() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Sysname[:]) + " " + unix.ByteSliceToString(name.Release[:])
}
