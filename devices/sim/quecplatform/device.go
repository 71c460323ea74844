package quecplatform

import (
	"maps"
	"slices"
	"time"
)

// The codes with which a login ends (QuecThing, list of error codes).
const (
	CodeNoProduct = -5892
	CodeSecret    = -5893
	CodeOffline   = -17921 // the network is not there
	CodeServer    = -17930 // the URL of the server cannot be read
)

// Stage is how far a device is with a plan (QuecThing guide, states of a component).
type Stage string

// The stages.
const (
	NotReceived    Stage = "not received"
	Received       Stage = "received"
	Refused        Stage = "refused"
	Confirmed      Stage = "confirmed"
	Downloading    Stage = "downloading"
	DownloadFailed Stage = "download failed"
	Downloaded     Stage = "downloaded"
	Updating       Stage = "updating"
	Succeeded      Stage = "success"
	Failed         Stage = "failed"
)

// Device is one device of a product, from its first login on.
type Device struct {
	platform      *Platform
	product, imei string
	firmware      string
	mcus          map[string]string // versions by component
	online        bool
	stage         Stage
	offered       []*plan // as last told
	current       *plan   // the one that was accepted
	refused       map[int]time.Time
}

// Login is what a device says when it connects.
type Login struct {
	Product, Secret, IMEI string
	// Firmware is the version of the module, MCUs those of what is beside it, by
	// component.
	Firmware string
	MCUs     map[string]string
}

// Connect lets a device in; code is 0, or why not. A device that was updating has
// succeeded when it now reports the target version.
func (p *Platform) Connect(l Login) (d *Device, code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	secret, known := p.products[l.Product]
	switch {
	case p.away != 0:
		return nil, p.away
	case !known:
		return nil, CodeNoProduct
	case secret != l.Secret:
		return nil, CodeSecret
	}
	key := l.Product + " " + l.IMEI
	d = p.devices[key]
	if d == nil {
		d = &Device{platform: p, product: l.Product, imei: l.IMEI, stage: NotReceived, refused: map[int]time.Time{}}
		p.devices[key] = d
	}
	d.firmware, d.mcus, d.online = l.Firmware, maps.Clone(l.MCUs), true
	if d.mcus == nil {
		d.mcus = map[string]string{}
	}
	return d, 0
}

// version is what the device reported of a component. The module's firmware is one,
// whatever the plan calls it.
func (d *Device) version(c Component) (string, bool) {
	if c.Kind == Module {
		return d.firmware, d.firmware != ""
	}
	v, ok := d.mcus[c.Name]
	return v, ok
}

// Leave ends the connection.
func (d *Device) Leave() {
	d.platform.mu.Lock()
	defer d.platform.mu.Unlock()
	d.online = false
}

// Offer is one plan as a device is told of it.
type Offer struct {
	Component             Component // its Version is the target
	Source                string
	MinBattery, MinSignal int
	Space                 int64
}

// Request is a device's question for plans.
func (d *Device) Request() []Offer {
	d.platform.mu.Lock()
	defer d.platform.mu.Unlock()
	d.offered = nil
	var offers []Offer
	for _, one := range d.platform.plans {
		if until, ok := d.refused[one.number]; !one.concerns(d) || ok && time.Now().Before(until) {
			continue
		}
		d.offered = append(d.offered, one)
		offers = append(offers, Offer{one.Component, one.Source, one.MinBattery, one.MinSignal, one.Space})
	}
	if len(offers) > 0 {
		d.stage = Received
	}
	return offers
}

// Accept confirms the first plan that was offered and tells where its package is; ok
// is false if none was, or if it was withdrawn since.
func (d *Device) Accept() (target Component, file File, ok bool) {
	d.platform.mu.Lock()
	defer d.platform.mu.Unlock()
	for _, one := range d.offered {
		if slices.Contains(d.platform.plans, one) {
			d.current, d.stage = one, Confirmed
			return one.Component, one.file, true
		}
	}
	return Component{}, File{}, false
}

// Refuse declines all that was offered; ok is false if nothing was.
func (d *Device) Refuse() (ok bool) {
	d.platform.mu.Lock()
	defer d.platform.mu.Unlock()
	for _, one := range d.offered {
		d.refused[one.number], ok = time.Now().Add(RefusalHolds), true
	}
	if ok {
		d.stage, d.offered = Refused, nil
	}
	return ok
}

// Tell reports a stage of the plan that was accepted.
func (d *Device) Tell(s Stage) {
	d.platform.mu.Lock()
	defer d.platform.mu.Unlock()
	d.stage = s
}

// Report tells the version that a component has now; done is true if that settles the
// plan that was accepted, and success whether it is the plan's target. A module that
// updates has settled it by any version, an MCU by another one than before.
func (d *Device) Report(c Component) (success, done bool) {
	d.platform.mu.Lock()
	defer d.platform.mu.Unlock()
	before, _ := d.version(c)
	if c.Kind == Module {
		d.firmware = c.Version
	} else {
		d.mcus[c.Name] = c.Version
	}
	one := d.current
	switch {
	case one == nil, one.Component.Kind != c.Kind, c.Kind == MCU && one.Component.Name != c.Name:
		return false, false
	case c.Kind == Module && d.stage != Updating, c.Kind == MCU && before == c.Version:
		return false, false
	}
	d.stage, d.current = Failed, nil
	success = one.Component.Version == c.Version
	if success {
		d.stage = Succeeded
	}
	return success, true
}

// Status is what the platform shows of a device.
type Status struct {
	Online   bool
	Stage    Stage
	Firmware string
	MCUs     map[string]string // versions by component
}

// Status looks a device up; it is empty for one that never logged in.
func (p *Platform) Status(product, imei string) Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.devices[product+" "+imei]
	if d == nil {
		return Status{}
	}
	return Status{Online: d.online, Stage: d.stage, Firmware: d.firmware, MCUs: maps.Clone(d.mcus)}
}
