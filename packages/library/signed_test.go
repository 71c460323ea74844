package library

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
	"fotabench/packages/signature"
)

// maker signs with a key that is known here alone.
type maker struct{ private ed25519.PrivateKey }

func newMaker(number byte) maker {
	return maker{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{number}, ed25519.SeedSize))}
}

func (m maker) Sign(message []byte) ([]byte, error) { return ed25519.Sign(m.private, message), nil }
func (m maker) Public() ed25519.PublicKey           { return m.private.Public().(ed25519.PublicKey) }

// trusting is the desk of an installation that takes what m signed and nothing else.
func trusting(t *testing.T, m maker) *signature.Desk {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, signature.NewStore(folder).Change(t.Context(), func(r *signature.Ring) error {
		r.Policy = signature.Require
		return r.Trust(signature.Key{Name: "maker", ID: signature.IDOf(m.Public()), Public: m.Public(), Added: time.Now()})
	}))
	return signature.NewDesk(folder)
}

// signs writes m's signature beside a file.
func signs(t *testing.T, m maker, path string) {
	t.Helper()
	_, err := signature.SignFile(t.Context(), path, m, time.Now(), true)
	require.NoError(t, err)
}

// TestSignatureIsKept: what was signed beside the file is signed in the library too, in a
// later run, and in what is exported.
func TestSignatureIsKept(t *testing.T) {
	d, m := newDesk(t, Options{}), newMaker(1)
	judge := trusting(t, m)
	path := d.file("fw.bin", "bytes")
	signs(t, m, path)
	e := d.imported(path)
	require.NoError(t, os.RemoveAll(d.in))
	for _, l := range []*Library{d.Library, opened(t, d.Dir(), Options{})} {
		p, err := l.Package(t.Context(), e.ID)
		require.NoError(t, err)
		require.Equal(t, signature.CodeGood, judge.Judge(t.Context(), p).Code)
	}
	out := t.TempDir()
	paths, err := d.Export(t.Context(), e.ID, out)
	require.NoError(t, err)
	require.Contains(t, paths, filepath.Join(out, "fw.bin.minisig"))
	other := newDesk(t, Options{})
	p, err := packages.Open(t.Context(), []string{filepath.Join(out, "fw.bin")}, packages.OpenOptions{})
	require.NoError(t, err)
	require.Equal(t, signature.CodeGood, judge.Judge(t.Context(), p).Code)
	p, err = other.Package(t.Context(), other.imported(filepath.Join(out, "fw.bin")).ID)
	require.NoError(t, err)
	require.Equal(t, signature.CodeGood, judge.Judge(t.Context(), p).Code)
}

// TestSignatureOfALaterImport: added to what is known, the latest from a file of one name,
// and no more than an entry may have.
func TestSignatureOfALaterImport(t *testing.T) {
	d, m := newDesk(t, Options{}), newMaker(1)
	judge := trusting(t, m)
	code := func() packages.Code {
		t.Helper()
		p, err := d.Package(t.Context(), sum("bytes"))
		require.NoError(t, err)
		return judge.Judge(t.Context(), p).Code
	}
	path := d.file("fw.bin", "bytes")
	d.imported(path)
	require.Equal(t, signature.CodeRequired, code())
	signs(t, newMaker(2), path)
	d.imported(path)
	require.Equal(t, signature.CodeUnknown, code())
	signs(t, m, path)
	require.Len(t, d.imported(path).Files[0].Signatures, 1)
	require.Equal(t, signature.CodeGood, code())
	for i := range byte(2 * maxSigned) {
		other := d.file(string('a'+rune(i))+".bin", "bytes")
		signs(t, newMaker(3+i), other)
		d.imported(other)
	}
	e, err := d.Find(sum("bytes"))
	require.NoError(t, err)
	require.Len(t, e.Files[0].Signatures, maxSigned)
	require.Equal(t, signature.CodeUnknown, code(), "the first ones had to make room")
}

// TestSignatureInManifest: it comes along, and back as a file.
func TestSignatureInManifest(t *testing.T) {
	d, m := newDesk(t, Options{}), newMaker(1)
	path := d.file("fw.bin", "bytes")
	text, err := signature.Sign(t.Context(), path, m, time.Now())
	require.NoError(t, err)
	manifest, err := json.Marshal(map[string]any{"files": []any{map[string]any{"name": "fw.bin", "minisig": string(text)}}})
	require.NoError(t, err)
	d.file("fw.bin.json", string(manifest))
	e := d.imported(path)
	p, err := d.Package(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, signature.CodeGood, trusting(t, m).Judge(t.Context(), p).Code)
	out := t.TempDir()
	_, err = d.Export(t.Context(), e.ID, out)
	require.NoError(t, err)
	back, err := os.ReadFile(filepath.Join(out, "fw.bin"+signature.SuffixMinisign))
	require.NoError(t, err)
	require.Equal(t, text, back)
}
