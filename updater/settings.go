package updater

import (
	"context"
	"fmt"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/updater/settings"
)

// NoteAvoided says that the settings forbid to open {0}.
const NoteAvoided devices.Code = "engine.avoided"

// Settings are those of the data folder.
type Settings = settings.Settings

// Settings reads what holds in the engine's data folder now; errors as settings.Read.
func (e *Engine) Settings() (Settings, error) { return settings.Read(e.cfg.DataDir) }

// Configure is settings.Change for the engine's data folder. What changed holds from now
// on, also for upgrades under way where they open a port anew.
func (e *Engine) Configure(ctx context.Context, change func(*Settings)) (Settings, error) {
	s, err := settings.Change(ctx, e.cfg.DataDir, change)
	if err == nil {
		e.reconfigured()
	}
	return s, err
}

// Renew is settings.Renew for the engine's data folder.
func (e *Engine) Renew(ctx context.Context, change func(*Settings)) (Settings, error) {
	s, err := settings.Renew(ctx, e.cfg.DataDir, change)
	if err == nil {
		e.reconfigured()
	}
	return s, err
}

// reconfigured tells those who wait for a change.
func (e *Engine) reconfigured() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.configured)
	e.configured = make(chan struct{})
}

// settingsLook is how often the file is looked at: another program may have changed it.
const settingsLook = 2 * time.Second

// WatchSettings calls see whenever what holds is something else than what was seen
// before, at first known, whichever program changed it, until ctx ends. It returns
// context.Cause(ctx).
func (e *Engine) WatchSettings(ctx context.Context, known Settings, knownErr error, see func(Settings, error)) error {
	look := time.NewTicker(settingsLook)
	defer look.Stop()
	for changed := e.changed(); ; {
		select {
		case <-changed:
		case <-look.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		changed = e.changed()
		s, err := e.Settings()
		if s.Equal(known) && fmt.Sprint(err) == fmt.Sprint(knownErr) {
			continue
		}
		known, knownErr = s, err
		see(s, err)
		e.reconfigured() // for who shows ports
	}
}

// changed is closed at the next change by this program.
func (e *Engine) changed() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.configured
}

// allowed refuses a port that is to be left alone.
func (e *Engine) allowed(at string) error {
	s, err := e.Settings()
	if err != nil {
		return err
	}
	if s.Avoids(devices.Address(at)) {
		return &devices.Error{Op: "updater: claim", At: at, Kind: devices.Denied, Note: NoteAvoided, Args: []any{at}}
	}
	return nil
}

// sparing is a Discoverer that shows what the settings leave.
type sparing struct {
	devices.Discoverer
	engine *Engine
}

// Watch implements devices.Discoverer; it tells anew when the settings changed.
func (d sparing) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		heard bool
		last  []devices.Sighting
	)
	tell := func() { // with mu held
		s, err := d.engine.Settings()
		if err != nil {
			d.engine.cfg.Log.Error("the settings cannot be read", "err", err)
		}
		see(s.Spare(last))
	}
	inner, stop := context.WithCancel(ctx)
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		for {
			select {
			case <-d.engine.changed():
			case <-inner.Done():
				return
			}
			mu.Lock()
			if heard {
				tell()
			}
			mu.Unlock()
		}
	})
	return d.Discoverer.Watch(ctx, func(list []devices.Sighting) {
		mu.Lock()
		defer mu.Unlock()
		last, heard = list, true
		tell()
	})
}

// paced is ctx in which serial ports are opened at the usual speed of this folder, as it
// is then.
func (e *Engine) paced(ctx context.Context) context.Context {
	return link.Through(ctx, func(open link.Opener) link.Opener {
		return func(ctx context.Context, address devices.Address, asked link.Settings) (link.Link, error) {
			s, err := e.Settings()
			if err != nil {
				return nil, err
			}
			if asked.Baud == 0 {
				asked.Baud = s.Baud
			}
			return open(ctx, address, asked)
		}
	})
}
