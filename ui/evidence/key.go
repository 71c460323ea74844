package evidence

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// keyFile is where an installation keeps its key, in its data folder.
const keyFile = "signing-key.pem"

// pemKey is the heading of a key file (RFC 7468, section 10).
const pemKey = "PRIVATE KEY"

// fileKey is a Signer with a key in memory.
type fileKey struct{ private ed25519.PrivateKey }

// Sign implements Signer.
func (k fileKey) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.private, message), nil }

// PublicKey implements Signer.
func (k fileKey) PublicKey() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// OpenKey reads the key of this installation in folder; the first call makes it. Only
// this user may read its file.
func OpenKey(folder string) (Signer, error) {
	k, err := ReadKey(folder)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	// Two programs may begin at once, and must get the same key.
	lock := flock.New(filepath.Join(folder, keyFile+".lock"))
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	defer lock.Close()
	k, err = ReadKey(folder)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	return makeKey(folder)
}

// ReadKey is OpenKey without making a key; fs.ErrNotExist if there is none.
func ReadKey(folder string) (Signer, error) {
	text, err := os.ReadFile(filepath.Join(folder, keyFile))
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemKey {
		return nil, fmt.Errorf("signing key: %q holds none", keyFile)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("signing key: %q holds no Ed25519 key", keyFile)
	}
	return fileKey{private}, nil
}

func makeKey(folder string) (Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der})
	if err := WriteFile(filepath.Join(folder, keyFile), text); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return fileKey{private}, nil
}

// WriteFile writes a file that only this user may read: all of it, or the one that was
// there stays.
func WriteFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
