package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fotabench/packages/durable"
	"fotabench/packages/plaintext"
	"fotabench/ui/evidence"
	"fotabench/ui/lab"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// planReport writes the report of an upgrade plan, whoever carries that out.
func (a *app) planReport(ctx context.Context, format evidence.Format, w wish) error {
	engine, err := a.Open(ctx, a.folder)
	if err != nil {
		return err
	}
	defer a.close(engine)
	p := &planOrder{app: a}
	l, err := lab.Read(ctx, lab.Options{Folder: a.folder, Engine: engine, Ways: a.Ways})
	if err != nil {
		return p.turnedAway(err)
	}
	records, err := engine.Records(0)
	if err != nil {
		return err
	}
	account, err := a.accountOf(l, records, w.plan)
	if err != nil {
		return p.incomplete(l.Notices, p.turnedAway(err))
	}
	plan := account.Plan
	r, err := evidence.OfPlan(account, records, engine.Report)
	if err != nil {
		return err
	}
	r.Heed(engine.Notices())
	a.judgedPlan(r.Altered)
	if len(r.Lost) > 0 {
		fmt.Fprintf(a.Err, "fotabench: %s\n", a.book.Say(ReportLost))
		a.partial = true
	}
	told := map[string]any{"job": r.Job, "plan": plan.ID, "outcome": r.Outcome, "altered": r.Altered, "lost": len(r.Lost) > 0, "devices": len(r.Devices)}
	return a.keepReport(ctx, r, told, a.book.Say(ReportOfPlan, plan.Name, len(r.Devices), w.out), format, w)
}

// accountOf is how the plan stands that has that id, the beginning of it, or that name: one that
// is kept, else one that was deleted and of which the journal's records still tell.
func (a *app) accountOf(l *lab.Lab, records []updater.Record, text string) (rollout.Account, error) {
	kept := l.Plans.Plans()
	plan, err := among(kept, text)
	if refusal, is := errors.AsType[*rollout.Error](err); is && refusal.Code == rollout.CodeNoPlan {
		gone := slices.DeleteFunc(rollout.Forgotten(records, kept), func(p rollout.Plan) bool { return lab.Keeps(a.folder, p.ID) })
		if plan, err = among(gone, text); err == nil {
			return l.Plans.Gone(plan.ID)
		}
	}
	if err != nil {
		return rollout.Account{}, err
	}
	return l.Plans.Account(plan.ID)
}

// keepReport writes a report of whatever it is, and tells so in words or as told.
func (a *app) keepReport(ctx context.Context, r evidence.Matter, told map[string]any, said string, format evidence.Format, w wish) error {
	var signer evidence.Signer
	if w.sign {
		_, s, err := a.signer(ctx)
		if err != nil {
			return err
		}
		signer = s
	}
	files, err := evidence.Write(r, format, a.book, signer, time.Now())
	if err != nil {
		return err
	}
	if err := a.saving(ctx, w.out, func() error { return saveReport(w.out, files) }); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	told["report"] = w.out
	key := ""
	if signer != nil {
		key = evidence.KeyOf(signer).Fingerprint()
		told["key"] = key
	}
	if a.json {
		a.object(told)
		return nil
	}
	fmt.Fprintln(a.Out, said)
	if key != "" {
		fmt.Fprintln(a.Out, a.book.Say(ReportSigned, key, plaintext.Argument(w.out)))
	}
	return nil
}

// mayWrite refuses to replace what is there, a signature beside it too, unless that is
// wanted.
func (a *app) mayWrite(w wish) error {
	return a.free(w.force, w.out, w.out+evidence.SignatureSuffix)
}

// free refuses names at which something is, a link that leads nowhere too, unless force says
// that it is to be replaced. A link never is: /dev/stdout is one.
func (a *app) free(force bool, paths ...string) error {
	for _, path := range paths {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return fmt.Errorf("write: %w", err)
		case force && info.Mode()&fs.ModeSymlink != 0:
			return &durable.KindError{Name: filepath.Base(path), Written: true}
		case force:
			continue
		}
		fmt.Fprintln(a.Err, a.book.Say(ReportExists, path))
		return status(ExitRefused)
	}
	return nil
}

// saveReport writes a report; a signature of an older file of that name is gone.
func saveReport(path string, files evidence.Written) error {
	if err := os.Remove(path + evidence.SignatureSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := durable.Export(path, durable.Whole(files.File)); err != nil {
		return err
	}
	return files.Beside(path)
}
