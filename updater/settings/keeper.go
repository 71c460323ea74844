package settings

import (
	"context"
	"errors"

	"fotabench/devices"
	"fotabench/updater/secrets"
)

// Safe keeps passwords; *secrets.Store is one.
type Safe interface {
	Get(ctx context.Context, name string) (string, error)
	Set(ctx context.Context, name, value string) error
	Delete(ctx context.Context, name string) error
}

// Opener opens the safe of the data folder. The system may ask the person to unlock it.
type Opener func(ctx context.Context) (Safe, error)

// What came of a password besides what was asked for.
const (
	// NoteForgot: it was kept for another proxy or user, and is forgotten.
	NoteForgot devices.Code = "settings.forgot"
	// NoteLeft: nothing uses it any more, and it could not be removed.
	NoteLeft devices.Code = "settings.left"
)

// Kept is what holds after a change, and what came of a password that was kept before.
type Kept struct {
	Settings
	// Forgot is true when it was not for what holds now, which needs another: see
	// NoteForgot.
	Forgot bool
	// Left is why it is still among the secrets although nothing uses it any more; nil if
	// it is not. The change holds all the same: see NoteLeft.
	Left error
}

// Keeper changes what consists of a setting and a password. A password is never removed
// before the settings that need it no more are written, nor are settings written that need
// one which cannot be kept: whatever fails, nothing is lost.
type Keeper struct {
	// Read and Change are those of the data folder.
	Read   func() (Settings, error)
	Change func(ctx context.Context, change func(*Settings)) (Settings, error)
	Open   Opener
}

// PutPoint keeps an access point, in place of the one with its ID; one without ID is new.
// A nil password leaves the one that is kept, as long as there is a user; an empty one
// drops it. Errors: those of Change, and those of the secrets; then all is as it was.
func (k Keeper) PutPoint(ctx context.Context, p Point, password *string) (Kept, error) {
	now, err := k.Read()
	if err != nil {
		return Kept{Settings: now}, err
	}
	was := now.byID(p.ID)
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
		return Kept{Settings: now}, err
	}
	if password != nil && p.Locked {
		return k.lock(ctx, p, was, *password)
	}
	kept, err := k.change(ctx, func(s *Settings) { s.put(p) })
	if err == nil && was.Locked && !p.Locked {
		_, kept.Left = k.forget(ctx, p.Secret())
	}
	return kept, err
}

// lock keeps an access point with a new password. Where that cannot be kept, the point is
// what it was.
func (k Keeper) lock(ctx context.Context, p, was Point, password string) (Kept, error) {
	safe, err := k.Open(ctx) // the system may ask for something: before anything is written
	if err != nil {
		return Kept{}, err
	}
	kept, err := k.change(ctx, func(s *Settings) { s.put(p) })
	if err != nil {
		return kept, err
	}
	if err := safe.Set(ctx, p.Secret(), password); err != nil {
		back, undo := k.change(context.WithoutCancel(ctx), func(s *Settings) {
			if s.drop(p.ID); was.ID != "" {
				s.put(was)
			}
		})
		return back, errors.Join(err, undo)
	}
	return kept, nil
}

// DropPoint forgets an access point and its password. Errors are those of Change.
func (k Keeper) DropPoint(ctx context.Context, p Point) (Kept, error) {
	kept, err := k.change(ctx, func(s *Settings) { s.drop(p.ID) })
	if err == nil && p.Locked {
		_, kept.Left = k.forget(ctx, p.Secret())
	}
	return kept, err
}

// PutProxy keeps how other hosts are reached. A nil password leaves the one that is kept
// for this proxy and user; one that was kept for another is forgotten. Errors: those of
// Change, and those of the secrets; then the proxy is what it was.
func (k Keeper) PutProxy(ctx context.Context, p Proxy, password *string) (Kept, error) {
	now, err := k.Read()
	if err != nil {
		return Kept{Settings: now}, err
	}
	p.Turn = ""
	if err := p.check(); err != nil {
		return Kept{Settings: now}, err
	}
	// Each proxy and user has a secret of its own: a new one does not touch the old.
	added, bare, undo := p.User != "" && holds(password), false, func() error { return nil }
	if added {
		if undo, err = k.replace(ctx, p.Secret(), *password); err != nil {
			return Kept{Settings: now}, err
		}
	} else if p.User != "" {
		bare = k.lacksEarlier(ctx)
	}
	was := now.Proxy
	kept, err := k.change(ctx, func(s *Settings) { was, s.Proxy = s.Proxy, p.turned(s.Proxy, password, bare) })
	if err != nil {
		return kept, errors.Join(err, undo())
	}
	return k.cleared(ctx, kept, was, p, password), nil
}

// cleared forgets what was kept for the proxy of before and is not for p, which holds now.
func (k Keeper) cleared(ctx context.Context, kept Kept, was, p Proxy, password *string) Kept {
	switch moved := p.Secret() != was.Secret(); {
	case was.User == "": // nobody is asked to unlock anything
	case moved || password != nil && !holds(password):
		var there bool
		there, kept.Left = k.forget(ctx, was.Secret(), earlierSecret)
		kept.Forgot = there && password == nil && p.User != ""
	case holds(password):
		_, kept.Left = k.forget(ctx, earlierSecret)
	}
	return kept
}

// lacksEarlier tells whether there is surely no password by earlierSecret.
func (k Keeper) lacksEarlier(ctx context.Context) bool {
	safe, err := k.Open(ctx)
	if err != nil {
		return false
	}
	_, err = safe.Get(ctx, earlierSecret)
	return absent(err)
}

// change is Change, of which nothing else came.
func (k Keeper) change(ctx context.Context, change func(*Settings)) (Kept, error) {
	s, err := k.Change(ctx, change)
	return Kept{Settings: s}, err
}

// holds tells whether there is a password that is not empty.
func holds(password *string) bool { return password != nil && *password != "" }

// replace adds a secret, or changes it; undo makes it what it was. One that the keyring has
// lost, or does not give, can be changed all the same: it is of no use to anybody here, and
// undo cannot bring it back.
func (k Keeper) replace(ctx context.Context, name, value string) (undo func() error, err error) {
	safe, err := k.Open(ctx)
	if err != nil {
		return nil, err
	}
	before, unread := safe.Get(ctx, name)
	if err := safe.Set(ctx, name, value); err != nil {
		return nil, err
	}
	return func() error {
		if unread != nil {
			return safe.Delete(context.WithoutCancel(ctx), name)
		}
		return safe.Set(context.WithoutCancel(ctx), name, before)
	}, nil
}

// forget removes secrets; there is false if there was none.
func (k Keeper) forget(ctx context.Context, names ...string) (there bool, err error) {
	safe, err := k.Open(ctx)
	if err != nil {
		return true, err // perhaps
	}
	for _, name := range names {
		_, e := safe.Get(ctx, name)
		if absent(e) {
			continue
		}
		there = there || !errors.Is(e, devices.Absent) // what the keyring has lost is not there
		err = errors.Join(err, safe.Delete(ctx, name))
	}
	return there, err
}

// absent tells whether an error says that a secret was never kept, or is removed.
func absent(err error) bool {
	var known *devices.Error
	return errors.As(err, &known) && known.Note == secrets.NoteAbsent
}
