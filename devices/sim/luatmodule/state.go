package luatmodule

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Phase is what a module is doing.
type Phase string

// The phases.
const (
	Off         Phase = "off"
	Booting     Phase = "boot"
	Asking      Phase = "ask"
	Downloading Phase = "download"
	Restarting  Phase = "restart"
	Idle        Phase = "idle"
	Silent      Phase = "silent" // it will never be heard of again
)

// State is a module at one moment.
type State struct {
	// Version is what it runs.
	Version string
	Phase   Phase
	// Asked counts checks, Downloads those that brought a whole image, Restarts
	// the restarts of either kind, Retries what was sent once more.
	Asked, Downloads, Restarts, Retries int
	// Received and Total are bytes of the image that is or was last on its way;
	// Total is 0 as long as the server has not said it.
	Received, Total int64
	// LastAnswer is what the server said last, or why the module could do nothing
	// with it: printable, at most 200 bytes.
	LastAnswer string
	// ImageSHA256 is of the image as it was stored last, in lower-case hex.
	ImageSHA256 string
	// Clock is the time that the server told with its last offer, as
	// YYYY-MM-DD HH:MM:SS, empty if it told none.
	Clock string
}

// Outcome is how a round ended.
type Outcome string

// The outcomes.
const (
	// None means that the server had nothing.
	None Outcome = "none"
	// Rejected means that the module could not take what it was offered.
	Rejected Outcome = "rejected"
	// Aborted means that the server broke off.
	Aborted Outcome = "aborted"
	// GaveUp means that all tries were used up.
	GaveUp Outcome = "gave-up"
	// Installed means that the module restarted with the image's version.
	Installed Outcome = "installed"
	// KeptOld means that it restarted with the version it had.
	KeptOld Outcome = "kept-old"
	// Gone means that it downloaded the image and was not heard of again.
	Gone Outcome = "gone"
)

// Result is what one round came to.
type Result struct {
	Outcome Outcome
	// Version is what the module runs now.
	Version string
	// Bytes and SHA256 (lower-case hex) are of what it stored; of a download
	// that was not finished there are only Bytes.
	Bytes  int64
	SHA256 string
	// Retries counts what was sent once more in this round.
	Retries int
	// Answer is State.LastAnswer.
	Answer string
}

// State returns what the module is doing now. It may be called at any time.
func (m *Module) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// Version returns what the module runs now. It may be called at any time.
func (m *Module) Version() string { return m.State().Version }

// Stored returns the image that the last finished download brought; nil without
// Options.KeepImage. The caller must not change it.
func (m *Module) Stored() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stored
}

// note changes the state.
func (m *Module) note(change func(*State)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.state)
}

func (m *Module) phase(p Phase) { m.note(func(s *State) { s.Phase = p }) }

func (m *Module) retried() { m.note(func(s *State) { s.Retries++ }) }

func (m *Module) heard(answer string) {
	answer = printable(answer)
	m.note(func(s *State) { s.LastAnswer = answer })
}

// finished records a whole image.
func (m *Module) finished() {
	sum := hex.EncodeToString(m.flash.digest())
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Downloads++
	m.state.ImageSHA256 = sum
	if m.options.KeepImage {
		m.stored = m.flash.image
	}
}

// printable bounds a text and replaces what cannot be shown.
func printable(s string) string {
	const most = 200
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '.'
		}
		return r
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}
