// Command figures holds the program to the figures that were asked of it, prints each, and
// fails when one is missed: how soon the window is there, what it costs while nobody does
// anything, how long an import takes and how long a history of 10,000 upgrades.
//
// Usage: figures PROGRAM BENCHMARKS, the latter being what go test -bench printed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: figures PROGRAM BENCHMARKS")
		os.Exit(2)
	}
	if err := figures(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

// errMissed is that of a figure which is not what was asked.
var errMissed = errors.New("at least one figure is missed")

// figure is a value that may be at most so large.
type figure struct {
	name        string
	value, most float64
	unit, facts string
}

func (f figure) ok() bool { return f.value <= f.most }

func (f figure) String() string {
	verdict := "ok"
	if !f.ok() {
		verdict = "MISSED"
	}
	return fmt.Sprintf("%s: %.2f %s (asked: at most %g %s) %s\n    %s", f.name, f.value, f.unit, f.most, f.unit, verdict, f.facts)
}

// figures measures and prints all.
func figures(ctx context.Context, program, benchmarks string) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(benchmarks)
	if err != nil {
		return err
	}
	all, err := benched(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", benchmarks, err)
	}
	windows, err := windowed(ctx, program)
	if err != nil {
		return err
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Printf("load of this machine over the last minutes: %s", load)
	}
	for _, f := range append(windows, all...) {
		fmt.Println(f)
		if !f.ok() {
			err = errMissed
		}
	}
	return err
}
