package atmodem

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestImageSize(t *testing.T) {
	t.Parallel()
	for _, n := range []int{400, 1000, 9999, 10000, 10200, 10300, 262144} {
		p := DemoPackage(old, next, n, 1)
		require.InDelta(t, n, len(p), 1)
		h, body, ok := dissect(p)
		require.True(t, ok)
		require.Equal(t, next, h.Target)
		require.Len(t, body, h.Size)
	}
	require.Equal(t, DemoPackage("", "a", 500, 1), DemoPackage("", "a", 500, 1))
	require.NotEqual(t, DemoPackage("", "a", 500, 1), DemoPackage("", "a", 500, 2))
}

// Every byte of an image counts.
func TestImageDamage(t *testing.T) {
	t.Parallel()
	p := DemoPackage(old, next, 500, 1)
	for i := range p {
		q := append([]byte(nil), p...)
		q[i] ^= 0x20
		_, _, ok := dissect(q)
		require.False(t, ok, "byte %d", i)
		_, _, ok = dissect(p[:i])
		require.False(t, ok, "%d bytes", i)
	}
	_, _, ok := dissect(append(p, 0))
	require.False(t, ok)
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][3]string{
		"EC25EFAR06A02M4G_01.002.01.002": {"EC25EFA", "EC25EFAR06A02M4G", "01.002.01.002"},
		"EC200UCNAAR03A03M08_OCPU":       {"EC200UCNAA", "EC200UCNAAR03A03M08_OCPU", ""},
		"plain":                          {"plain", "plain", ""},
	} {
		firmware, sub := cutVersion(version)
		require.Equal(t, want, [3]string{project(version), firmware, sub})
	}
}

// FuzzDissect: whatever arrives as firmware, the boot loader survives it.
func FuzzDissect(f *testing.F) {
	f.Add(DemoPackage(old, next, 400, 1))
	f.Add([]byte(imageMagic + "\xff\xff\xff\xff"))
	f.Add([]byte(imageMagic))
	f.Fuzz(func(t *testing.T, p []byte) {
		h, body, ok := dissect(p)
		if ok && (h.Target == "" || len(body) != h.Size || len(body) > len(p)) {
			t.Fatalf("accepted %+v with %d of %d bytes", h, len(body), len(p))
		}
	})
}
