package link

import (
	"context"
	"errors"

	"go.bug.st/serial"
	"golang.org/x/sys/windows"

	"fotabench/devices"
)

func openPort(ctx context.Context, at string, settings Settings) (endpoint, int, error) {
	type opened struct {
		port serial.Port
		err  error
	}
	done := make(chan opened)
	// A Bluetooth port can take half a minute to open and nothing can end that
	// call: when ctx ends, it is left to close what it may still open.
	go func() {
		port, err := serial.Open(at, portMode(settings.Baud))
		select {
		case done <- opened{port, err}:
		case <-ctx.Done():
			if err == nil {
				_ = port.Close()
			}
		}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, 0, openError(at, settings.Baud, o.err)
		}
		return newBlocking(controlled{o.port}), settings.Baud, nil
	case <-ctx.Done():
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

// isPTY: Windows has none, and pairs of virtual COM ports look like others.
func isPTY(string) bool { return false }
