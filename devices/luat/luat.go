// Package luat serves Luat (OpenLuat) modules, which ask over the network whether
// there is new firmware for them: over HTTP (HTTPService) and over the older UDP
// protocol (UDPService). Who asked, and what each is given, is the business of
// devices/checkin; Driver makes such a device one like any other for the engine.
// The protocols are described in docs/protocols/luat.md.
package luat

import (
	"context"
	"regexp"

	"fotabench/devices"
	"fotabench/devices/checkin"
)

// Family is the name of the family.
const Family = "luat"

// The services, as Guest.Service names them.
const (
	ServiceHTTP = "luat-http"
	ServiceUDP  = "luat-udp"
)

// Remarks of the driver.
const (
	// NoteNoCable: such a device is on no cable.
	NoteNoCable devices.Code = "luat.nocable"
	// NoteNoRedirect: a device that asks over UDP cannot be sent elsewhere.
	NoteNoRedirect devices.Code = "luat.noredirect"
	// NoteOneFile: one file at a time, there are {0}.
	NoteOneFile devices.Code = "luat.onefile"
	// NoteTooLong: {0:bytes} are more than the {1:bytes} that UDP can count.
	NoteTooLong devices.Code = "luat.toolong"
	// NoteNoFTP: these modules fetch over HTTP or UDP only.
	NoteNoFTP devices.Code = "luat.noftp"
)

// Driver implements devices.Driver for devices that asked at a desk.
type Driver struct{ desk *checkin.Desk }

// New makes the driver of the devices of a desk.
func New(desk *checkin.Desk) *Driver {
	d := &Driver{desk}
	desk.Refusal(Family, d.refuse)
	return d
}

// Family implements devices.Driver.
func (*Driver) Family() string { return Family }

// Open implements devices.Driver. Nothing is sent: the device is known by what it
// said when it asked.
func (d *Driver) Open(ctx context.Context, at devices.Address, _ devices.Access) (devices.Session, error) {
	s, err := d.desk.Open(ctx, at, checkin.Dialect{Refuse: d.refuse})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// refuse says why a device cannot take a job.
func (d *Driver) refuse(g checkin.Guest, job *devices.Job) error {
	fail := func(note devices.Code, args ...any) error {
		return &devices.Error{Op: "luat: deliver", At: string(g.Address), Kind: devices.Unsupported, Note: note, Args: args}
	}
	if c := d.Capabilities(g.Identity).Methods[job.Method]; !c.OK {
		return fail(c.Why, c.Args...)
	}
	if n := len(job.Package.Files); n != 1 {
		return fail(NoteOneFile, n)
	}
	if size := job.Package.Size(); g.Service == ServiceUDP && size > maxUDP {
		return fail(NoteTooLong, size, int64(maxUDP))
	}
	return nil
}

// Capabilities implements devices.Driver.
func (*Driver) Capabilities(id devices.Identity) devices.Capabilities {
	redirect := devices.Capability{OK: true}
	if id.Extra["service"] == ServiceUDP {
		redirect = devices.Capability{Why: NoteNoRedirect}
	}
	return devices.Capabilities{
		Methods: map[devices.Method]devices.Capability{
			devices.Answer: {OK: true},
			devices.HTTP:   redirect,
			devices.Local:  {Why: NoteNoCable},
			devices.FTP:    {Why: NoteNoFTP},
			devices.MQTT:   {Why: NoteNoFTP},
		},
		Cancel:   map[devices.Method]devices.CancelWay{devices.Answer: devices.CancelDisarm, devices.HTTP: devices.CancelDisarm},
		ChecksIn: true,
	}
}

// What parameters may look like. Everything else is refused: nothing of it is
// used as more than a name, and still it is shown to people.
var (
	fifteen  = regexp.MustCompile(`^[0-9]{15}$`)
	name     = regexp.MustCompile(`^[0-9A-Za-z:_.-]{1,64}$`)
	numbers  = regexp.MustCompile(`^[Vv]?[0-9]{1,9}(\.[0-9]{1,9}){0,3}$`)
	firmware = regexp.MustCompile(`^[0-9A-Za-z_.+-]{1,128}$`)
)

// wrong is why a question cannot be answered: a code of the platform's own list
// (docs/protocols/luat.md, "What the platform says").
type wrong int

// The platform's codes that this server uses.
const (
	fine         wrong = 0
	badDevice    wrong = 3
	noPermission wrong = 17
	notAllowed   wrong = 21
	badProject   wrong = 25
	badFirmware  wrong = 26
	newest       wrong = 27
	loop         wrong = 40
	later        wrong = 43 // and ask again: 4G and 2G modules do after half a minute
)

// arrival makes what the desk hears of what a device said of itself, by the names
// of the parameters.
func arrival(said map[string]string, service, from string) (checkin.Arrival, wrong) {
	id := devices.Identity{Family: Family, Vendor: "Luat", Extra: map[string]string{"service": service}}
	switch {
	case said["imei"] != "":
		if !fifteen.MatchString(said["imei"]) {
			return checkin.Arrival{}, badDevice
		}
		id.IMEI = said["imei"]
	default:
		for _, key := range []string{"mac", "uid", "device_key"} {
			if id.Serial == "" {
				id.Serial = said[key]
			}
		}
		if !name.MatchString(id.Serial) || id.ID() == "" {
			return checkin.Arrival{}, badDevice
		}
	}
	if !numbers.MatchString(said["version"]) {
		return checkin.Arrival{}, badFirmware
	}
	if !firmware.MatchString(said["firmware_name"]) {
		return checkin.Arrival{}, badFirmware
	}
	if key := said["project_key"]; key != "" && !name.MatchString(key) {
		return checkin.Arrival{}, badProject
	}
	id.Model, id.Firmware = said["firmware_name"], said["version"]
	if name.MatchString(said["device_key"]) && id.Serial == "" {
		id.Serial = said["device_key"]
	}
	if core := said["core_version"]; firmware.MatchString(core) {
		id.Extra["core_version"] = core
	}
	return checkin.Arrival{
		Address: devices.Address(Family + ":" + id.ID()), Identity: id,
		From: from, Service: service, Attributes: said, Usual: devices.Answer,
	}, fine
}

// codeOf is the platform's code for a reason of the desk.
func codeOf(why checkin.Reason) wrong {
	switch why.Code {
	case checkin.WhyUnknown:
		return badDevice
	case checkin.WhyDenied:
		return noPermission
	case checkin.WhyLoop:
		return loop
	case checkin.WhyStill:
		return later
	case checkin.WhyGone, checkin.WhyOther:
		return notAllowed
	}
	return newest
}

// text is the reason in a few plain words, for people who read a device's log.
func (w wrong) text() string {
	switch w {
	case badDevice:
		return "invalid device"
	case noPermission:
		return "no permission"
	case notAllowed:
		return "not allowed"
	case badProject:
		return "invalid project"
	case badFirmware:
		return "invalid firmware or version"
	case loop:
		return "loop upgrade"
	case later:
		return "wait"
	}
	return "already newest"
}
