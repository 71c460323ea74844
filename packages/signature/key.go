package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/blake2b"

	"fotabench/packages"
)

// What can be wrong with a key. The comment gives the Args of each.
const (
	KeyUnreadable packages.Code = "signature.key.unreadable" // –
	KeyPrivate    packages.Code = "signature.key.private"    // –
	KeyOther      packages.Code = "signature.key.other"      // –
	KeyWeak       packages.Code = "signature.key.weak"       // –
	KeyName       packages.Code = "signature.key.name"       // name
	KeySpan       packages.Code = "signature.key.span"       // first day, last day
	KeyRevoked    packages.Code = "signature.key.revoked"    // key
	KeyNone       packages.Code = "signature.key.none"       // what was looked for
	KeySeveral    packages.Code = "signature.key.several"    // what was looked for
	KeyMany       packages.Code = "signature.key.many"       // limit
)

const (
	// MaxKeyFile bounds a file with a public key, in bytes.
	MaxKeyFile = 16 << 10
	// maxKeyName is the longest name of a key, in characters.
	maxKeyName = 64
)

// minisign's name for Ed25519 in keys, and the sizes of what it encodes, in bytes:
// algorithm, number and key (public), and what -G writes for the private one.
const (
	keyAlgorithm     = "Ed"
	minisignKey      = 2 + 8 + ed25519.PublicKeySize
	minisignPrivate  = 2 + 2 + 2 + 32 + 8 + 8 + 8 + ed25519.PrivateKeySize + 32
	untrustedComment = "untrusted comment:"
)

// ID is minisign's number of a key. It only helps to find the key: anybody can make
// another one with the same number.
type ID uint64

// String is the number as minisign prints it.
func (id ID) String() string { return fmt.Sprintf("%016X", uint64(id)) }

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 16, 64)
	*id = ID(n)
	return err
}

// IDOf is the number of a key that came without one: the first 8 bytes of the key's
// BLAKE2b-256.
func IDOf(public ed25519.PublicKey) ID {
	sum := blake2b.Sum256(public)
	return ID(binary.LittleEndian.Uint64(sum[:8]))
}

// Key is a public key whose word counts here.
type Key struct {
	// Name is what a person called it, at most 64 characters.
	Name   string            `json:"name"`
	ID     ID                `json:"id"`
	Public ed25519.PublicKey `json:"public"`
	// Added is when it was trusted here.
	Added time.Time `json:"added"`
	// NotBefore and NotAfter bound when its word counts; zero is no bound.
	NotBefore time.Time `json:"notBefore,omitzero"`
	NotAfter  time.Time `json:"notAfter,omitzero"`
	// Revoked is when a person revoked it here; zero if nobody did.
	Revoked time.Time `json:"revoked,omitzero"`
}

// Label names the key for people: its name and number.
func (k Key) Label() string {
	if k.Name == "" {
		return k.ID.String()
	}
	return k.Name + " (" + k.ID.String() + ")"
}

// Fingerprint tells keys apart for people: the first 16 bytes of the key's SHA-256, in
// groups of four digits.
func (k Key) Fingerprint() string {
	sum := sha256.Sum256(k.Public)
	var groups []string
	for group := range slices.Chunk([]byte(hex.EncodeToString(sum[:16])), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

// String is the key in one line, as minisign -P takes it.
func (k Key) String() string {
	raw := binary.LittleEndian.AppendUint64([]byte(keyAlgorithm), uint64(k.ID))
	return base64.StdEncoding.EncodeToString(append(raw, k.Public...))
}

// File is the key as minisign -p takes it.
func (k Key) File() []byte {
	return fmt.Appendf(nil, "%s minisign public key %s\n%s\n", untrustedComment, k.ID, k)
}

// ParseKey reads a public key: a minisign .pub file or its last line alone, a PEM file
// (SubjectPublicKeyInfo, RFC 8410), or 32 bytes in base64 or hex. Errors: an
// *packages.Error with one of the codes above. The result has neither name nor dates.
func ParseKey(text []byte) (Key, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if len(text) > MaxKeyFile {
		return Key{}, badKey(KeyUnreadable)
	}
	var k Key
	var err error
	if bytes.HasPrefix(text, []byte("-----BEGIN ")) {
		k, err = pemKey(text)
	} else {
		k, err = lineKey(text)
	}
	if err == nil && weak(k.Public) {
		return Key{}, badKey(KeyWeak)
	}
	return k, err
}

func badKey(code packages.Code, args ...any) error {
	return &packages.Error{Op: "read key", Code: code, Args: args}
}

func pemKey(text []byte) (Key, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil || len(bytes.TrimSpace(rest)) > 0:
		return Key{}, badKey(KeyUnreadable)
	case strings.Contains(block.Type, "PRIVATE"):
		return Key{}, badKey(KeyPrivate)
	case block.Type != "PUBLIC KEY":
		return Key{}, badKey(KeyOther)
	}
	any, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, badKey(KeyUnreadable)
	}
	public, ok := any.(ed25519.PublicKey)
	if !ok {
		return Key{}, badKey(KeyOther)
	}
	return Key{ID: IDOf(public), Public: public}, nil
}

