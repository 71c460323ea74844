package evidence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"aead.dev/minisign"
	"golang.org/x/crypto/blake2b"

	"fotabench/packages/signature"
)

// Signer signs with a key that it does not give away.
type Signer interface {
	// Sign is the Ed25519 signature of message.
	Sign(message []byte) ([]byte, error)
	// Public is the key with which that is checked.
	Public() ed25519.PublicKey
}

// KeyOf is the public key of a signer.
func KeyOf(s Signer) signature.Key {
	return signature.Key{ID: signature.IDOf(s.Public()), Public: s.Public()}
}

// untrusted begins a signature in minisign's format; in ours the key follows, so that a
// check by somebody who does not know it can tell altered from unknown.
const untrusted = "untrusted comment: "

const keyRemark = "fotabench key "

// sign signs message in minisign's format, prehashed. The statement is signed too.
func sign(s Signer, message []byte, statement string) ([]byte, error) {
	key := KeyOf(s)
	hash := blake2b.Sum512(message)
	m := minisign.Signature{
		Algorithm: minisign.HashEdDSA, KeyID: uint64(key.ID),
		UntrustedComment: keyRemark + key.String(), TrustedComment: statement,
	}
	raw, err := s.Sign(hash[:])
	if err != nil {
		return nil, fmt.Errorf("evidence: sign: %w", err)
	}
	copy(m.Signature[:], raw)
	raw, err = s.Sign(append(bytes.Clone(m.Signature[:]), statement...))
	if err != nil {
		return nil, fmt.Errorf("evidence: sign: %w", err)
	}
	copy(m.CommentSignature[:], raw)
	return m.MarshalText()
}

// statement is what a signature says beside its message: when, of which upgrade, which
// kind of page, and for data the digest of each field, by which a check names what was
// changed later.
type statement struct {
	at   time.Time
	job  string
	what Format
	// fields are digests by name.
	fields map[string]string
}

// String is the statement in minisign's manner: words with a colon, tabs between them.
func (s statement) String() string {
	list := []string{fmt.Sprintf("timestamp:%d", s.at.Unix()), "job:" + s.job, "what:" + string(s.what)}
	if s.fields != nil {
		list = append(list, "fields:"+strings.Join(s.pairs(), ","))
	}
	return strings.Join(list, "\t")
}

func (s statement) pairs() []string {
	var list []string
	for name, digest := range s.fields {
		list = append(list, name+"="+digest)
	}
	slices.Sort(list)
	return list
}

// endOfTime is the second with which the last year begins that JSON can tell; others are
// no times of a signature.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

func parseStatement(text string) statement {
	var s statement
	for word := range strings.SplitSeq(text, "\t") {
		name, value, _ := strings.Cut(word, ":")
		switch name {
		case "timestamp":
			unix, err := strconv.ParseInt(value, 10, 64)
			if err == nil && unix > 0 && unix < endOfTime {
				s.at = time.Unix(unix, 0)
			}
		case "job":
			s.job = value
		case "what":
			s.what = Format(value)
		case "fields":
			s.fields = map[string]string{}
			for pair := range strings.SplitSeq(value, ",") {
				field, digest, _ := strings.Cut(pair, "=")
				s.fields[field] = digest
			}
		}
	}
	return s
}

// fieldDigests are the digests of a report's fields: the first 16 bytes of the SHA-256
// of each one's JSON without blanks and with names in order. They only serve to name
// what was changed: what counts are the bytes.
func fieldDigests(data []byte) (map[string]string, error) {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	digests := make(map[string]string, len(fields))
	for name, value := range fields {
		plain, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("evidence: %w", err)
		}
		sum := sha256.Sum256(plain)
		digests[name] = hex.EncodeToString(sum[:16])
	}
	return digests, nil
}
