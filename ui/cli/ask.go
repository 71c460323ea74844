package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"

	"fotabench/devices"
	"fotabench/updater"
)

// Interrupts delivers Ctrl-C, and what a closing terminal or a stopping system
// send, as requests to cancel: none of them may end the program while a device
// writes its flash. For the same reason a reader that goes away (fotabench … |
// head) is no reason to die.
func Interrupts() <-chan os.Signal {
	interrupts := make(chan os.Signal, 4) // a person presses it a few times
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(interrupts, syscall.SIGHUP)
	}
	signal.Ignore(syscall.SIGPIPE)
	return interrupts
}

// errInterrupted is the cause of a context that Ctrl-C ended.
var errInterrupted = errors.New("interrupted")

// interruptible ends the context it returns at the next Ctrl-C.
func (a *app) interruptible(ctx context.Context) (context.Context, func()) {
	return a.attentive(ctx, func(os.Signal) bool { return true })
}

// attentive ends the context it returns at the next signal that ends says yes to.
func (a *app) attentive(ctx context.Context, ends func(os.Signal) bool) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case sig := <-a.Interrupts:
				if ends(sig) {
					cancel(errInterrupted)
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// askable tells whether a person can be asked.
func (a *app) askable() bool { return terminal(a.In) && !a.json }

// recognise asks who the device is and completes plan with the way in which it
// answered.
func (a *app) recognise(ctx context.Context, engine Engine, plan *updater.Plan) (devices.Identity, devices.Capabilities, error) {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	identity, caps, err := engine.Identify(ctx, *plan)
	if err == nil && plan.Family == "" {
		plan.Family = identity.Family
		plan.Role = plan.Sighting.RoleFor(identity.Family, a.Ways)
	}
	return identity, caps, err
}

// consent shows who the device is and what the checks say, and asks.
func (a *app) consent(ctx context.Context, engine Engine, plan updater.Plan, identity devices.Identity, caps devices.Capabilities) error {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	if err := a.appraise(ctx, engine, plan, identity, caps); err != nil {
		return err
	}
	firmware := identity.Firmware
	if firmware == "" {
		firmware = a.book.Say(Unknown)
	}
	fmt.Fprint(a.Out, a.book.Say(AskUpgrade, firmware, plan.TargetVersion()), " ")
	reply, err := a.reply(ctx)
	if err != nil && !errors.Is(err, errInterrupted) {
		return err
	}
	if s := strings.ToLower(strings.TrimSpace(reply)); err != nil || s != "y" && s != "yes" {
		fmt.Fprintln(a.Out, a.book.Say(NotStarted))
		return ended(updater.Cancelled)
	}
	return nil
}

// appraised is appraise for whoever wants nothing else.
func (a *app) appraised(ctx context.Context, engine Engine, plan updater.Plan, identity devices.Identity, caps devices.Capabilities) error {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	if err := a.appraise(ctx, engine, plan, identity, caps); ctx.Err() == nil {
		return err
	}
	return context.Cause(ctx) // who interrupts a check gets no answer of it
}

// appraisal is what the checks say, as --json prints it.
type appraisal struct {
	Identity devices.Identity      `json:"identity"`
	Checks   []updater.CheckResult `json:"checks"`
	Allowed  bool                  `json:"allowed"`
	Forecast *forecast             `json:"forecast,omitempty"`
}

// forecast is how long it usually takes, as --json prints it.
type forecast struct {
	Seconds float64 `json:"seconds"`
	// Upgrades is of how many here it is the median; 0 is what was measured of the model.
	Upgrades  int    `json:"upgrades"`
	Simulated bool   `json:"simulated,omitempty"`
	Text      string `json:"text"`
}

// appraise shows who the device is, what the checks say, and how long it usually takes if that
// is known; its error says that a check refuses. Without the journal nobody knows how long, and
// what else that means is the checks' to tell.
func (a *app) appraise(ctx context.Context, engine Engine, plan updater.Plan, identity devices.Identity, caps devices.Capabilities) error {
	checks := engine.Check(ctx, plan, identity)
	blocked := slices.ContainsFunc(checks, updater.CheckResult.Blocks)
	var usual updater.Forecast
	if past, err := engine.Records(0); err == nil {
		usual = updater.ForecastOf(past, identity, caps, plan.Method, plan.Sighting.Simulated)
	}
	takes := a.book.Forecast(usual)
	if a.json {
		told := appraisal{Identity: identity, Checks: checks, Allowed: !blocked}
		if takes != "" {
			told.Forecast = &forecast{usual.Took.Seconds(), usual.Times, usual.Simulated, takes}
		}
		a.object(told)
	} else {
		a.identity(identity, caps)
		for _, c := range checks {
			a.check(c)
		}
		if takes != "" {
			fmt.Fprintln(a.Out, takes)
		}
	}
	if !blocked {
		return nil
	}
	if !a.json {
		fmt.Fprintln(a.Out, a.book.Say(Blocked))
	}
	return ended(updater.RefusedBefore)
}

// maxReply bounds what a person types, in bytes.
const maxReply = 64

// reply reads a line that a person types.
func (a *app) reply(ctx context.Context) (string, error) {
	return await(ctx, func() (string, error) {
		text, err := bufio.NewReader(io.LimitReader(a.In, maxReply)).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return text, err
	})
}

// await waits for a person or for the end of ctx. The read of a terminal cannot
// be interrupted, so its goroutine is then left to the end of the program, which
// is next.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := read()
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		return a.text, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// password asks for the REPL's password.
func (a *app) password(ctx context.Context) (string, error) {
	return a.hiddenUntil(ctx, AskPassword, "--ask-password needs a terminal; use --password-env")
}

// hiddenUntil is hidden for verbs that are not interruptible yet.
func (a *app) hiddenUntil(ctx context.Context, question devices.Code, nobody string) (string, error) {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	return a.hidden(ctx, a.book.Say(question), nobody)
}

// hidden asks for a secret without showing it; nobody says what to do where there is
// nobody to ask.
func (a *app) hidden(ctx context.Context, question, nobody string) (string, error) {
	if !a.askable() {
		return "", misuse("%s", nobody)
	}
	terminal := int(a.In.(*os.File).Fd())
	before, err := quiet(terminal) // before the prompt, so that no key is ever shown
	if err != nil {
		return "", err
	}
	fmt.Fprint(a.Err, question, " ")
	text, err := await(ctx, func() (string, error) {
		text, err := term.ReadPassword(terminal)
		return string(text), err
	})
	err = errors.Join(err, term.Restore(terminal, before))
	fmt.Fprintln(a.Err)
	return text, err
}

// secret reads a secret from the environment, so that it is in no argument; no
// name gives none.
func secret(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	value, ok := os.LookupEnv(name)
	if !ok {
		return "", misuse("the environment variable %q is not set", name)
	}
	return value, nil
}
