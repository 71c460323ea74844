package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/packages/signature"
	"fotabench/updater/secrets"
)

// must runs a verb that has to end with code.
func (b *call) must(t testing.TB, code int, args ...string) string {
	t.Helper()
	b.out.Reset()
	b.err.Reset()
	if got := b.run(t, args...); got != code {
		t.Fatalf("%q: exit %d, want %d\n%s%s", args, got, code, b.out.String(), b.err.String())
	}
	return b.out.String()
}

// TestKeys goes the way of a package from one desk to another: signed, unknown, trusted,
// required, altered, revoked, removed.
func TestKeys(t *testing.T) {
	signer, desk := newCall(t), newCall(t)
	file := signer.file(t, "fw.bin", "firmware")
	signer.must(t, ExitVerified, "sign", file)
	signer.shows(t, "is signed", file+".minisig")
	signer.must(t, ExitVerified, "verify", file)
	signer.shows(t, "trusted here")
	desk.must(t, ExitVerified, "verify", file)
	desk.shows(t, "nobody has trusted here")

	pub := signer.file(t, "release.pub", signer.must(t, ExitVerified, "keys", "show"))
	signer.shows(t, "kept in a file that is not encrypted", "Fingerprint")
	desk.must(t, ExitVerified, "keys", "policy", "require")
	desk.must(t, ExitRefused, "verify", file)
	desk.must(t, ExitVerified, "keys", "trust", pub, "--name", "Maker", "--from", "2026-01-01", "--until", "2999-12-31")
	desk.shows(t, "Trusted: Maker (", "Compare this fingerprint")
	desk.must(t, ExitVerified, "verify", file)
	desk.shows(t, "is signed by Maker")
	desk.must(t, ExitVerified, "keys", "list")
	desk.shows(t, "Maker (", "until 2999-12-31", "Policy: require")
	desk.must(t, ExitRefused, "verify", desk.file(t, "unsigned.bin", "firmware"))
	desk.shows(t, "takes signed packages only")

	alter(t, file, "firmware", "firmwarE")
	desk.must(t, ExitRefused, "verify", file)
	desk.shows(t, "is not what Maker")
	alter(t, file, "firmwarE", "firmware")
	desk.must(t, ExitVerified, "keys", "revoke", "Maker")
	desk.must(t, ExitRefused, "verify", file)
	desk.shows(t, "was revoked here")
	desk.must(t, ExitFailed, "keys", "trust", pub)
	desk.shows(t, "stays revoked")
	desk.must(t, ExitVerified, "keys", "remove", "Maker")
	desk.must(t, ExitVerified, "keys")
	desk.shows(t, "No key is trusted here yet")
}

// TestKeysByDate: no key says until when it is valid; what --from and --until say of a key
// that does not count today is told at once, and in the list.
func TestKeysByDate(t *testing.T) {
	signer, desk := newCall(t), newCall(t)
	pub := signer.file(t, "release.pub", signer.must(t, ExitVerified, "keys", "show"))
	desk.must(t, ExitVerified, "keys", "trust", pub, "--until", "2020-12-31")
	desk.shows(t, "expired on 2020-12-31")
	desk.must(t, ExitVerified, "keys", "list")
	desk.shows(t, "expired on 2020-12-31")
	desk.must(t, ExitVerified, "keys", "trust", pub, "--from", "2999-01-01")
	desk.shows(t, "counts from 2999-01-01 on")
	desk.must(t, ExitVerified, "keys", "trust", pub, "--from", "2020-01-01", "--until", "2999-12-31")
	desk.must(t, ExitVerified, "keys", "list")
	if text := desk.out.String() + desk.err.String(); strings.Contains(text, "expired") || strings.Contains(text, "until then") {
		t.Error(text)
	}
}

func TestKeysJSON(t *testing.T) {
	b := newCall(t)
	file := b.file(t, "fw.bin", "firmware")
	b.must(t, ExitVerified, "sign", file, "--json")
	id := b.objects(t)[0]["key"]
	b.must(t, ExitVerified, "keys", "show", "--json")
	shown := b.objects(t)[0]
	if shown["id"] != id || shown["kept"] != "file" {
		t.Errorf("%v, signed with %v", shown, id)
	}
	b.must(t, ExitVerified, "verify", file, "--json")
	var v struct {
		Signatures []signature.Verdict `json:"signatures"`
		Signature  string              `json:"signature"`
	}
	if err := json.Unmarshal(b.out.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Signatures) != 1 || v.Signatures[0].State != signature.Good || v.Signatures[0].KeyID.String() != id || v.Signature == "" {
		t.Errorf("%+v", v)
	}
	b.must(t, ExitVerified, "keys", "list", "--json")
	if o := b.objects(t)[0]; o["policy"] != "none" || len(o["keys"].([]any)) != 1 {
		t.Errorf("%v", o)
	}
	b.must(t, ExitVerified, "keys", "policy", "warn", "--json")
	b.must(t, ExitVerified, "keys", "policy", "--json")
	if o := b.objects(t)[0]; o["policy"] != "warn" {
		t.Errorf("%v", o)
	}
}

