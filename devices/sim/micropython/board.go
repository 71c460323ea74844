package micropython

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// board is what differs between the makers whose MicroPython is simulated: what
// firmware brings, and where it keeps files.
type board struct {
	// haas is true for AliOS Things with HaaS Python, which has the module ota
	// and light apps, but neither fota nor a cellular modem.
	haas bool
	// maker and port are how the operating system names it.
	maker, port string
	// entry is the user program; folders are there from the start; path is where
	// modules are looked for.
	entry         string
	folders, path []string
	// lacks are modules that belong to other makers' firmware.
	lacks []string
}

// haasPrefix begins the names of the boards that run HaaS Python.
const haasPrefix = "HAAS"

// Where HaaS Python keeps its light app (AliOS-Things, py_defines.h).
const (
	appFolder   = "/data/pyamp"
	appManifest = "/data/pyamp/manifest.json"
)

// boardOf finds the board of a model.
func boardOf(model string) board {
	if strings.HasPrefix(strings.ToUpper(model), haasPrefix) {
		return board{
			haas: true, maker: "Alibaba ", port: "USB-SERIAL", entry: appFolder + "/main.py",
			folders: []string{"/data", appFolder, "/data/lib"}, path: []string{"", frozen, appFolder, "/data/lib"},
			lacks: []string{"app_fota.py", "checkNet.py", "fota.py", "misc.py", "modem.py", "net.py", "ql_fs.py", "request.py", "Qth.py"},
		}
	}
	return board{
		maker: "Quectel ", port: "Quectel USB REPL Port", entry: "/usr/main.py",
		folders: []string{"/usr", "/bak"}, path: []string{"", frozen, "/usr", "/lib"},
		lacks: []string{"kv.py", "machine.py", "ota.py"},
	}
}

// brings tells whether the firmware has a module.
func (b board) brings(name string) bool { return !slices.Contains(b.lacks, name) }

// searchPath is the import path as Python text.
func (b board) searchPath() string { return "'" + strings.Join(b.path, "', '") + "'" }

// light is the manifest of a light app, as the makers' examples read it.
type light struct {
	AppID   string `json:"appid"`
	Version string `json:"version"`
}

// lightApp is the app that a board is delivered with.
func lightApp(version string) map[string][]byte {
	text, err := json.Marshal(light{AppID: "8800100099991000", Version: version})
	if err != nil {
		panic(err) // texts always marshal
	}
	return map[string][]byte{appManifest: text, path.Join(appFolder, "app.py"): []byte("version = '" + version + "'\n")}
}

// appVersion is the version of the light app that is stored, "" if none says.
func (d *disk) appVersion() string {
	text, _ := d.get(appManifest)
	var app light
	_ = json.Unmarshal(text, &app) // what cannot be read says nothing
	return app.Version
}

// liveApp gives the version of the light app that was unpacked. A board that is
// ordered to keep the old one has its folder put back.
func (m *Module) liveApp() string {
	m.modem.mu.Lock()
	before := m.modem.before
	m.modem.before = nil
	m.modem.mu.Unlock()
	if m.options.Faults.Has(faultOldVersion) {
		m.disk.putBack(appFolder, before)
	}
	return m.disk.appVersion()
}

// wakeApp is the start of the light app that is stored.
func (m *Module) wakeApp() {
	if !m.board.haas {
		return
	}
	version := m.disk.appVersion()
	m.change(func() { m.state.Firmware = version })
}
