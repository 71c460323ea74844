package link

import (
	"context"
	"errors"
	"sync"

	"go.bug.st/serial"
	"golang.org/x/sys/windows"

	"fotabench/devices"
)

// comPortFile is a port of go-serial. Its Write cannot be cancelled, so that each
// runs in a goroutine which Close waits for; closing the handle ends it.
type comPortFile struct {
	port    serial.Port
	turn    chan struct{} // holds a token while a Write is under way
	writers sync.WaitGroup
}

// writeBlock is the most that a cancelled Write leaves behind in the driver.
const writeBlock = 4096

func openPort(ctx context.Context, at string, settings Settings) (endpoint, int, error) {
	type opened struct {
		port serial.Port
		err  error
	}
	done := make(chan opened, 1)
	// A Bluetooth port can take half a minute to open; nothing can hurry it.
	go func() {
		port, err := serial.Open(at, portMode(settings.Baud))
		done <- opened{port, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, 0, openError(at, settings.Baud, o.err)
		}
		return &comPortFile{port: o.port, turn: make(chan struct{}, 1)}, settings.Baud, nil
	case <-ctx.Done():
		go func() {
			if o := <-done; o.err == nil {
				_ = o.port.Close()
			}
		}()
		return nil, 0, context.Cause(ctx)
	}
}

// openError translates what go-serial and Windows say. Access denied means on
// Windows that another program has the port.
func openError(at string, baud int, err error) error {
	e := portError(at, baud, err)
	switch {
	case errors.Is(err, windows.ERROR_FILE_NOT_FOUND), errors.Is(err, windows.ERROR_PATH_NOT_FOUND), errors.Is(err, windows.ERROR_GEN_FAILURE):
		e.Note = NoteAbsent
	case errors.Is(err, windows.ERROR_SHARING_VIOLATION), errors.Is(err, windows.ERROR_ACCESS_DENIED):
		e.Kind, e.Note = devices.Busy, NoteBusy
	case errors.Is(err, windows.ERROR_SEM_TIMEOUT):
		e.Kind = devices.Timeout
	}
	return e
}

func (c *comPortFile) Read(p []byte) (int, error) { return c.port.Read(p) }

func (c *comPortFile) Write(ctx context.Context, p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := c.block(ctx, p[done:min(len(p), done+writeBlock)])
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (c *comPortFile) block(ctx context.Context, p []byte) (int, error) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	type written struct {
		n   int
		err error
	}
	done := make(chan written, 1)
	block := append([]byte(nil), p...)
	c.writers.Go(func() {
		n, err := c.port.Write(block)
		<-c.turn
		done <- written{n, err}
	})
	select {
	case w := <-done:
		return w.n, w.err
	case <-ctx.Done():
		return len(block), context.Cause(ctx)
	}
}

func (c *comPortFile) Close() error {
	_ = c.port.ResetOutputBuffer()
	hangUp(c.port)
	err := c.port.Close()
	c.writers.Wait()
	return err
}
