// Package awake keeps this computer from going to sleep while an upgrade runs:
// a lid that closes or an idle timer that ends would leave a device in the
// middle of a delivery. It asks the system, which may refuse; it never changes
// its settings.
package awake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// ErrCannot says that this system has no known way to be kept awake.
var ErrCannot = errors.New("this system cannot be kept awake")

// Hold keeps the computer awake until release is called, or this program ends in
// whatever way. release may be called more than once and waits until the system
// was told.
func Hold(ctx context.Context) (release func(), err error) { return hold(ctx) }

// whileReading holds an inhibitor that lasts as long as a child runs: the child
// reads until our end of the pipe is closed, which the kernel does for us should
// this program die.
func whileReading(ctx context.Context, name string, args ...string) (func(), error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCannot, err)
	}
	// The upgrade outlives the question that began it.
	child := exec.CommandContext(context.WithoutCancel(ctx), path, args...)
	stdin, err := child.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("awake: %w", err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("awake: %w", err)
	}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("awake: %w", err)
	}
	end := sync.OnceFunc(func() {
		// A child that ended by itself holds nothing any more; either way it is gone.
		_ = stdin.Close()
		_ = child.Wait()
	})
	// A system that does not answer must not keep the upgrade waiting.
	waiting, enough := context.WithTimeout(ctx, patience)
	defer enough()
	giveUp := context.AfterFunc(waiting, func() { _ = child.Process.Kill() })
	defer giveUp()
	// The child runs cat: what we send comes back once the inhibitor holds.
	if err := echo(stdin, stdout); err != nil {
		end()
		return nil, fmt.Errorf("awake: %s: %w", name, err)
	}
	return end, nil
}

// patience is how long the system may take to answer; it usually takes 20 ms.
const patience = 3 * time.Second

// echo sends a byte and waits for it.
func echo(to io.Writer, from io.Reader) error {
	if _, err := to.Write([]byte{'\n'}); err != nil {
		return err
	}
	_, err := io.ReadFull(from, make([]byte, 1))
	return err
}
