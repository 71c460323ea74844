package secrets

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"sync"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"fotabench/devices"
)

// Argon2id with 3 passes over 64 MiB by 4 threads (RFC 9106, section 4, second
// recommended option).
const (
	passes    = 3
	memoryKiB = 64 << 10
	threads   = 4
	saltBytes = 16
	// sealedBytes is by how much a sealed text is longer: nonce and tag.
	sealedBytes = chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead
)

// sealer encrypts with a passphrase: XChaCha20-Poly1305, with the name in what is
// authenticated, so that no secret can stand in for another.
type sealer struct {
	passphrase string

	mu   sync.Mutex
	salt []byte
	box  cipher.AEAD
}

// about is what is authenticated beside a secret. The proof has the empty name, which
// no secret has.
func about(c *content, name string) []byte {
	return []byte("fotabench secret\x00" + c.Installation + "\x00" + name)
}

// aead is the cipher of the file. Making its key takes a moment on purpose.
func (s *sealer) aead(salt []byte) (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.box != nil && bytes.Equal(s.salt, salt) {
		return s.box, nil
	}
	key := argon2.IDKey([]byte(s.passphrase), salt, passes, memoryKiB, threads, chacha20poly1305.KeySize)
	box, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	s.salt, s.box = bytes.Clone(salt), box
	return box, nil
}

// close seals a value. The first one of a file gives that its salt and proof; the
// passphrase must be that of the file.
func (s *sealer) close(c *content, name, value string) ([]byte, error) {
	begin := c.Salt == nil
	if begin {
		c.Salt = random(saltBytes)
	}
	box, err := s.aead(c.Salt)
	if err != nil {
		return nil, err
	}
	nonce := random(chacha20poly1305.NonceSizeX)
	if begin {
		c.Proof = box.Seal(bytes.Clone(nonce), nonce, nil, about(c, ""))
		nonce = random(chacha20poly1305.NonceSizeX)
	}
	if err := proves(box, c); err != nil {
		return nil, err
	}
	return box.Seal(bytes.Clone(nonce), nonce, []byte(value), about(c, name)), nil
}

// open gives a sealed value back.
func (s *sealer) open(c *content, name string, sealed []byte) (string, error) {
	if s.passphrase == "" {
		return "", note(devices.Locked, NoteLocked)
	}
	box, err := s.aead(c.Salt)
	if err != nil {
		return "", err
	}
	if err := proves(box, c); err != nil {
		return "", err
	}
	const n = chacha20poly1305.NonceSizeX
	value, err := box.Open(nil, sealed[:n], sealed[n:], about(c, name))
	if err != nil {
		return "", errDamaged // the passphrase is right, so the text is not
	}
	return string(value), nil
}

// proves tells whether the passphrase is that of the file.
func proves(box cipher.AEAD, c *content) error {
	const n = chacha20poly1305.NonceSizeX
	if _, err := box.Open(nil, c.Proof[:n], c.Proof[n:], about(c, "")); err != nil {
		return note(devices.Locked, NotePassphrase)
	}
	return nil
}

// random gives so many random bytes. The system's source never fails (crypto/rand).
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
