package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"fotabench/packages"
	"fotabench/updater"
)

// errInterrupted is the cause of a context that Ctrl-C ended.
var errInterrupted = errors.New("interrupted")

// interruptible ends the context it returns at the next Ctrl-C.
func (a *app) interruptible(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-a.Interrupts:
			cancel(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

// consent shows what the checks say and asks; without a terminal there is
// nobody to ask, and --yes must have been given.
func (a *app) consent(ctx context.Context, engine Engine, plan updater.Plan) error {
	if !terminal(a.In) {
		return usageError{errors.New("nobody can be asked here: repeat with --yes")}
	}
	ctx, stop := a.interruptible(ctx)
	defer stop()
	identity, caps, err := engine.Identify(ctx, plan)
	if errors.Is(err, errInterrupted) {
		return status(ExitCancelled)
	}
	if err != nil {
		return err
	}
	a.identity(identity, caps)
	for _, c := range engine.Check(ctx, plan, identity) {
		a.check(c)
	}
	fmt.Fprint(a.Out, a.book.Say(AskUpgrade, identity.Firmware, plan.TargetVersion()), " ")
	stop()
	answer, err := bufio.NewReader(io.LimitReader(a.In, 64)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if s := strings.ToLower(strings.TrimSpace(answer)); s != "y" && s != "yes" {
		fmt.Fprintln(a.Out, a.book.Say(NotStarted))
		return status(ExitCancelled)
	}
	return nil
}

func terminal(r any) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (a *app) check(c updater.CheckResult) {
	mark := map[updater.CheckState]string{
		updater.CheckOK: "ok  ", updater.CheckWarn: "look", updater.CheckFailed: "NO  ", updater.CheckSkipped: "-   ",
	}[c.State]
	fmt.Fprintf(a.Out, "  %s %-8s %s\n", mark, c.Name, a.book.Note(c.Fact))
	if c.Remedy != nil {
		fmt.Fprintf(a.Out, "       %-8s %s\n", "", a.book.Note(*c.Remedy))
	}
}

// follow shows the events of a job until its outcome; a Ctrl-C is a request to
// cancel that the stage answers.
func (a *app) follow(ctx context.Context, engine Engine, job string) error {
	view := &view{app: a, answers: make(chan updater.CancelAnswer, 8)}
	ended := make(chan struct{})
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		for {
			select {
			case <-a.Interrupts:
				select {
				case view.answers <- engine.Cancel(job):
				default: // nobody has read the eight answers before this one
				}
			case <-ended:
				return
			}
		}
	}()
	err := engine.Watch(ctx, job, view.see)
	close(ended)
	<-asked
	if err != nil {
		return err
	}
	if code := exit(view.outcome); code != ExitVerified {
		return status(code)
	}
	return nil
}

// view prints events as they come. It is used by one goroutine.
type view struct {
	*app
	answers chan updater.CancelAnswer
	bar     *progressbar.ProgressBar
	stage   updater.Stage
	cancel  updater.CancelMeaning
	outcome updater.Outcome
	last    time.Time
}

// line is an event as --json prints it.
type line struct {
	Job     string                `json:"job"`
	Seq     int64                 `json:"seq"`
	Unix    float64               `json:"unix"`
	Stage   updater.Stage         `json:"stage"`
	Begins  bool                  `json:"begins,omitempty"`
	Done    int64                 `json:"done"`
	Total   int64                 `json:"total"`
	Cancel  updater.CancelMeaning `json:"cancel"`
	Text    string                `json:"text,omitempty"`
	Event   *updater.Event        `json:"event,omitempty"`
	Outcome updater.Outcome       `json:"outcome,omitempty"`
}

func (v *view) see(e updater.Event) {
	v.answer()
	v.cancel = e.Cancel
	if e.Outcome != updater.Running {
		v.outcome = e.Outcome
	}
	if v.json {
		v.printJSON(e)
		return
	}
	v.print(e)
}

// answer tells what the stage said to a Ctrl-C.
func (v *view) answer() {
	for {
		select {
		case answer := <-v.answers:
			code := CancelAnswerAccepted
			switch answer {
			case updater.CancelTooLate:
				code = CancelAnswerTooLate
			case updater.CancelDenied:
				code = CancelAnswerDenied
			}
			v.clear()
			fmt.Fprintln(v.Err, v.book.Say(code))
		default:
			return
		}
	}
}

func (v *view) printJSON(e updater.Event) {
	l := line{
		Job: e.Job, Seq: e.Seq, Unix: float64(e.At.UnixMilli()) / 1000, Stage: e.Stage, Begins: e.Begins,
		Done: e.Done, Total: e.Total, Cancel: e.Cancel, Outcome: e.Outcome,
	}
	if e.Note != nil {
		l.Text = v.book.Note(*e.Note)
	}
	if e.Identity != nil || e.Checks != nil || e.Failure != nil || e.Note != nil || e.Address != "" {
		l.Event = &e
	}
	v.object(l)
}

func (v *view) print(e updater.Event) {
	if e.Begins && e.Stage != v.stage {
		v.clear()
		v.stage = e.Stage
		fmt.Fprintf(v.Out, "%s  %s\n", e.At.Format(time.TimeOnly), v.book.Say("stage."+code(e.Stage)))
	}
	if e.Progress {
		v.progress(e)
		return
	}
	if e.Checks != nil || e.Note != nil || e.Failure != nil || e.Outcome != updater.Running {
		v.clear()
	}
	for _, c := range e.Checks {
		v.check(c)
	}
	if e.Note != nil {
		fmt.Fprintln(v.Out, "  ", v.book.Note(*e.Note))
	}
	if e.Failure != nil {
		v.failure(*e.Failure)
	}
	if e.Outcome != updater.Running {
		fmt.Fprintln(v.Out, v.book.Say("outcome."+code(e.Outcome)))
	}
}

func (v *view) failure(f updater.Failure) {
	fmt.Fprintln(v.Out, "  ", v.book.Note(f.Note))
	if remedy := f.Note.Code + ".remedy"; v.book.Has(remedy) {
		fmt.Fprintln(v.Out, "  ", v.book.Say(remedy, f.Note.Args...))
	}
	fmt.Fprintf(v.Out, "   (%s)\n", f.Text)
}

// plainEvery is how often progress is printed where no bar can be drawn.
const plainEvery = 5 * time.Second

func (v *view) progress(e updater.Event) {
	if !terminal(v.Out) {
		if e.At.Sub(v.last) >= plainEvery {
			v.last = e.At
			fmt.Fprintf(v.Out, "   %d / %d\n", e.Done, e.Total)
		}
		return
	}
	total := e.Total
	if total == 0 {
		total = -1
	}
	if v.bar == nil {
		v.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(v.Out),
			progressbar.OptionShowBytes(total != 100), progressbar.OptionShowCount(),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
	}
	_ = v.bar.Set64(e.Done) // a bar that cannot be drawn is no reason to stop
}

func (v *view) clear() {
	if v.bar != nil {
		_ = v.bar.Clear()
		v.bar = nil
	}
}

// trust tells what the package's hashes are worth.
func (a *app) trust(p *packages.Package) error {
	if err := p.Check(); err != nil {
		a.complainPackage(err)
		return status(ExitRefused)
	}
	return nil
}
