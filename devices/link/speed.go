package link

import (
	"context"

	"fotabench/devices"
)

// AtSpeed is ctx in which Open takes baud, in bits a second, for serial ports of which
// its caller names no speed. 0 changes nothing.
func AtSpeed(ctx context.Context, baud int) context.Context {
	if baud == 0 {
		return ctx
	}
	return Through(ctx, func(open Opener) Opener {
		return func(ctx context.Context, address devices.Address, settings Settings) (Link, error) {
			if settings.Baud == 0 {
				settings.Baud = baud
			}
			return open(ctx, address, settings)
		}
	})
}
