package micropython

import (
	"embed"
	"io/fs"
)

// modules are the Python sources that belong to the firmware.
//
//go:embed modules/*.py
var modules embed.FS

// freezeModules makes them importable.
func (m *Module) freezeModules() error {
	entries, err := fs.ReadDir(modules, "modules")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !m.board.brings(entry.Name()) || entry.Name() == "Qth.py" && m.options.Platform == nil {
			continue
		}
		source, err := modules.ReadFile("modules/" + entry.Name())
		if err != nil {
			return err
		}
		m.disk.freeze(entry.Name(), source)
	}
	return nil
}
