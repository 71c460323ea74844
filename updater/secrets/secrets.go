// Package secrets keeps what nobody else may read: passwords, tokens, and the key with
// which this installation signs. They are in the system's keyring (Secret Service on
// Linux, Keychain on macOS, Credential Manager on Windows); where none answers they are
// in a file of this user, and the store says so. Secrets are never in errors, logs or
// arguments of programs.
package secrets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"fotabench/devices"
	"fotabench/packages/durable"
)

// Place is where a secret is kept.
type Place string

// The places. These values are on disk.
const (
	// Keyring is the system's.
	Keyring Place = "keyring"
	// File is a file that only this user may read, not encrypted.
	File Place = "file"
	// Sealed is that file, encrypted with a passphrase.
	Sealed Place = "sealed"
)

// Where secrets are kept, as sentences without arguments.
const (
	InKeyring devices.Code = "secrets.place.keyring"
	InFile    devices.Code = "secrets.place.file"
	InSealed  devices.Code = "secrets.place.sealed"
)

// What can go wrong. The comment gives the arguments of each.
const (
	NoteAbsent     devices.Code = "secrets.absent"     // name
	NoteLost       devices.Code = "secrets.lost"       // name
	NoteUnreached  devices.Code = "secrets.unreached"  // name
	NoteLocked     devices.Code = "secrets.locked"     // –
	NotePassphrase devices.Code = "secrets.passphrase" // –
	NoteDamaged    devices.Code = "secrets.damaged"    // file
	NoteName       devices.Code = "secrets.name"       // name
	NoteSize       devices.Code = "secrets.size"       // name, limit in bytes
	NoteMany       devices.Code = "secrets.many"       // limit
	NoteBusy       devices.Code = "secrets.busy"       // –
	NoteKey        devices.Code = "secrets.key"        // –
)

const (
	// MaxValue bounds a secret, in bytes: Windows keeps 2,560, and macOS 3,000 with
	// name and folder.
	MaxValue = 2048
	// MaxNames bounds how many secrets an installation has.
	MaxNames = 256
)

// goodName is what a secret may be called.
var goodName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Options say where a store is.
type Options struct {
	// Folder is the data folder of the installation; it is made if need be.
	Folder string
	// Passphrase, if not empty, seals the file. It is never written.
	Passphrase string
	// FileOnly leaves the system's keyring alone.
	FileOnly bool

	// keys, if not nil, stand in for the system's keyring; tests forget what they keep.
	keys keys
}

// Store keeps the secrets of one installation. It is safe for concurrent use and for
// several programs at once.
type Store struct {
	path string
	ring vault
	seal sealer

	mu    sync.Mutex
	place Place
}

// Open opens the store. It moves secrets out of the file into the keyring once that
// answers, and seals those in the file once there is a passphrase. The system may ask
// the person to unlock the keyring meanwhile. Errors: Integrity for a file that cannot
// be believed, Locked where sealed secrets are to be moved and the passphrase is not
// theirs, Busy when another program holds it, Denied when the folder cannot be written.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{path: filepath.Join(o.Folder, fileName), place: File, seal: sealer{passphrase: o.Passphrase}}
	if o.Passphrase != "" {
		s.place = Sealed
	}
	s.ring = vault{keys: o.keys, off: o.FileOnly || !reachable()}
	if s.ring.keys == nil {
		s.ring.keys = systemKeys{}
	}
	if s.ring.answers(ctx) {
		s.place = Keyring
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("secrets: open: %w", context.Cause(ctx))
	}
	if err := s.tighten(); err != nil {
		return nil, trouble("open", "", err)
	}
	c, err := s.read()
	if err != nil {
		return nil, trouble("open", "", err)
	}
	if s.place == File && c.Salt != nil {
		s.place = Sealed
	}
	if !s.movable(c) {
		return s, nil
	}
	if err := s.change(ctx, func(c *content) error { return s.move(ctx, c) }); err != nil {
		return nil, trouble("open", "", err)
	}
	return s, nil
}

// Where tells where new secrets are kept.
func (s *Store) Where() Place {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.place
}

// Note is Where as a sentence.
func (s *Store) Note() devices.Code {
	return map[Place]devices.Code{Keyring: InKeyring, File: InFile, Sealed: InSealed}[s.Where()]
}

// Names lists the names of the secrets, sorted.
func (s *Store) Names() ([]string, error) {
	c, err := s.read()
	if err != nil {
		return nil, trouble("list", "", err)
	}
	return slices.Sorted(maps.Keys(c.Secrets)), nil
}

// Get gives a secret. Errors: Absent if there is none of that name, or the keyring has
// lost it; Locked without the passphrase; Denied where the keyring does not answer.
func (s *Store) Get(ctx context.Context, name string) (string, error) {
	c, err := s.read()
	if err != nil {
		return "", trouble("get", name, err)
	}
	value, err := s.get(ctx, c, name)
	if err != nil {
		return "", trouble("get", name, err)
	}
	return value, nil
}

