package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
	"fotabench/updater/settings"
)

// deskEngine is a desk at which nobody is; it keeps what it was asked.
type deskEngine struct{ asked []updater.Plan }

func (e *deskEngine) Sightings(ctx context.Context, see func([]devices.Sighting)) error {
	see(nil)
	<-ctx.Done()
	return context.Cause(ctx)
}

func (e *deskEngine) Identify(_ context.Context, p updater.Plan) (devices.Identity, devices.Capabilities, error) {
	e.asked = append(e.asked, p)
	return devices.Identity{}, devices.Capabilities{}, devices.Timeout
}
func (e *deskEngine) Start(updater.Plan) (string, error)    { return "", devices.Busy }
func (e *deskEngine) Cancel(string) updater.CancelAnswer    { return updater.CancelTooLate }
func (e *deskEngine) Records(int) ([]updater.Record, error) { return nil, nil }
func (e *deskEngine) Watch(ctx context.Context, _ string, _ func(updater.Event)) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// TestOneHasThePlans: the second program is told who has the plans, may look at them, and
// has them once they are free.
func TestOneHasThePlans(t *testing.T) {
	o := Options{Folder: filepath.Join(t.TempDir(), "odd [name]"), Engine: &deskEngine{}, Who: "ann's window"}
	first := Open(t.Context(), o)
	require.NoError(t, first.PlansErr)
	_, err := first.Plans.Save(rollout.Plan{Name: "Autumn"}, "ann")
	require.NoError(t, err)
	o.Who = "bo"
	second := Open(t.Context(), o)
	require.Nil(t, second.Plans)
	require.ErrorIs(t, second.PlansErr, devices.Busy)
	require.ErrorContains(t, second.PlansErr, "ann's window")

	torn := filepath.Join(o.plans(), "torn.plan.json")
	require.NoError(t, os.WriteFile(torn, []byte("{"), 0o600))
	third, err := Read(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, third.Plans.Plans(), 1)
	require.FileExists(t, torn, "whoever only looks moves nothing aside")

	require.NoError(t, errors.Join(second.Close(), first.Close()))
	take := second.Claim(t.Context())
	require.Nil(t, second.Plans, "whoever uses the fields says when they change")
	second.Claim(t.Context())() // they were claimed already
	take()
	require.NoError(t, second.PlansErr)
	require.Len(t, second.Plans.Plans(), 1)
	require.Len(t, second.Notices, 1)
	require.NoError(t, second.Close())
	o.Only = []string{"another"}
	only := Open(t.Context(), o)
	require.Empty(t, only.Plans.Plans(), "a plan that was not meant")
	require.NoError(t, only.Close())
}

// TestReadNothing: a folder that is new has no plans.
func TestReadNothing(t *testing.T) {
	l, err := Read(t.Context(), Options{Folder: t.TempDir(), Engine: &deskEngine{}})
	if err != nil || len(l.Plans.Plans()) != 0 {
		t.Error(err)
	}
}

