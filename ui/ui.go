// Package ui is the window. It shows one value, the state, and turns what a
// person does into intents; the engine does the work. Fyne is known here, in
// ui/widgets and in ui/theme only.
//
// A page has three parts: newX builds it, render shows the state, and its
// intents are methods of window, each the same for button, key, menu and drop.
// feed.go is the only place where other goroutines meet Fyne's.
package ui

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"fyne.io/fyne/v2"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
	"fotabench/ui/theme"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/secrets"
)

// upgrades is what the Upgrade page needs of the engine.
type upgrades interface {
	Check(ctx context.Context, plan updater.Plan, identity devices.Identity) []updater.CheckResult
	Start(plan updater.Plan) (job string, err error)
	Cancel(job string) updater.CancelAnswer
	Watch(ctx context.Context, job string, see func(updater.Event)) error
}

// questions are those that devices are asked.
type questions interface {
	Identify(ctx context.Context, plan updater.Plan) (devices.Identity, devices.Capabilities, error)
	Free(plan updater.Plan) bool
	Sightings(ctx context.Context, see func([]devices.Sighting)) error
	Settle(ctx context.Context) error
	Offers(ctx context.Context, plan updater.Plan) (devices.Identity, []devices.Offer, error)
	Refuse(ctx context.Context, plan updater.Plan, offer devices.Offer) error
}

// books is what the engine remembers.
type books interface {
	Dismiss(job string) error
	Report(job string) (updater.Report, error)
	Log(job string) (updater.Log, error)
	Bundle(ctx context.Context, job string, out io.Writer) error
	Notices() []updater.Note
}

// past are the upgrades that the engine remembers.
type past interface {
	Records(limit int) ([]updater.Record, error)
	CasesOf(records []updater.Record) []updater.Case
}

// house is what holds for the data folder, for every program that works in it.
type house interface {
	Settings() (updater.Settings, error)
	Configure(ctx context.Context, change func(*updater.Settings)) (updater.Settings, error)
	Renew(ctx context.Context, change func(*updater.Settings)) (updater.Settings, error)
	WatchSettings(ctx context.Context, known updater.Settings, knownErr error, see func(updater.Settings, error)) error
}

// Engine is what the window needs of updater.Engine.
type Engine interface {
	upgrades
	questions
	books
	past
	house
	Close() error
}

// Config is what main wires in.
type Config struct {
	// Open makes the engine that keeps its journal in folder. Other programs may keep it
	// waiting for as long as ctx.
	Open func(ctx context.Context, folder string) (Engine, error)
	// Probe asks the ports of a device what they are; nil is link.ProbeHere.
	Probe func(ctx context.Context, s devices.Sighting) (devices.Sighting, error)
	// Simulate runs a simulated device until ctx ends; it calls ready each time
	// the device has (a new) address.
	Simulate func(ctx context.Context, order demo.Order, ready func(devices.Address)) error
	// Bench has the services that devices come to; nil: none.
	Bench *bench.Bench
	// Ways are those in which a device on a cable can be spoken to.
	Ways []devices.Way
	// Secrets opens what is kept from others; nil is secrets.Open.
	Secrets func(ctx context.Context, folder string) (*secrets.Store, error)
	// Platforms are the families whose packages are with their vendor's platform.
	Platforms []string
	Version   string

	// window makes the window and waits for what its text needs; nil is the app's NewWindow.
	window func() fyne.Window
}

// made is a window in which text can be measured.
func (c Config) made(a fyne.App) fyne.Window {
	if c.window == nil {
		return a.NewWindow(programTitle)
	}
	return c.window()
}

// dress gives the app its look.
func dress(a fyne.App, look theme.Look) {
	a.Settings().SetTheme(theme.New(look,
		fyne.NewStaticResource("regular.ttf", assets.Font(false)),
		fyne.NewStaticResource("bold.ttf", assets.Font(true))))
}

// book is the language to begin with: the command line's, else the person's choice, else
// the system's.
func book(wanted, kept string) (*words.Book, error) {
	b, err := words.New(cmp.Or(wanted, kept, words.Detect()))
	if err != nil {
		return nil, fmt.Errorf("window: %w", err)
	}
	return b, nil
}
