package signature

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"aead.dev/minisign"
	"golang.org/x/crypto/blake2b"

	"fotabench/packages"
)

// slack is by how much two clocks that are right may differ: time zones that were set
// wrongly stay within a day.
const slack = 24 * time.Hour

// maxFacts bounds what a Verifier remembers, in files.
const maxFacts = 64

// Verifier checks signatures. It remembers what took long, so that asking again about
// the same bytes is cheap. The zero value is ready; it is safe for concurrent use.
type Verifier struct {
	mu    sync.Mutex
	known map[string]*facts // by SHA-256 of the file
}

// facts are what is known about the bytes of one file.
type facts struct {
	hashed *[blake2b.Size]byte
	// whole tells which signatures over all bytes hold: key and signature in one.
	whole map[[ed25519.PublicKeySize + ed25519.SignatureSize]byte]bool
}

// Verify tells who signed f. The bytes it judges are those that packages.Open saw. Of
// several signatures one by a trusted key counts most. Errors: an *packages.Error when
// the file cannot be read or was changed, or context.Cause(ctx), wrapped.
func (v *Verifier) Verify(ctx context.Context, f packages.File, keys []Key, now time.Time) (Verdict, error) {
	best := Verdict{File: f.Name, State: Unsigned, Code: CodeUnsigned, Args: []any{f.Name}}
	for _, s := range beside(f) {
		verdict, err := v.judge(ctx, f, s, keys, now)
		if err != nil {
			return Verdict{}, err
		}
		if weight(verdict.State) > weight(best.State) {
			best = verdict
		}
	}
	return best, nil
}

// weight orders the states of several signatures: what a trusted key says before what a
// stranger says.
func weight(s State) int {
	return slices.Index([]State{Unsigned, Unreadable, UnknownKey, NotYetValid, Expired, Revoked, Good, Bad}, s)
}

// judge checks one signature.
func (v *Verifier) judge(ctx context.Context, f packages.File, s found, keys []Key, now time.Time) (Verdict, error) {
	d := Verdict{File: f.Name, Source: s.source, KeyID: s.id()}
	if s.err != nil {
		d.State, d.Code, d.Args = Unreadable, CodeUnreadable, []any{f.Name, s.source, printable(s.err.Error(), maxComment)}
		return d, nil
	}
	key, form, err := v.signer(ctx, f, s, keys)
	if err != nil {
		return Verdict{}, err
	}
	d.Form = form
	if key == nil {
		d.stranger(s, keys)
		return d, nil
	}
	d.KeyID, d.KeyName, d.At = key.ID, key.Name, s.signedAt()
	if s.mini != nil {
		d.Comment = printable(s.mini.TrustedComment, maxComment)
	}
	d.date(*key, now)
	return d, nil
}

// stranger is the verdict when no trusted key made the signature: it names none of
// them, or it names one and these are other bytes.
func (d *Verdict) stranger(s found, keys []Key) {
	if s.mini == nil {
		d.State, d.Code, d.Args = UnknownKey, CodeUnmatched, []any{d.File, d.Source}
		return
	}
	for _, k := range keys {
		if k.ID == d.KeyID {
			d.State, d.KeyName, d.Code, d.Args = Bad, k.Name, CodeBad, []any{d.File, k.Label(), d.Source}
			return
		}
	}
	d.State, d.Code, d.Args = UnknownKey, CodeUnknown, []any{d.File, d.KeyID.String(), d.Source}
}

// date is the verdict when key made the signature: whether its word counts at now.
func (d *Verdict) date(key Key, now time.Time) {
	var args []any
	d.State, d.Code, args = key.Counts(d.At, now)
	d.Args = append([]any{d.File}, args...)
}

// Counts tells whether the word of a key of the ring counts at now, on something that it
// says to have signed at signed (zero if it does not say). The state is Good, Revoked,
// Expired or NotYetValid; the code is its sentence, with args for what comes after the
// name of what was signed.
func (k Key) Counts(signed, now time.Time) (state State, code packages.Code, args []any) {
	label := k.Label()
	switch {
	case !k.Revoked.IsZero():
		return Revoked, CodeRevoked, []any{label, day(k.Revoked)}
	case now.Add(slack).Before(k.Added):
		return NotYetValid, CodeFuture, []any{label, day(k.Added), day(now)}
	case signed.After(now.Add(slack)):
		return NotYetValid, CodeFuture, []any{label, day(signed), day(now)}
	case !k.NotBefore.IsZero() && now.Before(k.NotBefore):
		return NotYetValid, CodeEarly, []any{label, day(k.NotBefore)}
	case !k.NotAfter.IsZero() && now.After(k.NotAfter):
		// Also where the signature claims an earlier date: who has the key can claim any.
		return Expired, CodeExpired, []any{label, day(k.NotAfter)}
	}
	return Good, CodeGood, []any{label}
}

