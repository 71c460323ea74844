package secrets

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"fotabench/devices"
	"fotabench/packages/signature"
)

var _ signature.Signer = Signer{}

func TestSigner(t *testing.T) {
	for _, works := range []bool{true, false} {
		system(t, works)
		folder := t.TempDir()
		s := opened(t, Options{Folder: folder})
		if _, err := FindSigner(t.Context(), s); !errors.Is(err, devices.Absent) {
			t.Errorf("%v", err)
		}
		a, err := NewSigner(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		b, err := FindSigner(t.Context(), opened(t, Options{Folder: folder}))
		if err != nil || !a.Public().Equal(b.Public()) {
			t.Fatalf("another key: %v", err)
		}
		raw, err := b.Sign([]byte("message"))
		if err != nil || !ed25519.Verify(a.Public(), []byte("message"), raw) {
			t.Errorf("%x, %v", raw, err)
		}
		if len(a.Fingerprint()) != 39 {
			t.Errorf("%q", a.Fingerprint())
		}
	}
}

// TestSignerSilent: no way of printing shows the key.
func TestSignerSilent(t *testing.T) {
	s, err := NewSigner(t.Context(), opened(t, Options{Folder: t.TempDir(), FileOnly: true}))
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(Signer{}); text != "no signing key" {
		t.Error(text)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "signer", s)
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %x %d", s, s, s, s, s, s), fmt.Sprintf("%+v", []any{&s, s}), log.String()} {
		for _, form := range []string{"%x", "%d", "%v", "%#v"} {
			if secret := fmt.Sprintf(form, []byte(s.private[:8])); strings.Contains(text, strings.Trim(secret, "[]")) {
				t.Errorf("%s shows %s", text, secret)
			}
		}
	}
}

func TestSignerTogether(t *testing.T) {
	folder := t.TempDir()
	var all sync.WaitGroup
	var mu sync.Mutex
	prints := map[string]bool{}
	for range 6 {
		all.Go(func() {
			s, err := Open(t.Context(), Options{Folder: folder, FileOnly: true})
			if err != nil {
				t.Error(err)
				return
			}
			signer, err := NewSigner(t.Context(), s)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			prints[signer.Fingerprint()] = true
		})
	}
	all.Wait()
	if len(prints) != 1 {
		t.Errorf("%d keys of one installation", len(prints))
	}
}

// TestOldKey: the key file of an older version is taken over, once it is safe elsewhere.
func TestOldKey(t *testing.T) {
	system(t, true)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path := filepath.Join(folder, oldKeyFile)
	put := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put([]byte("no key " + hidden))
	s := opened(t, Options{Folder: folder})
	if _, err := NewSigner(t.Context(), s); !errors.Is(err, devices.Integrity) || strings.Contains(err.Error(), hidden) {
		t.Errorf("%v", err)
	}
	put(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	signer, err := FindSigner(t.Context(), s)
	if err != nil || !signer.Public().Equal(public) {
		t.Fatalf("%v, %v", signer, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old file: %v", err)
	}
	if err := s.Set(t.Context(), signingKey, "damaged"); err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigner(t.Context(), s); !errors.Is(err, devices.Integrity) {
		t.Errorf("%v", err)
	}
}
