// Package cli is the program without a window: the same engine for scripts,
// for desks without OpenGL and for servers. It prints what the engine's events
// say and turns the one outcome into an exit code.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/home"
	"fotabench/updater/secrets"
	"fotabench/updater/settings"
)

// Exit codes.
const (
	ExitVerified  = 0 // the device confirmed
	ExitFailed    = 1
	ExitUsage     = 2
	ExitRefused   = 3 // by a check
	ExitCancelled = 4
	ExitUncertain = 5 // device state unknown
)

// Engine is what the verbs need of updater.Engine.
type Engine interface {
	upgrades
	questions
	papers
	archive
	lookout
	Close() error
}

// papers is what the engine writes for others to read, and what is to be said of the
// journal that it writes it from.
type papers interface {
	Notices() []updater.Note
	BundleFile(ctx context.Context, job, path string) (string, error)
	Log(job string) (updater.Log, error)
}

// upgrades is what the engine does.
type upgrades interface {
	Start(plan updater.Plan) (job string, err error)
	Cancel(job string) updater.CancelAnswer
	Watch(ctx context.Context, job string, see func(updater.Event)) error
}

// questions is what can be asked without changing anything.
type questions interface {
	Identify(ctx context.Context, plan updater.Plan) (devices.Identity, devices.Capabilities, error)
	Check(ctx context.Context, plan updater.Plan, identity devices.Identity) []updater.CheckResult
	Offers(ctx context.Context, plan updater.Plan) (devices.Identity, []devices.Offer, error)
	Refuse(ctx context.Context, plan updater.Plan, offer devices.Offer) error
}

// Config is what main wires in.
type Config struct {
	// Open makes the engine that keeps its journal in folder. It is called only
	// by verbs that need it. Other programs may keep it waiting for as long as ctx.
	Open func(ctx context.Context, folder string) (Engine, error)
	// Usual is the usual data folder of this user, in which another one may be chosen; ""
	// is home.Usual.
	Usual string
	// Discoverer tells which devices are present.
	Discoverer devices.Discoverer
	// Probe asks the ports of a device what they are; nil is link.Probe.
	Probe func(ctx context.Context, s devices.Sighting) (devices.Sighting, error)
	// Ways are those in which a device on a cable can be spoken to.
	Ways []devices.Way
	// Platform is the family whose packages are with its vendor's platform.
	Platform string
	// Simulate runs a simulated device until ctx ends; it calls ready each time
	// the device has (a new) address.
	Simulate func(ctx context.Context, order demo.Order, ready func(devices.Address)) error
	// Bench is the one of this program, on which everything is off.
	Bench *bench.Bench
	// Secrets opens what keeps the secrets of the installation in folder; nil is
	// secrets.Open, with the system's keyring.
	Secrets func(ctx context.Context, folder string) (*secrets.Store, error)
	// Window opens the window and returns when it was closed; Ctrl-C ends ctx.
	// nil where the program has none.
	Window func(ctx context.Context, w Window) error
	// Reach tells whether the data folder that was chosen is there; nil is home.Reach.
	Reach func(folder, usual string) error
	// Patience is after how long it is told what is waited for; 0 is three seconds.
	Patience time.Duration
	// Interrupts delivers one value for each Ctrl-C.
	Interrupts <-chan os.Signal
	In         io.Reader
	Out, Err   io.Writer
	Version    string
}

// Window is what the window is opened with.
type Window struct {
	// Folder keeps the journal; Usual says that it is the one of this system.
	Folder string
	Usual  bool
	// Home is the usual folder, in which another one may be chosen; "" where none can be.
	// Named says that Folder was named for this call instead. Away is why Folder, which
	// was chosen, cannot be used now.
	Home  string
	Named bool
	Away  error
	// Kept is what the settings of Folder were just now, nil if they were not read.
	Kept *Kept
	// Lang is "" for the language of the settings.
	Lang string
	Demo bool
	// Port and Packages are chosen beforehand when not empty; Family is the way in to
	// the port, "" is the first in which it answers.
	Port     string
	Packages []string
	Family   string
}

// Kept is what was read of the settings, and why it could not be.
type Kept struct {
	Settings settings.Settings
	Err      error
}

// app is one call of the program.
type app struct {
	Config
	named        string // the data folder of this call, "" if none was named
	folder, lang string
	away         error // why folder, which was chosen, cannot be used now
	json         bool
	book         *words.Book
	kept         Kept // when the call began
	// lacking is true when the journal lost something, partial when that is what was shown.
	lacking, partial bool
}

