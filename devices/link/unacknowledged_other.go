//go:build !linux

package link

// Acknowledges tells whether this system says what was acknowledged.
const Acknowledges = false

// unacknowledged: this system does not say.
func unacknowledged(uintptr) int { return 0 }
