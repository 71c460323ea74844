//go:build !linux

package luat

// outstanding: this system does not say; the time that a connection stays quiet
// must do.
func outstanding(uintptr) int { return 0 }
