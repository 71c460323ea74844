package assets

import _ "embed"

// UdevAccess is the udev rule that packages bring: it gives whoever sits at the computer the
// serial ports of modules.
//
//go:embed linux/70-fotabench.rules
var UdevAccess string
