package updater

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/link/record"
	"fotabench/packages/durable"
)

// Remarks about settings.
const (
	// NoteSettings: {0}, the file of the settings, cannot be read.
	NoteSettings devices.Code = "engine.settings"
	// NoteSettingsBad: what was to be set is out of its bounds: {0} names it.
	NoteSettingsBad devices.Code = "engine.settings.bad"
	// NoteAvoided: the settings forbid to open {0}.
	NoteAvoided devices.Code = "engine.avoided"
)

// Settings hold for a data folder, whatever program works in it. A zero field is the
// usual value.
type Settings struct {
	// Baud is the speed, in bits a second, at which serial ports are opened for which no
	// driver knows better; from 300 to 4,000,000.
	Baud int `json:"baud,omitempty"`
	// Avoid are ports that are never opened and shown nowhere, at most 64.
	Avoid []devices.Address `json:"avoid,omitempty"`
	// Recordings is how many recordings are kept, from 1 to 10,000; RecordingBytes what
	// they may take together, from record.Limit on.
	Recordings     int   `json:"recordings,omitempty"`
	RecordingBytes int64 `json:"recordingBytes,omitempty"`
}

const (
	settingsFile = "settings.json"
	maxSettings  = 64 << 10 // bytes of that file
	maxAvoid     = 64
	maxAddress   = 256 // bytes of one
)

// check tells what is out of bounds.
func (s Settings) check() error {
	bad := ""
	long := func(a devices.Address) bool { return a == "" || len(a) > maxAddress }
	switch {
	case s.Baud != 0 && (s.Baud < 300 || s.Baud > 4_000_000):
		bad = "baud"
	case len(s.Avoid) > maxAvoid || slices.ContainsFunc(s.Avoid, long):
		bad = "avoid"
	case s.Recordings != 0 && (s.Recordings < 1 || s.Recordings > 10_000):
		bad = "recordings"
	case s.RecordingBytes != 0 && s.RecordingBytes < record.Limit:
		bad = "recordingBytes"
	default:
		return nil
	}
	return &devices.Error{Op: "updater: settings", Kind: devices.Unsupported, Note: NoteSettingsBad, Args: []any{bad}}
}

// Kept is how many recordings may stay, and how many bytes of them.
func (s Settings) Kept() (most int, size int64) {
	most, size = recordingsKept, recordingsSize
	if s.Recordings > 0 {
		most = s.Recordings
	}
	if s.RecordingBytes > 0 {
		size = s.RecordingBytes
	}
	return most, size
}

// Settings reads what holds in the engine's data folder now.
func (e *Engine) Settings() (Settings, error) { return ReadSettings(e.cfg.DataDir) }

// ReadSettings reads what holds in a data folder now; "" has the usual settings. A file
// that cannot be believed is an error of kind Integrity: until it is mended or written
// anew, no port is opened.
func ReadSettings(folder string) (Settings, error) {
	var s Settings
	if folder == "" {
		return s, nil
	}
	text, err := durable.Read(filepath.Join(folder, settingsFile), maxSettings)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err = decoder.Decode(&s); err == nil {
			err = s.check()
		}
	}
	if err != nil {
		return Settings{}, &devices.Error{Op: "updater: settings", Kind: devices.Integrity, Note: NoteSettings, Args: []any{settingsFile}, Err: err}
	}
	return s, nil
}

// Configure lets change alter what holds, from now on and also for upgrades under way
// where they open a port anew; it gives what holds then. A file that cannot be believed is
// written anew. Errors: Unsupported with NoteSettingsBad, and those of the disk.
func (e *Engine) Configure(ctx context.Context, change func(*Settings)) (s Settings, err error) {
	if e.cfg.DataDir == "" {
		return s, errors.New("settings: no data folder")
	}
	path := filepath.Join(e.cfg.DataDir, settingsFile)
	err = durable.Locked(ctx, path, func() error {
		s, _ = e.Settings()
		change(&s)
		if err := s.check(); err != nil {
			return err
		}
		text, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			return err
		}
		return durable.Write(path, append(text, '\n'))
	})
	if err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.configured)
	e.configured = make(chan struct{})
	return s, nil
}

// allowed refuses a port that is to be left alone.
func (e *Engine) allowed(at string) error {
	s, err := e.Settings()
	if err != nil {
		return err
	}
	if s.avoids(devices.Address(at)) {
		return &devices.Error{Op: "updater: claim", At: at, Kind: devices.Denied, Note: NoteAvoided, Args: []any{at}}
	}
	return nil
}

// avoids tells whether a port is one to be left alone, by whatever name.
func (s Settings) avoids(at devices.Address) bool {
	return slices.ContainsFunc(s.Avoid, func(a devices.Address) bool { return samePort(a, at) })
}

// samePort compares by name, and paths by where they lead.
func samePort(a, b devices.Address) bool {
	if !strings.HasPrefix(string(a), "/") || !strings.HasPrefix(string(b), "/") {
		return strings.EqualFold(string(a), string(b))
	}
	return resolved(a) == resolved(b)
}

func resolved(a devices.Address) string {
	if path, err := filepath.EvalSymlinks(string(a)); err == nil {
		return path
	}
	return filepath.Clean(string(a)) // it is not there now
}

// Spare leaves out the ports that are to be left alone, and devices that have no others.
func (s Settings) Spare(list []devices.Sighting) []devices.Sighting {
	if len(s.Avoid) == 0 {
		return list
	}
	var kept []devices.Sighting
	for _, one := range list {
		ports := slices.DeleteFunc(slices.Clone(one.Ports), func(p devices.Port) bool { return s.avoids(p.Address) })
		if len(ports) == 0 && len(one.Ports) > 0 {
			continue
		}
		one.Ports = ports
		kept = append(kept, one)
	}
	return kept
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
			d.engine.mu.Lock()
			changed := d.engine.configured
			d.engine.mu.Unlock()
			select {
			case <-changed:
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
		return func(ctx context.Context, address devices.Address, settings link.Settings) (link.Link, error) {
			s, err := e.Settings()
			if err != nil {
				return nil, err
			}
			if settings.Baud == 0 {
				settings.Baud = s.Baud
			}
			return open(ctx, address, settings)
		}
	})
}
