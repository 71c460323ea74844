package home

import (
	"context"
	"errors"
	"time"

	"fotabench/devices"
)

// NoteSilent says that the folder's drive does not answer.
const NoteSilent devices.Code = "home.silent" // folder, usual folder

// ErrSilent says that a drive did not answer in time.
var ErrSilent = errors.New("no answer in time")

// Soon asks what may have to wait for a drive, and waits no longer than ctx, nor than d if
// that is not 0: then in is false. Nobody can end a system's call to a drive that does not
// answer: the goroutine that made it lives until the drive answers or the program ends,
// and what it finds out then is dropped.
func Soon[T any](ctx context.Context, d time.Duration, ask func() T) (answer T, in bool) {
	if d > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, d)
		defer stop()
	}
	answered := make(chan T, 1)
	go func() { answered <- ask() }()
	select {
	case answer = <-answered:
		return answer, true
	case <-ctx.Done():
		return answer, false
	}
}

// Silent is the error for a folder that did not answer in time; it is an ErrSilent, of
// kind Absent.
func Silent(folder, usual string) error {
	return &devices.Error{Op: "data folder", At: folder, Kind: devices.Absent, Note: NoteSilent, Args: []any{folder, usual}, Err: ErrSilent}
}
