package updater

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/link/record"
	"fotabench/packages/durable"
	"fotabench/updater/settings"
)

// engineWithout is an engine without a data folder.
func engineWithout(t *testing.T, w *world) *Engine {
	t.Helper()
	e := engine(t, w, newBook())
	t.Cleanup(func() { close2(t, e) })
	return e
}

// configure makes s hold.
func configure(e *Engine, s Settings) error {
	_, err := e.Configure(context.Background(), func(now *Settings) { *now = s })
	return err
}

// TestSettings: what is set is read by whoever opens the folder next; what is out of
// bounds changes nothing; a file that cannot be believed opens no port.
func TestSettings(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	e := recordingEngine(t, w, dir)
	defer close2(t, e)
	if s, err := e.Settings(); err != nil || s.Baud != 0 || len(s.Avoid) > 0 {
		t.Fatal(s, err)
	}
	good := Settings{Baud: 9600, Avoid: []devices.Address{"COM9"}, Recordings: 3, RecordingBytes: record.Limit}
	if err := configure(e, good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []Settings{
		{Baud: 299},
		{Avoid: []devices.Address{""}},
	} {
		if err := configure(e, bad); !errors.Is(err, devices.Unsupported) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	next := recordingEngine(t, w, dir)
	defer close2(t, next)
	if s, err := next.Settings(); err != nil || fmt.Sprint(s) != fmt.Sprint(good) {
		t.Error(s, err)
	}
	for _, text := range []string{"", "{", `{"baud":1}`, `{"new":true}`, strings.Repeat(" ", 1<<20)} {
		if err := os.WriteFile(filepath.Join(dir, settings.File), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := e.Identify(t.Context(), w.plan())
		var said *devices.Error
		if !errors.As(err, &said) || said.Kind != devices.Integrity || said.Note != settings.NoteUnreadable {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if err := configure(engineWithout(t, w), Settings{}); err == nil {
		t.Error("settings without a folder")
	}
	if err := configure(e, Settings{}); !errors.Is(err, devices.Integrity) {
		t.Error("ports were forgotten by the way:", err)
	}
	if _, err := e.Renew(t.Context(), func(*Settings) {}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Identify(t.Context(), Plan{Sighting: w.plan().Sighting, Links: pipes}); err != nil {
		t.Error(err)
	}
}

// TestAvoid: a port that is to be left alone is not shown and not opened, from the moment
// on at which somebody says so, and by whatever name; the other ports of its device stay.
func TestAvoid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, dir := newWorld(t), t.TempDir()
		real, alias := filepath.Join(dir, "ttyUSB7"), filepath.Join(dir, "by-id")
		if err := errors.Join(os.WriteFile(real, nil, 0o600), os.Symlink(real, alias)); err != nil {
			t.Skip(err) // no links here
		}
		w.others = []devices.Sighting{
			{Key: "usb2", Ports: []devices.Port{{Address: "COM7", Role: devices.RoleREPL}, {Address: "COM8", Role: devices.RoleAT}}},
			{Key: "usb3", Ports: []devices.Port{{Address: devices.Address(real)}}},
			{Key: "rom", DownloadMode: true},
		}
		e := recordingEngine(t, w, dir)
		defer close2(t, e)
		ctx, stop := context.WithCancel(t.Context())
		var shown []string
		done := make(chan error)
		go func() {
			done <- e.Sightings(ctx, func(list []devices.Sighting) {
				shown = nil
				for _, s := range list {
					for _, p := range s.Ports {
						shown = append(shown, string(p.Address))
					}
					shown = append(shown, s.Key)
				}
			})
		}()
		synctest.Wait()
		if len(shown) != 8 {
			t.Fatal(shown)
		}
		if err := configure(e, Settings{Avoid: []devices.Address{"com8", devices.Address(alias), home}}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !slices.Equal(shown, []string{"COM7", "usb2", "rom"}) {
			t.Error(shown)
		}
		for _, at := range []devices.Address{home, "COM8", devices.Address(real), devices.Address(alias)} {
			p := w.plan()
			p.Address, p.Links = at, pipes
			_, _, err := e.Identify(t.Context(), p)
			_, begun := e.Start(p)
			for _, err := range []error{err, begun} {
				var said *devices.Error
				if !errors.As(err, &said) || said.Note != NoteAvoided {
					t.Errorf("%s: %v", at, err)
				}
			}
		}
		if err := configure(e, Settings{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(shown) != 8 {
			t.Error(shown)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestPaced: the usual speed is for those who name none, as it is at that moment.
func TestPaced(t *testing.T) {
	e := recordingEngine(t, newWorld(t), t.TempDir())
	defer close2(t, e)
	var took []int
	ctx := link.Through(t.Context(), func(link.Opener) link.Opener {
		return func(_ context.Context, _ devices.Address, s link.Settings) (link.Link, error) {
			took = append(took, s.Baud)
			return nil, devices.Absent
		}
	})
	ctx = e.paced(ctx)
	for _, usual := range []int{0, 9600, 921600} {
		if err := configure(e, Settings{Baud: usual}); err != nil {
			t.Fatal(err)
		}
		for _, asked := range []int{0, 1_500_000} {
			if _, err := link.Open(ctx, "COM1", link.Settings{Baud: asked}); !errors.Is(err, devices.Absent) {
				t.Fatal(err)
			}
		}
	}
	if !slices.Equal(took, []int{0, 1_500_000, 9600, 1_500_000, 921600, 1_500_000}) {
		t.Error(took)
	}
	if _, err := link.Open(link.AtSpeed(link.AtSpeed(ctx, 0), 300), "COM1", link.Settings{}); took[len(took)-1] != 300 {
		t.Error(took, err)
	}
}

// TestRetention: as many recordings stay as the settings say.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, dir := newWorld(t), t.TempDir()
		e := recordingEngine(t, w, dir)
		defer close2(t, e)
		kept := func() int {
			files, err := filepath.Glob(filepath.Join(dir, recordingsFolder, "*"+recordingSuffix))
			if err != nil {
				t.Fatal(err)
			}
			return len(files)
		}
		for i, want := range []int{1, 2, 2, 3} {
			if i == 3 {
				if err := configure(e, Settings{Recordings: 5}); err != nil {
					t.Fatal(err)
				}
			} else if err := configure(e, Settings{Recordings: 2}); err != nil {
				t.Fatal(err)
			}
			p, _ := secretPlan(w)
			p.Accept = map[string]string{"repeat": "", "version": ""}
			if got := last(story(t, e, p)); got.Outcome != Verified {
				t.Fatalf("%+v", got)
			}
			if got := kept(); got != want {
				t.Errorf("after %d upgrades: %d recordings, want %d", i+1, got, want)
			}
		}
	})
}

// TestProxySecret: a proxy's password is one of the texts that are shown nowhere.
func TestProxySecret(t *testing.T) {
	p := Plan{Origin: &OriginPlan{Proxy: "http://joe:s3cret@proxy:3128"}}
	if !slices.Contains(p.secrets(), "s3cret") {
		t.Error(p.secrets())
	}
	for _, none := range []string{"", "none", "http://proxy:3128"} {
		p.Origin.Proxy = none
		if got := p.secrets(); len(got) > 0 {
			t.Error(none, got)
		}
	}
}

// TestWatchSettings: what another program changes is seen, told once, and so are the
// ports that it leaves alone.
func TestWatchSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, dir := newWorld(t), t.TempDir()
		e := recordingEngine(t, w, dir)
		defer close2(t, e)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var seen []string
		shown := 0
		var work sync.WaitGroup
		work.Go(func() {
			_ = e.WatchSettings(ctx, Settings{}, nil, func(s Settings, err error) { seen = append(seen, fmt.Sprint(s.Look, err != nil)) })
		})
		work.Go(func() { _ = e.Sightings(ctx, func(list []devices.Sighting) { shown = len(list) }) })
		time.Sleep(3 * settingsLook)
		synctest.Wait()
		if len(seen) > 0 || shown == 0 {
			t.Error("nothing changed:", seen, shown)
		}
		other := func(text string) {
			if err := durable.Write(filepath.Join(dir, settings.File), []byte(text)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * settingsLook)
			synctest.Wait()
		}
		other(fmt.Sprintf(`{"look":"dark","avoid":[%q]}`, home))
		if shown != 0 {
			t.Error("a port that another program forbade is shown")
		}
		other("{")
		if _, err := e.Renew(ctx, func(s *Settings) { s.Look = "light" }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !slices.Equal(seen, []string{"darkfalse", "true", "lightfalse"}) {
			t.Errorf("%q", seen)
		}
		stop()
		work.Wait()
	})
}
