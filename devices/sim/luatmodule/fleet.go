package luatmodule

import (
	"context"
	"errors"
	"sync"
)

// RunAll runs all modules until ctx ends and returns context.Cause(ctx), joined
// with the errors of those that could not run until then.
func RunAll(ctx context.Context, modules []*Module) error {
	faults := make([]error, len(modules))
	var all sync.WaitGroup
	for i, m := range modules {
		all.Go(func() {
			if err := m.Run(ctx); ctx.Err() == nil {
				faults[i] = err
			}
		})
	}
	all.Wait()
	return errors.Join(append(faults, context.Cause(ctx))...)
}

// OnceAll does one round with every module at the same time. The results are in
// the order of the modules; the errors of those that have none are joined.
func OnceAll(ctx context.Context, modules []*Module) ([]Result, error) {
	results, faults := make([]Result, len(modules)), make([]error, len(modules))
	var all sync.WaitGroup
	for i, m := range modules {
		all.Go(func() { results[i], faults[i] = m.Once(ctx) })
	}
	all.Wait()
	return results, errors.Join(faults...)
}
