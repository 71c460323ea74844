package link

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"

	"fotabench/devices"
)

// parseIOReg reads the property list that "ioreg -a -l -r -c IOUSBHostDevice"
// prints on macOS: USB devices, their interfaces below, and below those the
// serial clients with the name of the port.
func parseIOReg(r io.Reader) ([]plug, error) {
	d := xml.NewDecoder(r)
	d.Strict = false
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil, nil // no USB device: ioreg prints nothing
		}
		if err != nil {
			return nil, fmt.Errorf("ioreg: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local == "plist" {
			continue
		}
		value, err := plistValue(d, start, 0)
		if err != nil {
			return nil, fmt.Errorf("ioreg: %w", err)
		}
		var plugs []plug
		descend(value, plug{number: -1}, &plugs)
		// What hangs on a hub is printed below the hub and again by itself.
		seen := map[devices.Address]bool{}
		return slices.DeleteFunc(plugs, func(p plug) bool {
			again := seen[p.address]
			seen[p.address] = true
			return again
		}), nil
	}
}

// plistDeepest bounds a property list's nesting; real ones reach about thirty.
const plistDeepest = 200

// plistValue is a dict, an array, or a text; other types are given as text.
func plistValue(d *xml.Decoder, start xml.StartElement, depth int) (any, error) {
	if depth > plistDeepest {
		return nil, fmt.Errorf("nested too deeply")
	}
	switch start.Name.Local {
	case "dict":
		dict := map[string]any{}
		key := ""
		err := plistChildren(d, func(child xml.StartElement) (err error) {
			if child.Name.Local == "key" {
				return d.DecodeElement(&key, &child)
			}
			dict[key], err = plistValue(d, child, depth+1)
			return err
		})
		return dict, err
	case "array":
		var array []any
		err := plistChildren(d, func(child xml.StartElement) error {
			v, err := plistValue(d, child, depth+1)
			array = append(array, v)
			return err
		})
		return array, err
	}
	var text string
	err := d.DecodeElement(&text, &start)
	return text, err
}

func plistChildren(d *xml.Decoder, each func(xml.StartElement) error) error {
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := each(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// descend carries what is known of the device down to its serial clients.
func descend(value any, p plug, plugs *[]plug) {
	if array, ok := value.([]any); ok {
		for _, v := range array {
			descend(v, p, plugs)
		}
		return
	}
	dict, ok := value.(map[string]any)
	if !ok {
		return
	}
	if vid, ok := number(dict["idVendor"]); ok && dict["bInterfaceNumber"] == nil {
		pid, _ := number(dict["idProduct"])
		place, _ := number(dict["locationID"])
		p = plug{
			number: -1, vid: fmt.Sprintf("%04X", vid), pid: fmt.Sprintf("%04X", pid), place: fmt.Sprintf("%08X", place),
			serial: text(dict, "USB Serial Number", "kUSBSerialNumberString"), manufacturer: text(dict, "USB Vendor Name", "kUSBVendorString"),
			product: text(dict, "USB Product Name", "kUSBProductString"),
		}
	}
	if n, ok := number(dict["bInterfaceNumber"]); ok {
		p.number = n
		p.description = text(dict, "USB Interface Name", "kUSBString", "IORegistryEntryName")
	}
	// A callout device does not wait for a carrier, as its tty twin does.
	if name := text(dict, "IOCalloutDevice"); name != "" {
		p.address = devices.Address(name)
		*plugs = append(*plugs, p)
	}
	descend(dict["IORegistryEntryChildren"], p, plugs)
}

func text(dict map[string]any, keys ...string) string {
	for _, key := range keys {
		if s, ok := dict[key].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

func number(v any) (int, bool) {
	s, _ := v.(string)
	n, err := strconv.ParseUint(s, 10, 32)
	return int(n), err == nil
}
