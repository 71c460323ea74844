package settings

import (
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/devices/link/record"
)

// The bounds.
const (
	MinBaud       = 300       // bits a second
	MaxBaud       = 4_000_000 // bits a second
	MaxAvoid      = 64
	MaxRecordings = 10_000
	MaxPoints     = 64
	MinWait       = time.Minute
	MaxWait       = 90 * 24 * time.Hour

	maxAddress = 256  // bytes of a port's
	maxName    = 200  // bytes of an access point's, as people call it
	maxAPN     = 100  // bytes, 3GPP TS 23.003
	maxUser    = 128  // bytes
	maxPath    = 4096 // bytes
	maxURL     = 1024 // bytes
)

// What usually holds.
const (
	UsualBaud           = 115200 // bits a second
	UsualRecordings     = 20
	UsualRecordingBytes = 200 << 20
	UsualWait           = 48 * time.Hour
)

// Remarks. Each of those about a value has a remedy that tells its bounds.
const (
	// NoteUnreadable: {0}, the file of the settings, cannot be read.
	NoteUnreadable     devices.Code = "engine.settings"
	NoteBaud           devices.Code = "settings.bad.baud"           // what it was to be, least, most
	NoteAvoid          devices.Code = "settings.bad.avoid"          // most ports, most bytes of one
	NoteRecordings     devices.Code = "settings.bad.recordings"     // what it was to be, most
	NoteRecordingBytes devices.Code = "settings.bad.recordingbytes" // what it was to be, least bytes
	NoteWait           devices.Code = "settings.bad.wait"           // what it was to be, least, most seconds
	NotePoint          devices.Code = "settings.bad.point"          // name, most bytes of name, APN and user
	NotePointTwin      devices.Code = "settings.bad.pointtwin"      // name
	NotePointMany      devices.Code = "settings.bad.pointmany"      // limit
	NotePointIP        devices.Code = "settings.bad.pointip"        // name, what it was to be
	NotePointNone      devices.Code = "settings.bad.pointnone"      // name
	NotePath           devices.Code = "settings.bad.path"           // setting, most bytes
	NotePEM            devices.Code = "settings.bad.pem"            // path
	NoteProxy          devices.Code = "settings.bad.proxy"          // –
	NoteFolder         devices.Code = "settings.bad.folder"         // path
	NoteOwnFolder      devices.Code = "settings.bad.ownfolder"      // path
	NoteLanguage       devices.Code = "settings.bad.language"       // what it was to be, choices
	NoteLook           devices.Code = "settings.bad.look"           // what it was to be, choices
	NoteName           devices.Code = "settings.bad.name"           // what was named, names
)

// bad is a value that cannot be kept.
func bad(note devices.Code, args ...any) error {
	return &devices.Error{Op: "settings", Kind: devices.Unsupported, Note: note, Args: args}
}

// Check tells what is out of bounds: an error of kind Unsupported that names it.
func (s Settings) Check() error {
	switch {
	case s.Baud != 0 && (s.Baud < MinBaud || s.Baud > MaxBaud):
		return bad(NoteBaud, s.Baud, MinBaud, MaxBaud)
	case !avoided(s.Avoid):
		return bad(NoteAvoid, MaxAvoid, maxAddress)
	case s.Recordings < 0 || s.Recordings > MaxRecordings:
		return bad(NoteRecordings, s.Recordings, MaxRecordings)
	case s.RecordingBytes != 0 && s.RecordingBytes < record.Limit:
		return bad(NoteRecordingBytes, s.RecordingBytes, int64(record.Limit))
	}
	if w := s.Waits(); w < MinWait || w > MaxWait {
		return bad(NoteWait, w.String(), MinWait.Seconds(), MaxWait.Seconds())
	}
	if err := s.checkWords(); err != nil {
		return err
	}
	if err := s.Proxy.check(); err != nil {
		return err
	}
	return checkPoints(s.Points)
}

// checkWords tells what is no choice, and no path.
func (s Settings) checkWords() error {
	switch {
	case s.Language != "" && !slices.Contains(Languages(), s.Language):
		return bad(NoteLanguage, s.Language, Languages())
	case s.Look != "" && !slices.Contains(Looks(), s.Look):
		return bad(NoteLook, s.Look, Looks())
	}
	for name, path := range map[string]string{fieldCA: s.TLS.CA, fieldCert: s.TLS.Cert, fieldKey: s.TLS.Key, fieldWatch: s.Watch, FieldLibrary: s.Library, fieldPicked: s.Picked} {
		if !plain(path, maxPath) {
			return bad(NotePath, name, maxPath)
		}
	}
	if s.Watch != "" && s.Library != "" && (within(s.Watch, s.Library) || within(s.Library, s.Watch)) {
		return bad(NoteOwnFolder, s.Watch) // what is kept would be taken in again
	}
	return nil
}

// Waits is for how long a device that asks by itself may be silent.
func (s Settings) Waits() time.Duration {
	if s.Wait == 0 {
		return UsualWait
	}
	return time.Duration(min(max(s.Wait, -1), int64(2*MaxWait/time.Second))) * time.Second
}

// Kept is how many recordings may stay, and how many bytes of them.
func (s Settings) Kept() (most int, size int64) {
	most, size = UsualRecordings, UsualRecordingBytes
	if s.Recordings > 0 {
		most = s.Recordings
	}
	if s.RecordingBytes > 0 {
		size = s.RecordingBytes
	}
	return most, size
}