// signer finds the key that made the signature, nil if none of keys did. Keys with the
// number that the signature names are tried first, but the number proves nothing.
func (v *Verifier) signer(ctx context.Context, f packages.File, s found, keys []Key) (*Key, Form, error) {
	keys = slices.Clone(keys)
	slices.SortStableFunc(keys, func(a, b Key) int { return cmp.Compare(miss(a, s), miss(b, s)) })
	for _, form := range s.forms() {
		for i, k := range keys {
			if !s.provesComment(k.Public) {
				continue
			}
			holds, err := v.holds(ctx, f, s, k.Public, form)
			if err != nil {
				return nil, "", err
			}
			if holds {
				return &keys[i], form, nil
			}
		}
	}
	if s.mini != nil {
		return nil, s.forms()[0], nil
	}
	return nil, "", nil
}

func miss(k Key, s found) int {
	if k.ID == s.id() {
		return 0
	}
	return 1
}

// forms are those that a signature can have, the cheap one first.
func (s found) forms() []Form {
	switch {
	case s.mini == nil:
		return []Form{RawDigest, RawFile}
	case s.mini.Algorithm == minisign.EdDSA:
		return []Form{MinisignLegacy}
	}
	return []Form{MinisignHashed}
}

// holds tells whether key signed the bytes of f in that form.
func (v *Verifier) holds(ctx context.Context, f packages.File, s found, key ed25519.PublicKey, form Form) (bool, error) {
	signature := s.raw[:]
	if s.mini != nil {
		signature = s.mini.Signature[:]
	}
	switch form {
	case RawDigest:
		sum, err := hex.DecodeString(f.Digests[packages.SHA256])
		return err == nil && ed25519.Verify(key, sum, signature), nil
	case MinisignHashed:
		sum, err := v.hashed(ctx, f)
		return err == nil && ed25519.Verify(key, sum[:], signature), err
	}
	return v.whole(ctx, f, key, signature)
}

// hashed is the BLAKE2b-512 of the file.
func (v *Verifier) hashed(ctx context.Context, f packages.File) (*[blake2b.Size]byte, error) {
	var sum *[blake2b.Size]byte
	v.recall(f, func(k *facts) { sum = k.hashed })
	if sum != nil {
		return sum, nil
	}
	file, err := packages.NewStream(ctx, f)
	if err != nil {
		return nil, err
	}
	sum, err = prehash(file)
	if err = cmp.Or(err, file.Close()); err != nil {
		return nil, err
	}
	v.recall(f, func(k *facts) { k.hashed = sum })
	return sum, nil
}

// prehash is what minisign signs of a message.
func prehash(message io.Reader) (*[blake2b.Size]byte, error) {
	hash, err := blake2b.New512(nil)
	if err != nil {
		return nil, fmt.Errorf("blake2b: %w", err) // never without a key
	}
	if _, err := io.CopyBuffer(hash, message, make([]byte, 256<<10)); err != nil {
		return nil, err
	}
	return (*[blake2b.Size]byte)(hash.Sum(nil)), nil
}

// whole checks a signature over all bytes. Ed25519 reads the message twice, so that it
// must be in memory: at most packages.MaxBytes.
func (v *Verifier) whole(ctx context.Context, f packages.File, key ed25519.PublicKey, signature []byte) (bool, error) {
	name := [ed25519.PublicKeySize + ed25519.SignatureSize]byte(slices.Concat(key, signature))
	var holds, seen bool
	v.recall(f, func(k *facts) { holds, seen = k.whole[name] })
	if seen {
		return holds, nil
	}
	file, err := packages.NewStream(ctx, f)
	if err != nil {
		return false, err
	}
	message := make([]byte, f.Size)
	_, err = io.ReadFull(file, message)
	if err = cmp.Or(err, file.Close()); err != nil {
		return false, err
	}
	holds = ed25519.Verify(key, message, signature)
	v.recall(f, func(k *facts) { k.whole[name] = holds })
	return holds, nil
}

// recall runs do with what is known about the bytes of f.
func (v *Verifier) recall(f packages.File, do func(*facts)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	name := f.Digests[packages.SHA256]
	if v.known == nil || len(v.known) >= maxFacts && v.known[name] == nil {
		v.known = map[string]*facts{}
	}
	k := v.known[name]
	if k == nil || len(k.whole) > 4*MaxKeys {
		k = &facts{whole: map[[ed25519.PublicKeySize + ed25519.SignatureSize]byte]bool{}}
		v.known[name] = k
	}
	do(k)
}
