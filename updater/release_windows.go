package updater

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// systemRelease is Windows' version and build.
func systemRelease() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("Windows %d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
}
