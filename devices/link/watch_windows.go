package link

import (
	"context"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"fotabench/devices"
)

// pollEvery: a list takes a few milliseconds. WM_DEVICECHANGE would need a
// hidden window with its own locked thread and message loop, which is out of
// proportion to half a second of waiting.
const pollEvery = time.Second

func newLister() func(context.Context) ([]plug, error) { return listPorts }

func systemHints(context.Context, func()) {}

// classes are the device classes that have COM ports. Modem drivers register
// theirs in a class of their own.
var classes = []string{"Ports", "Modem"}

func listPorts(context.Context) ([]plug, error) {
	var plugs []plug
	for _, class := range classes {
		guids, err := windows.SetupDiClassGuidsFromNameEx(class, "")
		if err != nil {
			return nil, err
		}
		for i := range guids {
			of, err := listClass(&guids[i])
			if err != nil {
				return nil, err
			}
			plugs = append(plugs, of...)
		}
	}
	return plugs, nil
}

func listClass(class *windows.GUID) (plugs []plug, err error) {
	set, err := windows.SetupDiGetClassDevsEx(class, "", 0, windows.DIGCF_PRESENT, 0, "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = set.Close() }()
	for i := 0; ; i++ {
		data, err := set.EnumDeviceInfo(i)
		if err != nil {
			return plugs, nil // no more of them
		}
		if p, ok := describe(set, data); ok {
			plugs = append(plugs, p)
		}
	}
}

func describe(set windows.DevInfo, data *windows.DevInfoData) (plug, bool) {
	name := portName(set, data)
	if !comPort.MatchString(name) {
		return plug{}, false // a printer, or gone in this moment
	}
	id, err := set.DeviceInstanceID(data)
	if err != nil {
		return plug{}, false
	}
	p := parseInstance(id, property(set, data, windows.SPDRP_LOCATION_PATHS))
	p.address = devices.Address(name)
	p.description = property(set, data, windows.SPDRP_FRIENDLYNAME)
	p.manufacturer = property(set, data, windows.SPDRP_MFG)
	return p, true
}

func portName(set windows.DevInfo, data *windows.DevInfoData) string {
	handle, err := set.OpenDevRegKey(data, windows.DICS_FLAG_GLOBAL, 0, windows.DIREG_DEV, windows.KEY_READ)
	if err != nil {
		return ""
	}
	key := registry.Key(handle)
	defer func() { _ = key.Close() }()
	name, _, err := key.GetStringValue("PortName")
	if err != nil {
		return ""
	}
	return name
}

// property is a text property, of several the first.
func property(set windows.DevInfo, data *windows.DevInfoData, which windows.SPDRP) string {
	value, err := set.DeviceRegistryProperty(data, which)
	if err != nil {
		return ""
	}
	switch v := value.(type) {
	case string:
		return v
	case []string:
		if len(v) > 0 {
			return v[0]
		}
	}
	return ""
}
