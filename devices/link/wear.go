package link

import (
	"context"

	"fotabench/devices"
)

// Wrapper makes another link of a link: slower, worse, watched. Closing what it
// gives closes the link inside.
type Wrapper func(Link) Link

// Opener opens a link as Open does.
type Opener func(ctx context.Context, address devices.Address, settings Settings) (Link, error)

// Wear makes every link that open opens wear wrappers, the first one nearest to
// the device.
func Wear(open Opener, wrappers ...Wrapper) Opener {
	return func(ctx context.Context, address devices.Address, settings Settings) (Link, error) {
		l, err := open(ctx, address, settings)
		if err != nil {
			return nil, err
		}
		for _, wrap := range wrappers {
			l = wrap(l)
		}
		return l, nil
	}
}

// dressed is the key of what Through keeps in a context.
type dressed struct{}

// Through makes Open, when it is called with the context that is returned, open
// by way of dress: so that the links which a driver opens wear wrappers, are
// recorded, or are no ports at all. It goes around what ctx holds already. dress
// gets the opener to go around and need not call it.
func Through(ctx context.Context, dress func(Opener) Opener) context.Context {
	if before, ok := ctx.Value(dressed{}).(func(Opener) Opener); ok {
		outer := dress
		dress = func(open Opener) Opener { return outer(before(open)) }
	}
	return context.WithValue(ctx, dressed{}, dress)
}

// opener is Open as ctx wants it.
func opener(ctx context.Context) Opener {
	if dress, ok := ctx.Value(dressed{}).(func(Opener) Opener); ok {
		return dress(openHere)
	}
	return openHere
}
