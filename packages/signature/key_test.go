package signature

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"unicode"

	"aead.dev/minisign"

	"fotabench/packages"
)

func spki(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// codeOf is the code of an error of this package.
func codeOf(err error) packages.Code {
	var e *packages.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}

func TestParseKey(t *testing.T) {
	own := newPen(1)
	key := own.key("")
	for name, text := range map[string]string{
		"file": string(key.File()), "line": key.String(), "crlf": strings.ReplaceAll(string(key.File()), "\n", "\r\n"),
		"pem": spki(t, own.Public()), "base64": base64.StdEncoding.EncodeToString(own.Public()),
		"unpadded": base64.RawURLEncoding.EncodeToString(own.Public()), "hex": hex.EncodeToString(own.Public()),
		"bom": "\xef\xbb\xbf" + key.String() + "\n\n",
	} {
		k, err := ParseKey([]byte(text))
		if err != nil || !k.same(key) || k.ID != key.ID {
			t.Errorf("%s: %+v, %v", name, k, err)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(newPen(1).private)
	if err != nil {
		t.Fatal(err)
	}
	hidden := "untrusted comment: minisign encrypted secret key\n" +
		base64.StdEncoding.EncodeToString(append([]byte(keyAlgorithm+"Sc"), make([]byte, minisignPrivate-4)...))
	one := make([]byte, 32)
	one[0] = 1
	for name, c := range map[string]struct {
		text string
		want packages.Code
	}{
		"empty": {"", KeyUnreadable}, "text": {"hello there\nand\nthere", KeyUnreadable}, "short": {"AAAA", KeyOther},
		"ecdsa": {spki(t, p256.Public()), KeyOther}, "certificate": {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", KeyOther},
		"private":          {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), KeyPrivate},
		"minisign private": {hidden, KeyPrivate}, "damaged pem": {"-----BEGIN PUBLIC KEY-----\nAAAA", KeyUnreadable},
		"zeros": {hex.EncodeToString(make([]byte, 32)), KeyWeak}, "neutral": {hex.EncodeToString(one), KeyWeak},
		"order 8": {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", KeyWeak},
		"large":   {strings.Repeat("A", MaxKeyFile+1), KeyUnreadable},
		"two":     {spki(t, newPen(1).Public()) + spki(t, newPen(2).Public()), KeyUnreadable},
	} {
		k, err := ParseKey([]byte(c.text))
		if codeOf(err) != c.want {
			t.Errorf("%s: %+v, %v; want %s", name, k, err, c.want)
		}
		if err != nil && c.want == KeyPrivate && len(c.text) > 40 && strings.Contains(err.Error(), c.text[40:60]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

// TestMinisignReadsKey: the other implementation takes our writing and number.
func TestMinisignReadsKey(t *testing.T) {
	key := newPen(3).key("")
	var public minisign.PublicKey
	if err := public.UnmarshalText(key.File()); err != nil || ID(public.ID()) != key.ID || public.String() != key.String() {
		t.Errorf("%v, %v", public, err)
	}
}

func TestPrintable(t *testing.T) {
	got := printable("a\tb\x00\x1b[31m\u202ec 中文\xff"+strings.Repeat("x", 100), 20)
	if got != "a b[31mc 中文\uFFFDxxxxxxxx…" {
		t.Errorf("%q", got)
	}
}

func FuzzParseKey(f *testing.F) {
	own := newPen(1)
	for _, text := range []string{own.key("").String(), string(own.key("").File()), spki(f, own.Public()), hex.EncodeToString(own.Public())} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := ParseKey(text)
		if err != nil {
			if codeOf(err) == "" {
				t.Fatalf("no code: %v", err)
			}
			return
		}
		again, err := ParseKey(k.File())
		if err != nil || !again.same(k) || again.ID != k.ID || len(k.Public) != ed25519.PublicKeySize {
			t.Fatalf("%+v became %+v, %v", k, again, err)
		}
		if bytes.ContainsFunc(k.File(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
			t.Fatalf("%q", k.File())
		}
	})
}
