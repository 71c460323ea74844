package library

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// TestFullDisk: on a disk that is really full nothing is lost, each refusal says so,
// and with room all goes on.
func TestFullDisk(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("a small disk cannot be made here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(mount, syscall.MNT_DETACH)) })
	d := newDesk(t, Options{})
	d.Library = opened(t, filepath.Join(mount, "library"), Options{})
	kept := d.imported(d.file("kept.bin", "kept"))
	_, err := d.Import(t.Context(), []string{d.file("large.bin", strings.Repeat("x", 3<<20))}, ImportOptions{})
	requireCode(t, err, Full)
	ballast := filepath.Join(mount, "ballast")
	for room := range 12 { // pages that are left
		require.NoError(t, os.RemoveAll(ballast))
		require.NoError(t, os.WriteFile(ballast, nil, 0o600))
		fill(t, ballast, room)
		_, err := d.Import(t.Context(), []string{d.file("fw.bin", strings.Repeat("y", 10_000+room))}, ImportOptions{})
		if err != nil {
			requireCode(t, err, Full)
		}
		_, err = d.Edit(t.Context(), kept.ID, "ann", packages.Manifest{TargetVersion: "1"})
		if err != nil {
			requireCode(t, err, Full)
		}
		if err := d.Remove(t.Context(), kept.ID); err == nil {
			_, err = d.Undo(t.Context(), kept.ID)
			if err != nil {
				requireCode(t, err, Full)
				require.NoError(t, os.Truncate(ballast, 0))
				_, err = d.Undo(t.Context(), kept.ID)
				require.NoError(t, err)
			}
		}
		l := opened(t, d.Dir(), Options{})
		p, err := l.Package(t.Context(), kept.ID)
		require.NoError(t, err)
		require.Equal(t, "kept.bin", p.Files[0].Name)
	}
	require.NoError(t, os.RemoveAll(ballast))
	_, err = d.Edit(t.Context(), kept.ID, "ann", packages.Manifest{TargetVersion: "2"})
	require.NoError(t, err)
	requireWhole(t, d.Dir())
}

// fill writes until only so many pages are free.
func fill(t *testing.T, path string, pages int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	page := make([]byte, 4096)
	var size int64
	for {
		if _, err := f.Write(page); err != nil {
			break
		}
		size += int64(len(page))
	}
	require.NoError(t, f.Truncate(max(0, size-int64(pages)*4096)))
}