// TestPackagesInUse: what a plan at work needs stays in the library.
func TestPackagesInUse(t *testing.T) {
	o := Options{Folder: t.TempDir(), Engine: &deskEngine{}}
	l := Open(t.Context(), o)
	fw := filepath.Join(t.TempDir(), "fw.bin")
	if err := os.WriteFile(fw, []byte("firmware"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := l.Library.Import(t.Context(), []string{fw}, library.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := NewPlan()
	p.Name, p.Components = "Autumn", []rollout.Component{{Package: got.Entry.ID, Expect: "R02"}}
	if p, err = l.Plans.Save(p, "ann"); err != nil {
		t.Fatal(err)
	}
	if err := l.Plans.Activate(t.Context(), p.ID, "ann", "a try"); err != nil {
		t.Fatal(err)
	}
	var refused *packages.Error
	if err := l.Library.Remove(t.Context(), got.Entry.ID); !errors.As(err, &refused) || refused.Code != library.InUse {
		t.Error(err)
	}
	if err := l.Plans.Stop(p.ID, "ann", ""); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Library.Remove(t.Context(), got.Entry.ID), l.Close()); err != nil {
		t.Error(err)
	}
}

// TestUnknownPortsAreAskedFirst: a lone port of which nobody knows what it is, is named to
// the engine, which then asks it before a driver does.
func TestUnknownPortsAreAskedFirst(t *testing.T) {
	for _, c := range []struct {
		s    devices.Sighting
		want devices.Address
	}{
		{devices.Sighting{Ports: []devices.Port{{Address: "COM5"}}}, "COM5"},
		{devices.Sighting{Ports: []devices.Port{{Address: "COM5", Role: devices.RoleAT}}}, ""},
		{devices.Sighting{Ports: []devices.Port{{Address: "COM5"}, {Address: "COM6"}}}, ""},
	} {
		e := &deskEngine{}
		_, _, _ = prober{e}.Identify(t.Context(), updater.Plan{Sighting: c.s})
		if e.asked[0].Address != c.want {
			t.Errorf("%+v: %q", c.s, e.asked[0].Address)
		}
	}
}

// TestFacts: everything that a plan says is told, in both languages.
func TestFacts(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	p := rollout.Plan{
		Name: "Autumn", State: rollout.Paused, Components: []rollout.Component{{Package: strings.Repeat("ab", 32), Expect: "R02"}, {Package: "x", Name: "second"}},
		Targets: rollout.Targets{
			Models: []string{"EC25"}, Sources: []string{"R01"}, Allow: []string{"imei:1", "imei:2", "imei:3", "imei:4"}, Deny: []string{"sn:9"},
			Ranges: [][2]uint64{{860000000000001, 860000000000099}},
		},
		MinBattery: 30, MinSignal: 12, Zone: "Asia/Shanghai", Window: rollout.Window{From: 22, To: 6}, Confirm: rollout.Confirmed,
		Texts: map[string]string{rollout.English: "Now?", rollout.Chinese: "现在？"}, Parallel: 4, StopAfter: 2,
		Delivery: rollout.Delivery{Method: devices.HTTP, Listen: "127.0.0.1:8080", StopProgram: true},
		Accept:   map[string]string{"hashes": "made here"}, Override: &rollout.Override{By: "ann", Reason: "no device", At: at},
		History: []rollout.Change{{At: at, State: rollout.Paused, Note: &updater.Note{Code: rollout.WhyStruck, Args: []any{2, 2}}}},
	}
	standings := []rollout.Standing{
		{Level: rollout.Proved, Devices: []string{"imei:1"}, Models: []string{"EC25"}, Jobs: []string{"a", "b"}, Lapsed: []string{"imei:2"}, Failed: 3}, {Level: rollout.Released},
	}
	for _, lang := range []string{words.English, words.Chinese} {
		b, err := words.New(lang)
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, row := range Facts(b, p, standings, at) {
			all.WriteString(row[0] + ": " + row[1] + "\n")
		}
		text := all.String()
		for _, want := range []string{
			"abababababab", "R02", "second", "EC25", "R01", "imei:1, imei:2, imei:3 …", "sn:9", "860000000000001–860000000000099", "30 %", "12", "Asia/Shanghai",
			"22:00", "06:00", "2026-11-20 22:00 CST", p.Texts[lang], "127.0.0.1:8080", "hashes (made here)", "ann", "no device",
			b.Say(SaysReleased), b.Say(SaysUntested), b.Say(SaysProved, 1, "EC25", 2), b.Say(SaysFailed, 3), b.Say(SaysLapsed, 1), b.Say(rollout.WhyStruck, 2, 2),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", lang, want, text)
			}
		}
		if strings.Contains(text, "plan.says") || strings.Contains(text, "{") {
			t.Error(text)
		}
		open := Facts(b, rollout.Plan{Zone: "Asia/Shanghai", Window: rollout.Window{From: 8, To: 21}}, nil, at)
		if said := open[2][1]; !strings.Contains(said, b.Say(SaysOpen)) && !strings.Contains(open[1][1], b.Say(SaysOpen)) {
			t.Errorf("%q", open)
		}
	}
}

// TestLibraryThatIsAway: one that was put on a drive is not made anew in the place of it; it
// is told, and there is nothing to carry out plans with until it is back.
func TestLibraryThatIsAway(t *testing.T) {
	o, drive := Options{Folder: t.TempDir(), Engine: &deskEngine{}, Who: "test"}, filepath.Join(t.TempDir(), "lib")
	_, err := settings.Change(t.Context(), o.Folder, func(s *settings.Settings) { s.Library = drive })
	require.NoError(t, err)
	l := Open(t.Context(), o)
	require.ErrorContains(t, l.PlansErr, "library.gone")
	require.Nil(t, l.Plans)
	_, err = Read(t.Context(), o)
	require.ErrorContains(t, err, "library.gone")
	require.NoDirExists(t, drive)
	l.Claim(t.Context())()
	require.ErrorContains(t, l.PlansErr, "library.gone", "it is still out")
	require.Nil(t, l.Plans)
	require.NoDirExists(t, o.plans(), "nobody has them")

	_, err = library.Open(t.Context(), drive, library.Options{})
	require.NoError(t, err)
	l.Claim(t.Context())() // sees by itself that the drive is back
	require.NoError(t, l.PlansErr)
	require.NotNil(t, l.Plans)
	require.NoError(t, l.Close())
}

// TestUsualLibraryThatIsDamaged: what is in the usual place and is no library is told, and
// neither taken for a new one nor made one; what is truly not there yet is empty.
func TestUsualLibraryThatIsDamaged(t *testing.T) {
	torn := func(text string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "library.json"), []byte(text), 0o600))
		}
	}
	for name, c := range map[string]struct {
		harm func(t *testing.T, dir string)
		want string // "": it is new
	}{
		"torn":    {torn("{torn"), "library.unmarked"},
		"empty":   {torn(""), "library.unmarked"},
		"deleted": {func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "library.json"))) }, "library.unmarked"},
		"dead link": {func(t *testing.T, dir string) {
			require.NoError(t, errors.Join(os.RemoveAll(dir), os.Symlink(dir+" away", dir)))
		}, "library.gone"},
		"not there": {func(t *testing.T, dir string) { require.NoError(t, os.RemoveAll(dir)) }, ""},
		"hollow": {func(t *testing.T, dir string) {
			require.NoError(t, errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, ".DS_Store"), nil, 0o600)))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Folder: t.TempDir(), Engine: &deskEngine{}, Who: "test"}
			dir := filepath.Join(o.Folder, "library")
			whole, err := library.Open(t.Context(), dir, library.Options{})
			require.NoError(t, err)
			c.harm(t, dir)
			_, err = Read(t.Context(), o)
			l := Open(t.Context(), o)
			if c.want == "" {
				require.NoError(t, errors.Join(err, l.PlansErr, whole.Refresh(t.Context()), l.Close()))
				return
			}
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, l.PlansErr, c.want)
			require.ErrorContains(t, l.Library.View().Err, c.want, "it is told, and watched")
			require.Error(t, whole.Refresh(t.Context()), "nothing was made of it")
			_ = os.Remove(dir) // the link
			_, err = library.Open(t.Context(), dir, library.Options{})
			require.NoError(t, err)
			l.Claim(t.Context())()
			require.NoError(t, l.PlansErr, "it is back")
			require.NoError(t, l.Close())
		})
	}
}
