package origin

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadPEM(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(path, []byte("-----BEGIN"), 0o600))
	text, err := ReadPEM(path)
	require.NoError(t, err)
	require.Equal(t, "-----BEGIN", text)
	text, err = ReadPEM("")
	require.NoError(t, err)
	require.Empty(t, text)
	_, err = ReadPEM(path + ".missing")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.Truncate(path, maxPEM+1))
	_, err = ReadPEM(path)
	require.ErrorContains(t, err, "ca.pem")
}
