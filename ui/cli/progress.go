package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"fotabench/devices"
	"fotabench/updater"
)

// follow shows the events of a job until its outcome; each Ctrl-C is a request
// to cancel, which the stage answers, and the answer is told at once.
func (a *app) follow(ctx context.Context, engine Engine, job string) error {
	v := &view{app: a}
	ended := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for {
			select {
			case <-a.Interrupts:
				v.tell(v.meaning(), engine.Cancel(job))
			case <-ended:
				return
			}
		}
	})
	err := engine.Watch(ctx, job, v.see)
	close(ended)
	asking.Wait()
	v.clear()
	if err != nil {
		a.complain(err)
	}
	return v.end()
}

// view prints events as they come. The engine's goroutine and that of Ctrl-C
// take turns.
type view struct {
	*app
	mu      sync.Mutex
	bar     *progressbar.ProgressBar
	total   int64
	stage   updater.Stage
	cancel  updater.CancelMeaning
	outcome updater.Outcome
	unkept  bool
	printed time.Time
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
	Outcome updater.Outcome       `json:"outcome,omitempty"`
	Text    string                `json:"text,omitempty"`
	// What only some events carry.
	Note     *updater.Note         `json:"note,omitempty"`
	Checks   []updater.CheckResult `json:"checks,omitempty"`
	Identity *devices.Identity     `json:"identity,omitempty"`
	Address  devices.Address       `json:"address,omitempty"`
	Failure  *updater.Failure      `json:"failure,omitempty"`
	Unkept   bool                  `json:"unkept,omitempty"`
}

// answer is what Ctrl-C was told, as --json prints it.
type answer struct {
	Unix   float64              `json:"unix"`
	Answer updater.CancelAnswer `json:"cancelAnswer"`
	Text   string               `json:"text"`
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (v *view) end() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.unkept && v.outcome == updater.Verified {
		return status(ExitUncertain) // of which nothing will be known later
	}
	return ended(v.outcome)
}

func (v *view) meaning() updater.CancelMeaning {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cancel
}

// tell says what a Ctrl-C does at this stage, or why it does nothing.
func (v *view) tell(meaning updater.CancelMeaning, a updater.CancelAnswer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	code := devices.Code("cli.cancel." + string(meaning))
	switch {
	case a == updater.CancelTooLate:
		code = CancelTooLate
	case a == updater.CancelDenied, !v.book.Has(code):
		code = CancelRefused
	}
	text := v.book.Say(code)
	if v.json {
		v.object(answer{unix(time.Now()), a, text})
		return
	}
	v.unbar()
	fmt.Fprintln(v.Err, text)
}

func (v *view) see(e updater.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cancel = e.Cancel
	if e.Outcome != updater.Running {
		v.outcome, v.unkept = e.Outcome, e.Unkept
	}
	if v.json {
		v.object(v.line(e))
	} else {
		v.print(e)
	}
	if e.Unkept {
		v.complain(errors.New(v.book.Say(updater.NoteJournalUnkept)))
	}
}

func (v *view) line(e updater.Event) line {
	l := line{
		Job: e.Job, Seq: e.Seq, Unix: unix(e.At), Stage: e.Stage, Begins: e.Begins, Done: e.Done, Total: e.Total,
		Cancel: e.Cancel, Outcome: e.Outcome, Note: e.Note, Checks: e.Checks, Identity: e.Identity, Address: e.Address,
		Failure: e.Failure, Unkept: e.Unkept,
	}
	switch {
	case e.Failure != nil:
		l.Text = v.book.Note(e.Failure.Note)
	case e.Note != nil:
		l.Text = v.book.Note(*e.Note)
	case e.Outcome != updater.Running:
		l.Text = v.book.Say(devices.Code("cli.outcome." + string(e.Outcome)))
	}
	return l
}

func (v *view) print(e updater.Event) {
	if e.Begins && e.Stage != v.stage {
		v.unbar()
		v.stage, v.printed = e.Stage, time.Time{}
		fmt.Fprintf(v.Out, "%s  %s\n", e.At.Format(time.TimeOnly), v.book.Say(devices.Code("cli.stage."+string(e.Stage))))
	}
	if e.Progress {
		v.progress(e)
	}
	if e.Checks != nil || e.Note != nil || e.Failure != nil || e.Outcome != updater.Running {
		v.unbar()
	}
	for _, c := range e.Checks {
		v.check(c)
	}
	if e.Note != nil {
		fmt.Fprintf(v.Out, "  %s\n", v.book.Note(*e.Note))
	}
	if e.Failure != nil {
		v.failure(*e.Failure)
	}
	if e.Outcome != updater.Running {
		fmt.Fprintln(v.Out, v.book.Say(devices.Code("cli.outcome."+string(e.Outcome))))
	}
}

func (v *view) failure(f updater.Failure) {
	fmt.Fprintf(v.Out, "  %s\n", v.book.Note(f.Note))
	if remedy := f.Note.Code + ".remedy"; v.book.Has(remedy) {
		fmt.Fprintf(v.Out, "  %s\n", v.book.Say(remedy, f.Note.Args...))
	}
	fmt.Fprintf(v.Out, "  (%s)\n", v.book.Raw(f.Text))
}

// check shows the answer of one rule.
func (a *app) check(c updater.CheckResult) {
	mark := map[updater.CheckState]string{
		updater.CheckOK: "ok", updater.CheckWarn: "!!", updater.CheckFailed: "NO", updater.CheckSkipped: "--",
	}[c.State]
	fmt.Fprintf(a.Out, "  %s %-8s %s\n", mark, c.Name, a.book.Note(c.Fact))
	if c.Remedy != nil {
		fmt.Fprintf(a.Out, "     %-8s %s\n", "", a.book.Note(*c.Remedy))
	}
}

const (
	// plainEvery is how often progress is printed where no bar can be drawn.
	plainEvery = 5 * time.Second
	// drawEvery bounds how often the bar is drawn.
	drawEvery = 100 * time.Millisecond
	// wholePercent is the total of a device that reports percent.
	wholePercent = 100
)

func (v *view) progress(e updater.Event) {
	if !terminal(bare(v.Out)) {
		if e.At.Sub(v.printed) >= plainEvery {
			v.printed = e.At
			fmt.Fprintf(v.Out, "  %s\n", v.plainly(e))
		}
		return
	}
	if v.bar == nil || v.total != e.Total {
		v.unbar()
		v.bar, v.total = v.newBar(e.Total), e.Total
	}
	_ = v.bar.Set64(e.Done) // a bar that cannot be drawn is no reason to stop
}

func (v *view) plainly(e updater.Event) string {
	switch e.Total {
	case 0:
		return v.book.Say(ProgressSoFar, e.Done)
	case wholePercent:
		return v.book.Say(ProgressPercent, e.Done)
	}
	return v.book.Say(ProgressOf, e.Done, e.Total, 100*e.Done/e.Total)
}

// newBar draws rate and time left, or a spinner while the total is unknown. It moves the
// cursor and shows numbers alone.
func (v *view) newBar(total int64) *progressbar.ProgressBar {
	if total == 0 {
		total = -1
	}
	return progressbar.NewOptions64(
		total, progressbar.OptionSetWriter(bare(v.Out)), progressbar.OptionSetWidth(30),
		progressbar.OptionShowBytes(total != wholePercent), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(drawEvery), progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own
	)
}

func (v *view) clear() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unbar()
}

// unbar removes the bar, so that a line can be printed.
func (v *view) unbar() {
	if v.bar == nil {
		return
	}
	_ = v.bar.Clear() // as in progress
	v.bar = nil
}
