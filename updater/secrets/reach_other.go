//go:build !linux

package secrets

// reachable tells whether asking the keyring can do no harm.
func reachable() bool { return true }
