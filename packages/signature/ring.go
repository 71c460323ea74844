package signature

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fotabench/packages"
	"fotabench/packages/durable"
	"fotabench/packages/strictjson"
)

const (
	// ringFile holds policy and keys in the data folder; public keys are no secret.
	ringFile = "trusted-keys.json"
	// ringFormat is the format this program writes.
	ringFormat = 1
	// maxRing bounds ringFile, in bytes.
	maxRing = 1 << 20
	// MaxKeys bounds the keys of a ring: a detached signature names none, so that each
	// must be tried.
	MaxKeys = 64
)

// Ring is whose word counts in one installation, and how much.
type Ring struct {
	Policy Policy `json:"policy"`
	Keys   []Key  `json:"keys"`
}

// Store keeps the ring of one installation. It is safe for several programs at once.
type Store struct{ path string }

// NewStore is the store in a data folder, which need not exist.
func NewStore(folder string) *Store { return &Store{filepath.Join(folder, ringFile)} }

// stored is ringFile as it is written.
type stored struct {
	Format int `json:"format"`
	Ring
}

// Load reads the ring; where none was written yet it is empty, with policy None. Errors:
// an *packages.Error with CodeDamaged for a file that cannot be believed.
func (s *Store) Load() (Ring, error) {
	text, err := durable.Read(s.path, maxRing)
	if errors.Is(err, fs.ErrNotExist) {
		return Ring{Policy: None}, nil
	}
	var r Ring
	if err == nil {
		r, err = parseRing(text)
	}
	if err != nil {
		return Ring{}, &packages.Error{Op: "read trusted keys", File: ringFile, Code: CodeDamaged, Args: []any{s.path}, Err: err}
	}
	return r, nil
}

var errRing = errors.New("not a ring of keys that this version wrote")

func parseRing(text []byte) (Ring, error) {
	var file stored
	if _, err := strictjson.Read(text, &file); err != nil {
		return Ring{}, fmt.Errorf("%w: %w", errRing, err)
	}
	if file.Format != ringFormat || !slices.Contains(Policies(), file.Policy) || len(file.Keys) > MaxKeys {
		return Ring{}, errRing
	}
	for i, k := range file.Keys {
		if err := k.sound(); err != nil {
			return Ring{}, fmt.Errorf("%w: %w", errRing, err)
		}
		if slices.ContainsFunc(file.Keys[:i], k.same) {
			return Ring{}, errRing
		}
	}
	return file.Ring, nil
}

// Change lets change alter the ring and writes it; an error of change keeps the old one.
func (s *Store) Change(ctx context.Context, change func(*Ring) error) error {
	err := durable.Locked(ctx, s.path, func() error {
		r, err := s.Load()
		if err != nil {
			return err
		}
		if err := change(&r); err != nil {
			return err
		}
		text, err := json.MarshalIndent(stored{ringFormat, r}, "", "  ")
		if err != nil {
			return err
		}
		return durable.Write(s.path, append(text, '\n'))
	})
	if err != nil {
		return fmt.Errorf("trusted keys: %w", err)
	}
	return nil
}

func (k Key) same(other Key) bool { return bytes.Equal(k.Public, other.Public) }

// Trust adds a key. One that is there gets the new name and dates, but a revoked one
// stays revoked: that is an error, and so is a ring that is full.
func (r *Ring) Trust(k Key) error {
	if err := k.sound(); err != nil {
		return err
	}
	if i := slices.IndexFunc(r.Keys, k.same); i >= 0 {
		if !r.Keys[i].Revoked.IsZero() {
			return badKey(KeyRevoked, r.Keys[i].Label())
		}
		k.Added = r.Keys[i].Added
		r.Keys[i] = k
		return nil
	}
	if len(r.Keys) >= MaxKeys {
		return badKey(KeyMany, MaxKeys)
	}
	r.Keys = append(r.Keys, k)
	return nil
}

// Revoke says that nothing signed with that key counts any more, whenever it was
// signed. A key that is revoked stays as it is.
func (r *Ring) Revoke(which string, at time.Time) (Key, error) {
	i, err := r.find(which)
	if err != nil {
		return Key{}, err
	}
	if k := &r.Keys[i]; k.Revoked.IsZero() {
		k.Revoked = at
	}
	return r.Keys[i], nil
}

// Remove forgets a key; what it signed is then signed by a stranger.
func (r *Ring) Remove(which string) (Key, error) {
	i, err := r.find(which)
	if err != nil {
		return Key{}, err
	}
	k := r.Keys[i]
	r.Keys = slices.Delete(r.Keys, i, i+1)
	return k, nil
}

// Find gives the one key that has that number, name or fingerprint.
func (r *Ring) Find(which string) (Key, error) {
	i, err := r.find(which)
	if err != nil {
		return Key{}, err
	}
	return r.Keys[i], nil
}

func (r *Ring) find(which string) (int, error) {
	found := -1
	for i, k := range r.Keys {
		plain := strings.ReplaceAll(which, " ", "")
		if !strings.EqualFold(plain, k.ID.String()) && which != k.Name && !strings.EqualFold(plain, strings.ReplaceAll(k.Fingerprint(), " ", "")) {
			continue
		}
		if found >= 0 {
			return 0, badKey(KeySeveral, printable(which, maxKeyName))
		}
		found = i
	}
	if found < 0 || which == "" {
		return 0, badKey(KeyNone, printable(which, maxKeyName))
	}
	return found, nil
}
