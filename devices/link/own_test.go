//go:build unix

package link

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

func TestOwnFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "own")
	for range 2 {
		require.NoError(t, OwnFolder(dir))
		info, err := os.Lstat(dir)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
	assert.True(t, Owned(dir))
	require.NoError(t, os.Chmod(dir, 0o755), "as older programs made it")
	require.NoError(t, OwnFolder(dir))
	info, err := os.Lstat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "others could hold the locks in it")

	err = OwnFolder(filepath.Join(dir, "none", "own"))
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.NotErrorIs(t, err, devices.Denied)
}

// TestOwnFolderPlanted: what others may have put there is refused by name, and not
// written into.
func TestOwnFolderPlanted(t *testing.T) {
	for what, plant := range map[string]func(t *testing.T, at, mine string) error{
		"a symbolic link":             func(_ *testing.T, at, mine string) error { return os.Symlink(mine, at) },
		"a symbolic link to nothing":  func(_ *testing.T, at, mine string) error { return os.Symlink(mine+"/new", at) },
		"a file":                      func(_ *testing.T, at, _ string) error { return os.WriteFile(at, nil, 0o600) },
		"a folder for all":            func(_ *testing.T, at, _ string) error { return made(at, 0o777) },
		"a sticky folder for all":     func(_ *testing.T, at, _ string) error { return made(at, 0o777|os.ModeSticky) },
		"a folder for a group":        func(_ *testing.T, at, _ string) error { return made(at, 0o770) },
		"a folder of another user":    foreign,
		"a link to another's folder":  func(_ *testing.T, at, _ string) error { return os.Symlink("/", at) },
		"a file that belongs to them": func(_ *testing.T, at, _ string) error { return os.Symlink("/etc/passwd", at) },
	} {
		t.Run(what, func(t *testing.T) {
			mine, at := t.TempDir(), filepath.Join(t.TempDir(), "own")
			require.NoError(t, plant(t, at, mine))
			err := OwnFolder(at)
			var e *devices.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, devices.Denied, e.Kind)
			assert.Equal(t, NoteFolder, e.Note)
			assert.Equal(t, []any{at}, e.Args)
			left, err := os.ReadDir(mine)
			require.NoError(t, err)
			assert.Empty(t, left, "written through the link")
		})
	}
}

// made makes a folder with this mode, whatever the umask.
func made(at string, mode os.FileMode) error {
	if err := os.Mkdir(at, 0o700); err != nil {
		return err
	}
	return os.Chmod(at, mode)
}

// foreign makes a folder of another user, which only root can; others link to one.
func foreign(_ *testing.T, at, _ string) error {
	if os.Geteuid() != 0 {
		return os.Symlink("/", at)
	}
	if err := os.Mkdir(at, 0o700); err != nil {
		return err
	}
	return os.Lchown(at, 4711, 4711)
}
