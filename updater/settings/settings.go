// Package settings holds what a person sets once for a data folder, for every program
// that works in it: settings.json. The engine heeds ports, speed and retention; the rest
// is for those who show windows, ask for upgrades and fetch files. Passwords are not in
// it: they are among the secrets (updater/secrets), and Keeper keeps both in step.
package settings

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/packages/strictjson"
)

// Settings hold for a data folder. A zero field is the usual value.
type Settings struct {
	// Baud is the speed, in bits a second, at which serial ports are opened for which no
	// driver knows better; from MinBaud to MaxBaud.
	Baud int `json:"baud,omitempty"`
	// Avoid are ports that are never opened and shown nowhere, at most MaxAvoid.
	Avoid []devices.Address `json:"avoid,omitempty"`
	// Recordings is how many recordings are kept, from 1 to MaxRecordings; RecordingBytes
	// what they may take together, from record.Limit on.
	Recordings     int   `json:"recordings,omitempty"`
	RecordingBytes int64 `json:"recordingBytes,omitempty"`
	// Wait is for how long a device that asks by itself may be silent after it was given
	// something, in seconds, from MinWait to MaxWait.
	Wait int64 `json:"checkInWait,omitempty"`
	// Points are ways into cellular networks, by name; at most MaxPoints.
	Points []Point `json:"accessPoints,omitempty"`
	// TLS are files that devices may be given, when somebody says so.
	TLS TLS `json:"tls,omitzero"`
	// Proxy is how this computer reaches other hosts.
	Proxy Proxy `json:"proxy,omitzero"`
	// Watch is a folder from which the window takes packages into the library; "" is none.
	Watch string `json:"watch,omitempty"`
	// Library is the folder of the packages, for every program that begins after it was
	// set; "" is "library" in the data folder.
	Library string `json:"library,omitempty"`
	// Language is one of Languages, "" the system's.
	Language string `json:"language,omitempty"`
	// Look is one of Looks, "" the system's. Only those who draw interpret it.
	Look string `json:"look,omitempty"`
	// Picked is the folder in which a person picked a file last, where the next window
	// begins; "" is the usual one.
	Picked string `json:"picked,omitempty"`
}

// File is the name of the file in the data folder.
const File = "settings.json"

// maxFile bounds that file, in bytes.
const maxFile = 512 << 10

// Languages are those that can be chosen.
func Languages() []string { return []string{"en", "zh-Hans"} }

// Looks are those that can be chosen.
func Looks() []string { return []string{"light", "dark"} }

// Read reads what holds in a data folder now; "" has the usual settings. A file that
// cannot be believed is an error of kind Integrity: until it is mended or written anew, no
// port is opened.
func Read(folder string) (Settings, error) {
	if folder == "" {
		return Settings{}, nil
	}
	text, err := durable.Read(filepath.Join(folder, File), maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, nil
	}
	var s Settings
	if err == nil {
		s, err = parse(text)
	}
	if err != nil {
		return Settings{}, &devices.Error{Op: "settings: read", Kind: devices.Integrity, Note: NoteUnreadable, Args: []any{File}, Err: err}
	}
	return s, nil
}

// parse reads the file and checks what it says.
func parse(text []byte) (s Settings, err error) {
	if _, err := strictjson.Read(text, &s); err != nil {
		return s, err
	}
	return s, s.Check()
}

// Change lets change alter what holds in a data folder, and gives what holds then. Errors:
// Unsupported for what is out of bounds, which changes nothing; Integrity for a file that
// cannot be believed, see Renew; and those of the disk.
func Change(ctx context.Context, folder string, change func(*Settings)) (Settings, error) {
	return alter(ctx, folder, change, func(_ string, err error) error { return err })
}

// Renew is Change, but a file that cannot be believed is put aside, under a name with the
// time in it, and all that change does not set is as usual.
func Renew(ctx context.Context, folder string, change func(*Settings)) (Settings, error) {
	return alter(ctx, folder, change, func(path string, _ error) error {
		aside := filepath.Join(folder, "settings.damaged-"+time.Now().UTC().Format("20060102T150405.000")+".json")
		// Without a file all would be as usual for a moment, and ports be opened.
		if os.Link(path, aside) == nil {
			return durable.Sync(folder)
		}
		return durable.Move(path, aside) // it is no file, or this disk has no links
	})
}

func alter(ctx context.Context, folder string, change func(*Settings), unbelieved func(path string, err error) error) (s Settings, err error) {
	if folder == "" {
		return s, errors.New("settings: no data folder")
	}
	path := filepath.Join(folder, File)
	err = durable.Locked(ctx, path, func() error {
		if s, err = Read(folder); err != nil {
			if err := unbelieved(path, err); err != nil {
				return err
			}
		}
		s = s.Clone()
		change(&s)
		if err := s.Check(); err != nil {
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
	return s, nil
}

// Clone is a copy that shares nothing.
func (s Settings) Clone() Settings {
	s.Avoid, s.Points = slices.Clone(s.Avoid), slices.Clone(s.Points)
	return s
}

// LibraryIn is the folder of the packages that goes with a data folder.
func (s Settings) LibraryIn(folder string) string {
	return cmp.Or(s.Library, filepath.Join(folder, "library"))
}

// Equal tells whether both say the same.
func (s Settings) Equal(t Settings) bool {
	lists := slices.Equal(s.Avoid, t.Avoid) && slices.Equal(s.Points, t.Points)
	return lists && s.Baud == t.Baud && s.Recordings == t.Recordings && s.RecordingBytes == t.RecordingBytes && s.Wait == t.Wait &&
		s.TLS == t.TLS && s.Proxy == t.Proxy && s.Watch == t.Watch && s.Library == t.Library && s.Language == t.Language && s.Look == t.Look && s.Picked == t.Picked
}

// avoided tells whether a list of ports to be left alone is in its bounds.
func avoided(list []devices.Address) bool {
	long := func(a devices.Address) bool { return a == "" || !plain(string(a), maxAddress) }
	return len(list) <= MaxAvoid && !slices.ContainsFunc(list, long)
}

// plain tells whether a text fits on a line, in at most so many bytes.
func plain(text string, most int) bool {
	control := func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }
	return len(text) <= most && !strings.ContainsFunc(text, control)
}
