package secrets

import (
	"context"
	"errors"
	"time"

	"github.com/zalando/go-keyring"

	"fotabench/devices"
)

const (
	// service is our name in the system's keyring.
	service = "fotabench"
	// probe is a name that no secret has.
	probe = "?"
	// personUnlocks is how long the system may ask the person to unlock the keyring.
	personUnlocks = 2 * time.Minute
)

// keys are what a keyring can do; Get's error for what it has not is keyring.ErrNotFound.
type keys interface {
	Get(service, name string) (string, error)
	Set(service, name, value string) error
	Delete(service, name string) error
}

// systemKeys is the system's keyring.
type systemKeys struct{}

func (systemKeys) Get(service, name string) (string, error) { return keyring.Get(service, name) }
func (systemKeys) Set(service, name, value string) error    { return keyring.Set(service, name, value) }
func (systemKeys) Delete(service, name string) error        { return keyring.Delete(service, name) }

// vault is the keyring as a store uses it.
type vault struct {
	keys
	// off leaves it alone.
	off bool
}

var errForgets = errors.New("the keyring took a secret and does not give it back")

var errWait = errors.New("the keyring did not answer")

// answers tells whether there is a keyring that can be used.
func (v vault) answers(ctx context.Context) bool {
	if v.off {
		return false
	}
	_, err := patiently(ctx, func() (string, error) { return v.Get(service, probe) })
	return err == nil || errors.Is(err, keyring.ErrNotFound)
}

func (v vault) get(ctx context.Context, installation, name string) (string, error) {
	if v.off {
		return "", note(devices.Denied, NoteUnreached, name)
	}
	value, err := patiently(ctx, func() (string, error) { return v.Get(service, installation+"/"+name) })
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return "", note(devices.Absent, NoteLost, name)
	case err != nil && ctx.Err() == nil:
		return "", note(devices.Denied, NoteUnreached, name)
	}
	return value, err
}

// set keeps a secret, and reads it back: some keyrings take what they then do not have, such
// as one that is not unlocked, or have cut. What is not as it was given is taken out again;
// what becomes of it is not known where ctx ends first, and told as an error.
func (v vault) set(ctx context.Context, installation, name, value string) error {
	_, err := patiently(ctx, func() (string, error) { return "", v.Set(service, installation+"/"+name, value) })
	if err != nil {
		return err
	}
	kept, err := v.get(ctx, installation, name)
	if err == nil && kept == value {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	_ = v.del(ctx, installation, name) // it is of no use, whatever it is
	return errors.Join(errForgets, err)
}

func (v vault) del(ctx context.Context, installation, name string) error {
	if v.off {
		return note(devices.Denied, NoteUnreached, name)
	}
	_, err := patiently(ctx, func() (string, error) { return "", v.Delete(service, installation+"/"+name) })
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return nil
	case err != nil && ctx.Err() == nil:
		return note(devices.Denied, NoteUnreached, name)
	}
	return err
}

// patiently runs do, which may ask a person and cannot be stopped. When ctx ends first,
// do ends by itself once the person has answered, and nobody hears of it.
func patiently(ctx context.Context, do func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, personUnlocks, errWait)
	defer cancel()
	type answer struct {
		value string
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		value, err := do()
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
