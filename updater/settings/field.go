package settings

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"fotabench/devices"
	"fotabench/devices/link/record"
)

// Field is a setting that is one value, as it is named and written where there is no
// window.
type Field struct {
	Name string
	// Values are all that it takes, nil where there are too many to list.
	Values []string
	// Path says that it is a file or a folder.
	Path bool
	// Get gives the value that holds; usual says that nobody chose it.
	Get func(s Settings) (value string, usual bool)
	// set takes what was typed; clear takes the usual value.
	set   func(s *Settings, text, folder string) error
	clear func(s *Settings)
}

// FieldLibrary is the name of the folder of the packages: who sets it opens it first.
const FieldLibrary = "library"

// The names of the other fields.
const (
	fieldBaud           = "baud"
	fieldRecordings     = "recordings"
	fieldRecordingBytes = "recording-bytes"
	fieldWait           = "checkin-wait"
	fieldCA             = "tls-ca"
	fieldCert           = "tls-cert"
	fieldKey            = "tls-key"
	fieldWatch          = "watch"
	fieldLanguage       = "language"
	fieldLook           = "look"
	fieldPicked         = "picked"
)

// system is how a choice of the system is written.
const system = "system"

// Fields are the settings that are one value.
func Fields() []Field {
	list := []Field{
		{
			Name: fieldBaud,
			Get:  func(s Settings) (string, bool) { return number(int64(s.Baud), UsualBaud) },
			set: func(s *Settings, text, _ string) error {
				n, err := strconv.Atoi(text)
				if err != nil || n < MinBaud || n > MaxBaud {
					return bad(NoteBaud, text, MinBaud, MaxBaud)
				}
				s.Baud = n
				return nil
			},
			clear: func(s *Settings) { s.Baud = 0 },
		},
		{
			Name: fieldRecordings,
			Get:  func(s Settings) (string, bool) { return number(int64(s.Recordings), UsualRecordings) },
			set: func(s *Settings, text, _ string) error {
				n, err := strconv.Atoi(text)
				if err != nil || n < 1 || n > MaxRecordings {
					return bad(NoteRecordings, text, MaxRecordings)
				}
				s.Recordings = n
				return nil
			},
			clear: func(s *Settings) { s.Recordings = 0 },
		},
		{
			Name: fieldRecordingBytes,
			Get:  func(s Settings) (string, bool) { return number(s.RecordingBytes, UsualRecordingBytes) },
			set: func(s *Settings, text, _ string) error {
				n, err := humanize.ParseBytes(text)
				if err != nil || n < record.Limit || n > 1<<62 {
					return bad(NoteRecordingBytes, text, int64(record.Limit))
				}
				s.RecordingBytes = int64(n)
				return nil
			},
			clear: func(s *Settings) { s.RecordingBytes = 0 },
		},
		{
			Name: fieldWait,
			Get:  func(s Settings) (string, bool) { return hours(s.Waits()), s.Wait == 0 },
			set: func(s *Settings, text, _ string) error {
				d, err := time.ParseDuration(text)
				if err != nil || d < MinWait || d > MaxWait {
					return bad(NoteWait, text, MinWait.Seconds(), MaxWait.Seconds())
				}
				s.Wait = int64(d / time.Second)
				return nil
			},
			clear: func(s *Settings) { s.Wait = 0 },
		},
		choice(fieldLanguage, NoteLanguage, Languages(), func(s *Settings) *string { return &s.Language }),
		choice(fieldLook, NoteLook, Looks(), func(s *Settings) *string { return &s.Look }),
		path(fieldWatch, CheckWatch, func(s *Settings) *string { return &s.Watch }),
		path(FieldLibrary, CheckLibrary, func(s *Settings) *string { return &s.Library }),
		path(fieldPicked, checkPicked, func(s *Settings) *string { return &s.Picked }),
	}
	isPEM := func(at, _ string) error { return CheckPEM(at) }
	return append(list,
		path(fieldCA, isPEM, func(s *Settings) *string { return &s.TLS.CA }),
		path(fieldCert, isPEM, func(s *Settings) *string { return &s.TLS.Cert }),
		path(fieldKey, isPEM, func(s *Settings) *string { return &s.TLS.Key }))
}

// hours is a time as it is typed, without its empty parts.
func hours(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}

func number(n, usual int64) (string, bool) {
	if n == 0 {
		return strconv.FormatInt(usual, 10), true
	}
	return strconv.FormatInt(n, 10), false
}

// choice is one of a few words, or the system's.
func choice(name string, note devices.Code, values []string, at func(*Settings) *string) Field {
	all := append(slices.Clone(values), system)
	return Field{
		Name: name, Values: all,
		Get: func(s Settings) (string, bool) {
			if v := *at(&s); v != "" {
				return v, false
			}
			return system, true
		},
		set: func(s *Settings, text, _ string) error {
			if !slices.Contains(all, text) {
				return bad(note, text, all)
			}
			if text == system {
				text = ""
			}
			*at(s) = text
			return nil
		},
		clear: func(s *Settings) { *at(s) = "" },
	}
}

// path is a place that must be there when it is set.
func path(name string, check func(at, folder string) error, at func(*Settings) *string) Field {
	return Field{
		Name: name, Path: true,
		Get: func(s Settings) (string, bool) { return *at(&s), *at(&s) == "" },
		set: func(s *Settings, text, folder string) error {
			whole, err := Absolute(text)
			if err != nil {
				return err
			}
			if err := check(whole, folder); err != nil {
				return err
			}
			*at(s) = whole
			return nil
		},
		clear: func(s *Settings) { *at(s) = "" },
	}
}

// Absolute is a path from the root on: another program begins elsewhere. "" stays.
func Absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}

// FieldOf finds a field by its name. Errors: Unsupported.
func FieldOf(name string) (Field, error) {
	var names []string
	for _, f := range Fields() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Field{}, bad(NoteName, name, names)
}

// Change gives what takes over a text that a person typed for a data folder, after it
// was looked at: a file that is named must be there. Errors: Unsupported, Absent or
// Refused, each with the bounds and the remedy.
func (f Field) Change(text, folder string) (func(*Settings), error) {
	var trial Settings
	if err := f.set(&trial, text, folder); err != nil {
		return nil, err
	}
	if err := trial.Check(); err != nil {
		return nil, err
	}
	return func(s *Settings) { _ = f.set(s, text, folder) }, nil // it was taken above
}

// Clear takes the usual value.
func (f Field) Clear(s *Settings) { f.clear(s) }
