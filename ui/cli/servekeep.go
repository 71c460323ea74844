package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"fotabench/devices/checkin"
	"fotabench/ui/bench"
	"fotabench/updater"
)

// recorded does run while the engine keeps records of what rules give, and looks for the
// devices of open cases meanwhile. What is lacking when the engine has ended is left to the
// verdict, which tells it once.
func (d *diary) recorded(ctx context.Context, run func() error) error {
	engine, err := d.a.Open(ctx, d.a.folder)
	if err != nil {
		return err
	}
	defer func() {
		switch err := engine.Close(); {
		case errors.Is(err, updater.ErrUnkept):
			d.lacking = err
		case err != nil:
			d.a.complain(err)
		}
	}()
	ctx, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	work.Go(func() { _ = engine.Settle(ctx) }) // its error is the cause of ctx
	return run()
}

// verdict is how a serve ended, with err. Where not all records could be kept, the state of
// devices is unknown to whoever reads the journal, whatever they said.
func (d *diary) verdict(err error) error {
	lacking := d.lacking
	if lost := d.unkept.Load(); lacking == nil && lost != nil {
		lacking = errors.New(d.a.book.Note(*lost))
	}
	if lacking == nil {
		return err
	}
	if err != nil && !errors.Is(err, errInterrupted) {
		d.a.complain(err)
	}
	d.a.complain(lacking)
	return status(ExitUncertain)
}

// journal notes what stands in the way of records, and that it does no more.
func (d *diary) journal(n updater.Note) {
	if n.Code == bench.NoteUnkept {
		d.unkept.Store(&n)
	}
	text := d.a.book.Note(n)
	d.say(note{Event: "journal", Why: &checkin.Reason{Code: n.Code, Args: n.Args}, Text: text}, time.Now().Format(time.TimeOnly)+"  "+text)
}
