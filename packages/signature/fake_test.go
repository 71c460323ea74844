package signature

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fotabench/packages"
)

// today is when the tests run.
var today = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// pen is a Signer in memory; its number tells pens apart.
type pen struct{ private ed25519.PrivateKey }

func newPen(number byte) pen {
	return pen{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{number}, ed25519.SeedSize))}
}

func (p pen) Sign(message []byte) ([]byte, error) { return ed25519.Sign(p.private, message), nil }
func (p pen) Public() ed25519.PublicKey           { return p.private.Public().(ed25519.PublicKey) }

// key is the public half as it is trusted.
func (p pen) key(name string) Key {
	return Key{Name: name, ID: IDOf(p.Public()), Public: p.Public(), Added: today.AddDate(-1, 0, 0)}
}

// write writes a file into dir and gives its path.
func write(t testing.TB, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a package of one file.
func open(t testing.TB, paths ...string) *packages.Package {
	t.Helper()
	p, err := packages.Open(t.Context(), paths, packages.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// signed writes a file with a signature by p, made at that time, and opens it.
func signed(t testing.TB, p pen, at time.Time) packages.File {
	t.Helper()
	path := write(t, t.TempDir(), "fw.bin", []byte("firmware"))
	if _, err := SignFile(t.Context(), path, p, at, false); err != nil {
		t.Fatal(err)
	}
	return open(t, path).Files[0]
}

// verify is the verdict of a new Verifier.
func verify(t testing.TB, f packages.File, now time.Time, keys ...Key) Verdict {
	t.Helper()
	var v Verifier
	d, err := v.Verify(t.Context(), f, keys, now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
