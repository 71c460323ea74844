package assets

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

//go:embed usb.json
var usbJSON []byte

// USBTable is what is known of modules by their USB ids alone.
type USBTable struct {
	// Vendors are names by vendor id.
	Vendors map[string]string `json:"vendors"`
	// Devices are modules and bridges in their working mode.
	Devices []USBDevice `json:"devices"`
	// Download are boot ROMs that only a vendor's flasher can speak to.
	Download []USBDevice `json:"download"`
}

// USBDevice is one pair of ids; VID and PID are upper-case hex.
type USBDevice struct {
	VID      string `json:"vid"`
	PID      string `json:"pid"`
	Platform string `json:"platform"`
	// Shared is true for bridge chips that any maker uses: the roles are then
	// no more than a guess.
	Shared bool `json:"shared"`
	// Interfaces are the roles of ports (devices.Role) by interface number.
	Interfaces map[string]string `json:"interfaces"`
}

// USB is the embedded table.
func USB() (USBTable, error) {
	var table USBTable
	if err := json.Unmarshal(usbJSON, &table); err != nil {
		return USBTable{}, fmt.Errorf("assets: usb.json: %w", err)
	}
	return table, nil
}

// Find gives what has these ids and whether it is a boot ROM.
func (t USBTable) Find(vid, pid string) (found USBDevice, download, ok bool) {
	for i, list := range [][]USBDevice{t.Devices, t.Download} {
		for _, d := range list {
			if strings.EqualFold(d.VID, vid) && strings.EqualFold(d.PID, pid) {
				return d, i == 1, true
			}
		}
	}
	return USBDevice{}, false, false
}

// Role is the role of an interface, "" if it is not known.
func (d USBDevice) Role(number int) string { return d.Interfaces[strconv.Itoa(number)] }