// lineKey reads what is one line, perhaps below minisign's comment.
func lineKey(text []byte) (Key, error) {
	lines := strings.Split(string(text), "\n")
	if len(lines) == 2 && strings.HasPrefix(lines[0], untrustedComment) {
		lines = lines[1:]
	}
	if len(lines) != 1 {
		return Key{}, badKey(KeyUnreadable)
	}
	raw, ok := decode(strings.TrimSpace(lines[0]))
	switch {
	case !ok:
		return Key{}, badKey(KeyUnreadable)
	case len(raw) == ed25519.PublicKeySize:
		return Key{ID: IDOf(raw), Public: raw}, nil
	case len(raw) == minisignKey && string(raw[:2]) == keyAlgorithm:
		return Key{ID: ID(binary.LittleEndian.Uint64(raw[2:10])), Public: raw[10:]}, nil
	case len(raw) == minisignPrivate && string(raw[:2]) == keyAlgorithm:
		return Key{}, badKey(KeyPrivate)
	}
	return Key{}, badKey(KeyOther)
}

// decode reads hex, or base64 in either alphabet with or without padding.
func decode(text string) ([]byte, bool) {
	if len(text) == hex.EncodedLen(ed25519.PublicKeySize) || len(text) == hex.EncodedLen(ed25519.SignatureSize) {
		if raw, err := hex.DecodeString(text); err == nil {
			return raw, true
		}
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawStdEncoding.Strict().DecodeString(text)
	return raw, err == nil && len(raw) > 0
}

// weak tells whether public is a point of small order, such as 32 zeros: for those
// anybody can make signatures (RFC 8032 leaves the test to the verifier). S = 0 and R =
// the neutral point hold for one message in at most eight, and for an honest key for
// none.
func weak(public ed25519.PublicKey) bool {
	var forged [ed25519.SignatureSize]byte
	forged[0] = 1 // the neutral point: y = 1
	for i := range 128 {
		if ed25519.Verify(public, []byte{byte(i)}, forged[:]) {
			return true
		}
	}
	return false
}

// sound tells what is wrong with a key as a person or a file describes it.
func (k Key) sound() error {
	switch {
	case len(k.Public) != ed25519.PublicKeySize:
		return badKey(KeyUnreadable)
	case !utf8.ValidString(k.Name), utf8.RuneCountInString(k.Name) > maxKeyName, strings.ContainsFunc(k.Name, unicode.IsControl):
		return badKey(KeyName, printable(k.Name, maxKeyName))
	case !k.NotBefore.IsZero() && !k.NotAfter.IsZero() && k.NotAfter.Before(k.NotBefore):
		return badKey(KeySpan, day(k.NotBefore), day(k.NotAfter))
	}
	return nil
}

// day is a date for people.
func day(t time.Time) string { return t.Format(time.DateOnly) }

// printable is text from outside without what cannot be shown, cut at most characters.
func printable(text string, most int) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if runes := []rune(clean); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return clean
}
