package alinkdevice

import (
	"bytes"
	"maps"
)

// Phase is what a device is doing.
type Phase string

// The phases.
const (
	Off         Phase = "off" // Run does not run
	Idle        Phase = "idle"
	Downloading Phase = "downloading"
	Verifying   Phase = "verifying"
	Installing  Phase = "installing"
	Restarting  Phase = "restarting"
	Gone        Phase = "gone" // it restarted and does not return
)

// State is what an onlooker beside the device can see.
type State struct {
	// Connected is true between a login with all subscriptions and its loss;
	// Connects counts the former, Refusals the logins that failed.
	Connected          bool
	Connects, Refusals int
	// Versions are what the device runs, by module.
	Versions map[string]string
	Phase    Phase
	// Pushes counts the pushes that were read, from either topic; replies
	// without data are none. Ignored counts those of them that repeated the
	// upgrade under way, and messages that came too fast to be kept.
	Pushes, Ignored int
	// Informs counts the informs that were sent, Restarts the restarts.
	Informs, Restarts int
	// Received is how many bytes of files arrived since the device was made.
	Received int64
	// LastStep is the last step that was reported, 0 if none was.
	LastStep int
	// LastError is what last went wrong, in the device's words, "" if nothing.
	LastError string
}

// State is how the device is now.
func (d *Device) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.state
	s.Versions = maps.Clone(s.Versions)
	return s
}

// Stored gives a copy of what the device last stored under that name, "" being
// the file of an upgrade with one file; nil if there is none or if
// Options.KeepImage is false.
func (d *Device) Stored(name string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.stored[name])
}

// note changes the state.
func (d *Device) note(change func(*State)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.state)
}

// wrong notes an error.
func (d *Device) wrong(err error) {
	d.note(func(s *State) { s.LastError = err.Error() })
}

// version is what the device runs of a module; false if it has no such module.
func (d *Device) version(module string) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.state.Versions[module]
	return v, ok
}
