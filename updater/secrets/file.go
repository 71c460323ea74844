package secrets

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"fotabench/packages/durable"
	"fotabench/packages/strictjson"
)

const (
	// fileName is the file in the data folder: which secrets there are, and those that
	// the keyring did not take.
	fileName = "secrets.json"
	// format is the one that this program writes.
	format = 1
	// maxFile bounds the file, in bytes.
	maxFile = 1 << 20
	// idBytes is how many random bytes tell installations of one user apart.
	idBytes = 8
)

// content is what the file says.
type content struct {
	Format int `json:"format"`
	// Installation tells the secrets of several data folders apart in one keyring.
	Installation string `json:"installation"`
	// Salt makes the key of the sealed ones from the passphrase; Proof is sealed too,
	// so that a wrong passphrase is noticed before it seals anything.
	Salt    []byte           `json:"salt,omitempty"`
	Proof   []byte           `json:"proof,omitempty"`
	Secrets map[string]entry `json:"secrets"`
}

// entry is one secret.
type entry struct {
	Place Place `json:"place"`
	// Value is empty for the keyring's.
	Value []byte `json:"value,omitempty"`
}

var errDamaged = errors.New("not a file of secrets that this version wrote")

// read reads the file; where there is none it is a new one, which nobody has written.
func (s *Store) read() (*content, error) {
	text, err := durable.Read(s.path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh()
	}
	if errors.Is(err, durable.ErrLarge) || errors.Is(err, durable.ErrKind) {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if err != nil {
		return nil, err
	}
	return parse(text)
}

func fresh() (*content, error) {
	id := make([]byte, idBytes)
	if _, err := rand.Read(id); err != nil {
		return nil, err
	}
	return &content{Format: format, Installation: hex.EncodeToString(id), Secrets: map[string]entry{}}, nil
}

// parse reads the file. Its errors hold nothing of the text, which may be secret.
func parse(text []byte) (*content, error) {
	var c content
	if _, err := strictjson.Read(text, &c); err != nil || c.Format != format || len(c.Secrets) > MaxNames {
		return nil, errDamaged
	}
	if id, err := hex.DecodeString(c.Installation); err != nil || len(id) != idBytes {
		return nil, errDamaged
	}
	sealed := len(c.Salt) == saltBytes && len(c.Proof) == sealedBytes
	if !sealed && len(c.Salt)+len(c.Proof) > 0 {
		return nil, errDamaged
	}
	if c.Secrets == nil {
		c.Secrets = map[string]entry{}
	}
	for name, e := range c.Secrets {
		if !goodName.MatchString(name) || !e.sound(sealed) {
			return nil, errDamaged
		}
	}
	return &c, nil
}

// sound tells whether an entry can be one that we wrote.
func (e entry) sound(sealed bool) bool {
	switch e.Place {
	case Keyring:
		return len(e.Value) == 0
	case File:
		return len(e.Value) <= MaxValue
	case Sealed:
		return sealed && len(e.Value) >= sealedBytes && len(e.Value) <= sealedBytes+MaxValue
	}
	return false
}

func (s *Store) write(c *content) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return durable.Write(s.path, append(text, '\n'))
}
