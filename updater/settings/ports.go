package settings

import (
	"path/filepath"
	"slices"
	"strings"

	"fotabench/devices"
)

// Avoids tells whether a port is one to be left alone, by whatever name.
func (s Settings) Avoids(at devices.Address) bool {
	return slices.ContainsFunc(s.Avoid, func(a devices.Address) bool { return samePort(a, at) })
}

// samePort compares by name, and paths by where they lead.
func samePort(a, b devices.Address) bool {
	if !strings.HasPrefix(string(a), "/") || !strings.HasPrefix(string(b), "/") {
		return strings.EqualFold(string(a), string(b))
	}
	return resolved(a) == resolved(b)
}

func resolved(a devices.Address) string {
	if path, err := filepath.EvalSymlinks(string(a)); err == nil {
		return path
	}
	return filepath.Clean(string(a)) // it is not there now
}

// Spare leaves out the ports that are to be left alone, and devices that have no others.
func (s Settings) Spare(list []devices.Sighting) []devices.Sighting {
	if len(s.Avoid) == 0 {
		return list
	}
	var kept []devices.Sighting
	for _, one := range list {
		ports := slices.DeleteFunc(slices.Clone(one.Ports), func(p devices.Port) bool { return s.Avoids(p.Address) })
		if len(ports) == 0 && len(one.Ports) > 0 {
			continue
		}
		one.Ports = ports
		kept = append(kept, one)
	}
	return kept
}
