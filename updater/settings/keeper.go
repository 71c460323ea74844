package settings

import (
	"cmp"
	"context"
)

// Safe keeps passwords; *secrets.Store is one.
type Safe interface {
	Get(ctx context.Context, name string) (string, error)
	Set(ctx context.Context, name, value string) error
	Delete(ctx context.Context, name string) error
}

// Opener opens the safe of the data folder. The system may ask the person to unlock it.
type Opener func(ctx context.Context) (Safe, error)

// Keeper changes what consists of a setting and a password.
type Keeper struct {
	// Read and Change are those of the data folder.
	Read   func() (Settings, error)
	Change func(ctx context.Context, change func(*Settings)) (Settings, error)
	Open   Opener
}

// PutPoint keeps an access point, in place of the one with its ID; one without ID is new.
// A nil password leaves the one that is kept, as long as there is a user; an empty one
// drops it. It is kept first, so that no point is listed without its password. Errors:
// those of Change, and those of the secrets; then nothing is listed anew.
func (k Keeper) PutPoint(ctx context.Context, p Point, password *string) (Settings, error) {
	now, err := k.Read()
	if err != nil {
		return now, err
	}
	was := Point{}
	for _, x := range now.Points {
		if x.ID == p.ID {
			was = x
		}
	}
	if p.ID == "" {
		p.ID = NewPointID()
	}
	if password == nil && was.Locked && p.User == "" {
		password = new(string)
	}
	p.Locked = was.Locked
	if password != nil {
		p.Locked = *password != ""
	}
	trial := now.Clone()
	trial.put(p)
	if err := trial.Check(); err != nil {
		return now, err
	}
	if password != nil && (p.Locked || was.Locked) {
		if err := k.keep(ctx, p.Secret(), *password); err != nil {
			return now, err
		}
	}
	return k.Change(ctx, func(s *Settings) { s.put(p) })
}

// DropPoint forgets an access point and its password.
func (k Keeper) DropPoint(ctx context.Context, p Point) (Settings, error) {
	if p.Locked {
		if err := k.keep(ctx, p.Secret(), ""); err != nil {
			return Settings{}, err
		}
	}
	return k.Change(ctx, func(s *Settings) { s.drop(p.ID) })
}

// PutProxy keeps how other hosts are reached. A nil password leaves the one that is kept,
// as long as the user stays the same.
func (k Keeper) PutProxy(ctx context.Context, p Proxy, password *string) (Settings, error) {
	now, err := k.Read()
	if err != nil {
		return now, err
	}
	p.Turn = ""
	if err := p.check(); err != nil {
		return now, err
	}
	if password == nil && p.User != now.Proxy.User || p.User == "" && now.Proxy.User != "" {
		password = new(string)
	}
	if password != nil && (p.User != "" || now.Proxy.User != "") {
		if err := k.keep(ctx, ProxySecret, *password); err != nil {
			return now, err
		}
	}
	if password != nil {
		p.Turn = NewPointID()
	}
	return k.Change(ctx, func(s *Settings) {
		p.Turn = cmp.Or(p.Turn, s.Proxy.Turn)
		if p.User == "" {
			p.Turn = ""
		}
		s.Proxy = p
	})
}

// keep keeps a secret, or forgets it if it is empty.
func (k Keeper) keep(ctx context.Context, name, value string) error {
	safe, err := k.Open(ctx)
	switch {
	case err != nil:
		return err
	case value == "":
		return safe.Delete(ctx, name)
	}
	return safe.Set(ctx, name, value)
}