func TestKeysMisuse(t *testing.T) {
	b := newCall(t)
	b.must(t, ExitVerified, "keys", "list", "--json")
	b.shows(t, `"keys":[]`)
	key := signature.Key{Public: bytes.Repeat([]byte{2}, 32)}
	pub := b.file(t, "k.pub", string(key.File()))
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"keys", "trust", b.file(t, "x.pub", "hello")}, ExitFailed, "no public key"},
		{[]string{"keys", "trust", filepath.Join(b.dir, "none.pub")}, ExitUsage, "none.pub"},
		{[]string{"keys", "trust", b.file(t, "large.pub", strings.Repeat("x", signature.MaxKeyFile+1))}, ExitUsage, "large.pub has more than"},
		{[]string{"keys", "trust", pub, "--until", "tomorrow"}, ExitUsage, "no day"},
		{[]string{"keys", "trust", pub, "--from", "2027-01-01", "--until", "2026-01-01"}, ExitFailed, "is after the last"},
		{[]string{"keys", "revoke", "nobody"}, ExitFailed, "No key “nobody”"},
		{[]string{"keys", "remove"}, ExitUsage, "arg"},
		{[]string{"keys", "policy", "strict"}, ExitUsage, "none, warn, require"},
		{[]string{"sign"}, ExitUsage, "arg"},
		{[]string{"sign", filepath.Join(b.dir, "none.bin")}, ExitFailed, "none.bin"},
	} {
		b.must(t, c.code, c.args...)
		b.shows(t, c.want)
	}
	if code := Run(t.Context(), b.config, []string{"--lang", "zh-Hans", "--data-dir", b.dir, "keys", "trust", filepath.Join(b.dir, "large.pub")}); code != ExitUsage {
		t.Errorf("%d", code)
	}
	b.shows(t, "字节：不是此处所需的文件")
}

// TestKeysStdin: a key may come from standard input.
func TestKeysStdin(t *testing.T) {
	signer, b := newCall(t), newCall(t)
	b.config.In = strings.NewReader(signer.must(t, ExitVerified, "keys", "show"))
	b.must(t, ExitVerified, "keys", "trust", "-")
	b.shows(t, "Trusted: ")
}

// TestSignOther: a signature by somebody else is not lost by accident, and a desk whose
// own key was revoked does not sign.
func TestSignOther(t *testing.T) {
	a, b := newCall(t), newCall(t)
	file := a.file(t, "fw.bin", "firmware")
	a.must(t, ExitVerified, "sign", file)
	b.must(t, ExitFailed, "sign", file)
	b.shows(t, "another key", "--replace")
	b.must(t, ExitVerified, "sign", file, "--replace")
	b.must(t, ExitVerified, "keys", "show", "--json")
	b.must(t, ExitVerified, "keys", "revoke", b.objects(t)[0]["id"].(string))
	b.must(t, ExitFailed, "sign", file)
	b.shows(t, "was revoked here")
}

// TestSignSealed: without the passphrase nothing is signed, and with it nothing secret
// is shown.
func TestSignSealed(t *testing.T) {
	b := newCall(t)
	passphrase := secretText
	b.config.Secrets = func(ctx context.Context, folder string) (*secrets.Store, error) {
		return secrets.Open(ctx, secrets.Options{Folder: folder, FileOnly: true, Passphrase: passphrase})
	}
	file := b.file(t, "fw.bin", "firmware")
	b.must(t, ExitVerified, "sign", file)
	for text, want := range map[string]string{"": "FOTABENCH_PASSPHRASE", "wrong": "not the one"} {
		passphrase = text
		b.must(t, ExitFailed, "sign", file)
		b.shows(t, want)
		if strings.Contains(b.out.String()+b.err.String(), secretText) {
			t.Error("the passphrase is shown")
		}
	}
}

// TestSignMinisign: the real minisign takes what the program signs.
func TestSignMinisign(t *testing.T) {
	path, err := exec.LookPath("minisign")
	if err != nil && os.Getenv("FOTABENCH_PEERS") == "required" {
		t.Fatal("minisign is not installed, but FOTABENCH_PEERS=required")
	} else if err != nil {
		t.Skip("minisign is not installed")
	}
	b := newCall(t)
	file := b.file(t, "固件.bin", "firmware")
	b.must(t, ExitVerified, "sign", file)
	pub := b.file(t, "own.pub", b.must(t, ExitVerified, "keys", "show"))
	if out, err := exec.CommandContext(t.Context(), path, "-V", "-p", pub, "-m", file).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
