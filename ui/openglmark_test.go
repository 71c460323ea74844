package ui

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOpenGLIsTriedAgain: after a start that did not come as far as a window, on another
// desk, and after an update; not after one that did.
func TestOpenGLIsTriedAgain(t *testing.T) {
	t.Setenv("DISPLAY", ":7")
	folder := t.TempDir()
	m := markOf(folder, "1.0")
	assert.False(t, m.take(), "nobody has tried yet")
	require.NoError(t, os.WriteFile(m.path, []byte(m.desk), 0o600))
	assert.True(t, m.take())
	assert.False(t, m.take(), "the start before did not come to a window")
	for name, change := range map[string]func() glMark{
		"another version": func() glMark { return markOf(folder, "1.1") },
		"another desk": func() glMark {
			t.Setenv("DISPLAY", ":8")
			return markOf(folder, "1.0")
		},
	} {
		require.NoError(t, os.WriteFile(m.path, []byte(m.desk), 0o600))
		assert.False(t, change().take(), name)
	}
	require.NoError(t, os.WriteFile(m.path, make([]byte, 1<<20), 0o600))
	assert.False(t, m.take(), "a file that is not ours")
}

// TestMesaIsPartOfTheDesk: the mark of a start with it says nothing about one without it,
// or with another.
func TestMesaIsPartOfTheDesk(t *testing.T) {
	folder := t.TempDir()
	seen := [][]string{mesa(folder)}
	assert.Empty(t, seen[0])
	for _, name := range []string{"opengl32.dll", "libgallium_wgl.dll"} {
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		seen = append(seen, mesa(folder))
		require.NoError(t, os.Chtimes(file, time.Unix(1, 0), time.Unix(1, 0)))
		seen = append(seen, mesa(folder))
	}
	for i, a := range seen {
		for _, b := range seen[:i] {
			assert.NotEqual(t, a, b)
		}
	}
}

// TestOpenGLIsRemembered: once the window has been there for a while.
func TestOpenGLIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := glMark{path: filepath.Join(t.TempDir(), "opengl.ok"), desk: "here"}
		shown := false
		began := time.Now()
		require.NoError(t, m.put(t.Context(), func(f func()) { shown = true; f() }))
		assert.True(t, shown)
		assert.Equal(t, surely, time.Since(began))
		assert.True(t, m.take())
		ctx, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, m.put(ctx, func(func()) { t.Error("the window is gone") }))
		assert.False(t, m.take())
	})
}
