// Package quecplatform is a simulated developer centre of QuecThing, as far as a
// device sees it: products, devices that log in, packages, plans that go out to
// the right devices, and what each device has reported of an upgrade. Simulated
// modules call it in this process. The protocol between a module and the true
// platform is not imitated: it is not published. Packages are served over HTTP on
// this computer's loopback.
//
// Concepts and limits: docs/protocols/quecthing.md, the platform.
package quecplatform

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Kind is what part of a device a component is, in the platform's numbers.
type Kind int

// The kinds of component (quecsdk, ql_iotCmdOTA.h).
const (
	Module Kind = 0 // the firmware of the module itself: FOTA
	MCU    Kind = 1 // software beside it, passed on by the module: SOTA
)

// Component is a part of a device that has a version of its own.
type Component struct {
	Kind    Kind
	Name    string
	Version string
}

// Limits of what the platform takes (ql_iotCmdOTA.h; QuecThing guide).
const (
	maxComponent = 32
	maxVersion   = 64
	maxPlans     = 20
	maxBytes     = 100 << 20
)

// Plan is one upgrade for the devices of a product.
type Plan struct {
	Product string
	// Component is what it upgrades; its Version is the target.
	Component Component
	// Source, if not empty, is the version that a device must have: the package is
	// a delta.
	Source string
	// MinBattery is in percent, MinSignal in dBm; Space is in bytes.
	MinBattery, MinSignal int
	Space                 int64
	// Allow and Deny hold IMEIs. Deny beats Allow; nobody in Allow means everybody.
	Allow, Deny []string
	// Verify, if not empty, is the IMEI of the one device that tries it first.
	Verify string
	// Data is the package.
	Data []byte
}

// RefusalHolds is how long a plan is not offered again to a device that refused it
// (QuecThing guide: 120 minutes unless the plan says otherwise).
const RefusalHolds = 2 * time.Hour

// Platform is one developer centre. It runs from New to Close.
type Platform struct {
	files *shelf

	mu       sync.Mutex
	products map[string]string
	plans    []*plan
	devices  map[string]*Device // by product and IMEI
	away     int                // the code that every login ends with, 0 if none
}

// plan is a Plan with its number.
type plan struct {
	Plan
	number int
	file   File
}

// New opens a platform; the caller closes it.
func New() (*Platform, error) {
	files, err := newShelf()
	if err != nil {
		return nil, err
	}
	return &Platform{files: files, products: map[string]string{}, devices: map[string]*Device{}}, nil
}

// Close ends it, and every download from it.
func (p *Platform) Close() error { return p.files.close() }

// AddProduct makes a product with its secret.
func (p *Platform) AddProduct(key, secret string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.products[key] = secret
}

// SetAway makes every login end with this negative code, as a platform does that
// cannot be reached; 0 ends that.
func (p *Platform) SetAway(code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = code
}

// Add activates a plan and returns its number. A plan can no more be changed, only
// withdrawn.
func (p *Platform) Add(order Plan) (int, error) {
	switch c := order.Component; {
	case c.Name == "" || len(c.Name) > maxComponent:
		return 0, fmt.Errorf("quecplatform: component %q", c.Name)
	case !goodVersion(c.Version) || c.Version == "" || !goodVersion(order.Source):
		return 0, fmt.Errorf("quecplatform: version %q from %q", c.Version, order.Source)
	case len(order.Data) == 0 || len(order.Data) > maxBytes:
		return 0, fmt.Errorf("quecplatform: package of %d bytes", len(order.Data))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.products[order.Product]; !known || len(p.plans) >= maxPlans {
		return 0, fmt.Errorf("quecplatform: no product %q, or too many plans", order.Product)
	}
	n := len(p.plans) + 1
	p.plans = append(p.plans, &plan{Plan: order, number: n, file: p.files.put(n, order.Data)})
	return n, nil
}

// Withdraw ends a plan.
func (p *Platform) Withdraw(number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plans = slices.DeleteFunc(p.plans, func(one *plan) bool { return one.number == number })
}

// goodVersion tells whether the platform takes a text as a version.
func goodVersion(v string) bool {
	if len(v) > maxVersion {
		return false
	}
	for _, r := range v {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '.' || r == '-') {
			return false
		}
	}
	return true
}

// concerns tells whether the plan is meant for a device, by what it reported.
func (one *plan) concerns(d *Device) bool {
	has, reported := d.version(one.Component)
	switch {
	case one.Product != d.product, slices.Contains(one.Deny, d.imei):
		return false
	case len(one.Allow) > 0 && !slices.Contains(one.Allow, d.imei):
		return false
	case one.Verify != "" && one.Verify != d.imei:
		return false
	case !reported || has == one.Component.Version: // it has no such part, or has it already
		return false
	}
	return one.Source == "" || one.Source == has
}
