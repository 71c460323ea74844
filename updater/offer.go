package updater

import (
	"context"

	"fotabench/devices"
)

// NoteNoPlatform tells that devices of the family {0} have no platform that could be asked.
const NoteNoPlatform devices.Code = "engine.plan.platform"

// Offers asks the device of p, through its own connection to its vendor's platform,
// what is planned for it, and who it is. It accepts nothing.
func (e *Engine) Offers(ctx context.Context, p Plan) (identity devices.Identity, offers []devices.Offer, err error) {
	ctx = e.paced(ctx)
	err = e.offering(ctx, p, func(o devices.Offerer, at devices.Address) (err error) {
		identity, offers, err = o.Offers(ctx, at, p.Access)
		return err
	})
	return identity, offers, err
}

// Refuse tells the platform that offer is not wanted on the device of p.
func (e *Engine) Refuse(ctx context.Context, p Plan, offer devices.Offer) error {
	ctx = e.paced(ctx)
	return e.offering(ctx, p, func(o devices.Offerer, at devices.Address) error {
		return o.Refuse(ctx, at, p.Access, offer)
	})
}

// offering lets the device of p be asked while nobody else has its port.
func (e *Engine) offering(ctx context.Context, p Plan, ask func(devices.Offerer, devices.Address) error) error {
	o := e.cfg.Offerers[p.Family]
	address := p.control()
	switch {
	case o == nil:
		return refusal("plan", devices.Unsupported, NoteNoPlatform, p.Family)
	case address == "":
		return refusal("plan", devices.Absent, NoteNoAddress)
	}
	release, err := e.claimSoon(ctx, string(address), "identify")
	if err != nil {
		return err
	}
	defer release()
	return explained(ask(o, address), p)
}
