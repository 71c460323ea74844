package script

import (
	"context"

	"fotabench/devices"
)

// Who is who the device of a session is: Identify of devices.Session, and the last
// answer for the session's other methods.
type Who struct {
	gate *Gate
	ask  func(context.Context) (devices.Identity, error)
	last *devices.Identity
}

// NewWho has ask find out who the device is, one question at a time through gate.
func NewWho(gate *Gate, ask func(context.Context) (devices.Identity, error)) *Who {
	return &Who{gate: gate, ask: ask}
}

// Identify implements devices.Session.
func (w *Who) Identify(ctx context.Context) (devices.Identity, error) {
	ctx, leave, err := w.gate.Enter(ctx, "identify")
	if err != nil {
		return devices.Identity{}, err
	}
	defer leave()
	return w.Anew(ctx)
}

// Anew asks the device. A method that was let in calls it.
func (w *Who) Anew(ctx context.Context) (devices.Identity, error) {
	id, err := w.ask(ctx)
	if err != nil {
		return devices.Identity{}, err
	}
	w.last = &id
	return id, nil
}

// Known is what the device said last; it is asked if it never was. A method that was let
// in calls it.
func (w *Who) Known(ctx context.Context) (devices.Identity, error) {
	if w.last != nil {
		return *w.last, nil
	}
	return w.Anew(ctx)
}

// Last is what the device said last, nil if it was not asked yet. A method that was let in
// calls it.
func (w *Who) Last() *devices.Identity { return w.last }
