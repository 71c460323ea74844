package secrets

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/packages/signature"
)

const (
	// signingKey is the name of the secret.
	signingKey = "signing-key"
	// oldKeyFile is where the key was before there was a store: PKCS #8 in PEM.
	oldKeyFile = "signing-key.pem"
	// maxKeyFile bounds it, in bytes.
	maxKeyFile = 16 << 10
)

// Signer signs with the key of this installation. Printing it shows the fingerprint.
type Signer struct{ private ed25519.PrivateKey }

// NewSigner gives the signer of the installation; the first call makes its key. A key
// file of an older version is taken over and removed. Errors: those of Store.Once, and
// Integrity with NoteKey for a key that is none.
func NewSigner(ctx context.Context, s *Store) (Signer, error) {
	return s.signer(ctx, func() (string, error) {
		seed := make([]byte, ed25519.SeedSize)
		if _, err := rand.Read(seed); err != nil {
			return "", err
		}
		return base64.StdEncoding.EncodeToString(seed), nil
	})
}

// FindSigner is NewSigner without making a key: the error is then Absent.
func FindSigner(ctx context.Context, s *Store) (Signer, error) {
	return s.signer(ctx, func() (string, error) { return "", errAbsent })
}

func (s *Store) signer(ctx context.Context, create func() (string, error)) (Signer, error) {
	old := filepath.Join(filepath.Dir(s.path), oldKeyFile)
	text, err := s.Once(ctx, signingKey, func() (string, error) {
		text, err := readOld(old)
		if errors.Is(err, fs.ErrNotExist) {
			return create()
		}
		return text, err
	})
	if err != nil {
		return Signer{}, err
	}
	seed, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(seed) != ed25519.SeedSize {
		return Signer{}, trouble("signer", signingKey, note(devices.Integrity, NoteKey))
	}
	if kept, err := readOld(old); err == nil && kept == text {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Signer{}, trouble("signer", oldKeyFile, err)
		}
	}
	return Signer{ed25519.NewKeyFromSeed(seed)}, nil
}

// readOld reads the key file of an older version. Its errors hold nothing of the file.
func readOld(path string) (string, error) {
	text, err := durable.Read(path, maxKeyFile)
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return "", note(devices.Integrity, NoteKey)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(ed25519.PrivateKey)
	if err != nil || !ok {
		return "", note(devices.Integrity, NoteKey)
	}
	return base64.StdEncoding.EncodeToString(private.Seed()), nil
}

// Sign is the Ed25519 signature of message.
func (s Signer) Sign(message []byte) ([]byte, error) { return ed25519.Sign(s.private, message), nil }

// Public is the key with which that is checked.
func (s Signer) Public() ed25519.PublicKey { return s.private.Public().(ed25519.PublicKey) }

// Fingerprint tells the key from others, for people.
func (s Signer) Fingerprint() string { return signature.Key{Public: s.Public()}.Fingerprint() }

// Format implements fmt.Formatter: no verb shows the key.
func (s Signer) Format(f fmt.State, _ rune) {
	if s.private == nil {
		_, _ = fmt.Fprint(f, "no signing key")
		return
	}
	_, _ = fmt.Fprint(f, "signing key "+s.Fingerprint()) // the state keeps its own errors
}
