package secrets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// The names under which secrets of a platform's products are kept: the first shows the
// product key, so that a list tells it; the second stands for one that is too long.
const (
	productPrefix = "product."
	productDigest = "product-"
)

// ProductName is the name under which the secret of a product key is kept. Any text has
// one, no two have the same, and only that of a very long one does not show it.
func ProductName(key string) string {
	var name strings.Builder
	name.WriteString(productPrefix)
	for _, c := range []byte(key) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' {
			name.WriteByte(c)
			continue
		}
		fmt.Fprintf(&name, "_%02x", c) // also capitals: some keyrings take them for small ones
	}
	if goodName.MatchString(name.String()) {
		return name.String()
	}
	sum := sha256.Sum256([]byte(key))
	return productDigest + hex.EncodeToString(sum[:16])
}

// Products lists the product keys whose secrets are kept, sorted, those apart that are
// too long to be shown. Errors: those of Names.
func (s *Store) Products() ([]string, error) {
	names, err := s.Names()
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, name := range names {
		if key, ok := productKey(name); ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// ProductsIn is Products of the store in a folder that is not opened: nobody is asked to
// unlock anything. Errors are those of Names.
func ProductsIn(folder string) ([]string, error) {
	return (&Store{path: filepath.Join(folder, fileName)}).Products()
}

// productKey is the key that a name shows.
func productKey(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, productPrefix)
	if !ok {
		return "", false
	}
	head, escapes, _ := strings.Cut(rest, "_")
	key := []byte(head)
	for part := range strings.SplitSeq(escapes, "_") {
		if part == "" {
			continue
		}
		c, err := hex.DecodeString(part[:min(2, len(part))])
		if err != nil {
			return "", false
		}
		key = append(append(key, c...), part[min(2, len(part)):]...)
	}
	return string(key), ProductName(string(key)) == name
}

// Holds tells whether there is a secret of that name, without asking for it. Errors:
// those of Names.
func (s *Store) Holds(name string) (bool, error) {
	names, err := s.Names()
	return slices.Contains(names, name), err
}

// Product gives the secret of a product key, "" if none is kept. Errors: those of Get,
// but not that there is none.
func (s *Store) Product(ctx context.Context, key string) (string, error) {
	there, err := s.Holds(ProductName(key))
	if err != nil || !there {
		return "", err
	}
	return s.Get(ctx, ProductName(key))
}
