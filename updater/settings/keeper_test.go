package settings

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/updater/origin"
	"fotabench/updater/secrets"
)

// keeper is one of a data folder, with its safe in a file.
func keeper(t *testing.T) (Keeper, *secrets.Store) {
	t.Helper()
	dir := t.TempDir()
	store, err := secrets.Open(t.Context(), secrets.Options{Folder: dir, FileOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return Keeper{
		Read:   func() (Settings, error) { return Read(dir) },
		Change: func(ctx context.Context, change func(*Settings)) (Settings, error) { return Change(ctx, dir, change) },
		Open:   func(context.Context) (Safe, error) { return store, nil },
	}, store
}

// in is a secret, "" if there is none.
func in(t *testing.T, s *secrets.Store, name string) string {
	t.Helper()
	value, err := s.Get(t.Context(), name)
	if err != nil && !errors.Is(err, devices.Absent) {
		t.Fatal(err)
	}
	return value
}

// TestKeeperPoints: settings and passwords of access points stay in step.
func TestKeeperPoints(t *testing.T) {
	k, store := keeper(t)
	text := func(s string) *string { return &s }
	put := func(p Point, password *string) Point {
		t.Helper()
		s, err := k.PutPoint(t.Context(), p, password)
		if err != nil {
			t.Fatal(err)
		}
		p, err = s.Point(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := put(Point{Name: "b", APN: "x", User: "u"}, text("geheim"))
	if !p.Locked || in(t, store, p.Secret()) != "geheim" {
		t.Error(p)
	}
	at, err := p.Unlocked(t.Context(), k.Open)
	if err != nil || at != (devices.APN{Name: "x", User: "u", Password: "geheim"}) {
		t.Error(at, err)
	}
	p.APN = "y"
	if p = put(p, nil); !p.Locked || in(t, store, p.Secret()) != "geheim" {
		t.Error("an unnamed password was changed", p)
	}
	put(Point{Name: "a", APN: "z"}, nil)
	if s, _ := k.Read(); s.Points[0].Name != "a" {
		t.Error("not by name", s.Points)
	}
	if _, err := k.PutPoint(t.Context(), Point{Name: "a", APN: "other"}, text("lost")); !errors.Is(err, devices.Unsupported) {
		t.Error(err)
	}
	if names, err := store.Names(); err != nil || len(names) != 1 {
		t.Error("a password without its point:", names, err)
	}
	p.User = ""
	if p = put(p, nil); p.Locked || in(t, store, p.Secret()) != "" {
		t.Error("a password without its user", p)
	}
	p = put(p, text("again"))
	if s, err := k.DropPoint(t.Context(), p); err != nil || len(s.Points) != 1 || in(t, store, p.Secret()) != "" {
		t.Error(s, err)
	}
	if _, err := (Settings{}).Point("nobody"); !errors.Is(err, devices.Absent) {
		t.Error(err)
	}
	k.Open = func(context.Context) (Safe, error) { return nil, devices.Locked }
	if _, err := k.PutPoint(t.Context(), Point{Name: "c", APN: "z"}, text("x")); !errors.Is(err, devices.Locked) {
		t.Error(err)
	}
	if s, _ := k.Read(); len(s.Points) != 1 {
		t.Error("a point without its password", s.Points)
	}
}

// proxyKeeper is a keeper of proxies that must not fail.
type proxyKeeper struct {
	Keeper
	t     *testing.T
	store *secrets.Store
}

// whole is the proxy as requests take it.
func (k proxyKeeper) whole() string {
	k.t.Helper()
	s, err := k.Read()
	if err != nil {
		k.t.Fatal(err)
	}
	at, err := s.Proxy.Whole(k.t.Context(), k.Open)
	if err != nil {
		k.t.Fatal(err)
	}
	return at
}

// put keeps a proxy, and fails unless a password was forgotten or not as said.
func (k proxyKeeper) put(p Proxy, password *string, forgot bool) {
	k.t.Helper()
	kept, err := k.PutProxy(k.t.Context(), p, password)
	p.Turn = kept.Proxy.Turn
	if err != nil || kept.Left != nil || kept.Forgot != forgot || kept.Proxy != p {
		k.t.Fatal(kept, err)
	}
}

// only fails unless these are all secrets.
func (k proxyKeeper) only(names ...string) {
	k.t.Helper()
	if got, err := k.store.Names(); err != nil || !slices.Equal(got, names) {
		k.t.Errorf("%v, %v; want %v", got, err, names)
	}
}

// TestKeeperProxy: the proxy's password goes with its address and its user, and a login is
// nowhere else.
func TestKeeperProxy(t *testing.T) {
	keeper, store := keeper(t)
	k := proxyKeeper{keeper, t, store}
	check := func(want string) {
		t.Helper()
		if got := k.whole(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	check("")
	k.put(Proxy{Mode: Direct}, nil, false)
	check(origin.ProxyNone)
	p, password, err := ParseProxy("http://joe:s3cret@proxy:3128")
	if err != nil || p != (Proxy{Mode: Own, Address: "http://proxy:3128", User: "joe"}) || password != "s3cret" {
		t.Fatal(p, password, err)
	}
	k.put(p, nil, false)
	check("http://joe@proxy:3128")
	k.put(p, &password, false)
	p.Address = "HTTP://Proxy:3128/"
	k.put(p, nil, false)
	check("http://joe:s3cret@Proxy:3128/")
	for _, other := range []Proxy{
		{Mode: Own, Address: "http://other:3128", User: "joe"},
		{Mode: Own, Address: "http://proxy:3129", User: "joe"},
		{Mode: Own, Address: "https://proxy:3128", User: "joe"},
		{Mode: Own, Address: "socks5://proxy:3128", User: "joe"},
		{Mode: Own, Address: "http://proxy:3128", User: "ann"},
	} {
		k.put(other, nil, true)
		if got := k.whole(); strings.Contains(got, password) {
			t.Error("the password of another:", got)
		}
		k.only()
		k.put(p, &password, false)
		k.only(p.Secret())
	}
	next := "other"
	k.put(Proxy{Mode: Own, Address: "http://other", User: "joe"}, &next, false)
	check("http://joe:other@other")
	k.put(Proxy{}, nil, false)
	check("")
	k.only()
	if _, err := k.PutProxy(t.Context(), Proxy{Mode: Own}, &password); !errors.Is(err, devices.Unsupported) {
		t.Error(err)
	}
	k.only()
}

// TestKeeperProxyByHand: a password that is still among the secrets, for whatever reason, is
// not sent to another proxy that somebody writes into the settings.
func TestKeeperProxyByHand(t *testing.T) {
	keeper, store := keeper(t)
	k, password := proxyKeeper{keeper, t, store}, "s3cret"
	k.put(Proxy{Mode: Own, Address: "http://a", User: "joe"}, &password, false)
	if _, err := k.Change(t.Context(), func(s *Settings) { s.Proxy.Address = "http://b" }); err != nil {
		t.Fatal(err)
	}
	if got := k.whole(); got != "http://joe@b" {
		t.Error(got)
	}
	k.only(Proxy{Mode: Own, Address: "http://a", User: "joe"}.Secret())
}

// errFails is what fails in these tests.
var errFails = errors.New("it fails")

// poor is a safe that cannot do some things.
type poor struct {
	Safe
	set, del bool
}

func (p poor) Set(ctx context.Context, name, value string) error {
	if p.set {
		return errFails
	}
	return p.Safe.Set(ctx, name, value)
}

func (p poor) Delete(ctx context.Context, name string) error {
	if p.del {
		return errFails
	}
	return p.Safe.Delete(ctx, name)
}

// TestKeeperFails: whatever cannot be written, settings and passwords are what they were; a
// password that cannot be removed is told, and not used.
func TestKeeperFails(t *testing.T) {
	sound, store := keeper(t)
	k, password, other := proxyKeeper{sound, t, store}, "s3cret", "other"
	at := Proxy{Mode: Own, Address: "http://a", User: "joe"}
	k.put(at, &password, false)
	if _, err := k.PutPoint(t.Context(), Point{Name: "NB", APN: "x", User: "u"}, &password); err != nil {
		t.Fatal(err)
	}
	before, err := k.Read()
	if err != nil {
		t.Fatal(err)
	}
	point := before.Points[0]
	changed := point
	changed.APN, changed.User = "y", ""
	locked := func(context.Context) (Safe, error) { return nil, errFails }
	broken := func(p poor) Opener {
		p.Safe = store
		return func(context.Context) (Safe, error) { return p, nil }
	}
	unwritten := func(context.Context, func(*Settings)) (Settings, error) { return Settings{}, errFails }
	deeds := map[string]func(Keeper) (Kept, error){
		"another proxy": func(k Keeper) (Kept, error) {
			return k.PutProxy(t.Context(), Proxy{Mode: Own, Address: "http://b", User: "joe"}, &other)
		},
		"same proxy":   func(k Keeper) (Kept, error) { return k.PutProxy(t.Context(), at, &other) },
		"no proxy":     func(k Keeper) (Kept, error) { return k.PutProxy(t.Context(), Proxy{}, nil) },
		"new password": func(k Keeper) (Kept, error) { return k.PutPoint(t.Context(), point, &other) },
		"no password":  func(k Keeper) (Kept, error) { return k.PutPoint(t.Context(), changed, nil) },
		"a new point":  func(k Keeper) (Kept, error) { return k.PutPoint(t.Context(), Point{Name: "n", APN: "z"}, &other) },
		"no point":     func(k Keeper) (Kept, error) { return k.DropPoint(t.Context(), point) },
	}
	check := func(what string, kept Kept, err error) {
		t.Helper()
		if now, bad := k.Read(); !errors.Is(err, errFails) || bad != nil || !now.Equal(before) || kept.Forgot || kept.Left != nil {
			t.Errorf("%s: %v, %+v", what, err, now)
		}
		k.only(point.Secret(), at.Secret())
		if in(t, store, point.Secret()) != password || k.whole() != "http://joe:s3cret@a" {
			t.Errorf("%s: a password was lost", what)
		}
	}
	for what, do := range deeds {
		kept, err := do(Keeper{k.Read, unwritten, k.Open})
		check("unwritten: "+what, kept, err)
	}
	for _, what := range []string{"another proxy", "same proxy", "new password", "a new point"} {
		for why, open := range map[string]Opener{"locked: ": locked, "full: ": broken(poor{set: true})} {
			kept, err := deeds[what](Keeper{k.Read, k.Change, open})
			check(why+what, kept, err)
		}
	}
}

// TestKeeperLeft: a password that cannot be removed keeps nobody from changing the settings;
// it is told, and not used.
func TestKeeperLeft(t *testing.T) {
	for what, do := range map[string]func(k Keeper, p Point) (Kept, error){
		"another proxy": func(k Keeper, _ Point) (Kept, error) {
			return k.PutProxy(t.Context(), Proxy{Mode: Own, Address: "http://b", User: "joe"}, nil)
		},
		"no proxy": func(k Keeper, _ Point) (Kept, error) { return k.PutProxy(t.Context(), Proxy{}, nil) },
		"no user": func(k Keeper, p Point) (Kept, error) {
			p.User = ""
			return k.PutPoint(t.Context(), p, nil)
		},
		"no point": func(k Keeper, p Point) (Kept, error) { return k.DropPoint(t.Context(), p) },
	} {
		for why, open := range map[string]func(*secrets.Store) Opener{
			"locked": func(*secrets.Store) Opener { return func(context.Context) (Safe, error) { return nil, errFails } },
			"stuck": func(s *secrets.Store) Opener {
				return func(context.Context) (Safe, error) { return poor{Safe: s, del: true}, nil }
			},
		} {
			k, store := keeper(t)
			password := "s3cret"
			if _, err := k.PutProxy(t.Context(), Proxy{Mode: Own, Address: "http://a", User: "joe"}, &password); err != nil {
				t.Fatal(err)
			}
			kept, err := k.PutPoint(t.Context(), Point{Name: "NB", APN: "x", User: "u"}, &password)
			if err != nil {
				t.Fatal(err)
			}
			before := kept.Settings
			k.Open = open(store)
			kept, err = do(k, before.Points[0])
			if err != nil || !errors.Is(kept.Left, errFails) || kept.Equal(before) || kept.Forgot != (what == "another proxy") {
				t.Errorf("%s, %s: %+v, %v", what, why, kept, err)
			}
			k.Open = func(context.Context) (Safe, error) { return store, nil }
			if got := (proxyKeeper{k, t, store}).whole(); what != "no user" && what != "no point" && strings.Contains(got, password) {
				t.Errorf("%s, %s: %s", what, why, got)
			}
		}
	}
}

// TestProxyTurns: another password alone is another setting too, or an open program would
// go on with the old one.
func TestProxyTurns(t *testing.T) {
	k, _ := keeper(t)
	p, password := Proxy{Mode: Own, Address: "http://proxy:3128", User: "joe"}, "s3cret"
	seen := map[string]bool{}
	for _, c := range []struct {
		password *string
		another  bool
	}{{nil, true}, {&password, true}, {nil, false}, {&password, true}} {
		s, err := k.PutProxy(t.Context(), p, c.password)
		if err != nil || (s.Proxy.Turn == "") != (len(seen) == 0) || seen[s.Proxy.Turn] == c.another {
			t.Errorf("%+v %v: %v", c, s.Proxy, err)
		}
		seen[s.Proxy.Turn] = true
	}
	if s, err := k.PutProxy(t.Context(), p, new(string)); err != nil || s.Proxy != p {
		t.Errorf("no password, and an earlier version cannot read it: %+v %v", s.Proxy, err)
	}
	if s, err := k.PutProxy(t.Context(), Proxy{Mode: Direct, Turn: "a"}, nil); err != nil || s.Proxy != (Proxy{Mode: Direct}) {
		t.Errorf("%+v %v", s.Proxy, err)
	}
}
