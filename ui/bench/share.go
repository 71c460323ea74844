package bench

import (
	"context"
	"slices"

	"fotabench/devices/checkin"
	"fotabench/packages"
	"fotabench/updater/origin"
)

// Open makes rules of a plan, for Decide, with our own host where one is on; it changes
// nothing. judge is that of Plan.Open.
func (b *Bench) Open(ctx context.Context, plan *Plan, name, folder string, judge Judge) (*checkin.Rules, error) {
	return plan.Open(ctx, name, folder, b.shareIfOn(), judge)
}

// Decide makes the rules that were opened of a plan the desk's, and registers its Aliyun
// devices. Whoever has begun to fetch goes on.
func (b *Bench) Decide(plan *Plan, rules *checkin.Rules) {
	planned := map[string]string{}
	for _, d := range plan.Devices {
		if d.ProductKey != "" && d.Secret != "" {
			planned[d.ProductKey+"/"+d.DeviceName] = d.Secret
		}
	}
	b.mu.Lock()
	b.planned = planned // who is no longer in it does not get in any more
	b.mu.Unlock()
	b.SetRules(rules)
}

// shareIfOn is Share if one of our own hosts is on, else nil.
func (b *Bench) shareIfOn() ShareFunc {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.on[HTTP] == nil && b.on[HTTPS] == nil {
		return nil
	}
	return b.Share
}

// Shared is where a package of the plan can be fetched by whoever is told: devices
// that follow no protocol of ours.
type Shared struct {
	Package string
	Service Service
	URLs    []string
}

// sharing is where a package of the plan can be fetched.
type sharing struct {
	Shared
	host  *running
	files []packages.File
	share *origin.Share
}

// ShareAll opens a place for each package of the rules on each of our own hosts that
// is on, until the next ShareAll that does not want it, or Close. A place of the same
// files under the same name stays as it is, with whoever is fetching there. URLs over FTP
// hold a user and a password made for this package. What nobody may have now has no place.
func (b *Bench) ShareAll(ctx context.Context, r *checkin.Rules) ([]Shared, error) {
	var free []*packages.Package
	for _, o := range handedOut(r) {
		if o.Refuse == nil || o.Refuse(ctx) == nil {
			free = append(free, o.Package)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.shared
	b.shared = nil
	defer func() {
		for _, p := range before {
			_ = p.share.Close() // told to the host's own log
		}
	}()
	var all []Shared
	for _, pkg := range free {
		for _, s := range []Service{HTTP, HTTPS, FTP} {
			host := b.on[s]
			if host == nil {
				continue
			}
			one := sharing{host: host, files: pkg.Files}
			if i := slices.IndexFunc(before, func(p sharing) bool { return p.host == host && p.Package == pkg.Name && same(p.files, pkg.Files) }); i >= 0 {
				one = before[i]
				before = slices.Delete(before, i, i+1)
			} else {
				share, err := host.share(context.WithoutCancel(ctx), pkg.Files)
				if err != nil {
					return all, err
				}
				one.share, one.Shared = share, Shared{pkg.Name, s, share.URLs()}
			}
			b.shared = append(b.shared, one)
			all = append(all, one.Shared)
		}
	}
	return all, nil
}

// handedOut are what rules offer, each package once.
func handedOut(r *checkin.Rules) []checkin.Offer {
	var all []checkin.Offer
	add := func(o checkin.Offer) {
		if !slices.ContainsFunc(all, func(p checkin.Offer) bool { return p.Package.Name == o.Package.Name }) {
			all = append(all, o)
		}
	}
	for _, one := range r.Rules {
		add(one.Offer)
	}
	for _, l := range r.Devices {
		if l.Package != nil {
			add(*l.Package)
		}
	}
	return all
}

// same tells whether two lists are of files with the same names and contents.
func same(a, b []packages.File) bool {
	return slices.EqualFunc(a, b, func(a, b packages.File) bool {
		return a.Name == b.Name && a.Digests[packages.SHA256] == b.Digests[packages.SHA256]
	})
}

// unshare closes the places of the plan before; b.mu is held.
func (b *Bench) unshare() {
	for _, p := range b.shared {
		_ = p.share.Close() // told to the host's own log
	}
	b.shared = nil
}
