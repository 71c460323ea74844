package signature

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"aead.dev/minisign"

	"fotabench/packages"
)

// TestStates has a case for each state that a signature can be in.
func TestStates(t *testing.T) {
	own, other := newPen(1), newPen(2)
	key := own.key("release")
	with := func(change func(*Key)) Key {
		k := key
		change(&k)
		return k
	}
	for name, c := range map[string]struct {
		signed, now time.Time
		keys        []Key
		want        State
		code        packages.Code
	}{
		"good":                 {today, today, []Key{other.key("x"), key}, Good, CodeGood},
		"no keys":              {today, today, nil, UnknownKey, CodeUnknown},
		"another key":          {today, today, []Key{other.key("x")}, UnknownKey, CodeUnknown},
		"number stolen":        {today, today, []Key{{ID: key.ID, Public: other.Public()}}, Bad, CodeBad},
		"number differs":       {today, today, []Key{{ID: 7, Public: key.Public}}, Good, CodeGood},
		"revoked":              {today, today, []Key{with(func(k *Key) { k.Revoked = today })}, Revoked, CodeRevoked},
		"revoked later":        {today.AddDate(-1, 0, 0), today, []Key{with(func(k *Key) { k.Revoked = today.AddDate(1, 0, 0) })}, Revoked, CodeRevoked},
		"expired":              {today, today, []Key{with(func(k *Key) { k.NotAfter = today.AddDate(0, 0, -1) })}, Expired, CodeExpired},
		"expired, backdated":   {today.AddDate(-1, 0, 0), today, []Key{with(func(k *Key) { k.NotAfter = today.AddDate(0, 0, -1) })}, Expired, CodeExpired},
		"last moment":          {today, today, []Key{with(func(k *Key) { k.NotAfter = today })}, Good, CodeGood},
		"not yet":              {today, today, []Key{with(func(k *Key) { k.NotBefore = today.AddDate(0, 0, 1) })}, NotYetValid, CodeEarly},
		"from the future":      {today.AddDate(3, 0, 0), today, []Key{key}, NotYetValid, CodeFuture},
		"clock an hour behind": {today.Add(time.Hour), today, []Key{key}, Good, CodeGood},
		"clock in 1970":        {today, time.Unix(0, 0).UTC(), []Key{key}, NotYetValid, CodeFuture},
		"before it was known":  {today.AddDate(-6, 0, 0), today.AddDate(-5, 0, 0), []Key{key}, NotYetValid, CodeFuture},
		"clock in 2106":        {today, time.Unix(1<<32, 0).UTC(), []Key{with(func(k *Key) { k.NotAfter = today.AddDate(5, 0, 0) })}, Expired, CodeExpired},
		"clock beyond years":   {today, time.Unix(1<<60, 0).UTC(), []Key{key}, Good, CodeGood},
		"zero clock":           {today, time.Time{}, []Key{key}, NotYetValid, CodeFuture},
	} {
		t.Run(name, func(t *testing.T) {
			d := verify(t, signed(t, own, c.signed), c.now, c.keys...)
			if d.State != c.want || d.Code != c.code {
				t.Errorf("%s (%s), want %s (%s)", d.State, d.Code, c.want, c.code)
			}
			if _, err := json.Marshal(d); err != nil {
				t.Error(err)
			}
			if proved := d.State != UnknownKey && d.State != Bad; proved != (d.Comment != "") {
				t.Errorf("comment %q of a signature that is %s", d.Comment, d.State)
			}
		})
	}
}

func TestUnsigned(t *testing.T) {
	f := open(t, write(t, t.TempDir(), "fw.bin", []byte("firmware"))).Files[0]
	if d := verify(t, f, today, newPen(1).key("")); d.State != Unsigned || d.Code != CodeUnsigned {
		t.Errorf("%+v", d)
	}
}

