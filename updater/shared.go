package updater

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"fotabench/devices"
	"fotabench/devices/link"
)

// sharedClaims is a folder for claims that all data folders of this user share. It need
// not survive a restart of the computer.
func sharedClaims() string {
	name := "fotabench"
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, name, "claims")
	}
	if u, err := user.Current(); err == nil {
		name += "-" + filepath.Base(filepath.ToSlash(strings.ReplaceAll(u.Username, `\`, "-")))
	}
	return filepath.Join(os.TempDir(), name, "claims")
}

// claimIn claims through lock files in a folder of dir, and a port of the network in the
// folder shared as well: unlike a serial port it takes two at once, and the other program
// may have another data folder. Where that folder cannot be used, the claim in dir stands
// alone.
func claimIn(dir, shared string) func(name, who string) (func(), error) {
	if dir == "" {
		return func(string, string) (func(), error) { return func() {}, nil }
	}
	return func(name, who string) (func(), error) {
		release, err := link.Claim(filepath.Join(dir, "claims"), name, who)
		if err != nil || !strings.HasPrefix(name, "tcp://") {
			return release, err
		}
		everywhere, err := link.Claim(shared, name, who)
		switch {
		case errors.Is(err, devices.Busy):
			release()
			return nil, err
		case err != nil:
			return release, nil // see above
		}
		return func() { everywhere(); release() }, nil
	}
}
