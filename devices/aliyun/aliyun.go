// Package aliyun serves devices that speak Aliyun IoT's OTA over MQTT: as a broker
// of its own (Broker) or as a client of one that exists (Client). It is a bench
// that such devices find compatible, not a client of the cloud. Who reported, and
// what each is given, is the business of devices/checkin; Driver makes such a
// device one like any other for the engine. Topics and payloads are described in
// docs/protocols/aliyun.md.
package aliyun

import (
	"context"
	"strings"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/packages"
)

// Family is the name of the family.
const Family = "aliyun"

// Limits of the platform (docs/protocols/aliyun.md, limits).
const (
	maxMQTT    = 16 << 20 // bytes of a file that is fetched over MQTT
	maxURL     = 255      // bytes, a buffer in the devices
	maxVersion = 63       // bytes, likewise
)

// Remarks of the driver.
const (
	NoteNoCable  devices.Code = "aliyun.nocable"  // –
	NoteNoAnswer devices.Code = "aliyun.noanswer" // –
	NoteNoFTP    devices.Code = "aliyun.noftp"    // –
	NoteOneFile  devices.Code = "aliyun.onefile"  // count
	NoteTooLarge devices.Code = "aliyun.toolarge" // bytes, limit in bytes
	NoteLongURL  devices.Code = "aliyun.longurl"  // bytes, limit
	NoteSource   devices.Code = "aliyun.source"   // files, URLs
	NoteStep     devices.Code = "aliyun.step"     // step, the device's words
	NoteVersion  devices.Code = "aliyun.version"  // bytes, limit
)

// Driver implements devices.Driver for devices that reported at a desk.
type Driver struct {
	desk     *checkin.Desk
	platform *Platform
}

// New makes the driver of the devices that platform serves.
func New(desk *checkin.Desk, platform *Platform) *Driver {
	d := &Driver{desk, platform}
	desk.Refusal(Family, d.refuse)
	return d
}

// Family implements devices.Driver.
func (*Driver) Family() string { return Family }

// Open implements devices.Driver. Nothing is sent: the device is known by what it
// reported.
func (d *Driver) Open(ctx context.Context, at devices.Address, _ devices.Access) (devices.Session, error) {
	s, err := d.desk.Open(ctx, at, checkin.Dialect{
		Push:   func(_ context.Context, o *checkin.Order) error { return d.platform.push(at, o) },
		Module: moduleOf,
		Refuse: d.refuse,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// moduleOf is the part of the device that a job replaces.
func moduleOf(job *devices.Job) string { return plainModule(job.Package.Manifest.Module) }

// plainModule spells the whole firmware as "".
func plainModule(m string) string {
	if m == "default" {
		return ""
	}
	return m
}

// refuse says why a device cannot take a job.
func (d *Driver) refuse(g checkin.Guest, job *devices.Job) error {
	fail := func(note devices.Code, args ...any) error {
		return &devices.Error{Op: "aliyun: deliver", At: string(g.Address), Kind: devices.Unsupported, Note: note, Args: args}
	}
	if c := d.Capabilities(g.Identity).Methods[job.Method]; !c.OK {
		return fail(c.Why, c.Args...)
	}
	if n := len(job.Package.Manifest.TargetVersion); n > maxVersion {
		return fail(NoteVersion, n, maxVersion)
	}
	if job.Method == devices.MQTT {
		switch n, size := len(job.Package.Files), job.Package.Size(); {
		case n != 1:
			return fail(NoteOneFile, n)
		case size > maxMQTT:
			return fail(NoteTooLarge, size, int64(maxMQTT))
		}
		return nil
	}
	if len(job.Sources) != len(job.Package.Files) {
		return fail(NoteSource, len(job.Package.Files), len(job.Sources))
	}
	for _, s := range job.Sources {
		if len(s.URL) > maxURL {
			return fail(NoteLongURL, len(s.URL), maxURL)
		}
	}
	return nil
}

// Capabilities implements devices.Driver.
func (*Driver) Capabilities(devices.Identity) devices.Capabilities {
	return devices.Capabilities{
		Methods: map[devices.Method]devices.Capability{
			devices.HTTP:   {OK: true},
			devices.MQTT:   {OK: true},
			devices.Local:  {Why: NoteNoCable},
			devices.Answer: {Why: NoteNoAnswer},
			devices.FTP:    {Why: NoteNoFTP},
		},
		Cancel:   map[devices.Method]devices.CancelWay{devices.HTTP: devices.CancelDisarm, devices.MQTT: devices.CancelDisarm},
		ChecksIn: true,
	}
}

// address is where a device is found.
func address(productKey, deviceName string) devices.Address {
	return devices.Address(Family + ":sn:" + productKey + "/" + deviceName)
}

// named takes an address apart.
func named(at devices.Address) (productKey, deviceName string, ok bool) {
	who, isOurs := strings.CutPrefix(string(at), Family+":sn:")
	productKey, deviceName, cut := strings.Cut(who, "/")
	return productKey, deviceName, isOurs && cut
}

// identity is what a report of a version says about a device.
func identity(productKey, deviceName, version string) devices.Identity {
	return devices.Identity{
		Family: Family, Vendor: "Aliyun IoT", Model: productKey,
		Serial: productKey + "/" + deviceName, Firmware: version,
	}
}

// digests are what a push states about a file.
func digests(f packages.File) (sha256, md5 string) {
	return f.Digests[packages.SHA256], f.Digests[packages.MD5]
}