// TestAltered changes each byte of the file and of the signature's lines.
func TestAltered(t *testing.T) {
	own := newPen(1)
	f := signed(t, own, today)
	text, err := os.ReadFile(f.Path + SuffixMinisign)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	begin := len(lines[0])
	for i := begin; i < len(text)-1; i++ {
		altered := []byte(string(text))
		altered[i] ^= 1
		if err := os.WriteFile(f.Path+SuffixMinisign, altered, 0o600); err != nil {
			t.Fatal(err)
		}
		d := verify(t, f, today, own.key("release"))
		// The number of the key is only a hint, and base64 has bits that mean nothing.
		a, b := parse(text, "").mini, parse(altered, "").mini
		same := b != nil && a.Signature == b.Signature && a.CommentSignature == b.CommentSignature &&
			a.TrustedComment == b.TrustedComment && a.Algorithm == b.Algorithm
		if d.State == Good != same {
			t.Errorf("%s with byte %d altered: %q", d.State, i, altered)
		}
	}
	if err := os.WriteFile(f.Path+SuffixMinisign, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.Path, []byte("firmwarE"), 0o600); err != nil {
		t.Fatal(err)
	}
	if d := verify(t, open(t, f.Path).Files[0], today, own.key("release")); d.State != Bad {
		t.Errorf("other bytes: %s", d.State)
	}
}

// TestExchanged: the bytes judged are those that were opened.
func TestExchanged(t *testing.T) {
	own := newPen(1)
	f := signed(t, own, today)
	if err := os.WriteFile(f.Path, []byte("evil one"), 0o600); err != nil {
		t.Fatal(err)
	}
	var v Verifier
	_, err := v.Verify(t.Context(), f, []Key{own.key("")}, today)
	var e *packages.Error
	if !errors.As(err, &e) || e.Code != packages.Changed {
		t.Errorf("%v", err)
	}
}

// TestRaw has detached signatures in each form and writing.
func TestRaw(t *testing.T) {
	own, message := newPen(1), []byte("firmware")
	sum := sha256.Sum256(message)
	for name, c := range map[string]struct {
		over []byte
		form Form
	}{"file": {message, RawFile}, "sha256": {sum[:], RawDigest}} {
		raw := ed25519.Sign(own.private, c.over)
		for writing, text := range map[string]string{
			"raw": string(raw), "hex": hex.EncodeToString(raw), "HEX": strings.ToUpper(hex.EncodeToString(raw)) + "\r\n",
			"base64": base64.StdEncoding.EncodeToString(raw) + "\n", "url": base64.RawURLEncoding.EncodeToString(raw),
		} {
			dir := t.TempDir()
			path := write(t, dir, "fw.bin", message)
			write(t, dir, "fw.bin.sig", []byte(text))
			f := open(t, path).Files[0]
			if d := verify(t, f, today, newPen(2).key("x"), own.key("release")); d.State != Good || d.Form != c.form || d.KeyName != "release" {
				t.Errorf("%s %s: %+v", name, writing, d)
			}
			if d := verify(t, f, today, newPen(2).key("x")); d.State != UnknownKey || d.Code != CodeUnmatched {
				t.Errorf("%s %s by a stranger: %+v", name, writing, d)
			}
		}
	}
}

// TestUnreadable: what is beside the file may be anything.
func TestUnreadable(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "text": "hello", "short": strings.Repeat("x", 63), "long": strings.Repeat("x", maxSignature+1),
		"gpg": "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----", "half": "untrusted comment: x\nRUQ=\n",
		"signify": "untrusted comment: verify with x.pub\n" + base64.StdEncoding.EncodeToString(make([]byte, 74)) + "\n",
	} {
		for _, suffix := range []string{SuffixMinisign, SuffixRaw} {
			dir := t.TempDir()
			path := write(t, dir, "fw.bin", []byte("firmware"))
			write(t, dir, "fw.bin"+suffix, []byte(text))
			if d := verify(t, open(t, path).Files[0], today, newPen(1).key("")); d.State != Unreadable {
				t.Errorf("%s in %s: %+v", name, suffix, d)
			}
		}
	}
	dir := t.TempDir()
	path := write(t, dir, "fw.bin", []byte("firmware"))
	if err := os.Mkdir(path+SuffixMinisign, 0o700); err != nil {
		t.Fatal(err)
	}
	if d := verify(t, open(t, path).Files[0], today); d.State != Unreadable {
		t.Errorf("a folder: %+v", d)
	}
}

