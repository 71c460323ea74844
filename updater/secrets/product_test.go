package secrets

import (
	"slices"
	"strings"
	"testing"
)

// TestProduct: a secret is kept by its product key, whatever that looks like.
func TestProduct(t *testing.T) {
	for _, works := range []bool{true, false} {
		system(t, works)
		s := opened(t, Options{Folder: t.TempDir()})
		keys := []string{"", "-", "P11", "a.b", "a_b", "p11", "p11t2f", "p11\x00", "../etc/passwd", "产品"}
		slices.Sort(keys)
		long := strings.Repeat("P", 1000)
		seen := map[string]string{}
		for i, key := range append(slices.Clone(keys), long, long+"x") {
			name := ProductName(key)
			if other, twice := seen[name]; twice || !goodName.MatchString(name) {
				t.Errorf("%.40q is kept as %q, and so is %.40q", key, name, other)
			}
			seen[name] = key
			if got, err := s.Product(t.Context(), key); got != "" || err != nil {
				t.Errorf("%.40q, which nobody kept: %q, %v", key, got, err)
			}
			if err := s.Set(t.Context(), name, hidden+string(rune('a'+i))); err != nil {
				t.Fatal(err)
			}
		}
		for i, key := range append(slices.Clone(keys), long, long+"x") {
			if got, err := s.Product(t.Context(), key); got != hidden+string(rune('a'+i)) || err != nil {
				t.Errorf("%.40q: %q, %v", key, got, err)
			}
		}
		if err := s.Set(t.Context(), signingKey, "other"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Products(); err != nil || !slices.Equal(got, keys) {
			t.Errorf("%q, %v; want %q", got, err, keys)
		}
	}
}

// TestProductUnreached: a keyring that is locked is not the same as nothing kept.
func TestProductUnreached(t *testing.T) {
	system(t, true)
	folder := t.TempDir()
	s := opened(t, Options{Folder: folder})
	if err := s.Set(t.Context(), ProductName("p11"), hidden); err != nil {
		t.Fatal(err)
	}
	off := opened(t, Options{Folder: folder, FileOnly: true})
	if got, err := off.Product(t.Context(), "p11"); got != "" || err == nil || strings.Contains(err.Error(), hidden) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := off.Products(); err != nil || !slices.Equal(got, []string{"p11"}) {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzProductKey: no name in a file makes the list wrong.
func FuzzProductKey(f *testing.F) {
	for _, name := range []string{"product.p11", "product._50", "product._", "product.a_5", "product.__", "product-00"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if key, ok := productKey(name); ok && ProductName(key) != name {
			t.Errorf("%q from %q", key, name)
		}
		if name := ProductName(name); !goodName.MatchString(name) {
			t.Error(name)
		}
	})
}
