package updater

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"fotabench/devices"
	"fotabench/devices/link"
)

// sharedFolder is a folder for what all data folders of this user share. It need not
// survive a restart of the computer. The folder of a session counts only if it is this
// user's: who became another user may still have that of the first in the environment.
func sharedFolder() string {
	const name = "fotabench"
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) && link.Owned(dir) {
		return filepath.Join(dir, name)
	}
	who := strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil {
		who = filepath.Base(filepath.ToSlash(strings.ReplaceAll(u.Username, `\`, "-")))
	}
	return filepath.Join(os.TempDir(), name+"-"+who)
}

// claimIn claims through lock files in a folder of dir, and a port of the network in one
// of the folder shared as well: unlike a serial port, which the kernel gives to one program
// whoever runs it, it takes two at once, and the other program may have another data
// folder. Where shared cannot be made, the claim in dir stands alone; where it is not this
// user's alone, there is no claim: others could take it away, or lead our writing astray.
func claimIn(dir, shared string) func(name, who string) (func(), error) {
	if dir == "" {
		return func(string, string) (func(), error) { return func() {}, nil }
	}
	return func(name, who string) (func(), error) {
		release, err := link.Claim(filepath.Join(dir, "claims"), name, who)
		if err != nil || !strings.HasPrefix(name, "tcp://") {
			return release, err
		}
		everywhere, err := claimShared(shared, name, who)
		switch {
		case errors.Is(err, devices.Busy), errors.Is(err, devices.Denied):
			release()
			return nil, err
		case err != nil:
			return release, nil // see above
		}
		return func() { everywhere(); release() }, nil
	}
}

// claimShared claims through a lock file below the folder shared.
func claimShared(shared, name, who string) (func(), error) {
	if err := link.OwnFolder(shared); err != nil {
		return nil, err
	}
	return link.Claim(filepath.Join(shared, "claims"), name, who)
}
