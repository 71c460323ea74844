package home

import (
	"context"
	"errors"
	"time"

	"fotabench/devices"
)

const (
	// NoteSilent says that the folder's drive does not answer.
	NoteSilent devices.Code = "home.silent" // folder, usual folder
	// NoteUnsaved says that a file was given up: its drive does not answer.
	NoteUnsaved devices.Code = "home.unsaved" // path
)

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

// Save does what writes the file at path, and waits for it no longer than most, if that is not
// 0, nor than grace once ctx has ended: a drive that does not answer would keep the program
// for ever. What is given up goes on until the drive answers or the program ends. Errors:
// those of do; or one with NoteUnsaved, which is an ErrSilent, and the cause of ctx where
// that has ended.
func Save(ctx context.Context, path string, most, grace time.Duration, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	enough := after(most)
	defer enough.Stop()
	err := ErrSilent
	select {
	case err := <-done:
		return err
	case <-enough.C:
	case <-ctx.Done():
		late := time.NewTimer(grace)
		defer late.Stop()
		select {
		case err := <-done:
			return err
		case <-late.C:
			err = errors.Join(ErrSilent, context.Cause(ctx))
		}
	}
	return &devices.Error{Op: "save", At: path, Kind: devices.Lost, Note: NoteUnsaved, Args: []any{path}, Err: err}
}

// after is a timer that never ends for 0.
func after(d time.Duration) *time.Timer {
	if d > 0 {
		return time.NewTimer(d)
	}
	never := time.NewTimer(time.Hour)
	never.Stop()
	return never
}

// Silent is the error for a folder that did not answer in time; it is an ErrSilent, of
// kind Absent.
func Silent(folder, usual string) error {
	return &devices.Error{Op: "data folder", At: folder, Kind: devices.Absent, Note: NoteSilent, Args: []any{folder, usual}, Err: ErrSilent}
}
