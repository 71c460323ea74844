package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"fotabench/packages"
	"fotabench/ui/bench"
)

// sound tells whether the flags that say what devices are given fit each other.
func (s serving) sound() error {
	ways := 0
	for _, named := range []bool{s.plan != "", len(s.pkg) > 0, s.library != ""} {
		if named {
			ways++
		}
	}
	switch {
	case ways > 1, !s.single() && s.expect != "", len(s.pkg) == 0 && len(s.stated) > 0:
		return misuse("say --plan, or --package (with --digest) or --from-library, with --expect-version if it states no version")
	case slices.Contains(s.pkg, ""):
		return misuse("--package is empty: name a file")
	}
	return nil
}

// gives tells whether devices are given something that nobody chose for them.
func (s serving) gives() bool { return s.source() != "" }

// single tells whether all are given one package, without a plan.
func (s serving) single() bool { return len(s.pkg) > 0 || s.library != "" }

// source is what says what devices are given: a plan file, or the one package.
func (s serving) source() string {
	if len(s.pkg) > 0 {
		return s.pkg[0]
	}
	return cmp.Or(s.plan, s.library)
}

// everybody is the plan for one package. That is opened anew each time: it may have changed.
func (o *stand) everybody(ctx context.Context) (*bench.Plan, error) {
	typed, err := digests(o.stated)
	if err != nil {
		return nil, err
	}
	var p *packages.Package
	if o.library != "" {
		p, err = o.inLibrary(ctx, o.library)
	} else {
		p, err = packages.Open(ctx, o.pkg, packages.OpenOptions{})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.called(), err)
	}
	if p, err = expecting(p, typed, o.pkg...); err != nil {
		return nil, err
	}
	return bench.Everybody(p, o.expect), nil
}

// called is the one package as it was named.
func (s serving) called() string {
	if s.library != "" {
		return "--from-library " + s.library
	}
	return "--package " + s.pkg[0]
}
