package settings

import (
	"encoding/pem"
	"os"
	"path/filepath"

	"fotabench/devices"
	"fotabench/updater/origin"
)

// TLS are paths of PEM files that devices may be given. They are read each time, and go to
// a device only when somebody says so for an upgrade.
type TLS struct {
	CA   string `json:"ca,omitempty"`
	Cert string `json:"cert,omitempty"`
	Key  string `json:"key,omitempty"`
}

// CheckPEM tells whether a path, if there is one, leads to a PEM file now.
func CheckPEM(path string) error {
	text, err := origin.ReadPEM(path)
	if block, _ := pem.Decode([]byte(text)); path == "" || err == nil && block != nil {
		return nil
	}
	return &devices.Error{Op: "settings: certificate", At: path, Kind: devices.Absent, Note: NotePEM, Args: []any{path}, Err: err}
}

// CheckLibrary tells whether a folder can be that of the packages, if there is one; whether
// it is empty or a library already is for those to say who open it.
func CheckLibrary(folder, _ string) error { return isFolder("settings: library", folder) }

// checkPicked tells whether files can be picked in a folder, if there is one.
func checkPicked(folder, _ string) error { return isFolder("settings: picked", folder) }

func isFolder(op, folder string) error {
	if folder == "" {
		return nil
	}
	info, err := os.Stat(folder)
	if err != nil || !info.IsDir() {
		return &devices.Error{Op: op, At: folder, Kind: devices.Absent, Note: NoteFolder, Args: []any{folder}, Err: err}
	}
	return nil
}

// within tells whether a path is another one or below it.
func within(path, other string) bool {
	inner, err := filepath.Rel(other, path)
	return err == nil && filepath.IsLocal(inner)
}

// CheckWatch tells whether packages can be taken from a folder, if there is one: one of
// the data folder's own would be taken into itself.
func CheckWatch(folder, data string) error {
	if folder == "" {
		return nil
	}
	info, err := os.Stat(folder)
	if err != nil || !info.IsDir() {
		return &devices.Error{Op: "settings: watch", At: folder, Kind: devices.Absent, Note: NoteFolder, Args: []any{folder}, Err: err}
	}
	// Both are followed to where they lead.
	at, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(data); err == nil {
		data = real
	}
	if within(at, data) {
		return &devices.Error{Op: "settings: watch", At: folder, Kind: devices.Refused, Note: NoteOwnFolder, Args: []any{folder}}
	}
	return nil
}