// TestSeveral: what a trusted key says counts more than what a stranger says.
func TestSeveral(t *testing.T) {
	own := newPen(1)
	f := signed(t, newPen(2), today)
	sum := sha256.Sum256([]byte("firmware"))
	if err := os.WriteFile(f.Path+SuffixRaw, ed25519.Sign(own.private, sum[:]), 0o600); err != nil {
		t.Fatal(err)
	}
	if d := verify(t, f, today, own.key("release")); d.State != Good || d.Source != "fw.bin.sig" {
		t.Errorf("%+v", d)
	}
	if d := verify(t, f, today); d.State != UnknownKey {
		t.Errorf("%+v", d)
	}
}

// TestManifest: a manifest may hold the signature.
func TestManifest(t *testing.T) {
	own, dir := newPen(1), t.TempDir()
	path := write(t, dir, "fw.bin", []byte("firmware"))
	text, err := Sign(t.Context(), path, own, today)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := json.Marshal(map[string]any{"files": []map[string]string{{"name": "fw.bin", "minisig": string(text)}}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "fw.bin.json", manifest)
	f := open(t, path).Files[0]
	if d := verify(t, f, today, own.key("release")); d.State != Good || d.Source != "manifest" {
		t.Errorf("%+v", d)
	}
	f.Minisig = strings.Repeat("untrusted comment: ", maxSignature)
	if d := verify(t, f, today, own.key("release")); d.State != Unreadable {
		t.Errorf("%+v", d)
	}
}

// TestTimestamp: what a signer claims may be no date.
func TestTimestamp(t *testing.T) {
	for comment, want := range map[string]int64{
		"timestamp:1700000000\tfile:x": 1700000000, "file:x timestamp:5": 5, "": 0, "timestamp:": 0, "timestamp:x": 0,
		"timestamp:-1": 0, "timestamp:0": 0, "timestamp:9223372036854775807": 0, "timestamp:99999999999999999999": 0,
		"timestamp:253402300799": 253402300799, "timestamp:253402300800": 0,
	} {
		at := found{mini: &minisign.Signature{TrustedComment: comment}}.signedAt()
		if want == 0 != at.IsZero() || want != 0 && at.Unix() != want {
			t.Errorf("%q: %v", comment, at)
		}
	}
}

// TestConcurrent asks one Verifier from several sides; it reads each file's bytes once
// it knows them no more.
func TestConcurrent(t *testing.T) {
	own := newPen(1)
	f := signed(t, own, today)
	if err := os.WriteFile(f.Path+SuffixRaw, ed25519.Sign(own.private, []byte("firmware")), 0o600); err != nil {
		t.Fatal(err)
	}
	var v Verifier
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if d, err := v.Verify(t.Context(), f, []Key{own.key("release")}, today); err != nil || d.State != Good {
				t.Errorf("%+v, %v", d, err)
			}
		})
	}
	all.Wait()
	if err := os.Remove(f.Path); err != nil {
		t.Fatal(err)
	}
	if d, err := v.Verify(t.Context(), f, []Key{own.key("release")}, today); err != nil || d.State != Good {
		t.Errorf("what is known was read again: %+v, %v", d, err)
	}
}

func TestVerifyEnds(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	own := newPen(1)
	f := signed(t, own, today)
	var v Verifier
	if _, err := v.Verify(ctx, f, []Key{own.key("")}, today); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	if _, err := Sign(ctx, f.Path, own, today); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}

// FuzzParse feeds the reader of signatures anything; what it takes must be judged.
func FuzzParse(f *testing.F) {
	own := newPen(1)
	dir := f.TempDir()
	path := write(f, dir, "fw.bin", []byte("firmware"))
	text, err := Sign(f.Context(), path, own, today)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(hex.EncodeToString(make([]byte, 64))))
	file := open(f, path).Files[0]
	keys := []Key{own.key("release")}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, source := range []string{"x.minisig", "x.sig"} {
			var v Verifier
			d, err := v.judge(t.Context(), file, parse(text, source), keys, today)
			if err != nil || weight(d.State) < 1 || d.Code == "" {
				t.Fatalf("%+v, %v", d, err)
			}
			if _, err := json.Marshal(d); err != nil {
				t.Fatal(err)
			}
		}
	})
}
