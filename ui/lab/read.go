package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fotabench/packages/durable"
	"fotabench/packages/library"
	"fotabench/updater/rollout"
)

// mostPlan bounds the file of a plan, in bytes.
const mostPlan = 64 << 20

// Read opens the lab to look at it, whoever has the plans: how they stand is what their
// files and the journal say. Nothing can be changed or carried out, and nothing is to be
// closed. Files that hold no plan are passed over. Errors: those of the library.
func Read(ctx context.Context, o Options) (*Lab, error) {
	l := &Lab{options: o}
	var err error
	dir, err := o.library()
	if err != nil {
		return nil, err
	}
	if l.Library, err = library.Open(ctx, dir, library.Options{}); err != nil {
		return nil, err
	}
	plans, err := readPlans(o)
	if err != nil {
		return nil, err
	}
	l.Plans = l.runner(nil, plans)
	return l, nil
}

// InUse tells of packages whether a plan under way needs them, by the plans' files as
// they are then, whoever has them. Where those cannot be read, all are needed.
func InUse(o Options) func(id string) bool {
	return func(id string) bool {
		plans, err := readPlans(o)
		return err != nil || needed(plans, id)
	}
}

func readPlans(o Options) ([]rollout.Plan, error) {
	files, err := os.ReadDir(o.plans())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lab: %w", err)
	}
	var plans []rollout.Plan
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".plan.json") {
			continue
		}
		text, err := durable.Read(filepath.Join(o.plans(), f.Name()), mostPlan)
		if err != nil {
			continue // it was deleted meanwhile, or cannot be read now
		}
		if p, err := rollout.Parse(text); err == nil {
			plans = append(plans, p)
		}
	}
	return plans, nil
}
