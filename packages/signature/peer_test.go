package signature

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"fotabench/packages"
)

// peer runs the real minisign; without it the test is skipped, unless
// FOTABENCH_PEERS=required, as in CI.
func peer(t *testing.T, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("minisign")
	if err != nil && os.Getenv("FOTABENCH_PEERS") == "required" {
		t.Fatal("minisign is not installed, but FOTABENCH_PEERS=required")
	} else if err != nil {
		t.Skip("minisign is not installed")
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	return string(out), err
}

// TestMinisignSigns: what the real minisign signs, in both of its forms, is good here.
func TestMinisignSigns(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "固件 1.bin", []byte("firmware"))
	pub, sec := filepath.Join(dir, "k.pub"), filepath.Join(dir, "k.key")
	if out, err := peer(t, "-G", "-W", "-p", pub, "-s", sec); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(pub)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	private, err := os.ReadFile(sec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseKey(private); codeOf(err) != KeyPrivate {
		t.Errorf("the private key: %v", err)
	}
	for form, flag := range map[Form]string{MinisignHashed: "-H", MinisignLegacy: "-l"} {
		if out, err := peer(t, "-S", flag, "-s", sec, "-m", path, "-t", "批次 7"); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		f := open(t, path).Files[0]
		if d := verify(t, f, time.Now(), key); d.State != Good || d.Form != form || d.Comment != "批次 7" || d.KeyID != key.ID {
			t.Errorf("%s: %+v", form, d)
		}
		if d := verify(t, f, time.Now(), newPen(1).key("")); d.State != UnknownKey || d.KeyID != key.ID {
			t.Errorf("%s: %+v", form, d)
		}
	}
}

// TestMinisignVerifies: what is signed here holds for the real minisign, until a byte
// changes.
func TestMinisignVerifies(t *testing.T) {
	own, dir := newPen(9), t.TempDir()
	for _, size := range []int{1, 256 << 10, 1<<20 + 1} {
		path := write(t, dir, "固件 1.bin", make([]byte, size))
		if _, err := SignFile(t.Context(), path, own, time.Now(), false); err != nil {
			t.Fatal(err)
		}
		pub := write(t, dir, "own.pub", own.key("").File())
		if out, err := peer(t, "-V", "-p", pub, "-m", path); err != nil {
			t.Errorf("%d bytes: %v: %s", size, err, out)
		}
		if out, err := peer(t, "-V", "-P", own.key("").String(), "-m", path); err != nil {
			t.Errorf("%d bytes: %v: %s", size, err, out)
		}
		write(t, dir, "固件 1.bin", append(make([]byte, size-1), 1))
		if out, err := peer(t, "-V", "-p", pub, "-m", path); err == nil {
			t.Errorf("%d bytes, altered: %s", size, out)
		}
	}
}

// TestOpenSSL: what OpenSSL signs, over the file or over its SHA-256, is good here, and
// its public key is read.
func TestOpenSSL(t *testing.T) {
	openssl := func(args ...string) {
		t.Helper()
		path, err := exec.LookPath("openssl")
		if err != nil && os.Getenv("FOTABENCH_PEERS") == "required" {
			t.Fatal("openssl is not installed, but FOTABENCH_PEERS=required")
		} else if err != nil {
			t.Skip("openssl is not installed")
		}
		if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
			t.Skipf("this openssl does not: %v: %s", err, out) // LibreSSL, or before 3.0
		}
	}
	dir := t.TempDir()
	path := write(t, dir, "fw.bin", []byte("firmware"))
	private, public, digest := filepath.Join(dir, "k.pem"), filepath.Join(dir, "k.pub"), filepath.Join(dir, "digest")
	openssl("genpkey", "-algorithm", "ed25519", "-out", private)
	openssl("pkey", "-in", private, "-pubout", "-out", public)
	openssl("dgst", "-sha256", "-binary", "-out", digest, path)
	text, err := os.ReadFile(public)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	for form, in := range map[Form]string{RawFile: path, RawDigest: digest} {
		openssl("pkeyutl", "-sign", "-rawin", "-inkey", private, "-in", in, "-out", path+SuffixRaw)
		if d := verify(t, open(t, path).Files[0], time.Now(), key); d.State != Good || d.Form != form {
			t.Errorf("%s: %+v", form, d)
		}
	}
}

func TestSignFile(t *testing.T) {
	own, dir := newPen(1), t.TempDir()
	path := write(t, dir, "fw.bin", []byte("firmware"))
	for _, c := range []struct {
		by      pen
		replace bool
		want    packages.Code
	}{{own, false, ""}, {own, false, ""}, {newPen(2), false, SignedByOther}, {newPen(2), true, ""}, {own, false, SignedByOther}} {
		if _, err := SignFile(t.Context(), path, c.by, today, c.replace); codeOf(err) != c.want {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	for name, want := range map[string]packages.Code{"none": packages.Missing, ".": packages.NotFile} {
		if _, err := Sign(t.Context(), filepath.Join(dir, name), own, today); codeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	large := write(t, dir, "large", nil)
	if err := os.Truncate(large, packages.MaxBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Sign(t.Context(), large, own, today); codeOf(err) != packages.TooLarge {
		t.Errorf("%v", err)
	}
}
