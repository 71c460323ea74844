package updater

import (
	"context"
	"net/url"
	"slices"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater/origin"
)

// Plan is what a person asked for: this package, on this device, this way.
type Plan struct {
	// Family selects the driver.
	Family string
	// Sighting is the device as it was chosen; Address overrides its Control
	// port when not empty (a typed address has only that).
	Sighting devices.Sighting
	Address  devices.Address
	// Role is the port that the driver speaks to, where the device has several; "" is
	// the usual one.
	Role   devices.Role
	Access devices.Access
	// ID, if not empty, is the devices.Identity.ID that must answer: the device
	// that the person saw when choosing.
	ID      string
	Package *packages.Package
	Method  devices.Method
	// Origin says where a fetching device gets the bytes; nil for Local.
	Origin *OriginPlan
	// Options go to the driver.
	Options devices.Options
	// ExpectVersion overrides the manifest's target version when not empty.
	ExpectVersion string
	// Accept holds the names of checks whose warning, or refusal where
	// CheckResult.Override is true, the person accepted, with the reason given
	// ("" if none was asked for). It is recorded.
	Accept map[string]string
	// By is the person who upgrades, as that person said; "" leaves it at the system's user.
	// It is recorded.
	By string
	// Rollout, if not nil, names the upgrade plan for many devices that this is a part
	// of. It is recorded.
	Rollout *RolloutPart
	// Links, if not nil, changes how ports are opened for this: worse than they are,
	// or not at all (see link.Through). It gets a context and gives another.
	Links func(context.Context) context.Context
	// Unrecorded keeps the bytes of this upgrade out of the data folder.
	Unrecorded bool
}

// OriginPlan chooses between a URL that somebody serves and our own host.
type OriginPlan struct {
	// URLs, one per file, when somebody else serves; empty for our own host.
	URLs []string
	// User and Password for those URLs.
	User, Password string
	// CA is a PEM text to trust beside the system's, for proving https URLs.
	CA string
	// AllowDowngrade lets a redirect lead from https to http.
	AllowDowngrade bool
	// Listen is "address:port" for our own host; port 0 picks one.
	Listen string
	// Proxy is how this computer reaches those URLs, as in origin.Request; devices
	// do not use it.
	Proxy string
}

// TargetVersion is the version that the device must report at the end; "" when
// nobody stated one, or when the package carries files for which the driver
// compares digests.
func (p Plan) TargetVersion() string {
	if p.ExpectVersion != "" {
		return p.ExpectVersion
	}
	if p.Package == nil {
		return ""
	}
	return p.Package.Manifest.TargetVersion
}

// links is ctx with the plan's own way to open ports.
func (p Plan) links(ctx context.Context) context.Context {
	if p.Links == nil {
		return ctx
	}
	return p.Links(ctx)
}

// control is where the device is spoken to.
func (p Plan) control() devices.Address {
	if p.Address != "" {
		return p.Address
	}
	return p.Sighting.ControlAs(p.Role)
}

// secrets are the texts that must not be shown anywhere.
func (p Plan) secrets() []string {
	all := []string{p.Access.Password}
	if at := p.Access.Platform; at != nil {
		all = append(all, at.ProductSecret)
		if at.APN != nil {
			all = append(all, at.APN.Password)
		}
	}
	if p.Origin != nil {
		all = append(all, p.Origin.Password)
		for _, u := range p.Origin.URLs {
			if _, _, password, err := origin.Split(u); err == nil {
				all = append(all, password)
			}
		}
		if u, err := url.Parse(p.Origin.Proxy); err == nil {
			password, _ := u.User.Password()
			all = append(all, password)
		}
	}
	if p.Options.APN != nil {
		all = append(all, p.Options.APN.Password)
	}
	if p.Options.TLS != nil {
		all = append(all, p.Options.TLS.Key)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}
