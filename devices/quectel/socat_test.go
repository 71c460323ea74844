//go:build linux

package quectel

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/sim/atmodem"
)

// TestThroughSocat: a whole upgrade through a foreign program between two true ttys,
// which cuts and joins reads as it likes.
func TestThroughSocat(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("socat")
	if err != nil && os.Getenv("FOTABENCH_PEERS") == "required" {
		t.Fatal("socat is not installed, but FOTABENCH_PEERS=required")
	} else if err != nil {
		t.Skip("socat is not installed")
	}
	d := quick(t).(*driver)
	d.open = func(ctx context.Context, address devices.Address) (link.Link, error) {
		return between(ctx, t, program, address)
	}
	m := newModule(t, atmodem.Options{})
	proof, err := whole(t, d, m, &devices.Job{Package: demo(t, "EC25", 50000), Method: devices.Local}, &remarks{})
	if err != nil || !proof.Installed {
		t.Errorf("%+v, %v", proof, err)
	}
}

// between opens a tty that a new socat joins to the one at address.
func between(ctx context.Context, t *testing.T, program string, address devices.Address) (link.Link, error) {
	if address == "" {
		return nil, &devices.Error{Op: "test: open", Kind: devices.Absent}
	}
	path := filepath.Join(t.TempDir(), "tty")
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "pty,raw,echo=0,link="+path, fmt.Sprintf("file:%s,raw,echo=0,nonblock", address))
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = cmd.Wait() // it ends with the tty that it reads
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-stopped
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		l, err := link.Open(ctx, devices.Address(path), link.Settings{})
		if err == nil {
			return &joined{Link: l, end: func() {
				_ = cmd.Process.Kill()
				<-stopped
			}}, nil
		}
		select {
		case <-stopped:
			return nil, &devices.Error{Op: "test: socat", Kind: devices.Lost, Detail: said.String()}
		default:
		}
		if time.Now().After(deadline) {
			return nil, err
		}
	}
}

// joined ends its socat when it is closed.
type joined struct {
	link.Link
	end func()
}

func (j *joined) Close() error {
	err := j.Link.Close()
	j.end()
	return err
}
