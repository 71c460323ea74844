package signature

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"aead.dev/minisign"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// The suffixes of the files in which signatures are looked for, after the whole name of
// the file that is signed.
const (
	SuffixMinisign = ".minisig"
	SuffixRaw      = ".sig"
)

const (
	// maxSignature bounds a signature file, in bytes; minisign's comments have at most
	// 1,024 and 8,192.
	maxSignature = 16 << 10
	// maxComment bounds a trusted comment as it is shown, in characters.
	maxComment = 200
	// lastYear is the last one that RFC 3339 can write.
	lastYear = 9999
)

// errForm says that a text is no signature of a form that is known here.
var errForm = errors.New("neither minisign nor Ed25519")

// found is one signature that was read and not checked yet.
type found struct {
	source string
	// err, if not nil, says why the rest is empty.
	err error
	raw [ed25519.SignatureSize]byte
	// mini is nil for a detached signature.
	mini *minisign.Signature
}

// FromManifest is the source of a signature that a manifest holds.
const FromManifest = "manifest"

// Collect reads what claims to be a signature of f, in the manifest, in f.minisig and in
// f.sig, for who keeps the file elsewhere (packages.File.Signatures). What cannot be read
// or is too long for a signature is left out.
func Collect(f packages.File) []packages.Signature {
	all := slices.Clone(f.Signatures)
	if f.Minisig != "" && len(f.Minisig) <= maxSignature {
		all = append(all, packages.Signature{Source: FromManifest, Text: []byte(f.Minisig)})
	}
	for _, suffix := range suffixes {
		if text, err := durable.Read(f.Path+suffix, maxSignature); err == nil {
			all = append(all, packages.Signature{Source: f.Name + suffix, Text: text})
		}
	}
	return all
}

var suffixes = []string{SuffixMinisign, SuffixRaw}

// beside reads what claims to be a signature of f: what was kept for it, what is in the
// manifest, in f.minisig and in f.sig.
func beside(f packages.File) []found {
	var all []found
	for _, s := range f.Signatures {
		all = append(all, parse(s.Text, s.Source))
	}
	if f.Minisig != "" {
		all = append(all, parse([]byte(f.Minisig), FromManifest))
	}
	for _, suffix := range suffixes {
		text, err := durable.Read(f.Path+suffix, maxSignature)
		source := f.Name + suffix
		switch {
		case errors.Is(err, fs.ErrPermission), errors.Is(err, durable.ErrLarge), errors.Is(err, durable.ErrKind):
			all = append(all, found{source: source, err: err})
		case err != nil: // not there, or a name too long to be there
		default:
			all = append(all, parse(text, source))
		}
	}
	return all
}

// parse reads minisign's format, or 64 bytes as they are, in hex or in base64.
func parse(text []byte, source string) found {
	s := found{source: source}
	if bytes.HasPrefix(text, []byte(untrustedComment)) {
		s.mini, s.err = parseMinisign(text)
		return s
	}
	raw := text
	if len(raw) != ed25519.SignatureSize {
		raw, _ = decode(strings.TrimSpace(string(text)))
	}
	if len(raw) != ed25519.SignatureSize || strings.HasSuffix(source, SuffixMinisign) {
		s.err = errForm
		return s
	}
	copy(s.raw[:], raw)
	return s
}

func parseMinisign(text []byte) (*minisign.Signature, error) {
	if len(text) > maxSignature {
		return nil, durable.ErrLarge
	}
	var m minisign.Signature
	if err := m.UnmarshalText(text); err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	return &m, nil
}

// id is the number of the key that the signature names.
func (s found) id() ID {
	if s.mini == nil {
		return 0
	}
	return ID(s.mini.KeyID)
}

// signedAt is minisign's word on when it was signed, which is in the trusted comment;
// zero where there is none that a date could be.
func (s found) signedAt() time.Time {
	if s.mini == nil {
		return time.Time{}
	}
	for word := range strings.FieldsSeq(s.mini.TrustedComment) {
		value, ok := strings.CutPrefix(word, "timestamp:")
		unix, err := strconv.ParseInt(value, 10, 64)
		if ok && err == nil && unix > 0 && unix < endOfTime {
			return time.Unix(unix, 0).UTC()
		}
	}
	return time.Time{}
}

// endOfTime is the first second after lastYear.
var endOfTime = time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

// provesComment tells whether key signed the trusted comment; a detached signature has none.
func (s found) provesComment(key ed25519.PublicKey) bool {
	if s.mini == nil {
		return true
	}
	whole := append(bytes.Clone(s.mini.Signature[:]), s.mini.TrustedComment...)
	return ed25519.Verify(key, whole, s.mini.CommentSignature[:])
}

// marshal makes minisign's text of a signature.
func marshal(id ID, comment, trusted string, signature, global []byte) ([]byte, error) {
	m := minisign.Signature{
		Algorithm: minisign.HashEdDSA, KeyID: uint64(id), UntrustedComment: comment, TrustedComment: trusted,
	}
	copy(m.Signature[:], signature)
	copy(m.CommentSignature[:], global)
	return m.MarshalText()
}

// keyIn is the public key number that a signature file names; 0 for one that names none
// or cannot be read.
func keyIn(path string) ID {
	text, err := durable.Read(path, maxSignature)
	if err != nil {
		return 0
	}
	return parse(text, filepath.Base(path)).id()
}