// Set keeps a secret of at most MaxValue bytes under a name of lower-case letters,
// digits, dots and dashes. Where the keyring takes it not, or does not give it back, it goes
// to the file, and Where changes.
func (s *Store) Set(ctx context.Context, name, value string) error {
	err := s.change(ctx, func(c *content) error { return s.set(ctx, c, name, value) })
	return trouble("set", name, err)
}

// Once gives a secret; if there is none, first creates it. Of several programs that
// come at once, one creates it.
func (s *Store) Once(ctx context.Context, name string, create func() (string, error)) (string, error) {
	value, err := s.Get(ctx, name)
	if !errors.Is(err, errAbsent) {
		return value, err
	}
	err = s.change(ctx, func(c *content) error {
		if value, err = s.get(ctx, c, name); !errors.Is(err, errAbsent) {
			return err
		}
		if value, err = create(); err != nil {
			return err
		}
		return s.set(ctx, c, name, value)
	})
	if err != nil {
		return "", trouble("create", name, err)
	}
	return value, nil
}

// Delete forgets a secret; one that is not there is no error.
func (s *Store) Delete(ctx context.Context, name string) error {
	err := s.change(ctx, func(c *content) error {
		e, there := c.Secrets[name]
		if there && e.Place == Keyring {
			if err := s.ring.del(ctx, c.Installation, name); err != nil {
				return err
			}
		}
		delete(c.Secrets, name)
		return nil
	})
	return trouble("delete", name, err)
}

// get finds a secret in its place.
func (s *Store) get(ctx context.Context, c *content, name string) (string, error) {
	e, there := c.Secrets[name]
	switch {
	case !there:
		return "", errAbsent
	case e.Place == Keyring:
		return s.ring.get(ctx, c.Installation, name)
	case e.Place == Sealed:
		return s.seal.open(c, name, e.Value)
	}
	return string(e.Value), nil
}

// set keeps a secret in the best place there is; one that it replaces is gone.
func (s *Store) set(ctx context.Context, c *content, name, value string) error {
	_, there := c.Secrets[name]
	switch {
	case !goodName.MatchString(name):
		return note(devices.Unsupported, NoteName, printable(name))
	case len(value) > MaxValue:
		return note(devices.Space, NoteSize, name, MaxValue)
	case !there && len(c.Secrets) >= MaxNames:
		return note(devices.Space, NoteMany, MaxNames)
	}
	if s.Where() == Keyring {
		err := s.ring.set(ctx, c.Installation, name, value)
		if err == nil {
			c.Secrets[name] = entry{Place: Keyring}
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
	}
	e, err := s.filed(c, name, value)
	if err != nil {
		return err
	}
	c.Secrets[name] = e
	s.mu.Lock()
	defer s.mu.Unlock()
	s.place = e.Place
	return nil
}

// filed is a secret as the file holds it. A file that was sealed once takes nothing plain.
func (s *Store) filed(c *content, name, value string) (entry, error) {
	switch {
	case s.seal.passphrase == "" && c.Salt != nil:
		return entry{}, note(devices.Locked, NoteLocked)
	case s.seal.passphrase == "":
		return entry{Place: File, Value: []byte(value)}, nil
	}
	box, err := s.seal.close(c, name, value)
	return entry{Place: Sealed, Value: box}, err
}

// movable tells whether something in the file has a better place now.
func (s *Store) movable(c *content) bool {
	for _, e := range c.Secrets {
		if better(e.Place, s.Where()) && (e.Place != Sealed || s.seal.passphrase != "") {
			return true
		}
	}
	return false
}

func better(now, then Place) bool {
	order := []Place{File, Sealed, Keyring}
	return slices.Index(order, then) > slices.Index(order, now)
}

// move brings every secret to the best place, as set does: the file forgets what the keyring
// gave back.
func (s *Store) move(ctx context.Context, c *content) error {
	for name, e := range c.Secrets {
		if !better(e.Place, s.Where()) {
			continue
		}
		value, err := s.get(ctx, c, name)
		if err != nil {
			return err
		}
		if err := s.set(ctx, c, name, value); err != nil {
			return err
		}
	}
	return nil
}

// tighten takes the file from other users, who may read it after it was copied.
func (s *Store) tighten() error {
	info, err := os.Stat(s.path)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return nil // there is none, or it is as it should be
	}
	return os.Chmod(s.path, 0o600)
}

// change lets do alter the file while no other program does.
func (s *Store) change(ctx context.Context, do func(*content) error) error {
	return durable.Locked(ctx, s.path, func() error {
		c, err := s.read()
		if err != nil {
			return err
		}
		if err := do(c); err != nil {
			return err
		}
		return s.write(c)
	})
}
