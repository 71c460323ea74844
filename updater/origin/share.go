package origin

import (
	"context"
	"errors"
	"sync"

	"fotabench/devices"
	"fotabench/packages"
)

// Share is the files of one job on a Host or an FTPHost, until Close. It counts
// for itself, and its end touches no other share. It is safe for concurrent use.
type Share struct {
	urls  []string
	files []*served
	// leave takes the share out of its host, so that nobody finds it any more.
	leave func(*Share)
	// failed tells why the host serves no longer.
	failed func() error
	// unwatch stops the watch over the job's context.
	unwatch func() bool

	closing sync.Once
	running sync.WaitGroup
	mu      sync.Mutex
	over    bool
	guests  map[guest]struct{}
}

// guest is somebody who fetches: cut ends the connection at once, without
// waiting for anything.
type guest interface{ cut() }

// newShare takes the bytes of all files. The share is over when ctx is.
func newShare(ctx context.Context, contents *packages.Contents, files []packages.File) (*Share, error) {
	s := &Share{guests: map[guest]struct{}{}}
	for i, name := range apart(files) {
		content, err := contents.Take(ctx, files[i])
		if err != nil {
			s.release()
			return nil, unshared(files[i], err)
		}
		s.files = append(s.files, newServed(name, content))
	}
	s.running.Add(1)
	s.unwatch = context.AfterFunc(ctx, func() {
		defer s.running.Done()
		s.cut()
	})
	return s, nil
}

// unshared says why a file cannot be served.
func unshared(file packages.File, err error) error {
	fail := &devices.Error{Op: "origin: serve", At: file.Name, Args: []any{file.Name}, Err: err}
	e, ok := errors.AsType[*packages.Error](err)
	switch {
	case !ok: // the job was cancelled
		return err
	case e.Code == packages.Changed:
		fail.Kind, fail.Note = devices.Integrity, NoteFileChanged
	default:
		fail.Kind, fail.Note = devices.Absent, NoteFileGone
	}
	return fail
}

// URLs has one URL per file, in the order of the files. Whoever knows one can
// fetch the file: those of an FTPHost hold a user and a password, those of a Host
// a path that nobody can guess. Mask hides the former.
func (s *Share) URLs() []string { return append([]string(nil), s.urls...) }

// Served is how many different bytes of file i were handed out so far.
func (s *Share) Served(i int) int64 { return s.Count(i).Distinct }

// Received tells whether all of file i is known to have arrived where it was fetched, as
// far as a connection tells that: bytes that were handed out may still be lost on the way.
// Over FTP those that were handed out count.
func (s *Share) Received(i int) bool { return s.files[i].tally.has(s.files[i].size) }

// Count is what was handed out of file i so far.
func (s *Share) Count(i int) Count { return s.files[i].tally.count() }

// Err tells why the host serves no longer although nobody closed it; nil while it
// serves. A change of the files on the disk is no error: a proved copy of its own
// is what is served.
func (s *Share) Err() error { return s.failed() }

// Close cuts off whoever fetches from this share, waits until nobody touches its
// bytes any more, and gives them back. It may be called more than once; it
// returns no error.
func (s *Share) Close() error {
	s.closing.Do(func() {
		s.leave(s)
		s.cut()
		if s.unwatch() {
			s.running.Done()
		}
		s.running.Wait()
		s.release()
	})
	return nil
}

// cut ends all transfers and lets nobody in any more; it does not wait.
func (s *Share) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	for g := range s.guests {
		g.cut()
	}
}

// admit lets a guest in, until left; false after the end.
func (s *Share) admit(g guest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	s.guests[g] = struct{}{}
	s.running.Add(1)
	return true
}

// left is called once by every guest that was admitted, when it touches the bytes
// no more.
func (s *Share) left(g guest) {
	s.mu.Lock()
	delete(s.guests, g)
	s.mu.Unlock()
	s.running.Done()
}

func (s *Share) release() {
	for _, f := range s.files {
		f.content.Release()
	}
}