// status is an error that carries an exit code and has been told already.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// ended is the error for an outcome, nil for the one that is a success.
func ended(o updater.Outcome) error {
	if code := exit(o); code != ExitVerified {
		return status(code)
	}
	return nil
}

// Run runs the program with args (without the program's name) and returns the
// exit code.
func Run(ctx context.Context, config Config, args []string) int {
	config.Usual = cmp.Or(config.Usual, home.Usual())
	a := &app{Config: config}
	out, complaints := &screen{to: config.Out, json: &a.json}, &screen{to: config.Err}
	a.Out, a.Err = out, complaints
	a.Open = a.telling(config.Open)
	if a.Probe == nil {
		a.Probe = link.ProbeHere
	}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(ctx)
	if cut := errors.Join(out.end(), complaints.end()); err == nil {
		err = cut
	}
	var code status
	var usage usageError
	switch {
	case err == nil && a.partial:
		return ExitFailed
	case err == nil:
		return ExitVerified
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage):
		a.mistaken(ctx, err, args)
		return ExitUsage
	case errors.Is(err, updater.ErrUnkept):
		a.complain(err)
		return ExitUncertain
	case errors.Is(err, errInterrupted):
		return ExitCancelled
	case badSetting(err):
		a.complain(err)
		return ExitUsage
	default:
		a.complain(err)
		return ExitFailed
	}
}

// Cobra ends a program that was started by a double click on Windows after five
// seconds, with words about consoles. Ours opens its window.
func init() { cobra.MousetrapHelpText = "" }

func (a *app) root() *cobra.Command {
	var w Window
	var version bool
	root := &cobra.Command{
		Use:               "fotabench",
		Short:             "upgrade the firmware of cellular and IoT modules, safely",
		Args:              cobra.NoArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: a.ready,
		Annotations:       homeless(),
		RunE: func(c *cobra.Command, _ []string) error {
			if version {
				a.tellVersion()
				return nil
			}
			if a.Window == nil {
				return misuse("this build has no window; see fotabench --help")
			}
			a.window(&w)
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			return a.Window(ctx, w)
		},
	}
	root.PersistentFlags().StringVar(&a.named, "data-dir", "", "folder of the journal (default: see settings data-folder)")
	root.PersistentFlags().StringVar(&a.lang, "lang", "", "en or zh-Hans (default: the language of the settings, else the system's)")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object a line")
	root.Flags().BoolVarP(&version, "version", "v", false, "print the version of this program")
	root.Flags().BoolVar(&w.Demo, "demo", false, "open with a simulated module and a demo package")
	root.Flags().StringVar(&w.Port, "port", "", "open with this port chosen")
	root.Flags().StringVar(&w.Family, "family", "", "way in to --port: quecpython, haas, quectel, quecthing (default: whoever answers)")
	root.Flags().StringArrayVar(&w.Packages, "package", nil, "open with this package file chosen (repeatable)")
	root.AddCommand(
		a.devicesCommand(), a.identifyCommand(), a.verifyCommand(), a.upgradeCommand(), a.offersCommand(), a.simulateCommand(), a.serveCommand(),
		a.libraryCommand(), a.planCommand(), a.bundleCommand(), a.replayCommand(), a.historyCommand(), a.logCommand(), a.casesCommand(), a.reportCommand(),
		a.settingsCommand(), a.keysCommand(), a.signCommand(), a.versionCommand(),
	)
	a.completions(root)
	a.helped(root)
	asUsage(root)
	return root
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:         "version",
		Short:       "print the version of this program",
		Args:        cobra.NoArgs,
		Annotations: homeless(),
		Run:         func(*cobra.Command, []string) { a.tellVersion() },
	}
}

// tellVersion is what the verb version and the flag --version print.
func (a *app) tellVersion() {
	if a.json {
		a.object(map[string]string{"version": a.Version})
		return
	}
	fmt.Fprintln(a.Out, "fotabench", a.Version)
}

// exit turns an outcome into the program's exit code.
func exit(o updater.Outcome) int {
	switch o {
	case updater.Verified:
		return ExitVerified
	case updater.RefusedBefore:
		return ExitRefused
	case updater.Cancelled:
		return ExitCancelled
	case updater.FailedOld:
		return ExitFailed
	default: // Uncertain, or no outcome was seen
		return ExitUncertain
	}
}
