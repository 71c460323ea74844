package bench

import (
	"context"
	"errors"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/packages"
	"fotabench/packages/signature"
)

// ErrSignature marks errors of packages that the policy for signatures keeps back.
var ErrSignature = errors.New("kept back by the policy for signatures")

// Judge judges who signed a package, by the policy of the installation as it is then
// (signature.Desk.Judge). It is called from several goroutines; nil asks nobody.
type Judge func(ctx context.Context, p *packages.Package) signature.Result

// refuse says why nobody may be given p now, nil if everybody may. Nobody is there who
// could accept what the policy lets pass only by a person's word.
func (j Judge) refuse(ctx context.Context, p *packages.Package) error {
	if j == nil {
		return nil
	}
	r := j(ctx, p)
	if r.Level != packages.Red && !r.MustAccept {
		return nil
	}
	return &devices.Error{Op: "bench: give " + p.Name, Kind: devices.Refused, Note: devices.Code(r.Code), Args: r.Args, Err: ErrSignature}
}

// Guarded is o, which j is asked about before each device is given it; the error is why
// nobody may have it now (ErrSignature).
func (j Judge) Guarded(ctx context.Context, o checkin.Offer) (checkin.Offer, error) {
	if err := j.refuse(ctx, o.Package); err != nil {
		return checkin.Offer{}, err
	}
	if j != nil {
		o.Refuse = func(ctx context.Context) error { return j.refuse(ctx, o.Package) }
	}
	return o, nil
}

// Vouched is what the policy makes of a package that rules hand out.
type Vouched struct {
	Package string
	signature.Result
}

// Vouched are the verdicts on the packages that r hands out, each once; none where j is
// nil.
func (j Judge) Vouched(ctx context.Context, r *checkin.Rules) []Vouched {
	if j == nil || r == nil {
		return nil
	}
	var all []Vouched
	for _, o := range handedOut(r) {
		all = append(all, Vouched{o.Package.Name, j(ctx, o.Package)})
	}
	return all
}
