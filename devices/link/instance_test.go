package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseInstance(t *testing.T) {
	for _, c := range []struct {
		id, location string
		want         plug
	}{
		{
			`USB\VID_2C7C&PID_6005&MI_05\6&2A7B8C9&0&0005`, "PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(3)#USBMI(5)",
			plug{place: "PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(3)", number: 5, vid: "2C7C", pid: "6005"},
		},
		{
			`USB\VID_2C7C&PID_6002&MI_14\6&2A7B8C9&0&0014`, "",
			plug{place: "2C7C60026&2A7B8C9&0", number: 20, vid: "2C7C", pid: "6002"},
		},
		{`USB\VID_10C4&PID_EA60\0001`, "", plug{place: "10C4EA600001", number: -1, vid: "10C4", pid: "EA60", serial: "0001"}},
		{`USB\VID_10C4&PID_EA60\5&1b2c&0&2`, "", plug{place: "10C4EA605&1b2c&0&2", number: -1, vid: "10C4", pid: "EA60"}},
		{`FTDIBUS\VID_0403+PID_6001+A6008ISPA\0000`, "", plug{place: "VID_0403+PID_6001+A6008ISPA", number: -1, vid: "0403", pid: "6001", serial: "A6008ISPA"}},
		{`ACPI\PNP0501\1`, "", plug{number: -1}},
		{``, "", plug{number: -1}},
	} {
		require.Equal(t, c.want, parseInstance(c.id, c.location), c.id)
	}
	a := parseInstance(`USB\VID_2C7C&PID_0901&MI_02\6&111&0&0002`, "")
	b := parseInstance(`USB\VID_2C7C&PID_0901&MI_08\6&111&0&0008`, "")
	other := parseInstance(`USB\VID_2C7C&PID_0901&MI_08\6&222&0&0008`, "")
	require.Equal(t, a.place, b.place, "interfaces of one device")
	require.NotEqual(t, a.place, other.place, "two equal devices")
}

func FuzzParseInstance(f *testing.F) {
	f.Add(`USB\VID_2C7C&PID_6005&MI_05\6&2A7B8C9&0&0005`, "PCIROOT(0)#USB(3)#USBMI(5)")
	f.Add(`FTDIBUS\VID_0403+PID_6001+A\0000`, "")
	f.Add(`FTDIBUS\x\VID_0403+PID_6001`, "")
	f.Fuzz(func(t *testing.T, id, location string) {
		if p := parseInstance(id, location); p.number < -1 || p.number > 255 {
			t.Fatalf("interface %d", p.number)
		}
	})
}

// The layout is that of "ioreg -a"; the device is an EC600U behind a hub.
const ioregList = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><array>
<dict><key>idVendor</key><integer>1507</integer><key>idProduct</key><integer>1552</integer><key>locationID</key><integer>336592896</integer>
 <key>IORegistryEntryChildren</key><array>
 <dict><key>idVendor</key><integer>11388</integer><key>idProduct</key><integer>2305</integer><key>locationID</key><integer>337641472</integer>
  <key>USB Product Name</key><string>UNISOC-8910</string><key>ok</key><true/>
  <key>IORegistryEntryChildren</key><array>
   <dict><key>bInterfaceNumber</key><integer>2</integer><key>idVendor</key><integer>11388</integer><key>IORegistryEntryName</key><string>AT</string>
    <key>IORegistryEntryChildren</key><array><dict><key>IOCalloutDevice</key><string>/dev/cu.usbmodem2</string></dict></array></dict>
   <dict><key>bInterfaceNumber</key><integer>8</integer><key>idVendor</key><integer>11388</integer>
    <key>IORegistryEntryChildren</key><array><dict><key>data</key><data>AAEC</data>
     <key>IORegistryEntryChildren</key><array><dict><key>IOCalloutDevice</key><string>/dev/cu.usbmodem8</string></dict></array></dict></array></dict>
  </array></dict></array></dict>
<dict><key>idVendor</key><integer>11388</integer><key>idProduct</key><integer>2305</integer><key>locationID</key><integer>337641472</integer>
  <key>IORegistryEntryChildren</key><array><dict><key>bInterfaceNumber</key><integer>2</integer>
   <key>IORegistryEntryChildren</key><array><dict><key>IOCalloutDevice</key><string>/dev/cu.usbmodem2</string></dict></array></dict></array></dict>
</array></plist>`

func TestParseIOReg(t *testing.T) {
	plugs, err := parseIOReg(strings.NewReader(ioregList))
	require.NoError(t, err)
	require.Equal(t, []plug{
		{address: "/dev/cu.usbmodem2", place: "14200000", number: 2, vid: "2C7C", pid: "0901", product: "UNISOC-8910", description: "AT"},
		{address: "/dev/cu.usbmodem8", place: "14200000", number: 8, vid: "2C7C", pid: "0901", product: "UNISOC-8910"},
	}, plugs)
	plugs, err = parseIOReg(strings.NewReader(""))
	require.NoError(t, err)
	require.Empty(t, plugs)
}

func FuzzParseIOReg(f *testing.F) {
	f.Add(ioregList)
	f.Add("<plist><dict><key>a</key></dict></plist>")
	f.Add(strings.Repeat("<array>", 300))
	f.Fuzz(func(t *testing.T, s string) {
		plugs, err := parseIOReg(strings.NewReader(s))
		if err != nil && plugs != nil {
			t.Fatal("both ports and an error")
		}
	})
}
