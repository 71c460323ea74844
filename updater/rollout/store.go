package rollout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/packages/durable"
	"fotabench/updater"
)

// Remarks about the plans' files.
const (
	// NoteKept: the file {0} could not be read as a plan; it was kept as {1}.
	NoteKept devices.Code = "rollout.kept"
	// NoteNewer: the file {0} is from a newer version of the program; it was left alone.
	NoteNewer devices.Code = "rollout.file.newer"
	// NoteLocked: the file {0} cannot be read now; it was left alone.
	NoteLocked devices.Code = "rollout.file.locked"
)

// suffix is that of a plan's file.
const suffix = ".plan.json"

// Store keeps plans, one file each, for one program at a time. A plan that Put was
// given has reached the disk when it returns, whole or not at all.
type Store struct {
	dir     string
	release func()
}

// OpenStore opens or makes the folder dir, and keeps other programs out of it until
// Close; who is how the second one is told who has it, in an error of kind
// devices.Busy. What cannot be read stays in the folder: a file that is damaged is moved
// aside, one from a newer program left as it is; the notes say so.
func OpenStore(dir, who string) (*Store, []Plan, []updater.Note, error) {
	if dir == "" {
		return nil, nil, nil, errors.New("rollout: no folder for plans")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, nil, &Error{Op: "open the plans", Code: CodeDisk, Err: err}
	}
	release, err := link.Claim(filepath.Join(dir, "claims"), "plans", who)
	if err != nil {
		return nil, nil, nil, held(err)
	}
	s := &Store{dir: dir, release: release}
	plans, notes, err := s.load()
	if err != nil {
		release()
		return nil, nil, nil, err
	}
	return s, plans, notes, nil
}

// WhoWindow is who has the plans where that is the window.
const WhoWindow devices.Code = "rollout.who.window"

// held says who has the plans.
func held(err error) error {
	var busy *devices.Error
	if !errors.As(err, &busy) || busy.Kind != devices.Busy || len(busy.Args) != 3 {
		return fmt.Errorf("rollout: open the plans: %w", err)
	}
	return &Error{Op: "open the plans", Code: CodeHeld, Args: busy.Args[1:], Err: err}
}

// load reads all plans, by name of file.
func (s *Store) load() (plans []Plan, notes []updater.Note, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, nil, &Error{Op: "open the plans", Code: CodeDisk, Err: err}
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && (strings.Contains(e.Name(), suffix+".") || strings.Contains(e.Name(), metSuffix+".")) {
			_ = os.Remove(filepath.Join(s.dir, e.Name())) // a write that never ended; the file is whole
			continue
		}
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		p, note := s.read(e.Name())
		if note != nil {
			notes = append(notes, *note)
			continue
		}
		plans = append(plans, p)
	}
	return plans, notes, nil
}

// read reads one file; the note says why it cannot be used.
func (s *Store) read(name string) (Plan, *updater.Note) {
	path := filepath.Join(s.dir, name)
	text, err := durable.Read(path, maxDocument)
	if err != nil && !errors.Is(err, durable.ErrLarge) {
		return Plan{}, &updater.Note{Level: updater.Fault, Code: NoteLocked, Args: []any{name}}
	}
	p, err := Parse(text)
	switch {
	case errors.Is(err, errNewer):
		return Plan{}, &updater.Note{Level: updater.Warn, Code: NoteNewer, Args: []any{name}}
	case err == nil && p.ID+suffix == name:
		return p, nil
	}
	aside := fmt.Sprintf("%s.%s.kept", name, time.Now().UTC().Format("20060102T150405.000000000"))
	if err := os.Rename(path, filepath.Join(s.dir, aside)); err != nil {
		return Plan{}, &updater.Note{Level: updater.Fault, Code: NoteLocked, Args: []any{name}}
	}
	return Plan{}, &updater.Note{Level: updater.Warn, Code: NoteKept, Args: []any{name, aside}}
}

// path is that of a plan's file; an id that is none has none.
func (s *Store) path(op, id string) (string, error) {
	if !idForm.MatchString(id) {
		return "", &Error{Op: op, Code: CodeNoPlan, Args: []any{id}}
	}
	return filepath.Join(s.dir, id+suffix), nil
}

// Put keeps p in place of what was kept under its id.
func (s *Store) Put(p Plan) error {
	path, err := s.path("keep", p.ID)
	if err != nil {
		return err
	}
	text, err := p.Document()
	if err != nil {
		return err
	}
	if len(text) > maxDocument {
		return &Error{Op: "keep", Plan: p.ID, Code: CodeLarge, Args: []any{int64(maxDocument)}}
	}
	if err := durable.Write(path, text); err != nil {
		return &Error{Op: "keep", Plan: p.ID, Code: CodeDisk, Err: err}
	}
	return nil
}

// Remove forgets the plan with that id.
func (s *Store) Remove(id string) error {
	path, err := s.path("delete", id)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Error{Op: "delete", Plan: id, Code: CodeDisk, Err: err}
	}
	return nil
}

// Close lets other programs in.
func (s *Store) Close() error {
	s.release()
	return nil
}

// last is when the plan's state last changed.
func (p Plan) last() time.Time {
	if n := len(p.History); n > 0 {
		return p.History[n-1].At
	}
	return time.Time{}
}
