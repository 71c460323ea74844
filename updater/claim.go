package updater

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
)

// claim takes name within this program and among all programs of this user, unless it
// is a port to be left alone.
func (e *Engine) claim(name, who string) (func(), error) {
	if err := e.allowed(name); err != nil {
		return nil, err
	}
	e.mu.Lock()
	holder, taken := e.held[name]
	if !taken {
		e.held[name] = who
	}
	e.mu.Unlock()
	if taken {
		return nil, &devices.Error{
			Op: "updater: claim", At: name, Kind: devices.Busy, Detail: holder,
			Note: NoteRunning, Args: []any{name},
		}
	}
	free := func() {
		e.mu.Lock()
		delete(e.held, name)
		e.mu.Unlock()
	}
	release, err := e.tools.claim(name, who)
	if err != nil {
		free()
		return nil, err
	}
	return sync.OnceFunc(func() { release(); free() }), nil
}

// settling is who holds a port while an open case is looked into.
const settling = "settle"

// claimSoon is claim, but waits for a look at an open case to end: that is
// nothing a person should be troubled with.
func (e *Engine) claimSoon(ctx context.Context, name, who string) (func(), error) {
	for end := time.Now().Add(e.cfg.Budgets.Ask); ; {
		release, err := e.claim(name, who)
		var busy *devices.Error
		if !errors.As(err, &busy) || busy.Detail != settling || time.Now().After(end) {
			return release, err
		}
		if err := pause(ctx, e.cfg.Budgets.Poll/4); err != nil {
			return nil, err
		}
	}
}

// Free tells whether the device of p could be asked now, as far as this program and
// others of its kind know: whether anybody else has the port open is known by opening it.
// A port that is to be left alone is not free.
func (e *Engine) Free(p Plan) bool {
	if p.control() == "" {
		return false
	}
	names := []string{string(p.control())}
	if p.Sighting.Key != "" {
		names = append(names, "place:"+p.Sighting.Key)
	}
	for _, name := range names {
		// As settling: who wants it in this moment waits for its end.
		release, err := e.claim(name, settling)
		if err != nil {
			return false
		}
		release()
	}
	return true
}

// holds tells whether any of names is held in this program.
func (e *Engine) holds(names ...string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(names, func(name string) bool { return e.held[name] != "" })
}

// hold claims name until the job ends.
func (j *job) hold(name string) error {
	release, err := j.e.claimSoon(j.e.ctx, name, j.id)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.releases = append(j.releases, release)
	return nil
}

// free releases all that the job holds.
func (j *job) free() {
	j.mu.Lock()
	releases := j.releases
	j.releases = nil
	j.mu.Unlock()
	for _, release := range releases {
		release()
	}
}
